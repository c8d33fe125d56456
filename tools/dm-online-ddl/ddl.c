/* ddl.c - statements: passed on, remembered, or done with. */
#include "online.h"

#include "base/log.h"
#include "rules/split.h"
#include "text/sql_lex.h"

static const struct err_kind err_mixed = {
	.code = 36552, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "run upstream's change downstream by hand, and start behind this statement with 'dm-meta checkpoint set'",
};
static const struct err_kind err_drop_swap = {
	.code = 36553, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "ignore the event 'drop table' of this table with a filter, so that its rows stay until the change is "
		      "done; where the change was given up, delete its row of TASK_onlineddl",
};

enum { SHOWN = 300 };

struct str online_place(const struct ddl_event *ddl)
{
	return ddl->at.n ? ddl->at : ddl->pos;
}

bool online_pass(struct online *o, struct str line, struct err *e)
{
	return line_put(o->out, line, e) && line_put(o->out, STR_LIT("\n"), e);
}

static bool put_made(struct online *o, struct err *e)
{
	return buf_ok(&o->made, "a line of the stream", e) && line_put(o->out, buf_str(&o->made), e);
}

static bool drop(const struct ddl_event *ddl, const char *why)
{
	log_debug("dropped the statement at %.*s (%s): %.*s", STR(online_place(ddl)), why, STR(str_first(ddl->sql, 200)));
	return true;
}

bool online_put_part(struct online *o, const struct ddl *parsed, const struct ddl_event *ddl, const bool *keep,
		     struct err *e)
{
	struct ddl_event part = *ddl;

	ddl_event_cut(&part, keep, split_group(parsed), &o->arena);
	if (part.n_tables == 0)
		return true;
	buf_clear(&o->made);
	split_put(&o->made, parsed, keep);
	if (!buf_ok(&o->made, "a statement", e))
		return false;
	part.sql = arena_str(&o->arena, buf_str(&o->made));
	buf_clear(&o->made);
	ddl_line_put(&o->made, &part);
	return put_made(o, e);
}

bool online_forget(struct online *o, const struct event_name *name, struct str pos, struct err *e)
{
	struct shadow *shadow = shadows_find(&o->shadows, name);
	bool told;

	if (!shadow || shadow_is_done(shadow, pos))
		return true;
	buf_clear(&o->made);
	told = shadow->n > 0 || shadow->holds_real;
	shadow->n = 0;
	shadow->holds_real = false;
	if (told)
		shadow_line_put(&o->made, shadow);
	if (shadow->has_structure)
		shadow_structure_put(&o->made, &shadow->name, STR_LIT("null"));
	shadow->has_structure = false;
	if (shadow_is_empty(shadow))
		shadows_drop(&o->shadows, shadow);
	return put_made(o, e);
}

static bool forget_schema(struct online *o, struct str schema, struct str pos, struct err *e)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&o->shadows.by_name, &at))) {
		struct shadow *shadow = entry->value;

		if (!str_eq(shadow->name.schema, schema) || shadow_is_done(shadow, pos) ||
		    !(shadow->n > 0 || shadow->holds_real || shadow->has_structure))
			continue;
		if (!online_forget(o, &shadow->name, pos, e))
			return false;
		at = 0;			/* the map may be a new one */
	}
	return true;
}

/* Kept with its names spelled out, so that it means the same wherever it is read again. */
static bool remember(struct online *o, const struct named *n, const struct ddl *parsed, const struct ddl_event *ddl,
		     struct err *e)
{
	struct stored stored = {
		.sql_mode = ddl->sql_mode, .charset = ddl->charset, .collation = ddl->collation,
		.time_zone = ddl->time_zone, .pos = online_place(ddl),
	};
	struct shadow *shadow = shadows_want(&o->shadows, &n->name);

	if (shadow_is_done(shadow, ddl->pos))
		return drop(ddl, "the change that it belongs to is done");
	buf_clear(&o->made);
	ddl_put_renamed(&o->made, parsed, parsed->names);
	if (!buf_ok(&o->made, "a statement", e))
		return false;
	stored.sql = buf_str(&o->made);
	if (!shadow_add(shadow, &stored))
		return drop(ddl, "it is remembered already");
	log_debug("remembered the statement at %.*s: %.*s", STR(online_place(ddl)), STR(str_first(ddl->sql, 200)));
	buf_clear(&o->made);
	shadow_line_put(&o->made, shadow);
	return put_made(o, e);
}

/* pt-online-schema-change's drop_swap drops the real table, and renames the new one in a statement of its own: downstream, the
 * rows would be gone. */
static bool check_drop(struct online *o, const struct named *n, const struct ddl_event *ddl, struct err *e)
{
	struct map_entry *entry;
	struct str real;
	struct err ignored = { 0 };
	size_t at = 0;

	while (n->wanted && (entry = map_next(&o->shadows.by_name, &at))) {
		const struct shadow *shadow = entry->value;

		if (shadow->n == 0 || !str_eq(shadow->name.schema, n->name.schema) ||
		    online_class_of(&o->names, shadow->name.table, &real) != ONLINE_SHADOW ||
		    !str_eq(real, n->name.table))
			continue;
		if (rules_want_ddl(o->rules, n->name.schema, n->name.table, ddl->kind, ddl->sql, &ignored) != RULES_KEEP)
			return true;
		return err_set(e, &err_drop_swap, "at %.*s: table '%.*s.%.*s' is dropped while an online change of it, in '%.*s', "
			       "is not finished", STR(online_place(ddl)), STR(n->name.schema), STR(n->name.table),
			       STR(shadow->name.table));
	}
	return true;
}

static bool drop_tables(struct online *o, const struct ddl *parsed, const struct ddl_event *ddl, struct str line,
			struct err *e)
{
	bool *keep = arena_array(&o->arena, ddl->n_tables, sizeof(*keep));
	size_t n_kept = 0;

	for (size_t i = 0; i < ddl->n_tables; i++) {
		struct named n = online_named(o, ddl->tables[i].schema, ddl->tables[i].table);

		keep[i] = n.class == ONLINE_REAL;
		n_kept += keep[i];
		if (!(keep[i] ? check_drop(o, &n, ddl, e) : online_forget(o, &n.name, ddl->pos, e)))
			return false;
	}
	if (n_kept == ddl->n_tables)
		return online_pass(o, line, e);
	return n_kept == 0 ? drop(ddl, "only tables of online changes") : online_put_part(o, parsed, ddl, keep, e);
}

static bool begins_with(const struct ddl *parsed, const char *word)
{
	struct sql_lex lex;

	sql_lex_init(&lex, parsed->sql, parsed->lex_flags);
	return str_is_nocase(sql_lex_next(&lex).raw, word);
}

/* Of one shadow table: kept like any other, so that dm-filter stops at it only where it takes effect. Of several names
 * nobody knows what becomes of them. */
static bool not_understood(struct online *o, const struct named *n, const struct ddl *parsed, const struct ddl_event *ddl,
			   struct str line, struct err *e)
{
	struct err ignored = { 0 };

	if (parsed->n_tables == 1 && !begins_with(parsed, "rename"))
		return n->class == ONLINE_SHADOW ? remember(o, n, parsed, ddl, e) : drop(ddl, "a trash table");
	if (rules_want_ddl(o->rules, n->name.schema, STR_LIT(""), ddl->kind, ddl->sql, &ignored) == RULES_DROP)
		return online_pass(o, line, e);
	return err_set(e, &err_statement_unknown, "at %.*s (database '%.*s'): the statement is not understood: %.*s",
		       STR(online_place(ddl)), STR(ddl->schema), STR(str_first(ddl->sql, SHOWN)));
}

static bool alter_with_rename(struct online *o, const struct ddl *parsed, const struct ddl_event *ddl, struct str line,
			      struct err *e)
{
	if (split_is_only_rename(parsed))
		return online_rename(o, parsed, ddl, line, e);
	return err_set(e, &err_mixed, "at %.*s: a table of an online change is altered and gets another name in one statement: %.*s",
		       STR(online_place(ddl)), STR(str_first(ddl->sql, SHOWN)));
}

/* The first table decides, and is none that stays. */
static bool take_special(struct online *o, const struct named *n, const struct ddl *parsed, const struct ddl_event *ddl,
			 struct str line, struct err *e)
{
	if (!n->wanted)
		return drop(ddl, "the real table is not wanted");
	if (parsed->kind == DDL_UNKNOWN)
		return not_understood(o, n, parsed, ddl, line, e);
	if (parsed->kind == DDL_CREATE_TABLE)
		return online_forget(o, &n->name, ddl->pos, e) && drop(ddl, "a table of an online change");
	/* Its rows are not followed, so what it has lost does not matter. DM would empty the real table. */
	if (n->class == ONLINE_TRASH || parsed->kind == DDL_TRUNCATE_TABLE)
		return drop(ddl, "a table of an online change");
	return remember(o, n, parsed, ddl, e);
}

static bool take_parsed(struct online *o, const struct ddl *parsed, const struct ddl_event *ddl, struct str line,
			struct err *e)
{
	struct named n = online_named(o, ddl->tables[0].schema, ddl->tables[0].table);

	switch (parsed->kind) {
	case DDL_RENAME_TABLE:
		return online_rename(o, parsed, ddl, line, e);
	case DDL_DROP_TABLE:
		return drop_tables(o, parsed, ddl, line, e);
	case DDL_ALTER_TABLE:
		if (ddl->n_tables == 2)
			return alter_with_rename(o, parsed, ddl, line, e);
		break;
	case DDL_UNKNOWN: case DDL_CREATE_TABLE: case DDL_TRUNCATE_TABLE: case DDL_CREATE_INDEX: case DDL_DROP_INDEX:
		break;
	case DDL_DROP_DATABASE:
		return forget_schema(o, ddl->tables[0].schema, ddl->pos, e) && online_pass(o, line, e);
	case DDL_OTHER: case DDL_TRANSACTION: case DDL_DML: case DDL_CREATE_DATABASE: case DDL_ALTER_DATABASE:
	case DDL_CREATE_VIEW: case DDL_DROP_VIEW:
		return online_pass(o, line, e);
	}
	return n.class == ONLINE_REAL ? online_pass(o, line, e) : take_special(o, &n, parsed, ddl, line, e);
}

/* Most statements are about real tables only. */
static bool is_ours(struct online *o, const struct ddl_event *ddl)
{
	enum ddl_kind kind = ddl_kind_of_name(ddl->kind);

	for (size_t i = 0; i < ddl->n_tables; i++)
		if (online_named(o, ddl->tables[i].schema, ddl->tables[i].table).class != ONLINE_REAL)
			return true;
	return ddl->n_tables > 0 && o->shadows.by_name.live > 0 && (kind == DDL_DROP_DATABASE || kind == DDL_DROP_TABLE);
}

bool online_ddl(struct online *o, struct err *e)
{
	struct ddl_event ddl;
	struct ddl parsed;
	struct str line;

	if (!line_rest(o->in, &o->spill, &line, e) || !ddl_line_parse(&ddl, line, &o->arena, e))
		return false;
	if (ddl.routed)
		return err_set(e, &err_online_stream, "the statement at %.*s has been routed before", STR(online_place(&ddl)));
	if (!is_ours(o, &ddl))
		return online_pass(o, line, e);
	ddl_parse(&parsed, &o->arena, ddl.sql, ddl.schema, ddl.sql_mode, o->mariadb);
	if (parsed.n_tables != ddl.n_tables)
		return err_set(e, &err_stream_syntax, "the statement at %.*s names %zu tables, its line %zu",
			       STR(online_place(&ddl)), parsed.n_tables, ddl.n_tables);
	return take_parsed(o, &parsed, &ddl, line, e) || ddl_line_err(&ddl, e);
}
