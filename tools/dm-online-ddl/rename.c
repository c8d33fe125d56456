/*
 * rename.c - the end of an online change: the shadow table takes the real one's place.
 *
 * RENAME TABLE is judged pair by pair, as DM does, and ALTER TABLE ... RENAME TO in the same way, which is how gh-ost's
 * two-step cut-over says it.
 */
#include "online.h"

#include "base/log.h"

static const struct err_kind err_rule_mistake = {
	.code = 20049, .class = "config", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "please update your 'shadow-table-rules' or 'trash-table-rules' in the configuration file",
};
static const struct err_kind err_several = {
	.code = 36041, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "run what both changes mean downstream by hand, and ignore the event 'rename table' of the two tables "
		      "with a filter",
};
static const struct err_kind err_to_shadow = {
	.code = 36044, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "do by hand downstream what this means, and ignore the event 'rename table' of the table with a filter",
};
static const struct err_kind err_shadow_to_shadow = {
	.code = 36045, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "do by hand downstream what this means, and ignore the event 'rename table' of the real table with a "
		      "filter",
};
static const struct err_kind err_none_stored = {
	.code = 36046, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "the place to start at lies in the midst of this change: write its statements into TASK_onlineddl, as "
		      "dm-online-ddl(1) shows, and start again; or run what they mean downstream by hand, and ignore the "
		      "event 'rename table' of the real table with a filter",
};
static const struct err_kind err_comes_in = {
	.code = 36554, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "load the table's rows downstream by hand, and ignore its event 'rename table' with a filter",
};

struct pair {
	struct named from, to;
	enum { IGNORE, KEEP, FOLD } what;
};

struct renames {
	const struct ddl *parsed;
	const struct ddl_event *ddl;
	size_t n;
	struct pair *pairs;
};

/* An error, but where a filter says that the statement may be ignored: *what is IGNORE then. */
static bool refuse(struct online *o, const struct renames *r, struct pair *p, struct str real, struct err *e,
		   const struct err *why)
{
	struct err ignored = { 0 };

	p->what = IGNORE;
	if (rules_want_ddl(o->rules, p->from.name.schema, real, STR_LIT("rename table"), r->ddl->sql, &ignored) == RULES_DROP)
		return true;
	*e = *why;
	return err_at(e, "at %.*s", STR(online_place(r->ddl)));
}

static bool is_name(const struct event_name *name, struct str schema, struct str table)
{
	return str_eq(name->schema, schema) && str_eq(name->table, table);
}

/* The table whose place the shadow table is to take. */
static bool takes_its_place(const struct pair *p)
{
	return p->from.class == ONLINE_SHADOW && is_name(&p->to.name, p->from.name.schema, p->from.real);
}

/* real -> trash, shadow -> real: where only one half looks so, a rule is wrong, and the change would be lost. */
static bool check_half(struct online *o, const struct renames *r, struct pair *p, struct err *e)
{
	const struct event_name *real = takes_its_place(p) ? &p->to.name : &p->from.name;
	struct err why = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const struct pair *other = &r->pairs[i];
		bool left = takes_its_place(p) && is_name(&other->from.name, real->schema, real->table) &&
			    other->to.class == ONLINE_REAL;
		bool came = !takes_its_place(p) && is_name(&other->to.name, real->schema, real->table) &&
			    other->from.class == ONLINE_REAL;

		if (!left && !came)
			continue;
		err_set(&why, &err_rule_mistake, "online ddl sql '%.*s' invalid, table '%.*s' fail to match '%s' online ddl regex",
			STR(str_first(r->ddl->sql, 300)), STR(left ? other->to.name.table : other->from.name.table),
			left ? "trash" : "shadow");
		return refuse(o, r, p, real->table, e, &why);
	}
	return true;
}

static bool check_halves(struct online *o, const struct renames *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++) {
		struct pair *p = &r->pairs[i];
		bool half = (takes_its_place(p) && p->to.wanted) ||
			    (p->from.class == ONLINE_REAL && p->to.class == ONLINE_TRASH && p->from.wanted);

		if (half && !check_half(o, r, p, e))
			return false;
	}
	return true;
}

static bool judge_real(struct online *o, const struct renames *r, struct pair *p, struct err *e)
{
	struct err why = { 0 };

	p->what = p->to.class == ONLINE_REAL ? KEEP : IGNORE;
	if (p->to.class != ONLINE_SHADOW || !p->from.wanted)
		return true;
	err_set(&why, &err_to_shadow, "rename table to ghost table '%.*s' not supported: %.*s", STR(p->to.name.table),
		STR(str_first(r->ddl->sql, 300)));
	return refuse(o, r, p, p->from.name.table, e, &why);
}

/* Its rows were never sent, so it can become a real table only by taking the place that it was made for. */
static bool comes_in(struct online *o, const struct renames *r, struct pair *p, struct err *e)
{
	struct err why = { 0 };

	if (!p->to.wanted)
		return true;
	err_set(&why, &err_comes_in, "table '%.*s.%.*s' of an online change gets the name '%.*s.%.*s': its rows were never "
		"sent", STR(p->from.name.schema), STR(p->from.name.table), STR(p->to.name.schema),
		STR(p->to.name.table));
	return refuse(o, r, p, p->to.name.table, e, &why);
}

static bool to_shadow(struct online *o, const struct renames *r, struct pair *p, struct err *e)
{
	struct err why = { 0 };

	if (!p->from.wanted)
		return true;
	err_set(&why, &err_shadow_to_shadow, "rename ghost table to other ghost table '%.*s' not supported: %.*s",
		STR(p->to.name.table), STR(str_first(r->ddl->sql, 300)));
	return refuse(o, r, p, p->from.real, e, &why);
}

static bool judge_trash(struct online *o, const struct renames *r, struct pair *p, struct err *e)
{
	const struct shadow *memory = shadows_find(&o->shadows, &p->from.name);

	p->what = IGNORE;
	if (p->to.class == ONLINE_SHADOW)
		return to_shadow(o, r, p, e);
	/* gh-ost takes a cut-over back: downstream the table has never left. */
	if (p->to.class == ONLINE_TRASH || (memory && memory->holds_real &&
					    is_name(&p->to.name, p->from.name.schema, p->from.real)))
		return true;
	return comes_in(o, r, p, e);
}

static bool judge_shadow(struct online *o, const struct renames *r, struct pair *p, struct err *e)
{
	const struct shadow *memory = shadows_find(&o->shadows, &p->from.name);
	struct err why = { 0 };

	p->what = IGNORE;
	if (p->to.class == ONLINE_SHADOW)
		return to_shadow(o, r, p, e);
	if (p->to.class == ONLINE_TRASH)
		return true;
	if (!takes_its_place(p))
		return comes_in(o, r, p, e);
	if (!p->to.wanted || (memory && shadow_is_done(memory, r->ddl->pos)))
		return true;
	if (memory && memory->n > 0) {
		p->what = FOLD;
		return true;
	}
	err_set(&why, &err_none_stored, "online ddls on ghost table `%.*s`.`%.*s`: none was seen before '%.*s'",
		STR(p->from.name.schema), STR(p->from.name.table), STR(str_first(r->ddl->sql, 300)));
	return refuse(o, r, p, p->to.name.table, e, &why);
}

/* *folds: the pair that ends an online change, or n. */
static bool judge(struct online *o, const struct renames *r, size_t *folds, struct err *e)
{
	*folds = r->n;
	for (size_t i = 0; i < r->n; i++) {
		struct pair *p = &r->pairs[i];
		bool ok = p->from.class == ONLINE_REAL ? judge_real(o, r, p, e) :
			  p->from.class == ONLINE_TRASH ? judge_trash(o, r, p, e) : judge_shadow(o, r, p, e);

		if (!ok)
			return false;
		if (p->what != FOLD)
			continue;
		if (*folds < r->n)
			return err_set(e, &err_several, "at %.*s: online ddl changes on multiple table: '%.*s' and '%.*s' not "
				       "supported", STR(online_place(r->ddl)), STR(r->pairs[*folds].to.name.table),
				       STR(p->to.name.table));
		*folds = i;
	}
	return true;
}

/* One statement of the change, about the real table, at the place of the RENAME. */
static bool put_one(struct online *o, const struct ddl_event *rename, const struct stored *stored,
		    const struct event_name *shadow, const struct event_name *real, struct err *e)
{
	struct ddl_event ddl = *rename;
	struct ddl_name *to;
	struct ddl parsed;

	ddl_parse(&parsed, &o->arena, stored->sql, shadow->schema, stored->sql_mode, o->mariadb);
	to = arena_array(&o->arena, parsed.n_names, sizeof(*to));
	ddl.tables = ddl.to = arena_array(&o->arena, parsed.n_names, sizeof(*ddl.tables));
	for (size_t i = 0; i < parsed.n_names; i++) {
		to[i] = parsed.names[i];
		if (is_name(shadow, to[i].schema, to[i].table)) {
			to[i].schema = real->schema;
			to[i].table = real->table;
		}
		ddl.tables[i] = (struct event_name){ to[i].schema, to[i].table };
	}
	ddl.n_tables = parsed.n_tables;
	buf_clear(&o->made);
	ddl_put_renamed(&o->made, &parsed, to);
	if (!buf_ok(&o->made, "a statement", e))
		return false;
	ddl.sql = arena_str(&o->arena, buf_str(&o->made));
	ddl.kind = str_of(ddl_kind_name(parsed.kind));
	ddl.schema = real->schema;
	ddl.sql_mode = stored->sql_mode;
	ddl.charset = stored->charset;
	ddl.collation = stored->collation;
	ddl.time_zone = stored->time_zone;
	buf_clear(&o->made);
	ddl_line_put(&o->made, &ddl);
	return buf_ok(&o->made, "a line of the stream", e) && line_put(o->out, buf_str(&o->made), e);
}

static bool put_folded(struct online *o, const struct renames *r, const struct pair *p, struct err *e)
{
	const struct shadow *shadow = shadows_find(&o->shadows, &p->from.name);

	log_notice("at %.*s: the online change of '%.*s.%.*s' is done, by %zu statement%s", STR(online_place(r->ddl)),
		   STR(p->to.name.schema), STR(p->to.name.table), shadow->n, shadow->n == 1 ? "" : "s");
	for (size_t i = 0; i < shadow->n; i++)
		if (!put_one(o, r->ddl, &shadow->ddls[i], &p->from.name, &p->to.name, e))
			return false;
	return true;
}

static bool put_kept(struct online *o, const struct renames *r, size_t from, size_t to, struct err *e)
{
	bool *keep = arena_array(&o->arena, r->n, sizeof(*keep));

	for (size_t i = from; i < to; i++)
		keep[i] = r->pairs[i].what == KEEP;
	return online_put_part(o, r->parsed, r->ddl, keep, e);
}

/* The trash tables that hold this real table hold an old one now. */
static bool place_is_taken(struct online *o, const struct event_name *real, struct str pos, struct err *e)
{
	struct map_entry *entry;
	struct str name;
	size_t at = 0;

	while ((entry = map_next(&o->shadows.by_name, &at))) {
		const struct shadow *memory = entry->value;

		if (!memory->holds_real || !str_eq(memory->name.schema, real->schema) ||
		    online_class_of(&o->names, memory->name.table, &name) == ONLINE_REAL || !str_eq(name, real->table))
			continue;
		if (!online_forget(o, &memory->name, pos, e))
			return false;
		at = 0;
	}
	return true;
}

/* The real table has left, and the shadow table may follow in the next statement, or never. */
static bool note_left(struct online *o, const struct renames *r, const struct pair *p, struct err *e)
{
	struct shadow *memory;

	for (size_t i = 0; i < r->n; i++)
		if (is_name(&p->from.name, r->pairs[i].to.name.schema, r->pairs[i].to.name.table))
			return true;
	log_notice("at %.*s: table '%.*s.%.*s' gets the name '%.*s'; downstream it stays", STR(online_place(r->ddl)),
		   STR(p->from.name.schema), STR(p->from.name.table), STR(p->to.name.table));
	memory = shadows_want(&o->shadows, &p->to.name);
	memory->holds_real = true;
	buf_clear(&o->made);
	shadow_line_put(&o->made, memory);
	return line_put(o->out, buf_str(&o->made), e);
}

/* A restart may read this RENAME again, when what led to it is forgotten. */
static bool note_done(struct online *o, const struct renames *r, const struct pair *p, struct err *e)
{
	struct shadow *memory;

	if (o->resume.n == 0)
		return true;
	memory = shadows_want(&o->shadows, &p->from.name);
	shadow_add_done(memory, r->ddl->pos);
	buf_clear(&o->made);
	shadow_line_put(&o->made, memory);
	return line_put(o->out, buf_str(&o->made), e);
}

static bool update_memory(struct online *o, const struct renames *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct pair *p = &r->pairs[i];
		bool left = p->from.class == ONLINE_REAL && p->to.class == ONLINE_TRASH && p->from.wanted;

		if (p->from.class != ONLINE_REAL && !online_forget(o, &p->from.name, r->ddl->pos, e))
			return false;
		if (p->what == FOLD && (!place_is_taken(o, &p->to.name, r->ddl->pos, e) || !note_done(o, r, p, e)))
			return false;
		if (left && !note_left(o, r, p, e))
			return false;
	}
	return true;
}

bool online_rename(struct online *o, const struct ddl *parsed, const struct ddl_event *ddl, struct str line,
		   struct err *e)
{
	struct renames r = { parsed, ddl, ddl->n_tables / 2, arena_array(&o->arena, ddl->n_tables / 2, sizeof(*r.pairs)) };
	size_t folds;

	for (size_t i = 0; i < r.n; i++) {
		const struct event_name *from = &ddl->tables[2 * i], *to = from + 1;

		r.pairs[i].from = online_named(o, from->schema, from->table);
		r.pairs[i].to = online_named(o, to->schema, to->table);
	}
	if (!check_halves(o, &r, e) || !judge(o, &r, &folds, e))
		return false;
	if (parsed->kind == DDL_ALTER_TABLE && r.pairs[0].what == KEEP)
		return online_pass(o, line, e);
	if (parsed->kind == DDL_RENAME_TABLE && !put_kept(o, &r, 0, folds, e))
		return false;
	if (folds < r.n && !put_folded(o, &r, &r.pairs[folds], e))
		return false;
	if (parsed->kind == DDL_RENAME_TABLE && !put_kept(o, &r, folds, r.n, e))
		return false;
	return update_memory(o, &r, e);
}
