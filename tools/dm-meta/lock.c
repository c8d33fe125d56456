/* lock.c - what merged tables wait for, as DM's locks; see commands.h */
#include "commands.h"

#include <poll.h>

#include "meta/shard.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

#define LIST_MAX ((size_t)256 << 20)
#define WAIT_MS 10000
#define LOOK_MS 200
#define JOINED UINT64_MAX

static const struct err_kind err_no_lock = {
	.code = 38019, .class = "dm-master", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "see the locks that there are with 'dm show-ddl-locks'",
};
static const struct err_kind err_owner = {
	.code = 38022, .class = "dm-master", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "name one of the lock's synced sources",
};
static const struct err_kind err_not_done = {
	.code = 38024, .class = "dm-master", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "see with 'dm query-status' why the owner does not run it; or name another with --owner, or do by hand what it means "
		      "and use --force-remove",
};

/* A group is a lock while one of its tables has come to a statement that has not run. */
static bool is_locked(const struct shard_group *g)
{
	for (size_t i = 0; i < g->n_members; i++)
		if (g->members[i].passed > g->done && !g->members[i].away)
			return true;
	return false;
}

static struct str owner_of(const struct shard_group *g)
{
	const struct shard_ddl *ddl = shard_ddl_at(g, g->done);

	return g->owner.n ? g->owner : ddl ? ddl->source : STR_LIT("");
}

/* Has this source come to the statement with all tables that it has? */
static bool is_synced(const struct shard_group *g, struct str source)
{
	for (size_t i = 0; i < g->n_members; i++)
		if (str_eq(g->members[i].source, source) && g->members[i].passed <= g->done)
			return false;
	return true;
}

static bool has_source(const struct shard_group *g, struct str source)
{
	for (size_t i = 0; i < g->n_members; i++)
		if (str_eq(g->members[i].source, source) && !g->members[i].away)
			return true;
	return false;
}

static void put_sources(struct buf *b, const char *key, const struct shard_group *g, bool synced)
{
	struct str before = STR_NONE;
	bool any = false;

	json_put_key(b, key);
	buf_put_char(b, '[');
	for (size_t i = 0; i < g->n_members; i++) {	/* in the order of their sources */
		struct str source = g->members[i].source;

		if (str_eq(source, before) || g->members[i].away || is_synced(g, source) != synced)
			continue;
		if (any)
			buf_put_char(b, ',');
		json_put_text(b, source);
		any = true;
		before = source;
	}
	buf_put_char(b, ']');
}

static void put_lock(struct buf *b, const struct work *w, const struct shard_group *g)
{
	const struct shard_ddl *ddl = shard_ddl_at(g, g->done);
	struct buf id = BUF_INIT(LIST_MAX);

	shard_lock_id_put(&id, w->task, &g->target);
	buf_put_char(b, '{');
	json_put_key_text(b, "ID", buf_str(&id));
	json_put_key_text(b, "task", w->task);
	json_put_key_text(b, "mode", str_of(shard_mode_name(g->mode)));
	json_put_key_text(b, "owner", owner_of(g));
	json_put_key(b, "DDLs");
	buf_put_char(b, '[');
	if (ddl) {
		buf_clear(&id);
		buf_put_text(&id, "USE ");
		sql_put_name(&id, g->target.schema);
		buf_putf(&id, "; %.*s;", STR(ddl->text));
		json_put_text(b, buf_str(&id));
	}
	buf_put_char(b, ']');
	put_sources(b, "synced", g, true);
	put_sources(b, "unsynced", g, false);
	buf_put_char(b, '}');
	buf_release(&id);
}

/* Not the tables of one source: of the task. */
static bool open_task(struct work *w, bool *there, struct err *e)
{
	meta_init(&w->meta, &w->c, w->schema, w->task, STR_LIT("(all)"));
	return meta_shard_is_there(&w->meta, there, e);
}

static bool put_locks(struct work *w, struct buf *b, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct event_name *targets;
	struct shard_group g;
	size_t n;
	bool found, ok = meta_shard_all_groups(&w->meta, &a, &targets, &n, e);

	for (size_t i = 0; ok && i < n; i++) {
		ok = meta_shard_read(&w->meta, &a, &targets[i], &g, &found, e);
		if (ok && found && g.mode == SHARD_OPTIMISTIC) {
			ok = (w->source.n && !has_source(&g, w->source)) || lock_joined_put(b, w, &g, e);
			continue;
		}
		if (!ok || !found || !is_locked(&g) || (w->source.n && !has_source(&g, w->source)))
			continue;
		if (b->n > 1)
			buf_put_char(b, ',');
		put_lock(b, w, &g);
	}
	arena_release(&a);
	return ok;
}

bool lock_list(struct work *w, struct err *e)
{
	struct buf b = BUF_INIT(LIST_MAX);
	bool there, ok = open_task(w, &there, e);

	buf_put_char(&b, '[');
	ok = ok && (!there || put_locks(w, &b, e));
	buf_put_text(&b, "]\n");
	ok = ok && buf_ok(&b, "the list of locks", e) && line_put(w->out, buf_str(&b), e);
	buf_release(&b);
	return ok;
}

static bool no_lock(const struct work *w, struct err *e)
{
	return err_set(e, &err_no_lock, "lock with ID %.*s not found", STR(w->operands[0]));
}

static bool find(struct work *w, struct arena *a, struct event_name *target, struct err *e)
{
	struct buf id = BUF_INIT(4096);
	struct event_name *targets;
	size_t n;
	bool there, found = false, ok = open_task(w, &there, e) && (!there || meta_shard_all_groups(&w->meta, a, &targets, &n, e));

	for (size_t i = 0; ok && there && !found && i < n; i++) {
		buf_clear(&id);
		shard_lock_id_put(&id, w->task, &targets[i]);
		found = str_eq(buf_str(&id), w->operands[0]);
		*target = targets[i];
	}
	buf_release(&id);
	return ok && (found || no_lock(w, e));
}

enum what { ASK, TAKE_BACK, REMOVE };

/* Inside a transaction. number: of the statement that the lock is about; TAKE_BACK and REMOVE leave a later one alone. */
static bool change(struct work *w, struct arena *a, const struct event_name *target, enum what what, uint64_t *number,
		   struct err *e)
{
	struct shard_group g;

	if (!meta_shard_lock(&w->meta, a, target, &g, e))
		return false;
	if (g.mode == SHARD_OPTIMISTIC) {
		*number = JOINED;
		return what != ASK || (lock_joined_order(w, &g, a, e) && meta_shard_put(&w->meta, &g, e));
	}
	if (what == ASK && !is_locked(&g))
		return no_lock(w, e);
	if (what == ASK && w->owner.n && (!has_source(&g, w->owner) || !is_synced(&g, w->owner)))
		return err_set(e, &err_owner, "source '%.*s' is not in the synced list of lock %.*s", STR(w->owner), STR(w->operands[0]));
	if (what == ASK)
		*number = g.done;
	else if (g.done != *number)
		return true;
	g.unlocked = what == ASK;
	g.unlock_owner = what == ASK ? w->owner.n ? w->owner : owner_of(&g) : STR_NONE;
	if (what == REMOVE)
		shard_done(&g);
	return meta_shard_put(&w->meta, &g, e);
}

static bool commit_change(struct work *w, struct arena *a, const struct event_name *target, enum what what, uint64_t *number,
			  struct err *e)
{
	struct err ignored = { 0 };

	if (!conn_run(&w->c, STR_LIT("START TRANSACTION"), e))
		return false;
	if (change(w, a, target, what, number, e) && conn_run(&w->c, STR_LIT("COMMIT"), e))
		return true;
	conn_run(&w->c, STR_LIT("ROLLBACK"), &ignored);
	return false;
}

/* The owner notices by itself, and runs it; one that does not work cannot. */
static bool wait_for(struct work *w, struct arena *a, const struct event_name *target, uint64_t number, bool *done,
		     struct err *e)
{
	struct shard_group g;
	bool found, dead = false;

	*done = false;
	for (int waited = 0; !*done && !dead && waited < WAIT_MS; waited += LOOK_MS) {
		poll(NULL, 0, LOOK_MS);
		if (!meta_shard_read(&w->meta, a, target, &g, &found, e))
			return false;
		*done = !found || g.done != number;
		if (!*done && !meta_lease_is_dead(&w->meta, g.owner.n ? g.owner : g.unlock_owner, &dead, e))
			return false;
	}
	return true;
}

bool lock_unlock(struct work *w, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct event_name target;
	uint64_t number = 0;
	bool done = false, ok;

	ok = find(w, &a, &target, e) && commit_change(w, &a, &target, ASK, &number, e) &&
	     (number == JOINED || wait_for(w, &a, &target, number, &done, e));
	done |= number == JOINED;		/* the table sees it when it is worked on */
	if (ok && !done)
		ok = commit_change(w, &a, &target, w->force ? REMOVE : TAKE_BACK, &number, e) &&
		     (w->force || err_set(e, &err_not_done, "the owner of lock %.*s has not run its statement: it does not work, or it "
					  "takes more than %d s", STR(w->operands[0]), WAIT_MS / 1000));
	arena_release(&a);
	return ok;
}

bool lock_leave(struct work *w, struct err *e)
{
	bool there, dead, ok = open_task(w, &there, e);

	if (w->source.n == 0)
		return err_set(e, &err_usage, "no source is given: name one with -s");
	if (!ok || !there)
		return ok;
	if (!meta_lease_is_dead(&w->meta, w->source, &dead, e))
		return false;
	return dead ? meta_shard_leave(&w->meta, w->source, e) :
	       err_set(e, &err_meta_lease_held, "source '%.*s' of task '%.*s' is worked on", STR(w->source), STR(w->task));
}

bool lock_join(struct work *w, struct err *e)
{
	return !w->sharded || meta_shard_announce(&w->meta, e);
}
