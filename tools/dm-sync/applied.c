/* applied.c - which row changes were applied behind the checkpoint's place; see applied.h */
#include "applied.h"

#include <stdlib.h>

#include "base/mem.h"

static const struct err_kind err_applied = {
	.code = 36515, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "the row in TASK_syncer_applied was changed by somebody: compare the tables of both ends, empty it, and start with "
		      "safe-mode: true",
};

struct range {
	uint64_t first, last;
};

struct applied_trx {
	struct range *ranges;
	size_t n, cap;
	bool sorted;
};

void applied_init(struct applied *a)
{
	map_init(&a->trxs);
}

static void drop(struct applied_trx *t)
{
	if (t)
		free(t->ranges);
	free(t);
}

void applied_release(struct applied *a)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&a->trxs, &at)))
		drop(entry->value);
	map_release(&a->trxs);
}

static void add_range(struct applied_trx *t, struct range r)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 4;
		t->ranges = mem_rearray(t->ranges, t->cap, sizeof(*t->ranges));
	}
	t->ranges[t->n++] = r;
	t->sorted = false;
}

static bool take_ranges(struct applied_trx *t, struct str list)
{
	while (list.n > 0) {
		struct str one = list, first, last;
		struct range r;

		if (!str_cut(list, ',', &one, &list))
			list = STR_NONE;
		if (!str_cut(one, '-', &first, &last))
			first = last = one;
		if (!str_to_u64(first, &r.first) || !str_to_u64(last, &r.last) || r.first > r.last)
			return false;
		add_range(t, r);
	}
	return true;
}

/* The whole ID, into id, which holds the one before it. */
static bool take_id(struct buf *id, struct str text)
{
	struct str head;

	if (text.n == 0)
		return false;
	if (text.p[0] != ':') {
		buf_clear(id);
	} else {
		if (!str_cut_last(buf_str(id), ':', &head, NULL))
			return false;
		id->n = head.n;
	}
	buf_put_str(id, text);
	return !id->over;
}

static struct applied_trx *get(struct applied *a, struct str id)
{
	struct applied_trx *t = map_get(&a->trxs, id);

	if (!t) {
		t = mem_zalloc(sizeof(*t));
		map_put(&a->trxs, id, t);
	}
	return t;
}

bool applied_take(struct applied *a, struct str text, struct err *e)
{
	struct buf id = BUF_INIT(4096);
	bool ok = true;

	while (ok && text.n > 0) {
		struct str one, name, list;
		struct applied_trx *t;

		ok = str_cut(text, ';', &one, &text) && str_cut(one, ' ', &name, &list) && list.n > 0 && take_id(&id, name);
		if (!ok)
			break;
		t = get(a, buf_str(&id));
		ok = take_ranges(t, list);
	}
	buf_release(&id);
	return ok || err_set(e, &err_applied, "what was applied behind the checkpoint cannot be read");
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

bool applied_has(struct applied *a, struct str pos, struct str gtid, uint64_t seq)
{
	struct applied_trx *t = map_get(&a->trxs, gtid.n ? gtid : pos);
	size_t low = 0, high;

	if (!t)
		return false;
	if (!t->sorted)
		qsort(t->ranges, t->n, sizeof(*t->ranges), compare_ranges);
	t->sorted = true;
	for (high = t->n; low < high; ) {	/* the first that starts behind seq */
		size_t middle = low + (high - low) / 2;

		if (t->ranges[middle].first <= seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && t->ranges[low - 1].last >= seq;
}

static struct str id_of(const struct op_trx *trx)
{
	return trx->gtid.n ? trx->gtid : trx->pos;
}

static void put_id(struct buf *b, struct str id, struct str before)
{
	struct str head, head_before;

	if (str_cut_last(id, ':', &head, NULL) && str_cut_last(before, ':', &head_before, NULL) && str_eq(head, head_before))
		id = str_from(id, head.n);
	buf_put_str(b, id);
	buf_put_char(b, ' ');
}

static void put_range(struct buf *b, struct range r, bool comma)
{
	if (comma)
		buf_put_char(b, ',');
	buf_put_u64(b, r.first);
	if (r.last > r.first) {
		buf_put_char(b, '-');
		buf_put_u64(b, r.last);
	}
}

void applied_put(struct buf *b, const struct group *g, size_t first, const uint32_t *ops, size_t n)
{
	struct str before = STR_NONE;

	for (size_t i = 0; i < n; ) {
		uint32_t trx = g->ops[first + ops[i]].trx;
		bool comma = false;

		put_id(b, id_of(&g->trxs[trx]), before);
		before = id_of(&g->trxs[trx]);
		while (i < n && g->ops[first + ops[i]].trx == trx) {
			struct range r = { g->ops[first + ops[i]].seq, g->ops[first + ops[i]].seq };

			for (i++; i < n && g->ops[first + ops[i]].trx == trx && g->ops[first + ops[i]].seq == r.last + 1; i++)
				r.last++;
			put_range(b, r, comma);
			comma = true;
		}
		buf_put_char(b, ';');
	}
}

void applied_put_all(struct buf *b, const struct applied *a)
{
	struct str before = STR_NONE;
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&a->trxs, &at))) {
		const struct applied_trx *t = entry->value;

		put_id(b, entry->key, before);
		before = entry->key;
		for (size_t i = 0; i < t->n; i++)
			put_range(b, t->ranges[i], i > 0);
		buf_put_char(b, ';');
	}
}

void applied_forget(struct applied *a, const struct op_trx *trx)
{
	drop(map_take(&a->trxs, id_of(trx)));
}

void applied_add_up_to(struct applied *a, const struct op_trx *trx, uint64_t seq)
{
	struct applied_trx *t = get(a, id_of(trx));
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct range r = t->ranges[i];

		r.first = r.first <= seq ? seq + 1 : r.first;
		if (r.first <= r.last)
			t->ranges[n++] = r;
	}
	t->n = n;
	add_range(t, (struct range){ 0, seq });
}
