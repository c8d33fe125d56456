/* setup.c - command line and files to what is wanted: an option wins over the files, those over defaults; see dump.h */
#include "dump.h"

#include <string.h>

#define THREADS 4
#define ROWS 200000
#define LOCK_SECONDS 60

static uint64_t first_of(uint64_t option, uint64_t configured, uint64_t otherwise)
{
	return option ? option : configured ? configured : otherwise;
}

static bool set_consistency(struct dump_want *want, const char *name, struct err *e)
{
	want->consistent = true;
	if (!name || strcmp(name, "flush") == 0 || strcmp(name, "auto") == 0)
		return true;
	want->consistent = false;
	if (strcmp(name, "none") == 0)
		return true;
	if (strcmp(name, "lock") == 0 || strcmp(name, "snapshot") == 0)
		return err_set(e, &err_unsupported, "--consistency %s is not supported yet: use flush or none", name);
	return err_set(e, &err_usage, "--consistency '%s': auto, flush and none are known", name);
}

static bool set_rules(struct dump_want *want, const struct config *config, struct err *e)
{
	if (!config->has_task)
		return true;
	want->rules = rules_new(config->task.case_sensitive || (config->has_source && config->source.case_sensitive));
	return rules_of_task(want->rules, &config->task, config->instance, config->has_source ? &config->source : NULL,
			     e);
}

bool dump_want_init(struct dump_want *want, struct config *config, const struct dump_settings *settings, struct err *e)
{
	static const struct config_dump none;
	const struct config_dump *dump = config->instance ? &config->instance->dump : &none;
	const struct endpoint *from = config->has_source ? &config->source.from : NULL;

	want->source = config->source_id;
	want->threads = first_of(settings->threads, dump->threads, THREADS);
	want->rows = first_of(settings->rows, dump->rows, ROWS);
	want->where = settings->where ? str_of(settings->where) : dump->where;
	want->check_binlog = config->has_task && config->task.mode != TASK_FULL;
	want->lock_wait = first_of(settings->lock_wait, 0, LOCK_SECONDS);
	want->lock_time = first_of(settings->lock_time, 0, LOCK_SECONDS);
	want->databases = settings->databases;
	return set_consistency(want, settings->consistency, e) && set_rules(want, config, e) &&
	       config_endpoint(&want->at, &settings->connection, from, &want->arena, e);
}

void dump_want_release(struct dump_want *want)
{
	if (want->rules)
		rules_free(want->rules);
	arena_release(&want->arena);
}
