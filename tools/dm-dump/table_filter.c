/* table_filter.c - Dumpling's --filter and --tables-list; see dump.h
 *
 *	db.table  *.*  !db.tmp_*  db.t[0-9]  "odd name".`t`  /^a+$/.*
 */
#include "dump.h"

#include <stdlib.h>

#include "text/glob.h"

static const struct err_kind err_no_table = {
	.code = 20071, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "give --tables-list the names as the server shows them to this account, or a pattern to --filter",
};

struct rule {
	char *name;		/* of --tables-list, owned; NULL: a pattern */
	bool met;		/* there is such a table */
	bool out;
	struct glob *schema, *table;
};

struct table_filter {
	struct rule *rules;
	size_t n;
};

static bool bad(struct str rule, const char *why, struct err *e)
{
	return err_set(e, &err_usage, "--filter '%.*s': %s", STR(rule), why);
}

/* What a name may hold, as a regular expression that matches just it. */
static void put_plain(struct buf *b, char c)
{
	if (strchr("\\^$.|?*+()[]{}-/#&~", c))
		buf_put_char(b, '\\');
	buf_put_char(b, c);
}

/* [a-z] and [!a-z]; moves on to its ']'. */
static bool put_class(struct buf *b, struct str *rest)
{
	size_t at = 1;

	buf_put_char(b, '[');
	if (at < rest->n && rest->p[at] == '!') {
		buf_put_char(b, '^');
		at++;
	}
	for (; at < rest->n && rest->p[at] != ']'; at++) {
		if (strchr("[^\\", rest->p[at]))
			buf_put_char(b, '\\');
		buf_put_char(b, rest->p[at]);
	}
	buf_put_char(b, ']');
	*rest = str_from(*rest, at);
	return rest->n > 0;
}

static bool take_quoted(struct buf *b, struct str *rest)
{
	char quote = rest->p[0];

	for (*rest = str_from(*rest, 1); rest->n > 0; *rest = str_from(*rest, 1)) {
		if (rest->p[0] == quote) {
			*rest = str_from(*rest, 1);
			if (rest->n == 0 || rest->p[0] != quote)
				return true;
		}
		put_plain(b, rest->p[0]);
	}
	return false;
}

static bool take_regex(struct buf *b, struct str *rest)
{
	buf_clear(b);
	buf_put_char(b, '~');
	for (*rest = str_from(*rest, 1); rest->n > 0; *rest = str_from(*rest, 1)) {
		if (rest->p[0] == '/') {
			*rest = str_from(*rest, 1);
			return true;
		}
		if (rest->p[0] == '\\' && rest->n > 1) {
			if (rest->p[1] != '/')
				buf_put_char(b, '\\');
			*rest = str_from(*rest, 1);
		}
		buf_put_char(b, rest->p[0]);
	}
	return false;
}

static bool take_wild(struct buf *b, struct str *rest)
{
	for (; rest->n > 0 && rest->p[0] != '.'; *rest = str_from(*rest, 1)) {
		char c = rest->p[0];

		if (c == '*')
			buf_put_text(b, ".*");
		else if (c == '?')
			buf_put_char(b, '.');
		else if (c == '[' && !put_class(b, rest))
			return false;
		else if (c == '\\' && rest->n > 1)
			put_plain(b, (*rest = str_from(*rest, 1)).p[0]);
		else if (c != '[')
			put_plain(b, c);
	}
	return true;
}

/* One side of the dot, as a pattern of glob.h. */
static bool take_pattern(struct buf *b, struct str *rest)
{
	bool ok;

	buf_clear(b);
	if (rest->n == 0)
		return false;
	if (rest->p[0] == '/')
		return take_regex(b, rest);
	buf_put_text(b, "~(?s)^");
	ok = rest->p[0] == '"' || rest->p[0] == '`' ? take_quoted(b, rest) : take_wild(b, rest);
	buf_put_char(b, '$');
	return ok;
}

/* "x,y" in quotes, of which "" is one. False where the quotes do not go around all of the item. */
static bool take_csv_quoted(struct str *rest, struct str *item, struct arena *a)
{
	struct buf b = BUF_INIT(1 << 16);
	size_t at = 1;
	bool whole;

	for (; at < rest->n && (rest->p[at] != '"' || (at + 1 < rest->n && rest->p[at + 1] == '"')); at++) {
		buf_put_char(&b, rest->p[at]);
		at += rest->p[at] == '"';
	}
	whole = at < rest->n && (at + 1 == rest->n || rest->p[at + 1] == ',');
	if (whole) {
		*item = arena_str(a, buf_str(&b));
		*rest = at + 1 == rest->n ? STR_NONE : str_from(*rest, at + 2);
	}
	buf_release(&b);
	return whole;
}

/* Moves over what cannot hold the comma that ends an item. */
static size_t over_quoted(struct str s, size_t at, bool begins)
{
	char c = s.p[at], end = c == '[' ? ']' : c == '`' || c == '"' || (c == '/' && begins) ? c : 0;
	size_t to = at + 1;

	if (c == '\\')
		return at + 2;
	for (; end && to < s.n && s.p[to] != end; to++)
		to += c == '/' && s.p[to] == '\\';
	return end && to < s.n ? to + 1 : at + 1;
}

bool list_next(struct str *rest, struct str *item, bool patterns, struct arena *a)
{
	bool begins = true;	/* a pattern */
	size_t at = 0;

	if (!rest->p)
		return false;
	if (rest->n > 0 && rest->p[0] == '"' && take_csv_quoted(rest, item, a))
		return true;
	while (at < rest->n && rest->p[at] != ',') {
		size_t next = patterns ? over_quoted(*rest, at, begins) : at + 1;

		begins = rest->p[at] == '.' || rest->p[at] == '!';
		at = next;
	}
	*item = str_first(*rest, at);
	*rest = at < rest->n ? str_from(*rest, at + 1) : STR_NONE;
	return true;
}

static void add(struct table_filter *f, struct rule rule)
{
	f->rules = mem_rearray(f->rules, f->n + 1, sizeof(*f->rules));
	f->rules[f->n++] = rule;
}

struct table_filter *table_filter_new(void)
{
	return mem_zalloc(sizeof(struct table_filter));
}

bool table_filter_add(struct table_filter *f, struct str text, bool case_sensitive, struct err *e)
{
	struct buf schema = BUF_INIT(1 << 16), table = BUF_INIT(1 << 16);
	struct rule rule = { 0 };
	struct str rest = str_trim(text);
	bool ok = true;

	rule.out = rest.n > 0 && rest.p[0] == '!';
	rest = str_from(rest, rule.out ? 1 : 0);
	if (rest.n > 0 && rest.p[0] == '@')
		ok = err_set(e, &err_unsupported, "--filter '%.*s': rules from a file are not supported yet", STR(text));
	else if (!take_pattern(&schema, &rest) || rest.n == 0 || rest.p[0] != '.')
		ok = bad(text, "it is no schema.table", e);
	rest = str_from(rest, 1);
	if (ok && (!take_pattern(&table, &rest) || rest.n > 0))
		ok = bad(text, "it is no schema.table", e);
	ok = ok && (rule.schema = glob_new(buf_str(&schema), case_sensitive, e)) != NULL &&
	     (rule.table = glob_new(buf_str(&table), case_sensitive, e)) != NULL;
	if (ok)
		add(f, rule);
	else if (rule.schema)
		glob_free(rule.schema);
	buf_release(&schema);
	buf_release(&table);
	return ok;
}

bool table_filter_add_name(struct table_filter *f, struct str name, struct err *e)
{
	struct buf b = BUF_INIT(1 << 16);
	struct str schema, table;
	bool ok;

	if (!str_cut(name, '.', &schema, &table))
		return err_set(e, &err_usage, "--tables-list '%.*s': it is no schema.table", STR(name));
	for (size_t i = 0; i < 2; i++) {
		struct str part = i == 0 ? schema : table;

		buf_put_text(&b, i == 0 ? "`" : ".`");
		for (size_t at = 0; at < part.n; at++)
			buf_putf(&b, part.p[at] == '`' ? "``" : "%c", part.p[at]);
		buf_put_char(&b, '`');
	}
	ok = table_filter_add(f, buf_str(&b), true, e);
	if (ok)
		f->rules[f->n - 1].name = mem_text(name);
	buf_release(&b);
	return ok;
}

bool table_filter_wants(struct table_filter *f, struct str schema, struct str table)
{
	for (size_t i = f->n; i-- > 0;)
		if (glob_match(f->rules[i].schema, schema) && glob_match(f->rules[i].table, table)) {
			f->rules[i].met = true;
			return !f->rules[i].out;
		}
	return false;
}

bool table_filter_found(const struct table_filter *f, struct err *e)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct rule *rule = &f->rules[i];
		bool again = rule->met || !rule->name;

		for (size_t j = i + 1; j < f->n && !again; j++)	/* said twice, the last one was met */
			again = strcmp(rule->name, f->rules[j].name) == 0;
		if (!again)
			return err_set(e, &err_no_table, "the server shows no table '%s'", rule->name);
	}
	return true;
}

void table_filter_free(struct table_filter *f)
{
	for (size_t i = 0; f && i < f->n; i++) {
		glob_free(f->rules[i].schema);
		glob_free(f->rules[i].table);
		free(f->rules[i].name);
	}
	if (f)
		free(f->rules);
	free(f);
}
