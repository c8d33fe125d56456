/* get.c - what a restart reads, and which pipeline comes next; see get.h */
#include "get.h"

#include "stream/event.h"

#define DOCUMENT_BYTES ((size_t)1 << 30)

static const struct err_kind err_no_checkpoint = {
	.code = 24506, .class = "checkpoint", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "load the dump first, or say where to start with 'dm-meta checkpoint set FILE:POS' or "
		      "'dm-relay --start FILE:POS'",
};

/* Nothing was applied yet: where the task file says, else (no pos) where upstream stands when dm-relay asks. */
static void put_first_place(const struct work *w, struct buf *out)
{
	const struct task_instance *at = w->instance;
	struct event_head place = { .type = EVENT_SNAPSHOT, .consistent = true };
	struct arena a = ARENA_INIT;

	if (at && at->has_meta && at->binlog_name.n > 0)
		place.pos = arena_strf(&a, "%.*s:%llu", STR(at->binlog_name),
				       (unsigned long long)(at->binlog_pos ? at->binlog_pos : 4));
	if (at && at->has_meta)
		place.gtid = at->binlog_gtid;
	snapshot_line_put(out, &place);
	arena_release(&a);
}

bool get_checkpoint(struct work *w, struct err *e)
{
	struct buf out = BUF_INIT(DOCUMENT_BYTES);
	bool exists = false, ok = !w->there || meta_resume_document(&w->meta, &out, &exists, e);

	/* What is there without a checkpoint, an operator has given for the start. */
	if (ok && !exists) {
		if (w->has_mode && w->mode == TASK_INCREMENTAL)
			put_first_place(w, &out);
		else
			ok = err_set(e, &err_no_checkpoint,
				     "source '%.*s' of task '%.*s' has no checkpoint, and no load of it was finished",
				     STR(w->source), STR(w->task));
	}
	ok = ok && line_put(w->out, buf_str(&out), e);
	buf_release(&out);
	return ok;
}

/* Who works on a source does what comes next. A pipeline beside it would be refused, but only at its end, by who writes; until then
 * it would dump, or be a second replica of one number, and servers then hang up on the first. */
bool get_next(struct work *w, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct meta_place place = { 0 };
	bool loaded = false, ok, sync;

	ok = !w->there || (meta_lease_free(&w->meta, e) && meta_place_get(&w->meta, &a, &place, e) &&
			   meta_load_is_finished(&w->meta, &loaded, e));
	sync = place.exists || loaded || (w->has_mode && w->mode == TASK_INCREMENTAL);
	if (ok && sync && w->has_mode && w->mode == TASK_FULL)
		ok = line_put(w->out, STR_LIT("done\n"), e);
	else if (ok)
		ok = line_put(w->out, sync ? STR_LIT("sync\n") : STR_LIT("load\n"), e);
	arena_release(&a);
	return ok;
}
