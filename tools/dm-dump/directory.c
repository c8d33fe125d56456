/* directory.c - a dump into a directory: what comes before the rows, and what behind them; see dump.h */
#include "dump.h"

#include <time.h>

#include "base/log.h"
#include "literal.h"
#include "text/sql_quote.h"

static bool put_schema_file(struct dump_dir *dir, struct conn *conn, struct str schema, struct err *e)
{
	struct buf text = BUF_INIT(1 << 16);
	struct arena a = ARENA_INIT;
	struct str sql;
	bool ok = server_create_schema(conn, &a, schema, &sql, e);

	if (ok) {
		buf_put_text(&text, program_head);
		ok = spell_schema(&text, sql, schema, conn, e);
	}
	buf_put_text(&text, ";\n");
	ok = ok && buf_ok(&text, "a schema", e) && out_file_write(dir, DUMP_SCHEMA, schema, STR_LIT(""), buf_str(&text), e);
	buf_release(&text);
	arena_release(&a);
	return ok;
}

/* The list of columns where it is needed: what the server makes itself, and what it hides, is not in a row of VALUES. */
static void put_insert(struct buf *out, const struct dump_table *t, const struct dump_want *want)
{
	bool complete = want->complete_insert, first = true;

	for (size_t i = 0; i < t->structure.n_columns; i++)
		complete = complete || t->values[i].skip || t->structure.columns[i].invisible;
	buf_put_text(out, "INSERT INTO ");
	sql_put_name(out, t->name);
	for (size_t i = 0; complete && i < t->structure.n_columns; i++) {
		if (t->values[i].skip)
			continue;
		buf_put_text(out, first ? " (" : ",");
		first = false;
		sql_put_name(out, t->structure.columns[i].name);
	}
	buf_put_text(out, complete ? ") VALUES\n" : " VALUES\n");
}

static bool put_header(struct buf *out, const struct dump_table *t, const struct dump_csv *csv, struct err *e)
{
	bool first = true;

	for (size_t i = 0; csv->header && i < t->structure.n_columns; i++) {
		if (t->values[i].skip)
			continue;
		if (!first)
			buf_put_str(out, csv->separator);
		first = false;
		if (!csv_text_put(out, t->structure.columns[i].name, csv))
			return err_set(e, &err_value, "column '%.*s' of `%.*s`.`%.*s`: its name cannot stand in a head line of CSV",
				       STR(t->structure.columns[i].name), STR(t->schema), STR(t->name));
	}
	if (csv->header)
		buf_put_str(out, csv->terminator);
	return true;
}

bool table_prepare(struct dump_table *t, struct arena *a, const struct dump_want *want, struct err *e)
{
	struct buf b = BUF_INIT(1 << 24);
	bool ok = true, any = false;

	for (size_t i = 0; i < t->structure.n_columns; i++) {
		t->values[i].skip = t->structure.columns[i].generated;
		any = any || !t->values[i].skip;
		/* Readers of CSV take a BIT as its bytes, and a set as its labels. */
		if (want->csv && column_type_is(t->structure.columns[i].type, "bit"))
			t->values[i].form = VALUE_BASE64;
		else if (want->csv && t->values[i].form == VALUE_INTEGER && column_type_is(t->structure.columns[i].type, "set"))
			value_want_labels(&t->values[i], t->structure.columns[i].type, a);
	}
	if (!any)
		return err_set(e, &err_unsupported, "`%.*s`.`%.*s` has generated columns only: not supported yet", STR(t->schema),
			       STR(t->name));
	if (want->csv)
		ok = put_header(&b, t, &want->csv_form, e);
	else
		put_insert(&b, t, want);
	ok = ok && buf_ok(&b, "the columns of a table", e);
	t->insert = arena_str(a, buf_str(&b));
	buf_release(&b);
	return ok;
}

static bool put_table_file(struct dump_table *t, struct catalog *catalog, struct conn *conn, const struct dump_want *want,
			   struct err *e)
{
	struct buf text = BUF_INIT(1 << 26);
	struct arena a = ARENA_INIT;
	struct str sql;
	bool ok = table_read(t, &sql, &a, catalog, conn, want, e);

	if (ok && !want->no_schemas) {
		buf_put_text(&text, program_head);
		buf_put_text(&text, "/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'*/;\n");
		ok = spell_create(&text, sql, t, conn, e);
		buf_put_text(&text, ";\n");
		ok = ok && buf_ok(&text, "a table", e) &&
		     out_file_write(want->dir, t->is_sequence ? DUMP_SEQUENCE : DUMP_TABLE, t->schema, t->name, buf_str(&text), e);
	}
	buf_release(&text);
	arena_release(&a);
	return ok;
}

static struct str place_text(struct arena *a, const struct server_place *place)
{
	return place->file.n ? arena_strf(a, "%.*s:%llu", STR(place->file), (unsigned long long)place->pos) : STR_LIT("");
}

static bool put_list_head(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	struct dump_list_line line = {
		.type = DUMP_LIST_HEAD, .version = DUMP_LIST_VERSION, .source = want->source, .flavor = s->flavor,
		.server_version = str_of(s->control.server_version), .pos = place_text(&s->arena, &s->place),
		.gtid = s->place.gtid, .consistent = want->consistent, .csv = want->csv, .csv_form = want->csv_form,
	};
	bool exists;

	if (!want->consistent) {
		line.pos_end = place_text(&s->arena, &s->place_end);
		line.gtid_end = s->place_end.gtid;
	}
	return server_identity(s, &line.server, e) && server_variable(&s->control, &s->arena, "sql_mode", &line.sql_mode, &exists, e) &&
	       dump_dir_put_head(want->dir, &line, e);
}

bool directory_begin(struct catalog *catalog, struct snapshot *s, const struct dump_want *want, struct err *e)
{
	struct conn *conn = &s->control;

	if (!put_list_head(s, want, e))
		return false;
	for (size_t i = 0; !want->no_schemas && i < catalog->n_schemas; i++)
		if (!put_schema_file(want->dir, conn, catalog->schemas[i], e))
			return false;
	for (int sequences = 1; sequences >= 0; sequences--)
		for (size_t i = 0; i < catalog->n_tables; i++)
			if (catalog->tables[i].is_sequence == (sequences == 1) &&
			    !put_table_file(&catalog->tables[i], catalog, conn, want, e))
				return false;
	return want->no_schemas || (views_put(want->dir, catalog, conn, want, e) &&
				    programs_put(want->dir, catalog, conn, want, e));
}

static void put_place(struct buf *b, const char *title, const struct server_place *place)
{
	if (place->file.n == 0)
		return;
	buf_putf(b, "%s\n\tLog: %.*s\n\tPos: %llu\n\tGTID:%.*s\n\n", title, STR(place->file), (unsigned long long)place->pos,
		 STR(place->gtid));
}

static void put_time(struct buf *b, const char *what, time_t when)
{
	struct tm tm;
	char text[64];

	localtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_putf(b, "%s dump at: %s\n", what, text);
}

/* Dumpling's text, which DM and Lightning read. */
bool directory_end(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	struct buf b = BUF_INIT(1 << 24);
	bool ok;

	put_time(&b, "Started", want->started);
	put_place(&b, "SHOW MASTER STATUS:", &s->place);
	if (!want->consistent)
		put_place(&b, "SHOW MASTER STATUS: /* AFTER CONNECTION POOL ESTABLISHED */", &s->place_end);
	put_time(&b, "Finished", time(NULL));
	ok = buf_ok(&b, DUMP_METADATA, e) &&
	     out_file_write(want->dir, DUMP_IS_METADATA, STR_LIT(""), STR_LIT(""), buf_str(&b), e) && dump_dir_end(want->dir, e);
	buf_release(&b);
	return ok;
}
