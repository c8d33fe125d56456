/* learn.c - the structures of a task's tables, at its first start; see relay.h */
#include "base/log.h"
#include "relay.h"
#include "rules/online.h"
#include "rules/rules.h"
#include "text/json_write.h"

#define LIST_MAX ((size_t)64 << 20)

struct learning {
	struct rules *rules;
	const struct place *at;
	size_t n;
	bool online_ddl;
	struct online_names names;
	struct buf unlearnt;		/* pairs, as JSON: what is changed between there and now */
};

/* A table that an online schema change has made is none of the task's. */
static void put_unlearnt(struct learning *l, struct str schema, struct str table)
{
	struct buf *b = &l->unlearnt;
	struct str real;

	if (l->online_ddl && online_class_of(&l->names, table, &real) != ONLINE_REAL)
		return;
	buf_put_text(b, b->n ? ",[" : "[[");
	json_put_text(b, schema);
	buf_put_char(b, ',');
	json_put_text(b, table);
	buf_put_char(b, ']');
}

static bool learn_schema(struct relay *r, struct learning *l, struct str schema, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str *names;
	size_t n_names;
	bool ok = server_tables(&r->tables.conn, &a, schema, &names, &n_names, e);

	for (size_t i = 0; ok && i < n_names; i++) {
		struct known *k = NULL;
		bool was_there;

		if (!rules_want_table(l->rules, schema, names[i]) || structures_find(&r->tables, schema, names[i]))
			continue;
		ok = structures_learn(&r->tables, schema, names[i], l->at, &k, &was_there, e) && (!k || rows_announce(r, k, e));
		if (ok && !k && was_there)
			put_unlearnt(l, schema, names[i]);
		l->n += k != NULL;
	}
	arena_release(&a);
	return ok;
}

static bool tell_unlearnt(struct relay *r, struct learning *l, struct err *e)
{
	if (l->unlearnt.n == 0)
		return true;
	buf_put_char(&l->unlearnt, ']');
	if (!buf_ok(&l->unlearnt, "the tables whose structures are not known", e))
		return false;
	state_line_put(out_line(&r->out), RELAY_STAGE, RELAY_UNLEARNT, buf_str(&l->unlearnt));
	return true;
}

/* Where the log has the names of columns, structures are learnt from it as they are met; but merged tables must be known before, since they
 * wait for each other. */
static bool learn_all(struct relay *r, struct learning *l, bool is_sharded, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str *schemas, metadata;
	size_t n_schemas;
	bool exists, ok;

	ok = structures_connect(&r->tables, e) &&
	     server_variable(&r->tables.conn, &a, "binlog_row_metadata", &metadata, &exists, e);
	if (ok && exists && str_is_nocase(metadata, "FULL") && !is_sharded)
		goto out;
	ok = ok && server_schemas(&r->tables.conn, &a, &schemas, &n_schemas, e);
	for (size_t i = 0; ok && i < n_schemas; i++)
		if (rules_want_schema(l->rules, schemas[i]))
			ok = learn_schema(r, l, schemas[i], e);
	if (ok && l->n > 0)
		log_debug("structures of %zu tables: as they are upstream now", l->n);
	ok = ok && (!is_sharded || tell_unlearnt(r, l, e));
out:
	arena_release(&a);
	return ok;
}

bool learn_tables(struct relay *r, const struct config *config, const struct place *at, struct err *e)
{
	const struct task *task = &config->task;
	struct learning l = { .at = at, .online_ddl = task->online_ddl, .unlearnt = BUF_INIT(LIST_MAX) };
	bool ok;

	if (!config->instance || !r->tables.upstream || !at->file[0])
		return true;
	l.rules = rules_new(task->case_sensitive || (config->has_source && config->source.case_sensitive));
	ok = rules_of_task(l.rules, task, config->instance, config->has_source ? &config->source : NULL, e) &&
	     online_names_init(&l.names, task->shadow_rules, task->n_shadow_rules, task->trash_rules, task->n_trash_rules, e) &&
	     learn_all(r, &l, task->shard_mode.n > 0, e);
	online_names_release(&l.names);
	rules_free(l.rules);
	buf_release(&l.unlearnt);
	return ok;
}
