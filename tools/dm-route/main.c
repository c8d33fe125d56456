/* dm-route - say where each table goes; see dm-route(1) */
#include "route.h"

#include "base/tool.h"
#include "config/options.h"

#define DDL_LINE_MAX (64u << 20)

struct settings {
	struct config_settings config;
	struct opt_list routes;
	bool case_sensitive, sharded;
};

#define AT(field) offsetof(struct settings, field)

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, AT(config), NULL, 0, 0, config_options },
	{ OPT_LIST, 0, "route", "PATTERN=TARGET", AT(routes),
	  "send tables like SCHEMA.TABLE to SCHEMA.TABLE, or schemas like SCHEMA to SCHEMA; may be repeated",
	  0, 0, NULL },
	{ OPT_FLAG, 0, "case-sensitive", NULL, AT(case_sensitive), "tell upper from lower case in patterns",
	  0, 0, NULL },
	{ OPT_FLAG, 0, "sharded", NULL, AT(sharded), "keep statements about merged tables whole, where their DDL is coordinated",
	  0, 0, NULL },
	{ 0 }
};

static bool add_routes(struct rules *r, const struct settings *s, const struct config *config, struct err *e)
{
	if (config->instance &&
	    !rules_of_task(r, &config->task, config->instance, config->has_source ? &config->source : NULL, e))
		return false;
	for (size_t i = 0; i < s->routes.n; i++)
		if (!rules_add_route(r, str_of(s->routes.items[i]), e))
			return false;
	return true;
}

/* Columns that the route adds to each row are told once, with the table. */
static void put_extracts(struct route *r, const struct event_head *ev)
{
	struct rules_place of = { ev->schema, ev->table, r->source };
	struct rules_column columns[RULES_EXTRACTS_MAX];
	struct str pairs[RULES_EXTRACTS_MAX][2];
	size_t n = rules_extract(r->rules, &r->arena, &of, columns);

	for (size_t i = 0; i < n; i++) {
		pairs[i][0] = columns[i].name;
		pairs[i][1] = columns[i].value;
	}
	if (n > 0)
		extract_key_put(&r->made, (const struct str (*)[2])pairs, n);
}

/* Sets, replaces or takes out "to"; where the names stay there is none. */
static bool route_names(struct route *r, const struct event_head *ev, struct err *e)
{
	struct event_name to;
	size_t at = ev->to_end ? ev->to_start : ev->after_names;

	if (!rules_route(r->rules, ev->schema, ev->table, &to.schema, &to.table, e))
		return ev->pos.n ? err_at(e, "at %.*s", STR(ev->pos)) : false;
	buf_clear(&r->made);
	if (!str_eq(to.schema, ev->schema) || !str_eq(to.table, ev->table))
		to_key_put(&r->made, &to);
	if (ev->type == EVENT_TABLE)
		put_extracts(r, ev);
	if (r->made.n == 0 && ev->to_end == 0)
		return line_pass(r->in, r->out, e);
	return line_splice(r->in, r->out, at, ev->to_end - ev->to_start, buf_str(&r->made), e);
}

static bool route_line(struct route *r, const struct event_head *ev, struct err *e)
{
	switch (ev->type) {
	case EVENT_STREAM:
		r->mariadb = str_is(ev->flavor, "mariadb");
		if (ev->source.n > 0)
			r->source = arena_str(&r->kept, ev->source);
		break;
	case EVENT_TABLE: case EVENT_INSERT: case EVENT_UPDATE: case EVENT_DELETE: case EVENT_CHUNK:
		return route_names(r, ev, e);
	case EVENT_DDL:
		return route_ddl(r, e);
	case EVENT_OTHER: case EVENT_STATE: case EVENT_SNAPSHOT: case EVENT_CHUNK_END: case EVENT_COMMIT:
	case EVENT_HEARTBEAT: case EVENT_END:
		break;
	}
	return line_pass(r->in, r->out, e);
}

static bool route(struct route *r, struct err *e)
{
	struct event_head ev;
	enum line_got got;
	struct str head;

	while ((got = event_next(r->in, &ev, &head, &r->arena, e)) == LINE_GOT) {
		if (!route_line(r, &ev, e)) {
			got = LINE_FAIL;
			break;
		}
	}
	return line_close(r->in, r->out, got, e);
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct settings *s = settings;
	static struct line_out out;
	static struct line_in in;
	struct route r = { .in = &in, .out = &out, .spill = BUF_INIT(DDL_LINE_MAX), .made = BUF_INIT(DDL_LINE_MAX) };
	struct config config = { 0 };
	bool ok;

	(void)operands;
	line_open(&in, &out);
	ok = config_load(&config, &s->config, s->config.config != NULL, e);
	log_about(config.task.name, config.source_id);
	r.rules = rules_new(s->case_sensitive || (config.has_task && config.task.case_sensitive) ||
			    (config.has_source && config.source.case_sensitive));
	r.sharded = s->sharded || (config.has_task && config.task.shard_mode.n > 0);
	r.source = config.source_id;
	ok = ok && add_routes(r.rules, s, &config, e) && route(&r, e);
	rules_free(r.rules);
	config_release(&config);
	arena_release(&r.arena);
	arena_release(&r.kept);
	buf_release(&r.spill);
	buf_release(&r.made);
	return ok;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	static const struct tool tool = {
		.name = "dm-route", .line = "say where each table goes",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
