/* ddl.c - statements: wanted whole, wanted in part, or not wanted. */
#include "filter.h"

#include "base/log.h"
#include "rules/split.h"
#include "text/sql_lex.h"

static const struct err_kind err_rename_in = {
	.code = 20602, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "load the table's rows downstream by hand, and ignore its event 'rename table' with a filter",
};
/* Where the statement stands, for messages. */
struct str ddl_place(const struct ddl_event *ddl)
{
	return ddl->at.n ? ddl->at : ddl->pos;
}

bool is_listed(struct filter *f, const struct event_name *name)
{
	return name->table.n ? rules_want_table(f->rules, name->schema, name->table)
			     : rules_want_schema(f->rules, name->schema);
}

/* One table (or schema) of the statement: by the block-allow list, then by the event filter. */
static enum verdict judge(struct filter *f, const struct ddl_event *ddl, const struct event_name *name, struct str kind,
			  struct err *e)
{
	const char *names[RULES_NAMES_MAX] = { ddl_kind_name(ddl_kind_of_name(kind)) };

	if (ddl_kind_of_name(kind) == DDL_ALTER_DATABASE)
		names[1] = "modify schema charset and collate";
	if (!is_listed(f, name))
		return UNWANTED;
	if (f->dump)
		return KEEP;
	switch (rules_want_change(f->rules, name->schema, name->table, names, ddl->sql, e)) {
	case RULES_KEEP:
		return KEEP;
	case RULES_DROP:
		return IGNORED;
	case RULES_ERROR:
		break;
	}
	err_at(e, "at %.*s", STR(ddl_place(ddl)));
	return FAILED;
}

/* A table that changes its name. It may leave what is wanted: its rows stay downstream, as DM leaves them. It cannot
 * come in, since the rows that it has were never sent. */
enum verdict judge_move(struct filter *f, const struct ddl_event *ddl, const struct event_name *from,
			const struct event_name *to, struct str kind, struct err *e)
{
	enum verdict before = judge(f, ddl, from, kind, e);
	enum verdict after = before == FAILED ? FAILED : judge(f, ddl, to, kind, e);

	if (after == FAILED || before == after)
		return after;
	if (before == IGNORED || after == IGNORED)
		return IGNORED;
	if (before == KEEP) {
		log_warning("at %.*s: table '%.*s.%.*s' gets the name '%.*s.%.*s', which is not wanted; "
			    "what is there downstream stays", STR(ddl_place(ddl)), STR(from->schema), STR(from->table),
			    STR(to->schema), STR(to->table));
		return UNWANTED;
	}
	err_set(e, &err_rename_in, "at %.*s: table '%.*s.%.*s', which is not wanted, gets the wanted name '%.*s.%.*s': "
		"its rows were never sent", STR(ddl_place(ddl)), STR(from->schema), STR(from->table), STR(to->schema),
		STR(to->table));
	return FAILED;
}

bool drop_ddl(struct filter *f, const struct ddl_event *ddl, const char *why)
{
	log_debug("dropped the statement at %.*s (%s): %.*s", STR(ddl_place(ddl)), why, STR(str_first(ddl->sql, 200)));
	f->dropped++;
	return true;
}

bool pass_line(struct filter *f, struct str line, struct err *e)
{
	return line_put(f->out, line, e) && line_put(f->out, STR_LIT("\n"), e);
}

bool parse_ddl(struct filter *f, struct ddl *parsed, const struct ddl_event *ddl, struct err *e)
{
	ddl_parse(parsed, &f->arena, ddl->sql, ddl->schema, ddl->sql_mode, f->mariadb);
	return parsed->n_tables == ddl->n_tables ||
	       err_set(e, &err_stream_syntax, "the statement at %.*s names %zu tables, its line %zu", STR(ddl_place(ddl)),
		       parsed->n_tables, ddl->n_tables);
}

bool put_cut(struct filter *f, const struct ddl_event *ddl, const bool *keep, struct err *e)
{
	struct ddl_event part = *ddl;

	if (!buf_ok(&f->made, "a statement", e))
		return false;
	part.sql = arena_str(&f->arena, buf_str(&f->made));
	ddl_event_cut(&part, keep, 1, &f->arena);
	buf_clear(&f->made);
	ddl_line_put(&f->made, &part);
	return buf_ok(&f->made, "a line of the stream", e) && line_put(f->out, buf_str(&f->made), e);
}

/* Writes the statement with only the groups of tables that are kept. */
static bool put_part(struct filter *f, const struct ddl *parsed, const struct ddl_event *ddl, const bool *keep,
		     struct err *e)
{
	bool *tables = arena_array(&f->arena, ddl->n_tables, sizeof(*tables));
	size_t group = split_group(parsed);

	for (size_t i = 0; i < ddl->n_tables; i++)
		tables[i] = keep[i / group];
	buf_clear(&f->made);
	split_put(&f->made, parsed, keep);
	return put_cut(f, ddl, tables, e);
}

/* DROP TABLE of several, RENAME TABLE: group by group. */
static bool filter_groups(struct filter *f, const struct ddl_event *ddl, struct str line, struct err *e)
{
	size_t n_kept = 0, group, n, *first, *last;
	struct ddl parsed;
	bool *keep;

	if (!parse_ddl(f, &parsed, ddl, e))
		return false;
	group = split_group(&parsed);
	n = ddl->n_tables / group;
	keep = arena_array(&f->arena, n, sizeof(*keep));
	first = arena_array(&f->arena, n, sizeof(*first));
	last = arena_array(&f->arena, n, sizeof(*last));
	if (group == 2)
		split_rename_chains(&parsed, first, last);
	for (size_t i = 0; i < n; i++) {
		enum verdict got;

		if (group == 1)
			got = judge(f, ddl, &ddl->tables[i], ddl->kind, e);
		else
			got = judge_move(f, ddl, &ddl->tables[2 * first[i]], &ddl->tables[2 * last[i] + 1],
					 ddl->kind, e);

		if (got == FAILED)
			return false;
		keep[i] = got == KEEP;
		n_kept += keep[i];
	}
	if (n_kept == n)
		return pass_line(f, line, e);
	return n_kept == 0 ? drop_ddl(f, ddl, "no table of it is wanted") : put_part(f, &parsed, ddl, keep, e);
}

/* Is something named that is wanted, as x.y in front of the first bracket? Bodies and lists come behind it. */
static bool names_wanted(struct filter *f, const struct ddl_event *ddl)
{
	struct sql_token before = { 0 }, dot = { 0 }, t;
	struct sql_lex lex;

	sql_lex_init(&lex, ddl->sql, str_find(ddl->sql_mode, STR_LIT("ANSI_QUOTES")) != SIZE_MAX ? SQL_ANSI_QUOTES : 0);
	for (t = sql_lex_next(&lex); t.kind != SQL_END && t.kind != SQL_BAD && !str_is(t.raw, "(");
	     t = sql_lex_next(&lex)) {
		if (str_is(dot.raw, ".") && dot.kind == SQL_SIGN &&
		    (before.kind == SQL_WORD || before.kind == SQL_NAME) &&
		    (t.kind == SQL_WORD || t.kind == SQL_NAME) &&
		    rules_want_table(f->rules, sql_token_value(&lex, &before, &f->arena),
				     sql_token_value(&lex, &t, &f->arena)))
			return true;
		before = dot;
		dot = t;
	}
	return false;
}

static bool may_be_wanted(struct filter *f, const struct ddl_event *ddl)
{
	for (size_t i = 0; i < ddl->n_tables; i++)
		if (is_listed(f, &ddl->tables[i]))
			return true;
	if (ddl->n_tables > 0)
		return false;
	return ddl->schema.n == 0 || rules_want_schema(f->rules, ddl->schema) || names_wanted(f, ddl);
}

/* What is not understood stops the task, unless nothing of it is wanted or a sql-pattern says that it may go. DM asks
 * the rules for all schemas, those of the default one are asked here too. */
static bool filter_unknown(struct filter *f, const struct ddl_event *ddl, struct err *e)
{
	const struct event_name names[] = { { ddl->schema, STR_LIT("") }, { STR_LIT(""), STR_LIT("") } };

	if (!may_be_wanted(f, ddl))
		return drop_ddl(f, ddl, "it is about nothing that is wanted");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		enum rules_answer got =
			rules_want_ddl(f->rules, names[i].schema, names[i].table, ddl->kind, ddl->sql, e);

		if (got == RULES_DROP)
			return drop_ddl(f, ddl, "a filter ignores it");
		if (got == RULES_ERROR)
			return err_at(e, "at %.*s", STR(ddl_place(ddl)));
	}
	return err_set(e, &err_statement_unknown, "at %.*s (database '%.*s'): %s: %.*s", STR(ddl_place(ddl)),
		       STR(ddl->schema),
		       str_is(ddl->kind, "dml") ? "a change of rows stands in the log as a statement"
						: "the statement is not understood",
		       STR(str_first(ddl->sql, 600)));
}

static bool filter_single(struct filter *f, const struct ddl_event *ddl, struct str line, struct err *e)
{
	const struct event_name schema = { ddl->schema, STR_LIT("") };
	enum verdict got = judge(f, ddl, ddl->n_tables ? &ddl->tables[0] : &schema, ddl->kind, e);

	switch (got) {
	case KEEP:
		return pass_line(f, line, e);
	case UNWANTED:
		return drop_ddl(f, ddl, "not wanted");
	case IGNORED:
		return drop_ddl(f, ddl, "a filter ignores it");
	case FAILED:
		break;
	}
	return false;
}

static bool filter_kind(struct filter *f, const struct ddl_event *ddl, struct str line, struct err *e)
{
	switch (ddl_kind_of_name(ddl->kind)) {
	case DDL_UNKNOWN: case DDL_DML:
		return filter_unknown(f, ddl, e);
	case DDL_OTHER: case DDL_TRANSACTION: case DDL_CREATE_VIEW: case DDL_DROP_VIEW:
		return drop_ddl(f, ddl, "such statements are not replicated");
	case DDL_ALTER_TABLE:
		return filter_alter(f, ddl, line, e);
	case DDL_DROP_TABLE: case DDL_RENAME_TABLE:
		if (ddl->n_tables > 1)
			return filter_groups(f, ddl, line, e);
		break;
	case DDL_CREATE_DATABASE: case DDL_ALTER_DATABASE: case DDL_DROP_DATABASE:
	case DDL_CREATE_TABLE: case DDL_TRUNCATE_TABLE: case DDL_CREATE_INDEX: case DDL_DROP_INDEX:
		break;
	}
	return filter_single(f, ddl, line, e);
}

/* What a statement made of a table, the next table line tells. */
static void forget_changed(struct filter *f, const struct ddl_event *ddl)
{
	enum ddl_kind kind = ddl_kind_of_name(ddl->kind);

	if (kind == DDL_DROP_DATABASE || kind == DDL_UNKNOWN)
		forget_tables(f);
	for (size_t i = 0; kind != DDL_TRUNCATE_TABLE && i < ddl->n_tables; i++)
		forget_table(f, &ddl->tables[i]);
}

bool filter_ddl(struct filter *f, struct err *e)
{
	struct ddl_event ddl;
	struct str line;

	if (!line_rest(f->in, &f->spill, &line, e) || !ddl_line_parse(&ddl, line, &f->arena, e))
		return false;
	if (!filter_kind(f, &ddl, line, e))
		return ddl_line_err(&ddl, e);
	forget_changed(f, &ddl);
	return true;
}
