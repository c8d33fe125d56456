/* line.c - lines in and out: whole, long, torn, spliced, stopped. */
#include "tests.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/tool.h"
#include "stream/line.h"

static struct line_in in;
static struct line_out out;
static struct err e;

/* What a thread writes into a pipe, in pieces of step bytes, so that reads end anywhere. */
struct feed {
	struct str text;
	size_t step;
	int fd;
	pthread_t thread;
};

static void *feed_run(void *context)
{
	struct feed *f = context;

	for (size_t at = 0; at < f->text.n; at += f->step) {
		struct str piece = str_first(str_from(f->text, at), f->step);

		if (write(f->fd, piece.p, piece.n) < 0)
			break;
	}
	close(f->fd);
	return NULL;
}

static int sink;	/* a file that out writes to */

/* A file without a name. */
static int scratch(void)
{
	char path[] = "/tmp/dm-unit-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		abort();
	unlink(path);
	return fd;
}

static void start(struct feed *f, struct str text, size_t step)
{
	int fds[2];

	err_clear(&e);
	stop_asked = 0;
	if (pipe(fds) != 0)
		abort();
	*f = (struct feed){ .text = text, .step = step, .fd = fds[1] };
	if (sink)
		close(sink);
	sink = scratch();
	line_out_init(&out, sink);
	line_in_init(&in, fds[0], &out);
	if (pthread_create(&f->thread, NULL, feed_run, f) != 0)
		abort();
}

static void finish(struct feed *f)
{
	close(in.fd);
	pthread_join(f->thread, NULL);
}

static void read_sink(struct buf *b)
{
	char piece[65536];
	ssize_t n;

	buf_clear(b);
	line_flush(&out, &e);
	lseek(sink, 0, SEEK_SET);
	while ((n = read(sink, piece, sizeof(piece))) > 0)
		buf_put(b, piece, (size_t)n);
}

static void lines_pass_unchanged(void)
{
	static const size_t steps[] = { 1, 3, 1000 };
	struct str text = STR_LIT("{\"type\":\"a\"}\n\n{\"type\":\"end\"}\n");

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct buf b = BUF_INIT(1 << 20);
		struct feed f;
		struct str head;
		size_t n = 0;

		start(&f, text, steps[i]);
		while (line_head(&in, &head, &e) == LINE_GOT) {
			CHECK(n != 1 || head.n == 0);
			CHECK(line_pass(&in, &out, &e));
			n++;
		}
		CHECK(n == 3);
		CHECK(line_close(&in, &out, LINE_END, &e));
		read_sink(&b);
		CHECK(str_eq(buf_str(&b), text));
		finish(&f);
		buf_release(&b);
	}
}

/* A head, a lot, and "tail}" */
static void put_long_line(struct buf *b, size_t n)
{
	buf_put_text(b, "{\"type\":\"x\",\"pad\":\"");
	for (size_t i = 0; i < n; i++)
		buf_put_char(b, (char)('a' + i % 26));
	buf_put_text(b, "\"}\n");
}

static void a_long_line_is_shown_by_its_head_and_passes_whole(void)
{
	static const size_t sizes[] = {
		LINE_HEAD_MAX - 100, LINE_HEAD_MAX - 23, LINE_HEAD_MAX - 22, LINE_HEAD_MAX - 21, LINE_HEAD_MAX - 20, LINE_HEAD_MAX,
		LINE_BUFFER - 23, LINE_BUFFER - 22, LINE_BUFFER - 21, LINE_BUFFER, 3 * LINE_BUFFER + 7,
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf text = BUF_INIT(1 << 24), b = BUF_INIT(1 << 24);
		struct feed f;
		struct str head;

		put_long_line(&text, sizes[i]);
		buf_put_text(&text, "{\"type\":\"end\"}\n");
		start(&f, buf_str(&text), 50000);
		CHECK(line_head(&in, &head, &e) == LINE_GOT);
		CHECK(head.n == (sizes[i] + 21 < LINE_HEAD_MAX ? sizes[i] + 21 : LINE_HEAD_MAX));
		CHECK(str_eq(head, str_first(buf_str(&text), head.n)));
		CHECK(line_pass(&in, &out, &e));
		CHECK(line_head(&in, &head, &e) == LINE_GOT);
		CHECK(str_is(head, "{\"type\":\"end\"}"));
		CHECK(line_pass(&in, &out, &e));
		CHECK(line_head(&in, &head, &e) == LINE_END);
		CHECK(line_close(&in, &out, LINE_END, &e));
		read_sink(&b);
		CHECK(str_eq(buf_str(&b), buf_str(&text)));
		finish(&f);
		buf_release(&text);
		buf_release(&b);
	}
}

static void a_line_that_is_not_passed_is_dropped(void)
{
	struct buf text = BUF_INIT(1 << 24), b = BUF_INIT(1 << 24);
	struct feed f;
	struct str head;

	put_long_line(&text, 2 * LINE_BUFFER);
	buf_put_text(&text, "{\"type\":\"a\"}\n{\"type\":\"end\"}\n");
	start(&f, buf_str(&text), 4096);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(str_is(head, "{\"type\":\"a\"}"));
	CHECK(line_pass(&in, NULL, &e));
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(line_pass(&in, &out, &e));
	CHECK(line_head(&in, &head, &e) == LINE_END);
	read_sink(&b);
	CHECK(holds(&b, "{\"type\":\"end\"}\n"));
	finish(&f);
	buf_release(&text);
	buf_release(&b);
}

static void a_splice_changes_the_head_and_nothing_else(void)
{
	static const size_t sizes[] = { 10, LINE_HEAD_MAX, 2 * LINE_BUFFER };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf text = BUF_INIT(1 << 24), b = BUF_INIT(1 << 24), want = BUF_INIT(1 << 24);
		struct feed f;
		struct str head;

		put_long_line(&text, sizes[i]);
		start(&f, buf_str(&text), 30000);
		CHECK(line_head(&in, &head, &e) == LINE_GOT);
		CHECK(line_splice(&in, &out, 8, 3, STR_LIT("\"yy\""), &e));
		buf_put_text(&want, "{\"type\":\"yy\"");
		buf_put_str(&want, str_from(buf_str(&text), 11));
		CHECK(line_head(&in, &head, &e) == LINE_END);
		read_sink(&b);
		CHECK(str_eq(buf_str(&b), buf_str(&want)));
		finish(&f);
		buf_release(&text);
		buf_release(&b);
		buf_release(&want);
	}
}

static void a_splice_may_take_the_whole_line(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct feed f;
	struct str head;

	start(&f, STR_LIT("abc\ndef\n"), 100);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(line_splice(&in, &out, 0, head.n, STR_LIT(""), &e));
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(line_splice(&in, &out, head.n, 0, STR_LIT("!"), &e));
	read_sink(&b);
	CHECK(holds(&b, "\ndef!\n"));
	finish(&f);
	buf_release(&b);
}

static void the_rest_of_a_line_is_collected_up_to_a_ceiling(void)
{
	static const size_t sizes[] = { 0, 1000, LINE_HEAD_MAX, LINE_BUFFER, 3 * LINE_BUFFER };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf text = BUF_INIT(1 << 24), spill = BUF_INIT(LINE_BUFFER * 2);
		struct str head, line;
		struct feed f;
		bool fits = sizes[i] + 21 <= LINE_BUFFER * 2;

		put_long_line(&text, sizes[i]);
		buf_put_text(&text, "next\n");
		start(&f, buf_str(&text), 10000);
		CHECK(line_head(&in, &head, &e) == LINE_GOT);
		CHECK(line_rest(&in, &spill, &line, &e) == fits);
		CHECK(!fits || str_eq(line, str_first(buf_str(&text), sizes[i] + 21)));
		CHECK(fits || e.kind == &err_too_big);
		CHECK(line_head(&in, &head, &e) == LINE_GOT);
		CHECK(str_is(head, "next"));
		finish(&f);
		buf_release(&text);
		buf_release(&spill);
	}
}

static void a_torn_line_is_not_a_line(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct feed f;
	struct str head;
	enum line_got got;

	start(&f, STR_LIT("{\"type\":\"a\"}\n{\"type\":\"b"), 100);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(line_pass(&in, &out, &e));
	got = line_head(&in, &head, &e);
	CHECK(got == LINE_TORN);
	CHECK(!line_close(&in, &out, got, &e));
	CHECK(e.kind == &err_stream_cut);
	read_sink(&b);
	CHECK(holds(&b, "{\"type\":\"a\"}\n"));
	finish(&f);
	buf_release(&b);
}

/* Its head was shown before anybody could know. */
static void a_long_line_may_be_torn_behind_its_head(void)
{
	struct buf text = BUF_INIT(1 << 24), spill = BUF_INIT(1 << 24);
	struct feed f;
	struct str head, line;

	put_long_line(&text, 2 * LINE_BUFFER);
	start(&f, str_first(buf_str(&text), text.n - 1), 10000);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(!line_pass(&in, &out, &e));
	CHECK(e.kind == &err_stream_cut);
	finish(&f);
	start(&f, str_first(buf_str(&text), text.n - 1), 10000);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(!line_rest(&in, &spill, &line, &e));
	CHECK(e.kind == &err_stream_cut);
	finish(&f);
	buf_release(&text);
	buf_release(&spill);
}

static void a_stream_without_an_end_is_cut(void)
{
	struct feed f;
	struct str head;
	enum line_got got;

	start(&f, STR_LIT("{\"type\":\"a\"}\n"), 100);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	got = line_head(&in, &head, &e);
	CHECK(got == LINE_END);
	CHECK(!line_close(&in, &out, got, &e));
	CHECK(e.kind == &err_stream_cut);
	finish(&f);
	start(&f, STR_LIT(""), 1);
	CHECK(line_head(&in, &head, &e) == LINE_END);
	CHECK(!line_close(&in, &out, LINE_END, &e));
	finish(&f);
}

/* jq writes no blanks, others do. */
static void an_end_from_elsewhere_is_an_end(void)
{
	static const char *const ends[] = {
		"{\"type\":\"end\"}\n", "{\"type\": \"end\", \"reason\": \"until\"}\n", " { \"type\" :\t\"end\"}\n",
	};
	static const char *const others[] = { "{\"type\":\"ended\"}\n", "{\"type\":\"a\",\"type\":\"end\"}\n", "\"end\"\n" };
	struct feed f;
	struct str head;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		start(&f, str_of(ends[i]), 100);
		CHECK(line_head(&in, &head, &e) == LINE_GOT);
		CHECK(in.ended);
		finish(&f);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		start(&f, str_of(others[i]), 100);
		CHECK(line_head(&in, &head, &e) == LINE_GOT);
		CHECK(!in.ended);
		finish(&f);
	}
}

static void nothing_comes_behind_the_end(void)
{
	struct feed f;
	struct str head;

	start(&f, STR_LIT("{\"type\":\"end\"}\n{\"type\":\"a\"}\n"), 100);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(line_head(&in, &head, &e) == LINE_FAIL);
	CHECK(e.kind == &err_stream_syntax);
	finish(&f);
}

static void a_reader_that_waits_has_written_what_it_had(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct feed f;
	struct str head;
	char piece[100];
	ssize_t n;

	start(&f, STR_LIT("a\n"), 100);
	in.tick_ms = 1;
	while (line_head(&in, &head, &e) == LINE_TICK)
		;
	CHECK(line_pass(&in, &out, &e));
	CHECK(out.n == 2);
	CHECK(line_head(&in, &head, &e) == LINE_END);
	CHECK(out.n == 0);
	lseek(sink, 0, SEEK_SET);
	n = read(sink, piece, sizeof(piece));
	CHECK(n == 2);
	finish(&f);
	buf_release(&b);
}

static void a_tick_comes_between_lines_and_not_inside_one(void)
{
	struct str head;
	struct feed f;
	int fds[2];

	start(&f, STR_LIT(""), 1);
	finish(&f);
	if (pipe(fds) != 0)
		abort();
	line_in_init(&in, fds[0], &out);
	in.tick_ms = 1;
	CHECK(line_head(&in, &head, &e) == LINE_TICK);
	CHECK(write(fds[1], "par", 3) == 3);
	CHECK(line_head(&in, &head, &e) == LINE_TICK);
	CHECK(write(fds[1], "t\n", 2) == 2);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	CHECK(str_is(head, "part"));
	close(fds[0]);
	close(fds[1]);
}

static void a_stop_ends_the_loop_with_an_end(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct str head;
	struct feed f;
	int fds[2];
	enum line_got got;

	start(&f, STR_LIT(""), 1);
	finish(&f);
	if (pipe(fds) != 0)
		abort();
	line_in_init(&in, fds[0], &out);
	CHECK(write(fds[1], "one\npart", 8) == 8);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	stop_asked = 1;
	CHECK(line_pass(&in, &out, &e));
	got = line_head(&in, &head, &e);
	CHECK(got == LINE_STOP);
	CHECK(line_close(&in, &out, got, &e));
	read_sink(&b);
	CHECK(holds(&b, "one\n{\"type\":\"end\",\"reason\":\"signal\"}\n"));
	stop_asked = 0;
	close(fds[0]);
	close(fds[1]);
	buf_release(&b);
}

static void a_stop_waits_for_the_line_that_is_open(void)
{
	struct buf text = BUF_INIT(1 << 24), b = BUF_INIT(1 << 24);
	struct feed f;
	struct str head;

	put_long_line(&text, 3 * LINE_BUFFER);
	start(&f, buf_str(&text), 7000);
	CHECK(line_head(&in, &head, &e) == LINE_GOT);
	stop_asked = 1;
	CHECK(line_pass(&in, &out, &e));
	CHECK(line_head(&in, &head, &e) == LINE_STOP);
	read_sink(&b);
	CHECK(str_eq(buf_str(&b), buf_str(&text)));
	stop_asked = 0;
	finish(&f);
	buf_release(&text);
	buf_release(&b);
}

static void note_signal(int number)
{
	(void)number;
	stop_asked = 1;
}

/* A wait that finds something to read at once lets no signal in by itself. */
static void a_stop_comes_through_while_there_is_always_more_to_read(void)
{
	struct sigaction act = { .sa_handler = note_signal }, before;
	sigset_t term, mask;
	struct str head;
	struct feed f;
	int file = scratch();
	size_t n = 0;
	enum line_got got;

	start(&f, STR_LIT(""), 1);
	finish(&f);
	for (size_t i = 0; i < 200000; i++)
		CHECK(write(file, "{\"a\":1}\n", 8) == 8);
	lseek(file, 0, SEEK_SET);
	sigaction(SIGTERM, &act, &before);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &mask);
	raise(SIGTERM);
	line_in_init(&in, file, &out);
	while ((got = line_head(&in, &head, &e)) == LINE_GOT && line_pass(&in, NULL, &e))
		n++;
	CHECK(got == LINE_STOP);
	CHECK(n < 200000);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGTERM, &before, NULL);
	stop_asked = 0;
	close(file);
}

static void a_reader_gone_and_a_full_disk_are_told_apart(void)
{
	int fds[2];
	int full = open("/dev/full", O_WRONLY);

	signal(SIGPIPE, SIG_IGN);
	if (pipe(fds) != 0)
		abort();
	close(fds[0]);
	line_out_init(&out, fds[1]);
	CHECK(line_put(&out, STR_LIT("x"), &e));
	CHECK(!line_flush(&out, &e));
	CHECK(e.kind == &err_reader_gone);
	close(fds[1]);
	line_out_init(&out, full);
	CHECK(line_put(&out, STR_LIT("x"), &e));
	CHECK(!line_flush(&out, &e));
	CHECK(e.kind == &err_write);
	close(full);
}

void test_line(void)
{
	RUN(lines_pass_unchanged);
	RUN(a_long_line_is_shown_by_its_head_and_passes_whole);
	RUN(a_line_that_is_not_passed_is_dropped);
	RUN(a_splice_changes_the_head_and_nothing_else);
	RUN(a_splice_may_take_the_whole_line);
	RUN(the_rest_of_a_line_is_collected_up_to_a_ceiling);
	RUN(a_torn_line_is_not_a_line);
	RUN(a_long_line_may_be_torn_behind_its_head);
	RUN(a_stream_without_an_end_is_cut);
	RUN(an_end_from_elsewhere_is_an_end);
	RUN(nothing_comes_behind_the_end);
	RUN(a_reader_that_waits_has_written_what_it_had);
	RUN(a_tick_comes_between_lines_and_not_inside_one);
	RUN(a_stop_ends_the_loop_with_an_end);
	RUN(a_stop_waits_for_the_line_that_is_open);
	RUN(a_stop_comes_through_while_there_is_always_more_to_read);
	RUN(a_reader_gone_and_a_full_disk_are_told_apart);
	close(sink);
}
