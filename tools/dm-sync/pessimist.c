/* pessimist.c - the decisions of pessimistic shard DDL; see pessimist.h */
#include "pessimist.h"

#include <string.h>

#define SHOWN 200

static const struct err_kind err_wrong_order = {
	.code = 36008, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "merged tables need the same statements in the same order: put another one in its place with 'dm binlog replace', "
		"or leave it out with 'dm binlog skip'; or use shard-mode: optimistic",
};

static const struct err_kind err_different = {
	.code = 38016, .class = "dm-master", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "put the other statement in the place of this one with 'dm binlog replace', leave this one out with 'dm binlog "
		"skip', or let the others go on without it: 'dm unlock-ddl-lock'",
};

static bool differs(const struct shard_group *g, const struct shard_member *member, const struct shard_ddl *ddl,
		    const struct shard_ddl *theirs, struct err *e)
{
	return err_set(e, str_eq(theirs->source, member->source) ? &err_wrong_order : &err_different,
		       "table '%.*s.%.*s' of source '%.*s' brings at %.*s for '%.*s.%.*s': %.*s; but table '%.*s.%.*s' of source '%.*s' has "
		       "brought at %.*s: %.*s", STR(member->schema), STR(member->table), STR(member->source), STR(ddl->pos),
		       STR(g->target.schema), STR(g->target.table), STR(str_first(ddl->sql, SHOWN)), STR(theirs->schema),
		       STR(theirs->table), STR(theirs->source), STR(theirs->pos), STR(str_first(theirs->sql, SHOWN)));
}

uint64_t pess_number(const struct shard_group *g, uint64_t i, const struct shard_ddl *ddl)
{
	for (; i < g->done; i++) {
		const struct shard_ddl *theirs = shard_ddl_at(g, i);

		if (theirs && str_eq(theirs->sql, ddl->sql))
			break;
	}
	return i;
}

bool pess_read(struct shard_group *g, const struct shard_member *member, uint64_t i, const struct shard_ddl *ddl,
	       struct arena *a, struct err *e)
{
	const struct shard_ddl *theirs = shard_ddl_at(g, i);
	struct shard_ddl *more;

	if (theirs)
		return str_eq(theirs->sql, ddl->sql) || differs(g, member, ddl, theirs, e);
	if (i < g->first + g->n_ddls)		/* all have passed it: it is not known any more, and was compared then */
		return true;
	more = arena_array(a, g->n_ddls + 1, sizeof(*more));
	if (g->n_ddls)
		memcpy(more, g->ddls, g->n_ddls * sizeof(*more));
	more[g->n_ddls++] = *ddl;
	g->ddls = more;
	return true;
}

void pess_pass(struct shard_group *g, struct shard_member *member, uint64_t i)
{
	member->passed = i + 1;
	member->held = g->done <= i;
	member->drained = false;
}

static bool is_ready(const struct shard_group *g, struct str source)
{
	if (!shard_ddl_at(g, g->done))
		return false;
	if (g->unlocked)
		return g->unlock_owner.n == 0 || str_eq(g->unlock_owner, source);
	return shard_least(g) > g->done;
}

/* What the downstream has refused is for the same table of its owner to try again, once a person has seen to it: that may have put
 * another statement in its place there. */
static bool may_take(const struct shard_group *g, const struct shard_member *member, bool owner_dead)
{
	bool ours = str_eq(g->owner, member->source);

	if (g->failed.n)
		return ours && str_eq(g->failed_schema, member->schema) && str_eq(g->failed_table, member->table);
	return ours || owner_dead;
}

enum pess_next pess_look(struct shard_group *g, const struct shard_member *member, bool ready, bool owner_dead)
{
	if (g->done >= member->passed)
		return PESS_DONE;
	if (g->done + 1 != member->passed)
		return PESS_WAIT;
	if (g->owner.n ? !may_take(g, member, owner_dead) : !ready || !is_ready(g, member->source))
		return PESS_WAIT;
	g->owner = member->source;
	return PESS_RUN;
}
