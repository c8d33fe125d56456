/* json_diff.c - a partial update of a JSON document as SQL; see json_diff.h */
#include "json_diff.h"

#include "text/sql_quote.h"

/* Where the leg ends that starts at i: .name, ."quoted name" or [12]; 0 where it is none. */
static size_t leg_end(struct str path, size_t i)
{
	bool quoted = path.p[i] == '.' && i + 1 < path.n && path.p[i + 1] == '"';
	size_t at = i + 1 + quoted;

	if (path.p[i] != '.' && path.p[i] != '[')
		return 0;
	for (; at < path.n; at++) {
		if (quoted && path.p[at] == '\\')
			at++;
		else if (quoted ? path.p[at] == '"' : path.p[i] == '[' && path.p[at] == ']')
			return at + 1;
		else if (!quoted && path.p[i] == '.' && (path.p[at] == '.' || path.p[at] == '['))
			return at;
	}
	return quoted || path.p[i] == '[' ? 0 : at;
}

static bool cut_path(struct json_operation *op)
{
	size_t at = 1, last = 0;

	if (op->path.n == 0 || op->path.p[0] != '$')
		return false;
	while (at < op->path.n) {
		last = at;
		at = leg_end(op->path, at);
		if (at == 0 || at > op->path.n)
			return false;
	}
	if (last == 0)			/* the whole document is no part of it */
		return false;
	op->parent = str_first(op->path, last);
	op->cell = op->path.p[last] == '[';
	return true;
}

static bool take_op(struct json_operation *op, struct str name)
{
	static const char *const names[] = { "replace", "insert", "remove" };

	for (int i = 0; i < 3; i++)
		if (str_is(name, names[i])) {
			op->op = (enum json_op)i;
			return true;
		}
	return false;
}

static bool take_operation(struct json *j, struct json_operation *op, struct arena *a, const char **why)
{
	bool has_op = false, has_value = false;
	struct str key;

	*op = (struct json_operation){ .op = JSON_OP_REPLACE };
	for (bool more = json_object(j); more && json_key(j, &key);) {
		if (str_is(key, "op")) {
			has_op = take_op(op, json_text(j, a));
		} else if (str_is(key, "path")) {
			op->path = json_text(j, a);
		} else if (str_is(key, "value")) {
			op->value = json_text(j, a);
			has_value = true;
		} else {
			json_skip(j);
		}
	}
	if (!j->bad && !has_op)
		*why = "an operation is not known";
	else if (!j->bad && !cut_path(op))
		*why = "the path of an operation cannot be read";
	else if (!j->bad && has_value != (op->op != JSON_OP_REMOVE))
		*why = "the value of an operation is missing, or too much";
	return !*why;
}

bool json_diff_parse(struct json_diff *diff, struct str list, struct arena *a, const char **why)
{
	size_t room = 0;
	struct json j;

	*diff = (struct json_diff){ .n = 0 };
	*why = NULL;
	json_init(&j, list);
	for (bool more = json_array(&j); more && json_item(&j);) {
		if (diff->n == room) {
			struct json_operation *ops = arena_array(a, room ? room * 2 : 4, sizeof(*ops));

			if (diff->n)
				memcpy(ops, diff->ops, diff->n * sizeof(*ops));
			diff->ops = ops;
			room = room ? room * 2 : 4;
		}
		if (!take_operation(&j, &diff->ops[diff->n], a, why))
			return false;
		diff->n++;
	}
	if (j.bad)
		*why = "its operations cannot be read";
	return !*why;
}

/* The type of a document is not lost: 1.0 stays 1.0, and "1" a text. */
static void put_document(struct buf *b, struct str text, const struct json_diff_base *base)
{
	if (base->store != JSON_STORE_TEXT) {
		json_put_sql(b, text, base->backslash, base->store);
		return;
	}
	buf_put_text(b, "JSON_COMPACT(");
	sql_put_text(b, text, base->backslash);
	buf_put_char(b, ')');
}

static const char *function_of(const struct json_operation *op)
{
	switch (op->op) {
	case JSON_OP_REPLACE:
		return "JSON_REPLACE(";
	case JSON_OP_INSERT:
		return op->cell ? "JSON_ARRAY_INSERT(" : "JSON_INSERT(";
	case JSON_OP_REMOVE:
		return "JSON_REMOVE(";
	}
	return "";
}

/* Operations of one kind that follow each other share a function: the servers do them from left to right. */
static bool joins(const struct json_diff *diff, size_t i)
{
	const struct json_operation *op = &diff->ops[i];

	return i > 0 && op[-1].op == op->op && op[-1].cell == op->cell;
}

/* The document after the first n operations. */
static void put_first(struct buf *b, const struct json_diff *diff, size_t n, const struct json_diff_base *base)
{
	for (size_t i = n; i-- > 0;)
		if (!joins(diff, i))
			buf_put_text(b, function_of(&diff->ops[i]));
	if (!base->document)
		sql_put_name(b, base->column);
	else if (base->document->kind == VALUE_TEXT)
		put_document(b, base->document->text, base);
	else
		buf_put_text(b, "NULL");
	for (size_t i = 0; i < n; i++) {
		buf_put_char(b, ',');
		sql_put_text(b, diff->ops[i].path, base->backslash);
		if (diff->ops[i].op != JSON_OP_REMOVE) {
			buf_put_char(b, ',');
			put_document(b, diff->ops[i].value, base);
		}
		if (i + 1 == n || !joins(diff, i + 1))
			buf_put_char(b, ')');
	}
}

void json_diff_put(struct buf *b, const struct json_diff *diff, const struct json_diff_base *base)
{
	put_first(b, diff, diff->n, base);
}

static void put_exists(struct buf *b, const struct json_diff *diff, size_t i, const struct json_diff_base *base,
		       const char *is)
{
	buf_put_text(b, " AND JSON_CONTAINS_PATH(");
	put_first(b, diff, i, base);
	buf_put_text(b, ",'one',");
	sql_put_text(b, diff->ops[i].path, base->backslash);
	buf_put_text(b, is);
}

void json_diff_put_guard(struct buf *b, const struct json_diff *diff, const struct json_diff_base *base)
{
	for (size_t i = 0; i < diff->n; i++) {
		const struct json_operation *op = &diff->ops[i];

		if (op->op != JSON_OP_INSERT) {
			put_exists(b, diff, i, base, ")=1");
			continue;
		}
		if (!op->cell)
			put_exists(b, diff, i, base, ")=0");
		buf_put_text(b, " AND JSON_TYPE(JSON_EXTRACT(");
		put_first(b, diff, i, base);
		buf_put_char(b, ',');
		sql_put_text(b, op->parent, base->backslash);
		buf_put_text(b, op->cell ? "))='ARRAY'" : "))='OBJECT'");
	}
}
