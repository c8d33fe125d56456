/* setup.c - command line and files to what is wanted: an option wins over the files, those over defaults; see load.h */
#include "load.h"

#define THREADS 16
#define META_SCHEMA "dm_meta"

static bool set_on_duplicate(struct load_want *want, struct str how, struct err *e)
{
	want->on_duplicate = DUPLICATE_REPLACE;
	if (how.n == 0 || str_is_nocase(how, "replace"))
		return true;
	want->on_duplicate = DUPLICATE_ERROR;
	if (str_is_nocase(how, "error"))
		return true;
	want->on_duplicate = DUPLICATE_IGNORE;
	return str_is_nocase(how, "ignore") ||
	       err_set(e, &err_usage, "--on-duplicate '%.*s': replace, error and ignore are known", STR(how));
}

bool load_want_init(struct load_want *want, struct config *config, const struct load_settings *settings, struct err *e)
{
	static const struct config_load none;
	const struct config_load *load = config->instance ? &config->instance->load : &none;
	const struct endpoint *to = config->has_task ? &config->task.target : NULL;

	want->task = settings->task ? str_of(settings->task) : config->has_task ? config->task.name : STR_LIT("");
	if (want->task.n == 0)
		return err_set(e, &err_usage, "the task has no name: give one with --task, or a task file with -c");
	want->source = config->source_id;
	want->meta_schema = STR_LIT(META_SCHEMA);
	if (settings->meta_schema)
		want->meta_schema = str_of(settings->meta_schema);
	else if (config->has_task && config->task.meta_schema.n > 0)
		want->meta_schema = config->task.meta_schema;
	want->threads = settings->threads ? settings->threads : load->pool_size ? load->pool_size : THREADS;
	return set_on_duplicate(want, settings->on_duplicate ? str_of(settings->on_duplicate) : load->on_duplicate,
				e) &&
	       config_endpoint(&want->at, &settings->connection, to, &want->arena, e);
}
