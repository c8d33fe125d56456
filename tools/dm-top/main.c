/* dm-top - show how far each task is, on one screen; see dm-top(1) */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tool.h"
#include "config/options.h"
#include "config/task.h"
#include "stream/line.h"
#include "terminal.h"

struct settings {
	uint64_t count;			/* looks; 0: no end */
	uint64_t seconds;
	struct opt_list sources;
};

static const struct opt options[] = {
	{ OPT_NUMBER, 'n', "count", "COUNT", offsetof(struct settings, count), "end after this many looks (default: go on)", 1, 0, NULL },
	{ OPT_NUMBER, 'd', "delay", "SECONDS", offsetof(struct settings, seconds), "look again after this many seconds (default 2)", 1, 3600, NULL },
	{ OPT_LIST, 's', "source", "ID", offsetof(struct settings, sources), "show this source only; may be repeated", 0, 0, NULL },
	{ 0 }
};

struct top {
	const struct settings *settings;
	struct str home;
	struct opt_list tasks;
	struct look look;
	struct state state;
	struct rates rates;
	struct view view;
	bool screen;			/* it is a terminal's, not lines */
	size_t from;			/* the first line of the body that is shown */
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool draw(struct top *t, struct err *e)
{
	struct view_want want = { .look = &t->look, .every = t->settings->seconds };
	time_t now = time(NULL);
	char text[32];
	struct tm tm;
	size_t lines;

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	want.clock = text;
	terminal_size(&want.columns, &lines);
	view_draw(&t->view, &want, &t->state, &t->rates);
	return terminal_show(&t->view, &t->look, &t->from, e);
}

static bool print(struct str text, struct err *e)
{
	if (file_write_all(STDOUT_FILENO, text.p, text.n))
		return true;
	if (errno == EPIPE)
		return err_set(e, &err_reader_gone, "nobody reads the output any more");
	return err_set(e, &err_write, "cannot write standard output: %s", strerror(errno));
}

static bool print_lines(struct top *t, struct err *e)
{
	struct buf b = BUF_INIT((size_t)1 << 30);
	time_t now = time(NULL);
	char text[32];
	struct tm tm;
	bool ok;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	view_put_plain(&b, &t->look, &t->state, &t->rates, text);
	ok = buf_ok(&b, "what is shown", e) && print(buf_str(&b), e);
	buf_release(&b);
	return ok;
}

static bool look_at_all(struct top *t, struct err *e)
{
	if (!state_read(&t->state, t->home, &t->tasks, &t->settings->sources, e))
		return false;
	rates_take(&t->rates, &t->state, now_ns());
	return true;
}

static void scroll(struct top *t, enum wait_end key)
{
	size_t columns, lines, by = 1;

	terminal_size(&columns, &lines);
	if (key == WAIT_PAGE_UP || key == WAIT_PAGE_DOWN)
		by = lines > 4 ? lines - 4 : 1;
	if (key == WAIT_DOWN || key == WAIT_PAGE_DOWN)
		t->from += by;
	else if (key == WAIT_UP || key == WAIT_PAGE_UP)
		t->from = t->from > by ? t->from - by : 0;
}

/* Until the next look is due, or over. */
static bool pause_until(struct top *t, int64_t until, bool *over, struct err *e)
{
	enum wait_end end;

	while ((end = terminal_wait(until)) != WAIT_TICK && end != WAIT_NOW && end != WAIT_QUIT) {
		scroll(t, end);
		if (t->screen && !draw(t, e))
			return false;
	}
	*over = end == WAIT_QUIT;
	return true;
}

/* What is only to be said once, in front of the first look. */
static bool begin(struct top *t, struct err *e)
{
	if (!state_has(&t->state, &t->tasks, &t->settings->sources, e))
		return false;
	if (t->screen)
		terminal_enter();
	else if (t->state.n == 0)
		log_notice("no task is there; 'dm start-task FILE' starts one");
	return true;
}

static bool watch(struct top *t, struct err *e)
{
	const struct settings *s = t->settings;
	bool over = false;

	for (uint64_t looks = 1; !over; looks++) {
		int64_t until = now_ns() + (int64_t)s->seconds * 1000000000;

		if (!look_at_all(t, e) || (looks == 1 && !begin(t, e)) || !(t->screen ? draw(t, e) : print_lines(t, e)))
			return false;
		if (s->count > 0 && looks >= s->count)
			break;
		if (!pause_until(t, until, &over, e))
			return false;
	}
	if (!t->screen)
		return true;
	terminal_leave();
	/* What was counted for stays to be read. */
	return over || (print(buf_str(&t->view.head), e) && print(buf_str(&t->view.body), e));
}

/* A task is named, or a file that holds it is. */
static bool add_task(struct top *t, const char *word, struct arena *a, struct err *e)
{
	struct str name = str_of(word);
	struct task task;
	bool ok;

	if (!str_ends(name, STR_LIT(".yaml")) && !str_ends(name, STR_LIT(".yml"))) {
		opt_list_add(&t->tasks, word);
		return true;
	}
	ok = task_read(&task, word, e);
	if (ok)
		opt_list_add(&t->tasks, arena_str(a, task.name).p);
	task_release(&task);
	return ok;
}

static bool run(void *settings, char **operands, struct err *e)
{
	struct top t = { .settings = settings, .rates = RATES_INIT, .screen = terminal_is_there() };
	struct arena a = ARENA_INIT;
	bool ok = true;

	look_init(&t.look);
	t.home = config_home(&a);
	arena_init(&t.state.a);
	view_init(&t.view);
	for (size_t i = 0; ok && operands[i]; i++)
		ok = add_task(&t, operands[i], &a, e);
	ok = ok && watch(&t, e);
	terminal_leave();	/* before an error is said */
	free(t.tasks.items);
	view_release(&t.view);
	rates_release(&t.rates);
	state_release(&t.state);
	arena_release(&a);
	return ok;
}

int main(int argc, char **argv)
{
	static struct settings settings = { .seconds = 2 };
	static const struct tool tool = {
		.name = "dm-top", .line = "show how far each task is, on one screen", .operands = "[TASK ...]",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
