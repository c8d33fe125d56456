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

static bool bind_extract(struct binder *b, struct node *n)
{
	const struct node *path = n->args[1];
	const char *why;

	set_document(n, TYPE_JSON);
	if (n->args[0]->type != TYPE_JSON && n->args[0]->type != TYPE_TEXT && n->args[0]->type != TYPE_NULL)
		return bind_refuse(b, n, "reads what is no document");
	if (path->kind != NODE_CONSTANT || path->type != TYPE_TEXT)
		return bind_refuse(b, n, "wants a path that is written out");
	if (!json_path_check(path->value.s, &why))
		return err_set(b->e, &err_expr_unsupported, "the path '%.*s': %s", STR(str_first(path->value.s, 100)), why);
	return true;
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

const struct function functions_json[] = {
	{ "JSON_EXTRACT", 2, 2, bind_extract, extract_value, 0 },
	{ "JSON_UNQUOTE", 1, 1, bind_unquote, unquote_value, 0 },
	{ "JSON_VALID", 1, 1, bind_json_valid, json_valid_value, 0 },
	{ NULL, 0, 0, NULL, NULL, 0 }
};
