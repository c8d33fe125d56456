/* moment.c - where a moment is in a server's log; see moment.h */
#include "moment.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "boundary.h"
#include "mysql/replica.h"
#include "mysql/server.h"
#include "pull.h"
#include "store.h"

static const struct err_kind err_moment_late = {
	.code = 20057, .class = "config", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "give a time that the upstream's clock has passed, in the upstream's time zone or with one, such as +08:00",
};

static const struct err_kind err_moment_purged = {
	.code = 30523, .class = "relay-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "give a later time, or, where nothing that matters was purged, start at the oldest log with 'dm-meta checkpoint set FILE:4'",
};

enum { HEARTBEAT_MS = 900 };

struct moment {
	const struct endpoint *at;
	struct conn c;
	struct arena a;
	uint64_t wanted;		/* seconds since 1970 */
	struct server_place head;
	struct place end;		/* the same */
	/* while a log is read: */
	struct replica replica;
	struct boundary b;
	struct place here;
	bool begun;			/* the log's own head was read, */
	uint32_t begun_at;		/* and this is when it was begun */
	bool found;
};

/* --- what the user says --- */

/* "2026-11-26 15:04:05" or with a T, and "+08:00" or "+0800" behind it, or nothing. zone is "" then. */
static bool parse(const char *text, char moment[20], char zone[7])
{
	static const char form[] = "dddd-dd-dd dd:dd:dd";
	struct str rest = str_of(text);

	if (rest.n < sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		char c = rest.p[i];

		if (form[i] == 'd' ? c < '0' || c > '9' : form[i] == ' ' ? c != ' ' && c != 'T' : c != form[i])
			return false;
		moment[i] = c == 'T' ? ' ' : c;
	}
	moment[19] = zone[0] = '\0';
	rest = str_from(rest, 19);
	if (rest.n == 0)
		return true;
	if ((rest.p[0] != '+' && rest.p[0] != '-') || (rest.n != 5 && (rest.n != 6 || rest.p[3] != ':')))
		return false;
	for (size_t i = 1; i < rest.n; i++)
		if (i != 3 || rest.n == 5)
			if (rest.p[i] < '0' || rest.p[i] > '9')
				return false;
	snprintf(zone, 7, "%.3s:%.2s", rest.p, rest.p + rest.n - 2);
	return true;
}

static bool settle_wanted(struct moment *m, const char *text, struct err *e)
{
	char moment[20], zone[7];
	struct str seconds;

	if (!parse(text, moment, zone))
		return err_set(e, &err_usage, "'%s' is no time such as '2026-11-26 15:04:05' or '2026-11-26T15:04:05+08:00'", text);
	if (!(zone[0] ? conn_runf(&m->c, e, "SET time_zone = '%s'", zone) :
			conn_run(&m->c, STR_LIT("SET time_zone = @@global.time_zone"), e)))
		return err_at(e, "the time '%s'", text);
	if (!conn_get(&m->c, &m->a, &seconds, arena_strf(&m->a, "SELECT FLOOR(UNIX_TIMESTAMP('%s'))", moment), e))
		return false;
	if (!str_to_u64(seconds, &m->wanted) || m->wanted == 0)
		return err_set(e, &err_usage, "'%s' is no time that the upstream knows", text);
	return true;
}

static bool check_clock(struct moment *m, const char *text, struct err *e)
{
	struct str seconds;
	uint64_t now;

	if (!conn_get(&m->c, &m->a, &seconds, STR_LIT("SELECT UNIX_TIMESTAMP()"), e))
		return false;
	return !str_to_u64(seconds, &now) || m->wanted <= now ||
	       err_set(e, &err_moment_late, "%s: the time '%s' has not come there yet", m->c.name, text);
}

/* --- reading a log --- */

static bool before_wait(void *context, struct err *e)
{
	(void)context;
	(void)e;
	return true;
}

static bool open_log(struct moment *m, struct str file, struct err *e)
{
	struct replica_start start = { .file = file, .pos = BINLOG_MAGIC_SIZE, .heartbeat_ms = HEARTBEAT_MS };

	m->replica = (struct replica){ .dumping = false };
	place_set(&m->here, file, BINLOG_MAGIC_SIZE);
	boundary_restart(&m->b);
	m->begun = m->found = false;
	return replica_open(&m->replica, m->at, &start, before_wait, NULL, e);
}

/* The place was before this event: it starts a transaction that is not older than the moment. */
static bool is_it(const struct moment *m, const struct binlog_header *head, bool was_open)
{
	return !was_open && (m->b.open || head->type == BINLOG_QUERY) && head->time >= m->wanted;
}

static bool take_event(struct moment *m, struct str raw, struct err *e)
{
	bool was_open = m->b.open;
	uint64_t safe = m->b.safe;
	struct binlog_header head;
	struct span span;

	if (!binlog_header_read(&head, raw, e))
		return false;
	if (head.type == BINLOG_HEARTBEAT || head.type == BINLOG_HEARTBEAT_V2)
		return true;
	if (head.type == BINLOG_ROTATE && (head.flags & BINLOG_FLAG_ARTIFICIAL || head.end == 0)) {
		struct binlog_event ev;

		if (!binlog_decode(&m->b.decoder, &ev, raw, false, e))
			return false;
		if (!str_eq(ev.rotate.file, str_of(m->here.file)) || ev.rotate.pos > BINLOG_MAGIC_SIZE)
			boundary_restart(&m->b);
		place_set(&m->here, ev.rotate.file, ev.rotate.pos);
		return true;
	}
	if (head.flags & BINLOG_FLAG_ARTIFICIAL)
		return true;
	span = place_span(m->here.pos, &head);
	if (!boundary_event(&m->b, raw, span.end, e))
		return false;
	if (head.type == BINLOG_FORMAT && !m->begun) {
		m->begun = true;
		m->begun_at = head.time;
	}
	if (is_it(m, &head, was_open)) {
		m->found = true;
		m->here.pos = safe;
		return true;
	}
	m->here.pos = span.end;
	return true;
}

/* Reads on: only_head to the head of the log, else to the moment, or to the end of all. */
static bool read_log(struct moment *m, bool only_head, struct err *e)
{
	while (only_head ? !m->begun : !m->found && place_compare(&m->here, &m->end) < 0) {
		struct str raw;

		switch (replica_next(&m->replica, &raw, e)) {
		case REPLICA_EVENT:
			if (!take_event(m, raw, e))
				return err_at(e, "%s:%llu", m->here.file, (unsigned long long)m->here.pos);
			break;
		case REPLICA_TICK:
			break;
		case REPLICA_STOP:
			return err_set(e, &err_replica_lost, "%s: told to stop", m->replica.c.name);
		case REPLICA_LOST:
		case REPLICA_FAIL:
			return false;
		}
	}
	return true;
}

/* When was the log begun? All in those before it is older. */
static bool ask_begin(struct moment *m, struct str file, uint64_t *begun_at, struct err *e)
{
	bool ok = open_log(m, file, e) && read_log(m, true, e);

	replica_close(&m->replica);
	*begun_at = m->begun_at;
	return ok;
}

/* --- the search --- */

/* Is the oldest log the first that the server ever wrote, or since it was reset? */
static bool is_first(struct str file)
{
	struct str base;
	uint64_t number;

	return store_log_number(file, &base, &number) && number == 1;
}

/* The newest log that was begun before the moment. */
static bool find_log(struct moment *m, const char *text, struct str *file, struct err *e)
{
	struct str *files;
	size_t n, low = 0, high;
	uint64_t begun_at;

	if (!locate_logs(&m->c, &m->a, &files, &n, e))
		return false;
	if (n == 0)
		return err_set(e, &err_no_binlog, "%s has no log", m->c.name);
	/* files[0 ... low - 1] were begun before it, files[high ...] were not. */
	for (high = n; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (!ask_begin(m, files[middle], &begun_at, e))
			return false;
		if (begun_at < m->wanted)
			low = middle + 1;
		else
			high = middle;
	}
	*file = files[low ? low - 1 : 0];
	return low > 0 || is_first(files[0]) ||
	       err_set(e, &err_moment_purged, "%s: its oldest log, %.*s, was begun after '%s': what came before is purged", m->c.name,
		       STR(files[0]), text);
}

static bool print(struct moment *m, struct err *e)
{
	struct buf out = BUF_INIT(64 << 20), place = BUF_INIT(1024);
	bool ok;

	buf_putf(&out, "place %.*s\ngtid ", STR(place_text(&place, &m->here)));
	if (m->b.told)
		gtid_set_text(&m->b.done, &out);
	buf_putf(&out, "\nend %.*s\nend-gtid ", STR(place_text(&place, &m->end)));
	buf_put_str(&out, m->head.gtid);
	buf_put_char(&out, '\n');
	ok = buf_ok(&place, "a place", e) && buf_ok(&out, "a GTID set", e) &&
	     (file_write_all(STDOUT_FILENO, out.p, out.n) ||
	      err_set(e, &err_file, "cannot write standard output: %s", strerror(errno)));
	buf_release(&out);
	buf_release(&place);
	return ok;
}

static bool search(struct moment *m, const char *text, struct err *e)
{
	struct conn_want want = { .at = m->at, .scope = SCOPE_UPSTREAM };
	struct str file;
	bool ok;

	ok = conn_open(&m->c, &want, e) && server_check_binlog(&m->c, e) && server_binlog_place(&m->c, &m->a, &m->head, e) &&
	     settle_wanted(m, text, e) && check_clock(m, text, e) && find_log(m, text, &file, e);
	if (ok) {
		place_set(&m->end, m->head.file, m->head.pos);
		ok = open_log(m, file, e) && read_log(m, false, e);
		replica_close(&m->replica);
	}
	if (ok && !m->found)
		log_notice("%s has had no transaction since '%s': that is the end of its log", m->c.name, text);
	conn_close(&m->c);
	return ok && print(m, e);
}

bool moment_run(const struct relay_settings *s, struct err *e)
{
	struct config config = { 0 };
	struct arena a = ARENA_INIT;
	struct endpoint at;
	struct moment m = { .at = &at, .a = ARENA_INIT };
	bool ok;

	boundary_init(&m.b);
	ok = config_load(&config, &s->config, !connection_is_named(&s->connection), e) &&
	     config_endpoint(&at, &s->connection, config.has_source ? &config.source.from : NULL, &a, e) &&
	     search(&m, s->find_time, e);
	boundary_release(&m.b);
	arena_release(&m.a);
	arena_release(&a);
	config_release(&config);
	return ok;
}
