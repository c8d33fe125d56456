/* feed.c - puts the events of a log together to transactions; see relay.h */
#include "base/log.h"
#include "relay.h"
#include "repair.h"

#include <stdio.h>
#include <time.h>

static const struct err_kind err_broken_transaction = {
	.code = 30502, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "look at the place with mysqlbinlog or mariadb-binlog: the log lacks the end of a transaction",
};
enum { IDLE_MS = 800 };		/* a heartbeat is sent when nothing else was for so long */

void relay_init(struct relay *r, const struct relay_settings *s)
{
	static struct line_out line;

	*r = (struct relay){ .source_id = STR_LIT("") };
	line_out_init(&line, 1);
	out_init(&r->out, &line);
	arena_init(&r->arena);
	buf_init(&r->scratch, (size_t)1 << 32);
	binlog_decoder_init(&r->decoder);
	payload_init(&r->payload);
	structures_init(&r->tables, NULL);
	r->tables.at = &r->at;
	r->tables.trx_start = &r->trx.start;
	annotation_init(&r->statement);
	xa_init(&r->xa);
	repairs_init(&r->repairs);
	buf_init(&r->trx.pos, 1024);
	buf_init(&r->trx.gtid, 1024);
	buf_init(&r->cut.pos, 1024);
	buf_init(&r->server, 4096);
	buf_init(&r->document, (size_t)1 << 30);
	buf_init(&r->next_file_buf, 1024);
	buf_init(&r->head_gtid, 64 << 20);
	gtid_set_init(&r->done);
	gtid_set_init(&r->until_set);
	r->schema_files = &s->schema_files;
	status_init(&r->status, &s->status, "Relay", &relay_metrics);
}

void relay_release(struct relay *r)
{
	out_release(&r->out);
	arena_release(&r->arena);
	buf_release(&r->scratch);
	binlog_decoder_release(&r->decoder);
	payload_release(&r->payload);
	structures_release(&r->tables);
	annotation_release(&r->statement);
	xa_release(&r->xa);
	repairs_release(&r->repairs);
	buf_release(&r->trx.pos);
	buf_release(&r->trx.gtid);
	buf_release(&r->cut.pos);
	buf_release(&r->server);
	buf_release(&r->document);
	buf_release(&r->next_file_buf);
	buf_release(&r->head_gtid);
	gtid_set_release(&r->done);
	gtid_set_release(&r->until_set);
}

/* --- lines that stand between transactions --- */

bool feed_begin(struct relay *r, struct err *e)
{
	struct buf pos = BUF_INIT(1024), gtid = BUF_INIT(64 << 20);
	struct event_head head = { .type = EVENT_STREAM, .source = r->source_id };
	const struct binlog_format *f = &r->decoder.format;
	bool ok;

	if (r->started)
		return true;
	r->started = true;
	head.flavor = r->flavor.n ? r->flavor : f->mariadb ? STR_LIT("mariadb") : STR_LIT("mysql");
	head.server_version = r->server_version.n ? r->server_version : str_of(f->server_version);
	head.pos = place_text(&pos, &r->start);
	if (r->done_known)
		gtid_set_text(&r->done, &gtid);
	head.gtid = buf_str(&gtid);
	stream_line_put(out_line(&r->out), &head);
	buf_put_str(out_line(&r->out), buf_str(&r->document));
	ok = buf_ok(&pos, "a place", e) && buf_ok(&gtid, "a GTID set", e) &&
	     given_read(r, str_is(head.flavor, "mariadb"), e);
	buf_release(&pos);
	buf_release(&gtid);
	buf_release(&r->document);
	return ok;
}

bool feed_end(struct relay *r, const char *reason, struct err *e)
{
	struct buf gtid = BUF_INIT(64 << 20);
	struct event_head head = {
		.type = EVENT_END, .reason = str_of(reason), .pos = STR_NONE, .resume = xa_resume(&r->xa),
	};
	bool ok;

	if (!feed_begin(r, e))
		return false;
	head.pos = place_text(&r->scratch, &r->safe);
	if (r->done_known)
		gtid_set_text(&r->done, &gtid);
	head.gtid = buf_str(&gtid);
	end_line_put(out_line(&r->out), &head);
	ok = buf_ok(&gtid, "a GTID set", e) && out_flush(&r->out, e);
	buf_release(&gtid);
	return ok;
}

bool feed_heartbeat(struct relay *r, bool at_head, struct err *e)
{
	struct event_head head = { .type = EVENT_HEARTBEAT, .resume = xa_resume(&r->xa) };
	char now[24];

	if (!feed_begin(r, e))
		return false;
	snprintf(now, sizeof(now), "%lld", (long long)time(NULL));
	head.pos = place_text(&r->scratch, &r->safe);
	head.ts = str_of(now);
	if (at_head) {
		head.head = head.pos;
		r->head = r->safe;
		buf_clear(&r->head_gtid);
	}
	heartbeat_line_put(out_line(&r->out), &head);
	return out_flush(&r->out, e);
}

void feed_tell_server(struct relay *r)
{
	buf_put_str(out_line(&r->out), buf_str(&r->server));
	buf_clear(&r->server);
}

static bool is_reached(const struct relay *r)
{
	if (!gtid_set_is_empty(&r->until_set))
		return gtid_set_contains_set(&r->done, &r->until_set);
	return r->until.file[0] && place_compare(&r->at, &r->until) >= 0;
}

void feed_boundary(struct relay *r)
{
	if (!r->placed)
		return;
	if (r->server.n > 0 && r->started)
		feed_tell_server(r);
	r->safe = r->at;
	report_place(&r->safe);
	if (is_reached(r))
		r->ended = r->until_reason;
}

/* --- transactions --- */

static void start_group(struct relay *r, struct span span, bool begun)
{
	struct trx *t = &r->trx;

	t->open = true;
	t->begun = begun;
	t->start = span.start;
	t->seq = t->statements = 0;
	t->sum = 0;
	t->commit_us = 0;
	t->id = (struct binlog_gtid){ .gtid = { .flavor = GTID_NONE } };
	buf_clear(&t->pos);
	buf_clear(&t->gtid);
	structures_trim(&r->tables);
	annotation_end(&r->statement);
}

struct str feed_pos(struct relay *r)
{
	if (r->trx.pos.n == 0) {
		struct place start = r->at;

		start.pos = r->trx.start;
		place_text(&r->trx.pos, &start);
	}
	return buf_str(&r->trx.pos);
}

/* Seconds, with as many of six decimals as it takes. */
struct str feed_time(struct relay *r, const struct binlog_header *head, const struct binlog_query *query)
{
	uint64_t seconds = head->time, us = query && query->has_microseconds ? query->microseconds : 0;
	struct str text;

	if (r->trx.commit_us) {
		seconds = r->trx.commit_us / 1000000;
		us = r->trx.commit_us % 1000000;
	}
	if (us == 0 || us > 999999)
		return arena_strf(&r->arena, "%llu", (unsigned long long)seconds);
	text = arena_strf(&r->arena, "%llu.%06u", (unsigned long long)seconds, (unsigned)us);
	while (text.p[text.n - 1] == '0')
		text.n--;
	return text;
}

bool feed_commit(struct relay *r, const struct binlog_event *ev, struct err *e)
{
	struct event_head head = { .type = EVENT_COMMIT, .resume = xa_resume(&r->xa) };
	struct trx *t = &r->trx;

	if (!feed_begin(r, e) || !cut_end(r, e))
		return false;
	if (r->server.n > 0)
		feed_tell_server(r);
	if (!repair_pass(r, e) || !xa_put_state(r, e) || (r->done_known && !gtid_set_add(&r->done, &t->id.gtid, e)))
		return false;
	head.pos = place_text(&r->scratch, &r->at);
	xa_pass(&r->xa, &t->id.gtid, head.pos);
	head.gtid = buf_str(&t->gtid);
	head.ts = feed_time(r, &ev->head, ev->head.type == BINLOG_QUERY ? &ev->query : NULL);
	commit_line_put(out_line(&r->out), &head);
	t->open = t->begun = false;
	t->commit_us = 0;
	buf_clear(&t->gtid);
	t->id.gtid.flavor = GTID_NONE;
	r->transactions++;
	feed_boundary(r);
	return out_settle(&r->out, e) && report(r, "Running", false, e);
}

bool feed_may_end(const struct relay *r, struct err *e)
{
	if (!r->trx.open)
		return true;
	return err_set(e, &err_broken_transaction, "the transaction that starts at %s:%llu has no end here", r->at.file,
		       (unsigned long long)r->trx.start);
}

/* --- events --- */

static bool take_gtid(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e)
{
	const struct binlog_gtid *id = &ev->gtid;

	if (!feed_may_end(r, e))
		return false;
	start_group(r, span, id->gtid.flavor == GTID_MARIADB && !id->standalone);
	r->placed = true;
	r->trx.id = *id;
	r->trx.commit_us = id->commit_us;
	gtid_put(&r->trx.gtid, &id->gtid);
	if (id->xa_prepared)
		xa_begin(r);
	return cut_meet(r, e);
}

/* Of a server that writes no GTIDs, BEGIN is the start. */
static bool take_query(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e)
{
	if (!r->trx.open) {
		start_group(r, span, false);
		if (!cut_meet(r, e))
			return false;
	}
	return statement_take(r, ev, span, e);
}

static bool take_rows(struct relay *r, const struct binlog_event *ev, struct err *e)
{
	bool ok = true;

	if (ev->rows.n_columns > 0)		/* else it only ends a statement */
		ok = r->trx.open ? feed_begin(r, e) && rows_take(r, ev, e) :
		     err_set(e, &err_broken_transaction, "rows stand outside of any transaction");
	if (ev->rows.statement_end)
		annotation_end(&r->statement);
	return ok;
}

/* The set at the start of a file is that of all transactions before it. Over the network a start need not be the
 * file's. */
static bool take_set(struct relay *r, const struct binlog_event *ev, struct err *e)
{
	if (r->from_server || r->started || r->done_known || r->start.pos != BINLOG_MAGIC_SIZE)
		return true;
	r->done_known = true;
	if (ev->head.type == BINLOG_PREVIOUS_GTIDS)
		return gtid_set_decode(&r->done, ev->body, e);
	return binlog_gtid_list_add(&ev->gtid_list, &r->done, e);
}

static void take_rotate(struct relay *r, const struct binlog_event *ev)
{
	bool artificial = ev->head.flags & BINLOG_FLAG_ARTIFICIAL;

	if (!r->from_server) {
		if (artificial)		/* inside a relay log: where its source stood */
			return;
		buf_set(&r->next_file_buf, ev->rotate.file);
		r->next_file = buf_str(&r->next_file_buf);
		return;
	}
	if (artificial && r->placed && r->at.file[0] && !str_is(ev->rotate.file, r->at.file))
		log_notice("binlog %.*s follows %s", STR(ev->rotate.file), r->at.file);
	if (artificial)
		place_set(&r->at, ev->rotate.file, ev->rotate.pos);
	if (!r->trx.open)
		feed_boundary(r);
}

static bool take_heartbeat(struct relay *r, const struct binlog_event *ev, struct err *e)
{
	/* The place of transactions that are skipped: it counts once this one is over. A file is where its reader
	 * says. */
	if (r->trx.open || !r->from_server)
		return true;
	place_set(&r->at, ev->heartbeat.file, ev->heartbeat.pos);
	r->placed = true;
	feed_boundary(r);
	return now_ms() - r->out.written_ms < IDLE_MS || feed_heartbeat(r, true, e);
}

static bool take_event(struct relay *r, struct binlog_event *ev, struct str raw, struct span span, struct err *e);

/* Nothing in a transaction says where the log is, or that another one begins. */
static bool may_be_inside(const struct binlog_event *ev)
{
	switch ((enum binlog_type)ev->head.type) {
	case BINLOG_FORMAT: case BINLOG_ROTATE: case BINLOG_HEARTBEAT: case BINLOG_HEARTBEAT_V2:
	case BINLOG_PREVIOUS_GTIDS: case BINLOG_MARIADB_GTID_LIST: case BINLOG_GTID: case BINLOG_ANONYMOUS_GTID:
	case BINLOG_GTID_TAGGED: case BINLOG_MARIADB_GTID: case BINLOG_TRANSACTION_PAYLOAD:
		return false;
	default:
		return true;
	}
}

static bool take_payload(struct relay *r, const struct binlog_event *ev, struct span span, struct err *e)
{
	struct binlog_event inner;
	struct str raw;
	bool more;

	if (!payload_start(&r->payload, ev->body, e))
		return false;
	for (;;) {
		if (!payload_next(&r->payload, &raw, &more, e))
			return false;
		if (!more)
			return true;
		if (!binlog_decode(&r->decoder, &inner, raw, true, e))
			return false;
		if (!may_be_inside(&inner))
			return err_set(e, &err_binlog_event, "%s event inside a transaction payload", inner.name);
		if (!take_event(r, &inner, raw, span, e))
			return false;
	}
}

static bool take_format(struct relay *r, struct err *e)
{
	structures_drop_maps(&r->tables);
	r->tables.mariadb = r->decoder.format.mariadb;
	return r->trx.seq == 0 || feed_may_end(r, e);
}

static bool take_event(struct relay *r, struct binlog_event *ev, struct str raw, struct span span, struct err *e)
{
	if (ev->head.type == BINLOG_MARIADB_ANNOTATE && xa_holds(r, ev))
		return xa_hold(&r->xa, raw, ev->checksum, e);
	if (ev->head.type == BINLOG_MARIADB_ANNOTATE)
		annotation_take(&r->statement, ev->body);
	if (ev->ignore)
		return true;
	if (xa_holds(r, ev))
		return xa_hold(&r->xa, raw, ev->checksum, e);
	switch ((enum binlog_type)ev->head.type) {
	case BINLOG_QUERY:
		return take_query(r, ev, span, e);
	case BINLOG_ROTATE:
		take_rotate(r, ev);
		return true;
	case BINLOG_FORMAT:
		return take_format(r, e);
	case BINLOG_XID:
		if (!r->trx.open)
			return err_set(e, &err_broken_transaction, "a commit stands outside of any transaction");
		return feed_commit(r, ev, e);
	case BINLOG_TABLE_MAP:
		structures_map(&r->tables, &ev->table_map);
		annotation_note_table(&r->statement);
		return true;
	case BINLOG_WRITE_ROWS_V1: case BINLOG_UPDATE_ROWS_V1: case BINLOG_DELETE_ROWS_V1:
	case BINLOG_WRITE_ROWS: case BINLOG_UPDATE_ROWS: case BINLOG_DELETE_ROWS: case BINLOG_PARTIAL_UPDATE_ROWS:
		return take_rows(r, ev, e);
	case BINLOG_GTID: case BINLOG_ANONYMOUS_GTID: case BINLOG_GTID_TAGGED: case BINLOG_MARIADB_GTID:
		return take_gtid(r, ev, span, e);
	case BINLOG_PREVIOUS_GTIDS: case BINLOG_MARIADB_GTID_LIST:
		return take_set(r, ev, e);
	case BINLOG_HEARTBEAT: case BINLOG_HEARTBEAT_V2:
		return take_heartbeat(r, ev, e);
	case BINLOG_XA_PREPARE:
		return xa_take_prepare(r, ev, span, e);
	case BINLOG_TRANSACTION_PAYLOAD:
		return take_payload(r, ev, span, e);
	case BINLOG_INTVAR: case BINLOG_RAND: case BINLOG_USER_VAR: case BINLOG_APPEND_BLOCK: case BINLOG_DELETE_FILE:
	case BINLOG_BEGIN_LOAD_QUERY: case BINLOG_EXECUTE_LOAD_QUERY:
		return err_set(e, &err_statement_format, "%s event: the log is in statement format here", ev->name);
	default:
		return err_set(e, &err_binlog_unknown, "%s event is not expected here", ev->name);
	}
}

void feed_restart(struct relay *r)
{
	binlog_decoder_restart(&r->decoder);
	structures_drop_maps(&r->tables);
	r->trx.open = r->trx.begun = false;
	r->trx.seq = r->trx.statements = 0;
	xa_drop_open(&r->xa);
}

bool feed_again(struct relay *r, struct str raw, struct span span, const struct binlog_header *commit, struct err *e)
{
	struct binlog_event ev;

	arena_clear(&r->arena);
	if (!binlog_decode(&r->decoder, &ev, raw, true, e))
		return false;
	ev.head.time = commit->time;
	return take_event(r, &ev, raw, span, e);
}

bool feed_event(struct relay *r, struct str raw, struct span span, struct err *e)
{
	struct binlog_event ev;
	bool idle = !r->trx.open;

	arena_clear(&r->arena);
	r->events++;
	if (!binlog_decode(&r->decoder, &ev, raw, false, e))
		return err_at(e, "%s:%llu", r->at.file, (unsigned long long)span.start);
	r->at.pos = span.end;
	if (!take_event(r, &ev, raw, span, e))
		return err_at(e, "%s:%llu", r->at.file, (unsigned long long)span.start);
	/* Events between transactions move the place on, too; a stream line before the first of them tells where
	 * it started. */
	if (idle && !r->trx.open && r->decoder.has_format && ev.head.type != BINLOG_FORMAT)
		feed_boundary(r);
	return true;
}
