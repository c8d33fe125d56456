#include "config/keys.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/task.h"
#include "config/units.h"

#define FILE_MAX (16u << 20)

bool keys_fail(const struct key_reader *r, unsigned line, const struct err_kind *kind, struct err *e, const char *fmt,
	       ...)
{
	char text[sizeof(e->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set(e, kind, "%s:%u: %s", r->file, line, text);
}

void keys_warn(struct key_reader *r, unsigned line, const char *fmt, ...)
{
	struct str *more = arena_array(r->a, r->n_warnings + 1, sizeof(*more));
	char text[500];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (r->n_warnings)
		memcpy(more, r->warnings, r->n_warnings * sizeof(*more));
	more[r->n_warnings++] = arena_strf(r->a, "%s:%u: %s", r->file, line, text);
	r->warnings = more;
}

bool keys_open(struct key_reader *r, const char *path, struct arena *a, struct yaml_node **root, struct err *e)
{
	struct buf text = BUF_INIT(FILE_MAX);
	bool ok;

	/* What a file says may be a password, and the YAML library forgets its copies. */
	secret_scrub(true);
	*r = (struct key_reader){ .file = arena_str(a, str_of(path)).p, .a = a };
	ok = file_read(path, &text, e) && buf_ok(&text, path, e) && yaml_parse(a, buf_str(&text), r->file, root, e);
	secret_wipe_buf(&text);
	secret_scrub(false);
	return ok;
}

static void *place(void *into, size_t at)
{
	return at ? (char *)into + at - 1 : NULL;
}

/* Is value one of "a|b|c"? */
static bool is_one_of(const char *list, struct str value, bool nocase)
{
	struct str rest = str_of(list), word;

	for (;;) {
		bool more = str_cut(rest, '|', &word, &rest);

		if (!more)
			word = rest;
		if (nocase ? str_eq_nocase(word, value) : str_eq(word, value))
			return true;
		if (!more)
			return false;
	}
}

/* YAML 1.1 spells a bool in many ways, and so does DM. */
static bool parse_bool(struct str text, bool *value)
{
	*value = is_one_of("true|yes|on|y", text, true);
	return *value || is_one_of("false|no|off|n", text, true);
}

static bool parse_number(const struct key *k, struct str text, uint64_t *value)
{
	int64_t below;

	if (k->below_zero && str_to_i64(text, &below) && below < 0) {
		*value = 0;
		return true;
	}
	/* A leading zero would be an octal number to DM. */
	return (text.n == 1 || text.p[0] != '0') && str_to_u64(text, value);
}

/* Puts the value of one scalar, defaults too. False where it is not of the kind. */
static bool put_scalar(const struct key *k, struct str text, void *into)
{
	void *at = place(into, k->at);
	uint64_t number = 0;
	bool flag = false, ok = true;

	switch (k->kind) {
	case KEY_TEXT:
		if (at)
			*(struct str *)at = text;
		return true;
	case KEY_BOOL:
		ok = parse_bool(text, &flag);
		if (at)
			*(bool *)at = flag;
		return ok;
	case KEY_NUMBER:
		ok = parse_number(k, text, &number);
		break;
	case KEY_SIZE:
		ok = units_size(text, 1 << 20, &number);
		break;
	case KEY_SECONDS:
		ok = units_seconds(text, &number);
		break;
	case KEY_END: case KEY_SECRET: case KEY_TEXTS: case KEY_MAP: case KEY_LIST: case KEY_NAMED: case KEY_PAIRS:
	case KEY_ANY:
		return true;
	}
	ok = ok && (k->kind != KEY_NUMBER || (number >= k->min && (k->max == 0 || number <= k->max)));
	if (ok && at && k->narrow)
		*(unsigned *)at = (unsigned)number;
	else if (ok && at)
		*(uint64_t *)at = number;
	return ok;
}

void keys_defaults(const struct key *keys, void *into)
{
	for (const struct key *k = keys; k->kind != KEY_END; k++) {
		if (k->kind == KEY_MAP)
			keys_defaults(k->keys, k->at ? place(into, k->at) : into);
		else if (k->def)
			put_scalar(k, str_of(k->def), into);
	}
}

static const char *sub_path(const struct key_reader *r, const char *path, struct str name)
{
	return arena_strf(r->a, "%s%s%.*s", path, *path ? "." : "", STR(name)).p;
}

static bool unknown_key(const struct key_reader *r, const struct key *keys, const struct yaml_pair *pair,
			const char *path, struct err *e)
{
	struct buf allowed = BUF_INIT(800);

	for (const struct key *k = keys; k->kind != KEY_END; k++)
		buf_putf(&allowed, "%s%s", allowed.n ? ", " : "", k->name);
	keys_fail(r, pair->line, &err_yaml, e, "unknown key '%.*s' in %s%s%s (allowed: %s)", STR(pair->key),
		  *path ? "'" : "", *path ? path : "the file", *path ? "'" : "", buf_text(&allowed));
	buf_release(&allowed);
	return false;
}

static const char *kind_text(const struct key *k)
{
	switch (k->kind) {
	case KEY_TEXT: case KEY_SECRET: return "text";
	case KEY_BOOL: return "true or false";
	case KEY_NUMBER: return "a whole number";
	case KEY_SIZE: return "a size such as 64 (MiB) or 64m";
	case KEY_SECONDS: return "a duration such as 60s or 1m30s";
	case KEY_TEXTS: return "a list of texts";
	case KEY_MAP: return "a map";
	case KEY_LIST: return "a list of maps";
	case KEY_NAMED: return "a map of names to maps";
	case KEY_PAIRS: return "a map of names to texts";
	case KEY_END: case KEY_ANY: break;
	}
	return "a value";
}

/* A value that is no size or duration has DM's own code, as has an item that is nothing; any other wrong type is the
 * file's. */
static const struct err_kind *type_kind(const struct key *k)
{
	return k->bad && (k->kind == KEY_SIZE || k->kind == KEY_SECONDS || k->kind == KEY_MAP) ? k->bad : &err_yaml;
}

static bool wrong_type(const struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
		       struct err *e)
{
	static const char *const found[] = {
		[YAML_NULL] = "nothing", [YAML_SCALAR] = "text", [YAML_LIST] = "a list", [YAML_MAP] = "a map",
	};
	struct str text = str_first(node->text, 100);

	if (node->kind != YAML_SCALAR || k->secret || k->kind >= KEY_TEXTS)
		return keys_fail(r, node->line, type_kind(k), e, "'%s' wants %s, not %s", path, kind_text(k),
				 found[node->kind]);
	if (k->kind == KEY_NUMBER && (k->min || k->max) && !node->quoted)
		return keys_fail(r, node->line, type_kind(k), e,
				 "'%s' wants a whole number from %llu to %llu, not '%.*s'", path,
				 (unsigned long long)k->min, (unsigned long long)(k->max ? k->max : UINT64_MAX),
				 STR(text));
	return keys_fail(r, node->line, type_kind(k), e, "'%s' wants %s, not %s'%.*s'%s", path, kind_text(k),
			 node->quoted ? "the text " : "", STR(text), node->quoted ? " in quotes" : "");
}

static bool check_text(const struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
		       struct err *e)
{
	if (k->check && !k->check(node->text, e)) {
		struct err why = *e;

		return keys_fail(r, node->line, k->bad ? k->bad : why.kind, e, "'%s': %s", path, why.text);
	}
	return true;
}

/* The word for a value in the lists of a table: bools have one spelling there. */
static struct str spelling(const struct key *k, const struct yaml_node *node)
{
	bool flag;

	if (k->kind != KEY_BOOL || !parse_bool(node->text, &flag))
		return node->text;
	return flag ? STR_LIT("true") : STR_LIT("false");
}

static bool is_empty(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR ? node->text.n == 0 : node->n == 0;
}

static bool check_allowed(const struct key_reader *r, const struct key *k, const struct yaml_node *node,
			  const char *path, struct err *e)
{
	struct str value = spelling(k, node);

	if (k->later && strcmp(k->later, "*") == 0 && !is_empty(node))
		return keys_fail(r, node->line, &err_unsupported, e, "'%s' is not supported yet", path);
	if (node->kind != YAML_SCALAR)
		return true;
	if (k->later && is_one_of(k->later, value, k->nocase))
		return keys_fail(r, node->line, &err_unsupported, e, "'%s: %.*s' is not supported yet%s%s%s", path,
				 STR(value), k->allowed ? " (supported: " : "", k->allowed ? k->allowed : "",
				 k->allowed ? ")" : "");
	if (k->allowed && !is_one_of(k->allowed, value, k->nocase))
		return keys_fail(r, node->line, k->bad ? k->bad : &err_yaml, e,
				 "'%s' cannot be '%.*s' (allowed: %s%s%s)", path, STR(str_first(value, 100)),
				 k->allowed, k->later ? "; known, but not supported yet: " : "",
				 k->later ? k->later : "");
	return true;
}

static bool read_scalar(struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
			void *into, struct err *e)
{
	bool text = k->kind == KEY_TEXT || k->kind == KEY_SIZE || k->kind == KEY_SECONDS;

	if (node->kind != YAML_SCALAR || (node->quoted && !text))
		return wrong_type(r, k, node, path, e);
	if (k->def && (k->zero_is_default ? str_is(node->text, "0") : node->text.n == 0 && k->kind != KEY_TEXT))
		return true;
	if (!put_scalar(k, node->text, into))
		return wrong_type(r, k, node, path, e);
	return check_allowed(r, k, node, path, e) && check_text(r, k, node, path, e);
}

static bool read_secret(struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
			void *into, struct err *e)
{
	if (node->kind != YAML_SCALAR)
		return wrong_type(r, k, node, path, e);
	if (k->at)
		*(struct secret *)place(into, k->at) = secret_keep(r->a, node->text);
	/* Whoever else reads the same node by its anchor needs it still. */
	if (!node->anchored)
		secret_wipe(node->text);
	return true;
}

static bool read_texts(struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
		       void *into, struct err *e)
{
	struct str *texts = arena_array(r->a, node->n, sizeof(*texts));

	if (node->kind != YAML_LIST)
		return wrong_type(r, k, node, path, e);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *item = node->items[i];

		if (item->kind != YAML_SCALAR)
			return wrong_type(r, &(struct key){ .kind = KEY_TEXT, .bad = k->bad }, item, path, e);
		if (!check_text(r, k, item, path, e))
			return false;
		texts[i] = item->text;
	}
	if (k->at) {
		*(struct str **)place(into, k->at) = texts;
		*(size_t *)place(into, k->count_at) = node->n;
	}
	return true;
}

static bool read_pairs(struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
		       void *into, struct err *e)
{
	struct config_pair *pairs = arena_array(r->a, node->n, sizeof(*pairs));

	if (node->kind != YAML_MAP)
		return wrong_type(r, k, node, path, e);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *value = node->pairs[i].value;

		if (value->kind != YAML_SCALAR)
			return wrong_type(r, &(struct key){ .kind = KEY_TEXT, .bad = k->bad }, value,
					  sub_path(r, path, node->pairs[i].key), e);
		pairs[i] = (struct config_pair){ node->pairs[i].key, value->text };
	}
	if (k->at) {
		*(struct config_pair **)place(into, k->at) = pairs;
		*(size_t *)place(into, k->count_at) = node->n;
	}
	return true;
}

static bool read_element(struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
			 void *element, struct err *e)
{
	void *body = k->body_at ? place(element, k->body_at) : element;

	return keys_read(r, k->keys, node, path, body, e) && (!k->whole || k->whole(r, element, node, path, e));
}

static bool read_elements(struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
			  void *into, struct err *e)
{
	char *array = arena_array(r->a, node->n, k->size);

	if (node->kind != (k->kind == KEY_LIST ? YAML_LIST : YAML_MAP))
		return wrong_type(r, k, node, path, e);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *value = k->kind == KEY_LIST ? node->items[i] : node->pairs[i].value;
		struct named *element = (struct named *)(array + i * k->size);
		const char *where;

		if (k->kind == KEY_LIST) {
			where = arena_strf(r->a, "%s[%zu]", path, i).p;
			if (value->kind != YAML_MAP)
				return wrong_type(r, &(struct key){ .kind = KEY_MAP, .bad = k->bad }, value, where, e);
		} else {
			where = sub_path(r, path, node->pairs[i].key);
			element->name = node->pairs[i].key;
		}
		element->line = k->kind == KEY_LIST ? value->line : node->pairs[i].line;
		if (!read_element(r, k, value, where, element, e))
			return false;
	}
	*(void **)place(into, k->at) = array;
	*(size_t *)place(into, k->count_at) = node->n;
	return true;
}

static bool read_value(struct key_reader *r, const struct key *k, const struct yaml_node *node, const char *path,
		       void *into, struct err *e)
{
	switch (k->kind) {
	case KEY_TEXT: case KEY_BOOL: case KEY_NUMBER: case KEY_SIZE: case KEY_SECONDS:
		return read_scalar(r, k, node, path, into, e);
	case KEY_SECRET:
		return read_secret(r, k, node, path, into, e);
	case KEY_TEXTS:
		return read_texts(r, k, node, path, into, e) && check_allowed(r, k, node, path, e);
	case KEY_MAP:
		return read_element(r, k, node, path, k->at ? place(into, k->at) : into, e);
	case KEY_LIST: case KEY_NAMED:
		return check_allowed(r, k, node, path, e) && read_elements(r, k, node, path, into, e);
	case KEY_PAIRS:
		return read_pairs(r, k, node, path, into, e);
	case KEY_ANY:
		return check_allowed(r, k, node, path, e) && check_text(r, k, node, path, e);
	case KEY_END:
		break;
	}
	return true;
}

static bool is_default(const struct key *k, const struct yaml_node *node)
{
	return k->def && node->kind == YAML_SCALAR && str_is(spelling(k, node), k->def);
}

bool keys_read(struct key_reader *r, const struct key *keys, const struct yaml_node *map, const char *path, void *into,
	       struct err *e)
{
	keys_defaults(keys, into);
	if (map->kind == YAML_NULL)
		return true;
	if (map->kind != YAML_MAP)
		return wrong_type(r, &(struct key){ .kind = KEY_MAP }, map, *path ? path : "the file", e);
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_pair *pair = &map->pairs[i];
		const struct key *k = keys;
		const char *where = sub_path(r, path, pair->key);

		while (k->kind != KEY_END && !str_is(pair->key, k->name))
			k++;
		if (k->kind == KEY_END)
			return unknown_key(r, keys, pair, path, e);
		if (k->line_at)
			*(unsigned *)place(into, k->line_at) = pair->line;
		if (k->node_at)
			*(const struct yaml_node **)place(into, k->node_at) = pair->value;
		if (pair->value->kind == YAML_NULL)
			continue;
		if (!read_value(r, k, pair->value, where, into, e))
			return false;
		if (k->gone && !is_default(k, pair->value))
			keys_warn(r, pair->line, "key '%s' has no effect: %s", where, k->gone);
	}
	return true;
}
