/* pattern.c - the names of files by regular expressions, as Lightning's [[mydumper.files]]; see catalog.h */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "catalog.h"

#include <pcre2.h>

/* One file's name, and what the pattern found in it. */
struct match {
	struct str name;
	const PCRE2_SIZE *groups;
	size_t n;
};

/* "$1", "${1}" are groups, "$$" a dollar; all else is itself. */
static struct str expand(const struct match *m, const char *template, struct arena *a)
{
	struct buf out = BUF_INIT(4096);
	struct str result;

	for (const char *p = template; *p; ) {
		size_t group = 0;
		bool braced = p[0] == '$' && p[1] == '{';
		const char *digits = p + 1 + braced, *end = digits;

		while (*end >= '0' && *end <= '9' && group < 1000)
			group = group * 10 + (size_t)(*end++ - '0');
		if (*p != '$' || end == digits || (braced && *end != '}')) {
			p += p[0] == '$' && p[1] == '$';
			buf_put_char(&out, *p++);
			continue;
		}
		if (group < m->n && m->groups[2 * group] != PCRE2_UNSET)
			buf_put(&out, m->name.p + m->groups[2 * group], m->groups[2 * group + 1] - m->groups[2 * group]);
		p = end + braced;
	}
	result = arena_str(a, buf_str(&out));
	buf_release(&out);
	return result;
}

static bool set_type(struct load_file *file, struct str type, struct err *e)
{
	static const struct { const char *name; enum dump_kind kind; } kinds[] = {
		{ "sql", DUMP_DATA }, { "csv", DUMP_DATA }, { "schema-schema", DUMP_SCHEMA }, { "table-schema", DUMP_TABLE },
		{ "view-schema", DUMP_VIEW }, { "ignore", DUMP_OTHER },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!str_is_nocase(type, kinds[i].name))
			continue;
		file->kind = kinds[i].kind;
		file->csv = str_is_nocase(type, "csv");
		return true;
	}
	return err_set(e, &err_usage, "--file-type '%.*s' of file '%.*s': sql, csv, schema-schema, table-schema, view-schema and "
		       "ignore are known", STR(type), STR(file->name));
}

/* By the end of the name, as Lightning takes it. */
static struct str type_of(struct str name, enum dump_packing *packing)
{
	*packing = DUMP_PLAIN;
	if (str_ends(name, STR_LIT(".gz")) || str_ends(name, STR_LIT(".zst"))) {
		*packing = str_ends(name, STR_LIT(".gz")) ? DUMP_GZIP : DUMP_ZSTD;
		str_cut_last(name, '.', &name, NULL);
	}
	return str_ends(name, STR_LIT(".sql")) ? STR_LIT("sql") : STR_LIT("csv");
}

static bool fill(const struct file_pattern *p, const struct match *m, struct load_file *file, struct arena *a, struct err *e)
{
	struct str by_end = type_of(file->name, &file->packing), type = expand(m, p->type, a);

	file->schema = expand(m, p->schema, a);
	file->table = expand(m, p->table, a);
	file->by_pattern = true;
	if (!set_type(file, type.n > 0 ? type : by_end, e))
		return false;
	return file->kind == DUMP_OTHER || (file->schema.n > 0 && (file->table.n > 0 || file->kind == DUMP_SCHEMA)) ||
	       err_set(e, &err_dump_layout, "file '%.*s' matches '%s', which gives it no schema or no table",
		       STR(file->name), p->regex);
}

static bool try_one(const struct file_pattern *p, struct load_file *file, bool *matched, struct arena *a, struct err *e)
{
	pcre2_match_data *data;
	pcre2_code *regex;
	PCRE2_SIZE at;
	bool ok = true;
	int code, n;

	regex = pcre2_compile((PCRE2_SPTR)p->regex, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
	if (!regex)
		return err_set(e, &err_usage, "--file-pattern '%s' is no regular expression (byte %zu)", p->regex, (size_t)at);
	data = pcre2_match_data_create_from_pattern(regex, NULL);
	n = data ? pcre2_match(regex, (PCRE2_SPTR)file->name.p, file->name.n, 0, 0, data, NULL) : -1;
	*matched = n > 0;
	if (*matched) {
		struct match m = { file->name, pcre2_get_ovector_pointer(data), (size_t)n };

		ok = fill(p, &m, file, a, e);
	}
	pcre2_match_data_free(data);
	pcre2_code_free(regex);
	return ok;
}

bool pattern_match(const struct dir_want *want, struct load_file *file, bool *matched, struct arena *a, struct err *e)
{
	*matched = false;
	for (size_t i = 0; i < want->n_patterns && !*matched; i++)
		if (!try_one(&want->patterns[i], file, matched, a, e))
			return false;
	return true;
}
