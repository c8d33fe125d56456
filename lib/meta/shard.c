/* shard.c - members of a shard group and their DDL; see shard.h */
#include "meta/shard.h"

#include "meta/parts.h"
#include "text/json_read.h"
#include "text/json_write.h"
#include "text/sql_quote.h"

#define DATA_MAX ((size_t)256 << 20)

const char *shard_mode_name(enum shard_mode mode)
{
	static const char *const names[] = {
		[SHARD_NONE] = "", [SHARD_PESSIMISTIC] = "pessimistic", [SHARD_OPTIMISTIC] = "optimistic",
	};

	return names[mode];
}

bool shard_mode_parse(enum shard_mode *mode, struct str name)
{
	for (*mode = SHARD_NONE; *mode <= SHARD_OPTIMISTIC; ++*mode)
		if (str_is(name, shard_mode_name(*mode)))
			return true;
	return false;
}

/* --- what stands in the column data --- */

static void read_place(struct json *j, struct arena *a, struct str *pos, struct str *gtid, uint64_t *n)
{
	struct str key;

	for (bool more = json_object(j); more && json_key(j, &key); ) {
		if (str_is(key, "pos"))
			*pos = json_text(j, a);
		else if (str_is(key, "gtid"))
			*gtid = json_text(j, a);
		else if (str_is(key, "n"))
			*n = json_u64(j);
		else
			json_skip(j);
	}
}

static bool read_member(struct shard_member *member, struct str data, struct arena *a, struct err *e)
{
	struct json j;
	struct str key;

	if (data.n == 0)
		return true;
	json_init(&j, data);
	for (bool more = json_object(&j); more && json_key(&j, &key); ) {
		if (str_is(key, "held")) {
			member->held = true;
			read_place(&j, a, &member->held_at.pos, &member->held_at.gtid, &member->held_at.nth);
		} else if (str_is(key, "drained")) {
			member->drained = true;
			read_place(&j, a, &member->drained_pos, &member->drained_gtid, &member->drained_seq);
		} else if (str_is(key, "state")) {
			member->state = arena_str(a, json_skip(&j));
		} else {
			json_skip(&j);
		}
	}
	return json_ok(&j, "a member's row", e);
}

static void read_ddl(struct json *j, struct arena *a, struct shard_ddl *ddl)
{
	struct str key;

	for (bool more = json_object(j); more && json_key(j, &key); ) {
		if (str_is(key, "sql"))
			ddl->sql = json_text(j, a);
		else if (str_is(key, "text"))
			ddl->text = json_text(j, a);
		else if (str_is(key, "source"))
			ddl->source = json_text(j, a);
		else if (str_is(key, "schema"))
			ddl->schema = json_text(j, a);
		else if (str_is(key, "table"))
			ddl->table = json_text(j, a);
		else if (str_is(key, "pos"))
			ddl->pos = json_text(j, a);
		else
			json_skip(j);
	}
}

static void read_ddls(struct json *j, struct arena *a, struct shard_group *g)
{
	struct json count = *j;
	size_t n = 0;

	for (bool more = json_array(&count); more && json_item(&count); n++)
		json_skip(&count);
	g->ddls = arena_array(a, n + 1, sizeof(*g->ddls));	/* room for one more */
	for (bool more = json_array(j); more && json_item(j); )
		read_ddl(j, a, &g->ddls[g->n_ddls++]);
}

static bool read_group(struct shard_group *g, struct str data, struct arena *a, struct err *e)
{
	struct json j;
	struct str key;

	g->ddls = arena_array(a, 1, sizeof(*g->ddls));
	if (data.n == 0)
		return true;
	json_init(&j, data);
	for (bool more = json_object(&j); more && json_key(&j, &key); ) {
		if (str_is(key, "mode"))
			shard_mode_parse(&g->mode, json_text(&j, a));
		else if (str_is(key, "first"))
			g->first = json_u64(&j);
		else if (str_is(key, "ddls"))
			read_ddls(&j, a, g);
		else if (str_is(key, "failed"))
			g->failed = json_text(&j, a);
		else if (str_is(key, "failed_schema"))
			g->failed_schema = json_text(&j, a);
		else if (str_is(key, "failed_table"))
			g->failed_table = json_text(&j, a);
		else if (str_is(key, "announced"))
			g->announced = arena_str(a, json_skip(&j));
		else if (str_is(key, "unlock"))
			g->unlock_owner = json_text(&j, a);
		else if (str_is(key, "state"))
			g->state = arena_str(a, json_skip(&j));
		else
			json_skip(&j);
	}
	g->unlocked = g->unlock_owner.p != NULL;
	return json_ok(&j, "a group's row", e);
}

static void put_place(struct buf *b, const char *key, struct str pos, struct str gtid, uint64_t n)
{
	json_put_key(b, key);
	buf_put_char(b, '{');
	json_put_key_text(b, "pos", pos);
	json_put_key_text(b, "gtid", gtid);
	json_put_key_u64(b, "n", n);
	buf_put_char(b, '}');
}

static void put_state(struct buf *b, struct str state)
{
	if (state.n == 0)
		return;
	json_put_key(b, "state");
	buf_put_str(b, state);
}

static void put_member(struct buf *b, const struct shard_member *member)
{
	buf_put_char(b, '{');
	if (member->held)
		put_place(b, "held", member->held_at.pos, member->held_at.gtid, member->held_at.nth);
	if (member->drained)
		put_place(b, "drained", member->drained_pos, member->drained_gtid, member->drained_seq);
	put_state(b, member->state);
	buf_put_char(b, '}');
}

static void put_ddl(struct buf *b, const struct shard_ddl *ddl)
{
	buf_put_char(b, '{');
	json_put_key_text(b, "source", ddl->source);
	json_put_key_text(b, "schema", ddl->schema);
	json_put_key_text(b, "table", ddl->table);
	json_put_key_text(b, "pos", ddl->pos);
	json_put_key_text(b, "sql", ddl->sql);
	json_put_key_text(b, "text", ddl->text);
	buf_put_char(b, '}');
}

static void put_group(struct buf *b, const struct shard_group *g)
{
	buf_put_char(b, '{');
	json_put_key_text(b, "mode", str_of(shard_mode_name(g->mode)));
	json_put_key_u64(b, "first", g->first);
	json_put_key(b, "ddls");
	buf_put_char(b, '[');
	for (size_t i = 0; i < g->n_ddls; i++) {
		if (i > 0)
			buf_put_char(b, ',');
		put_ddl(b, &g->ddls[i]);
	}
	buf_put_char(b, ']');
	if (g->failed.n) {
		json_put_key_text(b, "failed", g->failed);
		json_put_key_text(b, "failed_schema", g->failed_schema);
		json_put_key_text(b, "failed_table", g->failed_table);
	}
	if (g->announced.n) {
		json_put_key(b, "announced");
		buf_put_str(b, g->announced);
	}
	if (g->unlocked)
		json_put_key_text(b, "unlock", g->unlock_owner);
	put_state(b, g->state);
	buf_put_char(b, '}');
}

/* --- rows --- */

#define OF_TARGET "target_schema = $s AND target_table = $s"

enum { R_ID, R_SCHEMA, R_TABLE, R_N, R_OWNER, R_DATA, R_COUNT };

static bool take_row(struct shard_group *g, const struct str *row, struct arena *a, size_t *cap, struct err *e)
{
	struct shard_member member = {
		.source = arena_str(a, row[R_ID]), .schema = arena_str(a, row[R_SCHEMA]), .table = arena_str(a, row[R_TABLE]),
		.away = row[R_OWNER].n > 0,
	};
	uint64_t n;

	if (!str_to_u64(row[R_N], &n))
		return err_set(e, &err_meta_row, "n is '%.*s'", STR(row[R_N]));
	if (row[R_ID].n == 0) {
		g->done = n;
		g->owner = arena_str(a, row[R_OWNER]);
		return read_group(g, arena_str(a, row[R_DATA]), a, e);
	}
	member.passed = n;
	if (!read_member(&member, arena_str(a, row[R_DATA]), a, e))
		return false;
	if (g->n_members == *cap) {
		struct shard_member *more = arena_array(a, *cap * 2 + 8, sizeof(*more));

		if (g->n_members)
			memcpy(more, g->members, g->n_members * sizeof(*more));
		g->members = more;
		*cap = *cap * 2 + 8;
	}
	g->members[g->n_members++] = member;
	return true;
}

static bool read_all(struct meta *m, struct arena *a, const struct event_name *target, const char *lock,
		     struct shard_group *g, bool *found, struct err *e)
{
	struct result r;
	bool more = true, ok;
	size_t cap = 0;

	*g = (struct shard_group){ .target = { arena_str(a, target->schema), arena_str(a, target->table) } };
	*found = false;
	ok = meta_ask(m, &r, e, "SELECT id, up_schema, up_table, n, owner, data FROM $t WHERE " OF_TARGET
		      " ORDER BY id, up_schema, up_table$r", SHARD, target->schema, target->table, lock);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		*found |= r.row[R_ID].n == 0;
		ok = take_row(g, r.row, a, &cap, e);
	}
	result_release(&r);
	return ok || err_at(e, "shard group of '%.*s.%.*s'", STR(target->schema), STR(target->table));
}

bool meta_shard_read(struct meta *m, struct arena *a, const struct event_name *target, struct shard_group *g, bool *found,
		     struct err *e)
{
	return read_all(m, a, target, "", g, found, e);
}

static bool make_group(struct meta *m, const struct event_name *target, enum shard_mode mode, struct err *e)
{
	struct shard_group g = { .mode = mode };
	struct buf data = BUF_INIT(1024);
	bool ok;

	put_group(&data, &g);
	ok = meta_fits(target->schema, NAME_BYTES, "the name of a schema", e) &&
	     meta_fits(target->table, NAME_BYTES, "the name of a table", e) &&
	     meta_run(m, e, "INSERT IGNORE INTO $t (target_schema, target_table, id, up_schema, up_table, data) "
		      "VALUES ($s, $s, '', '', '', $s)", SHARD, target->schema, target->table, buf_str(&data));
	buf_release(&data);
	return ok;
}

/* The group's row comes first in the key: who has it, has the group. What is locked is read as of now, whatever the transaction
 * has read before. */
bool meta_shard_lock(struct meta *m, struct arena *a, const struct event_name *target, struct shard_group *g, struct err *e)
{
	bool found;

	return read_all(m, a, target, " FOR UPDATE", g, &found, e) &&
	       (found || (make_group(m, target, SHARD_NONE, e) && read_all(m, a, target, " FOR UPDATE", g, &found, e)));
}

bool meta_shard_put(struct meta *m, const struct shard_group *g, struct err *e)
{
	struct buf data = BUF_INIT(DATA_MAX);
	bool ok;

	put_group(&data, g);
	ok = buf_ok(&data, "the DDL of a shard group", e) &&
	     meta_run(m, e, "UPDATE $t SET n = $n, owner = $s, data = $s WHERE " OF_TARGET
		      " AND id = '' AND up_schema = '' AND up_table = ''", SHARD, g->done, g->owner, buf_str(&data),
		      g->target.schema, g->target.table);
	buf_release(&data);
	return ok;
}

bool meta_shard_put_member(struct meta *m, const struct event_name *target, const struct shard_member *member,
			   struct err *e)
{
	struct buf data = BUF_INIT(DATA_MAX);
	bool ok;

	put_member(&data, member);
	ok = buf_ok(&data, "what is known of a shard", e) && meta_fits(member->schema, NAME_BYTES, "the name of a schema", e) &&
	     meta_fits(member->table, NAME_BYTES, "the name of a table", e) &&
	     meta_run(m, e, "INSERT INTO $t (target_schema, target_table, id, up_schema, up_table, n, data) "
		      "VALUES ($s, $s, $s, $s, $s, $n, $s) ON DUPLICATE KEY UPDATE n = VALUES(n), data = VALUES(data), "
		      "owner = IF(id = $i, '', owner)", SHARD, target->schema, target->table, member->source, member->schema, member->table, member->passed,
		      buf_str(&data));
	buf_release(&data);
	return ok;
}

bool meta_shard_drop_member(struct meta *m, const struct event_name *target, const struct shard_member *member,
			    struct err *e)
{
	return meta_run(m, e, "DELETE FROM $t WHERE " OF_TARGET " AND id = $s AND up_schema = $s AND up_table = $s", SHARD,
			target->schema, target->table, member->source, member->schema, member->table);
}

bool meta_shard_join(struct meta *m, const struct event_name *target, struct str schema, struct str table,
		     enum shard_mode mode, struct err *e)
{
	return meta_fits(schema, NAME_BYTES, "the name of a schema", e) && meta_fits(table, NAME_BYTES, "the name of a table", e) &&
	       make_group(m, target, mode, e) &&
	       meta_run(m, e, "INSERT IGNORE INTO $t (target_schema, target_table, id, up_schema, up_table, n, data) "
			"SELECT target_schema, target_table, $i, $s, $s, n, '' FROM $t WHERE " OF_TARGET
			" AND id = '' AND up_schema = '' AND up_table = ''", SHARD, schema, table, SHARD, target->schema,
			target->table);
}

/* --- sources --- */

bool meta_shard_register(struct meta *m, struct err *e)
{
	return meta_run(m, e, "INSERT INTO $t (target_schema, target_table, id, up_schema, up_table, data) "
			"VALUES ('', '', $i, '', '', '') ON DUPLICATE KEY UPDATE data = ''", SHARD);
}

bool meta_shard_announce(struct meta *m, struct err *e)
{
	return meta_run(m, e, "INSERT INTO $t (target_schema, target_table, id, up_schema, up_table, data) "
			"VALUES ('', '', $i, '', '', 'announced') ON DUPLICATE KEY UPDATE data = VALUES(data)", SHARD);
}

bool meta_take_texts(struct result *r, struct arena *a, struct str **list, size_t *n, size_t columns, struct err *e)
{
	size_t cap = 0;
	bool more = true, ok = true;

	for (*n = 0, *list = NULL; (ok = result_next(r, &more, e)) && more; *n += columns) {
		if (*n + columns > cap) {
			struct str *wider = arena_array(a, cap * 2 + 16, sizeof(*wider));

			if (*n)
				memcpy(wider, *list, *n * sizeof(*wider));
			*list = wider;
			cap = cap * 2 + 16;
		}
		for (size_t i = 0; i < columns; i++)
			(*list)[*n + i] = arena_str(a, r->row[i]);
	}
	return ok;
}

bool meta_shard_sources(struct meta *m, struct arena *a, struct str **sources, size_t *n, bool *announced, struct err *e)
{
	struct result r;
	struct str *texts;
	size_t count = 0;
	bool ok = meta_ask(m, &r, e, "SELECT id, data FROM $t WHERE target_schema = '' AND target_table = '' ORDER BY id", SHARD) &&
		  meta_take_texts(&r, a, &texts, &count, 2, e);

	result_release(&r);
	*announced = false;
	*n = ok ? count / 2 : 0;
	*sources = arena_array(a, *n + 1, sizeof(**sources));
	for (size_t i = 0; i < *n; i++) {
		(*sources)[i] = texts[i * 2];
		*announced |= texts[i * 2 + 1].n > 0;
	}
	return ok;
}

bool meta_take_names(struct result *r, struct arena *a, struct event_name **targets, size_t *n, struct err *e)
{
	struct str *texts;
	size_t count;

	if (!meta_take_texts(r, a, &texts, &count, 2, e))
		return false;
	*targets = arena_array(a, count / 2 + 1, sizeof(**targets));
	*n = count / 2;
	for (size_t i = 0; i < *n; i++)
		(*targets)[i] = (struct event_name){ texts[i * 2], texts[i * 2 + 1] };
	return true;
}

bool meta_shard_all_groups(struct meta *m, struct arena *a, struct event_name **targets, size_t *n, struct err *e)
{
	struct result r;
	bool ok = meta_ask(m, &r, e, "SELECT target_schema, target_table FROM $t WHERE target_table <> '' AND id = '' "
			   "ORDER BY target_schema, target_table", SHARD) &&
		  meta_take_names(&r, a, targets, n, e);

	result_release(&r);
	return ok;
}

bool meta_shard_is_there(struct meta *m, bool *there, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str row;
	bool ok = meta_row(m, &a, &row, 1, there, e, "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = $s AND "
			   "TABLE_NAME = $s", m->schema, arena_strf(&a, "%.*s" SHARD, STR(m->task)));

	arena_release(&a);
	return ok;
}

bool meta_shard_groups(struct meta *m, struct arena *a, struct str source, struct event_name **targets, size_t *n,
		       struct err *e)
{
	struct result r;
	bool ok = meta_ask(m, &r, e, "SELECT DISTINCT target_schema, target_table FROM $t WHERE target_table <> '' AND id = $s "
			   "ORDER BY target_schema, target_table", SHARD, source) &&
		  meta_take_names(&r, a, targets, n, e);

	result_release(&r);
	return ok;
}

bool meta_shard_leave(struct meta *m, struct str source, struct err *e)
{
	return meta_run(m, e, "UPDATE $t SET owner = IF(target_table = '', owner, 'away'), data = IF(target_table = '', '', data) "
			"WHERE id = $s AND id <> ''", SHARD, source);
}

bool meta_shard_return(struct meta *m, struct err *e)
{
	return meta_run(m, e, "UPDATE $t SET owner = '' WHERE id = $i AND target_table <> ''", SHARD);
}

bool meta_shard_unregister(struct meta *m, struct str source, struct err *e)
{
	return meta_run(m, e, "DELETE FROM $t WHERE id = $s AND id <> '' AND target_table = ''", SHARD, source);
}

bool meta_shard_glance(struct meta *m, struct arena *a, struct shard_glance **list, size_t *n, struct err *e)
{
	struct result r;
	struct str *texts;
	size_t count;
	bool ok = meta_ask(m, &r, e, "SELECT g.target_schema, g.target_table, g.n, COALESCE(MIN(IF(t.owner = '', t.n, NULL)), g.n), g.owner, g.data LIKE '%\"unlock\":%' "
			   "FROM $t g JOIN $t t ON t.target_schema = g.target_schema AND t.target_table = g.target_table AND t.id <> '' "
			   "WHERE g.id = '' GROUP BY g.target_schema, g.target_table, g.n, g.owner, g.data", SHARD, SHARD) &&
		  meta_take_texts(&r, a, &texts, &count, 6, e);

	result_release(&r);
	if (!ok)
		return false;
	*list = arena_array(a, count / 6 + 1, sizeof(**list));
	*n = count / 6;
	for (size_t i = 0; i < *n; i++) {
		const struct str *row = texts + i * 6;
		struct shard_glance *glance = &(*list)[i];

		glance->target = (struct event_name){ row[0], row[1] };
		glance->owner = row[4];
		glance->unlocked = str_is(row[5], "1");
		if (!str_to_u64(row[2], &glance->done) || !str_to_u64(row[3], &glance->least))
			return err_set(e, &err_meta_row, "shard group of '%.*s.%.*s': n is '%.*s'", STR(row[0]), STR(row[1]),
				       STR(row[2]));
	}
	return true;
}

/* --- pure --- */

uint64_t shard_least(const struct shard_group *g)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < g->n_members; i++)
		if (!g->members[i].away && g->members[i].passed < least)
			least = g->members[i].passed;
	return least < UINT64_MAX ? least : g->done;
}

/* Those that are away bring it when they are back, and it is compared then. */
static bool all_have_passed(const struct shard_group *g, uint64_t i)
{
	for (size_t k = 0; k < g->n_members; k++)
		if (g->members[k].passed <= i)
			return false;
	return true;
}

void shard_done(struct shard_group *g)
{
	g->done++;
	g->owner = g->failed = g->failed_schema = g->failed_table = g->announced = g->unlock_owner = STR_NONE;
	g->unlocked = false;
	for (; g->n_ddls && g->first < g->done && all_have_passed(g, g->first); g->first++) {
		g->ddls++;
		g->n_ddls--;
	}
	if (g->n_ddls == 0 && g->first < g->done)
		g->first = g->done;
}

const struct shard_ddl *shard_ddl_at(const struct shard_group *g, uint64_t i)
{
	return i >= g->first && i - g->first < g->n_ddls ? &g->ddls[i - g->first] : NULL;
}

struct shard_member *shard_find(const struct shard_group *g, struct str source, struct str schema, struct str table)
{
	for (size_t i = 0; i < g->n_members; i++) {
		struct shard_member *member = &g->members[i];

		if (str_eq(member->source, source) && str_eq(member->schema, schema) && str_eq(member->table, table))
			return member;
	}
	return NULL;
}

void shard_lock_id_put(struct buf *b, struct str task, const struct event_name *target)
{
	buf_put_str(b, task);
	buf_put_char(b, '-');
	sql_put_table(b, target->schema, target->table);
}
