/* optimist_group.c - which structures of a group go together; see optimist_parts.h */
#include "optimist_parts.h"

#include <stdarg.h>
#include <stdio.h>

#include "schema/ddl_tree.h"
#include "schema/table_sql.h"
#include "text/sql_lex.h"
#include "text/sql_quote.h"

#define TEXT_MAX ((size_t)1 << 30)
#define SHOWN 150

static const struct table *or_now(const struct optimist_member *m)
{
	return m->wants ? m->wants : m->now;
}

bool opt_settle(struct opt_work *w, enum optimist_verdict verdict, const struct err_kind *kind,
						      const char *fmt, ...)
{
	va_list args;

	w->answer->verdict = verdict;
	w->answer->kind = kind;
	va_start(args, fmt);
	vsnprintf(w->answer->why, sizeof(w->answer->why), fmt, args);
	va_end(args);
	return false;
}

/* "source-`schema`.`table`", as DM calls the owner of a blocking DDL. */
struct str opt_label(struct opt_work *w, size_t member)
{
	const struct optimist_member *m = &w->group->members[member];
	struct buf b = BUF_INIT(4096);
	struct str text;

	buf_putf(&b, "%.*s-", STR(m->source));
	sql_put_table(&b, m->schema, m->table);
	text = arena_str(w->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

struct str opt_definition(struct arena *a, const struct table *t, struct str name)
{
	size_t at = table_find_column(t, name);
	struct buf b = BUF_INIT(TEXT_MAX);
	struct str text;

	if (at == SIZE_MAX)
		return STR_LIT("not there");
	table_put_column(&b, &t->columns[at]);
	text = arena_str(a, str_first(buf_str(&b), SHOWN));
	buf_release(&b);
	return text;
}

/* --- one change carried out on a structure --- */

struct carried {
	struct table *table;
	bool known;
};

static const struct table *get_it(void *context, struct str schema, struct str table)
{
	(void)schema;
	(void)table;
	return ((struct carried *)context)->table;
}

static void set_it(void *context, struct str schema, struct str table, const struct table *made)
{
	struct carried *c = context;
	struct table copy;

	(void)schema;
	(void)table;
	c->known = made != NULL;
	if (!made)
		return;
	table_copy(&copy, made);
	table_release(c->table);
	*c->table = copy;
}

static void drop_none(void *context, struct str schema)
{
	(void)context;
	(void)schema;
}

/* False, with e filled where it contradicts the structure, or not, where its effect is not known. The table is then as before. */
bool opt_carry_out(const struct optimist_ddl *ddl, const struct ddl *one, struct table *t, struct err *e)
{
	struct carried carried = { t, true };
	struct ddl_tables tables = {
		.get = get_it, .set = set_it, .drop_schema = drop_none, .context = &carried, .default_charset = STR_LIT(""),
		.timestamps = ddl->timestamps,
	};

	return ddl_apply(one, &tables, e) && carried.known;
}

/* A mere change of case is none. */
struct opt_renamings opt_renamings_of(struct arena *a, const struct ddl *ddl)
{
	struct opt_renamings found = { 0 };
	size_t room = 0;

	for (const struct ddl_change *c = ddl->changes; c; c = c->next)
		room += c->op == OP_RENAME_COLUMN || c->op == OP_CHANGE_COLUMN;
	found.list = arena_array(a, room + 1, sizeof(*found.list));
	for (const struct ddl_change *c = ddl->changes; c; c = c->next) {
		struct str to = c->op == OP_RENAME_COLUMN ? c->new_name : c->op == OP_CHANGE_COLUMN ? c->column->name : c->name;

		if ((c->op == OP_RENAME_COLUMN || c->op == OP_CHANGE_COLUMN) && !str_eq_nocase(to, c->name))
			found.list[found.n++] = (struct opt_renaming){ arena_str(a, c->name), arena_str(a, to) };
	}
	return found;
}

bool opt_renames(const struct opt_renamings *renamings, struct str from)
{
	for (size_t i = 0; i < renamings->n; i++)
		if (str_eq_nocase(renamings->list[i].from, from))
			return true;
	return false;
}

bool opt_renames_to(const struct opt_renamings *renamings, struct str to)
{
	for (size_t i = 0; i < renamings->n; i++)
		if (str_eq_nocase(renamings->list[i].to, to))
			return true;
	return false;
}

bool opt_has_column(const struct table *t, struct str name)
{
	return table_find_column(t, name) != SIZE_MAX;
}

bool opt_same_structure(const struct table *a, const struct table *b)
{
	enum table_order order;

	return table_compare(a, b, &order, NULL, 0) && order == ORDER_EQUAL;
}

bool opt_is_dropped(const struct opt_work *w, size_t member, struct str column)
{
	for (size_t i = 0; i < w->answer->n_dropped; i++)
		if (w->answer->dropped[i].member == member && str_eq_nocase(w->answer->dropped[i].column, column))
			return true;
	return false;
}

/* --- joins of the group --- */

/* All members, ours as given, those that wait as they are or as they want to be. */
const struct table **opt_collect(struct opt_work *w, const struct table *ours, bool final)
{
	const struct table **tables = arena_array(w->arena, w->group->n, sizeof(*tables));

	for (size_t i = 0; i < w->group->n; i++)
		tables[i] = i == w->i ? ours : final ? or_now(&w->group->members[i]) : w->group->members[i].now;
	return tables;
}

bool opt_join_all(struct opt_work *w, const struct table *ours, bool final, struct table *joined, struct table_clash *clash)
{
	return table_join(joined, opt_collect(w, ours, final), w->group->n, clash);
}

bool opt_anyone_waits(const struct opt_work *w)
{
	for (size_t i = 0; i < w->group->n; i++)
		if (i != w->i && w->group->members[i].wants)
			return true;
	return false;
}

/* Is it what another column becomes once all shards have renamed that? Then it must not be there before. Says so. */
bool opt_is_wanted(struct opt_work *w, struct str column)
{
	for (size_t i = 0; i < w->group->n; i++) {
		const struct optimist_member *m = &w->group->members[i];

		if (i == w->i || !m->wants || m->n_renamed == 0 || !opt_has_column(m->wants, column) || opt_has_column(m->now, column))
			continue;
		opt_settle(w, OPTIMIST_WAIT, NULL, "it waits until all shards have renamed what becomes '%.*s' in %.*s", STR(column),
			   STR(opt_label(w, i)));
		return true;
	}
	return false;
}

/* Has a column that both structures have another value where nothing is said? */
static bool changes_fill(const struct table *before, const struct table *after, size_t c)
{
	size_t at = table_find_column(before, after->columns[c].name);
	struct arena a = ARENA_INIT;
	bool changes = false;

	if (at != SIZE_MAX) {
		struct str x = column_fill(&a, &before->columns[at]), y = column_fill(&a, &after->columns[c]);

		changes = (x.p != NULL) != (y.p != NULL) || !str_eq(x, y);
	}
	arena_release(&a);
	return changes;
}

/* Rows of a shard that lacks a column have what the downstream filled in. If that becomes another value, and the shard gets the column
 * then, its older rows would differ: so it must have it first. One that has dropped it gets it no more. */
bool opt_all_have_what_changes(struct opt_work *w, size_t member, const struct table *before, const struct table *after,
				  const struct table *post)
{
	const struct table **finals = opt_collect(w, post, true), **nows = opt_collect(w, post, false);

	for (size_t c = 0; c < after->n_columns; c++) {
		struct str name = after->columns[c].name;

		if (!changes_fill(before, after, c))
			continue;
		for (size_t i = 0; i < w->group->n; i++)
			if (i != member && !opt_has_column(finals[i], name) && !opt_has_column(nows[i], name) && !opt_is_dropped(w, i, name))
				return false;
	}
	return true;
}

bool opt_is_strict(struct str sql_mode)
{
	return str_find(sql_mode, STR_LIT("STRICT_")) != SIZE_MAX || str_find(sql_mode, STR_LIT("TRADITIONAL")) != SIZE_MAX;
}

/* What cuts values is done once, when no shard may write longer ones. */
static bool all_are_as_narrow(struct opt_work *w, size_t member, const struct table *before, const struct table *after,
			      const struct table *post)
{
	const struct table **finals = opt_collect(w, post, true);
	bool strict = opt_is_strict(w->ddl->sql_mode);

	for (size_t c = 0; c < after->n_columns; c++) {
		const struct column *column = &after->columns[c];
		size_t at = table_find_column(before, column->name);

		if (at == SIZE_MAX || !column_narrows(&before->columns[at], column, strict))
			continue;
		for (size_t i = 0; i < w->group->n; i++) {
			at = table_find_column(finals[i], column->name);
			if (i != member && at != SIZE_MAX && column_narrows(&finals[i]->columns[at], column, false))
				return false;
		}
	}
	return true;
}

/* Do columns swap their names, so that a structure does not tell whether that was done? */
static bool goes_round(const struct opt_renamings *ours, size_t at)
{
	struct str name = ours->list[at].to;

	for (size_t steps = 0; steps <= ours->n; steps++) {
		size_t next = 0;

		if (str_eq_nocase(name, ours->list[at].from))
			return true;
		while (next < ours->n && !str_eq_nocase(ours->list[next].from, name))
			next++;
		if (next == ours->n)
			return false;
		name = ours->list[next].to;
	}
	return false;
}

static bool has_renamed(const struct optimist_member *m, const struct opt_renamings *ours, size_t at)
{
	const struct opt_renaming *r = &ours->list[at];

	for (size_t k = 0; m->wants && k < m->n_renamed; k++)
		if (str_eq_nocase(m->renamed[k], r->from))
			return opt_has_column(m->wants, r->to);
	return opt_has_column(or_now(m), r->to) && (!opt_has_column(or_now(m), r->from) || (opt_renames_to(ours, r->from) && !goes_round(ours, at)));
}

/* A rename that waits is only done by the same rename: the others must have lost the old name too, but not by dropping it. */
static bool renames_meet(struct opt_work *w, const struct opt_renamings *ours)
{
	for (size_t i = 0; i < w->group->n; i++) {
		const struct optimist_member *m = &w->group->members[i];

		if (i == w->i)
			continue;
		for (size_t k = 0; k < ours->n; k++)
			if (!has_renamed(m, ours, k))
				return false;
		for (size_t k = 0; m->wants && k < m->n_renamed; k++)
			if (!opt_renames(ours, m->renamed[k]) && (!w->has_joined || opt_has_column(&w->joined, m->renamed[k])))
				return false;
	}
	return true;
}

/* --- statements about partitions, which a structure does not tell --- */

bool opt_is_once(const struct ddl *ddl)
{
	static const char *const events[] = {
		"drop table partition", "truncate table partition", "coalesce table partition", "reorganize table partition",
		"alter table partitioning", "remove table partitioning",
	};

	for (const struct ddl_clause *c = ddl->clauses; c; c = c->next)
		for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
			if (c->event && str_is(str_of(c->also ? c->also : c->event), events[i]))
				return true;
	return false;
}

static bool waits_once(struct opt_work *w, const struct optimist_member *m)
{
	struct ddl parsed;

	if (!m->wants || m->sql.n == 0)
		return false;
	ddl_parse(&parsed, w->arena, m->sql, w->ddl->schema, w->ddl->sql_mode, w->ddl->from_mariadb);
	return opt_is_once(&parsed);
}

/* But for capitals, and the quotes of names. */
static bool same_words(struct opt_work *w, struct str a, struct str b)
{
	unsigned flags = w->ddl->from_mariadb ? SQL_MARIADB : 0;
	struct sql_lex x, y;
	struct sql_token s, t;

	sql_lex_init(&x, a, flags);
	sql_lex_init(&y, b, flags);
	do {
		s = sql_lex_next(&x);
		t = sql_lex_next(&y);
		if ((s.kind == SQL_END) != (t.kind == SQL_END) ||
		    !str_eq_nocase(sql_token_value(&x, &s, w->arena), sql_token_value(&y, &t, w->arena)))
			return false;
	} while (s.kind != SQL_END);
	return true;
}

static bool partitions_meet(struct opt_work *w, bool once)
{
	for (size_t i = 0; i < w->group->n; i++) {
		const struct optimist_member *m = &w->group->members[i];

		if (i != w->i && (once || waits_once(w, m)) && !(m->wants && same_words(w, m->sql, w->ddl->sql)))
			return false;
	}
	return true;
}

/* With this, all are where those who wait want to be. */
bool opt_is_consistent(struct opt_work *w, const struct ddl *whole, const struct table *prev, const struct table *post,
		       const struct opt_renamings *ours)
{
	for (size_t i = 0; i < w->group->n; i++) {
		const struct optimist_member *m = &w->group->members[i];

		if (i != w->i && m->wants && !(opt_all_have_what_changes(w, i, m->now, m->wants, post) &&
					       all_are_as_narrow(w, i, m->now, m->wants, post)))
			return false;
	}
	return all_are_as_narrow(w, w->i, prev, post, post) && opt_all_have_what_changes(w, w->i, prev, post, post) && renames_meet(w, ours) &&
	       partitions_meet(w, opt_is_once(whole));
}

bool opt_conflict(struct opt_work *w, const struct table **tables, const struct table_clash *clash)
{
	size_t a = clash->a, b = clash->b;

	if (b == w->i) {	/* ours first */
		b = a;
		a = w->i;
	}
	if (clash->column.n == 0)
		return opt_settle(w, OPTIMIST_CONFLICT, NULL, "the system versioning of %.*s is not that of %.*s", STR(opt_label(w, a)), STR(opt_label(w, b)));
	return opt_settle(w, OPTIMIST_CONFLICT, NULL, "column '%.*s' is %.*s in %.*s, and %.*s in %.*s", STR(clash->column),
		      STR(opt_definition(w->arena, tables[a], clash->column)), STR(opt_label(w, a)),
		      STR(opt_definition(w->arena, tables[b], clash->column)), STR(opt_label(w, b)));
}

/* Does another shard give another new name to a column of ours, or ours to another column? */
static bool names_differ(struct opt_work *w, size_t i, const struct opt_renamings *ours)
{
	const struct optimist_member *m = &w->group->members[i];

	for (size_t n = 0; n < ours->n; n++)
		for (size_t k = 0; k < m->n_renamed; k++) {
			bool same = str_eq_nocase(m->renamed[k], ours->list[n].from);

			if (same == opt_has_column(m->wants, ours->list[n].to) || (!same && opt_renames(ours, m->renamed[k])))
				continue;
			opt_settle(w, OPTIMIST_CONFLICT, NULL, "column '%.*s' becomes '%.*s' in %.*s, and in %.*s %s", STR(ours->list[n].from),
			       STR(ours->list[n].to), STR(opt_label(w, w->i)), STR(opt_label(w, i)),
			       same ? "it gets another name" : "another column gets that name");
			return true;
		}
	return false;
}

/* Another one waits, too, to change partitions, and in another way? */
static bool partitions_differ(struct opt_work *w, size_t i, bool once)
{
	const struct optimist_member *m = &w->group->members[i];

	if (!once || !waits_once(w, m) || same_words(w, m->sql, w->ddl->sql))
		return false;
	opt_settle(w, OPTIMIST_CONFLICT, NULL, "partitions change in another way in %.*s: %.*s", STR(opt_label(w, i)),
		   STR(str_first(m->sql, SHOWN)));
	return true;
}

/* Those who wait, and we, want things that do not go together? */
bool opt_contradicts_waiting(struct opt_work *w, const struct ddl *whole, const struct table *post, const struct opt_renamings *ours)
{
	const struct table **some = arena_array(w->arena, w->group->n, sizeof(*some));
	size_t *who = arena_array(w->arena, w->group->n, sizeof(*who)), n = 0;
	const struct table **finals = opt_collect(w, post, true);
	struct table_clash clash;
	struct table joined;

	for (size_t i = 0; i < w->group->n; i++) {
		if (i != w->i && !w->group->members[i].wants)
			continue;
		who[n] = i;
		some[n++] = finals[i];
		if (i != w->i && (names_differ(w, i, ours) || partitions_differ(w, i, opt_is_once(whole))))
			return true;
	}
	if (n < 2)
		return false;
	if (table_join(&joined, some, n, &clash)) {
		table_release(&joined);
		return false;
	}
	clash.a = who[clash.a];
	clash.b = who[clash.b];
	opt_conflict(w, finals, &clash);
	return true;
}
