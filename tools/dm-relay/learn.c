/* learn.c - the structures of a task's tables, at its first start; see relay.h */
#include "base/log.h"
#include "relay.h"
#include "rules/rules.h"

static bool learn_schema(struct relay *r, struct rules *rules, struct str schema, const struct place *at, size_t *n,
			 struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str *names;
	size_t n_names;
	bool ok = server_tables(&r->tables.conn, &a, schema, &names, &n_names, e);

	for (size_t i = 0; ok && i < n_names; i++) {
		struct known *k = NULL;

		if (!rules_want_table(rules, schema, names[i]) || structures_find(&r->tables, schema, names[i]))
			continue;
		ok = structures_learn(&r->tables, schema, names[i], at, &k, e) && (!k || rows_announce(r, k, e));
		*n += k != NULL;
	}
	arena_release(&a);
	return ok;
}

/* Where the log has the names of columns, structures are learnt from it as they are met. want_all: merged tables must be known before,
 * since they wait for each other. */
static bool learn_all(struct relay *r, struct rules *rules, const struct place *at, bool want_all, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str *schemas, metadata;
	size_t n_schemas, n = 0;
	bool exists, ok;

	ok = structures_connect(&r->tables, e) &&
	     server_variable(&r->tables.conn, &a, "binlog_row_metadata", &metadata, &exists, e);
	if (ok && exists && str_is_nocase(metadata, "FULL") && !want_all)
		goto out;
	ok = ok && server_schemas(&r->tables.conn, &a, &schemas, &n_schemas, e);
	for (size_t i = 0; ok && i < n_schemas; i++)
		if (rules_want_schema(rules, schemas[i]))
			ok = learn_schema(r, rules, schemas[i], at, &n, e);
	if (ok && n > 0)
		log_debug("structures of %zu tables: as they are upstream now", n);
out:
	arena_release(&a);
	return ok;
}

bool learn_tables(struct relay *r, const struct config *config, const struct place *at, struct err *e)
{
	struct rules *rules;
	bool ok;

	if (!config->instance || !r->tables.upstream || !at->file[0])
		return true;
	rules = rules_new(config->task.case_sensitive || (config->has_source && config->source.case_sensitive));
	ok = rules_of_task(rules, &config->task, config->instance, config->has_source ? &config->source : NULL, e) &&
	     learn_all(r, rules, at, config->task.shard_mode.n > 0, e);
	rules_free(rules);
	return ok;
}
