/* applied.c - what was applied behind the checkpoint's place; see meta.h */
#include "meta/parts.h"

/* The lease's row is read in the statement that writes, so that the two cannot come apart. */
bool meta_applied_put(struct meta *m, uint64_t worker, uint64_t n, struct str base, struct str done, struct err *e)
{
	if (!meta_run(m, e, "INSERT INTO $t (id, worker, n, base, done) SELECT $i, $n, $n, $s, $s FROM $t "
		      "WHERE id = $i AND owner = $s$r", APPLIED, worker, n, base, done, LEASE, str_of(m->owner),
		      m->c->flavor == FLAVOR_TIDB ? " FOR UPDATE" : " LOCK IN SHARE MODE"))
		return false;
	return m->c->affected == 1 || lease_is_lost(m, e);
}

bool meta_applied_has(struct meta *m, uint64_t worker, uint64_t n, bool *yes, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str row;
	bool ok = meta_row(m, &a, &row, 1, yes, e, "SELECT 1 FROM $t WHERE id = $i AND worker = $n AND n = $n", APPLIED,
			   worker, n);

	arena_release(&a);
	return ok;
}

bool meta_applied_clear(struct meta *m, struct err *e)
{
	return meta_run(m, e, "DELETE FROM $t WHERE id = $i", APPLIED);
}

bool meta_applied_read(struct meta *m, struct str base, uint64_t *next,
		       bool (*take)(void *context, struct str done, struct err *e), void *context, struct err *e)
{
	struct result r = { 0 };
	bool more = true, ok = meta_ask(m, &r, e, "SELECT n, base, done FROM $t WHERE id = $i ORDER BY worker, n", APPLIED);
	uint64_t n;

	*next = 1;
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		if (str_to_u64(r.row[0], &n) && n >= *next)
			*next = n + 1;
		if (str_eq(r.row[1], base))
			ok = take(context, r.row[2], e);
	}
	result_release(&r);
	return ok;
}
