/*
 * parts.h - what a struct rules is made of. Internal to the room.
 */
#ifndef RULES_PARTS_H
#define RULES_PARTS_H

#include "base/arena.h"
#include "base/map.h"
#include "config/events.h"
#include "rules/rules.h"
#include "text/glob.h"

/* Where a rule was written, for messages: "route 'sale' (task.yaml:17)". */
struct origin {
	const char *what;	/* "route", "filter", "do-dbs" */
	struct str name;	/* "" where it has none */
	struct str file;	/* "" for an option */
	unsigned line;
};

/* A pattern for tables; table NULL: for whole schemas. */
struct table_pattern {
	struct origin origin;
	struct glob *schema, *table;
};

struct pattern_list {
	size_t n;
	struct table_pattern *items;
};

enum filter_action { FILTER_DO, FILTER_IGNORE, FILTER_ERROR };

struct filter_rule {
	struct table_pattern pattern;
	size_t n_events, n_sql;
	const struct event_word **events;
	struct glob **sql;
	enum filter_action action;
};

struct route_rule {
	struct table_pattern pattern;
	struct str target_schema, target_table;
	struct {
		struct glob *from;		/* NULL: none */
		struct str column;
	} extracts[EXTRACTS];
};

/* What is known about one table (or schema); made when it is first asked about. */
struct table_answer {
	bool want;
	const struct route_rule *route, *rival;	/* rival: a second one that claims it */
	size_t n_filters;
	const struct filter_rule **filters;
};

struct rules {
	bool case_sensitive;
	bool sharded;			/* the task coordinates DDL of merged tables */
	struct pattern_list do_dbs, ignore_dbs, do_tables, ignore_tables;
	size_t n_filters, n_routes;
	struct filter_rule *filters;
	struct route_rule *routes;
	struct map answers;		/* "schema\0table" */
	struct arena arena;		/* rules and their texts */
	struct arena answer_arena;
};

/* "route 'sale' (task.yaml:17)" */
void origin_put(struct buf *b, const struct origin *origin);

/* Both globs, table "" giving none. False, e filled with the origin, when a pattern is not valid. */
bool table_pattern_init(struct table_pattern *p, const struct rules *r, struct str schema, struct str table,
			struct err *e);
void table_pattern_release(struct table_pattern *p);
bool table_pattern_matches(const struct table_pattern *p, struct str schema, struct str table);

bool filter_add(struct rules *r, const struct config_filter *from, struct str file, struct err *e);
void filter_release(struct filter_rule *f);

/* True when a rule for just the same names is there already. */
bool filter_is_there(const struct rules *r, const struct config_filter *from);

/* One event under all its names: the classes of the first one count, the others only by name. */
struct event_names {
	const struct event_word *words[RULES_NAMES_MAX];
	size_t n;
};

enum rules_answer filters_ask(const struct table_answer *answer, const struct event_names *event, struct str sql,
			      const struct filter_rule **by);

bool route_add(struct rules *r, const struct config_route *from, struct str file, struct err *e);
void route_release(struct route_rule *route);
void route_find(const struct rules *r, struct str schema, struct str table, const struct route_rule **route,
		const struct route_rule **rival);

extern const struct err_kind err_rule;		/* a rule that cannot be */
extern const struct err_kind err_route_clash;	/* two rules claim one table */

/* Makes the answer, or finds it. table "": a schema. */
const struct table_answer *rules_answer(struct rules *r, struct str schema, struct str table);

/* False, e filled, when two rules claim the table. */
bool route_check(const struct table_answer *answer, struct str schema, struct str table, struct err *e);

/* "store_*.sale_*" as the command line has it: parts cut at the first dot outside of `...` and [...]; a part in back
 * quotes is taken as it is. table "" where there is no dot. Text lives in a. */
bool spec_parse(struct str text, struct arena *a, struct str *schema, struct str *table, struct err *e);

/* "SPEC=SPEC". */
/* Cuts at the first stop outside of back quotes and classes. False where there is none. */
bool spec_cut(struct str text, char stop, struct str *name, struct str *rest);

bool spec_parse_pair(struct str text, struct arena *a, struct config_route *route, struct err *e);

#endif
