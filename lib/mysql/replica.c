/* replica.c - reads a server's binlog as a replica does; see replica.h */
#include "mysql/replica.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/random.h>

#include <mysql.h>

#include <ma_pvio.h>	/* needs mysql.h before it */

#include "base/tool.h"
#include "mysql/fail.h"
#include "mysql/replica_start.h"
#include "text/sql_quote.h"

#define COM_BINLOG_DUMP_GTID 0x1e	/* the library has no name for it */
#define MYSQL_HEARTBEAT_V2 2		/* dump flag; to MariaDB the same bit means something else */
#define MARIADB_ANNOTATIONS 2
#define EE_FILE_NOT_FOUND 29
#define ER_MASTER_FATAL 1236
#ifndef ER_SLAVE_SAME_ID
#define ER_SLAVE_SAME_ID 4052	/* MariaDB's */
#endif
#define QUIET_MS 30000
#define WRITE_SECONDS "600"
#define HEARTBEAT_MS 1000
#define LOWEST_SERVER_ID 429496729u	/* where DM puts replicas that were given no id */
#define EVENTS_BETWEEN_SIGNALS 256

const struct err_kind err_replica_refused = {
	.code = 10512, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "see what the server says; it needs REPLICATION SLAVE, and the binlogs from the start place on",
};

const struct err_kind err_replica_lost = {
	.code = 10513, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "it is safe to try again from the last transaction boundary",
};

/* Not "lost": whoever has come would be hung up on in turn, by a connection that is made anew at once. */
const struct err_kind err_replica_replaced = {
	.code = 10514, .class = "database", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_RETRY,
	.workaround = "a pipeline that has taken over goes on with the work; anything else wants a 'server-id' of its own",
};

/* The library's callback has no argument of its own. */
static _Thread_local struct replica *waiting;

static int wait_for(int fd, bool is_read, int ms)
{
	struct timespec limit = { ms / 1000, ms % 1000 * 1000000L };
	struct pollfd p = { .fd = fd, .events = is_read ? POLLIN : POLLOUT };

	return ppoll(&p, 1, &limit, tool_wait_mask());
}

/* True to go on waiting. Before each wait the reader's output goes out. */
static bool may_wait(struct replica *r)
{
	if (stop_asked) {
		r->wait_got = REPLICA_STOP;
		return false;
	}
	if (r->dumping && r->before_wait && !r->before_wait(r->context, r->wait_err)) {
		r->wait_got = REPLICA_FAIL;
		return false;
	}
	return true;
}

static unsigned longest_silence(const struct replica *r)
{
	return r->heard || r->read_timeout_ms > QUIET_MS ? r->read_timeout_ms : QUIET_MS;
}

/* Inside the library, in the middle of a packet or before it: more than 0 is ready, else the read fails and the
 * connection is gone. The limit is ours: for a socket that does not block the library gives one in the wrong unit. */
static int on_io_wait(int fd, bool is_read, int timeout_ms)
{
	struct replica *r = waiting;
	int ready;

	(void)timeout_ms;
	do {
		if (!may_wait(r))
			return -1;
		ready = wait_for(fd, is_read, (int)longest_silence(r));
	} while (ready < 0 && errno == EINTR);
	if (ready == 0) {
		r->wait_got = REPLICA_LOST;
		errno = ETIMEDOUT;
		return -1;
	}
	return ready;
}

static void put_uint(struct buf *b, uint64_t v, unsigned bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		buf_put_char(b, (char)(v & 0xff));
}

static void put_uuid(struct buf *b)
{
	uint8_t id[16] = { 0 };

	while (getrandom(id, sizeof(id), 0) < 0 && errno == EINTR)
		;
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(id); i++)
		buf_putf(b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
}

/* Two replicas with one id or one uuid end each other's dump, so both are our own. */
static bool set_session(struct replica *r, const struct replica_start *start, struct err *e)
{
	unsigned long long heartbeat_ns = (start->heartbeat_ms ? start->heartbeat_ms : HEARTBEAT_MS) * 1000000ull;
	struct buf sql = BUF_INIT(1 << 26);
	bool ok;

	/* Announces that we know checksums. It does not take them away, so ask for those that the log has. */
	buf_put_text(&sql, "SET @master_binlog_checksum = @@global.binlog_checksum");
	buf_putf(&sql, ", @master_heartbeat_period = %llu", heartbeat_ns);
	/* While who reads our stream is held up, nobody takes what the server sends: it need not give us up for that. */
	buf_put_text(&sql, ", SESSION net_write_timeout = CAST(GREATEST(@@session.net_write_timeout, " WRITE_SECONDS ") AS UNSIGNED)");
	if (r->c.flavor == FLAVOR_MARIADB) {
		/* Below 4 (GTID) it would send GTIDs and more as dummies of other types. */
		buf_put_text(&sql, ", @mariadb_slave_capability = 4");
		if (start->by_gtid) {
			buf_put_text(&sql, ", @slave_gtid_strict_mode = 1, @slave_connect_state = ");
			sql_put_text(&sql, start->gtid, r->c.backslash);
		}
	} else {
		buf_put_text(&sql, ", @source_binlog_checksum = @@global.binlog_checksum");
		buf_putf(&sql, ", @source_heartbeat_period = %llu, @slave_uuid = '", heartbeat_ns);
		put_uuid(&sql);
		buf_put_text(&sql, "', @replica_uuid = @slave_uuid");
	}
	ok = buf_ok(&sql, "a GTID set", e) && conn_run(&r->c, buf_str(&sql), e);
	buf_release(&sql);
	return ok;
}

static bool is_taken(const uint32_t *ids, size_t n, uint32_t id)
{
	while (n-- > 0)
		if (ids[n] == id)
			return true;
	return false;
}

/* What other replicas use now. That the list cannot be had is no fault: the id is random anyway. */
static size_t ids_in_use(struct conn *c, uint32_t *ids, size_t room)
{
	const char *sql = c->flavor == FLAVOR_MYSQL && c->version >= 80022 ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS";
	struct result r;
	struct err ignored;
	bool more;
	size_t n = 0;
	uint64_t id;

	if (conn_query(c, &r, str_of(sql), false, &ignored))
		while (n < room && result_next(&r, &more, &ignored) && more)
			if (r.n > 0 && str_to_u64(r.row[0], &id))
				ids[n++] = (uint32_t)id;
	result_release(&r);
	return n;
}

static uint32_t choose_server_id(struct conn *c)
{
	uint32_t ids[1000], id = 0;
	size_t n = ids_in_use(c, ids, sizeof(ids) / sizeof(ids[0]));

	do
		while (getrandom(&id, sizeof(id), 0) < 0 && errno == EINTR)
			;
	while (is_taken(ids, n, id = LOWEST_SERVER_ID + id % (UINT32_MAX - LOWEST_SERVER_ID)));
	return id;
}

static bool register_replica(struct replica *r, struct err *e)
{
	struct buf b = BUF_INIT(64);
	bool ok;

	put_uint(&b, r->server_id, 4);
	put_uint(&b, 0, 3);	/* host, user, password: empty */
	put_uint(&b, 0, 2 + 4 + 4);
	ok = r->c.m->methods->db_command(r->c.m, COM_REGISTER_SLAVE, b.p, b.n, 0, NULL) == 0 ||
	     fail_query(&r->c, STR_LIT("(register as a replica)"), e);
	buf_release(&b);
	if (!ok && e->kind->status == STATUS_REFUSED)
		e->kind = &err_replica_refused;	/* its way out names the privilege */
	return ok;
}

static bool send_dump(struct replica *r, enum enum_server_command command, struct buf *b, struct err *e)
{
	bool ok = buf_ok(b, "a GTID set", e) &&
		  (r->c.m->methods->db_command(r->c.m, command, b->p, b->n, 1, NULL) == 0 ||
		   fail_query(&r->c, STR_LIT("(ask for the binlog)"), e));

	buf_release(b);
	r->dumping = ok;
	return ok;
}

/* By GTIDs; or, with an empty set, from a place whose offset needs 64 bits. */
static bool dump_gtid(struct replica *r, unsigned flags, const struct replica_start *start, struct str set,
		      struct err *e)
{
	struct buf b = BUF_INIT(1 << 26);
	struct str file = start->by_gtid ? STR_LIT("") : start->file;

	put_uint(&b, flags, 2);
	put_uint(&b, r->server_id, 4);
	put_uint(&b, file.n, 4);
	buf_put_str(&b, file);
	put_uint(&b, start->by_gtid ? 4 : start->pos, 8);
	put_uint(&b, set.n, 4);
	buf_put_str(&b, set);
	return send_dump(r, (enum enum_server_command)COM_BINLOG_DUMP_GTID, &b, e);
}

static bool dump_place(struct replica *r, unsigned flags, const struct replica_start *start, struct err *e)
{
	struct buf b = BUF_INIT(4096);

	put_uint(&b, start->by_gtid || start->pos < 4 ? 4 : start->pos, 4);
	put_uint(&b, flags, 2);
	put_uint(&b, r->server_id, 4);
	if (!start->by_gtid)
		buf_put_str(&b, start->file);
	return send_dump(r, COM_BINLOG_DUMP, &b, e);
}

static bool start_dump(struct replica *r, const struct replica_start *start, struct err *e)
{
	static const struct str empty_set = { "\0\0\0\0\0\0\0\0", 8 };
	bool mysql = r->c.flavor == FLAVOR_MYSQL;
	unsigned flags = mysql && r->c.version >= 80028 ? MYSQL_HEARTBEAT_V2 : 0;

	if (!mysql && start->whole)
		flags = MARIADB_ANNOTATIONS;

	if (mysql && start->by_gtid)
		return dump_gtid(r, flags, start, start->gtid_binary.n > 0 ? start->gtid_binary : empty_set, e);
	if (!start->by_gtid && start->pos > UINT32_MAX)
		return dump_gtid(r, flags, start, empty_set, e);
	return dump_place(r, flags, start, e);
}

/* A read that would block then comes to on_io_wait, over TLS too. */
static void set_nonblocking(MYSQL *m)
{
	int fd = (int)mysql_get_socket(m);

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

bool replica_open(struct replica *r, const struct endpoint *at, const struct replica_start *start,
		  bool (*before_wait)(void *context, struct err *e), void *context, struct err *e)
{
	struct conn_want want = { .at = at, .scope = SCOPE_UPSTREAM, .io_wait = on_io_wait };
	bool ok;

	r->dumping = r->heard = false;
	r->wait_got = REPLICA_EVENT;
	r->before_wait = before_wait;
	r->context = context;
	r->tick_ms = (start->heartbeat_ms ? start->heartbeat_ms : HEARTBEAT_MS) * 3 / 2;
	r->read_timeout_ms = r->read_timeout_ms ? r->read_timeout_ms : QUIET_MS;
	if (r->read_timeout_ms < 3 * r->tick_ms)
		r->read_timeout_ms = 3 * r->tick_ms;
	r->since_signals = r->quiet_ms = 0;
	waiting = r;
	ok = conn_open(&r->c, &want, e);
	if (ok) {
		set_nonblocking(r->c.m);
		r->server_id = start->server_id ? start->server_id : choose_server_id(&r->c);
		ok = replica_check_start(r, start, e) && set_session(r, start, e) && register_replica(r, e) &&
		     start_dump(r, start, e);
	}
	waiting = NULL;
	if (!ok)
		conn_close(&r->c);
	return ok;
}

void replica_close(struct replica *r)
{
	waiting = r;	/* the library says goodbye */
	r->dumping = false;
	conn_close(&r->c);
	waiting = NULL;
}

/* Nothing read ahead, so that a wait of our own outside the library loses nothing. What TLS holds back cannot be
 * seen. */
static bool is_drained(MYSQL *m)
{
	const MARIADB_PVIO *pvio = m->net.pvio;

	return pvio && !pvio->ctls && pvio->cache && pvio->cache_pos >= pvio->cache + pvio->cache_size;
}

/* Waits for the first byte of the next packet, where that can be done without the library. REPLICA_EVENT: read on. */
static enum replica_got wait_for_packet(struct replica *r, struct err *e)
{
	int fd = (int)mysql_get_socket(r->c.m), ready;

	ready = wait_for(fd, true, 0);
	if (ready != 0)
		return REPLICA_EVENT;
	do {
		if (!may_wait(r))
			return r->wait_got;
		ready = wait_for(fd, true, (int)r->tick_ms);
	} while (ready < 0 && errno == EINTR);
	if (ready != 0)
		return REPLICA_EVENT;
	r->quiet_ms += r->tick_ms;
	if (r->quiet_ms < longest_silence(r))
		return REPLICA_TICK;
	err_set(e, &err_replica_lost, "%s: not even a heartbeat for %u s", r->c.name, r->quiet_ms / 1000);
	return REPLICA_LOST;
}

/* Servers have one number for all that ends a dump; but for a file that is not on its disk MariaDB says that. */
static bool is_purged(unsigned number, const char *text)
{
	static const char *const words[] = {
		"purged", "ould not find first log", "ould not find next log", "ould not open log file",
		"ould not find GTID state",
	};

	for (size_t i = 0; number == ER_MASTER_FATAL && i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]))
			return true;
	return number == EE_FILE_NOT_FOUND;
}

/* A read of the library's failed: the waiting place gave up, the connection broke, or the server said why not. */
static enum replica_got what_failed(struct replica *r, struct err *e)
{
	unsigned number = mysql_errno(r->c.m);
	char text[512];

	r->c.errno_last = number;
	if (r->wait_got == REPLICA_STOP || r->wait_got == REPLICA_FAIL)
		return r->wait_got;
	if (r->wait_got == REPLICA_LOST) {
		err_set(e, &err_replica_lost, "%s: not even a heartbeat for %u s", r->c.name,
			longest_silence(r) / 1000);
		return REPLICA_LOST;
	}
	snprintf(text, sizeof(text), "%s: error %u (%s): %s", r->c.name, number, mysql_sqlstate(r->c.m),
		 mysql_error(r->c.m));
	if ((number >= 2000 && number < 3000) || conn_error_is_passing(number)) {
		err_set(e, &err_replica_lost, "%s", text);
		return REPLICA_LOST;
	}
	if (number == ER_SLAVE_SAME_ID || (number == ER_MASTER_FATAL && strstr(text, "with the same server_uuid/server_id"))) {
		err_set(e, &err_replica_replaced, "%s", text);
		return REPLICA_FAIL;
	}
	err_set(e, is_purged(number, text) ? &err_replica_start : &err_replica_refused, "%s%s%s%s", text, r->oldest[0] ? "; its oldest binlog was '" : "", r->oldest,
		r->oldest[0] ? "'" : "");
	return REPLICA_FAIL;
}

static enum replica_got read_packet(struct replica *r, struct str *event, struct err *e)
{
	unsigned long n = mysql_net_read_packet(r->c.m);
	const char *p = (const char *)r->c.m->net.read_pos;

	if (n == packet_error)
		return what_failed(r, e);
	if (n > 0 && (uint8_t)p[0] == 0xfe && n < 9) {
		err_set(e, &err_replica_lost, "%s: the server ended the binlog stream", r->c.name);
		return REPLICA_LOST;
	}
	if (n == 0 || p[0] != 0) {
		err_set(e, &err_replica_refused, "%s: what the server sends is no binlog event", r->c.name);
		return REPLICA_FAIL;
	}
	r->quiet_ms = 0;
	r->heard = true;
	*event = (struct str){ p + 1, n - 1 };
	return REPLICA_EVENT;
}

enum replica_got replica_next(struct replica *r, struct str *event, struct err *e)
{
	enum replica_got got = REPLICA_EVENT;

	if (!r->dumping || !r->c.m || !r->c.m->net.pvio) {
		err_set(e, &err_replica_lost, "%s: the binlog stream is over", r->c.name);
		return REPLICA_LOST;
	}
	r->wait_got = REPLICA_EVENT;
	r->wait_err = e;
	waiting = r;
	if (++r->since_signals >= EVENTS_BETWEEN_SIGNALS) {
		tool_take_signals();
		r->since_signals = 0;
	}
	if (stop_asked)
		got = REPLICA_STOP;
	else if (is_drained(r->c.m))
		got = wait_for_packet(r, e);
	if (got == REPLICA_EVENT)
		got = read_packet(r, event, e);
	waiting = NULL;
	if (got == REPLICA_LOST || got == REPLICA_FAIL)
		r->dumping = false;
	return got;
}
