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

static bool defines_column(const struct ddl_change *c)
{
	return c->op == OP_ADD_COLUMN || c->op == OP_CHANGE_COLUMN;
}

static bool changes_column(enum ddl_op op)
{
	return op == OP_DROP_COLUMN || op == OP_CHANGE_COLUMN || op == OP_RENAME_COLUMN || op == OP_SET_DEFAULT ||
	       op == OP_DROP_DEFAULT || op == OP_HIDE_COLUMN || op == OP_SHOW_COLUMN;
}

static bool adds_column(const struct maker *m, struct str name)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next)
		if (c->op == OP_ADD_COLUMN && str_eq_nocase(c->column->name, name))
			return true;
	return false;
}

/* MariaDB lets a clause change a column that another one of the same statement adds, by rules of its own. */
static bool changes_added_column(const struct maker *m, const struct ddl_change *c)
{
	return adds_column(m, c->name) || (c->op == OP_CHANGE_COLUMN && adds_column(m, c->column->name));
}

/* Every column that a clause speaks of must be there. */
static bool check_columns(struct maker *m, struct err *e)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		if (!changes_column(c->op) || table_find_column(m->old, c->name) != SIZE_MAX)
			continue;
		if (changes_added_column(m, c))
			m->unknown = true;
		else if (!c->if_exists)
			return contradicts(m, e, "is not there", c->name);
	}
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

/* Other changes of columns and charsets in the same statement do not mix well with it. */
static void convert_columns(struct maker *m)
{
	bool convert = false, others = false;

	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		others |= defines_column(c) || c->op == OP_TABLE_CHARSET ||
			  (convert && c->op == OP_CONVERT);
		convert |= c->op == OP_CONVERT;
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

/* How much of a value the index of a long column holds is the engine's choice, and chosen again with each type. */
static bool prefix_is_unsure(const struct maker *m, const struct column *old, const struct key_part *part)
{
	size_t at = table_find_column(&m->made, part->column);
	const struct column *now = at == SIZE_MAX ? NULL : &m->made.columns[at];
	bool text = now && (str_ends(now->type, STR_LIT("text")) || str_ends(now->type, STR_LIT("blob")));
	bool other_long = now && !text && now->base64 && !str_ends(now->type, STR_LIT(")"));

	return (other_long || (text && part->prefix == 0)) && !column_type_equal(now->type, old->type);
}

/* Is the prefix still shorter than the column? Of a column that changed its type, only a prefix of what can have one stays. */
static unsigned new_prefix(const struct table *made, struct str column, unsigned prefix)
{
	size_t at = prefix ? table_find_column(made, column) : SIZE_MAX;
	struct str type = at == SIZE_MAX ? STR_LIT("") : made->columns[at].type, inside;
	bool sized = column_type_is(type, "char") || column_type_is(type, "varchar") || column_type_is(type, "binary") ||
		     column_type_is(type, "varbinary");
	uint64_t size = 0;

	if (at == SIZE_MAX || str_ends(type, STR_LIT("text")) || (made->columns[at].base64 && !sized))
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
			m->unknown |= old->unique && prefix_is_unsure(m, &m->old->columns[at], &part);
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

/* PRIMARY KEY and UNIQUE behind a column. IF EXISTS and IF NOT EXISTS hold for these by themselves: the key may be new where the
 * column is not. For MariaDB, UNIQUE PRIMARY KEY is one key. */
static void add_inline_keys(struct maker *m, const struct ddl_change *change)
{
	const struct ddl_column *c = change->column;
	struct key_part part = { c->name, 0 };
	struct ddl_key primary = { .kind = KEY_PRIMARY, .n_parts = 1, .parts = &part };
	struct ddl_key unique = { .kind = KEY_UNIQUE, .n_parts = 1, .parts = &part };

	if (c->primary && !(change->if_exists && table_find_key(m->old, STR_LIT("PRIMARY")) != SIZE_MAX))
		make_key(m, &primary);
	if ((c->unique || column_type_is(c->type, "serial")) && !(c->primary && m->mariadb) &&
	    !(change->if_exists && table_find_key(m->old, c->name) != SIZE_MAX))
		make_key(m, &unique);
}

/* The index of a foreign key is only made where no other key does. REFERENCES behind a column is one in MariaDB, and in MySQL
 * depends on its version; there it is left out, since such an index identifies nothing anyway. */
static void add_foreign_keys(struct maker *m)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		struct key_part part = { c->column ? c->column->name : STR_NONE, 0 };
		struct ddl_key key = { .kind = KEY_FOREIGN, .n_parts = 1, .parts = &part };

		if (c->op == OP_ADD_KEY && c->key->kind == KEY_FOREIGN)
			make_key(m, c->key);
		else if (m->mariadb && defines_column(c) && c->column->references)
			make_key(m, &key);
	}
}

static void add_keys(struct maker *m)
{
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		if (defines_column(c))
			add_inline_keys(m, c);
		if (c->op == OP_ADD_KEY && c->key->kind != KEY_FOREIGN && !key_is_there(m, c))
			make_key(m, c->key);
	}
	add_foreign_keys(m);
}

static void forbid_null(struct column *column)
{
	column->nullable = false;
	column->has_default &= !str_is(column->def, "NULL");
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
				forbid_null(&m->made.columns[at]);
		}
	}
	return true;
}

/* The column that ends a version is known by its own words; where there is none, it is hidden. */
static void settle_versioning(struct maker *m)
{
	m->made.versioned = m->old->versioned;
	m->made.row_end = m->old->row_end;
	for (const struct ddl_change *c = m->ddl->changes; c; c = c->next) {
		if (c->op == OP_VERSION)
			m->made.versioned = true;
		if (c->op == OP_UNVERSION)
			m->made.versioned = false;
		if (defines_column(c) && c->column->row_end)
			m->made.row_end = c->column->name;
	}
	if (!m->made.versioned)
		m->made.row_end = STR_LIT("");
	m->made.row_end = arena_str(&m->made.arena, m->made.row_end);
	m->unknown |= m->made.row_end.n > 0 && table_find_column(&m->made, m->made.row_end) == SIZE_MAX;
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
	settle_versioning(m);
	for (size_t i = 0; i < m->old->n_keys; i++)
		if (!is_dropped(m, &m->old->keys[i]))
			keep_key(m, &m->old->keys[i], new_names);
	add_keys(m);
	return settle_primary(m, e);
}
