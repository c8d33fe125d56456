/*
 * lease.c - one writer for each source of a task; see meta.h
 *
 * The owner is "host:pid:start@machine": start is the process's own, so that a number used again is another owner;
 * machine is the boot and the space of process numbers, so that two hosts of one name, or two containers, do not
 * judge each other's processes. Process 0 of machine "handover" is a host that the source was handed over to, and that has not
 * taken it yet: only that host may, until the row is too old.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "base/process.h"
#include "meta/parts.h"
#include "meta/shard.h"

#define TRIES 5
#define HANDOVER "handover"
#define ER_DUPLICATE 1062
#define ER_LOCK_WAIT 1205

const struct err_kind err_meta_lease_held = {
	.code = 24501, .class = "checkpoint", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "stop the other one, or wait: what does not renew its lease for 30 s is replaced",
};

const struct err_kind err_meta_lease_lost = {
	.code = 24502, .class = "checkpoint", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "see who took the lease with 'dm-meta checkpoint show'; run one pipeline for a source",
};

static struct str machine(char *room, size_t size)
{
	char boot[BOOT_ID_SIZE];
	struct stat space = { 0 };
	int n;

	stat("/proc/self/ns/pid", &space);
	n = snprintf(room, size, "%.*s/%llu", STR(process_boot(boot)), (unsigned long long)space.st_ino);
	return (struct str){ room, n > 0 && (size_t)n < size ? (size_t)n : 0 };
}

static void name_owner(struct meta *m)
{
	char host[HOST_NAME_SIZE], where[100];
	struct str here = machine(where, sizeof(where));
	bool known;

	host_name(host);
	snprintf(m->owner, sizeof(m->owner), "%s:%ld:%llu@%.*s", host, (long)getpid(),
		 (unsigned long long)process_start((uint64_t)getpid(), &known), STR(here));
}

struct owner {
	struct str host, machine;
	uint64_t pid, start;
};

static bool owner_parse(struct owner *o, struct str text)
{
	struct str rest, pid, start;

	return str_cut_last(text, '@', &rest, &o->machine) && str_cut_last(rest, ':', &rest, &start) &&
	       str_cut_last(rest, ':', &o->host, &pid) && str_to_u64(pid, &o->pid) && str_to_u64(start, &o->start);
}

static bool process_is_gone(const struct owner *o)
{
	char where[100];
	bool known;
	uint64_t start;

	if (!str_eq(o->machine, machine(where, sizeof(where))) || o->pid == 0 || o->pid > INT32_MAX)
		return false;
	start = process_start(o->pid, &known);
	return known && start != o->start;
}

/* A clock that was set back makes an age negative: then it says nothing, unless it is far off. */
bool lease_is_dead(const struct lease *lease)
{
	struct owner o;
	int64_t limit = LEASE_SECONDS * 1000000LL;

	if (lease->age_us > limit || lease->age_us < -limit)
		return true;
	return owner_parse(&o, lease->owner) && process_is_gone(&o);
}

/* The host that the source waits for: not "" where it was handed over. */
static struct str handed_to(const struct lease *lease)
{
	struct owner o;

	return owner_parse(&o, lease->owner) && o.pid == 0 ? o.host : STR_LIT("");
}

struct str lease_text(const struct lease *lease, struct arena *a)
{
	struct owner o;

	if (handed_to(lease).n > 0)
		return arena_strf(a, "nobody yet: it was handed over to host '%.*s'", STR(handed_to(lease)));
	if (!owner_parse(&o, lease->owner))
		return arena_strf(a, "'%.*s'", STR(lease->owner));
	return arena_strf(a, "process %llu on host '%.*s', seen %.1f s ago", (unsigned long long)o.pid, STR(o.host),
			  (double)lease->age_us / 1e6);
}

static bool read_lease(struct meta *m, struct arena *a, struct lease *lease, bool lock, bool *found, struct err *e)
{
	struct str row[2];

	if (!meta_row(m, a, row, 2, found, e,
		      "SELECT owner, TIMESTAMPDIFF(MICROSECOND, renewed, UTC_TIMESTAMP(6)) FROM $t WHERE id = $i$r",
		      LEASE, lock ? " FOR UPDATE" : ""))
		return false;
	if (*found) {
		lease->owner = row[0];
		if (!str_to_i64(row[1], &lease->age_us))
			lease->age_us = INT64_MAX;
	}
	return true;
}

static bool is_for_us(const struct lease *lease)
{
	char host[HOST_NAME_SIZE];

	host_name(host);
	return str_eq(handed_to(lease), str_of(host));
}

static bool is_held(const struct meta *m, struct str holder, struct err *e)
{
	return err_set(e, &err_meta_lease_held, "source '%.*s' of task '%.*s' is worked on by %.*s", STR(m->source), STR(m->task),
		       STR(holder));
}

/* Inside a transaction, the row locked: a holder that is about to commit does so before we look. */
static bool take(struct meta *m, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct lease lease = { 0 };
	struct str owner = str_of(m->owner);
	bool found, ok;

	ok = read_lease(m, &a, &lease, true, &found, e);
	if (ok && found && !str_eq(lease.owner, owner) && !lease_is_dead(&lease) && !is_for_us(&lease))
		ok = is_held(m, lease_text(&lease, &a), e);
	else if (ok && found)
		ok = meta_run(m, e, "UPDATE $t SET owner = $s, renewed = UTC_TIMESTAMP(6), renewals = renewals + 1 "
			      "WHERE id = $i", LEASE, owner);
	else if (ok)
		ok = meta_run(m, e, "INSERT INTO $t (id, owner, renewed) VALUES ($i, $s, UTC_TIMESTAMP(6))", LEASE,
			      owner);
	arena_release(&a);
	return ok;
}

bool meta_lease_take(struct meta *m, struct err *e)
{
	struct err ignored, tried;

	name_owner(m);
	for (unsigned tries = 1; ; tries++) {
		m->holds = conn_run(m->c, STR_LIT("START TRANSACTION"), &tried) && take(m, &tried) &&
			   conn_run(m->c, STR_LIT("COMMIT"), &tried);
		if (m->holds)
			return true;
		/* Two that come first at once insert both, or lock each other out: look again. */
		if (tries == TRIES || m->c->errno_last == ER_LOCK_WAIT ||
		    (m->c->errno_last != ER_DUPLICATE && !conn_error_is_passing(m->c->errno_last)))
			break;
		if (!conn_run(m->c, STR_LIT("ROLLBACK"), &ignored))
			break;
	}
	conn_run(m->c, STR_LIT("ROLLBACK"), &ignored);
	*e = tried;
	return false;
}

bool lease_is_lost(struct meta *m, struct err *e)
{
	m->holds = false;
	return err_set(e, &err_meta_lease_lost, "the lease on source '%.*s' of task '%.*s' was taken over by somebody else",
		       STR(m->source), STR(m->task));
}

/* The counter makes it a change each time, so that rows changed and rows found are the same number. */
bool meta_lease_hold(struct meta *m, struct err *e)
{
	if (!meta_run(m, e, "UPDATE $t SET renewed = UTC_TIMESTAMP(6), renewals = renewals + 1 "
		      "WHERE id = $i AND owner = $s", LEASE, str_of(m->owner)))
		return false;
	return m->c->affected == 1 || lease_is_lost(m, e);
}

bool meta_lease_drop(struct meta *m, struct err *e)
{
	m->holds = false;
	if (!meta_run(m, e, "DELETE FROM $t WHERE id = $i AND owner = $s", LEASE, str_of(m->owner)))
		return false;
	return m->c->affected == 1 || lease_is_lost(m, e);
}

bool meta_lease_show(struct meta *m, struct arena *a, struct str *holder, struct err *e)
{
	struct lease lease;
	bool found;

	*holder = STR_LIT("");
	if (!read_lease(m, a, &lease, false, &found, e))
		return false;
	if (found && !lease_is_dead(&lease))
		*holder = lease_text(&lease, a);
	return true;
}

bool meta_lease_free(struct meta *m, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct lease lease;
	bool found, ok = read_lease(m, &a, &lease, false, &found, e);

	if (ok && found && !lease_is_dead(&lease) && !is_for_us(&lease))
		ok = is_held(m, lease_text(&lease, &a), e);
	arena_release(&a);
	return ok;
}

bool meta_lease_is_dead(struct meta *m, struct str source, bool *dead, struct err *e)
{
	struct str ours = m->source;
	struct arena a = ARENA_INIT;
	struct lease lease;
	bool found, ok;

	m->source = source;
	ok = read_lease(m, &a, &lease, false, &found, e);
	m->source = ours;
	*dead = ok && (!found || lease_is_dead(&lease));
	arena_release(&a);
	return ok;
}

bool meta_lease_give(struct meta *m, struct str host, struct err *e)
{
	char owner[200];
	int n = snprintf(owner, sizeof(owner), "%.*s:0:0@" HANDOVER, STR(host));

	if (host.n == 0 || host.n >= HOST_NAME_SIZE || n < 0 || memchr(host.p, ':', host.n) || memchr(host.p, '@', host.n))
		return err_set(e, &err_meta_name, "'%.*s' is no name of a host", STR(str_first(host, 100)));
	return meta_run(m, e, "INSERT INTO $t (id, owner, renewed) VALUES ($i, $s, UTC_TIMESTAMP(6) + INTERVAL $n SECOND) "
			"ON DUPLICATE KEY UPDATE owner = VALUES(owner), renewed = VALUES(renewed), renewals = renewals + 1", LEASE,
			str_of(owner), (uint64_t)LEASE_SECONDS - 5);
}

bool meta_lease_list(struct meta *m, struct arena *a, struct meta_lease **leases, size_t *n, struct err *e)
{
	struct result r;
	struct str *texts;
	size_t count = 0;
	bool ok;

	ok = meta_ask(m, &r, e, "SELECT id, owner, TIMESTAMPDIFF(MICROSECOND, renewed, UTC_TIMESTAMP(6)) FROM $t ORDER BY id", LEASE) &&
	     meta_take_texts(&r, a, &texts, &count, 3, e);
	result_release(&r);
	*n = 0;
	*leases = arena_array(a, count / 3 + 1, sizeof(**leases));
	for (size_t i = 0; ok && i < count; i += 3) {
		struct lease lease = { .owner = texts[i + 1] };
		struct owner o;

		if (owner_parse(&o, lease.owner) && str_to_i64(texts[i + 2], &lease.age_us))
			(*leases)[(*n)++] = (struct meta_lease){ texts[i], o.host, o.pid != 0, lease_is_dead(&lease) };
	}
	return ok;
}
