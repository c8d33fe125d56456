#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests.h"

static char dir[] = "dm-unit-base-XXXXXX";	/* where run-tap has started us */

static const char *path(const char *name)
{
	static char full[200];

	snprintf(full, sizeof(full), "%s/%s", dir, name);
	return full;
}

static void what_is_written_is_read(void)
{
	struct buf b = BUF_INIT(100000);
	struct err e = { 0 };
	struct stat st;
	char text[50000];

	memset(text, 'x', sizeof(text));
	CHECK(!file_exists(path("a")));
	CHECK(file_replace(path("a"), (struct str){ text, sizeof(text) }, &e));
	CHECK(file_exists(path("a")) && !file_exists(path("a.tmp")));
	CHECK(stat(path("a"), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(file_read(path("a"), &b, &e) && str_eq(buf_str(&b), (struct str){ text, sizeof(text) }));
	CHECK(file_replace(path("a"), STR_LIT("new"), &e));
	buf_clear(&b);
	CHECK(file_read(path("a"), &b, &e) && str_is(buf_str(&b), "new"));
	CHECK(file_replace(path("a"), STR_NONE, &e));
	buf_clear(&b);
	CHECK(file_read(path("a"), &b, &e) && b.n == 0);
	CHECK(!e.kind);
	buf_release(&b);
}

static void faults_name_the_path(void)
{
	struct buf b = BUF_INIT(10);
	struct err e = { 0 };

	CHECK(!file_read(path("none"), &b, &e));
	CHECK(e.kind == &err_file && strstr(e.text, "/none': No such file"));
	CHECK(!file_read(dir, &b, &e));
	CHECK(e.kind == &err_file && strstr(e.text, dir));
	CHECK(!file_replace(path("none/a"), STR_LIT("x"), &e));
	CHECK(e.kind == &err_file && strstr(e.text, "/none/a.tmp"));
	CHECK(mkdir(path("folder"), 0700) == 0);
	CHECK(!file_replace(path("folder"), STR_LIT("x"), &e));
	CHECK(e.kind == &err_file && !file_exists(path("folder.tmp")));
	CHECK(file_replace(path("big"), STR_LIT("more than ten bytes"), &e));
	CHECK(!file_read(path("big"), &b, &e) && e.kind == &err_too_big);
	buf_release(&b);
}

static void folders_are_made_all_the_way(void)
{
	struct err e = { 0 };
	struct stat st;

	CHECK(file_make_dir(path("x/y/z"), &e));
	CHECK(stat(path("x/y/z"), &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0700);
	CHECK(file_make_dir(path("x/y/z"), &e));
	CHECK(file_make_dir(path("x/y/w/"), &e) && file_exists(path("x/y/w")));
	CHECK(file_replace(path("plain"), STR_LIT("x"), &e));
	CHECK(!file_make_dir(path("plain/a"), &e) && e.kind == &err_file);
	err_clear(&e);
	CHECK(!file_make_dir(path("plain"), &e) && e.kind == &err_file);
}

static void remove_all(void)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	CHECK(system(command) == 0);
}

void test_file(void)
{
	CHECK(mkdtemp(dir) != NULL);
	RUN(what_is_written_is_read);
	RUN(faults_name_the_path);
	RUN(folders_are_made_all_the_way);
	remove_all();
}
