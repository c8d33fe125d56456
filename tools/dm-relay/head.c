/* head.c - where the upstream's log ends; see head.h */
#include "head.h"

#include "mysql/server.h"
#include "store.h"

enum { EVERY_MS = 3000 };

void head_release(struct head *h)
{
	if (h->connected)
		conn_close(&h->c);
	h->connected = false;
}

static bool ask(struct head *h, struct relay *r, uint64_t sub, const char *server, struct arena *a, struct err *e)
{
	struct conn_want want = { .at = h->at, .scope = SCOPE_UPSTREAM };
	struct buf name = BUF_INIT(STORE_NAME_MAX + 16);
	struct server_place head;
	struct str who;
	bool ok = h->connected;

	if (!ok) {
		ok = h->connected = conn_open(&h->c, &want, e);
		if (!ok)
			conn_close(&h->c);
	}
	ok = ok && server_own_id(&h->c, a, &who, e) && server_binlog_place(&h->c, a, &head, e);
	if (ok && (!server[0] || str_eq(who, str_of(server)))) {
		place_set(&r->head, sub ? store_tell(sub, head.file, &name) : head.file, head.pos);
		buf_set(&r->head_gtid, head.gtid);
	}
	buf_release(&name);
	return ok;
}

void head_ask(struct head *h, struct relay *r, uint64_t sub, const char *server)
{
	struct arena a = ARENA_INIT;
	struct err ignored = { 0 };

	if (!h->at || (h->asked_ms != 0 && now_ms() - h->asked_ms < EVERY_MS))
		return;
	if (!ask(h, r, sub, server, &a, &ignored))
		head_release(h);
	h->asked_ms = now_ms();
	arena_release(&a);
}
