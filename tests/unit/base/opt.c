#include "base/opt.h"

#include <stdlib.h>

#include "tests.h"

struct inner {
	const char *host;
	uint64_t port;
};

struct settings {
	enum opt_switch on;
	bool flag, other;
	const char *text;
	uint64_t number;
	struct opt_list list;
	struct inner inner;
};

static const struct opt inner_options[] = {
	{ OPT_TEXT, 'h', "host", "HOST", offsetof(struct inner, host), "a host", 0, 0, NULL },
	{ OPT_NUMBER, 'P', "port", "N", offsetof(struct inner, port), "a port", 1, 65535, NULL },
	{ OPT_DONE, 0, NULL, NULL, 0, NULL, 0, 0, NULL },
};

static const struct opt options[] = {
	{ OPT_FLAG, 'f', "flag", NULL, offsetof(struct settings, flag), "a flag", 0, 0, NULL },
	{ OPT_FLAG, 'o', "other", NULL, offsetof(struct settings, other), "another", 0, 0, NULL },
	{ OPT_SWITCH, 'W', "switch", NULL, offsetof(struct settings, on), "a switch", 0, 0, NULL },
	{ OPT_TABLE, 0, NULL, NULL, offsetof(struct settings, inner), NULL, 0, 0, inner_options },
	{ OPT_TEXT, 't', "text", "TEXT", offsetof(struct settings, text), "a text", 0, 0, NULL },
	{ OPT_NUMBER, 0, "number", "N", offsetof(struct settings, number), "a number", 0, 0, NULL },
	{ OPT_LIST, 'l', "list", "ITEM", offsetof(struct settings, list), "items", 0, 0, NULL },
	{ OPT_DONE, 0, NULL, NULL, 0, NULL, 0, 0, NULL },
};

static struct settings s;
static char *operands[20];

/* NULL: all well; else the message. The words are parted by single spaces; "''" is an empty one. */
static const char *parse(const char *line)
{
	static char copy[500], tool[] = "tool", empty[] = "";
	static struct err e;
	char *argv[20] = { tool };
	size_t n = 1;

	free(s.list.items);
	memset(&s, 0, sizeof(s));
	err_clear(&e);
	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[n++] = strcmp(word, "''") == 0 ? empty : word;
	return opt_parse(options, &s, argv, operands, &e) ? NULL : e.kind == &err_usage ? e.text : "not a usage error";
}

static void a_switch_is_on_or_off_or_unsaid(void)
{
	CHECK(!parse("-f") && s.on == OPT_UNSAID);
	CHECK(!parse("-W word") && s.on == OPT_ON && strcmp(operands[0], "word") == 0);
	CHECK(!parse("-fW=false") && s.on == OPT_OFF && s.flag);
	CHECK(!parse("--switch") && s.on == OPT_ON);
	CHECK(!parse("--switch=FALSE") && s.on == OPT_OFF);
	CHECK(!parse("--switch=1") && s.on == OPT_ON);
	CHECK(parse("--switch=maybe"));
}

static void all_ways_to_write_an_option(void)
{
	CHECK(!parse("-f -t abc --number 5 -hlocalhost -P 3306"));
	CHECK(s.flag && !s.other && strcmp(s.text, "abc") == 0 && s.number == 5);
	CHECK(strcmp(s.inner.host, "localhost") == 0 && s.inner.port == 3306);
	CHECK(!parse("-fot abc"));
	CHECK(s.flag && s.other && strcmp(s.text, "abc") == 0);
	CHECK(!parse("-ftabc --host=h --port=65535 --number=18446744073709551615"));
	CHECK(strcmp(s.text, "abc") == 0 && s.inner.port == 65535 && s.number == UINT64_MAX);
	CHECK(!parse("--text= --flag"));
	CHECK(strcmp(s.text, "") == 0 && s.flag);
	CHECK(!parse("--text a=b=c"));
	CHECK(strcmp(s.text, "a=b=c") == 0);
	CHECK(!parse("--text=a=b"));
	CHECK(strcmp(s.text, "a=b") == 0);
	CHECK(!parse("-t -f"));
	CHECK(strcmp(s.text, "-f") == 0 && !s.flag);
	CHECK(!parse("-t a -t b"));
	CHECK(strcmp(s.text, "b") == 0);
	CHECK(!parse(""));
	CHECK(!s.text && !operands[0]);
}

static void lists_grow(void)
{
	CHECK(!parse("-l a --list b -lc --list=d"));
	CHECK(s.list.n == 4 && strcmp(s.list.items[0], "a") == 0 && strcmp(s.list.items[3], "d") == 0);
}

static void operands_stand_anywhere(void)
{
	CHECK(!parse("a -f b - '' -- -o --text"));
	CHECK(s.flag && !s.other);
	CHECK(strcmp(operands[0], "a") == 0 && strcmp(operands[1], "b") == 0 && strcmp(operands[2], "-") == 0);
	CHECK(strcmp(operands[3], "") == 0 && strcmp(operands[4], "-o") == 0 && strcmp(operands[5], "--text") == 0);
	CHECK(!operands[6]);
}

static bool says(const char *line, const char *what)
{
	const char *said = parse(line);

	if (!said || strcmp(said, what) != 0)
		printf("# '%s': %s\n", line, said ? said : "no fault");
	return said && strcmp(said, what) == 0;
}

static void mistakes_are_named(void)
{
	CHECK(says("--no", "unknown option '--no'"));
	CHECK(says("--no=x", "unknown option '--no'"));
	CHECK(says("-x", "unknown option '-x'"));
	CHECK(says("-fx", "unknown option '-x'"));
	CHECK(says("--fla", "unknown option '--fla'"));
	CHECK(says("--flag=yes", "option '--flag' takes no value"));
	CHECK(says("--text", "option '--text' wants a value"));
	CHECK(says("-t", "option '-t' wants a value"));
	CHECK(says("-P x", "option --port wants a whole number, not 'x'"));
	CHECK(says("--number=-1", "option --number wants a whole number, not '-1'"));
	CHECK(says("--number=", "option --number wants a whole number, not ''"));
	CHECK(says("-P 0", "option --port takes 1 to 65535, not '0'"));
	CHECK(says("-P 65536", "option --port takes 1 to 65535, not '65536'"));
	CHECK(says("--=", "unknown option '--'"));
}

static void some_exclude_each_other(void)
{
	struct err e = { 0 };

	CHECK(opt_only_one_of(&e, "a", false, "b", true, "c", false, NULL));
	CHECK(opt_only_one_of(&e, "a", false, NULL));
	CHECK(!e.kind);
	CHECK(!opt_only_one_of(&e, "a", true, "b", false, "c", true, NULL));
	CHECK(strcmp(e.text, "options --a and --c exclude each other") == 0);
}

static void count(const struct opt *o, void *context)
{
	*(int *)context += o->kind != OPT_DONE && o->kind != OPT_TABLE;
}

static void a_walk_sees_all(void)
{
	int n = 0;

	opt_walk(options, count, &n);
	CHECK(n == 8);
}

void test_opt(void)
{
	RUN(all_ways_to_write_an_option);
	RUN(a_switch_is_on_or_off_or_unsaid);
	RUN(lists_grow);
	RUN(operands_stand_anywhere);
	RUN(mistakes_are_named);
	RUN(some_exclude_each_other);
	RUN(a_walk_sees_all);
	free(s.list.items);
	s.list.items = NULL;
}
