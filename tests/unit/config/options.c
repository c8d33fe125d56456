/* options.c - what -c, -s, -S and the connection options resolve to. */
#include "tests.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "config/options.h"

static void put_source(const char *path, const char *id)
{
	struct arena a = ARENA_INIT;

	write_file(path, arena_strf(&a, "source-id: %s\nfrom: {host: h-%s, user: dm, password: geheim}\n", id, id).p);
	arena_release(&a);
}

/* Loads; what it gave is released by the caller. */
static bool load(struct config *config, const char *task, const char *id, const char *file1, const char *file2,
		 bool need, struct err *e)
{
	struct config_settings s = { .config = task, .source = id };
	bool ok;

	*e = (struct err){ 0 };
	if (file1)
		opt_list_add(&s.source_files, file1);
	if (file2)
		opt_list_add(&s.source_files, file2);
	ok = config_load(config, &s, need, e);
	free(s.source_files.items);
	return ok;
}

static void a_source_is_found_among_the_files(void)
{
	struct config c;
	struct err e;

	write_file("task.yaml", good_task);
	put_source("one.yaml", "instance-1");
	put_source("two.yaml", "instance-2");
	CHECK(load(&c, "task.yaml", "instance-2", "one.yaml", "two.yaml", true, &e));
	CHECK(c.has_task && c.has_source && str_is(c.source.from.host, "h-instance-2") &&
	      c.instance == &c.task.instances[1]);
	CHECK(str_is(c.source_id, "instance-2"));
	config_release(&c);
	CHECK(load(&c, NULL, NULL, "one.yaml", NULL, true, &e));
	CHECK(!c.has_task && str_is(c.source_id, "instance-1") && !c.instance);
	config_release(&c);
	CHECK(!load(&c, NULL, NULL, "one.yaml", "two.yaml", true, &e) && e.kind == &err_usage);
	config_release(&c);
	CHECK(!load(&c, "task.yaml", "instance-1", "one.yaml", "one.yaml", true, &e) &&
	      error_is(&e, 20014, "instance-1", NULL));
	config_release(&c);
	CHECK(!load(&c, "task.yaml", NULL, "one.yaml", NULL, true, &e) && e.kind == &err_usage &&
	      strstr(e.text, "instance-2"));
	config_release(&c);
	CHECK(!load(&c, "task.yaml", "instance-1", "gone.yaml", NULL, true, &e) && e.kind->status == STATUS_FILE);
	config_release(&c);
}

static void a_source_is_found_at_home(void)
{
	struct config c;
	struct err e;

	setenv("DM_HOME", "home", 1);
	mkdir("home", 0700);
	mkdir("home/sources", 0700);
	put_source("home/sources/a.yaml", "instance-1");
	put_source("home/sources/b.yaml", "instance-2");
	write_file("home/sources/notes.txt", "source-id: instance-3\n");
	CHECK(load(&c, "task.yaml", "instance-2", NULL, NULL, true, &e) && str_is(c.source.from.host, "h-instance-2"));
	config_release(&c);
	CHECK(load(&c, NULL, "instance-1", NULL, NULL, true, &e) && str_is(c.source.from.host, "h-instance-1"));
	config_release(&c);
	CHECK(!load(&c, NULL, "instance-3", NULL, NULL, true, &e));
	CHECK(error_is(&e, 20031, "'source-id: instance-3'", "home/sources", NULL));
	config_release(&c);
	CHECK(load(&c, NULL, "instance-3", NULL, NULL, false, &e) && !c.has_source);
	config_release(&c);
	/* A broken neighbour does not disturb, unless it may be the one that is looked for. */
	write_file("home/sources/c.yaml", "source-id: [\n");
	CHECK(load(&c, NULL, "instance-1", NULL, NULL, true, &e));
	config_release(&c);
	CHECK(!load(&c, NULL, "instance-3", NULL, NULL, true, &e) && error_is(&e, 20003, "home/sources/c.yaml:", NULL));
	config_release(&c);
	write_file("home/sources/c.yaml", "source-id: instance-3\nfrom: {hots: x}\n");
	CHECK(!load(&c, NULL, "instance-3", NULL, NULL, true, &e) && error_is(&e, 20003, "c.yaml:2:", "'hots'", NULL));
	config_release(&c);
}

static void a_source_that_is_switched_off_has_no_tasks(void)
{
	struct config c;
	struct err e;

	write_file("off.yaml", "source-id: instance-1\nenable: false\nfrom: {host: h}\n");
	CHECK(!load(&c, "task.yaml", "instance-1", "off.yaml", NULL, true, &e));
	CHECK(error_is(&e, 20501, "off.yaml", "'instance-1'", "'enable: false'", NULL));
	config_release(&c);
	CHECK(load(&c, "task.yaml", "instance-1", "off.yaml", NULL, false, &e) && !c.source.enable);
	config_release(&c);
	CHECK(load(&c, NULL, NULL, "off.yaml", NULL, true, &e));
	config_release(&c);
}

static void without_files_there_is_no_config(void)
{
	struct config c;
	struct err e;

	CHECK(load(&c, NULL, NULL, NULL, NULL, false, &e) && !c.has_task && !c.has_source);
	config_release(&c);
	CHECK(!load(&c, NULL, NULL, NULL, NULL, true, &e) && e.kind == &err_usage);
	config_release(&c);
}

static void home_is_where_the_variables_say(void)
{
	struct arena a = ARENA_INIT;

	setenv("DM_HOME", "/x/y", 1);
	CHECK(str_is(config_home(&a), "/x/y"));
	setenv("DM_HOME", "", 1);
	setenv("XDG_STATE_HOME", "/state", 1);
	CHECK(str_is(config_home(&a), "/var/lib/dm") || str_is(config_home(&a), "/state/dm"));
	arena_release(&a);
}

static void an_endpoint_comes_from_options_over_files(void)
{
	struct arena a = ARENA_INIT;
	struct endpoint from_file = { .host = STR_LIT("h"),
				      .port = 4000,
				      .user = STR_LIT("u"),
				      .password = secret_keep(&a, STR_LIT("geheim")),
				      .ssl = true,
				      .ssl_ca = STR_LIT("ca") },
			at;
	struct connection_settings s = { 0 };
	struct err e = { 0 };

	unsetenv("DM_PASSWORD");
	CHECK(config_endpoint(&at, &s, NULL, &a, &e) && str_is(at.host, "127.0.0.1") && at.port == 3306 &&
	      str_is(at.user, "root"));
	CHECK(config_endpoint(&at, &s, &from_file, &a, &e) && str_is(at.host, "h") && at.port == 4000 &&
	      secret_is(&at.password, "geheim"));
	s.port = 3307;
	CHECK(config_endpoint(&at, &s, &from_file, &a, &e) && at.port == 3307 && secret_is(&at.password, "geheim") &&
	      at.ssl);
	s.user = "other";
	CHECK(config_endpoint(&at, &s, &from_file, &a, &e) && str_is(at.host, "h") && str_is(at.user, "other") &&
	      at.password.n == 0);
	setenv("DM_PASSWORD", "from env", 1);
	CHECK(config_endpoint(&at, &s, &from_file, &a, &e) && secret_is(&at.password, "from env"));
	s = (struct connection_settings){ .host = "elsewhere" };
	CHECK(config_endpoint(&at, &s, &from_file, &a, &e) && str_is(at.host, "elsewhere") &&
	      str_is(at.user, "root") && !at.ssl);
	CHECK(secret_is(&at.password, "from env") && at.port == 3306);
	s = (struct connection_settings){ .socket = "/run/s", .password_file = "password" };
	write_file("password", "pass word \r\nsecond line\n");
	CHECK(config_endpoint(&at, &s, NULL, &a, &e) && str_is(at.socket, "/run/s") &&
	      secret_is(&at.password, "pass word "));
	write_file("password", "");
	CHECK(config_endpoint(&at, &s, NULL, &a, &e) && at.password.n == 0);
	s.password_file = "gone";
	CHECK(!config_endpoint(&at, &s, NULL, &a, &e) && strstr(e.text, "'gone'"));
	s = (struct connection_settings){ .socket = "/run/s", .host = "h" };
	CHECK(!config_endpoint(&at, &s, NULL, &a, &e) && e.kind == &err_usage);
	arena_release(&a);
}

void test_options(void)
{
	RUN(a_source_is_found_among_the_files);
	RUN(a_source_is_found_at_home);
	RUN(a_source_that_is_switched_off_has_no_tasks);
	RUN(without_files_there_is_no_config);
	RUN(home_is_where_the_variables_say);
	RUN(an_endpoint_comes_from_options_over_files);
}
