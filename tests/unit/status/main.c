/* main.c - the tests of lib/status. The runner gives this program an empty folder of its own. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "status/progress.h"
#include "status/status.h"
#include "tests.h"

static const struct err_kind broken = {
	.code = 99999, .class = "binlog-op", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "say \"please\"",
};

static struct buf seen = BUF_INIT(1 << 20);

/* The file as it is now; pid, which differs, becomes 0. */
static const char *now_in(const char *path)
{
	char pid[40], *at;
	struct err e = { 0 };

	buf_clear(&seen);
	if (!file_read(path, &seen, &e))
		return "no file";
	snprintf(pid, sizeof(pid), "\"pid\":%ld,", (long)getpid());
	at = strstr(buf_text(&seen), pid);
	if (!at)
		return "no pid";
	memmove(at + 7, at + strlen(pid) - 1, strlen(at + strlen(pid) - 1) + 1);
	at[6] = '0';
	return seen.p;
}

static bool is(const char *path, const char *want)
{
	const char *got = now_in(path);

	if (strcmp(got, want) != 0)
		printf("# got: %s# want: %s", got, want);
	return strcmp(got, want) == 0;
}

static void a_status_has_the_fields_in_the_order_they_were_set_first(void)
{
	struct status s;
	struct err e = { 0 };

	status_init(&s, &(struct status_settings){ .file = "one" }, "Sync", NULL);
	status_text(&s, "masterBinlog", STR_LIT("(mysql-bin.000001, 4)"));
	status_u64(&s, "totalRows", UINT64_MAX);
	status_bool(&s, "synced", false);
	status_raw(&s, "blockingDDLs", STR_LIT("[]"));
	status_bool(&s, "synced", true);
	status_text(&s, "masterBinlog", STR_LIT("(mysql-bin.000002, 4)"));
	CHECK(status_write(&s, "Running", false, &e));
	CHECK(is("one", "{\"unit\":\"Sync\",\"stage\":\"Running\",\"pid\":0,\"result\":null,\"fields\":{"
		 "\"masterBinlog\":\"(mysql-bin.000002, 4)\",\"totalRows\":\"18446744073709551615\",\"synced\":true,"
		 "\"blockingDDLs\":[]}}\n"));
	status_release(&s);
}

static void a_write_is_held_back_for_a_second_unless_forced(void)
{
	struct status s;
	struct err e = { 0 };

	status_init(&s, &(struct status_settings){ .file = "two" }, "Load", NULL);
	CHECK(status_write(&s, "Running", false, &e));
	status_u64(&s, "totalBytes", 7);
	CHECK(status_write(&s, "Running", false, &e));
	CHECK(is("two", "{\"unit\":\"Load\",\"stage\":\"Running\",\"pid\":0,\"result\":null,\"fields\":{}}\n"));
	CHECK(status_write(&s, "Finished", true, &e));
	CHECK(is("two", "{\"unit\":\"Load\",\"stage\":\"Finished\",\"pid\":0,\"result\":null,"
		 "\"fields\":{\"totalBytes\":\"7\"}}\n"));
	s.written_ms -= 1000;
	CHECK(status_write(&s, "Running", false, &e));
	CHECK(strstr(now_in("two"), "\"Running\""));
	status_release(&s);
}

static void a_failure_is_kept_as_dm_shows_it(void)
{
	struct status s;
	struct err e = { 0 };

	status_init(&s, &(struct status_settings){ .file = "three" }, "Relay", NULL);
	err_set(&e, &broken, "cannot read '%s'", "a\"b");
	status_failed(&s, &e);
	CHECK(is("three", "{\"unit\":\"Relay\",\"stage\":\"Paused\",\"pid\":0,\"result\":{\"isCanceled\":false,\"errors\":[{"
		 "\"ErrCode\":99999,\"ErrClass\":\"binlog-op\",\"ErrScope\":\"upstream\",\"ErrLevel\":\"high\","
		 "\"Message\":\"cannot read 'a\\\"b'\",\"RawCause\":\"\",\"Workaround\":\"say \\\"please\\\"\"}],"
		 "\"detail\":null},\"fields\":{}}\n"));
	status_release(&s);
}

static void what_is_not_utf8_is_shown_as_question_marks(void)
{
	struct status s;
	struct err e = { 0 };

	status_init(&s, &(struct status_settings){ .file = "four" }, "Dump", NULL);
	status_text(&s, "t", ((struct str){ "\xc3\xb6\xff\xc3", 4 }));
	status_text(&s, "empty", STR_NONE);
	err_set(&e, &broken, "\xe2\x82");
	status_failed(&s, &e);
	CHECK(strstr(now_in("four"), "\"Message\":\"?""?\""));
	CHECK(strstr(now_in("four"), "\"t\":\"\xc3\xb6?""?\",\"empty\":\"\""));
	status_release(&s);
}

static void without_a_file_nothing_is_written(void)
{
	struct status s;
	struct err e = { 0 };

	status_init(&s, &(struct status_settings){ .file = NULL }, "Sync", NULL);
	status_u64(&s, "totalRows", 1);
	CHECK(status_write(&s, "Running", true, &e));
	err_set(&e, &broken, "x");
	status_failed(&s, &e);
	status_release(&s);
}

static void a_folder_that_is_not_there_is_an_error_that_names_it(void)
{
	struct status s;
	struct err e = { 0 };

	status_init(&s, &(struct status_settings){ .file = "nowhere/five" }, "Sync", NULL);
	CHECK(!status_write(&s, "Running", true, &e));
	CHECK(e.kind && e.kind->status == STATUS_FILE && strstr(e.text, "nowhere/five"));
	status_failed(&s, &e);
	status_release(&s);
}

static void the_file_is_for_its_owner_only(void)
{
	struct status s;
	struct err e = { 0 };
	struct stat st;

	status_init(&s, &(struct status_settings){ .file = "six" }, "Sync", NULL);
	CHECK(status_write(&s, "Running", true, &e));
	CHECK(stat("six", &st) == 0 && (st.st_mode & 0777) == 0600);
	status_release(&s);
}

static void check_progress(const struct progress_numbers *n, const char *want)
{
	struct buf b = BUF_INIT(1000);

	progress_put(&b, n);
	CHECK(str_is(buf_str(&b), want));
	buf_release(&b);
}

static void a_progress_line_tells_what_is_known(void)
{
	struct progress_numbers n = { .rows = 7, .bytes = 34500000, .rate_bytes = 30000000, .ms = 3000 };

	check_progress(&n, "7 rows, 34.5 MB, 10.0 MB/s");
	n.all_tables = 9;
	n.tables = 2;
	n.percent = 25;
	check_progress(&n, "2 of 9 tables, 7 rows, 34.5 MB, 10.0 MB/s, 25 %, 9s left");
	n.percent = 2;
	check_progress(&n, "2 of 9 tables, 7 rows, 34.5 MB, 10.0 MB/s, 2 %, 2m27s left");
	n.percent = 0.01;
	check_progress(&n, "2 of 9 tables, 7 rows, 34.5 MB, 10.0 MB/s, 0 %, 8h19m left");
	n.ms = 0;
	check_progress(&n, "2 of 9 tables, 7 rows, 34.5 MB, 0.0 MB/s, 0 %, 0s left");
}

int main(void)
{
	RUN(a_progress_line_tells_what_is_known);
	RUN(a_status_has_the_fields_in_the_order_they_were_set_first);
	RUN(a_write_is_held_back_for_a_second_unless_forced);
	RUN(a_failure_is_kept_as_dm_shows_it);
	RUN(what_is_not_utf8_is_shown_as_question_marks);
	RUN(without_a_file_nothing_is_written);
	RUN(a_folder_that_is_not_there_is_an_error_that_names_it);
	RUN(the_file_is_for_its_owner_only);
	test_metrics();
	test_scrape();
	buf_release(&seen);
	return check_done();
}
