/* lease.c - which hosts work on a task's sources, and handing one over; see commands.h */
#include "commands.h"

#include "text/json_write.h"

#define LIST_MAX ((size_t)16 << 20)

/* As DM's list-member shows a worker. */
static void put_lease(struct buf *b, const struct meta_lease *lease)
{
	buf_put_char(b, '{');
	json_put_key_text(b, "name", lease->host);
	json_put_key_text(b, "addr", STR_LIT(""));
	json_put_key_text(b, "stage", lease->dead ? STR_LIT("offline") : lease->held ? STR_LIT("bound") : STR_LIT("free"));
	json_put_key_text(b, "source", lease->source);
	buf_put_text(b, "}\n");
}

bool lease_list(struct work *w, struct err *e)
{
	struct buf b = BUF_INIT(LIST_MAX);
	struct arena a = ARENA_INIT;
	struct meta_lease *leases;
	bool there, ok;
	size_t n = 0;

	meta_init(&w->meta, &w->c, w->schema, w->task, STR_LIT("(all)"));
	ok = meta_is_there(&w->meta, &there, e) && (!there || meta_lease_list(&w->meta, &a, &leases, &n, e));
	for (size_t i = 0; ok && i < n; i++)
		put_lease(&b, &leases[i]);
	ok = ok && buf_ok(&b, "the list of leases", e) && line_put(w->out, buf_str(&b), e);
	arena_release(&a);
	buf_release(&b);
	return ok;
}

bool lease_give(struct work *w, struct err *e)
{
	return meta_lease_give(&w->meta, w->operands[0], e);
}
