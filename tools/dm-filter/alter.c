/* alter.c - ALTER TABLE: each clause is an event of its own, and may go alone. */
#include "filter.h"

#include "base/log.h"
#include "schema/ddl_cut.h"
#include "schema/ddl_event.h"

static const struct err_kind err_unsure = {
	.code = 20610, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give the filter all of the events that it may be, or none of them, or ignore the statement with a 'sql-pattern'",
};
static const struct err_kind err_exchange = {
	.code = 20611, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "let the block-allow list have both tables or none; or ignore the event and move the rows downstream by hand",
};

struct alter {
	struct filter *f;
	const struct ddl_event *ddl;
	struct ddl parsed;
	const struct table *old;	/* NULL: not known */
};

static enum verdict verdict_of(enum rules_answer answer)
{
	return answer == RULES_KEEP ? KEEP : answer == RULES_DROP ? IGNORED : FAILED;
}

static enum verdict ask(struct alter *a, const struct event_name *table, const struct ddl_event_name *event, struct err *e)
{
	const char *names[RULES_NAMES_MAX] = {
		event->event, event->also, a->parsed.n_clauses > 1 ? "multi schema change" : NULL,
	};
	enum verdict got;

	if (a->f->dump)
		return KEEP;
	got = verdict_of(rules_want_change(a->f->rules, table->schema, table->table, names, a->ddl->sql, e));
	if (got == FAILED)
		err_at(e, "at %.*s", STR(ddl_place(a->ddl)));
	return got;
}

/* What the clause changes may not be known: then the rules must say the same of all that it can be. */
static enum verdict judge_event(struct alter *a, const struct ddl_clause *clause, const struct event_name *table, struct err *e)
{
	struct ddl_event_name events[DDL_EVENTS_MAX];
	size_t n = ddl_clause_events(&a->parsed, clause, a->old, events);
	struct err first_error = { 0 }, next_error = { 0 };
	enum verdict first = ask(a, table, &events[0], &first_error);
	struct str text = { a->ddl->sql.p + clause->start, clause->end - clause->start };

	for (size_t i = 1; i < n; i++) {
		const char *this = events[i].also ? events[i].also : events[i].event;

		if (ask(a, table, &events[i], &next_error) == first)
			continue;
		err_set(e, &err_unsure, "at %.*s: the structure of '%.*s.%.*s' is not known, so '%.*s' may be the event '%s' or "
			"'%s', of which the filters keep one only", STR(ddl_place(a->ddl)), STR(table->schema),
			STR(table->table), STR(str_first(text, 200)), events[0].event, this);
		return FAILED;
	}
	if (first == FAILED)
		*e = first_error;
	return first;
}

/* Rows change places with another table. */
static enum verdict judge_exchange(struct alter *a, const struct ddl_clause *clause, struct err *e)
{
	const struct event_name *own = &a->ddl->tables[0], *other = &a->ddl->tables[clause->name];
	bool own_listed = is_listed(a->f, own), other_listed = is_listed(a->f, other);
	enum verdict got = UNWANTED, also = UNWANTED;

	if (own_listed && (got = judge_event(a, clause, own, e)) == FAILED)
		return FAILED;
	if (other_listed && (also = judge_event(a, clause, other, e)) == FAILED)
		return FAILED;
	if (got == also)
		return got;
	if (got == IGNORED || also == IGNORED)
		return IGNORED;
	err_set(e, &err_exchange, "at %.*s: the statement moves rows between '%.*s.%.*s' and '%.*s.%.*s', of which one only is "
		"wanted: %.*s", STR(ddl_place(a->ddl)), STR(own->schema), STR(own->table), STR(other->schema),
		STR(other->table), STR(str_first(a->ddl->sql, 300)));
	return FAILED;
}

static enum verdict judge_clause(struct alter *a, const struct ddl_clause *clause, struct err *e)
{
	const struct event_name *own = &a->ddl->tables[0];

	switch (clause->kind) {
	case CLAUSE_RENAME:
		return judge_move(a->f, a->ddl, own, &a->ddl->tables[clause->name], str_of(clause->event), e);
	case CLAUSE_OTHER_TABLE:
		return judge_exchange(a, clause, e);
	case CLAUSE_HOW:
		return KEEP;
	case CLAUSE_PLAIN: case CLAUSE_MODIFY: case CLAUSE_PARTITION:
		break;
	}
	return is_listed(a->f, own) ? judge_event(a, clause, own, e) : UNWANTED;
}

/* The table itself stays, and that of a clause goes with it. */
static bool put_kept(struct alter *a, const bool *keep, struct err *e)
{
	bool *tables = arena_array(&a->f->arena, a->ddl->n_tables, sizeof(*tables));
	size_t i = 0;

	tables[0] = true;
	for (const struct ddl_clause *c = a->parsed.clauses; c; c = c->next, i++)
		if (c->name > 0)
			tables[c->name] = keep[i];
	buf_clear(&a->f->made);
	ddl_put_clauses(&a->f->made, &a->parsed, keep);
	log_debug("at %.*s: cut to what is wanted: %.*s", STR(ddl_place(a->ddl)), STR(str_first(buf_str(&a->f->made), 200)));
	return put_cut(a->f, a->ddl, tables, e);
}

/* ALTER TABLE t, and no more; or only with ALGORITHM and LOCK. */
static bool filter_empty(struct alter *a, struct str line, struct err *e)
{
	const struct ddl_event_name event = { "alter table", NULL };
	enum verdict got = is_listed(a->f, &a->ddl->tables[0]) ? ask(a, &a->ddl->tables[0], &event, e) : UNWANTED;

	if (got == FAILED)
		return false;
	return got == KEEP ? pass_line(a->f, line, e) :
	       drop_ddl(a->f, a->ddl, got == UNWANTED ? "not wanted" : "a filter ignores it");
}

static bool filter_clauses(struct alter *a, struct str line, struct err *e)
{
	bool *keep = arena_array(&a->f->arena, a->parsed.n_clauses, sizeof(*keep)), unwanted = false;
	size_t n_kept = 0, n_how = 0, i = 0;

	for (const struct ddl_clause *c = a->parsed.clauses; c; c = c->next, i++) {
		enum verdict got = judge_clause(a, c, e);

		if (got == FAILED)
			return false;
		keep[i] = got == KEEP;
		unwanted |= got == UNWANTED;
		n_kept += keep[i] && c->kind != CLAUSE_HOW;
		n_how += c->kind == CLAUSE_HOW;
	}
	if (n_how == a->parsed.n_clauses)
		return filter_empty(a, line, e);
	if (unwanted)		/* also where the table leaves under a new name: what is there downstream stays */
		return drop_ddl(a->f, a->ddl, "not wanted");
	if (n_kept == 0)
		return drop_ddl(a->f, a->ddl, "a filter ignores it");
	return n_kept + n_how == a->parsed.n_clauses ? pass_line(a->f, line, e) : put_kept(a, keep, e);
}

bool filter_alter(struct filter *f, const struct ddl_event *ddl, struct str line, struct err *e)
{
	struct alter a = { .f = f, .ddl = ddl };

	if (!parse_ddl(f, &a.parsed, ddl, e))
		return false;
	if (ddl->n_tables == 0)
		return err_set(e, &err_stream_syntax, "the statement at %.*s alters no table", STR(ddl_place(ddl)));
	a.old = known_table(f, &ddl->tables[0]);
	return a.parsed.clauses ? filter_clauses(&a, line, e) : filter_empty(&a, line, e);
}
