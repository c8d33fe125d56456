#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "status/status.h"
#include "tests.h"

enum { PLACE, OFFSET, LAGS, EXITS, EXITS_PASSING, N };

static const struct metric series[] = {
	[PLACE] = { "dm_x_file", METRIC_GAUGE, "A file.", "node=\"x\"", false, false },
	[OFFSET] = { "dm_x_pos", METRIC_GAUGE, "An offset.", NULL, true, false },
	[LAGS] = { "dm_x_lag", METRIC_HISTOGRAM, "Lags.", NULL, false, false },
	[EXITS] = { "dm_x_exits", METRIC_COUNTER, "Ends.", "resumable_err=\"false\"", false, true },
	[EXITS_PASSING] = { "dm_x_exits", METRIC_COUNTER, NULL, "resumable_err=\"true\"", false, true },
};
static const struct metric_table table = { series, N, EXITS };
static const struct err_kind refused = { .code = 99998, .class = "x", .status = STATUS_REFUSED };
static const struct err_kind passing = { .code = 99997, .class = "x", .status = STATUS_RETRY };

static struct buf seen = BUF_INIT(1 << 20);

static const char *now_in(const char *path)
{
	struct err e = { 0 };

	buf_clear(&seen);
	return file_read(path, &seen, &e) ? buf_text(&seen) : "no file";
}

/* Is this a whole line of the file? */
static bool has_line(const char *path, const char *line)
{
	const char *text = now_in(path), *at;
	size_t n = strlen(line);

	for (at = text; (at = strstr(at, line)); at += n)
		if ((at == text || at[-1] == '\n') && at[n] == '\n')
			return true;
	printf("# no line %s in %s", line, text);
	return false;
}

static void open_status(struct status *s, const char *path, const char *task)
{
	struct err e = { 0 };
	struct status_settings *settings = malloc(sizeof(*settings));

	*settings = (struct status_settings){ .metrics_file = path };
	status_init(s, settings, "Sync", &table);
	free(settings);
	free(s->metrics.worker);
	s->metrics.worker = mem_text(STR_LIT("here"));
	CHECK(status_begin(s, str_of(task), STR_LIT("s-1"), &e));
}

static void values_stand_with_their_labels_and_unset_ones_do_not(void)
{
	struct err e = { 0 };
	struct status s;

	open_status(&s, "a.prom", "t");
	CHECK(has_line("a.prom", "dm_worker_task_state{task=\"t\",source_id=\"s-1\",worker=\"here\",unit=\"Sync\"} 2"));
	CHECK(has_line("a.prom", "# HELP dm_x_file A file."));
	CHECK(has_line("a.prom", "# TYPE dm_x_file gauge"));
	CHECK(!strstr(now_in("a.prom"), "dm_x_file{"));
	metrics_place(&s.metrics, PLACE, OFFSET, STR_LIT("mysql-bin.000012"), 1234567890123);
	CHECK(status_write(&s, "Finished", true, &e));
	CHECK(has_line("a.prom", "dm_x_file{task=\"t\",source_id=\"s-1\",node=\"x\"} 12"));
	CHECK(has_line("a.prom", "dm_x_pos{task=\"t\",source_id=\"s-1\",worker=\"here\"} 1234567890123"));
	CHECK(has_line("a.prom", "dm_worker_task_state{task=\"t\",source_id=\"s-1\",worker=\"here\",unit=\"Sync\"} 5"));
	CHECK(has_line("a.prom", "dm_x_exits{task=\"t\",source_id=\"s-1\",resumable_err=\"false\"} 0"));
	status_release(&s);
}

static void a_file_name_without_a_number_is_no_place(void)
{
	struct err e = { 0 };
	struct status s;

	open_status(&s, "b.prom", "t");
	metrics_place(&s.metrics, PLACE, OFFSET, STR_LIT("mysql-bin"), 4);
	metrics_place(&s.metrics, PLACE, OFFSET, STR_LIT(""), 4);
	CHECK(status_write(&s, "Running", true, &e));
	CHECK(!strstr(now_in("b.prom"), "dm_x_file{") && !strstr(now_in("b.prom"), "dm_x_pos{"));
	status_release(&s);
}

static void labels_are_escaped(void)
{
	struct status s;

	open_status(&s, "c.prom", "a\"b\\c\nd\xff\xc3\xb6");
	CHECK(has_line("c.prom", "dm_x_exits{task=\"a\\\"b\\\\c?d?\xc3\xb6\",source_id=\"s-1\",resumable_err=\"true\"} 0"));
	status_release(&s);
}

static void a_histogram_counts_up_to_each_bound(void)
{
	struct histogram h = { .first = 0.5, .n = 3 };
	struct err e = { 0 };
	struct status s;

	open_status(&s, "d.prom", "t");
	metrics_histogram(&s.metrics, LAGS, &h);
	histogram_add(&h, 0);
	histogram_add(&h, 0.5);
	histogram_add(&h, 0.75);
	histogram_add(&h, 2.25);
	CHECK(status_write(&s, "Running", true, &e));
	CHECK(has_line("d.prom", "dm_x_lag_bucket{task=\"t\",source_id=\"s-1\",le=\"0.5\"} 2"));
	CHECK(has_line("d.prom", "dm_x_lag_bucket{task=\"t\",source_id=\"s-1\",le=\"1\"} 3"));
	CHECK(has_line("d.prom", "dm_x_lag_bucket{task=\"t\",source_id=\"s-1\",le=\"2\"} 3"));
	CHECK(has_line("d.prom", "dm_x_lag_bucket{task=\"t\",source_id=\"s-1\",le=\"+Inf\"} 4"));
	CHECK(has_line("d.prom", "dm_x_lag_sum{task=\"t\",source_id=\"s-1\"} 3.5"));
	CHECK(has_line("d.prom", "dm_x_lag_count{task=\"t\",source_id=\"s-1\"} 4"));
	status_release(&s);
}

static void ends_with_an_error_count_on_over_runs(void)
{
	struct err e = { 0 };
	struct status s;

	for (int run = 1; run <= 3; run++) {
		open_status(&s, "e.prom", "t");
		err_clear(&e);
		err_set(&e, run == 2 ? &passing : &refused, "no");
		status_failed(&s, &e);
		status_release(&s);
	}
	CHECK(has_line("e.prom", "dm_x_exits{task=\"t\",source_id=\"s-1\",resumable_err=\"false\"} 2"));
	CHECK(has_line("e.prom", "dm_x_exits{task=\"t\",source_id=\"s-1\",resumable_err=\"true\"} 1"));
	CHECK(has_line("e.prom", "dm_worker_task_state{task=\"t\",source_id=\"s-1\",worker=\"here\",unit=\"Sync\"} 3"));
	open_status(&s, "e.prom", "other");
	CHECK(has_line("e.prom", "dm_x_exits{task=\"other\",source_id=\"s-1\",resumable_err=\"false\"} 0"));
	status_release(&s);
}

static void anybody_may_read_the_file(void)
{
	struct stat st;
	struct status s;
	mode_t before = umask(022);

	open_status(&s, "f.prom", "t");
	CHECK(stat("f.prom", &st) == 0 && (st.st_mode & 0777) == 0644);
	status_release(&s);
	umask(before);
}

static void a_file_that_cannot_be_written_is_an_error_at_the_start_only(void)
{
	struct status_settings settings = { .metrics_file = "later/x.prom" };
	struct err e = { 0 };
	struct status s;

	status_init(&s, &settings, "Sync", &table);
	CHECK(!status_begin(&s, STR_LIT("t"), STR_LIT("s"), &e));
	CHECK(e.kind && e.kind->status == STATUS_FILE && strstr(e.text, "later/x.prom"));
	status_release(&s);
	CHECK(mkdir("later", 0700) == 0);
	open_status(&s, "later/x.prom", "t");
	CHECK(unlink("later/x.prom") == 0 && rmdir("later") == 0);
	err_clear(&e);
	CHECK(status_write(&s, "Running", true, &e) && !e.kind);
	status_release(&s);
}

static void before_it_is_known_what_the_work_is_nothing_is_written(void)
{
	struct status_settings settings = { .metrics_file = "g.prom" };
	struct err e = { 0 };
	struct status s;

	status_init(&s, &settings, "Sync", &table);
	CHECK(status_write(&s, "Running", true, &e));
	err_set(&e, &refused, "no");
	status_failed(&s, &e);
	CHECK(!file_exists("g.prom"));
	status_release(&s);
}

void test_metrics(void)
{
	RUN(values_stand_with_their_labels_and_unset_ones_do_not);
	RUN(a_file_name_without_a_number_is_no_place);
	RUN(labels_are_escaped);
	RUN(a_histogram_counts_up_to_each_bound);
	RUN(ends_with_an_error_count_on_over_runs);
	RUN(anybody_may_read_the_file);
	RUN(a_file_that_cannot_be_written_is_an_error_at_the_start_only);
	RUN(before_it_is_known_what_the_work_is_nothing_is_written);
	buf_release(&seen);
}
