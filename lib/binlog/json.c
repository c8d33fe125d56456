/* json.c - binary JSON as text; see json.h */
#include "binlog/json.h"

#include <math.h>

#include "binlog/cur.h"
#include "binlog/decimal.h"
#include "binlog/digits.h"
#include "binlog/table_map.h"
#include "binlog/temporal.h"
#include "text/base64.h"
#include "text/json_write.h"

enum json_type {
	BIN_SMALL_OBJECT, BIN_LARGE_OBJECT, BIN_SMALL_ARRAY, BIN_LARGE_ARRAY, BIN_LITERAL, BIN_INT16, BIN_UINT16,
	BIN_INT32, BIN_UINT32, BIN_INT64, BIN_UINT64, BIN_DOUBLE, BIN_STRING, BIN_OPAQUE = 0x0f,
};

enum {
	DEPTH_MAX = 100,
	BASE64_LINE = 76,		/* the server breaks lines there */
};

struct text {
	struct buf *out;
	size_t limit;			/* of out->n */
	unsigned depth;
};

static const char short_value[] = "is cut short";
static const char too_big[] = "is too big";

static const char *put_value(struct text *t, unsigned type, struct cur *c);

/* --- scalars --- */

/* 7 bits a byte, low ones first. */
static size_t take_length(struct cur *c)
{
	size_t n = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		unsigned byte = (unsigned)cur_uint(c, 1);

		n |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return n;
	}
	c->bad = true;
	return 0;
}

static const char *put_integer(struct buf *out, uint64_t v, bool negative)
{
	char *at = digits_room(out, 24);

	if (!at)
		return too_big;
	if (negative)
		*at++ = '-';
	digits_done(out, digits_u64(at, negative ? 0 - v : v));
	return NULL;
}

static const char *put_signed(struct cur *c, size_t bytes, struct buf *out)
{
	unsigned shift = 64 - 8 * (unsigned)bytes;
	int64_t v = (int64_t)(cur_uint(c, bytes) << shift) >> shift;

	return c->bad ? short_value : put_integer(out, (uint64_t)v, v < 0);
}

static const char *put_unsigned(struct cur *c, size_t bytes, struct buf *out)
{
	uint64_t v = cur_uint(c, bytes);

	return c->bad ? short_value : put_integer(out, v, false);
}

static const char *put_double(struct cur *c, struct buf *out)
{
	uint64_t bits = cur_uint(c, 8);
	double v;

	memcpy(&v, &bits, sizeof(v));
	if (c->bad)
		return short_value;
	if (!isfinite(v))
		return "holds a number that is none";
	json_put_mysql_double(out, v);
	return NULL;
}

static const char *put_string(struct cur *c, struct buf *out)
{
	struct str text = cur_str(c, take_length(c));

	if (c->bad)
		return short_value;
	return json_put_text_checked(out, text) ? NULL : "holds text that is not valid UTF-8";
}

static const char *put_literal(struct buf *out, uint64_t v)
{
	static const char *const names[] = { "null", "true", "false" };

	if (v > 2)
		return "holds a literal that is not known";
	buf_put_text(out, names[v]);
	return NULL;
}

/* "base64:type16:AB==", its line breaks shown as \n. */
static void put_opaque_bytes(struct buf *out, unsigned type, struct str data)
{
	struct buf b = BUF_INIT(data.n * 2 + 16);

	base64_put(&b, data);
	buf_putf(out, "\"base64:type%u:", type);
	for (size_t at = 0; at < b.n; at += BASE64_LINE) {
		if (at > 0)
			buf_put_text(out, "\\n");
		buf_put_str(out, str_first(str_from(buf_str(&b), at), BASE64_LINE));
	}
	buf_put_char(out, '"');
	buf_release(&b);
}

static const char *put_opaque_decimal(struct str data, struct buf *out)
{
	struct cur c = cur_of(data.p, data.n);
	unsigned precision = (unsigned)cur_uint(&c, 1), scale = (unsigned)cur_uint(&c, 1);

	if (c.bad || precision < 1 || precision > 81 || scale > precision)
		return "holds a decimal of bad precision";
	return put_decimal(&c, precision, scale, out);
}

static const char *put_opaque(struct cur *c, struct buf *out)
{
	unsigned type = (unsigned)cur_uint(c, 1);
	struct str data = cur_str(c, take_length(c));
	struct cur inner = cur_of(data.p ? data.p : "", data.n);
	const char *why;
	int64_t packed;

	if (c->bad)
		return short_value;
	switch (type) {
	case TYPE_NEWDECIMAL:
		return put_opaque_decimal(data, out);
	case TYPE_VAR_STRING:
		return json_put_text_checked(out, data) ? NULL : "holds text that is not valid UTF-8";
	case TYPE_DATE: case TYPE_TIME: case TYPE_DATETIME: case TYPE_TIMESTAMP:
		packed = (int64_t)cur_uint(&inner, 8);
		if (inner.bad)
			return short_value;
		buf_put_char(out, '"');
		why = type == TYPE_DATE ? put_packed_date(packed, out) :
		      type == TYPE_TIME ? put_packed_time(packed, out) : put_packed_datetime(packed, out);
		buf_put_char(out, '"');
		return why;
	}
	put_opaque_bytes(out, type, data);
	return NULL;
}

/* --- containers --- */

struct container {
	const uint8_t *start;		/* offsets count from here */
	size_t size;
	size_t width;			/* of offsets and counts: 2 or 4 */
	size_t n;
	size_t keys, values;		/* where their entries start */
};

static bool open_container(struct container *box, struct cur *c, bool large, bool object)
{
	size_t entry, header;

	*box = (struct container){ .start = c->p, .width = large ? 4 : 2 };
	box->n = cur_uint(c, box->width);
	box->size = cur_uint(c, box->width);
	box->keys = 2 * box->width;
	entry = 1 + box->width + (object ? box->width + 2 : 0);
	if (c->bad || box->size > cur_left(c) + box->keys || box->n > box->size / entry)
		return false;
	header = box->keys + box->n * entry;
	box->values = box->keys + (object ? box->n * (box->width + 2) : 0);
	return header <= box->size;
}

static bool is_inlined(unsigned type, const struct container *box)
{
	return type == BIN_LITERAL || type == BIN_INT16 || type == BIN_UINT16 ||
	       (box->width == 4 && (type == BIN_INT32 || type == BIN_UINT32));
}

static const char *put_member_value(struct text *t, const struct container *box, size_t i)
{
	struct cur entry = cur_of(box->start + box->values + i * (1 + box->width), 1 + box->width);
	unsigned type = (unsigned)cur_uint(&entry, 1);
	struct cur value;
	size_t at;

	if (is_inlined(type, box))
		return put_value(t, type, &entry);
	at = cur_uint(&entry, box->width);
	if (at > box->size)
		return short_value;
	value = cur_of(box->start + at, box->size - at);
	return put_value(t, type, &value);
}

static const char *put_member_key(struct text *t, const struct container *box, size_t i)
{
	struct cur entry = cur_of(box->start + box->keys + i * (box->width + 2), box->width + 2);
	size_t at = cur_uint(&entry, box->width), n = cur_uint(&entry, 2);

	if (at > box->size || n > box->size - at)
		return short_value;
	if (!json_put_text_checked(t->out, (struct str){ (const char *)box->start + at, n }))
		return "holds a key that is not valid UTF-8";
	buf_put_text(t->out, ": ");
	return NULL;
}

static const char *put_container(struct text *t, struct cur *c, bool large, bool object)
{
	struct container box;
	const char *why = NULL;

	if (!open_container(&box, c, large, object))
		return short_value;
	if (t->depth++ >= DEPTH_MAX)
		return "is nested too deep";
	buf_put_char(t->out, object ? '{' : '[');
	for (size_t i = 0; i < box.n && !why; i++) {
		if (i > 0)
			buf_put_text(t->out, ", ");
		if (object)
			why = put_member_key(t, &box, i);
		if (!why)
			why = put_member_value(t, &box, i);
		if (!why && (t->out->over || t->out->n > t->limit))
			why = too_big;
	}
	buf_put_char(t->out, object ? '}' : ']');
	t->depth--;
	return why;
}

static const char *put_value(struct text *t, unsigned type, struct cur *c)
{
	switch (type) {
	case BIN_SMALL_OBJECT: case BIN_LARGE_OBJECT:
		return put_container(t, c, type == BIN_LARGE_OBJECT, true);
	case BIN_SMALL_ARRAY: case BIN_LARGE_ARRAY:
		return put_container(t, c, type == BIN_LARGE_ARRAY, false);
	case BIN_LITERAL:
		return put_literal(t->out, cur_uint(c, 1));
	case BIN_INT16:
		return put_signed(c, 2, t->out);
	case BIN_UINT16:
		return put_unsigned(c, 2, t->out);
	case BIN_INT32:
		return put_signed(c, 4, t->out);
	case BIN_UINT32:
		return put_unsigned(c, 4, t->out);
	case BIN_INT64:
		return put_signed(c, 8, t->out);
	case BIN_UINT64:
		return put_unsigned(c, 8, t->out);
	case BIN_DOUBLE:
		return put_double(c, t->out);
	case BIN_STRING:
		return put_string(c, t->out);
	case BIN_OPAQUE:
		return put_opaque(c, t->out);
	}
	return "holds a value of a type that is not known";
}

const char *put_json(struct str document, struct buf *out)
{
	/* No value takes more than eight times its bytes as text; entries that share one value would. */
	struct text t = { .out = out, .limit = out->n + document.n * 8 + 65536 };
	struct cur c = cur_of(document.p, document.n);
	const char *why;

	if (document.n == 0) {
		buf_put_text(out, "null");
		return NULL;
	}
	why = put_value(&t, (unsigned)cur_uint(&c, 1), &c);
	return why ? why : out->over ? too_big : NULL;
}

/* --- partial updates --- */

enum { DIFF_REPLACE, DIFF_INSERT, DIFF_REMOVE };

static const char *put_operation(struct cur *c, struct buf *scratch, struct buf *out)
{
	static const char *const names[] = { "replace", "insert", "remove" };
	uint64_t op = cur_uint(c, 1);
	struct str path = cur_packed_str(c), document;
	const char *why;

	if (c->bad)
		return short_value;
	if (op > DIFF_REMOVE)
		return "holds an operation that is not known";
	buf_putf(out, "{\"op\":\"%s\",\"path\":", names[op]);
	if (!json_put_text_checked(out, path))
		return "holds a path that is not valid UTF-8";
	if (op != DIFF_REMOVE) {
		document = cur_packed_str(c);
		if (c->bad || document.n == 0)
			return short_value;
		buf_clear(scratch);
		why = put_json(document, scratch);
		if (why)
			return why;
		buf_put_text(out, ",\"value\":");
		json_put_text(out, buf_str(scratch));
	}
	buf_put_char(out, '}');
	return out->over ? too_big : NULL;
}

const char *put_json_diff(struct str operations, struct buf *scratch, struct buf *out)
{
	struct cur c = cur_of(operations.p, operations.n);
	const char *why = NULL;
	char next = '[';

	if (operations.n == 0)
		buf_put_char(out, next);
	while (!why && cur_left(&c) > 0) {
		buf_put_char(out, next);
		next = ',';
		why = put_operation(&c, scratch, out);
	}
	buf_put_char(out, ']');
	return why;
}
