/* shard_ddl.c - what a statement about merged tables means for the others of its group; see shard.h */
#include "shard_parts.h"

#include "apply.h"
#include "base/log.h"
#include "schema/ddl.h"
#include "shard_joined.h"

#define SHOWN 200

static const struct err_kind err_create = {
	.code = 36005, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "let the other tables bring the statement, or 'dm unlock-ddl-lock'; it is tried again until then",
};
static const struct err_kind err_drop = {
	.code = 36006, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "let the other tables bring the statement, or 'dm unlock-ddl-lock'; it is tried again until then",
};
static const struct err_kind err_several = {
	.code = 36022, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "put statements for one table each in its place with 'dm binlog replace', or leave it out with 'dm binlog skip'",
};
static const struct err_kind err_rename = {
	.code = 36610, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "leave it out with 'dm binlog skip' where the routes are right for the new name, too",
};
static const struct err_kind err_rename_joined = {
	.code = 36068, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "leave it out with 'dm binlog skip' where the routes are right for the new name, too, and no DDL of its group waits",
};

static void count(struct shard *sh, const struct ddl_event *ddl)
{
	bool same = ddl->gtid.n ? str_eq(buf_str(&sh->gtid), ddl->gtid) : str_eq(buf_str(&sh->pos), ddl->pos);

	sh->nth = same && sh->pos.n ? sh->nth + 1 : 0;
	buf_set(&sh->pos, ddl->pos);
	buf_set(&sh->gtid, ddl->gtid);
}

static struct str where(const struct ddl_event *ddl)
{
	return ddl->at.n ? ddl->at : ddl->pos;
}

/* Does one of our own tables of that target wait? */
static const struct shard_table *blocked_of(const struct shard *sh, const struct event_name *target)
{
	struct map_entry *entry;
	size_t at = 0;

	while (sh->n_blocked && (entry = map_next(&sh->tables, &at))) {
		const struct shard_table *t = entry->value;

		if (t->blocked && str_eq(t->target.schema, target->schema) && str_eq(t->target.table, target->table))
			return t;
	}
	return NULL;
}

/* The one that waits is told only now that it need not: what waits no more is no reason to stop. */
static bool still_waits(struct sync *s, const struct event_name *target, const struct shard_table **waits, struct err *e)
{
	*waits = blocked_of(&s->shard, target);
	if (!*waits)
		return true;
	if (!shard_go_on_fully(s, e))
		return false;
	*waits = blocked_of(&s->shard, target);
	return true;
}

static bool not_now(const struct shard_table *t, const struct ddl_event *ddl, const struct err_kind *kind, struct err *e)
{
	return err_set(e, kind, "statement at %.*s: a table of '%.*s.%.*s' is made or dropped while '%.*s.%.*s' waits for the DDL of "
		       "other shards: %.*s", STR(where(ddl)), STR(t->target.schema), STR(t->target.table), STR(t->up.schema),
		       STR(t->up.table), STR(str_first(ddl->sql, SHOWN)));
}

/* The next table that the statement drops, one that is in its group or one that is not; all of a schema where it names no table. */
static struct shard_table *dropped(struct shard *sh, const struct event_name *name, bool joined)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&sh->tables, &at))) {
		struct shard_table *t = entry->value;

		if (t->joined == joined && str_eq(t->up.schema, name->schema) && (name->table.n == 0 || str_eq(t->up.table, name->table)))
			return t;
	}
	return NULL;
}

/* Tables that we have read of, and that are in no group: an earlier run has taken them out. step: how far apart names that go are. */
static void forget_gone(struct sync *s, const struct ddl_event *ddl, size_t step)
{
	struct shard_table *t;

	for (size_t i = 0; i < ddl->n_tables; i += step)
		while ((t = dropped(&s->shard, &ddl->tables[i], false)))
			shard_table_drop(s, t);
}

/* A merged table stays when one of its shards goes. */
static bool drop(struct sync *s, const struct ddl_event *ddl, struct err *e)
{
	for (size_t i = 0; i < ddl->n_tables; i++) {
		struct shard_table *t;

		while ((t = dropped(&s->shard, &ddl->tables[i], true))) {
			bool joined = s->shard.mode == SHARD_OPTIMISTIC;
			const struct shard_table *waits;

			if (!still_waits(s, &t->target, &waits, e))
				return false;
			if (joined)
				waits = t->blocked ? t : NULL;
			if (waits)
				return not_now(waits, ddl, &err_drop, e);
			if (!shard_leave(s, t, e) || (joined && !joined_moved(s, &ddl->to[i], e)))
				return false;
		}
	}
	return true;
}

static bool ignored(const struct ddl_event *ddl)
{
	log_notice("statement at %.*s is not run downstream, where other shards have rows, too: %.*s", STR(where(ddl)),
		   STR(str_first(ddl->sql, SHOWN)));
	return true;
}

static bool create(struct sync *s, const struct ddl_event *ddl, struct err *e)
{
	const struct shard_table *waits = NULL;

	if (ddl->n_tables && s->shard.mode == SHARD_PESSIMISTIC && !still_waits(s, &ddl->to[0], &waits, e))
		return false;
	if (waits)
		return not_now(waits, ddl, &err_create, e);
	if (ddl->n_tables && !s->skipping) {
		shard_table_get(s, &ddl->tables[0], &ddl->to[0]);
		if (!shard_join_all(s, e))
			return false;
	}
	/* CREATE TABLE a LIKE b: the target is there already. */
	if (ddl->n_tables == 2 && str_eq(ddl->to[0].schema, ddl->to[1].schema) && str_eq(ddl->to[0].table, ddl->to[1].table))
		return true;
	return s->skipping || sync_run_ddl(s, ddl, e);
}

/* To another name with the same target nothing happens downstream. */
static bool rename_one(struct sync *s, const struct ddl_event *ddl, size_t i, struct err *e)
{
	const struct event_name *from = &ddl->tables[i], *to = &ddl->tables[i + 1];
	struct shard_table *t = shard_table_get(s, from, NULL), *now;

	if (s->shard.mode == SHARD_OPTIMISTIC)
		return err_set(e, &err_rename_joined, "statement at %.*s: `RENAME TABLE` statement not supported in optimistic mode: %.*s",
			       STR(where(ddl)), STR(str_first(ddl->sql, SHOWN)));
	if (!str_eq(ddl->to[i].schema, ddl->to[i + 1].schema) || !str_eq(ddl->to[i].table, ddl->to[i + 1].table) ||
	    (t && t->held))
		return err_set(e, &err_rename, "statement at %.*s: rename table is not supported for a shard %s: '%.*s.%.*s' to '%.*s.%.*s': "
			       "%.*s", STR(where(ddl)), t && t->held ? "that waits for others" : "where the new name has another target",
			       STR(from->schema), STR(from->table), STR(to->schema), STR(to->table),
			       STR(str_first(ddl->sql, SHOWN)));
	if (!t)
		return true;
	now = shard_table_get(s, to, &ddl->to[i + 1]);
	if (!shard_join_all(s, e))
		return false;
	if (now->passed < t->passed)
		return err_set(e, &err_rename, "statement at %.*s: '%.*s.%.*s' is a shard already, and has not brought all that '%.*s.%.*s' has: "
			       "%.*s", STR(where(ddl)), STR(to->schema), STR(to->table), STR(from->schema), STR(from->table),
			       STR(str_first(ddl->sql, SHOWN)));
	return shard_leave(s, t, e);
}

static bool rename_tables(struct sync *s, const struct ddl_event *ddl, struct err *e)
{
	for (size_t i = 0; i + 1 < ddl->n_tables; i += 2)
		if (!rename_one(s, ddl, i, e))
			return false;
	return true;
}

static bool is_held_at(const struct shard *sh, const struct shard_table *t, const struct ddl_event *ddl)
{
	bool same = ddl->gtid.n && t->held_gtid.n ? str_eq(ddl->gtid, buf_str(&t->held_gtid)) :
		    str_eq(ddl->pos, buf_str(&t->held_pos));

	return t->held && same && t->held_nth == sh->nth;
}

void shard_meet(struct shard *sh, struct shard_table *t, struct str line)
{
	t->blocked = true;
	t->left_out = false;
	t->read = t->passed;
	buf_set(&t->ddl, line);
	sh->n_blocked++;
	sh->n_unmet--;
	sh->looked_ms = 0;
}

static bool change(struct sync *s, const struct ddl_event *ddl, struct str line, struct err *e)
{
	struct shard *sh = &s->shard;
	struct shard_table *t;

	if (ddl->n_tables != 1)
		return err_set(e, &err_several, "statement at %.*s is about %zu tables, of which each is a shard: %.*s", STR(where(ddl)),
			       ddl->n_tables, STR(str_first(ddl->sql, SHOWN)));
	t = shard_table_get(s, &ddl->tables[0], &ddl->to[0]);
	checkpoint_note_change(&s->cp, t->up.schema, t->up.table);
	if (sh->to_join && !shard_join_all(s, e))
		return false;
	if (t->blocked)
		return shard_queue(s, t, ddl, line, e);
	if (is_held_at(sh, t, ddl)) {
		shard_meet(sh, t, line);
		return true;
	}
	if (!s->skipping)
		return shard_pass(s, t, ddl, line, e);
	sync_forget_tables(s, ddl);
	return true;
}

static bool take(struct sync *s, const struct ddl_event *ddl, struct str line, struct err *e)
{
	switch (ddl_kind_of_name(ddl->kind)) {
	case DDL_ALTER_TABLE:
	case DDL_CREATE_INDEX:
	case DDL_DROP_INDEX:
		return change(s, ddl, line, e);
	case DDL_CREATE_TABLE:
		return create(s, ddl, e);
	case DDL_DROP_TABLE:
	case DDL_DROP_DATABASE:
		if (!s->skipping && (!drop(s, ddl, e) || !ignored(ddl)))
			return false;
		forget_gone(s, ddl, 1);
		sync_forget_tables(s, ddl);
		return true;
	case DDL_RENAME_TABLE:
		if (!s->skipping && !rename_tables(s, ddl, e))
			return false;
		forget_gone(s, ddl, 2);
		sync_forget_tables(s, ddl);
		return true;
	case DDL_TRUNCATE_TABLE:
	case DDL_ALTER_DATABASE:
		return s->skipping || ignored(ddl);
	case DDL_UNKNOWN:
	case DDL_OTHER:
	case DDL_TRANSACTION:
	case DDL_DML:
	case DDL_CREATE_DATABASE:
	case DDL_CREATE_VIEW:
	case DDL_DROP_VIEW:
		break;
	}
	return s->skipping || sync_run_ddl(s, ddl, e);
}

bool shard_take_ddl(struct sync *s, const struct event_head *ev, struct str line, struct err *e)
{
	struct ddl_event ddl;

	(void)ev;
	if (!ddl_line_parse(&ddl, line, &s->arena, e))
		return false;
	count(&s->shard, &ddl);
	return (s->skipping || sync_flush(s, e)) && (take(s, &ddl, line, e) || ddl_line_err(&ddl, e));
}
