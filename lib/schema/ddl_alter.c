/*
 * ddl_alter.c - ALTER TABLE, one function a clause, found by the words that it begins with.
 */
#include "schema/ddl_words.h"

static bool take_place(struct words *w, struct ddl_change *change)
{
	if (take_words(w, "FIRST"))
		change->place = PLACE_FIRST;
	else if (take_words(w, "AFTER")) {
		change->place = PLACE_AFTER;
		return want_name(w, &change->after);
	}
	return true;
}

static bool want_column_change(struct words *w, struct ddl_change *change, struct str name)
{
	change->column = arena_array(w->a, 1, sizeof(*change->column));
	return want_column(w, change->column, name) && take_place(w, change);
}

static bool add_one_column(struct words *w, size_t start, bool if_not_exists)
{
	struct ddl_change *change = add_change(w, OP_ADD_COLUMN, start);
	struct str name;

	change->if_exists = if_not_exists;
	if (!want_name(w, &name) || !want_column_change(w, change, name))
		return false;
	change->end = w->end;
	return true;
}

/* Clauses know where they begin; where the last of them ends is told here. */
static void note_end(struct words *w, struct ddl_change *const *from)
{
	for (struct ddl_change *change = *from; change; change = change->next)
		if (change->end == change->start)
			change->end = w->end;
}

/* ADD [COLUMN] [IF NOT EXISTS] (a int, b int, KEY (a)) */
static bool add_columns(struct words *w, bool if_not_exists)
{
	bool taken;

	if (!want_sign(w, '('))
		return false;
	w->clause->list = true;
	do {
		struct ddl_change **from = w->tail;

		taken = false;
		if (w->now.kind == SQL_WORD && !take_constraint_or_key(w, &taken))
			return false;
		if (!taken && !add_one_column(w, w->now.start, if_not_exists))
			return false;
		note_end(w, from);
	} while (take_sign(w, ','));
	return want_sign(w, ')');
}

static bool partition_clause(struct words *w, size_t start);

static void set_event(struct words *w, const char *event, const char *also)
{
	w->clause->event = event;
	w->clause->also = also;
}

/* A key or a constraint: DM has one name for all of them. */
static void set_key_event(struct words *w, const struct ddl_change *change)
{
	set_event(w, "modify constraint", change->op != OP_ADD_KEY ? NULL :
					  change->key->kind == KEY_FOREIGN ? "add foreign key" :
					  change->key->kind == KEY_PRIMARY ? "add primary key" : NULL);
}

static bool clause_add(struct words *w, size_t start)
{
	struct ddl_change **from = w->tail;
	bool taken = false, if_not_exists;

	if (at_word(w, "PARTITION")) {
		set_event(w, "alter table", "add table partition");
		w->clause->kind = CLAUSE_PARTITION;
		return partition_clause(w, start);
	}
	if (take_words(w, "SYSTEM VERSIONING")) {
		add_change(w, OP_VERSION, start);
		w->ddl->mariadb_only = "a system-versioned table";
		return true;
	}
	if (!take_period(w, &taken))
		return false;
	if (taken)
		return true;
	if (w->now.kind == SQL_WORD && !take_constraint_or_key(w, &taken))
		return false;
	if (taken) {
		set_key_event(w, *from);
		return true;
	}
	set_event(w, "alter table", "add column");
	take_words(w, "COLUMN");
	if_not_exists = take_if_not_exists(w);
	return at_sign(w, '(') ? add_columns(w, if_not_exists) : add_one_column(w, start, if_not_exists);
}

/* [IF EXISTS] name */
static bool named(struct words *w, enum ddl_op op, size_t start)
{
	struct ddl_change *change = add_change(w, op, start);

	change->if_exists = take_if_exists(w);
	return want_name(w, &change->name);
}

static bool clause_drop_primary(struct words *w, size_t start)
{
	add_change(w, OP_DROP_KEY, start)->name = STR_LIT("PRIMARY");
	return true;
}

static bool clause_drop_key(struct words *w, size_t start)
{
	return named(w, OP_DROP_KEY, start);
}

static bool clause_drop_constraint(struct words *w, size_t start)
{
	return named(w, OP_DROP_CONSTRAINT, start);
}

/* The index that came with a foreign key stays. */
static bool clause_drop_nothing(struct words *w, size_t start)
{
	return named(w, OP_NOTHING, start);
}

static bool clause_strange(struct words *w, size_t start)
{
	add_change(w, OP_STRANGE, start);
	skip_clause(w);
	return true;
}

static bool clause_drop_versioning(struct words *w, size_t start)
{
	add_change(w, OP_UNVERSION, start);
	w->ddl->mariadb_only = "a system-versioned table";
	return true;
}

static bool clause_drop_column(struct words *w, size_t start)
{
	if (!named(w, OP_DROP_COLUMN, start))
		return false;
	if (!take_words(w, "RESTRICT"))
		take_words(w, "CASCADE");
	return true;
}

static bool clause_modify(struct words *w, size_t start)
{
	struct ddl_change *change = add_change(w, OP_CHANGE_COLUMN, start);

	take_words(w, "COLUMN");
	change->if_exists = take_if_exists(w);
	return want_name(w, &change->name) && want_column_change(w, change, change->name);
}

static bool clause_change(struct words *w, size_t start)
{
	struct ddl_change *change = add_change(w, OP_CHANGE_COLUMN, start);
	struct str new_name;

	take_words(w, "COLUMN");
	change->if_exists = take_if_exists(w);
	return want_name(w, &change->name) && want_name(w, &new_name) && want_column_change(w, change, new_name);
}

static bool clause_alter_index(struct words *w, size_t start)
{
	static const char *const states[] = { "VISIBLE", "INVISIBLE", "IGNORED", "NOT IGNORED", NULL };

	return named(w, OP_NOTHING, start) && (take_one_of(w, states) || not_understood(w));
}

static bool clause_alter_check(struct words *w, size_t start)
{
	return named(w, OP_NOTHING, start) && (take_words(w, "ENFORCED") || want_words(w, "NOT ENFORCED"));
}

static bool clause_alter_column(struct words *w, size_t start)
{
	struct ddl_change *change = add_change(w, OP_SET_DEFAULT, start);

	take_words(w, "COLUMN");
	change->if_exists = take_if_exists(w);
	if (!want_name(w, &change->name))
		return false;
	if (take_words(w, "SET DEFAULT"))
		return want_default(w, &change->new_name);
	set_event(w, "alter table", NULL);
	change->op = take_words(w, "DROP DEFAULT") ? OP_DROP_DEFAULT :
		     take_words(w, "SET INVISIBLE") ? OP_HIDE_COLUMN :
		     take_words(w, "SET VISIBLE") ? OP_SHOW_COLUMN : OP_SET_DEFAULT;
	if (change->op == OP_DROP_DEFAULT)
		set_event(w, "modify default value", "set default value");
	return change->op != OP_SET_DEFAULT || not_understood(w);
}

static bool renamed(struct words *w, enum ddl_op op, size_t start)
{
	struct ddl_change *change = add_change(w, op, start);

	change->if_exists = take_if_exists(w);
	return want_name(w, &change->name) && want_words(w, "TO") && want_name(w, &change->new_name);
}

static bool clause_rename_column(struct words *w, size_t start)
{
	return renamed(w, OP_RENAME_COLUMN, start);
}

static bool clause_rename_key(struct words *w, size_t start)
{
	return renamed(w, OP_RENAME_KEY, start);
}

static bool clause_rename_table(struct words *w, size_t start)
{
	add_change(w, OP_RENAME_TABLE, start);
	w->clause->name = w->tables.n;
	if (!take_words(w, "TO") && !take_words(w, "AS"))
		take_sign(w, '=');
	return want_table(w, &w->tables, w->ddl->schema);
}

static bool clause_convert(struct words *w, size_t start)
{
	struct ddl_change *change = add_change(w, OP_CONVERT, start);
	struct str collation, charset;

	struct ddl_charset *said;

	if (!want_value(w, &change->charset))
		return false;
	said = note_charset(w, change->charset);
	if (!take_words(w, "COLLATE"))
		return true;
	said->collated = true;
	if (!want_option_value(w, &collation))
		return false;
	charset = charset_of_collation_name(collation);
	if (str_is_nocase(change->charset, "default") && charset.n > 0)
		change->charset = charset;
	return true;
}

/* The list's commas are not those between clauses; what stands behind it, if anything, is no name and a comma. */
static bool clause_order_by(struct words *w, size_t start)
{
	struct str name;

	add_change(w, OP_NOTHING, start);
	do {
		struct words before = *w;

		if (!want_name(w, &name) || (take_sign(w, '.') && !want_name(w, &name)))
			return false;
		if (!take_words(w, "ASC"))
			take_words(w, "DESC");
		if (!at_sign(w, ',') && !at_sign(w, ';') && !at_end(w)) {
			*w = before;
			return not_understood(w);
		}
	} while (take_sign(w, ','));
	return true;
}

static bool clause_nothing(struct words *w, size_t start)
{
	(void)w;
	(void)start;
	return true;
}

static bool clause_option(struct words *w, size_t start)
{
	(void)start;
	return want_option_value(w, NULL);
}

/* Partitions are no part of a structure. Their clauses stand alone or last, and hold commas of their own. */
static bool partition_clause(struct words *w, size_t start)
{
	add_change(w, OP_NOTHING, start);
	skip_rest(w);
	return true;
}

/* EXCHANGE PARTITION p WITH TABLE t */
static bool clause_exchange(struct words *w, size_t start)
{
	struct str partition;

	add_change(w, OP_NOTHING, start);
	w->clause->name = w->tables.n;
	if (!want_name(w, &partition) || !want_words(w, "WITH TABLE") || !want_table(w, &w->tables, w->ddl->schema))
		return false;
	if (!take_words(w, "WITH VALIDATION"))
		take_words(w, "WITHOUT VALIDATION");
	return true;
}

/* CONVERT PARTITION p TO TABLE t makes a table, CONVERT TABLE t TO PARTITION p takes one away. */
static bool clause_convert_partition(struct words *w, size_t start)
{
	struct str partition;

	add_change(w, OP_STRANGE, start);
	w->clause->name = w->tables.n;
	return want_name(w, &partition) && want_words(w, "TO TABLE") && want_table(w, &w->tables, w->ddl->schema);
}

static bool clause_convert_table(struct words *w, size_t start)
{
	add_change(w, OP_STRANGE, start);
	w->clause->name = w->tables.n;
	if (!want_table(w, &w->tables, w->ddl->schema))
		return false;
	skip_rest(w);
	return true;
}

#define PLAIN "alter table", NULL, CLAUSE_PLAIN
#define PARTITION(event) event, NULL, CLAUSE_PARTITION

/* Which event a clause is, as DM says it: what is not named there is "alter table". */
static const struct clause {
	const char *words;
	bool (*take)(struct words *w, size_t start);
	const char *event, *also;
	enum ddl_clause_kind kind;
} clauses[] = {
	{ "ADD", clause_add, PLAIN },
	{ "DROP PRIMARY KEY", clause_drop_primary, "drop primary key", NULL, CLAUSE_PLAIN },
	{ "DROP INDEX", clause_drop_key, "drop index", NULL, CLAUSE_PLAIN },
	{ "DROP KEY", clause_drop_key, "drop index", NULL, CLAUSE_PLAIN },
	{ "DROP FOREIGN KEY", clause_drop_nothing, "alter table", "drop foreign key", CLAUSE_PLAIN },
	{ "DROP CONSTRAINT", clause_drop_constraint, PLAIN }, { "DROP CHECK", clause_drop_nothing, PLAIN },
	{ "DROP PARTITION", partition_clause, PARTITION("drop table partition") },
	{ "DROP PERIOD FOR SYSTEM_TIME", clause_nothing, PLAIN }, { "DROP PERIOD", clause_strange, PLAIN },
	{ "DROP SYSTEM VERSIONING", clause_drop_versioning, PLAIN },
	{ "DROP COLUMN", clause_drop_column, "drop column", NULL, CLAUSE_PLAIN },
	{ "DROP", clause_drop_column, "drop column", NULL, CLAUSE_PLAIN },
	{ "MODIFY", clause_modify, NULL, NULL, CLAUSE_MODIFY }, { "CHANGE", clause_change, NULL, NULL, CLAUSE_MODIFY },
	{ "ALTER INDEX", clause_alter_index, "alter table", "alter index visibility", CLAUSE_PLAIN },
	{ "ALTER KEY", clause_alter_index, "alter table", "alter index visibility", CLAUSE_PLAIN },
	{ "ALTER CHECK", clause_alter_check, PLAIN }, { "ALTER CONSTRAINT", clause_alter_check, PLAIN },
	{ "ALTER", clause_alter_column, "modify default value", "set default value", CLAUSE_PLAIN },
	{ "RENAME COLUMN", clause_rename_column, "rename column", NULL, CLAUSE_PLAIN },
	{ "RENAME INDEX", clause_rename_key, "rename index", NULL, CLAUSE_PLAIN },
	{ "RENAME KEY", clause_rename_key, "rename index", NULL, CLAUSE_PLAIN },
	{ "RENAME", clause_rename_table, "rename table", NULL, CLAUSE_RENAME },
	{ "CONVERT TO CHARACTER SET", clause_convert, "modify charset", "modify table charset and collate", CLAUSE_PLAIN },
	{ "CONVERT TO CHAR SET", clause_convert, "modify charset", "modify table charset and collate", CLAUSE_PLAIN },
	{ "CONVERT TO CHARSET", clause_convert, "modify charset", "modify table charset and collate", CLAUSE_PLAIN },
	{ "CONVERT PARTITION", clause_convert_partition, "alter table", NULL, CLAUSE_OTHER_TABLE },
	{ "CONVERT TABLE", clause_convert_table, "alter table", NULL, CLAUSE_OTHER_TABLE },
	{ "ORDER BY", clause_order_by, "alter table", NULL, CLAUSE_PARTITION },
	{ "DISABLE KEYS", clause_nothing, PLAIN }, { "ENABLE KEYS", clause_nothing, PLAIN },
	{ "DISCARD TABLESPACE", clause_nothing, PLAIN }, { "IMPORT TABLESPACE", clause_nothing, PLAIN },
	{ "FORCE", clause_nothing, PLAIN },
	{ "WITH VALIDATION", clause_nothing, "alter table", NULL, CLAUSE_HOW },
	{ "WITHOUT VALIDATION", clause_nothing, "alter table", NULL, CLAUSE_HOW },
	{ "SECONDARY_LOAD", clause_nothing, PLAIN }, { "SECONDARY_UNLOAD", clause_nothing, PLAIN },
	{ "ALGORITHM", clause_option, "alter table", NULL, CLAUSE_HOW },
	{ "LOCK", clause_option, "alter table", NULL, CLAUSE_HOW },
	{ "PARTITION BY", partition_clause, "alter table", "alter table partitioning", CLAUSE_PARTITION },
	{ "REMOVE PARTITIONING", clause_nothing, "alter table", "remove table partitioning", CLAUSE_PARTITION },
	{ "REMOVE TTL", clause_nothing, "alter table", "alter ttl remove", CLAUSE_PLAIN },
	{ "EXCHANGE PARTITION", clause_exchange, "exchange table partition", NULL, CLAUSE_OTHER_TABLE },
	{ "TRUNCATE PARTITION", partition_clause, PARTITION("truncate table partition") },
	{ "COALESCE PARTITION", partition_clause, PARTITION("coalesce table partition") },
	{ "REORGANIZE PARTITION", partition_clause, PARTITION("reorganize table partition") },
	{ "ANALYZE PARTITION", partition_clause, PARTITION("alter table") },
	{ "CHECK PARTITION", partition_clause, PARTITION("alter table") },
	{ "OPTIMIZE PARTITION", partition_clause, PARTITION("alter table") },
	{ "REBUILD PARTITION", partition_clause, PARTITION("rebuild table partition") },
	{ "REPAIR PARTITION", partition_clause, PARTITION("alter table") },
	{ "DISCARD PARTITION", partition_clause, PARTITION("alter table") },
	{ "IMPORT PARTITION", partition_clause, PARTITION("alter table") },
	{ "UPGRADE PARTITIONING", clause_nothing, PLAIN }, { "CACHE", clause_nothing, PLAIN }, { "NOCACHE", clause_nothing, PLAIN },
	{ "SET TIFLASH REPLICA", clause_strange, PLAIN },
};

static bool want_clause(struct words *w)
{
	size_t start = w->now.start;
	bool any;

	for (size_t i = 0; w->now.kind == SQL_WORD && i < sizeof(clauses) / sizeof(*clauses); i++)
		if (take_words(w, clauses[i].words)) {
			w->clause->kind = clauses[i].kind;
			set_event(w, clauses[i].event, clauses[i].also);
			return clauses[i].take(w, start);
		}
	return want_table_options(w, &any) && (any || not_understood(w));
}

static void add_clause(struct words *w)
{
	struct ddl_clause *clause = arena_array(w->a, 1, sizeof(*clause));

	clause->start = w->now.start;
	clause->event = "alter table";
	if (w->clause)
		w->clause->next = clause;
	else
		w->ddl->clauses = clause;
	w->clause = clause;
	w->ddl->n_clauses++;
}

static void end_clause(struct words *w, struct ddl_change *const *from)
{
	note_end(w, from);
	w->clause->end = w->end;
	w->clause->first = *from;
	for (struct ddl_change *change = *from; change; change = change->next)
		w->clause->last = change;
}

bool alter_table(struct words *w)
{
	bool comma = false;

	w->ddl->if_exists = take_if_exists(w);
	if (!want_table(w, &w->tables, w->ddl->schema))
		return false;
	take_wait(w);
	if (at_end(w) || at_sign(w, ';'))
		return true;
	do {
		struct ddl_change **from = w->tail;

		add_clause(w);
		w->clause->comma = comma;
		if (!want_clause(w))
			return false;
		end_clause(w, from);
		comma = take_sign(w, ',');
		/* Partitioning and its like may follow without a comma. */
	} while (comma || at_word(w, "PARTITION") || at_word(w, "REMOVE") || at_word(w, "ORDER"));
	return true;
}
