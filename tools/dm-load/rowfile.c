/* rowfile.c - see rowfile.h */
#include "rowfile.h"

#include "text/utf8.h"

#define WINDOW (256 << 10)
#define STATEMENT_LIMIT (3UL << 30)

const struct err_kind err_dump_row = {
	.code = 34555, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "look at the file: its rows must be those of the table that its name says",
};

void rowfile_init(struct rowfile *rf)
{
	*rf = (struct rowfile){ .text = BUF_INIT(STATEMENT_LIMIT), .converted = BUF_INIT(STATEMENT_LIMIT) };
	rf->in.fd = -1;
	sql_values_init(&rf->values);
}

void rowfile_release(struct rowfile *rf)
{
	rowfile_close(rf);
	sql_values_release(&rf->values);
	buf_release(&rf->text);
	buf_release(&rf->converted);
	arena_release(&rf->arena);
	arena_release(&rf->row_arena);
}

bool rowfile_open(struct rowfile *rf, int dir, const struct load_file *file, const struct row_form *form,
		  const struct table *table, struct err *e)
{
	size_t n = table->n_columns;

	rf->dir = dir;
	rf->file = file;
	rf->form = form;
	rf->table = table;
	arena_clear(&rf->arena);
	if (rf->text.cap > 16 * WINDOW)
		buf_release(&rf->text);
	buf_clear(&rf->text);
	rf->used = 0;
	rf->last = rf->in_insert = rf->mapped = false;
	rf->rows = 0;
	rf->charset = form->charset;
	sql_cut_init(&rf->cut);
	rf->cut.backslash = rf->values.backslash = form->backslash;
	rf->values.ansi_quotes = false;
	rf->literals = arena_array(&rf->arena, n + 1, sizeof(*rf->literals));
	rf->fields = arena_array(&rf->arena, n + 1, sizeof(*rf->fields));
	rf->map = arena_array(&rf->arena, n + 1, sizeof(*rf->map));
	rf->given = arena_array(&rf->arena, n + 1, sizeof(*rf->given));
	rf->row = arena_array(&rf->arena, n + 1, sizeof(*rf->row));
	rf->forms = arena_array(&rf->arena, n + 1, sizeof(*rf->forms));
	for (size_t i = 0; i < n; i++)
		value_form_make(&rf->forms[i], &table->columns[i], &rf->arena);
	return input_open(&rf->in, dir, file->name, file->packing, e);
}

void rowfile_close(struct rowfile *rf)
{
	input_close(&rf->in);
}

/* More content behind what is there. */
static bool fill(struct rowfile *rf, struct err *e)
{
	size_t room = rf->text.n - rf->used > WINDOW ? rf->text.n - rf->used : WINDOW, n;
	char *to;

	if (rf->used > 0)
		memmove(rf->text.p, rf->text.p + rf->used, rf->text.n - rf->used);
	rf->text.n -= rf->used;
	rf->used = 0;
	to = buf_room(&rf->text, room);
	if (!to)
		return buf_ok(&rf->text, "a statement of a dump", e);
	if (!input_read(&rf->in, to, room, &n, e))
		return false;
	rf->text.n += n;
	rf->last = n == 0;
	return true;
}

static struct str unused(const struct rowfile *rf)
{
	return str_from(buf_str(&rf->text), rf->used);
}

bool load_file_check(const struct load_file *file, const struct input *in, struct err *e)
{
	if (!file->listed || (in->bytes == file->bytes && xxh64_sum(&in->sum) == file->xxh64))
		return true;
	return err_set(e, &err_dump_damaged, "file '%.*s' is not what was written: %llu bytes with checksum %016llx, not %llu with "
		       "%016llx", STR(file->name), (unsigned long long)in->bytes, (unsigned long long)xxh64_sum(&in->sum),
		       (unsigned long long)file->bytes, (unsigned long long)file->xxh64);
}

static bool check_whole(const struct rowfile *rf, struct err *e)
{
	const struct load_file *file = rf->file;

	if (!load_file_check(file, &rf->in, e))
		return false;
	return !file->listed || rf->rows == file->rows ||
	       err_set(e, &err_dump_damaged, "file '%.*s' holds %llu rows, not %llu", STR(file->name),
		       (unsigned long long)rf->rows, (unsigned long long)file->rows);
}

static bool torn(const struct rowfile *rf, struct err *e)
{
	return err_set(e, &err_dump_damaged, "file '%.*s' ends inside a statement or a row", STR(rf->file->name));
}

static size_t count_columns(const struct table *t, bool generated, bool invisible)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_columns; i++)
		n += (generated || !t->columns[i].generated) && (invisible || !t->columns[i].invisible) && !t->columns[i].constant.p;
	return n;
}

/* Values without a list of columns: those of all that a SELECT * shows, or of those that can be written. */
static bool map_by_number(struct rowfile *rf, size_t n, struct err *e)
{
	const struct table *t = rf->table;
	bool generated = n == count_columns(t, true, false), invisible = false;

	if (!generated && n != count_columns(t, false, false)) {
		generated = n == count_columns(t, true, true);
		invisible = true;
		if (!generated && n != count_columns(t, false, true))
			return err_set(e, &err_dump_row, "a row of %zu values is none of table `%.*s`.`%.*s`, which has "
				       "%zu columns", n, STR(t->schema), STR(t->name), t->n_columns);
	}
	rf->n_map = 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		rf->given[i] = (generated || !t->columns[i].generated) && (invisible || !t->columns[i].invisible) &&
			       !t->columns[i].constant.p;
		if (rf->given[i])
			rf->map[rf->n_map++] = i;
	}
	return true;
}

static bool map_add(struct rowfile *rf, struct str name, struct err *e)
{
	size_t at = table_find_column(rf->table, name);

	if (at == SIZE_MAX || rf->table->columns[at].constant.p)
		return err_set(e, &err_dump_row, "table `%.*s`.`%.*s` has no column '%.*s'", STR(rf->table->schema),
			       STR(rf->table->name), STR(name));
	if (rf->given[at])
		return err_set(e, &err_dump_row, "column '%.*s' is named twice", STR(name));
	rf->given[at] = true;
	rf->map[rf->n_map++] = at;
	return true;
}

static void map_start(struct rowfile *rf)
{
	rf->n_map = 0;
	memset(rf->given, 0, (rf->table->n_columns + 1) * sizeof(*rf->given));
	for (size_t i = 0; i < rf->table->n_columns; i++)
		rf->row[i] = rf->table->columns[i].constant.p ? (struct row_value){ VALUE_TEXT, rf->table->columns[i].constant } :
								(struct row_value){ VALUE_ABSENT, STR_NONE };
}

/* In these a character's second byte may be a backslash or a quote, so that statements cannot be cut byte by byte. */
static bool hides_quotes(struct str charset)
{
	static const char *const names[] = { "big5", "gbk", "sjis", "cp932", "gb18030" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is_nocase(charset, names[i]))
			return true;
	return false;
}

static bool heed_names(struct rowfile *rf, struct str names, struct err *e)
{
	if (!names.p || !rf->form->names_count)
		return true;
	if (hides_quotes(names))
		return err_set(e, &err_dump_row, "SET NAMES %.*s: files in this character set are not taken", STR(names));
	rf->charset = str_is_nocase(names, "binary") ? NULL : charset_of_name(names);
	return rf->charset || str_is_nocase(names, "binary") ||
	       err_set(e, &err_dump_row, "SET NAMES %.*s: a character set that is not known", STR(names));
}

/* Of the words in front of rows, those that say how the rows are to be read; the rest are for a session that is not ours. */
static bool heed(struct rowfile *rf, struct str statement, struct err *e)
{
	struct file_words words;

	words_read(&words, statement, &rf->row_arena);
	if (!words.known)
		return err_set(e, &err_dump_row, "a statement that is no INSERT: '%.*s'", STR(str_first(statement, 40)));
	if (words.sql_mode.p) {
		rf->cut.backslash = rf->values.backslash =
			str_find(words.sql_mode, STR_LIT("NO_BACKSLASH_ESCAPES")) == SIZE_MAX;
		rf->values.ansi_quotes = str_find(words.sql_mode, STR_LIT("ANSI_QUOTES")) != SIZE_MAX;
	}
	if (words.zone.p && !str_is(words.zone, "+00:00") && !str_is_nocase(words.zone, "UTC"))
		return err_set(e, &err_dump_row, "its times are those of zone '%.*s': only UTC is taken", STR(words.zone));
	return heed_names(rf, words.names, e);
}

static bool start_insert(struct rowfile *rf, struct str statement, struct err *e)
{
	struct sql_values *v = &rf->values;

	if (!sql_values_start(v, statement, &rf->in_insert, e))
		return false;
	if (!rf->in_insert)
		return heed(rf, statement, e);
	if (!rf->file->by_pattern && !str_eq_nocase(v->table, rf->table->name))
		return err_set(e, &err_dump_row, "rows of `%.*s` stand in a file of `%.*s`", STR(v->table),
			       STR(rf->table->name));
	map_start(rf);
	rf->mapped = v->n_columns > 0;
	for (size_t i = 0; i < v->n_columns; i++)
		if (!map_add(rf, v->columns[i], e))
			return false;
	return true;
}

static bool take_row(struct rowfile *rf, size_t n, struct err *e)
{
	if (!rf->mapped && !map_by_number(rf, n, e))
		return false;
	rf->mapped = true;
	if (n != rf->n_map)
		return err_set(e, &err_dump_row, "row %llu has %zu values, not %zu", (unsigned long long)rf->rows + 1, n,
			       rf->n_map);
	for (size_t i = 0; i < n; i++)
		if (!value_read(&rf->row[rf->map[i]], &rf->literals[i], &rf->forms[rf->map[i]], rf->charset, &rf->converted,
				&rf->row_arena, e))
			return err_at(e, "row %llu", (unsigned long long)rf->rows + 1);
	rf->rows++;
	return true;
}

static bool next_of_sql(struct rowfile *rf, bool *more, struct err *e)
{
	struct str statement;
	size_t n, used;

	for (;;) {
		if (rf->in_insert) {
			if (!sql_values_next(&rf->values, rf->literals, rf->table->n_columns, &n, &rf->row_arena, more, e))
				return false;
			if (*more)
				return take_row(rf, n, e);
			rf->in_insert = false;
		}
		switch (sql_cut_next(&rf->cut, unused(rf), rf->last, &statement, &used)) {
		case SQL_CUT_STATEMENT:
			rf->used += used;	/* the bytes stay until the next fill */
			if (!start_insert(rf, statement, e))
				return false;
			break;
		case SQL_CUT_MORE:
			rf->used += used;
			if (!fill(rf, e))
				return false;
			break;
		case SQL_CUT_END:
			*more = false;
			return check_whole(rf, e);
		case SQL_CUT_TORN:
			return torn(rf, e);
		}
	}
}

static bool take_header(struct rowfile *rf, size_t n, struct err *e)
{
	map_start(rf);
	for (size_t i = 0; i < n; i++)
		if (!map_add(rf, rf->fields[i].text, e))
			return false;
	rf->mapped = true;
	return true;
}

static bool take_fields(struct rowfile *rf, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct csv_field *f = &rf->fields[i];

		rf->literals[i] = (struct sql_literal){
			.kind = f->is_null ? SQL_LITERAL_NULL : SQL_LITERAL_TEXT, .text = f->text, .charset = STR_LIT(""),
		};
	}
	if (!rf->mapped)
		map_start(rf);
	return take_row(rf, n, e);
}

static bool is_blank(const struct rowfile *rf, size_t n)
{
	return n == 1 && rf->fields[0].text.n == 0 && !rf->fields[0].quoted && !rf->fields[0].is_null &&
	       (rf->table->n_columns > 1 || rf->form->csv.delimiter.n > 0);
}

static bool next_of_csv(struct rowfile *rf, bool *more, struct err *e)
{
	size_t n, used;

	for (;;) {
		switch (csv_next(&rf->form->csv, unused(rf), rf->last, rf->fields, rf->table->n_columns + 1, &n, &used,
				 &rf->row_arena)) {
		case CSV_ROW:
			rf->used += used;
			*more = true;
			if (is_blank(rf, n))
				break;
			if (!rf->form->csv_header || rf->mapped)
				return take_fields(rf, n, e);
			if (!take_header(rf, n, e))
				return false;
			break;
		case CSV_MORE:
			if (!fill(rf, e))
				return false;
			break;
		case CSV_END:
			*more = false;
			return check_whole(rf, e);
		case CSV_TORN:
			return torn(rf, e);
		case CSV_BAD:
			return err_set(e, &err_dump_damaged, "file '%.*s', row %llu: text behind a closing delimiter",
				       STR(rf->file->name), (unsigned long long)rf->rows + 1);
		case CSV_WIDE:
			return err_set(e, &err_dump_row, "row %llu has more than %zu fields", (unsigned long long)rf->rows + 1,
				       rf->table->n_columns);
		}
	}
}

/* Of a file that cannot be read as it is: was it other bytes when it was written? Then that is the error. */
static bool explain(struct rowfile *rf, struct err *e)
{
	struct err read = { 0 };
	size_t n = 1;

	while (rf->file->listed && n > 0 && rf->in.fd >= 0) {
		buf_clear(&rf->text);
		rf->used = 0;
		if (!buf_room(&rf->text, WINDOW) || !input_read(&rf->in, rf->text.p, WINDOW, &n, &read))
			break;
	}
	if (!read.kind && rf->file->listed)
		load_file_check(rf->file, &rf->in, &read);
	if (read.kind == &err_dump_damaged)
		*e = read;
	return e->kind == &err_dump_damaged ? false : err_at(e, "file '%.*s'", STR(rf->file->name));
}

bool rowfile_next(struct rowfile *rf, bool *more, struct err *e)
{
	arena_clear(&rf->row_arena);
	buf_clear(&rf->converted);
	if (rf->file->csv ? next_of_csv(rf, more, e) : next_of_sql(rf, more, e))
		return true;
	return explain(rf, e);
}
