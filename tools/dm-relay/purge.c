/* purge.c - old logs of a relay log go; see purge.h */
#include "purge.h"

#include <errno.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "lease.h"
#include "needed.h"

struct purging {
	struct store *store;
	const struct purge_rules *rules;
	struct lease_place limit;	/* nothing from here on goes */
	struct arena a;
};

/* --- how far --- */

static bool newest(struct purging *p, struct lease_place *place, struct err *e)
{
	const struct store *s = p->store;
	struct store_file *files;
	size_t n = 0;

	*place = (struct lease_place){ 0, 0 };
	for (size_t i = s->n_subs; n == 0 && i-- > 0;) {
		if (!store_files(s, &s->subs[i], &p->a, &files, &n, e))
			return false;
		if (n > 0)
			*place = (struct lease_place){ s->subs[i].number, files[n - 1].number };
	}
	return true;
}

/* The log that the user names is that of the newest sub-directory, where none is said. */
static bool named(struct purging *p, const char *text, struct lease_place *place, struct err *e)
{
	const struct store *s = p->store;
	struct buf name = BUF_INIT(STORE_NAME_MAX);
	struct store_file *files;
	bool found = false, ok = true;
	size_t n = 0;

	if (!store_told(str_of(text), &place->sub, &name))
		ok = err_set(e, &err_usage, "--purge-before is the name of a log, not '%s'", text);
	for (size_t i = s->n_subs; ok && !found && i-- > 0;) {
		if (place->sub > 0 ? s->subs[i].number != place->sub : i + 1 < s->n_subs)
			continue;
		ok = store_files(s, &s->subs[i], &p->a, &files, &n, e);
		place->sub = s->subs[i].number;
		for (size_t k = 0; ok && k < n && !found; k++) {
			found = str_eq(files[k].name, buf_str(&name));
			place->number = files[k].number;
		}
	}
	if (ok && !found)
		ok = err_set(e, &err_store_place, "'%s' is not in the relay log '%s'", text, s->dir);
	buf_release(&name);
	return ok;
}

/* The first log that was written to since then. */
static bool first_after(struct purging *p, int64_t since, struct lease_place *place, struct err *e)
{
	const struct store *s = p->store;
	struct store_file *files;
	size_t n;

	for (size_t i = 0; i < s->n_subs; i++) {
		if (!store_files(s, &s->subs[i], &p->a, &files, &n, e))
			return false;
		for (size_t k = 0; k < n; k++) {
			*place = (struct lease_place){ s->subs[i].number, files[k].number };
			if (files[k].time >= since)
				return true;
		}
	}
	return true;
}

static bool lacks_space(const char *dir, uint64_t gib)
{
	struct statvfs v;

	return gib > 0 && statvfs(dir, &v) == 0 && (uint64_t)v.f_bavail * v.f_frsize >> 30 < gib;
}

/* How far the rules go: *place. False in *any where they want nothing. */
static bool wanted(struct purging *p, struct lease_place *place, bool *any, struct err *e)
{
	const struct purge_rules *r = p->rules;

	*any = true;
	if (r->before)
		return named(p, r->before, place, e);
	if (lacks_space(p->store->dir, r->remain_gib))
		return newest(p, place, e);
	*place = (struct lease_place){ 0, 0 };
	*any = r->expires_hours > 0;
	return !*any || first_after(p, (int64_t)time(NULL) - (int64_t)r->expires_hours * 3600, place, e);
}

static void lower_limit(struct purging *p, const struct lease_place *to, const char *why, const struct buf *who)
{
	if (lease_compare(to, &p->limit) >= 0)
		return;
	p->limit = *to;
	log_notice("logs from number %llu of sub-directory %06llu on stay: %s, %.*s", (unsigned long long)to->number,
		   (unsigned long long)to->sub, why, STR(buf_str(who)));
}

static bool settle_limit(struct purging *p, bool *any, struct err *e)
{
	const struct purge_rules *r = p->rules;
	struct lease_place last, lease, task;
	struct buf who = BUF_INIT(1024), whose = BUF_INIT(1024);
	bool leased = false, tasked = false, ok;

	ok = wanted(p, &p->limit, any, e) && newest(p, &last, e) && lease_oldest(p->store, &lease, &leased, &who, e);
	if (ok && *any && r->keep_for)
		ok = needed_oldest(p->store, r->keep_for, r->config, &task, &tasked, &whose, e);
	if (ok && *any && lease_compare(&last, &p->limit) < 0)
		p->limit = last;
	if (ok && *any && leased)
		lower_limit(p, &lease, "a reader needs them", &who);
	if (ok && *any && tasked)
		lower_limit(p, &task, "a checkpoint needs them", &whose);
	buf_release(&who);
	buf_release(&whose);
	return ok;
}

/* --- removing --- */

/* The logs of one sub-directory that are older than the limit, the oldest first. *empty: none is left. */
static bool purge_sub(struct purging *p, const struct store_sub *sub, bool *empty, struct err *e)
{
	struct buf path = BUF_INIT(8192);
	struct store_file *files;
	size_t n = 0, i;
	bool ok = store_files(p->store, sub, &p->a, &files, &n, e);

	for (i = 0; ok && i < n; i++) {
		struct lease_place at = { sub->number, files[i].number };

		if (lease_compare(&at, &p->limit) >= 0)
			break;
		if (unlink(store_path(p->store, sub->name, files[i].name, &path)) != 0 && errno != ENOENT)
			ok = err_set(e, &err_file, "cannot remove '%s': %s", path.p, strerror(errno));
		else
			log_notice("'%s' is purged", path.p);
	}
	*empty = ok && i == n;
	buf_release(&path);
	return ok;
}

static bool purge_all(struct purging *p, struct err *e)
{
	size_t n = 0;
	bool empty = true;

	for (size_t i = 0; empty && i < p->store->n_subs && p->store->subs[i].number <= p->limit.sub; i++) {
		if (!purge_sub(p, &p->store->subs[i], &empty, e))
			return false;
		if (empty && p->store->subs[i].number < p->limit.sub)
			n = i + 1;
	}
	return store_drop_subs(p->store, n, e);
}

bool purge(const char *dir, const struct purge_rules *rules, bool wait, struct err *e)
{
	struct store store;
	struct purging p = { .store = &store, .rules = rules, .a = ARENA_INIT };
	bool any = false, ok;
	int lock;

	store_init(&store, dir);
	ok = lease_lock(&store, true, wait, &lock, e);
	if (ok && lock >= 0)
		ok = store_read_index(&store, e) && settle_limit(&p, &any, e) && (!any || purge_all(&p, e));
	if (lock >= 0)
		close(lock);
	arena_release(&p.a);
	store_release(&store);
	return ok;
}

bool purge_run(const struct relay_settings *s, struct err *e)
{
	struct purge_rules rules = { .before = s->purge_before, .keep_for = &s->keep_for, .config = &s->config };

	if (!file_exists(s->relay_dir))
		return err_set(e, &err_file, "cannot open the relay log '%s': %s", s->relay_dir, strerror(ENOENT));
	return purge(s->relay_dir, &rules, true, e);
}
