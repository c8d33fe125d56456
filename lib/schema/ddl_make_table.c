/*
 * ddl_make_table.c - all clauses of a statement at once, as the server takes them: names of columns and keys that stand in a
 * clause are those before the statement, places (AFTER) and new keys speak of those after it.
 */
#include "schema/ddl_make.h"

const struct err_kind err_ddl_structure = {
	.code = 44006, .class = "schema-tracker", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "the structure that is known is not the one that the statement ran on: give the structure of that place in the log",
};

static bool contradicts(const struct maker *m, struct err *e, const char *what, struct str name)
{
	return err_set(e, &err_ddl_structure, "%s of '%.*s.%.*s': column '%.*s' %s", ddl_kind_name(m->ddl->kind),
		       STR(m->made.schema), STR(m->made.name), STR(name), what);
}

static bool changes_column(enum ddl_op op)
{
	return op == OP_DROP_COLUMN || op == OP_CHANGE_COLUMN || op == OP_RENAME_COLUMN || op == OP_SET_DEFAULT ||
	       op == OP_DROP_DEFAULT || op == OP_HIDE_COLUMN || op == OP_SHOW_COLUMN;
}

/* Every column that a clause speaks of must be there. */
static bool check_columns(const struct maker *m, struct err *e)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next)
		if (changes_column(c->op) && !c->if_exists && table_find_column(m->old, c->name) == SIZE_MAX)
			return contradicts(m, e, "is not there", c->name);
	return true;
}

/* The charset of columns that say nothing is the table's after the statement. */
static void settle_table_charset(struct maker *m)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next)
		if (c->op == OP_TABLE_CHARSET || c->op == OP_CONVERT)
			m->charset = make_charset(m, c->charset);
	m->made.charset = arena_str(&m->made.arena, m->charset);
}

/* One old column under the clauses that name it. gone: it has no place in the new table yet, or never. */
static void keep_column(struct maker *m, const struct column *old, struct str *new_name)
{
	struct column column = *old;
	bool gone = false;

	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		if (!changes_column(c->op) || !str_eq_nocase(c->name, old->name))
			continue;
		if (c->op == OP_DROP_COLUMN) {
			*new_name = STR_NONE;
			return;
		}
		if (c->op == OP_CHANGE_COLUMN) {
			make_column(m, c->column, &column);
			gone = c->place != PLACE_UNSAID;
		} else if (c->op == OP_RENAME_COLUMN) {
			column.name = c->new_name;
		} else if (c->op == OP_SET_DEFAULT) {
			settle_default(m, &column, true, c->new_name);
		} else if (c->op == OP_DROP_DEFAULT) {
			column.has_default = false;	/* not even that of NULL */
		} else {
			column.invisible = c->op == OP_HIDE_COLUMN;
		}
	}
	*new_name = column.name;
	if (!gone)
		table_add_column(&m->made, &column, m->made.n_columns);
}

static bool put_at_place(struct maker *m, const struct ddl_change *c, const struct column *column, struct err *e)
{
	size_t at = m->made.n_columns;

	if (c->place == PLACE_FIRST)
		at = 0;
	if (c->place == PLACE_AFTER) {
		at = table_find_column(&m->made, c->after);
		if (at == SIZE_MAX)
			return contradicts(m, e, "is not there", c->after);
		at++;
	}
	table_add_column(&m->made, column, at);
	return true;
}

/* True where IF NOT EXISTS makes nothing of the clause. */
static bool column_is_there(const struct maker *m, const struct ddl_change *c)
{
	return c->if_exists && (table_find_column(m->old, c->column->name) != SIZE_MAX ||
				table_find_column(&m->made, c->column->name) != SIZE_MAX);
}

static bool add_columns(struct maker *m, struct err *e)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		bool moved = c->op == OP_CHANGE_COLUMN && c->place != PLACE_UNSAID &&
			     table_find_column(m->old, c->name) != SIZE_MAX;
		struct column column;

		if (!moved && (c->op != OP_ADD_COLUMN || column_is_there(m, c)))
			continue;
		if (table_find_column(&m->made, c->column->name) != SIZE_MAX)
			return contradicts(m, e, "is there already", c->column->name);
		make_column(m, c->column, &column);
		if (!put_at_place(m, c, &column, e))
			return false;
	}
	return true;
}

/* Other changes of columns in the same statement do not mix well with it. */
static void convert_columns(struct maker *m)
{
	bool convert = false, others = false;

	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		convert |= c->op == OP_CONVERT;
		others |= c->op == OP_ADD_COLUMN || c->op == OP_CHANGE_COLUMN;
	}
	if (!convert)
		return;
	m->unknown |= others || m->charset.n == 0;
	for (size_t i = 0; !m->unknown && i < m->made.n_columns; i++) {
		convert_column(m, &m->made.columns[i], m->charset);
		m->made.columns[i].type = arena_str(&m->made.arena, m->made.columns[i].type);
		m->made.columns[i].charset = arena_str(&m->made.arena, m->made.columns[i].charset);
	}
}

static bool is_dropped(const struct maker *m, const struct key *key)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next)
		if ((c->op == OP_DROP_KEY || (c->op == OP_DROP_CONSTRAINT && key->unique)) && str_eq_nocase(c->name, key->name))
			return true;
	return false;
}

static struct str new_key_name(const struct maker *m, const struct key *key)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next)
		if (c->op == OP_RENAME_KEY && str_eq_nocase(c->name, key->name))
			return c->new_name;
	return key->name;
}

/* Is the prefix still shorter than the column? Of a column that changed its type, only a prefix of what can have one stays. */
static unsigned new_prefix(const struct table *made, struct str column, unsigned prefix)
{
	size_t at = prefix ? table_find_column(made, column) : SIZE_MAX;
	struct str type = at == SIZE_MAX ? STR_LIT("") : made->columns[at].type, inside;
	bool sized = column_type_is(type, "char") || column_type_is(type, "varchar") || column_type_is(type, "binary") ||
		     column_type_is(type, "varbinary");
	uint64_t size = 0;

	if (at == SIZE_MAX || str_ends(type, STR_LIT("text")) || str_ends(type, STR_LIT("blob")))
		return prefix;
	if (!sized || !str_cut(type, '(', NULL, &inside) || !str_to_u64(str_first(inside, inside.n - (inside.n > 0)), &size))
		return 0;
	return size <= prefix ? 0 : prefix;
}

/* A key follows the new names of its columns and loses those that went; with the last of them it goes too. */
static void keep_key(struct maker *m, const struct key *old, const struct str *new_names)
{
	struct key key = { .name = new_key_name(m, old), .unique = old->unique };

	key.parts = arena_array(&m->arena, old->n_parts, sizeof(*key.parts));
	for (size_t i = 0; i < old->n_parts; i++) {
		size_t at = table_find_column(m->old, old->parts[i].column);
		struct key_part part = old->parts[i];

		if (part.column.n > 0 && at != SIZE_MAX) {
			if (!new_names[at].p)
				continue;
			part.column = new_names[at];
			part.prefix = new_prefix(&m->made, part.column, part.prefix);
		}
		key.parts[key.n_parts++] = part;
	}
	if (key.n_parts > 0)
		table_add_key(&m->made, &key);
}

static bool key_is_there(const struct maker *m, const struct ddl_change *c)
{
	struct str name = c->key->kind == KEY_PRIMARY ? STR_LIT("PRIMARY") : c->key->name.n ? c->key->name : c->key->symbol;

	if (name.n == 0 && c->key->n_parts > 0)
		name = c->key->parts[0].column;
	return c->if_exists && (table_find_key(m->old, name) != SIZE_MAX || table_find_key(&m->made, name) != SIZE_MAX);
}

/* PRIMARY KEY and UNIQUE behind a column. */
static void add_inline_keys(struct maker *m, const struct ddl_column *c)
{
	struct key_part part = { c->name, 0 };
	struct ddl_key key = { .kind = KEY_PRIMARY, .n_parts = 1, .parts = &part };

	if (c->primary)
		make_key(m, &key);
	key.kind = KEY_UNIQUE;
	if (c->unique || column_type_is(c->type, "serial"))
		make_key(m, &key);
}

static void add_keys(struct maker *m)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		bool kept = c->op == OP_ADD_COLUMN && c->if_exists && table_find_column(m->old, c->column->name) != SIZE_MAX;

		if ((c->op == OP_ADD_COLUMN && !kept) || c->op == OP_CHANGE_COLUMN)
			add_inline_keys(m, c->column);
		if (c->op == OP_ADD_KEY && c->key->kind != KEY_FOREIGN && !key_is_there(m, c))
			make_key(m, c->key);
	}
	/* The index of a foreign key is only made where no other key does. */
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next)
		if (c->op == OP_ADD_KEY && c->key->kind == KEY_FOREIGN)
			make_key(m, c->key);
}

static bool settle_primary(struct maker *m, struct err *e)
{
	size_t primary = table_find_key(&m->made, STR_LIT("PRIMARY"));

	for (size_t k = 0; k < m->made.n_keys; k++) {
		const struct key *key = &m->made.keys[k];

		for (size_t i = 0; i < key->n_parts; i++) {
			size_t at = key->parts[i].column.n ? table_find_column(&m->made, key->parts[i].column) : SIZE_MAX;

			if (at == SIZE_MAX && key->parts[i].column.n > 0)
				return contradicts(m, e, "is not there", key->parts[i].column);
			if (at != SIZE_MAX && k == primary)
				m->made.columns[at].nullable = false;
		}
	}
	return true;
}

bool make_table(struct maker *m, struct err *e)
{
	struct str *new_names = arena_array(&m->arena, m->old->n_columns + 1, sizeof(*new_names));

	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next)
		m->unknown |= c->op == OP_STRANGE;
	settle_table_charset(m);
	if (!check_columns(m, e))
		return false;
	for (size_t i = 0; i < m->old->n_columns; i++)
		keep_column(m, &m->old->columns[i], &new_names[i]);
	if (!add_columns(m, e))
		return false;
	convert_columns(m);
	for (size_t i = 0; i < m->old->n_keys; i++)
		if (!is_dropped(m, &m->old->keys[i]))
			keep_key(m, &m->old->keys[i], new_names);
	add_keys(m);
	return settle_primary(m, e);
}
