/* source.c - source files. */
#include "tests.h"

#include "config/task.h"

static const char good_source[] =
	"source-id: \"instance-1\"\n"
	"enable-gtid: true\n"
	"flavor: mariadb\n"
	"server-id: 101\n"
	"from: {host: \"db\", port: 3307, user: \"dm\", password: \"geheim\"}\n"		/* 5 */
	"filters:\n"
	"- schema-pattern: \"a*\"\n"
	"  events: [all ddl]\n"
	"  action: Error\n"
	"checker: {check-enable: true, backoff-max: 5m}\n"				/* 10 */
	"purge: {interval: -1, expires: 24, remain-space: 15}\n"
	"relay-dir: ./relay\n";

static bool read_with(struct source *source, const char *from, const char *to, struct err *e)
{
	struct arena a = ARENA_INIT;
	bool ok;

	*e = (struct err){ 0 };
	write_file("source.yaml", replaced(&a, good_source, from, to));
	ok = source_read(source, "source.yaml", e);
	arena_release(&a);
	return ok;
}

static void a_good_source_is_read_whole(void)
{
	struct source source;
	struct err e;

	CHECK(read_with(&source, "mariadb", "mariadb", &e));
	CHECK(str_is(source.source_id, "instance-1") && source.enable && source.enable_gtid && !source.case_sensitive);
	CHECK(str_is(source.flavor, "mariadb") && source.server_id == 101);
	CHECK(str_is(source.relay_dir, "./relay") && source.relay_binlog_name.n == 0);
	CHECK(source.purge.interval == 0 && source.purge.expires == 24 && source.purge.remain_space == 15);
	CHECK(source.checker.enable && source.checker.max == 300 && source.checker.rollback == 300 && !source.enable_relay);
	CHECK(str_is(source.from.host, "db") && source.from.port == 3307 && str_is(source.from.user, "dm"));
	CHECK(secret_is(&source.from.password, "geheim"));
	CHECK(source.n_filters == 1 && source.filters[0].n_events == 1 && source.filters[0].line == 7);
	CHECK(str_is(source.filters[0].action, "Error") && source.n_warnings == 0);
	source_release(&source);
	CHECK(read_with(&source, "enable-gtid: true", "enable: false\nmeta-dir: x\ntracer: {a: 1}\ncharset: utf8", &e));
	CHECK(!source.enable && !source.enable_gtid && source.n_warnings == 3);
	source_release(&source);
	CHECK(read_with(&source, "purge: {interval: -1, expires: 24, remain-space: 15}", "relay-binlog-name: mysql-bin.000007\n"
			"relay-binlog-gtid: 0-1-5", &e));
	CHECK(str_is(source.relay_binlog_name, "mysql-bin.000007") && str_is(source.relay_binlog_gtid, "0-1-5"));
	CHECK(source.purge.interval == 3600 && source.purge.expires == 0 && source.purge.remain_space == 15);
	source_release(&source);
}

static void how_failures_are_tried_again_is_read(void)
{
	struct source source;
	struct err e;

	CHECK(read_with(&source, "check-enable: true, backoff-max: 5m", "check-enable: false, backoff-rollback: 1m30s, backoff-max: 20s", &e));
	CHECK(!source.checker.enable && source.checker.rollback == 90 && source.checker.max == 20);
	source_release(&source);
	CHECK(read_with(&source, "checker: {check-enable: true, backoff-max: 5m}", "enable-relay: true", &e));
	CHECK(source.checker.enable && source.checker.rollback == 300 && source.checker.max == 300 && source.enable_relay);
	source_release(&source);
}

static void bad_sources_are_refused(void)
{
	static const struct {
		const char *from, *to;
		int code;
		const char *where, *what;
	} bad[] = {
		{ "source-id: \"instance-1\"\n", "", 40005, "source.yaml:1:", "no 'source-id'" },
		{ "source-id: \"instance-1\"", "source-id: ", 40005, "source.yaml:1:", "no 'source-id'" },
		{ "\"instance-1\"", "a23456789b123456789c123456789d123", 40006, "source.yaml:1:", "32 bytes" },
		{ "from: {host: \"db\", port: 3307, user: \"dm\", password: \"geheim\"}\n", "", 20501,
		  "source.yaml:1:", "no 'from'" },
		{ "host: \"db\", ", "", 20501, "source.yaml:5:", "'from' has no 'host'" },
		{ "flavor: mariadb", "flavor: maria", 11010, "source.yaml:3:", "'maria'" },
		{ "server-id: 101", "server-id: 4294967296", 20003, "source.yaml:4:", "'server-id'" },
		{ "enable-gtid: true", "relay-binlog-name: x", 40007, "source.yaml:2:", "'x'" },
		{ "enable-gtid: true", "enable-gitd: true", 20003, "source.yaml:2:", "unknown key 'enable-gitd'" },
		{ "backoff-max: 5m", "backoff-max: 0s", 20043, "source.yaml:10:", "backoff-max" },
		{ "backoff-max: 5m", "backoff-max: 5", 20003, "source.yaml:10:", "'checker.backoff-max'" },
		{ "interval: -1", "interval: x", 20003, "source.yaml:11:", "'purge.interval'" },
		{ "events: [all ddl]", "events: [all dll]", 20037, "source.yaml:8:", "'all dll'" },
		{ "  action: Error\n", "", 20037, "source.yaml:7:", "'filters[0]' has no 'action'" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct source source;
		struct err e;

		CHECK(!read_with(&source, bad[i].from, bad[i].to, &e));
		CHECK(error_is(&e, bad[i].code, bad[i].where, bad[i].what, NULL) && !strstr(e.text, "geheim"));
		source_release(&source);
	}
}

void test_source(void)
{
	RUN(a_good_source_is_read_whole);
	RUN(how_failures_are_tried_again_is_read);
	RUN(bad_sources_are_refused);
}
