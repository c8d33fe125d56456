/* start.c - where a stream from a server starts; see live.h */
#include "base/log.h"
#include "live.h"
#include "stream/line.h"

#include <unistd.h>

static const struct err_kind err_document = {
	.code = 30506, .class = "relay-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give what 'dm-meta checkpoint get' prints on standard input, or a place with --start",
};

#define LINE_LIMIT ((size_t)1 << 30)

void start_init(struct start *start)
{
	*start = (struct start){ .gtid = STR_LIT("") };
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

static bool take_table(struct relay *r, struct str line, bool *keep, struct err *e)
{
	struct table t;

	if (!table_line_parse(&t, NULL, line, &r->arena, e))
		return false;
	*keep = t.n_columns == 0 || !str_is(t.columns[0].name, "@1");	/* not known then, and perhaps now */
	if (*keep)
		structures_add(&r->tables, &t);
	else
		table_release(&t);
	return true;
}

/* What a later stage gave us to remember: the structure of a table that it lets nobody else see. */
static bool take_state(struct relay *r, const struct event_head *ev, struct str line, struct err *e)
{
	struct str stage, key, value;
	bool keep;

	if (!str_is(ev->stage, "dm-relay") || !str_starts(ev->key, STR_LIT("`")))
		return true;
	return state_line_parse(&stage, &key, &value, line, &r->arena, e) &&
	       (str_is(value, "null") || take_table(r, value, &keep, e));
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
		if (!take_state(r, ev, line, e))
			return false;
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
		return snapshot || err_set(e, &err_document, "the resume document on standard input has no snapshot "
					   "line");
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

bool start_settle(struct start *start, struct relay *r, const struct server_place *head, struct err *e)
{
	if (!start->place.file[0] && start->gtid.n == 0) {
		place_set(&start->place, head->file, head->pos);
		start->gtid = arena_str(&start->arena, head->gtid);
		log_notice("starting at the upstream's place now, %s:%llu", start->place.file,
			   (unsigned long long)start->place.pos);
	}
	r->done_known = start->gtid.n > 0;
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
