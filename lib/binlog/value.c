/* value.c - one function for each way that values are stored; see value.h */
#include "binlog/value.h"

#include <arpa/inet.h>
#include <math.h>

#include "binlog/decimal.h"
#include "binlog/digits.h"
#include "binlog/event.h"
#include "binlog/inflate.h"
#include "binlog/json.h"
#include "binlog/temporal.h"
#include "text/charset.h"
#include "text/json_write.h"

static const char short_value[] = "is cut short";
static const char too_big[] = "is too big";

enum { NUMBER_MAX = 24 };

/* --- integers: one function a size, since they are most of what there is --- */

static const char *put_number(struct buf *out, uint64_t v)
{
	char *at = digits_room(out, NUMBER_MAX);

	if (!at)
		return too_big;
	digits_done(out, v <= UINT32_MAX ? digits_u32(at, (uint32_t)v) : digits_u64(at, v));
	return NULL;
}

static const char *put_negative(struct buf *out, uint64_t v)
{
	buf_put_char(out, '-');
	return put_number(out, v);
}

static inline const char *put_unsigned(struct cur *c, size_t bytes, struct buf *out)
{
	uint64_t v = cur_uint(c, bytes);

	return c->bad ? short_value : put_number(out, v);
}

static inline const char *put_signed(struct cur *c, size_t bytes, struct buf *out)
{
	unsigned shift = 64 - 8 * (unsigned)bytes;
	int64_t v = (int64_t)(cur_uint(c, bytes) << shift) >> shift;

	if (c->bad)
		return short_value;
	return v < 0 ? put_negative(out, 0 - (uint64_t)v) : put_number(out, (uint64_t)v);
}

#define INTEGER(bytes) \
	static const char *put_i##bytes(const struct column_plan *col, struct cur *c, struct buf *out) \
	{ \
		(void)col; \
		return put_signed(c, bytes, out); \
	} \
	static const char *put_u##bytes(const struct column_plan *col, struct cur *c, struct buf *out) \
	{ \
		(void)col; \
		return put_unsigned(c, bytes, out); \
	}

INTEGER(1)
INTEGER(2)
INTEGER(3)
INTEGER(4)
INTEGER(8)

static const char *put_bit(const struct column_plan *col, struct cur *c, struct buf *out)
{
	uint64_t v = cur_uint_be(c, (col->length + 7) / 8);

	return c->bad ? short_value : put_number(out, v);
}

static const char *put_year(const struct column_plan *col, struct cur *c, struct buf *out)
{
	uint64_t v = cur_uint(c, 1);

	(void)col;
	return c->bad ? short_value : put_number(out, v ? 1900 + v : 0);
}

/* --- other numbers --- */

static const char *put_float(const struct column_plan *col, struct cur *c, struct buf *out)
{
	uint32_t bits = (uint32_t)cur_uint(c, 4);
	float v;

	(void)col;
	memcpy(&v, &bits, sizeof(v));
	if (c->bad)
		return short_value;
	if (!isfinite(v))
		return "is no number";
	json_put_float(out, v);
	return NULL;
}

static const char *put_double(const struct column_plan *col, struct cur *c, struct buf *out)
{
	uint64_t bits = cur_uint(c, 8);
	double v;

	(void)col;
	memcpy(&v, &bits, sizeof(v));
	if (c->bad)
		return short_value;
	if (!isfinite(v))
		return "is no number";
	json_put_double(out, v);
	return NULL;
}

static const char *put_decimal_value(const struct column_plan *col, struct cur *c, struct buf *out)
{
	const char *why;

	buf_put_char(out, '"');
	why = put_decimal(c, col->precision, col->digits, out);
	buf_put_char(out, '"');
	return why;
}

/* --- dates and times --- */

#define TEMPORAL(name) \
	static const char *put_##name##_value(const struct column_plan *col, struct cur *c, struct buf *out) \
	{ \
		return put_##name(c, col->digits, out); \
	}

TEMPORAL(time2)
TEMPORAL(datetime2)
TEMPORAL(timestamp2)
TEMPORAL(time_old)
TEMPORAL(datetime_old)
TEMPORAL(timestamp_old)

static const char *put_date_value(const struct column_plan *col, struct cur *c, struct buf *out)
{
	(void)col;
	return put_date(c, out);
}

/* --- labels --- */

static const char *put_enum(const struct column_plan *col, struct cur *c, struct buf *out)
{
	uint64_t v = cur_uint(c, col->length);

	if (c->bad)
		return short_value;
	if (v == 0 || col->n_labels == 0)	/* 0 is the error value, and has no label */
		return put_number(out, v);
	if (v > col->n_labels)
		return "has no such label";
	buf_put_char(out, '"');
	buf_put_str(out, col->labels[v - 1]);
	buf_put_char(out, '"');
	return NULL;
}

static const char *put_set(const struct column_plan *col, struct cur *c, struct buf *out)
{
	uint64_t v = cur_uint(c, col->length);
	bool first = true;

	if (c->bad)
		return short_value;
	if (col->n_labels == 0)
		return put_number(out, v);
	if (col->n_labels < 64 && v >> col->n_labels)
		return "has no such label";
	if (col->empty_label)		/* as text it could be told from no label at all only sometimes */
		return put_number(out, v);
	buf_put_char(out, '"');
	for (size_t i = 0; v; i++, v >>= 1) {
		if (!(v & 1))
			continue;
		if (!first)
			buf_put_char(out, ',');
		first = false;
		buf_put_str(out, col->labels[i]);
	}
	buf_put_char(out, '"');
	return NULL;
}

/* --- text and bytes --- */

/* Text that is not valid in its charset is carried as what it is. */
static void put_invalid(struct str bytes, struct buf *out)
{
	buf_put_text(out, "{\"base64\":");
	json_put_base64(out, bytes);
	buf_put_char(out, '}');
}

static void put_converted(const struct column_plan *col, struct str text, struct buf *out)
{
	buf_clear(col->scratch);
	if (charset_put_utf8_exact(col->charset, text, col->scratch) && !col->scratch->over)
		json_put_text(out, buf_str(col->scratch));
	else
		put_invalid(text, out);
}

static inline struct str take_text(const struct column_plan *col, struct cur *c)
{
	return cur_str(c, cur_uint(c, col->prefix));
}

static const char *put_utf8(const struct column_plan *col, struct cur *c, struct buf *out)
{
	struct str text = take_text(col, c);

	if (c->bad)
		return short_value;
	if (!json_put_text_checked(out, text))
		put_invalid(text, out);
	return NULL;
}

static const char *put_text(const struct column_plan *col, struct cur *c, struct buf *out)
{
	struct str text = take_text(col, c);

	if (c->bad)
		return short_value;
	put_converted(col, text, out);
	return NULL;
}

static const char *put_bytes(const struct column_plan *col, struct cur *c, struct buf *out)
{
	struct str bytes = take_text(col, c);

	if (c->bad)
		return short_value;
	json_put_base64(out, bytes);
	return NULL;
}

/* The server cuts zeros off the end of a BINARY(n); they belong to the value. */
static const char *put_padded(const struct column_plan *col, struct cur *c, struct buf *out)
{
	struct str bytes = take_text(col, c);
	char whole[1024];

	if (c->bad)
		return short_value;
	if (bytes.n > col->pad)
		return "is longer than its column";
	memset(whole, 0, col->pad);
	memcpy(whole, bytes.p, bytes.n);
	json_put_base64(out, (struct str){ whole, col->pad });
	return NULL;
}

static const char *put_address(const struct column_plan *col, struct cur *c, struct buf *out)
{
	struct str bytes = take_text(col, c);
	unsigned char whole[16] = { 0 };
	char text[64], *at = text;

	if (c->bad)
		return short_value;
	if (bytes.n > col->pad)
		return "is longer than its column";
	memcpy(whole, bytes.p, bytes.n);
	if (col->form == FORM_UUID) {
		static const char hex[] = "0123456789abcdef";

		for (size_t i = 0; i < 16; i++) {
			if (i == 4 || i == 6 || i == 8 || i == 10)
				*at++ = '-';
			*at++ = hex[whole[i] >> 4];
			*at++ = hex[whole[i] & 15];
		}
		*at = '\0';
	} else {
		inet_ntop(col->form == FORM_INET6 ? AF_INET6 : AF_INET, whole, text, sizeof(text));
	}
	json_put_text(out, str_of(text));
	return NULL;
}

static const char *put_compressed(const struct column_plan *col, struct cur *c, struct buf *out)
{
	struct str packed = take_text(col, c), plain;
	struct buf expanded = BUF_INIT((size_t)1 << 30);
	const char *why;

	if (c->bad)
		return short_value;
	why = inflate_column(packed, &expanded, &plain);
	if (why)
		;
	else if (col->charset && charset_is_binary(col->charset))
		json_put_base64(out, plain);
	else if (col->charset && !charset_is_utf8(col->charset))
		put_converted(col, plain, out);
	else if (!json_put_text_checked(out, plain))
		put_invalid(plain, out);
	buf_release(&expanded);
	return why;
}

static const char *put_json_value(const struct column_plan *col, struct cur *c, struct buf *out)
{
	struct str document = take_text(col, c);
	const char *why;

	if (c->bad)
		return short_value;
	buf_clear(col->scratch);
	why = put_json(document, col->scratch);
	if (!why)
		json_put_text(out, buf_str(col->scratch));
	return why;
}

static const char *put_null(const struct column_plan *col, struct cur *c, struct buf *out)
{
	(void)col;
	(void)c;
	buf_put_text(out, "null");
	return NULL;
}

/* --- the choice --- */

typedef const char *put_function(const struct column_plan *, struct cur *, struct buf *);

static put_function *choose_text(struct column_plan *plan, uint8_t type)
{
	bool binary = plan->charset && charset_is_binary(plan->charset);

	if (type == TYPE_VARCHAR_COMPRESSED || type == TYPE_BLOB_COMPRESSED)
		return put_compressed;
	if (plan->form != FORM_PLAIN && type == TYPE_STRING)
		return put_address;
	if (binary)
		return type == TYPE_STRING ? put_padded : put_bytes;
	/* ASCII is a part of UTF-8, and more than ASCII is not valid in it. */
	if (!plan->charset)
		return put_utf8;
	return charset_is_utf8(plan->charset) && plan->charset != charset_of_name(STR_LIT("ascii")) ? put_utf8 :
	       put_text;
}

static put_function *choose(struct column_plan *plan, uint8_t type, bool is_unsigned)
{
	static put_function *const integers[9][2] = {
		[1] = { put_i1, put_u1 }, [2] = { put_i2, put_u2 }, [3] = { put_i3, put_u3 },
		[4] = { put_i4, put_u4 }, [8] = { put_i8, put_u8 },
	};

	switch ((enum column_type)type) {
	case TYPE_TINY: case TYPE_SHORT: case TYPE_INT24: case TYPE_LONG: case TYPE_LONGLONG:
		return integers[integer_size(type)][is_unsigned];
	case TYPE_FLOAT:
		return put_float;
	case TYPE_DOUBLE:
		return put_double;
	case TYPE_NEWDECIMAL:
		return put_decimal_value;
	case TYPE_BIT:
		return put_bit;
	case TYPE_YEAR:
		return put_year;
	case TYPE_NULL:
		return put_null;
	case TYPE_DATE: case TYPE_NEWDATE:
		return put_date_value;
	case TYPE_TIME:
		return put_time_old_value;
	case TYPE_DATETIME:
		return put_datetime_old_value;
	case TYPE_TIMESTAMP:
		return put_timestamp_old_value;
	case TYPE_TIME2:
		return put_time2_value;
	case TYPE_DATETIME2:
		return put_datetime2_value;
	case TYPE_TIMESTAMP2:
		return put_timestamp2_value;
	case TYPE_ENUM:
		return put_enum;
	case TYPE_SET:
		return put_set;
	case TYPE_STRING: case TYPE_VARCHAR: case TYPE_VAR_STRING: case TYPE_BLOB: case TYPE_TINY_BLOB:
	case TYPE_MEDIUM_BLOB:
	case TYPE_LONG_BLOB: case TYPE_BLOB_COMPRESSED: case TYPE_VARCHAR_COMPRESSED:
		return choose_text(plan, type);
	case TYPE_GEOMETRY: case TYPE_VECTOR:
		return put_bytes;
	case TYPE_JSON:
		return put_json_value;
	case TYPE_DECIMAL_OLD: case TYPE_TYPED_ARRAY:
		break;
	}
	return NULL;
}

/* Bytes of the length in front of a value; a CHAR or VARCHAR's by how long it may be, not by how long it is. */
static unsigned prefix_of(const struct map_column *column)
{
	switch (column->type) {
	case TYPE_STRING: case TYPE_VARCHAR: case TYPE_VAR_STRING: case TYPE_VARCHAR_COMPRESSED:
		return column->length < 256 ? 1 : 2;
	}
	return column->length;
}

/* Labels as they will stand in lines. */
static const struct str *escape_labels(const struct str *labels, size_t n, struct arena *a)
{
	struct buf b = BUF_INIT(8 << 20);
	struct str *escaped = arena_array(a, n, sizeof(*escaped));

	for (size_t i = 0; i < n; i++) {
		buf_clear(&b);
		json_put_text(&b, labels[i]);
		escaped[i] = arena_str(a, (struct str){ b.p + 1, b.n - 2 });
	}
	buf_release(&b);
	return escaped;
}

static unsigned form_size(enum column_form form)
{
	return form == FORM_INET4 ? 4 : 16;
}

bool column_plan_make(struct column_plan *plan, const struct map_column *column, const struct column_facts *facts,
		      size_t number, struct buf *scratch, struct arena *a, struct err *e)
{
	bool old = column->type == TYPE_TIME || column->type == TYPE_DATETIME || column->type == TYPE_TIMESTAMP;

	*plan = (struct column_plan){
		.charset = facts->charset, .scratch = scratch, .length = column->length, .prefix = prefix_of(column),
		.digits = old ? facts->old_digits : column->digits, .precision = column->precision, .form = facts->form,
		.pad = facts->form == FORM_PLAIN ? column->length : form_size(facts->form),
		.json = column->type == TYPE_JSON,
	};
	if (column->has_collation && column->type != TYPE_ENUM && column->type != TYPE_SET) {
		plan->charset = charset_of_collation(column->collation);
		if (!plan->charset)
			return err_set(e, &err_binlog_unknown, "column %zu has collation %u, which is not known",
				       number, column->collation);
	}
	if (column->type == TYPE_ENUM || column->type == TYPE_SET) {
		bool own = column->n_labels > 0;

		plan->n_labels = own ? column->n_labels : facts->n_labels;
		plan->labels = escape_labels(own ? column->labels : facts->labels, plan->n_labels, a);
		for (size_t i = 0; i < plan->n_labels; i++)
			plan->empty_label |= plan->labels[i].n == 0;
	}
	plan->put = choose(plan, column->type, column->has_sign ? column->is_unsigned : facts->is_unsigned);
	return plan->put || err_set(e, &err_unsupported, "column %zu has type %u, which rows cannot have or which is "
				    "not supported", number, column->type);
}
