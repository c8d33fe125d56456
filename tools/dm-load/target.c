/* target.c - how the rows of an upstream table stand downstream; see load.h */
#include "load.h"

#include <stdlib.h>

#include "text/sql_quote.h"

const struct err_kind err_load_columns = {
	.code = 34501, .class = "load-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "give the downstream table the columns of the upstream one, then start again",
};

static bool is_numbered(const struct table *t)
{
	return t->n_columns > 0 && str_is(t->columns[0].name, "@1");
}

/* "`a`, `b`" : names for a message. */
static void list_name(struct buf *b, struct str name)
{
	if (b->n > 0)
		buf_put_text(b, ", ");
	sql_put_name(b, name);
}

/* Which columns are written. What upstream computes may be computed downstream too, and then is; what it does not, may
 * not. */
static bool match_columns(struct target *t, struct err *e)
{
	struct buf missing = BUF_INIT(600), computed = BUF_INIT(600);
	bool ok = true;

	t->from = arena_array(&t->arena, t->upstream.n_columns, sizeof(*t->from));
	t->to = arena_array(&t->arena, t->upstream.n_columns, sizeof(*t->to));
	for (size_t i = 0; i < t->upstream.n_columns; i++) {
		const struct column *up = &t->upstream.columns[i];
		size_t at = table_find_column(&t->downstream, up->name);

		if (at == SIZE_MAX)
			list_name(&missing, up->name);
		else if (!t->downstream.columns[at].generated) {
			t->from[t->n] = i;
			t->to[t->n++] = at;
		} else if (!up->generated) {
			list_name(&computed, up->name);
		}
	}
	if (missing.n > 0)
		ok = err_set(e, &err_load_columns, "downstream table `%.*s`.`%.*s` has no column %s",
			     STR(t->downstream.schema), STR(t->downstream.name), buf_text(&missing));
	else if (computed.n > 0)
		ok = err_set(e, &err_load_columns, "downstream table `%.*s`.`%.*s` computes column %s, which upstream is "
			     "stored", STR(t->downstream.schema), STR(t->downstream.name), buf_text(&computed));
	buf_release(&missing);
	buf_release(&computed);
	return ok;
}

static bool is_written(const struct target *t, size_t column)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->to[i] == column)
			return true;
	return false;
}

/* Is there a key that every row of ours has a place in? Then the same row again meets itself. */
static bool meets_itself(const struct target *t)
{
	for (size_t k = 0; k < t->downstream.n_keys; k++) {
		const struct key *key = &t->downstream.keys[k];
		bool ours = key->unique && key->n_parts > 0;

		for (size_t i = 0; ours && i < key->n_parts; i++) {
			size_t at = table_find_column(&t->downstream, key->parts[i].column);

			ours = at != SIZE_MAX && is_written(t, at) && !t->downstream.columns[at].nullable;
		}
		if (ours)
			return true;
	}
	return false;
}

static bool put_insert(struct target *t, enum on_duplicate on_duplicate, struct err *e)
{
	static const char *const words[] = {
		[DUPLICATE_REPLACE] = "REPLACE INTO ",
		[DUPLICATE_ERROR] = "INSERT INTO ",
		[DUPLICATE_IGNORE] = "INSERT IGNORE INTO ",
	};
	struct buf sql = BUF_INIT(1 << 24);
	bool ok;

	buf_put_text(&sql, words[on_duplicate]);
	sql_put_table(&sql, t->downstream.schema, t->downstream.name);
	buf_put_text(&sql, " (");
	for (size_t i = 0; i < t->n; i++) {
		if (i > 0)
			buf_put_char(&sql, ',');
		sql_put_name(&sql, t->downstream.columns[t->to[i]].name);
	}
	buf_put_text(&sql, ") VALUES ");
	ok = buf_ok(&sql, "the column list of a table", e);
	t->insert = arena_str(&t->arena, buf_str(&sql));
	buf_release(&sql);
	return ok;
}

static bool fill(struct target *t, struct conn *c, struct event_name to, enum on_duplicate on_duplicate, struct err *e)
{
	bool exists;

	if (is_numbered(&t->upstream))
		return err_set(e, &err_load_columns, "table `%.*s`.`%.*s`: its column names are not known",
			       STR(t->upstream.schema), STR(t->upstream.name));
	table_release(&t->downstream);
	if (!server_table(c, to.schema, to.table, &t->downstream, &exists, e))
		return false;
	if (!exists) {
		table_init(&t->downstream, to.schema, to.table);
		return err_set(e, &err_load_columns, "there is no table `%.*s`.`%.*s` downstream", STR(to.schema),
			       STR(to.table));
	}
	if (!match_columns(t, e) || !put_insert(t, on_duplicate, e) || !data_plan(t, c, on_duplicate, e))
		return false;
	t->idempotent = meets_itself(t);
	return true;
}

static struct target *filled(struct target *t, struct conn *c, struct event_name to, enum on_duplicate on_duplicate,
			     struct err *e)
{
	if (fill(t, c, to, on_duplicate, e))
		return t;
	target_free(t);
	return NULL;
}

struct target *target_new(struct conn *c, struct str line, enum on_duplicate on_duplicate, struct err *e)
{
	struct target *t = mem_zalloc(sizeof(*t));
	struct arena a = ARENA_INIT;
	struct event_name to;
	bool ok;

	ok = table_line_parse(&t->upstream, &to, line, &a, e);
	if (!ok)
		table_init(&t->upstream, STR_LIT(""), STR_LIT(""));
	if (ok)
		t = filled(t, c, to, on_duplicate, e);
	arena_release(&a);
	if (ok)
		return t;
	target_free(t);
	return NULL;
}

/* The downstream table tells its own columns where nothing else does. */
static void know_upstream(struct target *t, struct str schema, struct str name)
{
	struct table *copy = &t->upstream;

	table_copy(copy, &t->downstream);
	copy->schema = arena_str(&copy->arena, schema);
	copy->name = arena_str(&copy->arena, name);
}

/* What every row has, whether a structure that was taken from downstream has it or not. */
static void add_extracts(struct target *t, const struct target_want *want)
{
	for (size_t i = 0; i < want->n_extracts; i++) {
		size_t at = table_find_column(&t->upstream, want->extracts[i].name);

		if (!want->upstream && at != SIZE_MAX)
			table_drop_column(&t->upstream, at);
		table_add_constant(&t->upstream, want->extracts[i].name, want->extracts[i].value);
	}
}

struct target *target_of(struct conn *c, const struct target_want *want, struct err *e)
{
	struct target *t = mem_zalloc(sizeof(*t));
	struct event_name to = want->to;
	bool exists = false;

	if (want->upstream) {
		table_copy(&t->upstream, want->upstream);
		add_extracts(t, want);
		return filled(t, c, to, want->on_duplicate, e);
	}
	if (!server_table(c, to.schema, to.table, &t->downstream, &exists, e) || !exists) {
		table_init(&t->upstream, want->name.schema, want->name.table);
		if (!exists && !e->kind)
			err_set(e, &err_load_columns, "there is no table `%.*s`.`%.*s` downstream, and the dump does not say "
				"how to make it", STR(to.schema), STR(to.table));
		target_free(t);
		return NULL;
	}
	know_upstream(t, want->name.schema, want->name.table);
	add_extracts(t, want);
	return filled(t, c, to, want->on_duplicate, e);
}

void target_part_done(const struct target *t, struct load_counts *counts)
{
	if (t->counts && atomic_fetch_sub(&t->counts->files, 1) == 1)
		atomic_fetch_add(&counts->tables, 1);
}

void target_free(struct target *t)
{
	table_release(&t->upstream);
	table_release(&t->downstream);
	arena_release(&t->arena);
	free(t->counts);
	free(t->came);
	free(t);
}
