#include "text/glob.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text/utf8.h"

const struct err_kind err_glob = {
	.code = 20502, .class = "config", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG,
	.workaround = "'*' stands only at the end of a pattern; for more, write a regular expression after '~'",
};

enum step_kind { STEP_CHAR, STEP_ANY, STEP_CLASS, STEP_REST };

/* What one character of a name has to be. */
struct step {
	enum step_kind kind;
	bool except;		/* STEP_CLASS: [!...] */
	uint32_t c;		/* STEP_CHAR */
	size_t from, to;	/* STEP_CLASS: its ranges */
};

struct range {
	uint32_t from, to;
};

struct glob {
	char *text;
	size_t text_n;
	bool case_sensitive;
	pcre2_code *regex;	/* NULL: wildcards */
	struct step *steps;
	size_t n_steps;
	struct range *ranges;
	size_t n_ranges;
};

static uint32_t take(const struct glob *g, struct str *s)
{
	uint32_t c = utf8_take(s);

	return g->case_sensitive ? c : utf8_lower(c);
}

static void add_range(struct glob *g, uint32_t from, uint32_t to)
{
	g->ranges[g->n_ranges++] = (struct range){ from, to };
}

/* A class reaches to the first ']'. "[!]" is the class of '!'; a '-' at either end is a character. */
static void add_class(struct glob *g, struct str in)
{
	bool except = in.n > 1 && in.p[0] == '!';
	size_t from = g->n_ranges;

	in = str_from(in, except);
	while (in.n > 0) {
		uint32_t c = take(g, &in);

		if (in.n > 1 && in.p[0] == '-') {
			in = str_from(in, 1);
			add_range(g, c, take(g, &in));
		} else {
			add_range(g, c, c);
		}
	}
	g->steps[g->n_steps++] = (struct step){ .kind = STEP_CLASS, .except = except, .from = from, .to = g->n_ranges };
}

static bool parse_wildcards(struct glob *g, struct str pattern, struct err *e)
{
	struct str rest = pattern;

	g->steps = mem_array(pattern.n + 1, sizeof(*g->steps));
	g->ranges = mem_array(pattern.n + 1, sizeof(*g->ranges));
	while (rest.n > 0) {
		char c = rest.p[0];
		struct str in, after;

		if (c == '*') {
			if (rest.n > 1)
				return err_set(e, &err_glob, "pattern '%.*s' has a '*' before its end",
					       STR(pattern));
			g->steps[g->n_steps++] = (struct step){ .kind = STEP_REST };
			rest.n = 0;
		} else if (c == '?') {
			g->steps[g->n_steps++] = (struct step){ .kind = STEP_ANY };
			rest = str_from(rest, 1);
		} else if (c == '[' && str_cut(str_from(rest, 1), ']', &in, &after)) {
			add_class(g, in);
			rest = after;
		} else {
			g->steps[g->n_steps++] = (struct step){ .kind = STEP_CHAR, .c = take(g, &rest) };
		}
	}
	return true;
}

/* Without memory the process ends as anywhere else: a pattern is not taken for a bad one, nor for one that matches nothing. */
static void *take_memory(size_t n, void *context)
{
	(void)context;
	return mem_alloc(n);
}

static void give_memory(void *p, void *context)
{
	(void)context;
	free(p);
}

static pcre2_code *compile(const struct glob *g, uint32_t options, int *code, PCRE2_SIZE *at)
{
	pcre2_general_context *memory = pcre2_general_context_create(take_memory, give_memory, NULL);
	pcre2_compile_context *context = pcre2_compile_context_create(memory);
	pcre2_code *regex = pcre2_compile((PCRE2_SPTR)g->text + 1, g->text_n - 1, options, code, at, context);

	pcre2_compile_context_free(context);
	pcre2_general_context_free(memory);
	return regex;
}

static bool parse_regex(struct glob *g, struct err *e)
{
	uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | (g->case_sensitive ? 0 : PCRE2_CASELESS);
	PCRE2_SIZE at;
	int code;

	g->regex = compile(g, options, &code, &at);
	if (!g->regex) {
		PCRE2_UCHAR why[200] = "";

		pcre2_get_error_message(code, why, sizeof(why));
		return err_set(e, &err_glob, "regular expression '%s' is not valid behind byte %zu: %s", g->text,
			       (size_t)at + 1, (char *)why);
	}
	pcre2_jit_compile(g->regex, PCRE2_JIT_COMPLETE);	/* without it, matching is only slower */
	return true;
}

struct glob *glob_new(struct str pattern, bool case_sensitive, struct err *e)
{
	struct glob *g = mem_zalloc(sizeof(*g));
	bool ok;

	g->text = mem_text(pattern);
	g->text_n = pattern.n;
	g->case_sensitive = case_sensitive;
	ok = str_starts(pattern, STR_LIT("~")) ? parse_regex(g, e) : parse_wildcards(g, pattern, e);
	if (ok)
		return g;
	glob_free(g);
	return NULL;
}

void glob_free(struct glob *g)
{
	if (!g)
		return;
	pcre2_code_free(g->regex);
	free(g->steps);
	free(g->ranges);
	free(g->text);
	free(g);
}

/* Follows all ways through the pattern side by side, so its time does not explode. It knows no back
 * references. */
static int match_side_by_side(const struct glob *g, PCRE2_SPTR text, size_t n, pcre2_match_data *data)
{
	int space[8000];	/* far more than a pattern of ordinary length takes for a name */

	return pcre2_dfa_match(g->regex, text, n, 0, PCRE2_DFA_SHORTEST, data, NULL, space,
			       sizeof(space) / sizeof(space[0]));
}

/* The fast matcher gives up on nested repeats, which try for ever; then the other one answers. */
static bool match_regex(const struct glob *g, struct str name)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(g->regex, NULL);
	PCRE2_SPTR text = (PCRE2_SPTR)(name.n ? name.p : "");
	int got = pcre2_match(g->regex, text, name.n, 0, 0, data, NULL);

	if (got < 0 && got != PCRE2_ERROR_NOMATCH)
		got = match_side_by_side(g, text, name.n, data);
	pcre2_match_data_free(data);
	return got >= 0;
}

static bool in_class(const struct glob *g, const struct step *step, uint32_t c)
{
	for (size_t i = step->from; i < step->to; i++)
		if (c >= g->ranges[i].from && c <= g->ranges[i].to)
			return !step->except;
	return step->except;
}

bool glob_match(const struct glob *g, struct str name)
{
	if (g->regex)
		return match_regex(g, name);
	for (size_t i = 0; i < g->n_steps; i++) {
		const struct step *step = &g->steps[i];
		uint32_t c;

		if (step->kind == STEP_REST)
			return true;
		if (name.n == 0)
			return false;
		c = take(g, &name);
		if (step->kind == STEP_CHAR && c != step->c)
			return false;
		if (step->kind == STEP_CLASS && !in_class(g, step, c))
			return false;
	}
	return name.n == 0;
}

unsigned glob_groups(const struct glob *g)
{
	uint32_t n = 0;

	if (g->regex)
		pcre2_pattern_info(g->regex, PCRE2_INFO_CAPTURECOUNT, &n);
	return n;
}

bool glob_match_group(const struct glob *g, struct str name, struct str *group)
{
	pcre2_match_data *data = g->regex ? pcre2_match_data_create_from_pattern(g->regex, NULL) : NULL;
	PCRE2_SPTR text = (PCRE2_SPTR)(name.n ? name.p : "");
	int got = data ? pcre2_match(g->regex, text, name.n, 0, 0, data, NULL) : PCRE2_ERROR_NOMATCH;
	PCRE2_SIZE *at = data ? pcre2_get_ovector_pointer(data) : NULL;

	if (got < 0 && got != PCRE2_ERROR_NOMATCH)
		got = match_side_by_side(g, text, name.n, data) >= 0 ? 1 : PCRE2_ERROR_NOMATCH;
	*group = got > 1 && at[2] != PCRE2_UNSET ? (struct str){ name.p + at[2], at[3] - at[2] } : STR_LIT("");
	pcre2_match_data_free(data);
	return got >= 0;
}

void glob_put_groups(struct buf *b, const struct glob *g, struct str name)
{
	pcre2_match_data *data = g->regex ? pcre2_match_data_create_from_pattern(g->regex, NULL) : NULL;
	PCRE2_SPTR text = (PCRE2_SPTR)(name.n ? name.p : "");
	int got = data ? pcre2_match(g->regex, text, name.n, 0, 0, data, NULL) : PCRE2_ERROR_NOMATCH;
	PCRE2_SIZE *at = data ? pcre2_get_ovector_pointer(data) : NULL;

	for (int i = 1; i < got; i++)
		if (at[2 * i] != PCRE2_UNSET)
			buf_put(b, name.p + at[2 * i], at[2 * i + 1] - at[2 * i]);
	pcre2_match_data_free(data);
}

struct str glob_text(const struct glob *g)
{
	return (struct str){ g->text, g->text_n };
}
