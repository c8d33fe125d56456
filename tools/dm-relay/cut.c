/* cut.c - goes on in the middle of a transaction whose connection broke; see relay.h */
#include "relay.h"

const struct err_kind err_cut_other = {
	.code = 30521, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "start again from the checkpoint: what was sent of the transaction has not been committed",
};

static const struct err_kind err_cut_changed = {
	.code = 30522, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "the log is not the one that was read before: see whether the upstream was set back or its log begun "
		      "anew; compare the data, then move the checkpoint, or migrate the data again",
};

/* It may be cut again before it has come to where it was cut first. */
void cut_note(struct relay *r)
{
	struct cut *cut = &r->cut;

	if (!r->trx.open || (r->trx.seq == 0 && r->trx.statements == 0))
		return;
	if (!cut->open) {
		*cut = (struct cut){ .pos = cut->pos };
		buf_set(&cut->pos, feed_pos(r));
		cut->gtid = r->trx.id.gtid;
		cut->commit_us = r->trx.commit_us;
		cut->open = true;
	}
	if (r->trx.seq > cut->seq) {
		cut->seq = r->trx.seq;
		cut->sum = r->trx.sum;
	}
	if (r->trx.statements > cut->statements)
		cut->statements = r->trx.statements;
}

/* Another server may have the same transactions in another order: then the whole of it is read again. At one place of
 * one server there cannot be another. */
static bool differs(struct relay *r, struct str pos, struct err *e)
{
	struct buf was = BUF_INIT(1024);
	const struct gtid *now = &r->trx.id.gtid;
	bool by_gtid = r->cut.gtid.flavor != GTID_NONE, moved = !str_eq(pos, buf_str(&r->cut.pos));

	gtid_put(&was, &r->cut.gtid);
	err_set(e, by_gtid && moved && now->flavor != GTID_NONE ? &err_cut_other : &err_cut_changed,
		"the connection broke inside the transaction at %.*s%s%.*s, and what comes instead of it is at %.*s%s%.*s",
		STR(buf_str(&r->cut.pos)), by_gtid ? ", GTID " : "", STR(buf_str(&was)), STR(pos),
		r->trx.gtid.n > 0 ? ", GTID " : "", STR(buf_str(&r->trx.gtid)));
	buf_release(&was);
	return false;
}

bool cut_meet(struct relay *r, struct err *e)
{
	const struct cut *cut = &r->cut;
	struct str pos;

	if (!cut->open)
		return true;
	pos = arena_str(&r->arena, feed_pos(r));
	if (cut->gtid.flavor != GTID_NONE ? !gtid_equal(&cut->gtid, &r->trx.id.gtid) :
	    r->trx.id.gtid.flavor != GTID_NONE || !str_eq(pos, buf_str(&cut->pos)))
		return differs(r, pos, e);
	/* Its lines go on to say what the first of them said. */
	buf_set(&r->trx.pos, buf_str(&cut->pos));
	r->trx.commit_us = cut->commit_us;
	return true;
}

bool cut_has_row(const struct relay *r)
{
	return r->cut.open && r->trx.seq < r->cut.seq;
}

bool cut_has_statement(const struct relay *r)
{
	return r->cut.open && r->trx.statements < r->cut.statements;
}

/* A server that lost its last transactions in a crash gives their numbers away again. */
bool cut_see_row(struct relay *r, enum rows_kind kind, struct str row, struct err *e)
{
	if (!r->from_server)		/* nothing to be cut from */
		return true;
	r->trx.sum = str_sum(r->trx.sum + (uint64_t)kind + 1, row);
	return !r->cut.open || r->trx.seq + 1 != r->cut.seq || r->trx.sum == r->cut.sum ||
	       err_set(e, &err_cut_changed, "the first %llu row changes of the transaction at %.*s are not the ones that it had "
		       "before the connection broke", (unsigned long long)r->cut.seq, STR(buf_str(&r->cut.pos)));
}

bool cut_end(struct relay *r, struct err *e)
{
	if (!r->cut.open)
		return true;
	if (cut_has_row(r) || cut_has_statement(r))
		return err_set(e, &err_cut_changed, "the transaction at %.*s ends with %llu row changes and %llu statements, "
			       "and before the connection broke it had %llu and %llu", STR(buf_str(&r->cut.pos)),
			       (unsigned long long)r->trx.seq, (unsigned long long)r->trx.statements,
			       (unsigned long long)r->cut.seq, (unsigned long long)r->cut.statements);
	r->cut.open = false;
	return true;
}
