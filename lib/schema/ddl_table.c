/*
 * ddl_table.c - CREATE TABLE, table options, CREATE INDEX and DROP INDEX.
 */
#include "schema/ddl_words.h"

/* Options that take a value and change nothing that we keep. */
static const char *const value_options[] = {
	"ENGINE", "TYPE", "AUTO_INCREMENT", "AVG_ROW_LENGTH", "CHECKSUM", "TABLE_CHECKSUM", "COMMENT", "COMPRESSION",
	"CONNECTION", "DATA DIRECTORY", "INDEX DIRECTORY", "DELAY_KEY_WRITE", "ENCRYPTION", "INSERT_METHOD",
	"KEY_BLOCK_SIZE", "MAX_ROWS", "MIN_ROWS", "PACK_KEYS", "PASSWORD", "ROW_FORMAT", "STATS_AUTO_RECALC",
	"STATS_PERSISTENT", "STATS_SAMPLE_PAGES", "TABLESPACE", "STORAGE", "PAGE_CHECKSUM", "TRANSACTIONAL",
	"AUTOEXTEND_SIZE", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE", "SECONDARY_ENGINE", "NODEGROUP",
	"SHARD_ROW_ID_BITS", "PRE_SPLIT_REGIONS", "AUTO_ID_CACHE", "AUTO_RANDOM_BASE", "PLACEMENT POLICY",
	"TTL_ENABLE", "TTL_JOB_INTERVAL", NULL,
};

static const char *const charset_options[] = {
	"DEFAULT CHARACTER SET", "DEFAULT CHAR SET", "DEFAULT CHARSET", "CHARACTER SET", "CHAR SET", "CHARSET", NULL,
};

static bool charset_option(struct words *w, size_t start)
{
	struct ddl_change *change = add_change(w, OP_TABLE_CHARSET, start);

	return want_option_value(w, &change->charset) && note_charset(w, change->charset);
}

/* A collation alone says the set too; one that goes with any set (uca1400_ai_ci) says nothing. */
static bool collate_option(struct words *w, size_t start)
{
	struct str collation, charset;

	if (!want_option_value(w, &collation))
		return false;
	w->ddl->collated = true;
	charset = charset_of_collation_name(collation);
	if (charset.n > 0)
		add_change(w, OP_TABLE_CHARSET, start)->charset = charset;
	return true;
}

/* UNION = (a, b): the tables of a MERGE table. */
static bool union_option(struct words *w)
{
	take_sign(w, '=');
	if (!want_sign(w, '('))
		return false;
	if (take_sign(w, ')'))
		return true;
	do {
		if (!want_table(w, &w->others, w->ddl->schema))
			return false;
	} while (take_sign(w, ','));
	return want_sign(w, ')');
}

/* MySQL logs a CREATE TABLE ... SELECT so: the rows follow in the same transaction. Nobody but a replica understands it. It
 * goes with the comma that parts it from its neighbour. */
static bool start_transaction(struct words *w, size_t comma, size_t start)
{
	struct str cut;

	if (comma == start)
		take_sign(w, ',');
	w->ddl->cut_start = comma;
	w->ddl->cut_end = w->end;
	cut = (struct str){ w->ddl->sql.p + comma, w->end - comma };
	if (str_find(cut, STR_LIT("/*")) == SIZE_MAX && str_find(cut, STR_LIT("*/")) == SIZE_MAX)
		return true;
	w->ddl->cut_start = w->ddl->cut_end = 0;
	return refuse(w, "there is a comment in START TRANSACTION");
}

static bool engine_option(struct words *w, bool *taken)
{
	struct words before = *w;

	*taken = false;
	if (!at_name(w))
		return true;
	take_any(w);
	if (!take_sign(w, '=')) {
		*w = before;
		return true;
	}
	*taken = true;
	return want_value(w, NULL);
}

/* TiDB: TTL = column + INTERVAL n unit */
static bool ttl_option(struct words *w)
{
	take_sign(w, '=');
	return want_value(w, NULL) && want_sign(w, '+') && want_words(w, "INTERVAL") && want_value(w, NULL) && want_value(w, NULL);
}

/* The event of an ALTER's option, of several the first that DM has a name for. */
static void note_option_event(struct words *w)
{
	static const struct { const char *word, *event, *also; } events[] = {
		{ "CHARACTER", "modify charset", "modify table charset and collate" },
		{ "CHAR", "modify charset", "modify table charset and collate" },
		{ "CHARSET", "modify charset", "modify table charset and collate" },
		{ "COLLATE", "modify collation", "modify table charset and collate" },
		{ "ENGINE", "modify storage engine", NULL }, { "TYPE", "modify storage engine", NULL },
		{ "COMMENT", "alter table", "modify table comment" }, { "AUTO_INCREMENT", "alter table", "rebase auto id" },
		{ "TTL", "alter table", "alter ttl info" }, { "TTL_ENABLE", "alter table", "alter ttl info" },
		{ "TTL_JOB_INTERVAL", "alter table", "alter ttl info" },
	};
	struct words ahead = *w;

	if (!w->clause || strcmp(w->clause->event, "alter table") != 0)
		return;
	take_words(&ahead, "DEFAULT");
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (!at_word(&ahead, events[i].word))
			continue;
		w->clause->event = events[i].event;
		w->clause->also = events[i].also;
	}
}

static bool take_table_option(struct words *w, size_t comma, bool *taken)
{
	size_t start = w->now.start;

	*taken = true;
	if (take_one_of(w, charset_options))
		return charset_option(w, start);
	if (take_words(w, "DEFAULT COLLATE") || take_words(w, "COLLATE"))
		return collate_option(w, start);
	if (take_words(w, "TTL"))
		return ttl_option(w);
	if (take_one_of(w, value_options))
		return want_option_value(w, NULL);
	if (take_words(w, "UNION"))
		return union_option(w);
	if (w->ddl->kind == DDL_CREATE_TABLE && take_words(w, "START TRANSACTION"))
		return start_transaction(w, comma, start);
	if (take_words(w, "WITH SYSTEM VERSIONING")) {
		add_change(w, OP_VERSION, start);
		w->ddl->mariadb_only = "a system-versioned table";
		return true;
	}
	return engine_option(w, taken);
}

/* Options with or without commas between them. A comma that no option follows is left. */
bool want_table_options(struct words *w, bool *any)
{
	bool taken;

	*any = false;
	for (;;) {
		struct words before = *w;

		if (*any && !w->clause)		/* in an ALTER it ends the clause */
			take_sign(w, ',');
		note_option_event(w);
		if (!take_table_option(w, before.now.start, &taken))
			return false;
		if (!taken) {
			*w = before;
			return true;
		}
		*any = true;
	}
}

static bool column_item(struct words *w)
{
	struct ddl_change *change = add_change(w, OP_ADD_COLUMN, w->now.start);
	struct str name;

	change->column = arena_array(w->a, 1, sizeof(*change->column));
	if (!want_name(w, &name) || !want_column(w, change->column, name))
		return false;
	change->end = w->end;
	return true;
}

/* That of the system speaks of columns that say themselves what they are; the columns of another become NOT NULL. */
bool take_period(struct words *w, bool *taken)
{
	struct words before = *w;
	size_t start = w->now.start;

	*taken = false;
	if (w->now.kind != SQL_WORD || !take_words(w, "PERIOD FOR")) {
		*w = before;
		return true;
	}
	*taken = true;
	add_change(w, at_word(w, "SYSTEM_TIME") ? OP_NOTHING : OP_STRANGE, start);
	return want_value(w, NULL) && want_balanced(w, NULL);
}

static bool create_item(struct words *w)
{
	bool taken = false;

	if (w->now.kind == SQL_WORD && !take_constraint_or_key(w, &taken))
		return false;
	if (!taken && !take_period(w, &taken))
		return false;
	return taken || column_item(w);
}

static bool like(struct words *w, bool parentheses)
{
	add_change(w, OP_LIKE, w->now.start);
	return want_table(w, &w->tables, w->ddl->schema) && (!parentheses || want_sign(w, ')'));
}

static bool at_query(const struct words *w)
{
	return at_word(w, "AS") || at_word(w, "SELECT") || at_word(w, "IGNORE") || at_word(w, "REPLACE") ||
	       at_word(w, "WITH") || at_word(w, "TABLE") || at_word(w, "VALUES") || at_sign(w, '(');
}

static void skip_partitions(struct words *w)
{
	size_t depth = 0;

	while (!at_end(w) && w->now.kind != SQL_BAD && !at_sign(w, ';')) {
		if (depth == 0 && (at_word(w, "AS") || at_word(w, "SELECT") || at_word(w, "IGNORE") || at_word(w, "REPLACE")))
			return;
		depth += at_sign(w, '(');
		depth -= at_sign(w, ')') && depth > 0;
		take_any(w);
	}
}

bool create_table(struct words *w)
{
	bool any;

	w->ddl->if_exists = take_if_not_exists(w);
	if (!want_table(w, &w->tables, w->ddl->schema))
		return false;
	take_wait(w);
	if (take_words(w, "LIKE"))
		return like(w, false);
	if (take_sign(w, '(')) {
		if (take_words(w, "LIKE"))
			return like(w, true);
		do {
			if (!create_item(w))
				return false;
		} while (take_sign(w, ','));
		if (!want_sign(w, ')'))
			return false;
	}
	if (!want_table_options(w, &any))
		return false;
	if (at_word(w, "PARTITION"))
		skip_partitions(w);
	if (at_query(w))
		return refuse(w, "a CREATE TABLE with a query stands in the log as a statement: its rows are not in the log");
	return true;
}

/* Behind the name of an index: ALGORITHM, LOCK, WAIT in any order. */
static bool index_statement_options(struct words *w)
{
	for (;;) {
		if (take_words(w, "ALGORITHM") || take_words(w, "LOCK")) {
			if (!want_option_value(w, NULL))
				return false;
		} else if (at_word(w, "WAIT") || at_word(w, "NOWAIT")) {
			take_wait(w);
		} else {
			return true;
		}
	}
}

bool create_index(struct words *w, enum ddl_key_kind kind)
{
	struct ddl_change *change = add_change(w, OP_ADD_KEY, w->now.start);
	struct ddl_key *key = arena_array(w->a, 1, sizeof(*key));

	change->key = key;
	key->kind = kind;
	w->ddl->if_exists = change->if_exists = take_if_not_exists(w);
	if (!want_name(w, &key->name))
		return false;
	if ((take_words(w, "USING") || take_words(w, "TYPE")) && !want_value(w, NULL))
		return false;
	if (!want_words(w, "ON") || !want_table(w, &w->tables, w->ddl->schema))
		return false;
	take_wait(w);
	if (!want_key_parts(w, key))
		return false;
	take_wait(w);
	return want_key_options(w) && index_statement_options(w);
}

bool drop_index(struct words *w)
{
	struct ddl_change *change = add_change(w, OP_DROP_KEY, w->now.start);

	w->ddl->if_exists = change->if_exists = take_if_exists(w);
	return want_name(w, &change->name) && want_words(w, "ON") && want_table(w, &w->tables, w->ddl->schema) &&
	       index_statement_options(w);
}
