/* needed.c - what tasks need of a relay log; see needed.h */
#include "needed.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
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

/* A task that has not begun starts where its file says. */
static void first_place(const struct config *config, struct meta_place *at)
{
	const struct task_instance *instance = config->instance;

	if (!at->exists && config->task.mode == TASK_INCREMENTAL && instance && instance->has_meta) {
		at->exists = true;
		at->file = instance->binlog_name;
	}
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
		first_place(&config, &at);
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

struct needed {
	const struct store *store;
	const struct config_settings *config;
	bool only_known;		/* tasks without a place do not count */
	bool any;
	struct lease_place oldest;
	struct buf *who;
};

static bool take(struct needed *n, const char *file, struct err *e)
{
	struct buf name = BUF_INIT(4096);
	struct lease_place one;
	bool ok = need_of(n->store, file, n->config, &one, &name, e);

	if (ok && (one.number > 0 || !n->only_known) && (!n->any || lease_compare(&one, &n->oldest) < 0)) {
		n->any = true;
		n->oldest = one;
		buf_set(n->who, buf_str(&name));
	}
	buf_release(&name);
	return ok;
}

static bool works_on(const char *file, const char *source, bool *yes, struct err *e)
{
	struct task task;
	bool ok = task_read(&task, file, e);

	*yes = false;
	for (size_t i = 0; ok && i < task.n_instances; i++)
		*yes = *yes || str_eq(task.instances[i].source_id, str_of(source));
	task_release(&task);
	return ok;
}

/* The driver's tasks, of which those count that work on the source. */
static bool take_folder(struct needed *n, const char *folder, struct err *e)
{
	struct buf path = BUF_INIT(8192);
	struct dirent **entries = NULL;
	int all = scandir(folder, &entries, NULL, alphasort);
	bool works = false, ok;

	ok = all >= 0 || err_set(e, &err_file, "cannot read the folder '%s': %s", folder, strerror(errno));
	if (ok && !n->config->source)
		ok = err_set(e, &err_usage, "--keep-for needs the source, -s ID");
	for (int i = 0; i < all; i++) {
		buf_clear(&path);
		buf_putf(&path, "%s/%s/task.yaml", folder, entries[i]->d_name);
		free(entries[i]);
		if (ok && file_exists(buf_text(&path)))
			ok = works_on(buf_text(&path), n->config->source, &works, e) &&
			     (!works || take(n, buf_text(&path), e));
	}
	free(entries);
	buf_release(&path);
	return ok;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool take_all(struct needed *n, const struct opt_list *tasks, struct err *e)
{
	for (size_t i = 0; i < tasks->n; i++)
		if (!(is_folder(tasks->items[i]) ? take_folder : take)(n, tasks->items[i], e))
			return false;
	return true;
}

bool needed_oldest(const struct store *s, const struct opt_list *tasks, const struct config_settings *config,
		   struct lease_place *place, bool *any, struct buf *who, struct err *e)
{
	struct needed n = { .store = s, .config = config, .who = who };
	bool ok = take_all(&n, tasks, e);

	*any = n.any;
	*place = n.oldest;
	return ok;
}

bool needed_start(const struct store *s, const struct opt_list *tasks, const struct config_settings *config,
		  uint64_t *number, struct buf *who, struct err *e)
{
	struct needed n = { .store = s, .config = config, .only_known = true, .who = who };
	bool ok = take_all(&n, tasks, e);

	*number = n.any ? n.oldest.number : 0;
	return ok;
}
