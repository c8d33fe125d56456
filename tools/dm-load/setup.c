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

static const char *nth(const struct opt_list *list, size_t i, const char *otherwise)
{
	return i < list->n ? list->items[i] : otherwise;
}

/* The n-th pattern goes with the n-th schema, table and type. */
static bool set_patterns(struct load_want *want, const struct load_settings *s, struct err *e)
{
	struct dir_want *dir = &want->dir;

	if (s->schemas.n > s->patterns.n || s->tables.n > s->patterns.n || s->types.n > s->patterns.n)
		return err_set(e, &err_usage, "each --file-schema, --file-table and --file-type goes with a --file-pattern");
	dir->n_patterns = s->patterns.n;
	dir->patterns = arena_array(&want->arena, s->patterns.n, sizeof(*dir->patterns));
	for (size_t i = 0; i < s->patterns.n; i++)
		dir->patterns[i] = (struct file_pattern){
			s->patterns.items[i], nth(&s->schemas, i, "$1"), nth(&s->tables, i, "$2"), nth(&s->types, i, ""),
		};
	return true;
}

static bool set_dir(struct load_want *want, const struct load_settings *s, struct err *e)
{
	struct dir_want *dir = &want->dir;

	dir->path = s->dir;
	dir->form = s->form;
	want->filter_full = s->filter_full;
	want->no_views = s->no_views;
	want->triggers = s->triggers;
	want->definer = str_of(s->definer ? s->definer : "drop");
	if (str_is(want->definer, "keep"))
		want->definer = STR_LIT("");
	return set_patterns(want, s, e);
}

/* A stream has passed dm-filter and dm-route; a directory has not. */
static bool set_rules(struct load_want *want, const struct config *config, const struct load_settings *s, struct err *e)
{
	if (!want->dir.path || (!config->instance && s->routes.n == 0))
		return true;
	want->rules = rules_new(s->case_sensitive || (config->has_task && config->task.case_sensitive) ||
				(config->has_source && config->source.case_sensitive));
	if (config->instance && !rules_of_task(want->rules, &config->task, config->instance,
					       config->has_source ? &config->source : NULL, e))
		return false;
	for (size_t i = 0; i < s->routes.n; i++)
		if (!rules_add_route(want->rules, str_of(s->routes.items[i]), e))
			return false;
	return true;
}

void load_want_release(struct load_want *want)
{
	if (want->rules)
		rules_free(want->rules);
	arena_release(&want->arena);
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
	want->by_gtid = config->has_source && config->source.enable_gtid;
	want->meta_schema = STR_LIT(META_SCHEMA);
	if (settings->meta_schema)
		want->meta_schema = str_of(settings->meta_schema);
	else if (config->has_task && config->task.meta_schema.n > 0)
		want->meta_schema = config->task.meta_schema;
	want->threads = settings->threads ? settings->threads : load->pool_size ? load->pool_size : THREADS;
	return set_on_duplicate(want, settings->on_duplicate ? str_of(settings->on_duplicate) : load->on_duplicate,
				e) &&
	       set_dir(want, settings, e) && set_rules(want, config, settings, e) &&
	       config_endpoint(&want->at, &settings->connection, to, &want->arena, e);
}
