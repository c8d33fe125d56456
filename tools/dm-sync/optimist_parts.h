/*
 * optimist_parts.h - what optimist.c is made of: the group as a statement finds it, and what goes together. For these files only.
 */
#ifndef SYNC_OPTIMIST_PARTS_H
#define SYNC_OPTIMIST_PARTS_H

#include "optimist.h"
#include "schema/join.h"

/* The group while a statement is gone through, change by change. */
struct opt_work {
	const struct optimist_group *group;	/* settled */
	struct optimist_group settled;
	struct table *copies;			/* that it points to */
	size_t n_copies;
	const struct optimist_ddl *ddl;
	struct optimist_answer *answer;
	size_t i;				/* the member */
	struct table now;			/* of it */
	struct table joined;
	bool has_joined;
	struct ddl_name target;			/* of statements of our own */
	size_t room, dropped_room;
	struct arena *arena;			/* the answer's */
};

/* Columns that get other names. */
struct opt_renamings {
	size_t n;
	struct opt_renaming {
		struct str from, to;
	} *list;
};

/* Fills verdict, kind and why. Always false. */
bool opt_settle(struct opt_work *w, enum optimist_verdict verdict, const struct err_kind *kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* "source-`schema`.`table`", as DM calls the owner of a blocking DDL; and "`a` int NULL", for messages. */
struct str opt_label(struct opt_work *w, size_t member);
struct str opt_definition(struct arena *a, const struct table *t, struct str name);

/* Carries one change out. False, with e filled where it contradicts the structure, or not, where its effect is not known. The table
 * is then as before. */
bool opt_carry_out(const struct optimist_ddl *ddl, const struct ddl *one, struct table *t, struct err *e);

struct opt_renamings opt_renamings_of(struct arena *a, const struct ddl *ddl);
bool opt_renames(const struct opt_renamings *renamings, struct str from);
bool opt_renames_to(const struct opt_renamings *renamings, struct str to);

bool opt_has_column(const struct table *t, struct str name);
bool opt_same_structure(const struct table *a, const struct table *b);
bool opt_is_strict(struct str sql_mode);

/* Has the member dropped the column, and the downstream still has it? */
bool opt_is_dropped(const struct opt_work *w, size_t member, struct str column);

/* All members' structures, ours as given, those that wait as they are or (final) as they want to be; and their join. */
const struct table **opt_collect(struct opt_work *w, const struct table *ours, bool final);
bool opt_join_all(struct opt_work *w, const struct table *ours, bool final, struct table *joined, struct table_clash *clash);

bool opt_anyone_waits(const struct opt_work *w);

/* Is it what another column becomes once all shards have renamed that? Says so. */
bool opt_is_wanted(struct opt_work *w, struct str column);

/* Rows of a shard that lacks a column have what the downstream filled in. If that becomes another value, and the shard gets the column
 * then, its older rows would differ: so it must have it first. One that has dropped it gets it no more. */
bool opt_all_have_what_changes(struct opt_work *w, size_t member, const struct table *before, const struct table *after,
			       const struct table *post);

/* Does it do something to partitions that is done once, when all have brought it: rows go, or what is left is not what it can be done to
 * again? ADD PARTITION is neither. */
bool opt_is_once(const struct ddl *ddl);

/* With this, all are where those who wait want to be. */
bool opt_is_consistent(struct opt_work *w, const struct ddl *whole, const struct table *prev, const struct table *post, const struct opt_renamings *ours);

/* Says that the two tables clash. Always false. */
bool opt_conflict(struct opt_work *w, const struct table **tables, const struct table_clash *clash);

/* Those who wait, and we, want things that do not go together? */
bool opt_contradicts_waiting(struct opt_work *w, const struct ddl *whole, const struct table *post, const struct opt_renamings *ours);

#endif
