/*
 * objects.c - views and triggers of a dump directory; see restore.h
 *
 * A view is made once what it reads is there: they are tried in rounds, and a round in which none can be made is an
 * error that names one. Only CREATE VIEW and CREATE TRIGGER are run, each in a session of its own, with the
 * collation and sql_mode that the file names. Who they run as is up to the user.
 */
#include "restore.h"
#include "value_read.h"

#include "base/log.h"
#include "text/sql_lex.h"
#include "text/sql_quote.h"

static const struct err_kind err_object = {
	.code = 34556, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "make it downstream by hand, or leave views out with --no-views, then start again",
};

/* Where the DEFINER clause of a CREATE stands, DEFINER = user @ host. False: there is none. */
static bool find_definer(struct str sql, size_t *start, size_t *end)
{
	struct sql_token t;
	struct sql_lex lex;

	sql_lex_init(&lex, sql, 0);
	for (t = sql_lex_next(&lex); t.kind != SQL_END && t.kind != SQL_BAD; t = sql_lex_next(&lex)) {
		if (t.kind == SQL_WORD && (str_is_nocase(t.raw, "VIEW") || str_is_nocase(t.raw, "TRIGGER")))
			return false;
		if (t.kind == SQL_WORD && str_is_nocase(t.raw, "DEFINER"))
			break;
	}
	if (t.kind != SQL_WORD)
		return false;
	*start = t.start;
	t = sql_lex_next(&lex);		/* = */
	t = sql_lex_next(&lex);		/* user */
	*end = t.end;
	t = sql_lex_next(&lex);
	if (t.kind == SQL_VARIABLE || (t.kind == SQL_SIGN && str_is(t.raw, "@"))) {	/* @`host` or @ and `host` */
		*end = t.end;
		if (t.raw.n == 1)
			*end = sql_lex_next(&lex).end;
	} else if (t.kind == SQL_SIGN && str_is(t.raw, "(")) {		/* CURRENT_USER() */
		*end = sql_lex_next(&lex).end;
	}
	return true;
}

/* The statement with its definer as the user wants it. */
static void put_statement(struct buf *out, struct str sql, const struct load_want *want)
{
	size_t start, end;

	if (want->definer.n == 0 || !find_definer(sql, &start, &end)) {
		buf_put_str(out, sql);
		return;
	}
	buf_put_str(out, str_first(sql, start));
	if (!str_is(want->definer, "drop")) {
		struct str user = want->definer, host = STR_LIT("%");

		str_cut_last(want->definer, '@', &user, &host);
		buf_put_text(out, "DEFINER=");
		sql_put_name(out, user);
		buf_put_char(out, '@');
		sql_put_name(out, host);
	}
	buf_put_str(out, str_from(sql, end));
}

static bool is_create_of(struct str sql, const char *what)
{
	struct sql_token t;
	struct sql_lex lex;
	bool created = false;

	sql_lex_init(&lex, sql, SQL_MARIADB);
	for (t = sql_lex_next(&lex); t.kind != SQL_END && t.kind != SQL_BAD; t = sql_lex_next(&lex)) {
		if (!created && !(t.kind == SQL_WORD && str_is_nocase(t.raw, "CREATE")))
			return false;
		created = true;
		if (t.kind == SQL_WORD && str_is_nocase(t.raw, what))
			return true;
		if (t.kind == SQL_SIGN && str_is(t.raw, "("))
			return false;
	}
	return false;
}

static bool set_session(struct conn *c, const char *name, struct str value, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	bool ok;

	buf_putf(&sql, "SET SESSION %s = ", name);
	sql_put_text(&sql, value, c->backslash);
	ok = conn_run(c, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

static bool use_schema(struct conn *c, struct str schema, struct err *e)
{
	struct buf sql = BUF_INIT(4096);
	bool ok;

	buf_put_text(&sql, "USE ");
	sql_put_name(&sql, schema);
	ok = conn_run(c, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

static bool run_statement(struct restore *r, struct conn *c, struct str statement, const char *what, struct err *e)
{
	struct buf sql = BUF_INIT(64 << 20);
	struct file_words words;
	bool ok = true;

	if (is_create_of(statement, what)) {
		put_statement(&sql, statement, r->s.want);
		ok = buf_ok(&sql, "a statement", e) && conn_run(c, buf_str(&sql), e);
	} else {
		words_read(&words, statement, &r->arena);
		if (words.collation.p)
			ok = set_session(c, "collation_connection", words.collation, e);
		if (ok && words.sql_mode.p)
			ok = set_session(c, "sql_mode", words.sql_mode, e);
	}
	buf_release(&sql);
	return ok;
}

static bool run_all(struct restore *r, struct conn *c, const struct load_file *file, struct str text, const char *what,
		    struct err *e)
{
	struct str statement;
	struct sql_cut cut;
	size_t used;

	sql_cut_init(&cut);
	cut.at_line_end = true;
	for (;; text = str_from(text, used)) {
		switch (sql_cut_next(&cut, text, true, &statement, &used)) {
		case SQL_CUT_STATEMENT:
			if (!run_statement(r, c, statement, what, e))
				return false;
			break;
		case SQL_CUT_TORN:
			return err_set(e, &err_dump_damaged, "file '%.*s' ends inside a statement", STR(file->name));
		case SQL_CUT_MORE: case SQL_CUT_END:
			return true;
		}
	}
}

/* In a session of its own: its words change it. */
static bool run_file(struct restore *r, const struct item *item, const struct load_file *file, const char *what, struct err *e)
{
	struct conn_want want = { .at = &r->s.want->at, .scope = SCOPE_DOWNSTREAM, .sql_mode = r->s.sql_mode };
	struct buf text = BUF_INIT(1);
	struct conn c = { 0 };
	bool ok;

	arena_clear(&r->arena);
	ok = catalog_read(&r->catalog, file, &text, e) && conn_open(&c, &want, e) &&
	     use_schema(&c, item->to.schema, e) && run_all(r, &c, file, buf_str(&text), what, e);
	conn_close(&c);
	buf_release(&text);
	return ok;
}

static bool exists(struct restore *r, const struct item *item, const char *table, const char *schema_column,
		   const char *name_column, struct str name, bool *there, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	struct result result;
	bool ok;

	buf_putf(&sql, "SELECT 1 FROM information_schema.%s WHERE %s = ", table, schema_column);
	sql_put_text(&sql, item->to.schema, r->s.c.backslash);
	buf_putf(&sql, " AND %s = ", name_column);
	sql_put_text(&sql, name, r->s.c.backslash);
	ok = buf_ok(&sql, "a name", e) && conn_query(&r->s.c, &result, buf_str(&sql), false, e);
	if (ok) {
		ok = result_next(&result, there, e);
		result_release(&result);
	}
	buf_release(&sql);
	return ok;
}

static bool fail(const struct item *item, const char *what, struct err *e)
{
	struct err why = *e;

	if (why.kind->status == STATUS_RETRY || why.kind == &err_dump_damaged)
		return false;
	return err_set(e, &err_object, "cannot make %s `%.*s`.`%.*s`: %s", what, STR(item->name.schema), STR(item->name.table),
		       why.text);
}

/* A view that an earlier try made, or somebody, is left as it is. */
static bool make_view(struct restore *r, struct item *item, struct err *e)
{
	bool there;

	if (!exists(r, item, "TABLES", "TABLE_SCHEMA", "TABLE_NAME", item->to.table, &there, e))
		return false;
	item->made = there || run_file(r, item, item->table->view, "VIEW", e);
	return item->made;
}

/* Its text names what it reads, and nobody rewrites that. */
static bool can_have(const struct item *item)
{
	if (!item->routed)
		return true;
	log_warning("view `%.*s`.`%.*s` is not made: a route sends it elsewhere, and its text would not follow",
		    STR(item->name.schema), STR(item->name.table));
	return false;
}

/* Those that can be made now. first: why the first of the others cannot. */
static bool make_round(struct restore *r, size_t *left, struct err *first, const struct item **stuck, struct err *e)
{
	*stuck = NULL;
	for (struct item *item = r->items; item; item = item->next) {
		if (item->made)
			continue;
		err_clear(e);
		if (!session_tick(&r->s, e))
			return false;
		if (make_view(r, item, e)) {
			(*left)--;
		} else if (e->kind->status == STATUS_RETRY || e->kind == &err_dump_damaged) {
			return false;
		} else if (!*stuck) {
			*first = *e;
			*stuck = item;
		}
	}
	err_clear(e);
	return true;
}

static bool make_views(struct restore *r, struct err *e)
{
	size_t left = 0, before;

	for (struct item *item = r->items; item; item = item->next) {
		item->made = !item->table->view || !can_have(item);
		left += !item->made;
	}
	while (left > 0) {
		const struct item *stuck;
		struct err first;

		before = left;
		if (!make_round(r, &left, &first, &stuck, e))
			return false;
		if (left == before) {
			*e = first;
			return fail(stuck, "view", e);
		}
	}
	return true;
}

static bool make_triggers(struct restore *r, struct err *e)
{
	size_t skipped = 0;

	for (struct item *item = r->items; item; item = item->next) {
		skipped += !r->s.want->triggers && (item->table->triggers || item->table->post);
		if (!r->s.want->triggers || !item->table->triggers)
			continue;
		if (item->routed)
			log_warning("triggers of `%.*s`.`%.*s` are not made: a route sends the table elsewhere",
				    STR(item->name.schema), STR(item->name.table));
		else if (!run_file(r, item, item->table->triggers, "TRIGGER", e))
			return fail(item, "the triggers of", e);
	}
	if (skipped > 0)
		log_notice("triggers, routines and events of the dump are not made: their work comes with the rows");
	return true;
}

bool objects_make(struct restore *r, struct err *e)
{
	return (r->s.want->no_views || make_views(r, e)) && make_triggers(r, e);
}
