/* xa.c - XA transactions that are prepared and not decided; see dump.h */
#include "dump.h"

#include "base/log.h"

static const struct err_kind err_xa = {
	.code = 34530, .class = "dump-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "commit them or roll them back upstream (XA RECOVER lists them), and try again",
};

enum { XA_SHOWN = 3 };		/* of those that are prepared, in a message */

/* X'6731',X'6231',7 as in the statement that decides it. */
static void put_xid(struct buf *b, const struct str row[4])
{
	uint64_t gtrid = 0;

	str_to_u64(row[1], &gtrid);
	buf_put_text(b, b->n > 0 ? ", X'" : "X'");
	for (size_t i = 0; i < row[3].n; i++)
		buf_putf(b, i == gtrid ? "',X'%02x" : "%02x", (unsigned char)row[3].p[i]);
	buf_putf(b, row[3].n <= gtrid ? "',X'',%.*s" : "',%.*s", STR(row[0]));
}

static bool read_xids(struct snapshot *s, struct buf *list, size_t *n, struct err *e)
{
	struct result r;
	bool more = true, ok = conn_query(&s->control, &r, STR_LIT("XA RECOVER"), false, e);

	while (ok && (ok = result_next(&r, &more, e)) && more)
		if ((*n)++ < XA_SHOWN)
			put_xid(list, r.row);
	result_release(&r);
	return ok;
}

/* The rows of a prepared XA transaction are in no snapshot, and its PREPARE stands before the place: they would be in
 * neither the dump nor the changes. Who may not ask is told by dm-relay, when it meets the XA COMMIT. */
bool snapshot_check_xa(struct snapshot *s, const struct dump_want *want, struct err *e)
{
	struct buf list = BUF_INIT(8192);
	struct err denied = { 0 };
	size_t n = 0;
	bool ok = true;

	if (!read_xids(s, &list, &n, &denied)) {
		ok = s->control.errno_last == 1401 || s->control.errno_last == 1227;
		if (ok)
			log_debug("%s: %s", s->control.name, denied.text);
		else
			*e = denied;
	} else if (n > 0) {
		ok = false;
		err_set(e, &err_xa, "%s: XA transactions are prepared and not decided (%zu: %.*s%s): their rows would "
			"be in neither the dump nor the changes behind it", s->control.name, n,
			     STR(buf_str(&list)), n > XA_SHOWN ? ", ..." : "");
		if (!want->check_binlog) {		/* perhaps nobody wants to read changes */
			log_warning("%s", e->text);
			err_clear(e);
			ok = true;
		}
	}
	buf_release(&list);
	return ok;
}
