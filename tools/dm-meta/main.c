/* dm-meta - the one door to what a task remembers downstream; see dm-meta(1) */
#include "base/tool.h"
#include "commands.h"

#define META_SCHEMA "dm_meta"

struct settings {
	struct config_settings config;
	struct connection_settings connection;
	const char *task, *meta_schema, *gtid, *safe_until, *owner, *database, *table, *action;
	bool from_source, from_target, force;
};

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, offsetof(struct settings, config), NULL, 0, 0, config_options },
	{ OPT_TABLE, 0, NULL, NULL, offsetof(struct settings, connection), NULL, 0, 0, connection_options },
	{ OPT_TEXT, 0, "task", "NAME", offsetof(struct settings, task), "look at the task of this name", 0, 0, NULL },
	{ OPT_TEXT, 0, "meta-schema", "NAME", offsetof(struct settings, meta_schema),
	  "look in this schema (default dm_meta)", 0, 0, NULL },
	{ OPT_TEXT, 0, "gtid", "SET", offsetof(struct settings, gtid),
	  "with checkpoint set: the GTID set that belongs to the place", 0, 0, NULL },
	{ OPT_TEXT, 0, "safe-until", "PLACE", offsetof(struct settings, safe_until),
	  "with checkpoint set: safe mode lasts until this FILE:OFFSET, at least", 0, 0, NULL },
	{ OPT_FLAG, 0, "from-source", NULL, offsetof(struct settings, from_source),
	  "with schema set: the structure that the upstream table has now", 0, 0, NULL },
	{ OPT_FLAG, 0, "from-target", NULL, offsetof(struct settings, from_target),
	  "with schema set: the structure that the downstream table has now", 0, 0, NULL },
	{ OPT_TEXT, 0, "owner", "ID", offsetof(struct settings, owner),
	  "with lock unlock: the source that is to run the statement", 0, 0, NULL },
	{ OPT_TEXT, 0, "database", "NAME", offsetof(struct settings, database),
	  "with lock unlock, of an optimistic lock: the upstream table's database", 0, 0, NULL },
	{ OPT_TEXT, 0, "table", "NAME", offsetof(struct settings, table),
	  "with lock unlock, of an optimistic lock: the upstream table", 0, 0, NULL },
	{ OPT_TEXT, 0, "action", "WHAT", offsetof(struct settings, action),
	  "with lock unlock, of an optimistic lock: skip its statement, or exec", 0, 0, NULL },
	{ OPT_FLAG, 0, "force-remove", NULL, offsetof(struct settings, force),
	  "with lock unlock: remove the lock also where nobody has run the statement", 0, 0, NULL },
	{ 0 }
};

static struct line_out out;

static bool settle(struct work *w, const struct settings *s, const struct config *config, bool whole_task,
		   struct err *e)
{
	w->task = s->task ? str_of(s->task) : config->has_task ? config->task.name : STR_NONE;
	log_about(w->task, w->source);
	w->schema = s->meta_schema ? str_of(s->meta_schema) :
		    config->has_task ? config->task.meta_schema : STR_LIT(META_SCHEMA);
	w->source = whole_task && s->config.source ? str_of(s->config.source) : config->source_id;
	w->instance = config->instance;
	w->has_mode = config->has_task;
	w->sharded = config->has_task && config->task.shard_mode.n > 0;
	w->mode = config->task.mode;
	w->gtid = s->gtid ? str_of(s->gtid) : STR_NONE;
	w->safe_until = str_of(s->safe_until ? s->safe_until : "");
	w->from_source = s->from_source;
	w->from_target = s->from_target;
	w->database = str_of(s->database ? s->database : "");
	w->table = str_of(s->table ? s->table : "");
	w->action = str_of(s->action ? s->action : "");
	w->owner = s->owner ? str_of(s->owner) : STR_LIT("");
	w->force = s->force;
	w->upstream = config->has_source ? &config->source.from : NULL;
	w->mariadb = config->has_source && str_is(config->source.flavor, "mariadb");
	if (w->task.n == 0)
		return err_set(e, &err_usage, "no task is given: name one with --task, or its file with -c");
	return whole_task || w->source.n > 0 || err_set(e, &err_usage, "no source is given: name one with -s");
}

/* Tables are made only where something is to be written into them. */
static bool work_on(struct work *w, const struct command *command, const struct endpoint *at, struct err *e)
{
	struct conn_want want = { .at = at, .scope = SCOPE_DOWNSTREAM };
	bool ok;

	if (!conn_open(&w->c, &want, e))
		return false;
	meta_init(&w->meta, &w->c, w->schema, w->task, w->source);
	ok = command->whole_task || meta_is_there(&w->meta, &w->there, e);
	meta_release(&w->meta);
	if (ok && !command->whole_task && (w->there || command->writes))
		ok = w->there = meta_open(&w->meta, &w->c, w->schema, w->task, w->source, e);
	ok = ok && command->run(w, e) && line_flush(w->out, e);
	meta_release(&w->meta);
	conn_close(&w->c);
	return ok;
}

/* A task is dropped with all its sources, so none has to be named. */
static bool load(struct config *config, const struct settings *s, bool whole_task, struct err *e)
{
	*config = (struct config){ .has_task = whole_task && s->config.config };
	if (!whole_task)
		return config_load(config, &s->config, false, e);
	return !config->has_task || (task_read(&config->task, s->config.config, e) &&
				     config_unlock_task(&config->task, &s->config, e));
}

/* Where a table goes downstream. */
static bool make_rules(struct work *w, const struct config *config, struct err *e)
{
	if (!w->instance || !w->from_target)
		return true;
	w->rules = rules_new(config->task.case_sensitive || (config->has_source && config->source.case_sensitive));
	return rules_of_task(w->rules, &config->task, w->instance, config->has_source ? &config->source : NULL, e);
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct settings *s = settings;
	struct work w = { .out = &out };
	const struct command *command = command_find(operands, w.operands, e);
	struct config config;
	struct endpoint at;
	struct arena a = ARENA_INIT;
	bool ok;

	if (!command)
		return false;
	line_out_init(&out, 1);
	ok = load(&config, s, command->whole_task, e) && settle(&w, s, &config, command->whole_task, e) &&
	     make_rules(&w, &config, e) &&
	     config_endpoint(&at, &s->connection, config.has_task ? &config.task.target : NULL, &a, e) &&
	     work_on(&w, command, &at, e);
	rules_free(w.rules);
	arena_release(&a);
	config_release(&config);
	return ok;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	static const struct tool tool = {
		.name = "dm-meta", .line = "show and change what a task remembers downstream",
		.operands = "checkpoint get|show|set|drop | error skip|replace|inject|revert|list | schema get|set|remove | lock list|unlock|leave|join | lease list|give | next | drop",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
