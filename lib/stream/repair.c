/* repair.c - what an operator wants instead of statements that fail; see repair.h */
#include "stream/repair.h"

#include <string.h>

#include "text/json_read.h"
#include "text/json_write.h"

static const char *const names[] = { [REPAIR_SKIP] = "skip", [REPAIR_REPLACE] = "replace", [REPAIR_INJECT] = "inject" };

#define N_NAMES (sizeof(names) / sizeof(names[0]))

void repairs_init(struct repairs *r)
{
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena);
}

void repairs_release(struct repairs *r)
{
	arena_release(&r->arena);
	r->list = NULL;
	r->n = 0;
}

const char *repair_name(enum repair_kind kind)
{
	return names[kind];
}

static void read_sqls(struct json *j, struct repair *op, struct arena *a)
{
	size_t room = 0;

	for (bool more = json_array(j); more && json_item(j); ) {
		if (op->n_sqls == room) {
			struct str *grown = arena_array(a, room = room * 2 + 4, sizeof(*grown));

			if (op->n_sqls)
				memcpy(grown, op->sqls, op->n_sqls * sizeof(*grown));
			op->sqls = grown;
		}
		op->sqls[op->n_sqls++] = json_text(j, a);
	}
}

/* An operation that is not known is bad: to pass over it would be to run what must not run. */
static void read_one(struct json *j, struct repairs *r)
{
	struct repair op = { .pos = STR_LIT("") };
	struct str key, name = STR_LIT("");
	size_t kind = 0;

	for (bool more = json_object(j); more && json_key(j, &key); ) {
		if (str_is(key, "op"))
			name = json_text(j, &r->arena);
		else if (str_is(key, "pos"))
			op.pos = json_text(j, &r->arena);
		else if (str_is(key, "sqls"))
			read_sqls(j, &op, &r->arena);
		else if (str_is(key, "done"))
			op.done = (size_t)json_u64(j);
		else
			json_skip(j);
	}
	while (kind < N_NAMES && !str_is(name, names[kind]))
		kind++;
	if (kind == N_NAMES || op.pos.n == 0 || op.done > op.n_sqls) {
		j->bad = true;
		return;
	}
	op.kind = (enum repair_kind)kind;
	repairs_add(r, &op);
}

bool repairs_parse(struct repairs *r, struct str text, struct err *e)
{
	struct json j;

	if (text.n == 0)
		return true;
	json_init(&j, text);
	if (json_null(&j))
		return true;
	for (bool more = json_array(&j); more && json_item(&j); )
		read_one(&j, r);
	return json_ok(&j, "the state line 'handle-error' of dm-relay", e);
}

void repairs_put(struct buf *b, const struct repairs *r)
{
	if (r->n == 0) {
		buf_put_text(b, "null");
		return;
	}
	buf_put_char(b, '[');
	for (size_t i = 0; i < r->n; i++) {
		const struct repair *op = &r->list[i];

		buf_put_text(b, i ? ",{" : "{");
		json_put_key_text(b, "op", str_of(names[op->kind]));
		json_put_key_text(b, "pos", op->pos);
		if (op->n_sqls > 0) {
			json_put_key(b, "sqls");
			buf_put_char(b, '[');
			for (size_t k = 0; k < op->n_sqls; k++) {
				buf_put_text(b, k ? "," : "");
				json_put_text(b, op->sqls[k]);
			}
			buf_put_char(b, ']');
		}
		if (op->done > 0)
			json_put_key_u64(b, "done", op->done);
		buf_put_char(b, '}');
	}
	buf_put_char(b, ']');
}

struct repair *repairs_find(const struct repairs *r, struct str pos)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->list[i].pos, pos))
			return &r->list[i];
	return NULL;
}

void repairs_drop(struct repairs *r, struct repair *repair)
{
	size_t behind = (size_t)(r->list + r->n - repair) - 1;

	memmove(repair, repair + 1, behind * sizeof(*repair));
	r->n--;
}

void repairs_add(struct repairs *r, const struct repair *repair)
{
	struct repair *old = repairs_find(r, repair->pos), *grown;
	struct repair copy = *repair;

	if (old)
		repairs_drop(r, old);
	copy.pos = arena_str(&r->arena, repair->pos);
	copy.sqls = arena_array(&r->arena, repair->n_sqls, sizeof(*copy.sqls));
	for (size_t i = 0; i < repair->n_sqls; i++)
		copy.sqls[i] = arena_str(&r->arena, repair->sqls[i]);
	grown = arena_array(&r->arena, r->n + 1, sizeof(*grown));
	if (r->n)
		memcpy(grown, r->list, r->n * sizeof(*grown));
	grown[r->n++] = copy;
	r->list = grown;
}
