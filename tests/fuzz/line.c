/*
 * line.c - lines of any length through the reader and the writer: what goes in comes out.
 *
 * Input: a byte that says what is done with each line (its bits in turn), then the lines. A byte 1 stands for nine thousand
 * letters, so that small inputs make lines that no buffer holds. A byte 2 is where a line is spliced.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "stream/line.h"

#define LIMIT (1 << 20)
#define BLOWN 9000

static struct line_in in;
static struct line_out out;

static void blow_up(struct buf *b, struct str input)
{
	for (size_t i = 0; i < input.n; i++) {
		char *at = input.p[i] == 1 ? buf_room(b, BLOWN) : NULL;

		if (at) {
			memset(at, 'x', BLOWN);
			b->n += BLOWN;
		} else {
			buf_put_char(b, input.p[i]);
		}
	}
}

/* A file that holds text. */
static int file_of(struct str text)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || !file_write_all(fd, text.p, text.n) || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

/* Passes the line on in one of the ways there are. False where it is torn: that shows behind the head of a long one. */
static bool pass(struct str head, unsigned how, struct buf *spill)
{
	const char *mark = head.n ? memchr(head.p, 2, head.n) : NULL;
	struct err e = { 0 };
	struct str line;
	bool ok;

	MUST(head.n <= LINE_HEAD_MAX && (head.n == 0 || !memchr(head.p, '\n', head.n)));
	switch (how % 3) {
	case 0:
		ok = line_pass(&in, &out, &e);
		break;
	case 1:
		ok = line_splice(&in, &out, mark ? (size_t)(mark - head.p) : 0, mark ? 1 : 0,
				 mark ? STR_LIT("\x02") : STR_LIT(""), &e);
		break;
	default:
		ok = line_rest(&in, spill, &line, &e);
		MUST(!ok || line.n >= head.n);
		ok = ok && line_put(&out, line, &e) && line_put(&out, STR_LIT("\n"), &e);
	}
	MUST(ok || e.kind == &err_stream_cut);
	return ok;
}

/* All whole lines, in order, and of a torn one nothing that was not there. */
static void compare(int fd, struct str text, bool all)
{
	struct buf got = BUF_INIT(2 * LIMIT);
	char path[40];
	struct err e = { 0 };
	size_t whole = 0;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\n')
			whole = i + 1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(file_read(path, &got, &e));
	MUST((got.n >= whole || !all) && str_starts(text, buf_str(&got)));
	buf_release(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size }, head;
	struct buf text = BUF_INIT(LIMIT), spill = BUF_INIT(LIMIT);
	unsigned how = take_byte(&input);
	struct err e = { 0 };
	enum line_got got;
	int from, to;

	blow_up(&text, input);
	from = file_of(buf_str(&text));
	to = file_of(STR_LIT(""));
	line_out_init(&out, to);
	line_in_init(&in, from, &out);
	while ((got = line_head(&in, &head, &e)) == LINE_GOT && pass(head, how, &spill))
		how = how >> 1 | (how & 1) << 7;
	if (got == LINE_GOT)
		got = LINE_TORN;
	if (got == LINE_FAIL)		/* lines behind the stream's end */
		MUST(in.ended && e.kind == &err_stream_syntax);
	else
		MUST(got == (text.n == 0 || text.p[text.n - 1] == '\n' ? LINE_END : LINE_TORN));
	err_clear(&e);
	MUST(line_flush(&out, &e));
	compare(to, buf_str(&text), got != LINE_FAIL);
	close(from);
	close(to);
	buf_release(&text);
	buf_release(&spill);
	return 0;
}
