/* ddl.c - statements: every name in them where it goes. */
#include "route.h"

#include "base/log.h"
#include "rules/split.h"
#include "schema/ddl_tree.h"
#include "text/sql_lex.h"

static const struct err_kind err_merged = {
	.code = 20604, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "ignore the statement with a filter, and do by hand downstream what it should do",
};
static const struct err_kind err_routed_twice = {
	.code = 20605, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_DATA,
	.workaround = "use dm-route once in a pipeline, with all routes",
};

/* A statement, its parts, and where each of its names goes. */
struct routed {
	struct ddl_event *ddl;
	struct ddl parsed;
	struct event_name *to;
	struct ddl_name *to_names;
	bool changed;
};

static struct str place(const struct ddl_event *ddl)
{
	return ddl->at.n ? ddl->at : ddl->pos;
}

static bool same_target(const struct event_name *a, const struct event_name *b)
{
	return str_eq(a->schema, b->schema) && str_eq(a->table, b->table);
}

static bool find_targets(struct route *r, struct routed *s, struct err *e)
{
	const struct ddl *p = &s->parsed;

	s->to = arena_array(&r->arena, p->n_names, sizeof(*s->to));
	s->to_names = arena_array(&r->arena, p->n_names, sizeof(*s->to_names));
	for (size_t i = 0; i < p->n_names; i++) {
		const struct ddl_name *name = &p->names[i];

		if (!rules_route(r->rules, name->schema, name->table, &s->to[i].schema, &s->to[i].table, e))
			return err_at(e, "at %.*s", STR(place(s->ddl)));
		s->to_names[i] = (struct ddl_name){ .schema = s->to[i].schema, .table = s->to[i].table };
		s->changed |= !str_eq(s->to[i].schema, name->schema) || !str_eq(s->to[i].table, name->table);
	}
	return true;
}

static bool analyse(struct route *r, struct routed *s, struct ddl_event *ddl, struct err *e)
{
	s->ddl = ddl;
	ddl_parse(&s->parsed, &r->arena, ddl->sql, ddl->schema, ddl->sql_mode, r->mariadb);
	if (s->parsed.n_tables != ddl->n_tables && s->parsed.kind != DDL_UNKNOWN)
		return err_set(e, &err_stream_syntax, "the statement at %.*s names %zu tables, its line %zu",
			       STR(place(ddl)), s->parsed.n_tables, ddl->n_tables);
	return find_targets(r, s, e);
}

/* One table of a merged target cannot be renamed without taking the others along, or leaving its rows behind. */
static bool check_rename(struct route *r, const struct routed *s, size_t from, size_t to, struct err *e)
{
	const struct ddl_name *old = &s->parsed.names[from], *new = &s->parsed.names[to];

	if (!rules_merges(r->rules, old->schema, old->table) && !rules_merges(r->rules, new->schema, new->table))
		return true;
	return err_set(e, &err_merged,
		       "at %.*s: '%.*s.%.*s' gets the name '%.*s.%.*s', so it would go to '%.*s.%.*s' and no longer to "
		       "'%.*s.%.*s', and one of the two may hold other tables' rows", STR(place(s->ddl)),
		       STR(old->schema), STR(old->table), STR(new->schema), STR(new->table), STR(s->to[to].schema),
		       STR(s->to[to].table), STR(s->to[from].schema), STR(s->to[from].table));
}

/* Rows that a merged table changes with another one are only some of what its target holds. */
static bool check_exchange(struct route *r, const struct routed *s, size_t other, struct err *e)
{
	const struct ddl_name *own = &s->parsed.names[0], *name = &s->parsed.names[other];

	if (!rules_merges(r->rules, own->schema, own->table) && !rules_merges(r->rules, name->schema, name->table))
		return true;
	return err_set(e, &err_merged, "at %.*s: rows move between '%.*s.%.*s' and '%.*s.%.*s', and one of their targets "
		       "may hold other tables' rows", STR(place(s->ddl)), STR(own->schema), STR(own->table),
		       STR(name->schema), STR(name->table));
}

/* Of several new names the last one counts. */
static bool check_alter(struct route *r, const struct routed *s, struct err *e)
{
	size_t renamed = 0;

	for (const struct ddl_clause *c = s->parsed.clauses; c; c = c->next) {
		if (c->kind == CLAUSE_RENAME)
			renamed = c->name;
		if (c->kind == CLAUSE_OTHER_TABLE && !check_exchange(r, s, c->name, e))
			return false;
	}
	return renamed == 0 || same_target(&s->to[0], &s->to[renamed]) || check_rename(r, s, 0, renamed, e);
}

/* Pairs that move a table within its target do nothing downstream. */
static bool keep_renames(struct route *r, const struct routed *s, bool *keep, struct err *e)
{
	size_t n = s->parsed.n_tables / 2;
	size_t *first = arena_array(&r->arena, n, sizeof(*first)), *last = arena_array(&r->arena, n, sizeof(*last));

	split_rename_chains(&s->parsed, first, last);
	for (size_t i = 0; i < n; i++) {
		size_t from = 2 * first[i], to = 2 * last[i] + 1;

		keep[i] = !same_target(&s->to[from], &s->to[to]) ||
			  (str_eq(s->parsed.names[from].schema, s->parsed.names[to].schema) &&
			   str_eq(s->parsed.names[from].table, s->parsed.names[to].table));
		if (keep[i] && !same_target(&s->to[from], &s->to[to]) && !check_rename(r, s, from, to, e))
			return false;
	}
	return true;
}

/* A target is dropped once. */
static void keep_drops(const struct routed *s, bool *keep)
{
	for (size_t i = 0; i < s->parsed.n_tables; i++) {
		keep[i] = true;
		for (size_t j = 0; j < i; j++)
			keep[i] &= !same_target(&s->to[i], &s->to[j]);
	}
}

/* Takes out of the statement what makes no sense between targets. *left: how much of it there still is to do. */
static bool reduce(struct route *r, struct routed *s, size_t *left, struct err *e)
{
	size_t group = split_group(&s->parsed), n = s->parsed.n_tables / group, n_tables = 0;
	bool *keep = arena_array(&r->arena, n, sizeof(*keep));

	if (s->parsed.kind == DDL_RENAME_TABLE && !keep_renames(r, s, keep, e))
		return false;
	if (s->parsed.kind == DDL_DROP_TABLE)
		keep_drops(s, keep);
	*left = 0;
	for (size_t i = 0; i < n; i++)
		*left += keep[i];
	if (*left == 0 || *left == n)
		return true;
	for (size_t i = 0; i < s->ddl->n_tables; i++)
		if (keep[i / group])
			s->ddl->tables[n_tables++] = s->ddl->tables[i];
	s->ddl->n_tables = n_tables;
	buf_clear(&r->made);
	split_put(&r->made, &s->parsed, keep);
	if (!buf_ok(&r->made, "a statement", e))
		return false;
	s->ddl->sql = arena_str(&r->arena, buf_str(&r->made));
	s->changed = true;
	return analyse(r, s, s->ddl, e);
}

static bool put(struct route *r, struct routed *s, struct err *e)
{
	struct ddl_event *ddl = s->ddl;

	buf_clear(&r->made);
	ddl_put_renamed(&r->made, &s->parsed, s->to_names);
	if (!buf_ok(&r->made, "a statement", e))
		return false;
	ddl->sql = arena_str(&r->arena, buf_str(&r->made));
	ddl->to = s->to;
	ddl->routed = true;
	buf_clear(&r->made);
	ddl_line_put(&r->made, ddl);
	return buf_ok(&r->made, "a line of the stream", e) && line_put(r->out, buf_str(&r->made), e);
}

static bool drop(const struct ddl_event *ddl)
{
	log_debug("nothing to do downstream for the statement at %.*s: %.*s", STR(place(ddl)),
		  STR(str_first(ddl->sql, 200)));
	return true;
}

/* CREATE OR REPLACE TABLE drops the table first: of a merged target, with the rows of all others. */
static bool check_replace(struct route *r, const struct routed *s, struct err *e)
{
	const struct ddl *p = &s->parsed;
	struct sql_token words[2];
	struct sql_lex lex;

	if (p->kind != DDL_CREATE_TABLE || p->n_tables == 0 ||
	    !rules_merges(r->rules, p->names[0].schema, p->names[0].table))
		return true;
	sql_lex_init(&lex, p->sql, p->lex_flags);
	sql_lex_next(&lex);
	words[0] = sql_lex_next(&lex);
	words[1] = sql_lex_next(&lex);
	if (!str_is_nocase(words[0].raw, "or") || !str_is_nocase(words[1].raw, "replace"))
		return true;
	return err_set(e, &err_merged, "at %.*s: CREATE OR REPLACE of '%.*s.%.*s' would drop '%.*s.%.*s', which may hold "
		       "other tables' rows", STR(place(s->ddl)), STR(p->names[0].schema), STR(p->names[0].table),
		       STR(s->to[0].schema), STR(s->to[0].table));
}

static bool route_parsed(struct route *r, struct routed *s, struct str line, struct err *e)
{
	size_t left = 1;

	if (!check_replace(r, s, e))
		return false;
	if (!r->sharded && split_can(&s->parsed) && s->parsed.n_tables > 1 && s->changed && !reduce(r, s, &left, e))
		return false;
	/* CREATE TABLE x LIKE y: the target is there already. */
	if (!r->sharded && s->parsed.kind == DDL_CREATE_TABLE && s->parsed.n_tables == 2 && same_target(&s->to[0], &s->to[1]))
		left = 0;
	if (!check_alter(r, s, e))
		return false;
	if (left == 0)
		return drop(s->ddl);
	if (s->changed)
		return put(r, s, e);
	return line_put(r->out, line, e) && line_put(r->out, STR_LIT("\n"), e);
}

bool route_ddl(struct route *r, struct err *e)
{
	struct routed s = { 0 };
	struct ddl_event ddl;
	struct str line;

	if (!line_rest(r->in, &r->spill, &line, e) || !ddl_line_parse(&ddl, line, &r->arena, e))
		return false;
	if (ddl.routed)
		return err_set(e, &err_routed_twice, "the statement at %.*s has been routed before", STR(place(&ddl)));
	return (analyse(r, &s, &ddl, e) && route_parsed(r, &s, line, e)) || ddl_line_err(&ddl, e);
}
