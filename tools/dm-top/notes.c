#include "notes.h"

#include "base/buf.h"
#include "files.h"
#include "text/json_read.h"

enum { TEXT_MAX = 1000, BUF_MAX = 8 * TEXT_MAX, ERRORS_MAX = 3, NAMES_MAX = 3 };

void notes_add(struct source_state *s, struct arena *a, enum note_kind kind, struct str text)
{
	struct note *note = arena_array(a, 1, sizeof(*note)), **last = &s->notes;

	while (*last)
		last = &(*last)->next;
	*note = (struct note){ .kind = kind, .text = text };
	*last = note;
}

/* The texts of an array: the first few, and how many more there are. */
static void put_names(struct buf *b, struct str array, struct arena *a)
{
	struct json j;
	size_t n = 0;

	json_init(&j, array);
	for (bool more = json_array(&j); more && json_item(&j); n++) {
		struct str name = json_peek(&j) == JSON_TEXT ? json_text(&j, a) : json_skip(&j);

		if (n < NAMES_MAX)
			buf_putf(b, "%s%.*s", n ? ", " : "", STR(str_first(name, TEXT_MAX)));
	}
	if (n > NAMES_MAX)
		buf_putf(b, " and %zu more", n - NAMES_MAX);
}

static bool is_empty(struct str array)
{
	struct json j;

	json_init(&j, array);
	return !json_array(&j) || !json_item(&j);
}

/* One of unresolvedGroups: the statement, and the tables of this source that have not brought it. */
static void add_group(struct source_state *s, struct arena *a, struct json *j)
{
	struct str target = STR_LIT("a table"), ddls = STR_LIT("[]"), unsynced = STR_LIT("[]"), key;
	struct buf b = BUF_INIT(BUF_MAX);

	for (bool more = json_object(j); more && json_key(j, &key);) {
		if (str_is(key, "target") && json_peek(j) == JSON_TEXT)
			target = json_text(j, a);
		else if (str_is(key, "DDLs"))
			ddls = json_skip(j);
		else if (str_is(key, "unsynced"))
			unsynced = json_skip(j);
		else
			json_skip(j);
	}
	buf_putf(&b, "%.*s waits for ", STR(str_first(target, TEXT_MAX)));
	if (is_empty(unsynced))
		buf_put_text(&b, "other sources");
	else
		put_names(&b, unsynced, a);
	buf_put_text(&b, " at: ");
	put_names(&b, ddls, a);
	notes_add(s, a, NOTE_LOCK, arena_str(a, buf_str(&b)));
	buf_release(&b);
}

/* Optimistic tables have no groups: who is in conflict, and why. */
static void add_conflict(struct source_state *s, struct arena *a, const struct waiting *w)
{
	struct buf b = BUF_INIT(BUF_MAX);

	if (w->lock.n > 0)
		buf_putf(&b, "%.*s ", STR(str_first(w->lock, TEXT_MAX)));
	if (w->owner.n > 0)
		buf_putf(&b, "%.*s ", STR(str_first(w->owner, TEXT_MAX)));
	buf_putf(&b, "%swaits at: ", b.n ? "" : "a merged table ");
	put_names(&b, w->blocking, a);
	if (w->why.n > 0)
		buf_putf(&b, " (%.*s)", STR(str_first(w->why, TEXT_MAX)));
	notes_add(s, a, NOTE_LOCK, arena_str(a, buf_str(&b)));
	buf_release(&b);
}

void notes_of_waiting(struct source_state *s, struct arena *a, const struct waiting *w)
{
	bool any = !is_empty(w->groups);
	struct json j;

	json_init(&j, w->groups);
	for (bool more = any && json_array(&j); more && json_item(&j);) {
		if (json_peek(&j) == JSON_OBJECT)
			add_group(s, a, &j);
		else
			json_skip(&j);
	}
	if (!any && !is_empty(w->blocking)) {
		add_conflict(s, a, w);
		any = true;
	}
	if (any)
		notes_add(s, a, NOTE_WAY_OUT, arena_strf(a, "dm show-ddl-locks %.*s", STR(s->task)));
}

static void add_error(struct source_state *s, struct arena *a, struct json *j)
{
	struct str code = STR_LIT("0"), class = STR_LIT(""), scope = STR_LIT(""), message = STR_LIT("it does not say what");
	struct str way_out = STR_LIT(""), key;
	const struct {
		const char *name;
		struct str *to;
	} texts[] = { { "ErrClass", &class }, { "ErrScope", &scope }, { "Message", &message }, { "Workaround", &way_out } };
	const size_t n = sizeof(texts) / sizeof(*texts);

	for (bool more = json_object(j); more && json_key(j, &key);) {
		size_t i = 0;

		while (i < n && !str_is(key, texts[i].name))
			i++;
		if (i < n && json_peek(j) == JSON_TEXT)
			*texts[i].to = json_text(j, a);
		else if (str_is(key, "ErrCode") && json_peek(j) == JSON_NUMBER)
			code = json_number(j);
		else
			json_skip(j);
	}
	notes_add(s, a, NOTE_ERROR, str_is(code, "0") ? message :
		  arena_strf(a, "%.*s (%.*s, %.*s): %.*s", STR(code), STR(class), STR(scope), STR(message)));
	if (way_out.n > 0)
		notes_add(s, a, NOTE_WAY_OUT, way_out);
}

void notes_of_result(struct source_state *s, const char *dir, struct arena *a)
{
	struct err e = { 0 };
	struct str text, key, errors = STR_LIT("[]");
	struct json j;
	size_t n = 0;
	bool ok = files_text(dir, "result.json", a, &text, NULL, &e);

	if (ok && text.n == 0)
		return;
	json_init(&j, text);
	for (bool more = ok && json_peek(&j) == JSON_OBJECT && json_object(&j); more && json_key(&j, &key);) {
		if (str_is(key, "errors") && json_peek(&j) == JSON_ARRAY)
			errors = json_skip(&j);
		else
			json_skip(&j);
	}
	if (!ok || !json_ok(&j, "result.json", &e)) {
		notes_add(s, a, NOTE_ERROR, arena_str(a, str_of(e.text)));
		return;
	}
	json_init(&j, errors);
	for (bool more = json_array(&j); more && json_item(&j); n++) {
		if (n < ERRORS_MAX && json_peek(&j) == JSON_OBJECT)
			add_error(s, a, &j);
		else
			json_skip(&j);
	}
}

void notes_gone(struct source_state *s, struct arena *a)
{
	notes_add(s, a, NOTE_ERROR, STR_LIT("the processes of this source are gone"));
	notes_add(s, a, NOTE_WAY_OUT, arena_strf(a, "dm resume-task %.*s", STR(s->task)));
}
