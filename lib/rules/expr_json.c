/* expr_json.c - parts of documents */
#include "rules/expr_parts.h"

#include "text/json_read.h"

/* One step of a path: .key, ."key", [3]. False at the end, and (why) where it is none. */
struct step {
	bool is_key;
	struct str key;
	uint64_t at;
};

static bool take_quoted(struct str *path, struct str *key, const char **why)
{
	size_t end = 1;

	while (end < path->n && path->p[end] != '"')
		end += path->p[end] == '\\' ? 2 : 1;
	if (end >= path->n) {
		*why = "a quote is not closed";
		return false;
	}
	*key = str_first(*path, end + 1);
	*path = str_from(*path, end + 1);
	return true;
}

static bool take_step(struct str *path, struct step *s, const char **why)
{
	size_t end = 0;

	*why = NULL;
	while (path->n > 0 && *path->p == ' ')
		*path = str_from(*path, 1);
	if (path->n == 0)
		return false;
	s->is_key = *path->p == '.';
	if (s->is_key) {
		*path = str_from(*path, 1);
		if (path->n > 0 && *path->p == '"')
			return take_quoted(path, &s->key, why);
		while (end < path->n && path->p[end] != '.' && path->p[end] != '[' && path->p[end] != ' ')
			end++;
		s->key = str_first(*path, end);
		*path = str_from(*path, end);
		if (end == 0 || memchr(s->key.p, '*', s->key.n))
			*why = end ? "wildcards are not supported" : "a member's name is missing";
		return *why == NULL;
	}
	if (*path->p != '[' || !str_cut(str_from(*path, 1), ']', &s->key, path) || !str_to_u64(str_trim(s->key), &s->at)) {
		*why = "a place in an array is a number in brackets, and nothing else is supported";
		return false;
	}
	return true;
}

static bool take_start(struct str *path, const char **why)
{
	*path = str_trim(*path);
	*why = "it does not begin with '$'";
	if (path->n == 0 || *path->p != '$')
		return false;
	*path = str_from(*path, 1);
	return true;
}

bool json_path_check(struct str path, const char **why)
{
	struct step s;

	if (!take_start(&path, why))
		return false;
	while (take_step(&path, &s, why))
		;
	return *why == NULL;
}

/* A key that is written with quotes may hold escapes, as one in a document may. */
static bool is_key(struct str key, struct str want, struct arena *a)
{
	struct json j;

	if (want.n > 0 && *want.p == '"') {
		json_init(&j, want);
		want = json_text(&j, a);
	}
	return str_eq(key, want);
}

/* Into the part of the document that the step names; false where there is none. */
static bool enter(struct str *document, const struct step *s, struct arena *a)
{
	struct str key, found = STR_NONE, part;
	struct json j;
	uint64_t at = 0;

	json_init(&j, *document);
	if (s->is_key) {
		if (json_peek(&j) != JSON_OBJECT)
			return false;
		for (bool more = json_object(&j); more && json_key(&j, &key);) {
			part = json_skip(&j);
			if (is_key(key, s->key, a))
				found = part;
		}
	} else if (json_peek(&j) != JSON_ARRAY) {
		return s->at == 0;	/* a scalar is its own first element */
	} else {
		for (bool more = json_array(&j); more && json_item(&j); at++) {
			part = json_skip(&j);
			if (at == s->at)
				found = part;
		}
	}
	if (found.p == NULL)
		return false;
	*document = found;
	return true;
}

bool json_path_find(struct str document, struct str path, struct arena *a, bool *found, struct str *value)
{
	struct json j;
	struct step s;
	const char *why;

	json_init(&j, document);
	json_skip(&j);
	if (j.bad)
		return false;
	*found = false;
	*value = str_trim(document);
	take_start(&path, &why);
	while (take_step(&path, &s, &why))
		if (!enter(value, &s, a))
			return true;
	*found = true;
	return true;
}

static void set_document(struct node *n, enum expr_type type)
{
	n->type = type;
	n->collation = collation_of(STR_LIT("utf8mb4_bin"));
	n->charset = STR_LIT("utf8mb4");
	n->strength = STRENGTH_COLUMN;
}

static bool is_document(const struct node *n)
{
	return n->type == TYPE_JSON || n->type == TYPE_TEXT || n->type == TYPE_NULL;
}

static bool bind_path(struct binder *b, const struct node *n, const struct node *path)
{
	const char *why;

	if (path->kind != NODE_CONSTANT || path->type != TYPE_TEXT)
		return bind_refuse(b, n, "wants a path that is written out");
	return json_path_check(path->value.s, &why) ||
	       err_set(b->e, &err_expr_unsupported, "the path '%.*s': %s", STR(str_first(path->value.s, 100)), why);
}

static bool bind_extract(struct binder *b, struct node *n)
{
	set_document(n, TYPE_JSON);
	if (!is_document(n->args[0]))
		return bind_refuse(b, n, "reads what is no document");
	return bind_path(b, n, n->args[1]);
}

static bool extract_value(struct run *r, const struct node *n, struct value *v)
{
	struct str document, value;
	bool found;

	if (!text_of(r, n->args[0], &document, &v->null))
		return false;
	if (v->null)
		return true;
	if (!json_path_find(document, n->args[1]->value.s, r->arena, &found, &value))
		return run_fail(r, n, "reads what is no JSON document");
	return found ? give_text(v, value) : give_null(v);
}

static bool bind_unquote(struct binder *b, struct node *n)
{
	set_document(n, TYPE_TEXT);
	return bind_text(b, &n->args[0]);
}

static bool unquote_value(struct run *r, const struct node *n, struct value *v)
{
	struct json j;
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (v->null)
		return true;
	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return give_text(v, s);
	json_init(&j, s);
	v->s = json_text(&j, r->arena);
	return !j.bad || run_fail(r, n, "reads a text with an escape that is none");
}

/* NULL for what is no document at all, as the server: only of texts. */
static bool bind_json_valid(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	n->boolean = true;
	return bind_text(b, &n->args[0]);
}

static bool json_valid_value(struct run *r, const struct node *n, struct value *v)
{
	struct err ignored = { .kind = NULL };
	struct json j;
	struct str s;

	if (!text_of(r, n->args[0], &s, &v->null))
		return false;
	if (v->null)
		return true;
	json_init(&j, s);
	json_skip(&j);
	return give_wide(v, json_ok(&j, "a document", &ignored));
}

/* --- what a document holds --- */

/* JSON_LENGTH(document[, path]), JSON_CONTAINS(document, candidate[, path]): which is the number of documents. */
static bool bind_documents(struct binder *b, struct node *n)
{
	n->type = TYPE_INT;
	for (int i = 0; i < n->which; i++)
		if (!is_document(n->args[i]))
			return bind_refuse(b, n, "reads what is no document");
	return (int)n->n == n->which || bind_path(b, n, n->args[n->which]);
}

/* The part of the first argument that the path behind the documents leads to, or all of it; null where it leads nowhere. */
static bool part_of(struct run *r, const struct node *n, struct str *part, bool *null)
{
	struct str document, path = (int)n->n > n->which ? n->args[n->which]->value.s : STR_LIT("$");
	bool found;

	if (!text_of(r, n->args[0], &document, null))
		return false;
	if (*null)
		return true;
	if (!json_path_find(document, path, r->arena, &found, part))
		return run_fail(r, n, "reads what is no JSON document");
	*null = !found;
	return true;
}

static bool length_value(struct run *r, const struct node *n, struct value *v)
{
	struct str part, key;
	struct json j;

	if (!part_of(r, n, &part, &v->null))
		return false;
	v->i = 0;
	if (v->null)
		return true;
	json_init(&j, part);
	if (json_peek(&j) == JSON_ARRAY)
		for (bool more = json_array(&j); more && json_item(&j); v->i++)
			json_skip(&j);
	else if (json_peek(&j) == JSON_OBJECT)
		for (bool more = json_object(&j); more && json_key(&j, &key); v->i++)
			json_skip(&j);
	else
		v->i = 1;
	return true;
}

static enum json_kind kind_of(struct str document)
{
	struct json j;

	json_init(&j, document);
	return json_peek(&j);
}

static bool same_number(struct str a, struct str b)
{
	struct exact x, y;

	if (exact_parse(&x, a) == a.n && exact_parse(&y, b) == b.n)
		return exact_compare(&x, &y) == 0;
	return text_real(a) == text_real(b);
}

static bool same_scalar(struct str a, struct str b, struct arena *arena)
{
	enum json_kind kind = kind_of(a);
	struct json x, y;

	if (kind != kind_of(b))
		return false;
	if (kind == JSON_NUMBER)
		return same_number(a, b);
	if (kind != JSON_TEXT)
		return kind != JSON_ARRAY && kind != JSON_OBJECT;
	json_init(&x, a);
	json_init(&y, b);
	return str_eq(json_text(&x, arena), json_text(&y, arena));
}

#define JSON_DEPTH_MAX 100	/* of a server's documents */

static bool contains(struct str document, struct str candidate, struct arena *a, unsigned depth);

/* One of an array's elements is it, or (a container of the same kind) contains it. */
static bool element_contains(struct str array, struct str candidate, struct arena *a, unsigned depth)
{
	enum json_kind kind = kind_of(candidate);
	struct json j;

	json_init(&j, array);
	for (bool more = json_array(&j); more && json_item(&j);) {
		struct str item = json_skip(&j);
		bool container = kind == JSON_ARRAY || kind == JSON_OBJECT;

		if (container ? kind_of(item) == kind && contains(item, candidate, a, depth + 1) : same_scalar(item, candidate, a))
			return true;
	}
	return false;
}

static bool member_contains(struct str object, struct str candidate, struct arena *a, unsigned depth)
{
	struct str key;
	struct json j;

	json_init(&j, candidate);
	for (bool more = json_object(&j); more && json_key(&j, &key);) {
		struct step member = { .is_key = true, .key = key };
		struct str wanted = json_skip(&j), found = object;

		if (!enter(&found, &member, a) || !contains(found, wanted, a, depth + 1))
			return false;
	}
	return true;
}

/* The rules of JSON_CONTAINS in MySQL's manual. Both are valid documents. */
static bool contains(struct str document, struct str candidate, struct arena *a, unsigned depth)
{
	struct json j;

	if (depth > JSON_DEPTH_MAX)
		return false;
	if (kind_of(document) == JSON_OBJECT)
		return kind_of(candidate) == JSON_OBJECT && member_contains(document, candidate, a, depth);
	if (kind_of(document) != JSON_ARRAY)
		return same_scalar(document, candidate, a);
	if (kind_of(candidate) != JSON_ARRAY)
		return element_contains(document, candidate, a, depth);
	json_init(&j, candidate);
	for (bool more = json_array(&j); more && json_item(&j);)
		if (!element_contains(document, json_skip(&j), a, depth))
			return false;
	return true;
}

static bool contains_value(struct run *r, const struct node *n, struct value *v)
{
	struct str part, candidate, whole;
	bool null, found;

	if (!part_of(r, n, &part, &v->null) || !text_of(r, n->args[1], &candidate, &null))
		return false;
	if (v->null || null)
		return give_null(v);
	if (!json_path_find(candidate, STR_LIT("$"), r->arena, &found, &whole))
		return run_fail(r, n, "looks for what is no JSON document");
	return give_wide(v, contains(part, whole, r->arena, 0));
}

/* JSON_CONTAINS_PATH(document, 'one' or 'all', path, ...) */
static bool bind_contains_path(struct binder *b, struct node *n)
{
	const struct node *how = n->args[1];

	n->type = TYPE_INT;
	if (!is_document(n->args[0]))
		return bind_refuse(b, n, "reads what is no document");
	if (how->kind != NODE_CONSTANT || how->type != TYPE_TEXT ||
	    (!str_is_nocase(how->value.s, "one") && !str_is_nocase(how->value.s, "all")))
		return bind_refuse(b, n, "wants 'one' or 'all', written out");
	n->has_else = str_is_nocase(how->value.s, "all");
	for (size_t i = 2; i < n->n; i++)
		if (!bind_path(b, n, n->args[i]))
			return false;
	return true;
}

static bool contains_path_value(struct run *r, const struct node *n, struct value *v)
{
	struct str document, part;
	size_t got = 0;

	if (!text_of(r, n->args[0], &document, &v->null))
		return false;
	if (v->null)
		return true;
	for (size_t i = 2; i < n->n; i++) {
		bool found;

		if (!json_path_find(document, n->args[i]->value.s, r->arena, &found, &part))
			return run_fail(r, n, "reads what is no JSON document");
		got += found;
	}
	return give_wide(v, n->has_else ? got == n->n - 2 : got > 0);
}

const struct function functions_json[] = {
	{ "JSON_EXTRACT", 2, 2, bind_extract, extract_value, 0 },
	{ "JSON_LENGTH", 1, 2, bind_documents, length_value, 1 },
	{ "JSON_CONTAINS", 2, 3, bind_documents, contains_value, 2 },
	{ "JSON_CONTAINS_PATH", 3, MANY, bind_contains_path, contains_path_value, 0 },
	{ "JSON_UNQUOTE", 1, 1, bind_unquote, unquote_value, 0 },
	{ "JSON_VALID", 1, 1, bind_json_valid, json_valid_value, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
