/* filter.c - the event filter: which events and statements of a table are dropped. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/parts.h"

static bool same_text(const struct rules *r, struct str a, struct str b)
{
	return r->case_sensitive ? str_eq(a, b) : str_eq_nocase(a, b);
}

bool filter_is_there(const struct rules *r, const struct config_filter *from)
{
	for (size_t i = 0; i < r->n_filters; i++) {
		const struct table_pattern *p = &r->filters[i].pattern;

		if (same_text(r, glob_text(p->schema), from->schema_pattern) &&
		    same_text(r, p->table ? glob_text(p->table) : STR_NONE, from->table_pattern))
			return true;
	}
	return false;
}

static bool bad(const struct filter_rule *f, struct err *e, const char *why)
{
	struct buf where = BUF_INIT(500);

	origin_put(&where, &f->pattern.origin);
	err_set(e, &err_rule, "%s %s", buf_text(&where), why);
	buf_release(&where);
	return false;
}

static bool add_events(struct rules *r, struct filter_rule *f, const struct config_filter *from, struct err *e)
{
	f->events = arena_array(&r->arena, from->n_events, sizeof(*f->events));
	for (size_t i = 0; i < from->n_events; i++) {
		if (!event_word_check(from->events[i], e))
			return false;
		f->events[f->n_events++] = event_word_find(from->events[i]);
	}
	return true;
}

/* DM joins them as one case-insensitive alternation. */
static bool add_sql_patterns(struct rules *r, struct filter_rule *f, const struct config_filter *from, struct err *e)
{
	f->sql = arena_array(&r->arena, from->n_sql_patterns, sizeof(*f->sql));
	for (size_t i = 0; i < from->n_sql_patterns; i++) {
		struct str pattern = arena_strf(&r->arena, "~%.*s", STR(from->sql_patterns[i]));
		struct glob *g = glob_new(pattern, false, e);

		if (!g)
			return false;
		f->sql[f->n_sql++] = g;
	}
	return true;
}

static bool add_action(struct filter_rule *f, struct str action, struct err *e)
{
	if (str_is(action, "Do"))
		f->action = FILTER_DO;
	else if (str_is(action, "Ignore"))
		f->action = FILTER_IGNORE;
	else if (str_is(action, "Error"))
		f->action = FILTER_ERROR;
	else
		return bad(f, e, "has an action that is none of Do, Ignore, Error");
	return true;
}

bool filter_add(struct rules *r, const struct config_filter *from, struct str file, struct err *e)
{
	struct filter_rule *f;
	bool there = filter_is_there(r, from);

	r->filters = mem_rearray(r->filters, r->n_filters + 1, sizeof(*r->filters));
	f = &r->filters[r->n_filters++];
	*f = (struct filter_rule){ .pattern.origin = { "filter", arena_str(&r->arena, from->name), file, from->line } };
	if (from->schema_pattern.n == 0)
		return bad(f, e, "has no schema pattern");
	return table_pattern_init(&f->pattern, r, from->schema_pattern, from->table_pattern, e) &&
	       (!there || bad(f, e, "has the same patterns as another filter")) &&
	       add_events(r, f, from, e) && add_sql_patterns(r, f, from, e) && add_action(f, from->action, e);
}

void filter_release(struct filter_rule *f)
{
	table_pattern_release(&f->pattern);
	for (size_t i = 0; i < f->n_sql; i++)
		glob_free(f->sql[i]);
}

/* Left to right, the first word that says something decides. */
static bool matches_event(const struct filter_rule *f, const struct event_names *event)
{
	for (size_t i = 0; i < f->n_events; i++) {
		const struct event_word *word = f->events[i];

		for (size_t k = 0; k < event->n; k++)
			if (word == event->words[k])
				return true;
		if (word->group && (word->covers & event->words[0]->covers))
			return !word->stops;
	}
	return false;
}

static bool matches_sql(const struct filter_rule *f, struct str sql)
{
	for (size_t i = 0; i < f->n_sql; i++)
		if (glob_match(f->sql[i], sql))
			return true;
	return false;
}

static enum rules_answer judge(const struct filter_rule *f, bool matched)
{
	switch (f->action) {
	case FILTER_DO:
		return matched ? RULES_KEEP : RULES_DROP;
	case FILTER_IGNORE:
		return matched ? RULES_DROP : RULES_KEEP;
	case FILTER_ERROR:
		return matched ? RULES_ERROR : RULES_KEEP;
	}
	return RULES_KEEP;
}

enum rules_answer filters_ask(const struct table_answer *answer, const struct event_names *event, struct str sql,
			      const struct filter_rule **by)
{
	for (size_t i = 0; i < answer->n_filters; i++) {
		const struct filter_rule *f = *by = answer->filters[i];
		enum rules_answer got = RULES_KEEP;

		if (event->n)
			got = judge(f, matches_event(f, event));
		if (got == RULES_KEEP && sql.n && f->n_sql)
			got = judge(f, matches_sql(f, sql));
		if (got != RULES_KEEP)
			return got;
	}
	return RULES_KEEP;
}
