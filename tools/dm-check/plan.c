#include "plan.h"

#include "base/map.h"
#include "mysql/server.h"
#include "text/sql_quote.h"

enum { NAME_COLUMNS = 40, OTHERS_SHOWN = 5 };

/* --- sizes --- */

static void read_schema(struct upstream *u, struct conn *c, size_t first, size_t end)
{
	struct buf sql = BUF_INIT(4096);
	struct map by_name = MAP_INIT;
	struct result r = { 0 };
	struct err ignored = { 0 };
	bool more = true, ok;

	for (size_t i = first; i < end; i++)
		map_put(&by_name, u->tables[i].table, &u->sizes[i]);
	buf_put_text(&sql, "SELECT TABLE_NAME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES WHERE TABLE_SCHEMA = ");
	sql_put_text(&sql, u->tables[first].schema, c->backslash);
	ok = buf_ok(&sql, "a schema's name", &ignored) && conn_query(c, &r, buf_str(&sql), false, &ignored);
	while (ok && (ok = result_next(&r, &more, &ignored)) && more) {
		struct table_size *size = map_get(&by_name, r.row[0]);

		if (size)
			size->known = r.row[1].p && r.row[2].p && str_to_u64(r.row[1], &size->rows) && str_to_u64(r.row[2], &size->bytes);
	}
	result_release(&r);
	map_release(&by_name);
	buf_release(&sql);
}

void plan_read_sizes(struct upstream *u, struct arena *a)
{
	struct err ignored = { 0 };
	struct conn c;
	bool ok;

	u->sizes = arena_array(a, u->n_tables ? u->n_tables : 1, sizeof(*u->sizes));
	ok = u->n_tables > 0 && conn_open(&c, &(struct conn_want){ .at = &u->config.source.from, .scope = SCOPE_UPSTREAM }, &ignored);
	for (size_t i = 0, end; ok && i < u->n_tables; i = end) {
		bool wanted = false;

		for (end = i; end < u->n_tables && str_eq(u->tables[end].schema, u->tables[i].schema); end++)
			wanted = wanted || rules_want_table(u->rules, u->tables[end].schema, u->tables[end].table);
		if (wanted)
			read_schema(u, &c, i, end);
	}
	if (u->n_tables > 0)
		conn_close(&c);
}

/* --- text --- */

/* Names come from strangers: what could disturb a terminal becomes '?'. */
static void put_masked(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		buf_put_char(b, (unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i]);
}

static void put_name(struct buf *b, struct str schema, struct str table)
{
	struct buf name = BUF_INIT(4096);

	sql_put_table(&name, schema, table);
	put_masked(b, buf_str(&name));
	buf_release(&name);
}

static void put_size(struct buf *b, uint64_t rows, uint64_t bytes)
{
	buf_putf(b, "about %llu rows, %.1f MB", (unsigned long long)rows, (double)bytes / 1e6);
}

static void pad(struct buf *b, size_t from, size_t columns)
{
	size_t used = b->n - from;

	buf_putf(b, "%*s", (int)(used < columns ? columns - used : 0), "");
}

/* "; without deletes, drop table" */
static void put_dropped(struct buf *b, struct upstream *u, const struct rules_table *t)
{
	static const char *const rows[] = { "insert", "update", "delete" };
	static const char *const statements[] = { "create table", "alter table", "truncate table", "drop table" };
	struct err ignored = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rules_want_rows(u->rules, t->schema, t->table, rows[i], &ignored) != RULES_KEEP)
			buf_putf(b, "%s%ss", n++ ? ", " : "; without ", rows[i]);
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++)
		if (rules_want_ddl(u->rules, t->schema, t->table, str_of(statements[i]), STR_LIT(""), &ignored) != RULES_KEEP)
			buf_putf(b, "%s%s", n++ ? ", " : "; without ", statements[i]);
}

static void put_extracts(struct buf *b, struct upstream *u, const struct rules_table *t, struct arena *a)
{
	struct rules_column columns[RULES_EXTRACTS_MAX];
	size_t n = rules_extract(u->rules, a, &(struct rules_place){ t->schema, t->table, u->config.source_id }, columns);

	for (size_t i = 0; i < n; i++) {
		buf_put_text(b, i ? ", " : "; with ");
		put_masked(b, columns[i].name);
		buf_put_text(b, " = '");
		put_masked(b, columns[i].value);
		buf_put_char(b, '\'');
	}
}

/* --- one source --- */

struct plan {
	const struct task *task;
	struct buf *b;
	struct arena a;
	struct map targets;		/* "schema NUL table" -> struct target */
};

struct target {
	struct str schema, table;
	size_t n;
	struct str first, second;	/* two of those that go there */
};

/* False: two routes claim it. */
static bool add_target(struct plan *p, struct upstream *u, const struct rules_table *t, struct str *schema, struct str *table)
{
	struct err ignored = { 0 };		/* the check of rules has told it */
	struct buf name = BUF_INIT(4096);
	struct target *target;
	struct str key;

	if (!rules_route(u->rules, t->schema, t->table, schema, table, &ignored))
		return false;
	key = arena_strf(&p->a, "%.*s%c%.*s", STR(*schema), '\0', STR(*table));
	target = map_get(&p->targets, key);
	if (!target) {
		target = arena_array(&p->a, 1, sizeof(*target));
		*target = (struct target){ .schema = *schema, .table = *table };
		map_put(&p->targets, key, target);
	}
	put_name(&name, t->schema, t->table);
	if (target->n++ < 2)
		*(target->n == 1 ? &target->first : &target->second) = arena_strf(&p->a, "%.*s of source '%.*s'", STR(buf_str(&name)),
										  STR(u->config.source_id));
	buf_release(&name);
	return true;
}

static void put_table(struct plan *p, struct upstream *u, size_t i)
{
	const struct rules_table *t = &u->tables[i];
	struct str schema, table;
	size_t from;

	buf_put_text(p->b, "  ");
	from = p->b->n;
	put_name(p->b, t->schema, t->table);
	pad(p->b, from, NAME_COLUMNS);
	buf_put_text(p->b, " -> ");
	from = p->b->n;
	if (add_target(p, u, t, &schema, &table))
		put_name(p->b, schema, table);
	else
		buf_put_text(p->b, "(two routes claim it)");
	pad(p->b, from, NAME_COLUMNS);
	buf_put_text(p->b, "  ");
	if (u->sizes[i].known)
		put_size(p->b, u->sizes[i].rows, u->sizes[i].bytes);
	else
		buf_put_text(p->b, "size not known");
	put_extracts(p->b, u, t, &p->a);
	put_dropped(p->b, u, t);
	if (row_filter_has(u->row_filter, t->schema, t->table))
		buf_put_text(p->b, "; rows by an expression filter");
	buf_put_char(p->b, '\n');
}

/* The first few that are left out: what somebody forgot is seen there. */
static void put_unwanted(struct plan *p, struct upstream *u, size_t n)
{
	size_t shown = 0;

	if (n == 0)
		return;
	buf_putf(p->b, "  not wanted: %zu table%s: ", n, n == 1 ? "" : "s");
	for (size_t i = 0; i < u->n_tables && shown < OTHERS_SHOWN; i++) {
		if (rules_want_table(u->rules, u->tables[i].schema, u->tables[i].table))
			continue;
		buf_put_text(p->b, shown++ ? ", " : "");
		put_name(p->b, u->tables[i].schema, u->tables[i].table);
	}
	buf_put_text(p->b, n > OTHERS_SHOWN ? ", ...\n" : "\n");
}

static void put_source(struct plan *p, struct upstream *u)
{
	uint64_t rows = 0, bytes = 0;
	size_t wanted = 0;

	for (size_t i = 0; i < u->n_tables; i++) {
		if (!rules_want_table(u->rules, u->tables[i].schema, u->tables[i].table))
			continue;
		wanted++;
		rows += u->sizes[i].known ? u->sizes[i].rows : 0;
		bytes += u->sizes[i].known ? u->sizes[i].bytes : 0;
	}
	buf_put_char(p->b, '\n');
	put_masked(p->b, u->where);
	if (u->identity.n == 0) {
		buf_put_text(p->b, ": could not be asked\n");
		return;
	}
	buf_putf(p->b, ": %zu of %zu tables, ", wanted, u->n_tables);
	put_size(p->b, rows, bytes);
	buf_put_char(p->b, '\n');
	for (size_t i = 0; i < u->n_tables; i++)
		if (rules_want_table(u->rules, u->tables[i].schema, u->tables[i].table))
			put_table(p, u, i);
	put_unwanted(p, u, u->n_tables - wanted);
}

/* --- all together --- */

static void put_targets(struct plan *p)
{
	bool sharded = p->task->shard_mode.n > 0, first = true;
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&p->targets, &at))) {
		const struct target *t = entry->value;

		if (t->n < 2)
			continue;
		buf_put_text(p->b, first ? "\nmerged:\n" : "");
		first = false;
		buf_put_text(p->b, "  ");
		put_name(p->b, t->schema, t->table);
		buf_putf(p->b, " takes %zu tables", t->n);
		if (sharded) {
			buf_putf(p->b, ", shard-mode %.*s\n", STR(p->task->shard_mode));
			continue;
		}
		buf_putf(p->b, ": conflict: without shard-mode each statement that changes the structure of %.*s, %.*s%s would run there for "
			 "itself\n", STR(t->first), STR(t->second), t->n > 2 ? " or another" : "");
	}
}

bool plan_put(struct buf *b, const struct report *r, struct upstream *all, size_t n, const struct task *task, struct err *e)
{
	static const char *const modes[] = {
		[TASK_ALL] = "whole data, then changes", [TASK_FULL] = "whole data", [TASK_INCREMENTAL] = "changes",
	};
	struct plan p = { .task = task, .b = b, .a = ARENA_INIT, .targets = MAP_INIT };

	buf_put_text(b, "task '");
	put_masked(b, task->name);
	buf_putf(b, "': %s, into ", modes[task->mode]);
	put_masked(b, task->target.host);
	buf_putf(b, ":%u; what it remembers is in schema ", task->target.port);
	put_masked(b, task->meta_schema);
	buf_put_text(b, " there\n");
	for (size_t i = 0; i < n; i++)
		put_source(&p, &all[i]);
	put_targets(&p);
	report_put_text(r, b);
	buf_put_text(b, "\nnothing was changed\n");
	arena_release(&p.a);
	map_release(&p.targets);
	return buf_ok(b, "the plan", e);
}
