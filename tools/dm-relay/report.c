/* report.c - the status file of dm-relay, with DM's names; see relay.h */
#include "relay.h"

/* "(mysql-bin.000002, 4567)" */
static void put_place(struct status *status, const char *name, const struct place *place)
{
	struct buf b = BUF_INIT(1024);

	if (place->file[0])
		buf_putf(&b, "(%s, %llu)", place->file, (unsigned long long)place->pos);
	status_text(status, name, buf_str(&b));
	buf_release(&b);
}

bool report(struct relay *r, const char *stage, bool now, struct err *e)
{
	struct buf b = BUF_INIT(64 << 20);

	if (!r->status.path || (!now && (r->transactions % 64 || now_ms() - r->status_ms < 1000)))
		return true;
	r->status_ms = now_ms();
	put_place(&r->status, "masterBinlog", &r->head);
	put_place(&r->status, "relayBinlog", &r->safe);
	if (r->done_known)
		gtid_set_text(&r->done, &b);
	status_text(&r->status, "relayBinlogGtid", buf_str(&b));
	status_bool(&r->status, "relayCatchUpMaster", r->head.file[0] && place_compare(&r->safe, &r->head) >= 0);
	status_u64(&r->status, "events", r->events);
	status_u64(&r->status, "rows", r->rows);
	status_u64(&r->status, "transactions", r->transactions);
	buf_release(&b);
	return status_write(&r->status, stage, now, e);
}
