/* xa_feed.c - what the log says of XA transactions; see relay.h and xa.h */
#include "base/log.h"
#include "relay.h"

static const struct err_kind err_xa_unknown = {
	.code = 30530, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "start at a place before its XA PREPARE (dm-meta checkpoint set, or --start), or copy what it changed "
		      "by hand and start behind this place",
};

static const struct err_kind err_xa_syntax = {
	.code = 30531, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "look at the place with mysqlbinlog or mariadb-binlog, and report this",
};

enum { SHOWN = 300 };		/* of a statement, in a message */

/* What is no part of a transaction is taken as ever, and so is what ends this one. */
bool xa_holds(const struct relay *r, const struct binlog_event *ev)
{
	if (!r->xa.open)
		return false;
	switch ((enum binlog_type)ev->head.type) {
	case BINLOG_XA_PREPARE: case BINLOG_TRANSACTION_PAYLOAD: case BINLOG_FORMAT: case BINLOG_ROTATE:
	case BINLOG_HEARTBEAT: case BINLOG_HEARTBEAT_V2: case BINLOG_PREVIOUS_GTIDS: case BINLOG_MARIADB_GTID_LIST:
	case BINLOG_GTID: case BINLOG_ANONYMOUS_GTID: case BINLOG_GTID_TAGGED: case BINLOG_MARIADB_GTID:
		return false;
	default:
		return true;
	}
}

void xa_begin(struct relay *r)
{
	r->trx.begun = true;
	xa_open(&r->xa, feed_pos(r));
}

/* Sends the rows, as those of the transaction that is read now. */
static bool replay(struct relay *r, struct xa_held *held, const struct binlog_event *ev, struct span span,
		   struct err *e)
{
	struct binlog_header commit = ev->head;
	struct str raw;
	bool more = true;

	r->trx.begun = true;
	while (more) {
		if (!xa_next(held, &raw, &more, e) || (more && !feed_again(r, raw, span, &commit, e)))
			return err_at(e, "XA transaction %s that starts at %.*s", held->name.text,
				      STR(buf_str(&held->start)));
	}
	return true;
}

bool xa_take_prepare(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e)
{
	const struct binlog_xa_prepare *x = &ev->xa_prepare;
	struct xa_held *held;
	struct xa_name name;
	bool ok;

	xa_name_of(&name, &x->xid);
	if (!r->xa.open)
		return err_set(e, &err_xa_syntax, "XA PREPARE %s stands outside of that transaction", name.text);
	if (!x->one_phase) {
		log_debug("%s:%llu: XA transaction %s is prepared; %llu events wait", r->at.file,
			  (unsigned long long)r->at.pos, name.text, (unsigned long long)r->xa.open->events);
		return xa_prepare(&r->xa, &name, &r->done, e) && feed_commit(r, ev, e);
	}
	held = xa_take_open(&r->xa);
	held->name = name;
	ok = replay(r, held, ev, span, e);
	xa_free(held);
	return ok && feed_commit(r, ev, e);
}

static bool commit(struct relay *r, const struct binlog_event *ev, const struct xa_name *name, struct span span,
		   struct err *e)
{
	struct xa_held *held = xa_take(&r->xa, name);
	bool ok;

	if (!held && xa_was_sent(&r->xa, &r->trx.id.gtid, place_text(&r->scratch, &r->at)))
		return feed_commit(r, ev, e);
	if (!held)
		return err_set(e, &err_xa_unknown, "XA transaction %s is committed here, and its rows were not read: the "
			       "stream started behind its XA PREPARE", name->text);
	ok = replay(r, held, ev, span, e);
	xa_free(held);
	return ok && feed_commit(r, ev, e);
}

/* One that is not known was prepared before the stream started, and none of its rows was sent. */
static bool roll_back(struct relay *r, const struct binlog_event *ev, const struct xa_name *name, struct err *e)
{
	struct xa_held *held = xa_take(&r->xa, name);

	log_debug("%s:%llu: XA transaction %s is rolled back%s", r->at.file, (unsigned long long)r->at.pos, name->text,
		  held ? "" : "; it was not read");
	xa_free(held);
	return feed_commit(r, ev, e);
}

/* The rest of the statement, behind words. */
static bool says(struct str text, const char *words, struct str *rest)
{
	if (!str_starts_nocase(text, str_of(words)))
		return false;
	*rest = str_from(text, strlen(words));
	return true;
}

bool xa_take_statement(struct relay *r, const struct binlog_event *ev, struct str text, struct span span,
		       struct err *e)
{
	struct xa_name name;
	struct str rest;
	bool commits;

	if (says(text, "XA START ", &rest) || says(text, "XA BEGIN ", &rest)) {
		xa_begin(r);
		return true;
	}
	if (says(text, "XA END ", &rest))		/* of one that is sent now */
		return true;
	commits = says(text, "XA COMMIT ", &rest);
	if ((!commits && !says(text, "XA ROLLBACK ", &rest)) || !xa_name_parse(&name, rest))
		return err_set(e, &err_xa_syntax, "'%.*s' is not what servers write of XA transactions",
			       STR(str_first(text, SHOWN)));
	return commits ? commit(r, ev, &name, span, e) : roll_back(r, ev, &name, e);
}

bool xa_put_state(struct relay *r, struct err *e)
{
	struct buf value = BUF_INIT((size_t)65 << 20);
	bool ok;

	if (!r->xa.changed)
		return true;
	r->xa.changed = false;
	xa_state_put(&r->xa, place_text(&r->scratch, &r->at), r->done_known, &value);
	ok = buf_ok(&value, "the state of XA transactions", e);
	if (ok)
		state_line_put(out_line(&r->out), RELAY_STAGE, RELAY_XA, buf_str(&value));
	buf_release(&value);
	return ok;
}
