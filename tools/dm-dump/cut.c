/* cut.c - where a table is cut into chunks, and the conditions and names of those; see dump.h
 *
 * A bound is a value of the leading columns of a key, read from the server and compared by the server, in the key's own
 * collation: so each row is in just one chunk, whatever the order is. That the bounds are not the snapshot's is no
 * matter. Where the first column is an integer, the server's own estimates of ranges say where to cut; for all other
 * keys the key is walked. */
#include "dump.h"

#include <stdlib.h>

#include "base/log.h"
#include "text/sql_quote.h"

#define CUTS_MAX 100000		/* chunks of a table */
#define KEY_PARTS_MAX 8		/* leading columns that are compared */

/* How a column's value is asked for, and how it stands in a condition. */
enum bound_form { BOUND_NONE, BOUND_NUMBER, BOUND_TIME, BOUND_BYTES };

struct cutting {
	struct dump_table *t;
	struct conn *conn;
	struct arena *arena;
	struct str index;		/* the key's name */
	size_t n_parts;
	const struct column *parts[KEY_PARTS_MAX];
	uint64_t target;		/* rows of a chunk */
	struct buf sql;
	struct dump_bound *bounds;	/* growing */
	size_t n, room;
	bool lumpy;			/* one value of the first column is more than a chunk */
};

static bool type_is_any(struct str type, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (column_type_is(type, names[i]))
			return true;
	return false;
}

#define TYPE_IS(type, ...) type_is_any(type, (const char *const[]){ __VA_ARGS__ }, \
				       sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static bool is_whole_number(struct str type)
{
	return TYPE_IS(type, "tinyint", "smallint", "mediumint", "int", "bigint");
}

/* Others (enum, set, float, uuid, ...) are not ordered as they are printed, or not printed exactly. */
static enum bound_form form_of(const struct column *c)
{
	if (c->nullable || c->generated)
		return BOUND_NONE;
	if (is_whole_number(c->type) || TYPE_IS(c->type, "decimal", "year"))
		return BOUND_NUMBER;
	if (TYPE_IS(c->type, "date", "datetime", "timestamp", "time"))
		return BOUND_TIME;
	return TYPE_IS(c->type, "char", "varchar", "binary", "varbinary") ? BOUND_BYTES : BOUND_NONE;
}

static size_t usable_parts(struct cutting *c, const struct key *key)
{
	size_t n = 0;

	for (; n < key->n_parts && n < KEY_PARTS_MAX; n++) {
		size_t at = table_find_column(&c->t->structure, key->parts[n].column);

		if (at == SIZE_MAX || key->parts[n].prefix > 0 || form_of(&c->t->structure.columns[at]) == BOUND_NONE)
			break;
		c->parts[n] = &c->t->structure.columns[at];
	}
	return n;
}

/* The first unique key (the primary one is first of all) whose leading column can be compared. */
static void choose_key(struct cutting *c)
{
	for (size_t i = 0; i < c->t->structure.n_keys && c->n_parts == 0; i++) {
		const struct key *key = &c->t->structure.keys[i];

		if (!key->unique)
			continue;
		c->n_parts = usable_parts(c, key);
		c->index = key->name;
	}
}

static void put_from(struct buf *sql, const struct cutting *c)
{
	buf_put_text(sql, " FROM ");
	sql_put_table(sql, c->t->schema, c->t->name);
	buf_put_text(sql, " FORCE INDEX (");
	sql_put_name(sql, c->index);
	buf_put_char(sql, ')');
}

/* The values after a bound (or from it on, or before it) in the order of the key:
 * a > 1 OR (a = 1 AND (b > 2 OR (b = 2 AND c >= 3))), with a >= 1 in front, which optimizers understand. */
static void put_side(struct buf *sql, const struct cutting *c, const struct str *values, char side, bool equal)
{
	if (c->n_parts > 1) {
		sql_put_name(sql, c->parts[0]->name);
		buf_putf(sql, " %c= %.*s AND (", side, STR(values[0]));
	}
	for (size_t i = 0; i < c->n_parts; i++) {
		bool last = i + 1 == c->n_parts;

		sql_put_name(sql, c->parts[i]->name);
		buf_putf(sql, " %c%s %.*s", side, last && equal ? "=" : "", STR(values[i]));
		if (last)
			break;
		buf_put_text(sql, " OR (");
		sql_put_name(sql, c->parts[i]->name);
		buf_putf(sql, " = %.*s AND (", STR(values[i]));
	}
	for (size_t i = 1; i < c->n_parts; i++)
		buf_put_text(sql, "))");
	if (c->n_parts > 1)
		buf_put_char(sql, ')');
}

static void add_bound(struct cutting *c, const struct str *values)
{
	struct buf b = BUF_INIT(1 << 24);
	struct dump_bound *bound;

	if (c->n == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		c->bounds = mem_rearray(c->bounds, c->room, sizeof(*c->bounds));
	}
	bound = &c->bounds[c->n++];
	put_side(&b, c, values, '>', true);
	bound->from = arena_str(c->arena, buf_str(&b));
	buf_clear(&b);
	put_side(&b, c, values, '<', false);
	bound->before = arena_str(c->arena, buf_str(&b));
	buf_release(&b);
}

/* The server's estimate of how many rows there are from first to last. */
static bool estimate(struct cutting *c, struct str first, struct str last, uint64_t *rows, struct err *e)
{
	struct conn *conn = c->conn;
	struct result r;
	bool more = false, ok;
	unsigned at;

	buf_clear(&c->sql);
	buf_put_text(&c->sql, conn->flavor == FLAVOR_MYSQL ? "EXPLAIN FORMAT=TRADITIONAL SELECT " : "EXPLAIN SELECT ");
	sql_put_name(&c->sql, c->parts[0]->name);
	put_from(&c->sql, c);
	buf_put_text(&c->sql, " WHERE ");
	sql_put_name(&c->sql, c->parts[0]->name);
	buf_putf(&c->sql, " BETWEEN %.*s AND %.*s", STR(first), STR(last));
	ok = buf_ok(&c->sql, "a statement", e) && conn_query(conn, &r, buf_str(&c->sql), false, e);
	if (!ok)
		return false;
	at = r.n == 12 ? 9 : 8;		/* newer MySQL has "partitions" and "filtered", too */
	ok = result_next(&r, &more, e);
	*rows = 0;
	if (ok && more && r.n > at && r.row[at].p)
		str_to_u64(r.row[at], rows);
	result_release(&r);
	return ok;
}

/* Numbers of either sign, in the order of their column, as numbers from 0. */
struct span {
	bool is_signed;
};

static struct str number_text(struct cutting *c, const struct span *s, uint64_t v)
{
	return s->is_signed ? arena_strf(c->arena, "%lld", (long long)(int64_t)(v - (1ULL << 63))) :
			      arena_strf(c->arena, "%llu", (unsigned long long)v);
}

/* Halves what holds too many rows. Its first number is a bound, but for that of the whole. */
static bool halve(struct cutting *c, const struct span *s, uint64_t first, uint64_t last, bool is_first, struct err *e)
{
	struct str from = number_text(c, s, first);
	uint64_t rows, middle = first + (last - first) / 2;

	if (!estimate(c, from, number_text(c, s, last), &rows, e))
		return false;
	c->lumpy = c->lumpy || (first == last && rows > 2 * c->target);
	if (first == last || rows <= c->target || c->n >= CUTS_MAX) {
		if (!is_first)
			add_bound(c, &from);
		return true;
	}
	return halve(c, s, first, middle, is_first, e) && halve(c, s, middle + 1, last, false, e);
}

static bool number_of(const struct span *s, struct str text, uint64_t *v)
{
	int64_t number;

	if (!s->is_signed)
		return str_to_u64(text, v);
	if (!str_to_i64(text, &number))
		return false;
	*v = (uint64_t)number + (1ULL << 63);
	return true;
}

/* By the first column alone, an integer. */
static bool cut_numbers(struct cutting *c, struct err *e)
{
	struct span span = { str_find(c->parts[0]->type, STR_LIT("unsigned")) == SIZE_MAX };
	size_t all_parts = c->n_parts;
	uint64_t least, greatest;
	struct result r;
	bool more = false, ok, cuts;

	buf_clear(&c->sql);
	buf_put_text(&c->sql, "SELECT MIN(");
	sql_put_name(&c->sql, c->parts[0]->name);
	buf_put_text(&c->sql, "), MAX(");
	sql_put_name(&c->sql, c->parts[0]->name);
	buf_put_char(&c->sql, ')');
	put_from(&c->sql, c);
	ok = buf_ok(&c->sql, "a statement", e) && conn_query(c->conn, &r, buf_str(&c->sql), false, e);
	if (!ok)
		return false;
	ok = result_next(&r, &more, e);
	cuts = ok && more && r.row[0].p && r.row[1].p && number_of(&span, r.row[0], &least) &&
	       number_of(&span, r.row[1], &greatest);
	result_release(&r);
	c->n_parts = 1;
	ok = ok && (!cuts || halve(c, &span, least, greatest, true, e));
	c->n_parts = all_parts;
	return ok;
}

static struct str literal(struct cutting *c, const struct column *column, struct str cell)
{
	switch (form_of(column)) {
	case BOUND_BYTES:
		return column->charset.n > 0 ? arena_strf(c->arena, "_%.*s x'%.*s'", STR(column->charset), STR(cell)) :
					       arena_strf(c->arena, "x'%.*s'", STR(cell));
	case BOUND_TIME:
		return arena_strf(c->arena, "'%.*s'", STR(cell));
	case BOUND_NUMBER:
	case BOUND_NONE:
		break;
	}
	return arena_str(c->arena, cell);
}

static void put_columns(struct buf *sql, const struct cutting *c, bool as_hex)
{
	for (size_t i = 0; i < c->n_parts; i++) {
		bool hex = as_hex && form_of(c->parts[i]) == BOUND_BYTES;

		buf_put_text(sql, i > 0 ? ", " : "");
		buf_put_text(sql, hex ? "HEX(" : "");
		sql_put_name(sql, c->parts[i]->name);
		buf_put_text(sql, hex ? ")" : "");
	}
}

/* One step along the key: the value target rows behind last, which is always another one. */
static bool step(struct cutting *c, struct str *values, bool *more, struct err *e)
{
	struct result r;
	bool ok;

	buf_clear(&c->sql);
	buf_put_text(&c->sql, "SELECT ");
	put_columns(&c->sql, c, true);
	put_from(&c->sql, c);
	if (values[0].p) {
		buf_put_text(&c->sql, " WHERE ");
		put_side(&c->sql, c, values, '>', false);
	}
	buf_put_text(&c->sql, " ORDER BY ");
	put_columns(&c->sql, c, false);
	buf_putf(&c->sql, " LIMIT %llu, 1", (unsigned long long)(c->target - (values[0].p ? 1 : 0)));
	ok = buf_ok(&c->sql, "a statement", e) && conn_query(c->conn, &r, buf_str(&c->sql), false, e);
	if (!ok)
		return false;
	ok = result_next(&r, more, e);
	for (size_t i = 0; ok && *more && i < c->n_parts; i++)
		values[i] = literal(c, c->parts[i], r.row[i]);
	result_release(&r);
	return ok;
}

static bool walk(struct cutting *c, struct err *e)
{
	struct str values[KEY_PARTS_MAX] = { STR_NONE };
	bool more = true;

	while (c->n < CUTS_MAX && !wait_stopping()) {
		if (!step(c, values, &more, e))
			return false;
		if (!more)
			break;
		add_bound(c, values);
	}
	return true;
}

static bool cut(struct cutting *c, struct err *e)
{
	if (is_whole_number(c->parts[0]->type) && c->conn->flavor != FLAVOR_TIDB) {
		if (!cut_numbers(c, e))
			return false;
		if (!c->lumpy || c->n_parts == 1)
			return true;
		c->n = 0;
	}
	return walk(c, e);
}

/* How many rows a chunk is to have. In a stream most chunks are to fit a worker's buffer; into files those that the user
 * asked for. */
static uint64_t target_rows(const struct dump_table *t, const struct dump_want *want)
{
	uint64_t bytes = want->dir ? FILE_BYTES : CHUNK_BYTES, by_size;

	if (t->row_bytes == 0 || (want->dir && want->rows_said))
		return want->rows;
	by_size = bytes / t->row_bytes;
	return by_size == 0 ? 1 : by_size < want->rows ? by_size : want->rows;
}

bool cut_table(struct dump_table *t, struct arena *a, struct conn *conn, const struct dump_want *want, struct err *e)
{
	struct cutting c = { .t = t, .conn = conn, .arena = a, .target = target_rows(t, want), .sql = BUF_INIT(1 << 24) };
	bool ok = true;

	t->n_chunks = 1;
	choose_key(&c);
	if (c.n_parts > 0 && t->rows_estimate > c.target)
		ok = cut(&c, e);
	if (ok && c.n > 0) {
		struct buf b = BUF_INIT(4096);

		t->n_chunks = c.n + 1;
		t->bounds = arena_array(a, c.n, sizeof(*t->bounds));
		memcpy(t->bounds, c.bounds, c.n * sizeof(*t->bounds));
		for (size_t i = 0; i < c.n; i++)
			t->cut_hash = t->cut_hash * 31 + str_hash(t->bounds[i].from);
		buf_put_text(&b, " FORCE INDEX (");
		sql_put_name(&b, c.index);
		buf_put_char(&b, ')');
		t->force = arena_str(a, buf_str(&b));
		buf_release(&b);
	}
	free(c.bounds);
	buf_release(&c.sql);
	return ok;
}

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-' || c == '$';
}

static void put_id_name(struct buf *b, struct str name)
{
	bool plain = name.n > 0;

	for (size_t i = 0; i < name.n; i++)
		plain = plain && is_plain(name.p[i]);
	if (plain)
		buf_put_str(b, name);
	else
		sql_put_name(b, name);
}

void chunk_id_put(struct buf *b, const struct chunk *chunk, struct str where)
{
	const struct dump_table *t = chunk->table;

	put_id_name(b, t->schema);
	buf_put_char(b, '.');
	put_id_name(b, t->name);
	if (where.n > 0)
		buf_putf(b, "?%016llx", (unsigned long long)str_hash(where));
	if (t->n_chunks > 1)
		buf_putf(b, ":%016llx*%llu", (unsigned long long)t->cut_hash, (unsigned long long)chunk->number);
}

void chunk_select_put(struct buf *sql, const struct chunk *chunk, struct str where)
{
	const struct dump_table *t = chunk->table;
	const char *word = " WHERE ";

	buf_put_str(sql, t->select);
	buf_put_str(sql, t->force);
	if (chunk->number > 0) {
		buf_putf(sql, "%s(%.*s)", word, STR(t->bounds[chunk->number - 1].from));
		word = " AND ";
	}
	if (chunk->number + 1 < t->n_chunks) {
		buf_putf(sql, "%s(%.*s)", word, STR(t->bounds[chunk->number].before));
		word = " AND ";
	}
	if (where.n > 0)
		buf_putf(sql, "%s(%.*s)", word, STR(where));
	buf_put_str(sql, t->order);
}
