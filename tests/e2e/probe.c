/*
 * probe.c - lets a shell test call the rooms mysql and meta, which no tool shows alone.
 *
 * usage: probe [NAME=VALUE ...] COMMAND [ARGUMENT ...] [/ COMMAND [ARGUMENT ...]] ...
 * NAME: host port user password socket ca tls upstream sql_mode found_rows; any other is a session variable. password has no
 * business on a command line but in a test. All commands use one connection. Each prints what it found, or the error as
 * "error CODE STATUS: TEXT", and the next runs; exit status 1 once anything failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/tool.h"
#include "binlog/gtid.h"
#include "meta/meta.h"
#include "mysql/replica.h"
#include "mysql/server.h"

#define WORDS 8

static struct endpoint at = { .host = STR_LIT("127.0.0.1"), .port = 3306, .user = STR_LIT("root") };
static struct conn_want want = { .at = &at, .scope = SCOPE_DOWNSTREAM };
static struct config_pair session[20];
static struct conn conn;
static struct meta meta;
static struct arena arena;

static uint64_t number(struct str s)
{
	uint64_t v = 0;

	str_to_u64(s, &v);
	return v;
}

static bool print_rows(struct str *w, bool stream, struct err *e)
{
	struct result r;
	bool more = true, ok = conn_query(&conn, &r, w[0], stream, e);

	while (ok && (ok = result_next(&r, &more, e)) && more) {
		for (unsigned i = 0; i < r.n; i++)
			printf("%s%.*s", i ? "\t" : "", STR(r.row[i].p ? r.row[i] : STR_LIT("NULL")));
		puts("");
	}
	result_release(&r);
	return ok;
}

static bool do_query(struct str *w, struct err *e)
{
	return print_rows(w, false, e);
}

static bool do_stream(struct str *w, struct err *e)
{
	return print_rows(w, true, e);
}

static bool do_run(struct str *w, struct err *e)
{
	bool ok = conn_run(&conn, w[0], e);

	if (ok)
		printf("%llu rows\n", (unsigned long long)conn.affected);
	return ok;
}

static bool do_who(struct str *w, struct err *e)
{
	static const char *const flavors[] = { "mysql", "mariadb", "tidb" };

	(void)w;
	(void)e;
	printf("%s %u %s backslash=%d\n", flavors[conn.flavor], conn.version, conn.server_version, conn.backslash);
	return true;
}

static bool do_place(struct str *w, struct err *e)
{
	struct server_place place;
	struct str oldest;
	bool ok = server_binlog_place(&conn, &arena, &place, e) && server_oldest_binlog(&conn, &arena, &oldest, e);

	(void)w;
	if (ok)
		printf("%.*s:%llu %.*s oldest %.*s\n", STR(place.file), (unsigned long long)place.pos, STR(place.gtid), STR(oldest));
	return ok;
}

static bool do_check_binlog(struct str *w, struct err *e)
{
	(void)w;
	return server_check_binlog(&conn, e);
}

static bool do_variable(struct str *w, struct err *e)
{
	struct str value;
	bool exists, ok = server_variable(&conn, &arena, w[0].p, &value, &exists, e);

	if (ok)
		printf("%s '%.*s'\n", exists ? "is" : "none", STR(value));
	return ok;
}

static bool print_names(struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s%.*s", i ? " " : "", STR(names[i]));
	puts("");
	return true;
}

static bool do_schemas(struct str *w, struct err *e)
{
	struct str *names;
	size_t n;

	(void)w;
	return server_schemas(&conn, &arena, &names, &n, e) && print_names(names, n);
}

static bool do_tables(struct str *w, struct err *e)
{
	struct str *names;
	size_t n;

	return server_tables(&conn, &arena, w[0], &names, &n, e) && print_names(names, n);
}

static bool do_create(struct str *w, struct err *e)
{
	struct str sql;
	bool ok = w[1].n ? server_create_table(&conn, &arena, w[0], w[1], &sql, e) : server_create_schema(&conn, &arena, w[0], &sql, e);

	if (ok)
		printf("%.*s\n", STR(sql));
	return ok;
}

static void print_table(const struct table *t)
{
	printf("charset %.*s\n", STR(t->charset));
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];

		printf("%.*s|%.*s|%.*s|%s%.*s|%s%s%s%s%s\n", STR(c->name), STR(c->type), STR(c->charset), c->has_default ? "=" : "",
		       STR(c->def), c->nullable ? "null " : "", c->generated ? "generated " : "", c->base64 ? "base64 " : "",
		       c->auto_increment ? "auto " : "", c->invisible ? "invisible " : "");
	}
	for (size_t i = 0; i < t->n_keys; i++) {
		printf("%s %.*s", t->keys[i].unique ? "unique" : "key", STR(t->keys[i].name));
		for (size_t p = 0; p < t->keys[i].n_parts; p++)
			printf(" %.*s(%u)", STR(t->keys[i].parts[p].column), t->keys[i].parts[p].prefix);
		puts("");
	}
}

static bool do_table(struct str *w, struct err *e)
{
	struct table t;
	bool exists;

	if (!server_table(&conn, w[0], w[1], &t, &exists, e))
		return false;
	if (!exists) {
		puts("no such table");
		return true;
	}
	print_table(&t);
	table_release(&t);
	return true;
}

static bool flush_output(void *context, struct err *e)
{
	(void)context;
	(void)e;
	fflush(stdout);
	return true;
}

static bool read_events(struct replica *r, uint64_t idle, struct err *e)
{
	static const char *const ends[] = { "event", "tick", "stop", "lost", "fail" };
	struct str event;
	enum replica_got got;

	do {
		got = replica_next(r, &event, e);
		if (got == REPLICA_EVENT)
			printf("event %u %zu\n", event.n > 4 ? (unsigned)(uint8_t)event.p[4] : 0u, event.n);
		else
			puts(ends[got]);
		if (got == REPLICA_TICK || (got == REPLICA_EVENT && event.n > 4 && (event.p[4] == 27 || event.p[4] == 41)))
			idle -= idle > 0;
	} while ((got == REPLICA_EVENT || got == REPLICA_TICK) && idle > 0);
	return got != REPLICA_LOST && got != REPLICA_FAIL;
}

/* replica FILE POS IDLE [TIMEOUT_MS]; gtid SET IDLE [TIMEOUT_MS]: until so many heartbeats or ticks came. */
static bool replicate(struct replica_start *start, uint64_t idle, uint64_t timeout, struct err *e)
{
	struct replica r = { .read_timeout_ms = (unsigned)timeout };
	bool ok;

	start->heartbeat_ms = 200;
	ok = replica_open(&r, &at, start, flush_output, NULL, e);
	if (ok) {
		printf("open %s\n", r.server_id > 0 ? "with an id" : "without an id");
		ok = read_events(&r, idle, e);
	}
	replica_close(&r);
	return ok;
}

static bool do_replica(struct str *w, struct err *e)
{
	return replicate(&(struct replica_start){ .file = w[0], .pos = number(w[1]) }, number(w[2]), number(w[3]), e);
}

static bool do_gtid(struct str *w, struct err *e)
{
	struct replica_start start = { .by_gtid = true, .gtid = w[0] };
	struct buf binary = BUF_INIT(1 << 20);
	struct gtid_set set;
	bool ok;

	gtid_set_init(&set);
	ok = gtid_set_parse(&set, w[0], e);
	if (ok && conn.flavor == FLAVOR_MYSQL)
		gtid_set_encode(&set, &binary);
	start.gtid_binary = buf_str(&binary);
	ok = ok && replicate(&start, number(w[1]), number(w[2]), e);
	buf_release(&binary);
	gtid_set_release(&set);
	return ok;
}

static bool do_meta(struct str *w, struct err *e)
{
	return meta_open(&meta, &conn, w[0], w[1], w[2], e);
}

static bool do_take(struct str *w, struct err *e)
{
	(void)w;
	return meta_lease_take(&meta, e);
}

static bool do_hold(struct str *w, struct err *e)
{
	(void)w;
	return meta_lease_hold(&meta, e);
}

static bool do_leave(struct str *w, struct err *e)
{
	(void)w;
	return meta_lease_drop(&meta, e);
}

static bool do_put(struct str *w, struct err *e)
{
	return meta_place_put(&meta, &(struct meta_place){ .file = w[0], .pos = number(w[1]), .gtid = w[2], .exit_file = w[3],
							   .exit_pos = number(w[4]) }, e);
}

static bool do_get(struct str *w, struct err *e)
{
	struct meta_place p;
	bool ok = meta_place_get(&meta, &arena, &p, e);

	(void)w;
	if (ok && p.exists)
		printf("at %.*s:%llu gtid '%.*s' exit '%.*s:%llu'\n", STR(p.file), (unsigned long long)p.pos, STR(p.gtid),
		       STR(p.exit_file), (unsigned long long)p.exit_pos);
	else if (ok)
		puts("none");
	return ok;
}

static bool do_table_put(struct str *w, struct err *e)
{
	return meta_table_put(&meta, w[0], w[1], w[2], e);
}

static bool do_table_drop(struct str *w, struct err *e)
{
	return meta_table_drop(&meta, w[0], w[1].p ? w[1] : STR_LIT(""), e);
}

static bool do_state(struct str *w, struct err *e)
{
	struct str value;
	bool ok;

	if (w[2].p)
		return w[2].n ? meta_state_put(&meta, w[0], w[1], w[2], e) : meta_state_drop(&meta, w[0], w[1], e);
	ok = meta_state_get(&meta, &arena, w[0], w[1], &value, e);
	if (ok)
		printf("state '%.*s'\n", STR(value));
	return ok;
}

static bool do_begin(struct str *w, struct err *e)
{
	bool again, ok = meta_load_begin(&meta, w[0], w[1].p ? w[1] : STR_LIT(""), w[2].p ? w[2] : STR_LIT(""), &again, e);

	if (ok)
		puts(again ? "again" : "anew");
	return ok;
}

static bool do_chunk(struct str *w, struct err *e)
{
	return meta_load_chunk_done(&meta, w[0], w[1], w[2], number(w[3]), number(w[3]) * 10, e);
}

static bool do_is_done(struct str *w, struct err *e)
{
	bool done, ok = meta_load_chunk_is_done(&meta, w[0], &done, e);

	if (ok)
		puts(done ? "done" : "not done");
	return ok;
}

static bool do_touched(struct str *w, struct err *e)
{
	bool touched, ok = meta_load_table_touched(&meta, w[0], w[1], &touched, e);

	if (ok)
		puts(touched ? "touched" : "untouched");
	return ok;
}

static bool do_load_table(struct str *w, struct err *e)
{
	return meta_load_table_put(&meta, w[0], w[1], w[2], e);
}

static bool do_finish(struct str *w, struct err *e)
{
	(void)w;
	return meta_load_finish(&meta, e);
}

/* sleep SECONDS: the connection stays open. */
static bool do_sleep(struct str *w, struct err *e)
{
	(void)e;
	fflush(stdout);
	sleep((unsigned)number(w[0]));
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct str *w, struct err *e);
} commands[] = {
	{ "query", do_query }, { "stream", do_stream }, { "run", do_run }, { "who", do_who }, { "place", do_place },
	{ "check-binlog", do_check_binlog }, { "variable", do_variable }, { "schemas", do_schemas }, { "tables", do_tables },
	{ "create", do_create }, { "table", do_table }, { "replica", do_replica }, { "gtid", do_gtid },
	{ "meta", do_meta }, { "take", do_take }, { "hold", do_hold }, { "leave", do_leave }, { "put", do_put }, { "get", do_get },
	{ "table-put", do_table_put }, { "table-drop", do_table_drop }, { "state", do_state }, { "begin", do_begin },
	{ "chunk", do_chunk }, { "is-done", do_is_done }, { "touched", do_touched }, { "load-table", do_load_table },
	{ "finish", do_finish }, { "sleep", do_sleep },
};

static struct str allowed_cn;
static struct arena secrets;

static void set(struct str name, struct str value)
{
	if (str_is(name, "host"))
		at.host = value;
	else if (str_is(name, "port"))
		at.port = (unsigned)number(value);
	else if (str_is(name, "user"))
		at.user = value;
	else if (str_is(name, "password"))
		at.password = secret_keep(&secrets, value);
	else if (str_is(name, "socket"))
		at.socket = value;
	else if (str_is(name, "tls") || str_is(name, "ca") || str_is(name, "cert") || str_is(name, "key") || str_is(name, "cn"))
		at.ssl = true;
	else if (str_is(name, "upstream"))
		want.scope = SCOPE_UPSTREAM;
	else if (str_is(name, "sql_mode"))
		want.sql_mode = value;
	else if (str_is(name, "found_rows"))
		want.found_rows = true;
	else
		session[at.n_session++] = (struct config_pair){ name, value };
	if (str_is(name, "ca"))
		at.ssl_ca = value;
	if (str_is(name, "cert"))
		at.ssl_cert = value;
	if (str_is(name, "key"))
		at.ssl_key = value;
	if (str_is(name, "cn")) {
		allowed_cn = value;
		at.allowed_cn = &allowed_cn;
		at.n_allowed_cn = 1;
	}
}

static bool report(bool ok, const struct err *e)
{
	if (!ok)
		printf("error %d %d: %s\n", e->kind->code, e->kind->status, e->text);
	fflush(stdout);
	return ok;
}

static bool call(char **words, size_t n)
{
	struct str w[WORDS] = { { 0 } };
	struct err e = { 0 };

	for (size_t i = 1; i < n && i <= WORDS; i++)
		w[i - 1] = str_of(words[i]);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, words[0]) == 0)
			return report(commands[i].run(w, &e), &e);
	printf("no command '%s'\n", words[0]);
	return false;
}

static bool run(void *settings, char **operands, struct err *e)
{
	bool ok = true;

	(void)settings;
	at.session = session;
	for (struct str name, value; *operands && str_cut(str_of(*operands), '=', &name, &value) && at.n_session < 20; operands++)
		set(name, value);
	if (!conn_open(&conn, &want, e)) {
		report(false, e);
		return false;
	}
	while (*operands) {
		size_t n = 0;

		while (operands[n] && strcmp(operands[n], "/") != 0)
			n++;
		ok = call(operands, n) && ok;
		operands += n + (operands[n] != NULL);
	}
	meta_release(&meta);
	conn_close(&conn);
	arena_release(&arena);
	return ok || err_set(e, &err_usage, "a command failed");
}

int main(int argc, char **argv)
{
	static const struct opt options[] = { { 0 } };
	static struct { bool none; } settings;
	static const struct tool tool = {
		.name = "probe", .line = "call the rooms mysql and meta", .operands = "[NAME=VALUE ...] COMMAND ...",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
