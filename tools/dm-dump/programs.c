/* programs.c - what is more than a table: views, triggers, routines and events, as statements of files; see dump.h
 *
 * No name of the server's stands in a comment here, ever: a newline in it would end the comment. */
#include "dump.h"

#include <stdlib.h>

#include "text/sql_lex.h"
#include "text/sql_quote.h"

static const struct err_kind err_program = {
	.code = 32534, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "grant the account the right to see it (SHOW_ROUTINE, SHOW VIEW, TRIGGER, EVENT), or leave its kind out",
};

const char program_head[] =
	"/*!40101 SET NAMES utf8mb4*/;\n"
	"/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n";

/* DEFINER = user@host: the places where it stands. False where there is none. */
static bool find_definer(struct str sql, size_t *start, size_t *end)
{
	struct sql_token t, before = { .kind = SQL_END };
	struct sql_lex lex;

	sql_lex_init(&lex, sql, 0);
	while ((t = sql_lex_next(&lex)).kind != SQL_END && t.kind != SQL_BAD) {
		if (before.kind != SQL_WORD || !str_is_nocase(before.raw, "DEFINER") || !str_is(t.raw, "=")) {
			before = t;
			continue;
		}
		*start = before.start;
		t = sql_lex_next(&lex);
		*end = t.end;
		t = sql_lex_next(&lex);
		if (str_is(t.raw, "@"))
			t = sql_lex_next(&lex);
		else if (t.kind != SQL_VARIABLE)
			return true;		/* a role has no host */
		*end = t.end;
		return true;
	}
	return false;
}

/* user@host, as on the command line; without a host any. */
static void put_account(struct buf *out, struct str account)
{
	struct str user = account, host = STR_LIT("%");

	str_cut_last(account, '@', &user, &host);
	sql_put_name(out, user);
	buf_put_char(out, '@');
	sql_put_name(out, host);
}

void program_put(struct buf *out, struct str sql, const struct dump_want *want)
{
	size_t start, end;

	if (want->definer == DEFINER_KEPT || !find_definer(sql, &start, &end)) {
		buf_put_str(out, sql);
		return;
	}
	buf_put_str(out, str_first(sql, start));
	if (want->definer == DEFINER_REPLACED) {
		buf_put_text(out, "DEFINER=");
		put_account(out, want->definer_name);
		buf_put_str(out, str_from(sql, end));
	} else {
		buf_put_str(out, str_from(sql, end + (end < sql.n && sql.p[end] == ' ' ? 1 : 0)));
	}
}

/* Clients cut a file at each ';', so that a statement which holds some needs another delimiter. */
static void put_delimited(struct buf *out, struct str sql)
{
	static const char *const delimiters[] = { ";;", "$$", "//", "|||", "<dm-dump>" };
	size_t at = 0;

	if (!memchr(sql.p, ';', sql.n)) {
		buf_put_str(out, sql);
		buf_put_text(out, ";\n");
		return;
	}
	while (at + 1 < sizeof(delimiters) / sizeof(delimiters[0]) && str_find(sql, str_of(delimiters[at])) != SIZE_MAX)
		at++;
	buf_putf(out, "DELIMITER %s\n", delimiters[at]);
	buf_put_str(out, sql);
	buf_putf(out, " %s\nDELIMITER ;\n", delimiters[at]);
}

struct program {
	struct str schema, name;
	const char *kind;		/* "TRIGGER" */
	unsigned sql, collation;	/* columns of SHOW CREATE */
};

/* The statement as it was typed, in the mode and the collation in which it was. */
static bool put_program(struct buf *out, const struct program *p, struct conn *conn, const struct dump_want *want,
			struct err *e)
{
	struct buf sql = BUF_INIT(1 << 26);
	struct result r = { 0 };
	bool more = false, ok;

	buf_putf(&sql, "SHOW CREATE %s ", p->kind);
	sql_put_table(&sql, p->schema, p->name);
	ok = conn_query(conn, &r, buf_str(&sql), false, e) && result_next(&r, &more, e);
	if (ok && (!more || r.n <= p->collation || !r.row[p->sql].p))
		ok = err_set(e, &err_program, "%s: the %s `%.*s`.`%.*s` is not shown to this account", conn->name, p->kind,
			     STR(p->schema), STR(p->name));
	if (ok) {
		buf_put_text(out, "SET SQL_MODE=");
		sql_put_text(out, r.row[1], true);
		buf_put_text(out, ";\nSET COLLATION_CONNECTION=");
		sql_put_text(out, r.row[p->collation], true);
		buf_put_text(out, ";\n");
		if (p->sql == 3) {
			buf_put_text(out, "SET TIME_ZONE=");
			sql_put_text(out, r.row[2], true);
			buf_put_text(out, ";\n");
		}
		buf_clear(&sql);
		program_put(&sql, r.row[p->sql], want);
		put_delimited(out, buf_str(&sql));
	}
	result_release(&r);
	buf_release(&sql);
	return ok;
}

/* Names of the programs of one kind: the second column of query, copied; *n 0 where there are none. */
static bool names_of(struct conn *conn, struct arena *a, const char *query, struct str schema, struct str **names,
		     struct str **of, size_t *n, struct err *e)
{
	struct buf sql = BUF_INIT(1 << 16);
	size_t room = 0;
	struct result r;
	bool more = true, ok;

	*names = *of = NULL;
	*n = 0;
	buf_put_text(&sql, query);
	for (size_t at; (at = str_find(buf_str(&sql), STR_LIT("?"))) != SIZE_MAX;) {
		struct str rest = arena_str(a, str_from(buf_str(&sql), at + 1));

		sql.n = at;
		sql_put_text(&sql, schema, true);
		buf_put_str(&sql, rest);
		break;
	}
	ok = conn_query(conn, &r, buf_str(&sql), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		if (*n == room) {
			room = room ? 2 * room : 16;
			*names = mem_rearray(*names, room, sizeof(**names));
			*of = mem_rearray(*of, room, sizeof(**of));
		}
		(*of)[*n] = arena_str(a, r.row[0]);
		(*names)[(*n)++] = arena_str(a, r.row[1]);
	}
	result_release(&r);
	buf_release(&sql);
	return ok;
}

static bool is_dumped(const struct catalog *catalog, struct str schema, struct str table)
{
	for (size_t i = 0; i < catalog->n_tables; i++)
		if (str_eq(catalog->tables[i].schema, schema) && str_eq(catalog->tables[i].name, table))
			return true;
	return false;
}

/* One file a table; those of a table in the order in which they fire. */
static bool put_triggers(struct dump_dir *dir, const struct catalog *catalog, struct str schema, struct conn *conn,
			 const struct dump_want *want, struct err *e)
{
	struct buf text = BUF_INIT(1 << 28);
	struct arena a = ARENA_INIT;
	struct str *names, *tables;
	size_t n;
	bool ok;

	ok = names_of(conn, &a, "SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? "
		      "ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER", schema, &names, &tables, &n, e);
	for (size_t i = 0; ok && i < n; i++) {
		struct program p = { schema, names[i], "TRIGGER", 2, 4 };

		if (!is_dumped(catalog, schema, tables[i]))
			continue;
		if (text.n == 0)
			buf_put_text(&text, program_head);
		ok = put_program(&text, &p, conn, want, e);
		if (ok && (i + 1 == n || !str_eq(tables[i + 1], tables[i]))) {
			ok = buf_ok(&text, "the triggers of a table", e) &&
			     out_file_write(dir, DUMP_TRIGGERS, schema, tables[i], buf_str(&text), e);
			buf_clear(&text);
		}
	}
	free(names);
	free(tables);
	buf_release(&text);
	arena_release(&a);
	return ok;
}

static bool put_all(struct buf *text, const char *query, const char *kind, struct str schema, struct conn *conn,
		    const struct dump_want *want, struct err *e)
{
	bool is_event = strcmp(kind, "EVENT") == 0;
	struct arena a = ARENA_INIT;
	struct str *names, *types;
	size_t n;
	bool ok = names_of(conn, &a, query, schema, &names, &types, &n, e);

	for (size_t i = 0; ok && i < n; i++) {
		struct program p = { schema, names[i], is_event ? kind : arena_str(&a, types[i]).p, is_event ? 3 : 2, is_event ? 5 : 4 };

		ok = put_program(text, &p, conn, want, e);
	}
	free(names);
	free(types);
	arena_release(&a);
	return ok;
}

static bool put_post(struct dump_dir *dir, struct str schema, struct conn *conn, const struct dump_want *want,
		     struct err *e)
{
	struct buf text = BUF_INIT(1 << 28);
	size_t head;
	bool ok;

	buf_put_text(&text, program_head);
	head = text.n;
	ok = (!want->routines ||
	      put_all(&text, "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? "
		      "AND ROUTINE_TYPE IN ('PROCEDURE', 'FUNCTION') ORDER BY ROUTINE_TYPE, ROUTINE_NAME", "ROUTINE", schema, conn, want, e)) &&
	     (!want->events ||
	      put_all(&text, "SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY EVENT_NAME",
		      "EVENT", schema, conn, want, e)) &&
	     buf_ok(&text, "the routines of a schema", e) &&
	     (text.n == head || out_file_write(dir, DUMP_POST, schema, STR_LIT(""), buf_str(&text), e));
	buf_release(&text);
	return ok;
}

bool programs_put(struct dump_dir *dir, const struct catalog *catalog, struct conn *conn, const struct dump_want *want,
		  struct err *e)
{
	for (size_t i = 0; i < catalog->n_schemas; i++)
		if ((want->triggers && !put_triggers(dir, catalog, catalog->schemas[i], conn, want, e)) ||
		    ((want->routines || want->events) && !put_post(dir, catalog->schemas[i], conn, want, e)))
			return false;
	return true;
}
