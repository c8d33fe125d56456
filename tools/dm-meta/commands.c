/* commands.c - the commands by their words; show, move and forget a checkpoint; see commands.h */
#include "commands.h"

#include "get.h"
#include "stream/event.h"

static const struct err_kind err_bad_place = {
	.code = 22003, .class = "binlog-op", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_USAGE,
	.workaround = "give a place as the server names it, such as mysql-bin.000002:4567",
};

static void put_place(struct buf *b, const char *what, struct str file, uint64_t pos)
{
	buf_putf(b, "%-12s%.*s:%llu\n", what, STR(file), (unsigned long long)pos);
}

static bool put_load(struct work *w, struct buf *b, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct meta_load_sum sum;
	bool ok;

	ok = meta_load_sum(&w->meta, &a, &sum, e);
	if (ok && sum.begun)
		buf_putf(b, "%-12s%s: %llu chunks, %llu rows, %llu bytes, as of %.*s\n", "load",
			 sum.finished ? "finished" : "not finished", (unsigned long long)sum.chunks,
			 (unsigned long long)sum.rows, (unsigned long long)sum.bytes, STR(sum.place));
	arena_release(&a);
	return ok;
}

static bool put_checkpoint(struct work *w, struct buf *b, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct meta_place place;
	struct str holder;
	uint64_t tables;
	bool ok;

	ok = meta_place_get(&w->meta, &a, &place, e) && meta_count_tables(&w->meta, &tables, e) &&
	     meta_lease_show(&w->meta, &a, &holder, e);
	if (ok && place.exists) {
		put_place(b, "place", place.file, place.pos);
		if (place.applied.n > 0)
			buf_putf(b, "%-12s%.*s\n", "applied", STR(place.applied));
		buf_putf(b, "%-12s%.*s\n", "gtid", STR(place.gtid));
		if (place.exit_file.n > 0)
			put_place(b, "safe until", place.exit_file, place.exit_pos);
		buf_putf(b, "%-12s%llu\n", "tables", (unsigned long long)tables);
	} else if (ok) {
		buf_putf(b, "%-12s%s\n", "place", "none: no change was applied yet");
	}
	if (ok)
		buf_putf(b, "%-12s%.*s\n", "lease", STR(holder.n > 0 ? holder : STR_LIT("nobody")));
	arena_release(&a);
	return ok;
}

static bool show(struct work *w, struct err *e)
{
	struct buf b = BUF_INIT(64 << 20);
	bool ok = true;

	buf_putf(&b, "%-12s%.*s\n%-12s%.*s\n", "task", STR(w->task), "source", STR(w->source));
	if (w->there)
		ok = put_load(w, &b, e) && put_checkpoint(w, &b, e);
	else
		buf_putf(&b, "%-12s%s\n", "place", "none: the task has no meta tables yet");
	ok = ok && line_put(w->out, buf_str(&b), e);
	buf_release(&b);
	return ok;
}

bool with_lease(struct work *w, bool (*change)(struct work *w, struct err *e), struct err *e)
{
	struct err later = { 0 };
	bool ok;

	if (!meta_lease_take(&w->meta, e))
		return false;
	ok = change(w, e);
	if (!meta_lease_drop(&w->meta, &later) && ok) {
		*e = later;
		ok = false;
	}
	return ok;
}

/* After a move back, what lies between the two places comes again: safe mode carries over it. */
static bool move(struct work *w, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct meta_place old, place = { 0 };
	bool ok;

	event_pos_parse(w->operands[0], &place.file, &place.pos);
	place.gtid = w->gtid;
	ok = meta_place_get(&w->meta, &a, &old, e);
	if (event_pos_compare(w->safe_until, w->operands[0]) > 0)
		event_pos_parse(w->safe_until, &place.exit_file, &place.exit_pos);
	if (ok && old.exists) {
		struct str from = old.applied.n > 0 ? old.applied :
				  arena_strf(&a, "%.*s:%llu", STR(old.file), (unsigned long long)old.pos);
		struct str until = arena_strf(&a, "%.*s:%llu", STR(old.exit_file), (unsigned long long)old.exit_pos);

		if (event_pos_compare(from, w->operands[0]) > 0 && event_pos_compare(from, until) > 0)
			until = from;
		if (event_pos_compare(until, w->operands[0]) > 0 && event_pos_compare(until, w->safe_until) > 0)
			event_pos_parse(until, &place.exit_file, &place.exit_pos);
	}
	ok = ok && meta_place_put(&w->meta, &place, e) && meta_place_forget(&w->meta, e);
	arena_release(&a);
	return ok;
}

static bool set(struct work *w, struct err *e)
{
	struct str file;
	uint64_t pos;

	if (!event_pos_parse(w->operands[0], &file, &pos) || file.n == 0 || pos < 4)
		return err_set(e, &err_bad_place, "'%.*s' is no place in a binlog", STR(w->operands[0]));
	if (w->safe_until.n > 0 && !event_pos_parse(w->safe_until, &file, &pos))
		return err_set(e, &err_bad_place, "'%.*s' is no place in a binlog", STR(w->safe_until));
	return with_lease(w, move, e);
}

static bool forget_all(struct work *w, struct err *e)
{
	return meta_forget(&w->meta, e);
}

static bool forget(struct work *w, struct err *e)
{
	return !w->there || with_lease(w, forget_all, e);
}

static bool drop(struct work *w, struct err *e)
{
	return meta_drop(&w->c, w->schema, w->task, e);
}

static const struct command commands[] = {
	{ "checkpoint", "get", { NULL }, false, false, get_checkpoint },
	{ "checkpoint", "show", { NULL }, false, false, show },
	{ "checkpoint", "set", { "FILE:POS" }, true, false, set },
	{ "checkpoint", "drop", { NULL }, false, false, forget },
	{ "error", "skip", { "FILE:POS" }, true, false, error_skip },
	{ "error", "replace", { "FILE:POS", "SQL" }, true, false, error_replace },
	{ "error", "inject", { "FILE:POS", "SQL" }, true, false, error_inject },
	{ "error", "revert", { "FILE:POS" }, true, false, error_revert },
	{ "error", "list", { NULL }, false, false, error_list },
	{ "schema", "get", { "DATABASE", "TABLE" }, false, false, schema_get },
	{ "schema", "set", { "DATABASE", "TABLE", "[FILE]" }, true, false, schema_set },
	{ "schema", "remove", { "DATABASE", "TABLE" }, true, false, schema_remove },
	{ "lock", "list", { NULL }, false, true, lock_list },
	{ "lock", "unlock", { "LOCK-ID" }, false, true, lock_unlock },
	{ "lock", "leave", { NULL }, false, true, lock_leave },
	{ "lock", "join", { NULL }, true, false, lock_join },
	{ "lease", "list", { NULL }, false, true, lease_list },
	{ "lease", "give", { "HOST" }, true, false, lease_give },
	{ "next", NULL, { NULL }, false, false, get_next },
	{ "drop", NULL, { NULL }, false, true, drop },
	{ 0 }
};

static bool take_operands(const struct command *c, char **rest, struct str operands[OPERANDS_MAX], struct err *e)
{
	for (size_t i = 0; c->operands[i]; i++) {
		if (!*rest && c->operands[i][0] != '[')
			return err_set(e, &err_usage, "%s %s needs a %s", c->first, c->second, c->operands[i]);
		operands[i] = *rest ? str_of(*rest++) : STR_NONE;
	}
	return !*rest || err_set(e, &err_usage, "unexpected operand '%s'", *rest);
}

const struct command *command_find(char **words, struct str operands[OPERANDS_MAX], struct err *e)
{
	for (const struct command *c = commands; c->first; c++) {
		char **rest = words + 1;

		if (!words[0] || strcmp(words[0], c->first) != 0)
			continue;
		if (c->second && (!*rest || strcmp(*rest++, c->second) != 0))
			continue;
		return take_operands(c, rest, operands, e) ? c : NULL;
	}
	err_set(e, &err_usage, words[0] ? "there is no command '%s%s%s'" : "no command is given%s%s%s",
		words[0] ? words[0] : "",
		words[0] && words[1] ? " " : "", words[0] && words[1] ? words[1] : "");
	return NULL;
}
