/* optimist.c - what a DDL of one shard comes to downstream; see optimist.h */
#include "optimist_parts.h"

#include <stdio.h>

#include "schema/ddl_cut.h"
#include "schema/ddl_tree.h"
#include "schema/table_sql.h"
#include "text/sql_quote.h"

#define TEXT_MAX ((size_t)1 << 30)
#define SHOWN 150

const struct err_kind err_shard_conflict = {
	.code = 36062, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "make the structures of the shards agree upstream; or decide for this one with 'dm shard-ddl-lock unlock', or pass it "
		"with 'dm binlog skip' or 'dm binlog replace' and set the rows right by hand",
};
const struct err_kind err_shard_unknown = {
	.code = 36640, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "run what it means with 'dm binlog replace' as statements that say columns and keys in full",
};

static void put_statement(struct opt_work *w, struct str sql, bool own)
{
	struct optimist_answer *answer = w->answer;

	if (answer->n == w->room) {
		struct joined_statement *more = arena_array(w->arena, w->room = w->room ? w->room * 2 : 8, sizeof(*more));

		if (answer->n)
			memcpy(more, answer->statements, answer->n * sizeof(*more));
		answer->statements = more;
	}
	answer->statements[answer->n++] = (struct joined_statement){ sql, own };
}

/* --- columns that are added --- */

/* The rows that are there have the downstream's value, and must have the upstream's. */
static bool check_added(struct opt_work *w, const struct column *c)
{
	size_t at = w->has_joined ? table_find_column(&w->joined, c->name) : SIZE_MAX;
	struct str x, y;

	if (opt_is_dropped(w, w->i, c->name))
		return opt_settle(w, OPTIMIST_REFUSED, &err_shard_conflict,
			      "add column %.*s that wasn't fully dropped in downstream: other shards have it still", STR(c->name));
	if (w->group->n > 1 && c->auto_increment)
		return opt_settle(w, OPTIMIST_CONFLICT, NULL, "column '%.*s' is AUTO_INCREMENT: the numbers that upstream gave to the rows of %.*s "
			      "are not in its log", STR(c->name), STR(opt_label(w, w->i)));
	if (w->group->n > 1 && column_fill_varies(c))
		return opt_settle(w, OPTIMIST_CONFLICT, NULL, "column '%.*s' has the default %.*s, which is another value in the rows of each shard",
			      STR(c->name), STR(str_first(c->def, SHOWN)));
	if (at == SIZE_MAX)
		return !opt_is_wanted(w, c->name);
	x = column_fill(w->arena, c);
	y = column_fill(w->arena, &w->joined.columns[at]);
	if ((x.p != NULL) == (y.p != NULL) && str_eq(x, y))
		return true;
	return opt_settle(w, OPTIMIST_CONFLICT, NULL, "column '%.*s' is %.*s in %.*s, and downstream its rows have got the column as %.*s",
		      STR(c->name), STR(opt_definition(w->arena, &w->now, c->name)), STR(opt_label(w, w->i)),
		      STR(opt_definition(w->arena, &w->joined, c->name)));
}

static bool check_columns(struct opt_work *w, const struct table *prev, const struct opt_renamings *ours)
{
	for (size_t c = 0; c < w->now.n_columns; c++)
		if (!opt_has_column(prev, w->now.columns[c].name) && !opt_renames_to(ours, w->now.columns[c].name) &&
		    !check_added(w, &w->now.columns[c]))
			return false;
	return true;
}

/* --- from the old join to the new --- */

static void put_difference(struct opt_work *w, const struct table *from, const struct table *to, bool *ok)
{
	struct str *clauses, column;
	struct buf sql = BUF_INIT(TEXT_MAX);
	size_t n;

	if (!table_difference(w->arena, from, to, &clauses, &n, &column))
		*ok = opt_settle(w, OPTIMIST_REFUSED, &err_shard_unknown, "the expression of column '%.*s' is not known", STR(column));
	buf_put_text(&sql, "ALTER TABLE ");
	sql_put_table(&sql, w->target.schema, w->target.table);
	for (size_t i = 0; i < n; i++)
		buf_putf(&sql, "%s%.*s", i ? ", " : " ", STR(clauses[i]));
	if (*ok && n > 0)
		put_statement(w, arena_str(w->arena, buf_str(&sql)), false);
	buf_release(&sql);
}

/* ADD COLUMN alone, of a column that is not there yet: it can be run as it is said, and be mended then. */
static bool is_plain_add(const struct opt_work *w, const struct ddl *one)
{
	const struct ddl_change *c = one->changes;

	return c && !c->next && c->op == OP_ADD_COLUMN && !c->column->primary && !c->column->unique &&
	       !opt_has_column(&w->joined, c->column->name);
}

/* Columns that a table which has left the group had stay: its rows do. */
static void keep_orphans(struct opt_work *w, const struct table *prev, struct table *joined)
{
	for (size_t i = 0; w->has_joined && i < w->joined.n_columns; i++) {
		struct column c = w->joined.columns[i];
		struct str fill;

		if (opt_has_column(joined, c.name) || opt_has_column(prev, c.name))
			continue;
		fill = column_fill(w->arena, &c);
		if (!c.nullable && !c.has_default && fill.p) {
			c.def = fill;
			c.has_default = true;
		}
		c.auto_increment = false;
		table_add_column(joined, &c, joined->n_columns);
	}
}

/* Shards that have dropped a column left rows in it that no longer mean anything, and must not stop the others. */
static bool changes_dropped(struct opt_work *w, const struct table *prev)
{
	for (size_t i = 0; i < w->answer->n_dropped; i++) {
		size_t was = table_find_column(prev, w->answer->dropped[i].column);
		size_t is = table_find_column(&w->now, w->answer->dropped[i].column);

		if (was != SIZE_MAX && is != SIZE_MAX && column_narrows(&prev->columns[was], &w->now.columns[is], false))
			return true;
	}
	return false;
}

/* A new name that the downstream has already: it holds values of others. */
static bool takes_name(const struct opt_work *w, const struct ddl *one, struct str *name)
{
	struct opt_renamings ours = opt_renamings_of(w->arena, one);

	for (size_t i = 0; i < ours.n; i++) {
		*name = ours.list[i].to;
		if (opt_has_column(&w->joined, ours.list[i].from) && opt_has_column(&w->joined, *name) && !opt_renames(&ours, *name))
			return true;
	}
	return false;
}

static void parse(struct opt_work *w, struct ddl *parsed, struct str sql)
{
	ddl_parse(parsed, w->arena, sql, w->ddl->schema, w->ddl->sql_mode, w->ddl->from_mariadb);
	if (parsed->n_names > 0)
		w->target = parsed->names[0];
}

/* Of a statement that does several things, what is downstream already is left out. False where the rest cannot be done to that, either. */
static bool put_parts(struct opt_work *w, const struct ddl *whole, struct table *after, bool strictly)
{
	size_t n, before = w->answer->n;
	struct str *singles = ddl_singles(w->arena, whole, &n);

	for (size_t i = 0; singles && i < n; i++) {
		struct err ignored = { 0 };
		struct ddl one;

		parse(w, &one, singles[i]);
		if (one.changes && !one.changes->next && one.changes->op == OP_ADD_COLUMN && opt_has_column(after, one.changes->column->name))
			continue;
		if (!opt_carry_out(w->ddl, &one, after, &ignored)) {
			w->answer->n = before;
			return false;
		}
		put_statement(w, singles[i], strictly);
	}
	return w->answer->n > before;
}

/* One that says nothing where there is none of the name, or not in that charset. */
static const struct column *column_of(const struct table *t, struct str name, struct str charset)
{
	static const struct column none;
	size_t at = t ? table_find_column(t, name) : SIZE_MAX;

	return at != SIZE_MAX && (!charset.p || str_eq_nocase(t->columns[at].charset, charset)) ? &t->columns[at] : &none;
}

static struct str first_said(struct arena *a, struct str ours, struct str theirs)
{
	struct str text = ours.p ? ours : theirs;

	return text.p ? arena_str(a, text) : STR_NONE;
}

/* A column that is spelled anew keeps its collation, its comment and its ON UPDATE: those of the statement, else of the downstream. */
static void describe(struct opt_work *w, struct table *joined)
{
	const struct table *down = w->has_joined ? &w->joined : NULL;
	struct arena *a = &joined->arena;

	for (size_t i = 0; i < joined->n_columns; i++) {
		struct column *c = &joined->columns[i];
		const struct column *ours = column_of(&w->now, c->name, STR_NONE), *theirs = column_of(down, c->name, STR_NONE);

		c->comment = first_said(a, ours->comment, theirs->comment);
		c->on_update = first_said(a, ours->on_update, theirs->on_update);
		c->collate = first_said(a, column_of(&w->now, c->name, c->charset)->collate, column_of(down, c->name, c->charset)->collate);
	}
}

/* own: it cannot be said in other words without losing values. */
static bool put_statements(struct opt_work *w, const struct ddl *one, const struct table *prev, const struct table *joined, bool own)
{
	bool changes = !opt_same_structure(prev, &w->now), strictly = !changes_dropped(w, prev);
	struct err ignored = { 0 };
	struct table after;
	struct str taken;
	bool applies, ok = true;

	if (!w->has_joined) {
		put_statement(w, one->sql, strictly);
		return true;
	}
	if (own && takes_name(w, one, &taken))
		return opt_settle(w, OPTIMIST_CONFLICT, NULL, "column '%.*s' is downstream already, and holds the rows of other shards", STR(taken));
	table_copy(&after, &w->joined);
	applies = opt_carry_out(w->ddl, one, &after, &ignored);
	if (applies && opt_same_structure(&after, joined)) {
		/* What changes nothing that is seen (a comment, an engine) is run for each, too. */
		if (!changes || !opt_same_structure(&w->joined, joined))
			put_statement(w, one->sql, strictly);
	} else if (own && !applies) {
		if (put_parts(w, one, &after, strictly))
			put_difference(w, &after, joined, &ok);
		else if (!opt_same_structure(&w->joined, joined))
			ok = opt_settle(w, OPTIMIST_CONFLICT, NULL, "it cannot be done to what is downstream");
	} else if (own || (applies && is_plain_add(w, one))) {
		put_statement(w, one->sql, strictly);
		put_difference(w, &after, joined, &ok);
	} else if (changes && !opt_same_structure(&w->joined, joined)) {
		put_difference(w, &w->joined, joined, &ok);
	}
	table_release(&after);
	return ok;
}

static void note_dropped(struct opt_work *w, struct str column)
{
	struct optimist_answer *answer = w->answer;

	if (opt_is_dropped(w, w->i, column))
		return;
	if (answer->n_dropped == w->dropped_room) {
		struct optimist_dropped *more = arena_array(w->arena, w->dropped_room = w->dropped_room * 2 + 8, sizeof(*more));

		if (answer->n_dropped)
			memcpy(more, answer->dropped, answer->n_dropped * sizeof(*more));
		answer->dropped = more;
	}
	answer->dropped[answer->n_dropped++] = (struct optimist_dropped){ w->i, arena_str(w->arena, column) };
}

/* What this member dropped and the downstream keeps is noted; what the downstream has dropped is forgotten. */
static void settle_dropped(struct opt_work *w, const struct table *prev)
{
	size_t n = 0;

	for (size_t c = 0; c < prev->n_columns; c++)
		if (!opt_has_column(&w->now, prev->columns[c].name) && opt_has_column(&w->joined, prev->columns[c].name))
			note_dropped(w, prev->columns[c].name);
	for (size_t i = 0; i < w->answer->n_dropped; i++)
		if (opt_has_column(&w->joined, w->answer->dropped[i].column))
			w->answer->dropped[n++] = w->answer->dropped[i];
	w->answer->n_dropped = n;
}

static void put_wider(struct table *t, size_t at, const struct column *by)
{
	struct column wider = t->columns[at];

	column_widen(&t->arena, &wider, by);
	table_drop_column(t, at);
	table_add_column(t, &wider, at);
}

/* A column that some have dropped holds their rows still, and gets no narrower: it only waits for its end. */
static void keep_half_dropped(struct opt_work *w, struct table *joined)
{
	for (size_t i = 0; w->has_joined && i < w->answer->n_dropped; i++) {
		size_t at = table_find_column(joined, w->answer->dropped[i].column);
		size_t was = table_find_column(&w->joined, w->answer->dropped[i].column);

		if (at != SIZE_MAX && was != SIZE_MAX && column_narrows(&w->joined.columns[was], &joined->columns[at], false))
			put_wider(joined, at, &w->joined.columns[was]);
	}
}

/* The new join is there: its difference to the old one is run. Takes joined over. */
static bool move_to(struct opt_work *w, const struct ddl *one, const struct table *prev, struct table *joined, bool own)
{
	keep_orphans(w, prev, joined);
	keep_half_dropped(w, joined);
	describe(w, joined);
	if (!put_statements(w, one, prev, joined, own)) {
		table_release(joined);
		return false;
	}
	if (w->has_joined)
		table_release(&w->joined);
	w->joined = *joined;
	w->has_joined = true;
	settle_dropped(w, prev);
	return true;
}

static bool needs_implied(struct opt_work *w, const struct table *prev, const struct table *joined, struct str *column)
{
	for (size_t c = 0; c < w->now.n_columns; c++) {
		const struct column *ours = &w->now.columns[c];
		size_t at = table_find_column(joined, ours->name);

		*column = ours->name;
		if (!opt_has_column(prev, ours->name) && at != SIZE_MAX && joined->columns[at].has_default && !ours->has_default)
			return true;
	}
	return false;
}

/* One change of the statement, or all of them: prev to w->now. */
static bool go_normally(struct opt_work *w, const struct ddl *one, const struct table *prev)
{
	struct table_clash clash;
	struct table joined;
	struct str column;

	if (!opt_join_all(w, &w->now, false, &joined, &clash))
		return opt_conflict(w, opt_collect(w, &w->now, false), &clash);
	if (w->ddl->strict && needs_implied(w, prev, &joined, &column)) {
		table_release(&joined);
		return opt_settle(w, OPTIMIST_REFUSED, &err_shard_conflict, "column '%.*s' is NOT NULL and has no default, and other shards lack it",
			      STR(column));
	}
	return move_to(w, one, prev, &joined, false);
}

static bool go_on(struct opt_work *w, const struct ddl *one)
{
	struct err e = { 0 };

	return opt_carry_out(w->ddl, one, &w->now, &e) ||
	       opt_settle(w, OPTIMIST_REFUSED, &err_shard_unknown, "%.300s: %.*s",
		      e.kind ? e.text : "what it does to the structure is not known", STR(str_first(one->sql, SHOWN)));
}

/* Does it change values that are there, as a server does that is not strict? */
static bool changes_values(struct opt_work *w, const struct table *prev)
{
	for (size_t c = 0; c < prev->n_columns; c++) {
		size_t at = table_find_column(&w->now, prev->columns[c].name);

		if (at != SIZE_MAX && column_narrows(&prev->columns[c], &w->now.columns[at], opt_is_strict(w->ddl->sql_mode)))
			return true;
	}
	return false;
}

/* May a shard do it before others have? Not where a value means another thing afterwards: a column of another name, a type that is
 * neither wider nor narrower, another default, a value that is cut. */
static bool is_normal(struct opt_work *w, const struct ddl *one, const struct table *prev)
{
	struct opt_renamings ours = opt_renamings_of(w->arena, one);
	const struct table *both[] = { prev, &w->now };
	struct table_clash clash;
	struct table joined;

	if (ours.n > 0 || !table_join(&joined, both, 2, &clash))
		return false;
	table_release(&joined);
	return !changes_values(w, prev) && opt_all_have_what_changes(w, w->i, prev, &w->now, &w->now);
}

/* A statement, or a change of one, that may be done by itself. */
static bool decide_normal(struct opt_work *w, const struct ddl *one)
{
	struct opt_renamings none = { 0 };
	struct table prev;
	bool ok;

	table_copy(&prev, &w->now);
	ok = go_on(w, one) && check_columns(w, &prev, &none) && go_normally(w, one, &prev);
	table_release(&prev);
	return ok;
}

/* Is all of it done at once, with what others wait for? *normal: each of its changes may be done by itself. */
static bool decide_whole(struct opt_work *w, const struct ddl *whole, bool normal, bool *done)
{
	struct opt_renamings ours = opt_renamings_of(w->arena, whole);
	struct table_clash clash;
	struct table prev, joined;
	bool ok;

	table_copy(&prev, &w->now);
	*done = true;
	ok = go_on(w, whole) && check_columns(w, &prev, &ours);
	if (ok && opt_is_consistent(w, whole, &prev, &w->now, &ours) && opt_join_all(w, &w->now, true, &joined, &clash)) {
		w->answer->resolves = opt_anyone_waits(w);
		ok = move_to(w, whole, &prev, &joined, !normal);
	} else if (ok && normal) {
		*done = false;
	} else if (ok) {
		ok = !opt_contradicts_waiting(w, whole, &w->now, &ours) &&
		     opt_settle(w, OPTIMIST_WAIT, NULL, "it waits until all shards have done it: %.*s", STR(str_first(whole->sql, SHOWN)));
	}
	if (!*done || !ok) {
		table_release(&w->now);
		w->now = prev;
	} else {
		table_release(&prev);
	}
	return ok;
}

/* --- whole statements --- */

/* What an operator has forced goes with nothing, and would be in conflict for ever: what clashes with what is downstream is taken for
 * that. True where anything did. */
static bool settle_clashes(struct table *t, const struct table *down)
{
	const struct table *both[] = { down, t };
	struct table_clash clash;
	struct table joined;
	size_t from, to;

	for (size_t n = 0; n <= t->n_columns; n++) {
		if (table_join(&joined, both, 2, &clash)) {
			table_release(&joined);
			return n > 0;
		}
		from = table_find_column(down, clash.column);
		to = table_find_column(t, clash.column);
		if (from == SIZE_MAX || to == SIZE_MAX)
			break;
		table_drop_column(t, to);
		table_add_column(t, &down->columns[from], to);
	}
	return true;
}

/* The group, without what was forced. */
static void settle_members(struct opt_work *w, const struct optimist_group *group)
{
	struct optimist_member *members = arena_array(w->arena, group->n + 1, sizeof(*members));

	memcpy(members, group->members, group->n * sizeof(*members));
	w->copies = arena_array(w->arena, group->n + 1, sizeof(*w->copies));
	for (size_t i = 0; i < group->n && group->joined; i++) {
		struct table *copy = &w->copies[w->n_copies];

		table_copy(copy, group->members[i].now);
		if (settle_clashes(copy, group->joined)) {
			members[i].now = copy;
			w->n_copies++;
		} else {
			table_release(copy);
		}
	}
	w->settled = *group;
	w->settled.members = members;
	w->group = &w->settled;
}

static void begin(struct opt_work *w, const struct optimist_group *group, size_t member, struct optimist_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	arena_init(&answer->arena);
	*w = (struct opt_work){ .answer = answer, .i = member, .arena = &answer->arena };
	settle_members(w, group);
	table_copy(&w->now, w->group->members[member].now);
	w->has_joined = group->joined != NULL;
	if (group->joined)
		table_copy(&w->joined, group->joined);
	answer->dropped = arena_array(w->arena, group->n_dropped + 8, sizeof(*answer->dropped));
	w->dropped_room = group->n_dropped + 8;
	for (size_t i = 0; i < group->n_dropped; i++)
		answer->dropped[answer->n_dropped++] = (struct optimist_dropped){ group->dropped[i].member,
										 arena_str(w->arena, group->dropped[i].column) };
}

static void end(struct opt_work *w, bool ok)
{
	struct optimist_answer *answer = w->answer;

	if (ok)
		answer->verdict = answer->n > 0 ? OPTIMIST_RUN : OPTIMIST_NOTHING;
	else
		answer->n = 0;
	answer->now = w->now;
	answer->has_now = true;
	answer->joined = w->joined;
	answer->has_joined = w->has_joined;
	for (size_t i = 0; i < w->n_copies; i++)
		table_release(&w->copies[i]);
}

/* What the statement comes to where it is not stopped, whatever others say. */
static void finish_wants(struct opt_work *w, const struct ddl *whole)
{
	struct opt_renamings ours = opt_renamings_of(w->arena, whole);

	table_release(&w->now);
	table_copy(&w->now, w->group->members[w->i].now);
	go_on(w, whole);
	w->answer->renamed = arena_array(w->arena, ours.n + 1, sizeof(*w->answer->renamed));
	for (size_t i = 0; i < ours.n; i++)
		w->answer->renamed[w->answer->n_renamed++] = ours.list[i].from;
}

/* May each of its changes be done by itself? Leaves the structure as it was. */
static bool all_normal(struct opt_work *w, const struct ddl *parts, size_t n)
{
	struct table start, prev;
	bool normal = true;

	table_copy(&start, &w->now);
	for (size_t i = 0; normal && i < n; i++) {
		struct err ignored = { 0 };

		table_copy(&prev, &w->now);
		normal = opt_carry_out(w->ddl, &parts[i], &w->now, &ignored) && is_normal(w, &parts[i], &prev);
		table_release(&prev);
	}
	table_release(&w->now);
	w->now = start;
	return normal;
}

static bool decide(struct opt_work *w, const struct ddl *whole)
{
	struct str *singles;
	struct ddl *parts;
	bool normal, done = false, ok = true;
	size_t n;

	singles = ddl_singles(w->arena, whole, &n);
	if (!singles)
		n = 1;
	parts = arena_array(w->arena, n, sizeof(*parts));
	for (size_t i = 0; singles && i < n; i++)
		parse(w, &parts[i], singles[i]);
	if (!singles)
		parts[0] = *whole;
	normal = !opt_is_once(whole) && all_normal(w, parts, n);
	if (!normal || opt_anyone_waits(w))
		ok = decide_whole(w, whole, normal, &done);
	for (size_t i = 0; ok && !done && i < n; i++)
		ok = decide_normal(w, &parts[i]);
	return ok;
}

void optimist_decide(const struct optimist_group *group, const struct optimist_ddl *ddl, struct optimist_answer *answer)
{
	struct ddl whole;
	struct opt_work w;
	bool ok;

	begin(&w, group, ddl->member, answer);
	w.ddl = ddl;
	parse(&w, &whole, ddl->sql);
	ok = decide(&w, &whole);
	if (!ok && answer->verdict != OPTIMIST_REFUSED) {
		if (ddl->strict) {
			answer->verdict = OPTIMIST_REFUSED;
			answer->kind = &err_shard_conflict;
		}
		answer->resolves = false;
		finish_wants(&w, &whole);
	}
	end(&w, ok);
}

bool optimist_begin(const struct optimist_group *group, struct table *joined, char *why, size_t why_size)
{
	struct optimist_answer answer = { 0 };
	struct opt_work w = { .group = group, .answer = &answer, .i = group->n, .arena = &answer.arena };
	struct table_clash clash;
	bool ok;

	arena_init(&answer.arena);
	ok = opt_join_all(&w, NULL, false, joined, &clash);
	if (!ok)
		opt_conflict(&w, opt_collect(&w, NULL, false), &clash);
	snprintf(why, why_size, "%s", answer.why);
	arena_release(&answer.arena);
	return ok;
}

/* From here on the structures have this join, and the downstream gets what it lacks of `needed`. Takes joined over. */
static bool settle_entry(struct opt_work *w, struct table *joined, const struct table *needed)
{
	bool ok = true;

	if (w->has_joined && !opt_same_structure(&w->joined, needed))
		put_difference(w, &w->joined, needed, &ok);
	if (w->has_joined)
		table_release(&w->joined);
	w->joined = *joined;
	w->has_joined = true;
	return ok;
}

/* Of a structure that is corrected, the downstream has what was taken for it: the difference is to what both need. */
static bool enter(struct opt_work *w, bool corrects)
{
	struct table_clash clash;
	struct table joined, both;
	bool ok, is_wider;

	if (!opt_join_all(w, &w->now, false, &joined, &clash))
		return opt_conflict(w, opt_collect(w, &w->now, false), &clash);
	keep_orphans(w, &w->now, &joined);
	describe(w, &joined);
	if (!corrects || !w->has_joined)
		return settle_entry(w, &joined, &joined);
	is_wider = table_join(&both, (const struct table *[]){ &w->joined, &joined }, 2, &clash);
	if (is_wider)
		describe(w, &both);
	ok = settle_entry(w, &joined, is_wider ? &both : &w->joined);
	if (is_wider)
		table_release(&both);
	return ok;
}

static void enter_or_correct(const struct optimist_group *group, size_t member, bool corrects, struct optimist_answer *answer)
{
	struct opt_work w;

	begin(&w, group, member, answer);
	w.target = (struct ddl_name){ .schema = group->schema, .table = group->table };
	end(&w, enter(&w, corrects));
}

void optimist_enter(const struct optimist_group *group, size_t member, struct optimist_answer *answer)
{
	enter_or_correct(group, member, false, answer);
}

void optimist_correct(const struct optimist_group *group, size_t member, struct optimist_answer *answer)
{
	enter_or_correct(group, member, true, answer);
}

void optimist_force(const struct optimist_group *group, const struct optimist_ddl *ddl, bool run, struct optimist_answer *answer)
{
	struct err ignored = { 0 };
	struct ddl whole;
	struct opt_work w;

	begin(&w, group, ddl->member, answer);
	w.ddl = ddl;
	parse(&w, &whole, ddl->sql);
	finish_wants(&w, &whole);
	if (run) {
		put_statement(&w, whole.sql, true);
		if (w.has_joined && !opt_carry_out(ddl, &whole, &w.joined, &ignored)) {
			table_release(&w.joined);
			w.has_joined = false;
		}
	}
	end(&w, true);
}

void optimist_answer_release(struct optimist_answer *answer)
{
	if (answer->has_now)
		table_release(&answer->now);
	if (answer->has_joined)
		table_release(&answer->joined);
	arena_release(&answer->arena);
}
