/* needed.c - what tasks need of a relay log; see needed.h */
#include "needed.h"

#include "meta/meta.h"

static bool read_checkpoint(const struct config *config, struct arena *a, struct meta_place *place, struct err *e)
{
	struct conn_want want = { .at = &config->task.target, .scope = SCOPE_DOWNSTREAM };
	struct conn c = { 0 };
	struct meta m;
	bool there = false, ok;

	*place = (struct meta_place){ .exists = false };
	if (!conn_open(&c, &want, e))
		return false;
	meta_init(&m, &c, config->task.meta_schema, config->task.name, config->source_id);
	ok = meta_is_there(&m, &there, e) && (!there || meta_place_get(&m, a, place, e));
	meta_release(&m);
	conn_close(&c);
	return ok;
}

/* A name without a sub-directory is of the first one, or was read from the server: the oldest that is there has it, or none
 * before it does. */
static void locate(const struct store *s, const struct meta_place *at, struct lease_place *place)
{
	struct buf name = BUF_INIT(STORE_NAME_MAX);
	struct str base;

	*place = (struct lease_place){ 0, 0 };
	if (at->exists && at->file.n > 0 && store_told(at->file, &place->sub, &name) &&
	    store_log_number(buf_str(&name), &base, &place->number) && place->sub == 0 && s->n_subs > 0)
		place->sub = s->subs[0].number;
	buf_release(&name);
}

static bool need_of(const struct store *s, const char *file, const struct config_settings *settings,
		    struct lease_place *place, struct buf *who, struct err *e)
{
	struct config_settings with = *settings;
	struct config config = { 0 };
	struct arena a = ARENA_INIT;
	struct meta_place at;
	bool ok;

	with.config = file;
	ok = config_load(&config, &with, false, e) && (config.source_id.n > 0 ||
	     err_set(e, &err_usage, "--keep-for needs the source, -s ID"));
	ok = ok && read_checkpoint(&config, &a, &at, e);
	if (ok) {
		locate(s, &at, place);
		buf_clear(who);
		buf_putf(who, "task '%.*s'", STR(config.task.name));
		if (place->number == 0)
			buf_put_text(who, ", which has no place yet");
	} else {
		err_at(e, "--keep-for '%s'", file);
	}
	arena_release(&a);
	config_release(&config);
	return ok;
}

bool needed_oldest(const struct store *s, const struct opt_list *tasks, const struct config_settings *config,
		   struct lease_place *place, bool *any, struct buf *who, struct err *e)
{
	struct buf name = BUF_INIT(4096);
	bool ok = true;

	*any = false;
	for (size_t i = 0; ok && i < tasks->n; i++) {
		struct lease_place one;

		ok = need_of(s, tasks->items[i], config, &one, &name, e);
		if (!ok || (*any && lease_compare(&one, place) >= 0))
			continue;
		*any = true;
		*place = one;
		buf_clear(who);
		buf_put_str(who, buf_str(&name));
	}
	buf_release(&name);
	return ok;
}
