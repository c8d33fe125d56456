#include "base/log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests.h"

static char said[100000];

static int saved = -1;

static void listen_up(void)
{
	int fd = open("said", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);

	fflush(stderr);
	saved = dup(STDERR_FILENO);
	CHECK(fd >= 0 && saved >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
}

static const char *heard(void)
{
	int fd = open("said", O_RDONLY);
	ssize_t n = read(fd, said, sizeof(said) - 1);

	close(fd);
	dup2(saved, STDERR_FILENO);
	close(saved);
	said[n > 0 ? n : 0] = '\0';
	return said;
}

static bool is(const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		printf("# got: %s# want: %s", got, want);
	return strcmp(got, want) == 0;
}

static const struct err_kind kind = {
	.code = 99999, .class = "binlog-op", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .workaround = "say \"please\"",
};

/* The object without its time, which must look like one. */
static const char *without_time(const char *line)
{
	static const char like[] = "{\"time\":\"dddd-dd-ddTdd:dd:dd.dddZ\",";

	for (size_t i = 0; i < sizeof(like) - 1; i++)
		if (like[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != like[i])
			return line;
	return line + sizeof(like) - 1;
}

static void text_has_the_name_and_the_level(void)
{
	struct err e = { 0 };

	log_init("dm-x", LOG_DEBUG);
	log_about(STR_LIT("t"), STR_LIT("s"));
	log_place(STR_LIT("x:4"));
	listen_up();
	log_notice("a\nb");
	log_warning("w %d", 1);
	log_debug("d");
	err_set(&e, &kind, "no");
	log_error(&e);
	CHECK(is(heard(), "dm-x: a?b\ndm-x: warning: w 1\ndm-x: debug: d\n"
		 "dm-x: error 99999 (binlog-op, upstream, high): no; workaround: say \"please\"\n"));
}

static void json_has_the_same_words_and_what_they_are_about(void)
{
	struct err e = { 0 };

	log_as_json(true);
	log_about(STR_LIT("t\"1"), STR_LIT("s"));
	log_place(STR_LIT("x:4"));
	listen_up();
	log_warning("a\\\"\n\xff\xc3\xb6\xc3");
	CHECK(is(without_time(heard()), "\"level\":\"warning\",\"tool\":\"dm-x\",\"task\":\"t\\\"1\",\"source\":\"s\",\"place\":\"x:4\","
		 "\"message\":\"a\\\\\\\"?" "?\xc3\xb6?\"}\n"));
	listen_up();
	err_set(&e, &kind, "no");
	log_error(&e);
	CHECK(is(without_time(heard()), "\"level\":\"error\",\"tool\":\"dm-x\",\"task\":\"t\\\"1\",\"source\":\"s\",\"place\":\"x:4\","
		 "\"code\":99999,\"class\":\"binlog-op\",\"scope\":\"upstream\",\"gravity\":\"high\",\"message\":\"no\","
		 "\"workaround\":\"say \\\"please\\\"\"}\n"));
	log_as_json(false);
}

static void a_long_message_of_quotes_is_one_whole_object(void)
{
	char quotes[5000], place[2000];
	size_t n;

	memset(quotes, '"', sizeof(quotes) - 1);
	quotes[sizeof(quotes) - 1] = '\0';
	memset(place, '\\', sizeof(place));
	log_as_json(true);
	log_about((struct str){ place, sizeof(place) }, (struct str){ place, sizeof(place) });
	log_place((struct str){ place, sizeof(place) });
	listen_up();
	log_notice("%s", quotes);
	n = strlen(heard());
	CHECK(n > 8000 && strcmp(said + n - 6, "\\\"\\\"\"}\n" + 1) == 0 && strchr(said, '\n') == said + n - 1);
	log_as_json(false);
	log_about(STR_NONE, STR_NONE);
}

static void levels_that_are_not_wanted_are_silent(void)
{
	log_init("dm-x", LOG_WARNING);
	listen_up();
	log_notice("n");
	log_debug("d");
	log_as_json(true);
	log_notice("n");
	log_as_json(false);
	CHECK(is(heard(), ""));
}

void test_log(void)
{
	RUN(text_has_the_name_and_the_level);
	RUN(json_has_the_same_words_and_what_they_are_about);
	RUN(a_long_message_of_quotes_is_one_whole_object);
	RUN(levels_that_are_not_wanted_are_silent);
}
