/*
 * keys.c - secondary keys of big tables, made when the rows are there; see restore.h
 *
 * To sort all entries of a key at once is a fraction of the work of putting each in its place. So a table that this load
 * creates gets its plain keys at the end. That they are owed is noted before the table is made, so that whoever
 * goes on after a crash pays. Keys that rows are told apart by, and those that a foreign key or AUTO_INCREMENT needs, are
 * there from the start.
 */
#include "restore.h"

#include "base/log.h"
#include "text/sql_lex.h"
#include "text/sql_quote.h"

#define BIG_BYTES (16 << 20)		/* of a table's files */
#define ER_DUP_KEYNAME 1061

static bool is_word(const struct sql_token *t, const char *word)
{
	return t->kind == SQL_WORD && str_is_nocase(t->raw, word);
}

/* What must not be cut: the statement has one of these somewhere, or is not InnoDB's. */
static bool is_tied(struct str create)
{
	bool engine = false;
	struct sql_token t;
	struct sql_lex lex;

	sql_lex_init(&lex, create, SQL_MARIADB);
	for (t = sql_lex_next(&lex); t.kind != SQL_END && t.kind != SQL_BAD; t = sql_lex_next(&lex)) {
		if (is_word(&t, "FOREIGN") || is_word(&t, "REFERENCES"))
			return true;
		engine = engine || is_word(&t, "InnoDB");
	}
	return !engine || t.kind == SQL_BAD;
}

/* Not one that AUTO_INCREMENT needs from the start: PRIMARY may begin with another column. */
static bool may_wait(const struct table *t, struct str key)
{
	size_t at = table_find_key(t, key), column;

	if (at == SIZE_MAX || t->keys[at].unique)
		return false;
	column = table_find_column(t, t->keys[at].parts[0].column);
	return column == SIZE_MAX || !t->columns[column].auto_increment;
}

/* The definition that stands at [start, end) of the statement, comma in front. */
static void add_key(struct item *item, struct str create, size_t start, size_t end, struct arena *a)
{
	struct key_owed *key = arena_array(a, 1, sizeof(*key)), **last = &item->keys;

	while (*last)
		last = &(*last)->next;
	*key = (struct key_owed){ .start = start, .end = end };
	key->text = str_trim(str_from(str_first(create, end), start + 1));
	*last = key;
}

/* Plain keys among the definitions in the statement's parentheses, in their order. */
static void find_keys(struct item *item, struct str create, struct arena *a)
{
	size_t depth = 0, comma = 0, words = 0;		/* words: of this definition */
	bool is_key = false, key = false;
	struct sql_token t;
	struct sql_lex lex;

	sql_lex_init(&lex, create, SQL_MARIADB);
	for (t = sql_lex_next(&lex); t.kind != SQL_END && t.kind != SQL_BAD; t = sql_lex_next(&lex)) {
		bool close = t.kind == SQL_SIGN && str_is(t.raw, ")"), part = t.kind == SQL_SIGN && str_is(t.raw, ",");

		if (depth == 1 && (close || part)) {
			if (key)
				add_key(item, create, comma, t.start, a);
			is_key = key = false;
			words = 0;
			comma = t.start;
			if (close)
				return;
			continue;
		}
		if (depth == 1 && words == 0 && comma > 0)
			is_key = is_word(&t, "KEY") || is_word(&t, "INDEX");
		if (words == 1 && is_key && t.kind == SQL_NAME)
			key = may_wait(&item->structure, sql_token_value(&lex, &t, a));
		words += depth == 1;
		depth += t.kind == SQL_SIGN && str_is(t.raw, "(");
		depth -= close;
	}
}

static struct str state_key(struct restore *r, const struct item *item)
{
	return arena_strf(&r->s.line, "keys %.*s.%.*s", STR(item->to.schema), STR(item->to.table));
}

static bool table_exists(struct restore *r, const struct item *item, bool *there, struct err *e)
{
	struct table t;

	if (!server_table(&r->s.c, item->to.schema, item->to.table, &t, there, e))
		return false;
	if (*there)
		table_release(&t);
	return true;
}

/* The statement without what is owed. */
static void cut(struct restore *r, struct item *item)
{
	struct str sql = item->create.sql;
	struct buf rest = BUF_INIT(sql.n + 1);
	size_t at = 0;

	for (const struct key_owed *key = item->keys; key; at = key->end, key = key->next)
		buf_put_str(&rest, str_first(str_from(sql, at), key->start - at));
	buf_put_str(&rest, str_from(sql, at));
	item->create.sql = arena_str(&r->s.arena, buf_str(&rest));
	buf_release(&rest);
}

bool keys_put_off(struct restore *r, struct item *item, struct err *e)
{
	bool there;

	if (item->table->bytes < BIG_BYTES || r->s.c.flavor == FLAVOR_TIDB || item->create.sql.n > (1 << 20) ||
	    !item->known || is_tied(item->create.sql))
		return true;
	find_keys(item, item->create.sql, &r->s.arena);
	if (!item->keys)
		return true;
	arena_clear(&r->s.line);
	if (!table_exists(r, item, &there, e) ||
	    (!there && !meta_state_put(&r->s.meta, STR_LIT("dm-load"), state_key(r, item), STR_LIT("\"owed\""), e)))
		return false;
	cut(r, item);
	return true;
}

static bool owes(struct restore *r, const struct item *item, bool *owed, struct err *e)
{
	struct str value;

	*owed = false;
	if (!item->keys)
		return true;
	arena_clear(&r->s.line);
	if (!meta_state_get(&r->s.meta, &r->s.line, STR_LIT("dm-load"), state_key(r, item), &value, e))
		return false;
	*owed = value.n > 0;
	return true;
}

static void put_alter(struct buf *sql, const struct item *item)
{
	buf_clear(sql);
	buf_put_text(sql, "ALTER TABLE ");
	sql_put_table(sql, item->to.schema, item->to.table);
}

bool keys_make(struct conn *c, const struct item *item, struct err *e)
{
	struct buf sql = BUF_INIT(64 << 20);
	bool ok;

	put_alter(&sql, item);
	for (const struct key_owed *key = item->keys; key; key = key->next)
		buf_putf(&sql, "%s ADD %.*s", key == item->keys ? "" : ",", STR(key->text));
	ok = conn_run(c, buf_str(&sql), e);
	/* Another load may have made some, or this one before a crash. */
	for (const struct key_owed *key = item->keys; !ok && c->errno_last == ER_DUP_KEYNAME && key; key = key->next) {
		err_clear(e);
		put_alter(&sql, item);
		buf_putf(&sql, " ADD %.*s", STR(key->text));
		ok = conn_run(c, buf_str(&sql), e) || c->errno_last == ER_DUP_KEYNAME;
		if (!ok)
			break;
		ok = !key->next;
		c->errno_last = ER_DUP_KEYNAME;
	}
	if (ok)
		err_clear(e);
	buf_release(&sql);
	return ok;
}

bool keys_pay(struct restore *r, struct err *e)
{
	struct pool_tick ticking = session_pool_tick(&r->s);
	bool owed;

	for (struct item *item = r->items; item; item = item->next) {
		if (!owes(r, item, &owed, e))
			return false;
		if (!owed)
			item->keys = NULL;
		else if (!pool_add_keys(&r->s.pool, item, arena_strf(&r->s.arena, "%.*s.%.*s", STR(item->to.schema),
								      STR(item->to.table)), e))
			return false;
	}
	if (!pool_drain(&r->s.pool, &ticking, e))
		return false;
	for (struct item *item = r->items; item; item = item->next) {
		arena_clear(&r->s.line);
		if (item->keys && !meta_state_drop(&r->s.meta, STR_LIT("dm-load"), state_key(r, item), e))
			return false;
	}
	return true;
}
