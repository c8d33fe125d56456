/* joined_state.c - states of joined groups as JSON; see joined_state.h */
#include "meta/joined_state.h"

#include "stream/event.h"
#include "text/json_read.h"
#include "text/json_write.h"

#define LIST_MAX 100000

static bool take_table(struct json *j, struct table *t, bool *there, struct arena *a, struct err *e)
{
	struct str raw = json_skip(j);

	if (j->bad || str_is(raw, "null"))
		return true;
	return *there = table_line_parse(t, NULL, raw, a, e);
}

static void take_place(struct json *j, struct shard_place *at, struct arena *a)
{
	struct str key;

	for (bool more = json_object(j); more && json_key(j, &key); ) {
		if (str_is(key, "pos"))
			at->pos = json_text(j, a);
		else if (str_is(key, "gtid"))
			at->gtid = json_text(j, a);
		else if (str_is(key, "n"))
			at->nth = json_u64(j);
		else
			json_skip(j);
	}
}

static size_t count_items(struct json j)
{
	size_t n = 0;

	for (bool more = json_array(&j); more && json_item(&j) && n < LIST_MAX; n++)
		json_skip(&j);
	return n;
}

static void take_texts(struct json *j, struct str **texts, size_t *n, struct arena *a)
{
	*texts = arena_array(a, count_items(*j) + 1, sizeof(**texts));
	for (bool more = json_array(j); more && json_item(j); )
		(*texts)[(*n)++] = json_text(j, a);
}

/* [["source","schema","table","column"],...] */
static void take_dropped(struct json *j, struct joined_dropped **list, size_t *n, struct arena *a)
{
	*list = arena_array(a, count_items(*j) + 1, sizeof(**list));
	for (bool more = json_array(j); more && json_item(j); ) {
		struct str *texts;
		size_t count = 0;

		take_texts(j, &texts, &count, a);
		if (count == 4)
			(*list)[(*n)++] = (struct joined_dropped){ texts[0], texts[1], texts[2], texts[3] };
		else
			j->bad = true;
	}
}

/* [["ALTER ...",true],...] */
static void take_statements(struct json *j, struct joined_plan *p, struct arena *a)
{
	p->statements = arena_array(a, count_items(*j) + 1, sizeof(*p->statements));
	for (bool more = json_array(j); more && json_item(j); p->n++) {
		struct joined_statement *s = &p->statements[p->n];

		if (json_array(j) && json_item(j))
			s->sql = json_text(j, a);
		if (json_item(j))
			s->own = json_bool(j);
		if (json_item(j))
			j->bad = true;
	}
}

static bool is_null(struct json *j)
{
	return json_peek(j) == JSON_NULL && json_null(j);
}

bool joined_member_read(struct joined_member *m, struct str state, struct arena *a, struct err *e)
{
	struct json j;
	struct str key;
	bool ok = true;

	*m = (struct joined_member){ .has_now = false };
	if (state.n == 0)
		return true;
	json_init(&j, state);
	for (bool more = json_object(&j); ok && more && json_key(&j, &key); ) {
		if (str_is(key, "now"))
			ok = take_table(&j, &m->now, &m->has_now, a, e);
		else if (str_is(key, "wants"))
			ok = take_table(&j, &m->wants, &m->has_wants, a, e);
		else if (str_is(key, "assumed"))
			m->assumed = json_bool(&j);
		else if (str_is(key, "renamed"))
			take_texts(&j, &m->renamed, &m->n_renamed, a);
		else if (str_is(key, "last")) {
			m->has_last = true;
			take_place(&j, &m->last, a);
		} else if (str_is(key, "verdict"))
			m->verdict = json_text(&j, a);
		else if (str_is(key, "why"))
			m->why = json_text(&j, a);
		else if (str_is(key, "sql"))
			m->sql = json_text(&j, a);
		else if (str_is(key, "order"))
			m->order = json_text(&j, a);
		else
			json_skip(&j);
	}
	ok = ok && json_ok(&j, "what is known of a shard", e);
	if (!ok)
		joined_member_release(m);
	return ok;
}

static bool take_plan(struct json *j, struct joined_plan *p, struct arena *a, struct err *e)
{
	struct str key;
	bool ok = true;

	if (is_null(j))
		return true;
	p->there = true;
	for (bool more = json_object(j); ok && more && json_key(j, &key); ) {
		if (str_is(key, "source"))
			p->source = json_text(j, a);
		else if (str_is(key, "schema"))
			p->schema = json_text(j, a);
		else if (str_is(key, "table"))
			p->table = json_text(j, a);
		else if (str_is(key, "at"))
			take_place(j, &p->at, a);
		else if (str_is(key, "line"))
			p->line = json_text(j, a);
		else if (str_is(key, "next"))
			p->next = json_u64(j);
		else if (str_is(key, "statements"))
			take_statements(j, p, a);
		else if (str_is(key, "now"))
			ok = take_table(j, &p->now, &p->has_now, a, e);
		else if (str_is(key, "joined"))
			ok = take_table(j, &p->joined, &p->has_joined, a, e);
		else if (str_is(key, "dropped"))
			take_dropped(j, &p->dropped, &p->n_dropped, a);
		else if (str_is(key, "resolves"))
			p->resolves = json_bool(j);
		else
			json_skip(j);
	}
	return ok;
}

bool joined_group_read(struct joined_group *g, struct str state, struct arena *a, struct err *e)
{
	struct json j;
	struct str key;
	bool ok = true;

	*g = (struct joined_group){ .begun = false };
	if (state.n == 0)
		return true;
	json_init(&j, state);
	for (bool more = json_object(&j); ok && more && json_key(&j, &key); ) {
		if (str_is(key, "joined")) {
			g->begun = true;
			ok = take_table(&j, &g->joined, &g->has_joined, a, e);
		} else if (str_is(key, "dropped")) {
			take_dropped(&j, &g->dropped, &g->n_dropped, a);
		} else if (str_is(key, "plan")) {
			ok = take_plan(&j, &g->plan, a, e);
		} else {
			json_skip(&j);
		}
	}
	ok = ok && json_ok(&j, "what is known of merged tables", e);
	if (!ok)
		joined_group_release(g);
	return ok;
}

/* --- writing --- */

static void put_table(struct buf *b, const char *key, const struct table *t)
{
	json_put_key(b, key);
	if (!t) {
		buf_put_text(b, "null");
		return;
	}
	table_line_put(b, t, NULL);
	if (b->n > 0 && b->p[b->n - 1] == '\n')
		b->n--;
}

static void put_place(struct buf *b, const char *key, const struct shard_place *at)
{
	json_put_key(b, key);
	buf_put_char(b, '{');
	json_put_key_text(b, "pos", at->pos);
	json_put_key_text(b, "gtid", at->gtid);
	json_put_key_u64(b, "n", at->nth);
	buf_put_char(b, '}');
}

static void put_dropped(struct buf *b, const struct joined_dropped *list, size_t n)
{
	json_put_key(b, "dropped");
	buf_put_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		const struct str texts[] = { list[i].source, list[i].schema, list[i].table, list[i].column };

		for (size_t k = 0; k < 4; k++) {
			buf_put_text(b, k ? "," : i ? ",[" : "[");
			json_put_text(b, texts[k]);
		}
		buf_put_char(b, ']');
	}
	buf_put_char(b, ']');
}

static void put_some(struct buf *b, const char *key, struct str text)
{
	if (text.n > 0)
		json_put_key_text(b, key, text);
}

void joined_member_put(struct buf *b, const struct joined_member *m)
{
	buf_put_char(b, '{');
	if (m->has_last)
		put_place(b, "last", &m->last);
	put_some(b, "verdict", m->verdict);
	put_some(b, "why", m->why);
	put_some(b, "sql", m->sql);
	put_some(b, "order", m->order);
	if (m->n_renamed > 0) {
		json_put_key(b, "renamed");
		for (size_t i = 0; i < m->n_renamed; i++) {
			buf_put_char(b, i ? ',' : '[');
			json_put_text(b, m->renamed[i]);
		}
		buf_put_char(b, ']');
	}
	if (m->assumed)
		json_put_key_bool(b, "assumed", true);
	if (m->has_wants)
		put_table(b, "wants", &m->wants);
	if (m->has_now)
		put_table(b, "now", &m->now);
	buf_put_char(b, '}');
}

static void put_plan(struct buf *b, const struct joined_plan *p)
{
	json_put_key(b, "plan");
	buf_put_char(b, '{');
	json_put_key_text(b, "source", p->source);
	json_put_key_text(b, "schema", p->schema);
	json_put_key_text(b, "table", p->table);
	put_place(b, "at", &p->at);
	json_put_key_u64(b, "next", p->next);
	json_put_key(b, "statements");
	buf_put_char(b, '[');
	for (size_t i = 0; i < p->n; i++) {
		buf_put_text(b, i ? ",[" : "[");
		json_put_text(b, p->statements[i].sql);
		buf_put_text(b, p->statements[i].own ? ",true]" : ",false]");
	}
	buf_put_char(b, ']');
	json_put_key_bool(b, "resolves", p->resolves);
	put_dropped(b, p->dropped, p->n_dropped);
	if (p->has_now)
		put_table(b, "now", &p->now);
	if (p->has_joined)
		put_table(b, "joined", &p->joined);
	json_put_key_text(b, "line", p->line);
	buf_put_char(b, '}');
}

void joined_group_put(struct buf *b, const struct joined_group *g)
{
	buf_put_char(b, '{');
	if (g->begun)
		put_table(b, "joined", g->has_joined ? &g->joined : NULL);
	put_dropped(b, g->dropped, g->n_dropped);
	if (g->plan.there)
		put_plan(b, &g->plan);
	buf_put_char(b, '}');
}

static void drop_table(struct table *t, bool *there)
{
	if (*there)
		table_release(t);
	*there = false;
}

void joined_member_release(struct joined_member *m)
{
	drop_table(&m->now, &m->has_now);
	drop_table(&m->wants, &m->has_wants);
}

void joined_group_release(struct joined_group *g)
{
	drop_table(&g->joined, &g->has_joined);
	drop_table(&g->plan.now, &g->plan.has_now);
	drop_table(&g->plan.joined, &g->plan.has_joined);
}

bool joined_same_place(const struct shard_place *a, const struct shard_place *b)
{
	bool same = a->gtid.n && b->gtid.n ? str_eq(a->gtid, b->gtid) : a->pos.n > 0 && str_eq(a->pos, b->pos);

	return same && a->nth == b->nth;
}
