/*
 * replay.c - drives a target without libFuzzer: over the inputs that are there, and over changed ones.
 *
 * usage: NAME [--mutate N] [--seed S] [--dict FILE] [--keep FILE] FILE|FOLDER ...
 *
 * Each input is run once as it is; with --mutate, N changed ones follow, the same ones each time for the same inputs and seed.
 * An input that crashes the target, or keeps it busy for 20 seconds, is left in FILE (crash-NAME). Prints how many it ran.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { INPUT_MAX = 1 << 20, MUTANT_MAX = 16 << 10, PATIENCE = 20 };

/* Where there are sanitizers, they ask these; what they find then ends in SIGABRT, and on_signal keeps the input. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "abort_on_error=1";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

struct settings {
	uint64_t mutate;
	const char *dict;
	const char *keep;
};

struct list {
	struct str *items;
	size_t n, room;
};

static struct settings settings = { .keep = "crash" };
static struct list inputs, words;
static struct str running;
static uint64_t state = 88172645463325252u;

/* --- what is run, and what is left of it --- */

static void keep_input(void)
{
	int fd = running.p ? open(settings.keep, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

	if (fd >= 0 && file_write_all(fd, running.p, running.n))
		fprintf(stderr, "the input is in %s (%zu bytes)\n", settings.keep, running.n);
	if (fd >= 0)
		close(fd);
}

static void on_signal(int number)
{
	signal(number, SIG_DFL);
	if (number == SIGALRM)
		fprintf(stderr, "an input took longer than %d seconds\n", PATIENCE);
	keep_input();
	raise(number);
}

static void watch(void)
{
	static const int signals[] = { SIGABRT, SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

	/* A sanitizer that listens to SIGSEGV says more about it, and aborts. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction old;

		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			signal(signals[i], on_signal);
	}
}

/* In a block of its own size. */
static void run(struct str input)
{
	char *exact = exact_copy(input);

	running = (struct str){ exact, input.n };
	alarm(PATIENCE);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, input.n);
	alarm(0);
	running = STR_NONE;
	free(exact);
}

/* --- inputs and words --- */

static void add(struct list *list, struct str item)
{
	if (list->n == list->room) {
		list->room = list->room ? list->room * 2 : 64;
		list->items = mem_rearray(list->items, list->room, sizeof(*list->items));
	}
	list->items[list->n++] = item;
}

static void fail(const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	exit(2);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_path(const char *path);

static void add_folder(const char *path)
{
	struct dirent **found;
	int n = scandir(path, &found, NULL, by_name);

	for (int i = 0; i < n; i++) {
		char *inner = NULL;

		if (found[i]->d_name[0] != '.' && asprintf(&inner, "%s/%s", path, found[i]->d_name) >= 0)
			add_path(inner);
		free(inner);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

static void add_path(const char *path)
{
	struct buf b = BUF_INIT(INPUT_MAX);
	struct stat st;
	struct err e;

	if (stat(path, &st) != 0)
		fail(path, "is not there");
	if (S_ISDIR(st.st_mode)) {
		add_folder(path);
		return;
	}
	if (!file_read(path, &b, &e) || !buf_ok(&b, path, &e))
		fail(path, e.text);
	add(&inputs, buf_str(&b));
}

/* libFuzzer's form: lines name="text" or "text", with \\, \" and \xNN. */
static void add_word(struct str line)
{
	struct buf b = BUF_INIT(1000);
	struct str text;

	if (line.n == 0 || line.p[0] == '#' || !str_cut(line, '"', NULL, &text) || !str_cut_last(text, '"', &text, NULL))
		return;
	for (size_t i = 0; i < text.n; i++) {
		char hex[3] = "";

		if (text.p[i] == '\\' && i + 3 < text.n && text.p[i + 1] == 'x') {
			memcpy(hex, text.p + i + 2, 2);
			buf_put_char(&b, (char)strtoul(hex, NULL, 16));
			i += 3;
			continue;
		}
		if (text.p[i] == '\\')
			i++;
		if (i < text.n)
			buf_put_char(&b, text.p[i]);
	}
	add(&words, buf_str(&b));
}

static void read_words(const char *path)
{
	struct buf b = BUF_INIT(INPUT_MAX);
	struct str text;
	struct err e;

	if (!file_read(path, &b, &e))
		fail(path, e.text);
	for (text = buf_str(&b); text.n > 0;)
		add_word(take_until(&text, '\n'));
	buf_release(&b);
}

/* --- changed ones --- */

static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? state % below : 0;
}

/* Bytes [at, at + drop) give way to text. */
static void replace(struct buf *b, size_t at, size_t drop, struct str text)
{
	struct buf copy = BUF_INIT(b->limit);

	buf_put(&copy, b->p, at);
	buf_put_str(&copy, text);
	buf_put_str(&copy, str_from(buf_str(b), at + drop));
	buf_release(b);
	*b = copy;
}

/* A number that is near an edge, of one to eight bytes, either end first. */
static void put_edge(struct buf *b, size_t at)
{
	static const uint64_t edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX };
	uint64_t v = edges[any(sizeof(edges) / sizeof(*edges))] + any(3) - 1;
	size_t n = (size_t)1 << any(4);
	bool big = any(2);

	for (size_t i = 0; i < n && at + i < b->n; i++)
		b->p[at + i] = (char)(v >> 8 * (big ? n - 1 - i : i));
}

static void change(struct buf *b)
{
	size_t at = any(b->n + 1), n = any(any(4) ? 8 : b->n) + 1;
	struct str other = inputs.items[any(inputs.n)];

	switch (any(words.n ? 10 : 8)) {
	case 0:
		if (at < b->n)
			b->p[at] ^= (char)(1 << any(8));
		break;
	case 1:
		if (at < b->n)
			b->p[at] = (char)any(256);
		break;
	case 2:
		if (at < b->n)
			b->p[at] += (char)(any(2) ? 1 : -1);
		break;
	case 3:
		put_edge(b, at);
		break;
	case 4:
		replace(b, at, n, STR_NONE);
		break;
	case 5:		/* some of it twice */
		replace(b, at, 0, str_first(str_from((struct str){ b->p, b->n }, any(b->n + 1)), n));
		break;
	case 6:		/* some of another */
		replace(b, at, any(2) ? n : 0, str_first(str_from(other, any(other.n)), any(64) + 1));
		break;
	case 7:
		if (any(4) == 0)
			b->n = at;
		break;
	default:
		replace(b, at, any(2) ? n : 0, words.items[any(words.n)]);
	}
}

static void run_mutant(void)
{
	struct str seed = inputs.items[any(inputs.n)];
	struct buf b = BUF_INIT(MUTANT_MAX);
	uint64_t changes = any(4) + any(4) + 1;

	buf_put_str(&b, str_first(seed, MUTANT_MAX / 2));
	while (changes-- > 0)
		change(&b);
	run(buf_str(&b));
	buf_release(&b);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strncmp(argv[i], "--", 2) != 0) {
			add_path(argv[i]);
			continue;
		}
		i++;
		if (strcmp(argv[i - 1], "--mutate") == 0)
			settings.mutate = strtoull(value, NULL, 10);
		else if (strcmp(argv[i - 1], "--seed") == 0)
			state ^= strtoull(value, NULL, 10) * 0x9e3779b97f4a7c15u;
		else if (strcmp(argv[i - 1], "--dict") == 0)
			read_words(value);
		else if (strcmp(argv[i - 1], "--keep") == 0)
			settings.keep = value;
		else
			fail(argv[i - 1], "is no option");
	}
	if (inputs.n == 0)
		add(&inputs, STR_LIT(""));
	watch();
	for (size_t i = 0; i < inputs.n; i++)
		run(inputs.items[i]);
	for (uint64_t i = 0; i < settings.mutate; i++)
		run_mutant();
	printf("%llu inputs\n", (unsigned long long)(inputs.n + settings.mutate));
	return 0;
}
