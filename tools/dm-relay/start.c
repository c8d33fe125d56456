/* start.c - where a stream from a server starts; see live.h */
#include "base/log.h"
#include "live.h"
#include "repair.h"
#include "stream/line.h"
#include "text/json_read.h"
#include "text/json_write.h"

#include <unistd.h>

static const struct err_kind err_document = {
	.code = 30506, .class = "relay-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give what 'dm-meta checkpoint get' prints on standard input, or a place with --start",
};

#define LINE_LIMIT ((size_t)1 << 30)

/* Our memory among the state lines: whose places the stream's are. */

void start_init(struct start *start)
{
	*start = (struct start){ .gtid = STR_LIT(""), .server = STR_LIT("") };
	arena_init(&start->arena);
}

void start_release(struct start *start)
{
	arena_release(&start->arena);
}

/* uuid:1-5 reads as FILE:OFFSET sometimes, so what is a GTID set is taken for one. */
bool start_parse(struct start *start, const char *text, struct err *e)
{
	struct gtid_set set;
	struct err not_gtid = { 0 };
	bool gtid;

	gtid_set_init(&set);
	gtid = gtid_set_parse(&set, str_of(text), &not_gtid) && !gtid_set_is_empty(&set);
	gtid_set_release(&set);
	if (gtid) {
		start->gtid = str_of(text);
		start->by_gtid = true;
		return true;
	}
	return place_parse(&start->place, str_of(text)) ||
	       err_set(e, &err_usage, "--start is FILE:OFFSET or a set of GTIDs, not '%s'", text);
}

static bool take_snapshot(struct start *start, struct relay *r, const struct event_head *ev, struct str line,
			  struct err *e)
{
	if (ev->pos.n > 0 && !place_parse(&start->place, ev->pos))
		return err_set(e, &err_document, "snapshot line with the place '%.*s', which is none",
			       STR(str_first(ev->pos, 200)));
	start->gtid = arena_str(&start->arena, ev->gtid);
	/* dm-sync needs to know how far rows may hold changes already. */
	if (!ev->consistent && ev->pos_end.n > 0) {
		buf_put_str(&r->document, line);
		buf_put_char(&r->document, '\n');
	}
	return true;
}

/* XA transactions that were undecided are in the checkpoint's set, and their rows were not sent: they are to be read
 * again. What belongs to another place, since somebody has moved the checkpoint, is forgotten downstream, too. */
static bool settle_xa(struct start *start, struct relay *r, struct err *e)
{
	struct buf place = BUF_INIT(1024), gtids = BUF_INIT(64 << 20);
	struct gtid_set set;
	bool fits = false, ok;

	if (start->xa.n == 0 || str_is(start->xa, "null"))
		return true;
	gtid_set_init(&set);
	ok = gtid_set_parse(&set, start->gtid, e) &&
	     xa_state_apply(&r->xa, start->xa, place_text(&place, &start->place), &set, &fits, e);
	if (ok && !fits)
		r->xa.changed = true;
	if (ok && fits && start->gtid.n > 0) {
		gtid_set_text(&set, &gtids);
		ok = buf_ok(&gtids, "a GTID set", e);
		start->gtid = arena_str(&start->arena, buf_str(&gtids));
	}
	gtid_set_release(&set);
	buf_release(&place);
	buf_release(&gtids);
	return ok || err_at(e, "the resume document");
}

static bool take_table(struct relay *r, struct str line, bool *keep, struct err *e)
{
	struct table t;

	if (!table_line_parse(&t, NULL, line, &r->arena, e))
		return false;
	*keep = t.n_columns == 0 || !str_is(t.columns[0].name, "@1");	/* not known then, and perhaps now */
	if (*keep)
		structures_add(&r->tables, &t, true);
	else
		table_release(&t);
	return true;
}

/* Our own facts are kept here, and said again once it is known which server answers, or where they change. A later stage gives us
 * structures to remember, of tables that it lets nobody else see. */
static bool take_state(struct start *start, struct relay *r, const struct event_head *ev, struct str line, bool *keep,
		       struct err *e)
{
	struct str stage, key, value;
	bool known;

	if (!str_eq(ev->stage, RELAY_STAGE))
		return true;
	if (!state_line_parse(&stage, &key, &value, line, &r->arena, e))
		return false;
	*keep = !str_eq(key, RELAY_SERVER) && !str_eq(key, RELAY_XA) && !str_eq(key, REPAIR_KEY);
	if (str_eq(key, REPAIR_KEY))
		return repairs_parse(&r->repairs, value, e);
	if (str_eq(key, RELAY_SERVER))
		start->server = str_is(value, "null") ? STR_LIT("") : arena_str(&start->arena, value);
	else if (str_eq(key, RELAY_XA))
		start->xa = arena_str(&start->arena, value);
	return !str_starts(key, STR_LIT("`")) || str_is(value, "null") || take_table(r, value, &known, e);
}

static bool take_line(struct start *start, struct relay *r, const struct event_head *ev, struct str line, struct err *e)
{
	bool keep = true;

	switch (ev->type) {
	case EVENT_TABLE:
		if (!take_table(r, line, &keep, e))
			return false;
		if (!keep)
			return true;
		break;
	case EVENT_SNAPSHOT:
		return take_snapshot(start, r, ev, line, e);
	case EVENT_STATE:
		if (!take_state(start, r, ev, line, &keep, e))
			return false;
		if (!keep)
			return true;
		break;
	case EVENT_OTHER:
		break;
	case EVENT_STREAM:
	case EVENT_END:
		return true;
	default:
		return err_set(e, &err_document, "a line of type '%s' does not belong into a resume document",
			       event_type_name(ev->type));
	}
	buf_put_str(&r->document, line);
	buf_put_char(&r->document, '\n');
	return buf_ok(&r->document, "the resume document", e);
}

static enum line_got read_lines(struct start *start, struct relay *r, struct line_in *in, bool *snapshot, struct err *e)
{
	struct buf spill = BUF_INIT(LINE_LIMIT);
	struct event_head ev;
	struct str head, line;
	enum line_got got;

	while ((got = event_next(in, &ev, &head, &r->arena, e)) == LINE_GOT) {
		/* A line that is longer than its head moves; what was parsed of it is read again. */
		bool ok = line_rest(in, &spill, &line, e) && event_head_parse(&ev, line, &r->arena, e) &&
			  take_line(start, r, &ev, line, e);

		*snapshot = *snapshot || ev.type == EVENT_SNAPSHOT;
		if (!ok) {
			got = LINE_FAIL;
			break;
		}
	}
	buf_release(&spill);
	return got;
}

bool start_read_document(struct start *start, struct relay *r, bool *stopped, struct err *e)
{
	static struct line_in in;
	bool snapshot = false;

	*stopped = false;
	if (isatty(STDIN_FILENO))
		return err_set(e, &err_usage, "no place to start at is given: name one with --start, or give a resume "
			       "document on standard input");
	line_in_init(&in, STDIN_FILENO, NULL);
	switch (read_lines(start, r, &in, &snapshot, e)) {
	case LINE_END:
		if (!snapshot)
			return err_set(e, &err_document, "the resume document on standard input has no snapshot line");
		return settle_xa(start, r, e);
	case LINE_TORN:
		return err_set(e, &err_stream_cut, "the resume document is cut inside a line");
	case LINE_STOP:
		*stopped = true;
		return true;
	case LINE_GOT:
	case LINE_TICK:
	case LINE_FAIL:
		break;
	}
	return false;
}

void start_put_server(struct buf *b, struct str identity)
{
	struct buf value = BUF_INIT(1024);

	json_put_text(&value, identity);
	state_line_put(b, RELAY_STAGE, RELAY_SERVER, buf_str(&value));
	buf_release(&value);
}

void start_keep_server(struct start *start, struct relay *r)
{
	if (start->server.n > 0)
		state_line_put(&r->document, RELAY_STAGE, RELAY_SERVER, start->server);
}

/* The identity in a state line's value; what is no text names no server. */
static struct str server_of(struct start *start)
{
	struct json j;

	if (start->server.n == 0)
		return STR_LIT("");
	json_init(&j, start->server);
	return json_text(&j, &start->arena);
}

/* By GTIDs the places go on to be the old server's until the first of the new one is known. */
bool start_settle_server(struct start *start, struct relay *r, const char *name, struct str identity, struct err *e)
{
	struct replica_start want = {
		.file = str_of(start->place.file), .pos = start->place.pos, .by_gtid = start->by_gtid,
		.server = start->place.file[0] ? server_of(start) : STR_LIT(""),
	};

	if (!replica_check_server(name, &want, identity, e))
		return false;
	repair_settle(r, want.server.n == 0 || str_eq(want.server, identity));
	if (want.server.n == 0 || str_eq(want.server, identity)) {
		start_put_server(&r->document, identity);
		return true;
	}
	log_notice("%s is the server with %.*s; the last place was one of the server with %.*s", name, STR(identity),
		   STR(want.server));
	start_keep_server(start, r);
	buf_clear(&r->server);
	start_put_server(&r->server, identity);
	return true;
}

bool start_settle(struct start *start, struct relay *r, const struct server_place *head, struct str identity,
		  struct err *e)
{
	bool own;

	if (!start->place.file[0] && start->gtid.n == 0) {
		start->server = STR_LIT("");
		place_set(&start->place, head->file, head->pos);
		start->gtid = arena_str(&start->arena, head->gtid);
		log_notice("starting at the upstream's place now, %s:%llu", start->place.file,
			   (unsigned long long)start->place.pos);
	}
	/* A server that has executed nothing has the empty set at each of its places. */
	own = start->server.n == 0 || str_eq(server_of(start), identity);
	r->done_known = start->gtid.n > 0 || (head->empty && own);
	if (r->done_known && !gtid_set_parse(&r->done, start->gtid, e))
		return err_at(e, "the place to start at");
	if (!start->by_gtid && !start->place.file[0])
		start->by_gtid = true;		/* there is nothing else to start by */
	if (start->by_gtid && !r->done_known) {
		log_warning("no GTID set is known for %s:%llu; starting by the place", start->place.file,
			    (unsigned long long)start->place.pos);
		start->by_gtid = false;
	}
	r->start = r->safe = start->place;
	if (!start->by_gtid)
		r->at = start->place;
	return true;
}
