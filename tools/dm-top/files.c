#include "files.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/process.h"
#include "state.h"

#define FILE_MAX ((size_t)17 << 20)	/* status.c writes no more than 16 MiB */

/* When a plain file was written; 0: it is not there, or is none. */
static int64_t written_ns(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

bool files_text(const char *dir, const char *name, struct arena *a, struct str *text, int64_t *at_ns, struct err *e)
{
	struct str path = arena_strf(a, "%s/%s", dir, name);
	struct buf b = BUF_INIT(FILE_MAX);
	int64_t before, after = written_ns(path.p);
	bool ok = true;

	/* It is replaced whole now and then: its time and what is in it shall belong together. */
	for (int tries = 0; ok && tries < 3 && after != 0; tries++) {
		before = after;
		buf_clear(&b);
		ok = file_read(path.p, &b, e);
		after = written_ns(path.p);
		if (before == after)
			break;
	}
	if (!ok && after == 0) {	/* gone meanwhile */
		err_clear(e);
		ok = true;
	}
	*text = ok && after != 0 ? arena_str(a, buf_str(&b)) : STR_LIT("");
	if (at_ns)
		*at_ns = ok ? after : 0;
	buf_release(&b);
	return ok;
}

struct str files_line(const char *dir, const char *name, struct arena *a)
{
	struct err ignored = { 0 };
	struct str text, line;

	files_text(dir, name, a, &text, NULL, &ignored);
	return str_cut(text, '\n', &line, NULL) ? line : text;
}

static void take_number(struct json *j, struct arena *a, uint64_t *to)
{
	struct str digits = STR_LIT("");

	switch (json_peek(j)) {
	case JSON_TEXT:
		digits = json_text(j, a);
		break;
	case JSON_NUMBER:
		digits = json_number(j);
		break;
	case JSON_BAD: case JSON_NULL: case JSON_FALSE: case JSON_TRUE: case JSON_ARRAY: case JSON_OBJECT:
		json_skip(j);
		break;
	}
	if (!str_to_u64(digits, to))
		*to = UNKNOWN;
}

static void take_field(struct json *j, const struct field *field, struct arena *a)
{
	enum json_kind kind = json_peek(j);

	if (field->kind == FIELD_NUMBER)
		take_number(j, a, field->to);
	else if (field->kind == FIELD_TEXT && kind == JSON_TEXT)
		*(struct str *)field->to = json_text(j, a);
	else if (field->kind == FIELD_BOOL && (kind == JSON_TRUE || kind == JSON_FALSE))
		*(bool *)field->to = json_bool(j);
	else if (field->kind == FIELD_RAW)
		*(struct str *)field->to = json_skip(j);
	else
		json_skip(j);
}

static void take_fields(struct json *j, const struct field *fields, struct arena *a)
{
	struct str key;

	for (bool more = json_object(j); more && json_key(j, &key);) {
		const struct field *field = fields;

		while (field->name && !str_is(key, field->name))
			field++;
		if (field->name)
			take_field(j, field, a);
		else
			json_skip(j);
	}
}

bool files_status(const char *dir, const char *name, const struct field *fields, struct arena *a, uint64_t *pid, int64_t *at_ns,
		  struct err *e)
{
	struct str text, key, members = STR_LIT("{}");
	struct json j;

	if (!files_text(dir, name, a, &text, at_ns, e))
		return false;
	if (*at_ns == 0)
		return true;
	json_init(&j, text);
	for (bool more = json_object(&j); more && json_key(&j, &key);) {
		if (str_is(key, "fields"))
			members = json_skip(&j);
		else if (str_is(key, "pid"))
			take_number(&j, a, pid);
		else
			json_skip(&j);
	}
	if (!json_ok(&j, name, e)) {
		*at_ns = 0;
		return false;
	}
	json_init(&j, members);
	take_fields(&j, fields, a);
	return json_ok(&j, name, e);
}

/* The word at the head of text, which moves behind it. */
static struct str take_word(struct str *text)
{
	struct str word = str_trim(*text);
	size_t n = 0;

	while (n < word.n && word.p[n] != ' ' && word.p[n] != '\n')
		n++;
	*text = str_from(word, n);
	return str_first(word, n);
}

bool files_alive(const char *dir, struct arena *a)
{
	struct str line = files_line(dir, "pid", a), pid = take_word(&line), start = take_word(&line), boot = take_word(&line);
	char now[BOOT_ID_SIZE];
	uint64_t number, began;
	bool known;

	return str_eq(boot, process_boot(now)) && str_to_u64(pid, &number) && str_to_u64(start, &began) && began > 0 &&
	       process_start(number, &known) == began;
}
