/*
 * ddl_parse.c - tells statements apart by the words that they begin with, and parses those that concern tables.
 */
#include "schema/ddl.h"

#include "schema/ddl_words.h"

static const char *const kind_names[] = {
	[DDL_UNKNOWN] = "unknown", [DDL_OTHER] = "other", [DDL_TRANSACTION] = "transaction", [DDL_DML] = "dml",
	[DDL_CREATE_DATABASE] = "create database", [DDL_ALTER_DATABASE] = "alter database",
	[DDL_DROP_DATABASE] = "drop database", [DDL_CREATE_TABLE] = "create table", [DDL_ALTER_TABLE] = "alter table",
	[DDL_DROP_TABLE] = "drop table", [DDL_TRUNCATE_TABLE] = "truncate table", [DDL_RENAME_TABLE] = "rename table",
	[DDL_CREATE_INDEX] = "create index", [DDL_DROP_INDEX] = "drop index", [DDL_CREATE_VIEW] = "create view",
	[DDL_DROP_VIEW] = "drop view",
};

const char *ddl_kind_name(enum ddl_kind kind)
{
	return kind_names[kind];
}

enum ddl_kind ddl_kind_of_name(struct str name)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(*kind_names); i++)
		if (str_is_nocase(name, kind_names[i]))
			return (enum ddl_kind)i;
	return DDL_UNKNOWN;
}

/* Not read on: it may be long or hold whole programs, and nothing in it is of use. */
static bool no_more(struct words *w, enum ddl_kind kind)
{
	w->ddl->kind = kind;
	w->now.kind = SQL_END;
	return true;
}

static bool other(struct words *w)
{
	return no_more(w, DDL_OTHER);
}

static bool transaction(struct words *w)
{
	return no_more(w, DDL_TRANSACTION);
}

static bool dml(struct words *w)
{
	return no_more(w, DDL_DML);
}

/* root@localhost, 'root'@'%', CURRENT_USER(), a role */
static bool want_user(struct words *w)
{
	if (!want_value(w, NULL))
		return false;
	if (w->now.kind == SQL_VARIABLE)
		take_any(w);
	return !at_sign(w, '(') || want_balanced(w, NULL);
}

/* CHARACTER SET, COLLATE, ENCRYPTION, COMMENT, READ ONLY of a database. */
static bool database_options(struct words *w)
{
	static const char *const charsets[] = { "CHARACTER SET", "CHAR SET", "CHARSET", NULL };
	static const char *const others[] = { "ENCRYPTION", "COMMENT", "READ ONLY", "PLACEMENT POLICY", NULL };
	struct str collation = STR_NONE;

	while (!at_end(w) && !at_sign(w, ';')) {
		bool ok;

		take_words(w, "DEFAULT");
		ok = take_one_of(w, charsets) ? want_option_value(w, &w->ddl->charset) && note_charset(w, w->ddl->charset) :
		     take_words(w, "COLLATE") ? want_option_value(w, &collation) && (w->ddl->collated = true) :
		     take_one_of(w, others) ? want_option_value(w, NULL) :
		     take_words(w, "UPGRADE DATA DIRECTORY NAME") || not_understood(w);
		if (!ok)
			return false;
	}
	if (w->ddl->charset.n == 0 && collation.n > 0)
		w->ddl->charset = charset_of_collation_name(collation);
	return true;
}

static bool want_database(struct words *w)
{
	struct ddl_name name = { .table = STR_LIT(""), .start = w->now.start };

	if (!want_name(w, &name.schema))
		return false;
	name.end = w->end;
	note_name(w, &w->tables, &name);
	return true;
}

static bool create_database(struct words *w)
{
	w->ddl->if_exists = take_if_not_exists(w);
	return want_database(w) && database_options(w);
}

/* Some of these words may also be a database's name: then a word follows, and no value. */
static bool at_database_option(const struct words *w)
{
	struct words ahead = *w;

	if (at_word(w, "DEFAULT") || at_word(w, "CHARACTER") || at_word(w, "CHAR") || at_word(w, "COLLATE") || at_word(w, "READ"))
		return true;
	if (take_words(&ahead, "PLACEMENT POLICY"))
		return true;
	if (!take_words(&ahead, "CHARSET") && !take_words(&ahead, "ENCRYPTION") && !take_words(&ahead, "COMMENT"))
		return false;
	return at_sign(&ahead, '=') || ahead.now.kind == SQL_TEXT || !at_database_option(&ahead);
}

/* Without a name it is the default database; the name will stand behind the keyword. */
static bool alter_database(struct words *w)
{
	struct ddl_name name = { w->ddl->schema, STR_LIT(""), w->end, w->end, false };

	if (!at_database_option(w))
		return want_database(w) && database_options(w);
	note_name(w, &w->tables, &name);
	return database_options(w);
}

static bool drop_database(struct words *w)
{
	w->ddl->if_exists = take_if_exists(w);
	return want_database(w);
}

static bool want_tables(struct words *w)
{
	do {
		if (!want_table(w, &w->tables, w->ddl->schema))
			return false;
	} while (take_sign(w, ','));
	return true;
}

static bool drop_table(struct words *w)
{
	w->ddl->if_exists = take_if_exists(w);
	if (!want_tables(w))
		return false;
	take_wait(w);
	if (!take_words(w, "RESTRICT"))
		take_words(w, "CASCADE");
	return true;
}

static bool rename_table(struct words *w)
{
	w->ddl->if_exists = take_if_exists(w);
	do {
		if (!want_table(w, &w->tables, w->ddl->schema))
			return false;
		take_wait(w);
		if (!want_words(w, "TO") || !want_table(w, &w->tables, w->ddl->schema))
			return false;
	} while (take_sign(w, ','));
	return true;
}

/* The query of a view is not looked into. */
static bool create_view(struct words *w)
{
	w->ddl->if_exists = take_if_not_exists(w);
	if (!want_table(w, &w->tables, w->ddl->schema))
		return false;
	skip_rest(w);
	return true;
}

static bool truncate_table(struct words *w)
{
	if (!want_table(w, &w->tables, w->ddl->schema))
		return false;
	take_wait(w);
	return true;
}

static bool create_unique(struct words *w)
{
	return create_index(w, KEY_UNIQUE);
}

static bool create_fulltext(struct words *w)
{
	return create_index(w, KEY_FULLTEXT);
}

static bool create_plain(struct words *w)
{
	return create_index(w, KEY_PLAIN);
}

static void note_sequence(struct words *w)
{
	w->ddl->is_sequence = true;
	w->ddl->mariadb_only = "a sequence";
}

/* Since 11.5 AS names a type, which its columns then have. */
static void skip_sequence_options(struct words *w)
{
	if (take_words(w, "AS"))
		add_change(w, OP_STRANGE, w->end);
	skip_rest(w);
}

static bool create_sequence(struct words *w)
{
	note_sequence(w);
	w->ddl->if_exists = take_if_not_exists(w);
	if (!want_table(w, &w->tables, w->ddl->schema))
		return false;
	skip_sequence_options(w);
	return true;
}

static bool alter_sequence(struct words *w)
{
	note_sequence(w);
	w->ddl->if_exists = take_if_exists(w);
	if (!want_table(w, &w->tables, w->ddl->schema))
		return false;
	skip_sequence_options(w);
	return true;
}

static bool drop_sequence(struct words *w)
{
	note_sequence(w);
	return drop_table(w);
}

/* Behind a verb: words, what they make of the statement, and who reads on. */
struct form {
	const char *words;
	enum ddl_kind kind;
	bool (*take)(struct words *w);
};

/* True when a form was found; *ok is what it said. */
static bool take_form(struct words *w, const struct form *forms, bool *ok)
{
	for (; forms->words; forms++) {
		if (!take_words(w, forms->words))
			continue;
		w->ddl->kind = forms->kind;
		*ok = forms->take(w);
		return true;
	}
	return false;
}

static const struct form create_forms[] = {
	{ "TEMPORARY", DDL_OTHER, other },
	{ "TABLE", DDL_CREATE_TABLE, create_table },
	{ "DATABASE", DDL_CREATE_DATABASE, create_database }, { "SCHEMA", DDL_CREATE_DATABASE, create_database },
	{ "UNIQUE INDEX", DDL_CREATE_INDEX, create_unique }, { "INDEX", DDL_CREATE_INDEX, create_plain },
	{ "FULLTEXT INDEX", DDL_CREATE_INDEX, create_fulltext }, { "SPATIAL INDEX", DDL_CREATE_INDEX, create_plain },
	{ "VECTOR INDEX", DDL_CREATE_INDEX, create_plain },
	{ "VIEW", DDL_CREATE_VIEW, create_view }, { "JSON RELATIONAL DUALITY VIEW", DDL_CREATE_VIEW, create_view },
	{ "JSON DUALITY VIEW", DDL_CREATE_VIEW, create_view }, { "MATERIALIZED VIEW", DDL_CREATE_VIEW, create_view },
	{ "TRIGGER", DDL_OTHER, other }, { "PROCEDURE", DDL_OTHER, other }, { "FUNCTION", DDL_OTHER, other },
	{ "AGGREGATE FUNCTION", DDL_OTHER, other }, { "EVENT", DDL_OTHER, other }, { "USER", DDL_OTHER, other },
	{ "ROLE", DDL_OTHER, other }, { "SEQUENCE", DDL_CREATE_TABLE, create_sequence }, { "SERVER", DDL_OTHER, other },
	{ "TABLESPACE", DDL_OTHER, other }, { "UNDO TABLESPACE", DDL_OTHER, other }, { "LOGFILE GROUP", DDL_OTHER, other },
	{ "RESOURCE GROUP", DDL_OTHER, other }, { "SPATIAL REFERENCE SYSTEM", DDL_OTHER, other },
	{ "PACKAGE", DDL_OTHER, other }, { "LIBRARY", DDL_OTHER, other }, { "CATALOG", DDL_OTHER, other },
	{ "PLACEMENT POLICY", DDL_OTHER, other }, { "BINDING", DDL_OTHER, other }, { "GLOBAL BINDING", DDL_OTHER, other },
	{ "SESSION BINDING", DDL_OTHER, other },
	{ NULL, DDL_UNKNOWN, NULL },
};

/* OR REPLACE, ALGORITHM, DEFINER, SQL SECURITY, ONLINE: what may stand between CREATE and its object. */
static bool take_create_attribute(struct words *w, bool *ok)
{
	static const char *const plain[] = {
		"OR REPLACE", "SQL SECURITY DEFINER", "SQL SECURITY INVOKER", "SQL SECURITY NONE", "ONLINE", "OFFLINE",
		"IF NOT EXISTS", NULL,
	};

	*ok = true;
	if (take_words(w, "ALGORITHM"))
		*ok = want_option_value(w, NULL);
	else if (take_words(w, "DEFINER"))
		*ok = want_sign(w, '=') && want_user(w);
	else
		return take_one_of(w, plain) != NULL;
	return true;
}

static bool create(struct words *w)
{
	bool ok;

	while (take_create_attribute(w, &ok))
		if (!ok)
			return false;
	return take_form(w, create_forms, &ok) ? ok : not_understood(w);
}

static const struct form alter_forms[] = {
	{ "TABLE", DDL_ALTER_TABLE, alter_table },
	{ "ONLINE TABLE", DDL_ALTER_TABLE, alter_table }, { "OFFLINE TABLE", DDL_ALTER_TABLE, alter_table },
	{ "IGNORE TABLE", DDL_ALTER_TABLE, alter_table }, { "ONLINE IGNORE TABLE", DDL_ALTER_TABLE, alter_table },
	{ "OFFLINE IGNORE TABLE", DDL_ALTER_TABLE, alter_table },
	{ "DATABASE", DDL_ALTER_DATABASE, alter_database }, { "SCHEMA", DDL_ALTER_DATABASE, alter_database },
	{ "VIEW", DDL_OTHER, other }, { "JSON RELATIONAL DUALITY VIEW", DDL_OTHER, other },
	{ "JSON DUALITY VIEW", DDL_OTHER, other }, { "MATERIALIZED VIEW", DDL_OTHER, other },
	{ "PROCEDURE", DDL_OTHER, other }, { "FUNCTION", DDL_OTHER, other },
	{ "EVENT", DDL_OTHER, other }, { "USER", DDL_OTHER, other }, { "SEQUENCE", DDL_ALTER_TABLE, alter_sequence },
	{ "SERVER", DDL_OTHER, other }, { "TABLESPACE", DDL_OTHER, other }, { "UNDO TABLESPACE", DDL_OTHER, other },
	{ "LOGFILE GROUP", DDL_OTHER, other }, { "RESOURCE GROUP", DDL_OTHER, other }, { "INSTANCE", DDL_OTHER, other },
	{ "LIBRARY", DDL_OTHER, other }, { "PLACEMENT POLICY", DDL_OTHER, other },
	{ NULL, DDL_UNKNOWN, NULL },
};

static bool alter(struct words *w)
{
	bool ok;

	while (!at_word(w, "ONLINE") && !at_word(w, "OFFLINE") && take_create_attribute(w, &ok))
		if (!ok)
			return false;
	return take_form(w, alter_forms, &ok) ? ok : not_understood(w);
}

static const struct form drop_forms[] = {
	{ "TEMPORARY", DDL_OTHER, other },
	{ "TABLE", DDL_DROP_TABLE, drop_table }, { "TABLES", DDL_DROP_TABLE, drop_table },
	{ "DATABASE", DDL_DROP_DATABASE, drop_database }, { "SCHEMA", DDL_DROP_DATABASE, drop_database },
	{ "INDEX", DDL_DROP_INDEX, drop_index }, { "ONLINE INDEX", DDL_DROP_INDEX, drop_index },
	{ "OFFLINE INDEX", DDL_DROP_INDEX, drop_index }, { "VIEW", DDL_DROP_VIEW, drop_table },
	{ "MATERIALIZED VIEW", DDL_DROP_VIEW, drop_table },
	{ "TRIGGER", DDL_OTHER, other }, { "PROCEDURE", DDL_OTHER, other }, { "FUNCTION", DDL_OTHER, other },
	{ "EVENT", DDL_OTHER, other }, { "USER", DDL_OTHER, other }, { "ROLE", DDL_OTHER, other },
	{ "SEQUENCE", DDL_DROP_TABLE, drop_sequence }, { "SERVER", DDL_OTHER, other }, { "TABLESPACE", DDL_OTHER, other },
	{ "UNDO TABLESPACE", DDL_OTHER, other }, { "LOGFILE GROUP", DDL_OTHER, other },
	{ "RESOURCE GROUP", DDL_OTHER, other }, { "SPATIAL REFERENCE SYSTEM", DDL_OTHER, other },
	{ "PACKAGE", DDL_OTHER, other }, { "LIBRARY", DDL_OTHER, other }, { "CATALOG", DDL_OTHER, other },
	{ "PREPARE", DDL_OTHER, other }, { "PLACEMENT POLICY", DDL_OTHER, other }, { "BINDING", DDL_OTHER, other },
	{ "GLOBAL BINDING", DDL_OTHER, other }, { "SESSION BINDING", DDL_OTHER, other },
	{ NULL, DDL_UNKNOWN, NULL },
};

static bool drop(struct words *w)
{
	bool ok;

	return take_form(w, drop_forms, &ok) ? ok : not_understood(w);
}

static const struct form rename_forms[] = {
	{ "TABLE", DDL_RENAME_TABLE, rename_table }, { "TABLES", DDL_RENAME_TABLE, rename_table },
	{ "USER", DDL_OTHER, other },
	{ NULL, DDL_UNKNOWN, NULL },
};

static bool rename_something(struct words *w)
{
	bool ok;

	return take_form(w, rename_forms, &ok) ? ok : not_understood(w);
}

static bool truncate_something(struct words *w)
{
	take_words(w, "TABLE");
	return truncate_table(w);
}

static bool statement(struct words *w);

/* SET STATEMENT max_statement_time=10 FOR ALTER TABLE ... */
static bool set_statement(struct words *w)
{
	while (!at_word(w, "FOR") && !at_end(w) && w->now.kind != SQL_BAD)
		take_any(w);
	return want_words(w, "FOR") && statement(w);
}

static const struct form statements[] = {
	{ "BEGIN", DDL_TRANSACTION, transaction }, { "COMMIT", DDL_TRANSACTION, transaction },
	{ "CREATE", DDL_UNKNOWN, create }, { "ALTER", DDL_UNKNOWN, alter }, { "DROP", DDL_UNKNOWN, drop },
	{ "TRUNCATE", DDL_TRUNCATE_TABLE, truncate_something }, { "RENAME", DDL_UNKNOWN, rename_something },
	{ "SET STATEMENT", DDL_UNKNOWN, set_statement },
	{ "ROLLBACK", DDL_TRANSACTION, transaction }, { "SAVEPOINT", DDL_TRANSACTION, transaction },
	{ "RELEASE SAVEPOINT", DDL_TRANSACTION, transaction }, { "START TRANSACTION", DDL_TRANSACTION, transaction },
	{ "XA", DDL_TRANSACTION, transaction },
	{ "INSERT", DDL_DML, dml }, { "UPDATE", DDL_DML, dml }, { "DELETE", DDL_DML, dml }, { "REPLACE", DDL_DML, dml },
	{ "LOAD", DDL_DML, dml }, { "CALL", DDL_DML, dml }, { "SELECT", DDL_DML, dml }, { "DO", DDL_DML, dml },
	{ "WITH", DDL_DML, dml }, { "VALUES", DDL_DML, dml }, { "TABLE", DDL_DML, dml }, { "HANDLER", DDL_DML, dml },
	{ "SET", DDL_OTHER, other }, { "GRANT", DDL_OTHER, other }, { "REVOKE", DDL_OTHER, other },
	{ "ANALYZE", DDL_OTHER, other }, { "OPTIMIZE", DDL_OTHER, other }, { "REPAIR", DDL_OTHER, other },
	{ "CHECK", DDL_OTHER, other }, { "CHECKSUM", DDL_OTHER, other }, { "FLUSH", DDL_OTHER, other },
	{ "RESET", DDL_OTHER, other }, { "INSTALL", DDL_OTHER, other }, { "UNINSTALL", DDL_OTHER, other },
	{ "LOCK", DDL_OTHER, other }, { "UNLOCK", DDL_OTHER, other }, { "CHANGE", DDL_OTHER, other },
	{ "START", DDL_OTHER, other }, { "STOP", DDL_OTHER, other }, { "PURGE", DDL_OTHER, other },
	{ "KILL", DDL_OTHER, other }, { "SHOW", DDL_OTHER, other }, { "USE", DDL_OTHER, other },
	{ "SHUTDOWN", DDL_OTHER, other }, { "RESTART", DDL_OTHER, other }, { "BACKUP", DDL_OTHER, other },
	{ "CACHE INDEX", DDL_OTHER, other }, { "PREPARE", DDL_OTHER, other }, { "EXECUTE", DDL_OTHER, other },
	{ "DEALLOCATE", DDL_OTHER, other }, { "HELP", DDL_OTHER, other }, { "SIGNAL", DDL_OTHER, other },
	{ "RESIGNAL", DDL_OTHER, other }, { "BINLOG", DDL_OTHER, other }, { "CLONE", DDL_OTHER, other },
	{ "EXPLAIN", DDL_OTHER, other }, { "DESCRIBE", DDL_OTHER, other }, { "DESC", DDL_OTHER, other },
	{ "ADMIN", DDL_OTHER, other },
	{ NULL, DDL_UNKNOWN, NULL },
};

static bool statement(struct words *w)
{
	bool ok;

	if (at_sign(w, '('))
		return dml(w);
	return take_form(w, statements, &ok) ? ok : not_understood(w);
}

/* Nothing but comments: MariaDB puts such a statement where an event was left out. */
static bool whole(struct words *w)
{
	while (take_sign(w, ';'))
		;
	if (at_end(w))
		return other(w);
	if (!statement(w))
		return false;
	while (take_sign(w, ';'))
		;
	return at_end(w) || not_understood(w);
}

static unsigned lex_flags_of_mode(struct str sql_mode, bool mariadb)
{
	unsigned flags = mariadb ? SQL_MARIADB : 0;

	while (sql_mode.n > 0) {
		struct str word = sql_mode, rest = STR_NONE;

		str_cut(sql_mode, ',', &word, &rest);
		if (str_is_nocase(word, "ANSI_QUOTES") || str_is_nocase(word, "ANSI"))
			flags |= SQL_ANSI_QUOTES;
		if (str_is_nocase(word, "NO_BACKSLASH_ESCAPES"))
			flags |= SQL_NO_BACKSLASH_ESCAPES;
		sql_mode = rest;
	}
	return flags;
}

/* Those that decide first, then the others. */
static void join_names(struct ddl *ddl, struct words *w)
{
	ddl->n_tables = w->tables.n;
	ddl->names = w->tables.names;
	for (size_t i = 0; i < w->others.n; i++)
		note_name(w, &w->tables, &w->others.names[i]);
	ddl->names = w->tables.names;
	ddl->n_names = w->tables.n;
}

void ddl_parse(struct ddl *ddl, struct arena *a, struct str sql, struct str schema, struct str sql_mode, bool mariadb)
{
	struct words w;

	memset(ddl, 0, sizeof(*ddl));
	ddl->schema = schema;
	ddl->sql = sql;
	ddl->sql_mode = sql_mode;
	ddl->lex_flags = lex_flags_of_mode(sql_mode, mariadb);
	words_init(&w, ddl, a);
	if (!whole(&w))
		ddl->kind = DDL_UNKNOWN;
	join_names(ddl, &w);
}
