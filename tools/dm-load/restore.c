/* restore.c - loads a dump directory: schemas, tables, rows file by file, views and triggers at the end; see load.h */
#include "load.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/tool.h"
#include "restore.h"
#include "text/json_write.h"

#define NO_PLACE "no-binlog.000000:4"	/* of a dump that does not tell: changes cannot follow it */

static const struct err_kind err_dump_differs = {
	.code = 34553, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "give the directory as it was; or forget this load with dm-meta drop, drop its tables, and start anew",
};

static struct str place_of(const struct catalog *c)
{
	return c->pos.n > 0 ? c->pos : STR_LIT(NO_PLACE);
}

/* A GTID of MariaDB, 0-1-2, tells where no list does. */
static bool is_mariadb(const struct restore *r)
{
	const struct catalog *c = &r->catalog;

	if (c->flavor.n > 0)
		return str_is(c->flavor, "mariadb");
	if (c->gtid.n > 0)
		return str_find(c->gtid, STR_LIT(":")) == SIZE_MAX;
	return r->s.c.flavor == FLAVOR_MARIADB;
}

/* The same place, other files: what was loaded and what is to come would not be one dump. */
static bool check_same(struct restore *r, struct err *e)
{
	struct session *s = &r->s;
	struct buf value = BUF_INIT(4096);
	struct str kept;
	bool ok;

	json_put_text(&value, arena_strf(&s->line, "%.*s at %.*s", STR(r->catalog.digest), STR(s->place)));
	ok = buf_ok(&value, "a binlog place", e) &&
	     meta_state_get(&s->meta, &s->line, STR_LIT("dm-load"), STR_LIT("directory"), &kept, e);
	if (ok && !str_eq(kept, buf_str(&value))) {
		if (str_ends(kept, arena_strf(&s->line, " at %.*s\"", STR(s->place))))
			ok = err_set(e, &err_dump_differs, "the files in '%s' are not those that this load began with",
				     r->catalog.path);
		else
			ok = meta_state_put(&s->meta, STR_LIT("dm-load"), STR_LIT("directory"), buf_str(&value), e);
	}
	buf_release(&value);
	return ok;
}

static struct str server_value(struct session *s, struct str server)
{
	struct buf value = BUF_INIT(4096);

	if (server.n > 0)
		json_put_text(&value, server);
	server = arena_str(&s->arena, buf_str(&value));
	buf_release(&value);
	return server;
}

static bool begin(struct restore *r, struct err *e)
{
	const struct load_want *want = r->s.want;
	struct catalog *c = &r->catalog;
	struct session *s = &r->s;

	s->source = want->source.n > 0 ? want->source : c->source;
	if (s->source.n == 0)
		return err_set(e, &err_usage, "no source is given: name one with -s");
	if (c->source.n > 0 && !str_eq(c->source, s->source))
		return err_set(e, &err_dump_layout, "this is a dump of source '%.*s', not of '%.*s'", STR(c->source),
			       STR(s->source));
	s->server = server_value(s, c->server);
	s->sql_mode = c->sql_mode.n > 0 ? server_downstream_sql_mode(&s->arena, c->sql_mode) : STR_NONE;
	if (!session_open(s, e))
		return false;
	r->mariadb = s->pool.mariadb = is_mariadb(r);
	s->pool.dir = c->dir;
	s->pool.form = &c->form;
	return session_begin(s, place_of(c), c->gtid, c->pos_end, e) && check_same(r, e);
}

/* What the rules say of a table of the dump, or of a schema; and of its rows. */
static bool ask_rules(struct restore *r, const struct load_table *t, bool *wanted, bool *rows, struct event_name *to,
		      struct err *e)
{
	struct rules *rules = r->s.want->rules;

	*wanted = *rows = true;
	*to = (struct event_name){ t->schema, t->name };
	if (!rules)
		return true;
	*wanted = t->name.n > 0 ? rules_want_table(rules, t->schema, t->name) : rules_want_schema(rules, t->schema);
	if (*wanted && r->s.want->filter_full && t->name.n > 0) {
		enum rules_answer answer = rules_want_rows(rules, t->schema, t->name, "insert", e);

		if (answer == RULES_ERROR)
			return false;
		*rows = answer == RULES_KEEP;
	}
	return !*wanted || rules_route(rules, t->schema, t->name, &to->schema, &to->table, e);
}

/* A table that rows may go to. */
static bool item_is_table(const struct item *item)
{
	return item->name.table.n > 0 && !item->table->view && !item->is_sequence &&
	       (item->table->create ? item->table->create->kind != DUMP_SEQUENCE : item->table->n_data > 0);
}

static bool plan(struct restore *r, struct err *e)
{
	struct item **last = &r->items;

	for (const struct load_table *t = r->catalog.tables; t; t = t->next) {
		struct event_name to;
		struct item *item;
		bool wanted, rows;

		if (!ask_rules(r, t, &wanted, &rows, &to, e))
			return false;
		if (!wanted)
			continue;
		item = arena_array(&r->s.arena, 1, sizeof(*item));
		*item = (struct item){ .table = t, .name = { t->schema, t->name }, .to = to, .unwanted = !rows };
		item->routed = !str_eq(to.schema, t->schema) || !str_eq(to.table, t->name);
		*last = item;
		last = &item->next;
		r->s.report->rows += rows ? t->rows : 0;
		r->s.report->bytes += rows ? t->bytes : 0;
		r->s.report->tables += item_is_table(item);
	}
	return r->items || err_set(e, &err_dump_layout, "no table of '%s' is wanted by the rules", r->catalog.path);
}

static bool make_schemas(struct restore *r, struct err *e)
{
	for (struct item *item = r->items; item; item = item->next) {
		if (item->name.table.n > 0 || !item->table->create)
			continue;
		if (!create_read(r, item, e) ||
		    (item->create.sql.n > 0 && !ddl_create(&r->s.c, &item->create, r->mariadb, e)))
			return false;
		map_put(&r->charsets, item->name.schema, item);
	}
	return true;
}

/* Keys that may wait are those of a structure that is known. */
static bool put_off(struct restore *r, struct item *item, struct err *e)
{
	arena_clear(&r->s.line);
	item->owed.to = item->to;
	return !item->known ||
	       keys_put_off(&r->s, &item->owed, &item->create.sql, &item->structure, item->table->bytes, e);
}

static bool pay(struct restore *r, struct err *e)
{
	struct owed *first = NULL, **last = &first;

	for (struct item *item = r->items; item; item = item->next) {
		if (!item->owed.keys)
			continue;
		*last = &item->owed;
		last = &item->owed.next;
	}
	*last = NULL;
	return keys_pay(&r->s, first, e);
}

static bool make_tables(struct restore *r, struct err *e)
{
	struct pool_tick ticking = session_pool_tick(&r->s);

	for (struct item *item = r->items; item; item = item->next) {
		if (item->name.table.n == 0 || !item->table->create || item->table->view)
			continue;
		if (!session_tick(&r->s, e) || !create_read(r, item, e) || !put_off(r, item, e) ||
		    !pool_add_ddl(&r->s.pool, &item->create,
							      arena_strf(&r->s.arena, "%.*s.%.*s", STR(item->name.schema),
									 STR(item->name.table)), e))
			return false;
	}
	return pool_drain(&r->s.pool, &ticking, e);
}

/* Its structure is kept for whoever follows the changes, its target made for the rows. */
static bool make_target(struct restore *r, struct item *item, struct err *e)
{
	struct buf line = BUF_INIT(LINE_LIMIT);
	struct session *s = &r->s;
	struct rules_column extracts[RULES_EXTRACTS_MAX];
	struct rules_place of = { item->name.schema, item->name.table, s->source };
	struct target_want want = {
		.upstream = item->known ? &item->structure : NULL, .name = item->name, .to = item->to,
		.on_duplicate = s->want->on_duplicate, .extracts = extracts,
	};
	struct str text;
	bool ok;

	if (s->want->rules)
		want.n_extracts = rules_extract(s->want->rules, &s->line, &of, extracts);
	item->target = target_of(&s->c, &want, e);
	if (!item->target)
		return false;
	item->target->counts = mem_zalloc(sizeof(*item->target->counts));
	atomic_store(&item->target->counts->files, item->table->n_data);
	if (item->table->n_data == 0 || item->unwanted)
		atomic_fetch_add(&s->report->counts->tables, 1);
	table_line_put(&line, &item->target->upstream, item->routed ? &item->to : NULL);
	text = buf_str(&line);
	ok = session_add_target(s, item->target, str_first(text, text.n - 1), e) && buf_ok(&line, "a structure", e);
	buf_release(&line);
	return ok;
}

static int by_size(const void *a, const void *b)
{
	const struct load_file *x = ((const struct load*)a)->file, *y = ((const struct load *)b)->file;

	return x->size != y->size ? (x->size < y->size ? 1 : -1) : str_compare(x->name, y->name);
}

/* The biggest first, so that the last ones end at about the same time. */
static bool load_rows(struct restore *r, struct err *e)
{
	struct pool_tick ticking = session_pool_tick(&r->s);
	struct load *loads;
	size_t n = 0;
	bool ok = true;

	for (struct item *item = r->items; item; item = item->next)
		n += item->table->n_data;
	loads = mem_array(n + 1, sizeof(*loads));
	n = 0;
	for (struct item *item = r->items; ok && item; item = item->next) {
		bool table = item_is_table(item);

		arena_clear(&r->s.line);
		ok = !table || (session_tick(&r->s, e) && make_target(r, item, e));
		for (const struct load_file *file = item->table->data; ok && table && !item->unwanted && file; file = file->next)
			loads[n++] = (struct load){ item->target, file };
	}
	qsort(loads, n, sizeof(*loads), by_size);
	for (size_t i = 0; ok && i < n; i++)
		ok = pool_add_file(&r->s.pool, loads[i].target, loads[i].file, e);
	free(loads);
	return ok && pool_drain(&r->s.pool, &ticking, e);
}

/* Files that are missing do not tell it themselves; mydumper's metadata may. */
static bool check_rows(struct restore *r, struct err *e)
{
	for (const struct item *item = r->items; item; item = item->next) {
		uint64_t want = item->table->metadata_rows, have;

		if (!item->target || item->unwanted || want == UINT64_MAX)
			continue;
		have = atomic_load(&item->target->counts->rows);
		if (have != want)
			return err_set(e, &err_dump_incomplete, "table `%.*s`.`%.*s`: the files hold %llu rows, the metadata says "
				       "%llu", STR(item->name.schema), STR(item->name.table), (unsigned long long)have,
				       (unsigned long long)want);
	}
	return true;
}

/* Workers may still read items, whose memory is the session's. */
static void release(struct restore *r)
{
	pool_close(&r->s.pool);
	for (struct item *item = r->items; item; item = item->next)
		if (item->known)
			table_release(&item->structure);
	session_release(&r->s);
	map_release(&r->charsets);
	catalog_release(&r->catalog);
	arena_release(&r->arena);
}

bool restore(const struct load_want *want, struct report *report, struct err *e)
{
	struct restore r = { .charsets = MAP_INIT };
	bool ok;

	session_init(&r.s, want, report);
	ok = catalog_open(&r.catalog, &want->dir, e) && begin(&r, e) && plan(&r, e) && make_schemas(&r, e) && make_tables(&r, e) &&
	     load_rows(&r, e) && check_rows(&r, e) && pay(&r, e) && objects_make(&r, e) && meta_load_finish(&r.s.meta, e);
	release(&r);
	return session_report(report, ok, NULL, e);
}
