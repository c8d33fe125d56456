/* dm-online-ddl - fold what gh-ost and pt-online-schema-change do into the one ALTER; see dm-online-ddl(1) */
#include "online.h"

#include "base/tool.h"
#include "config/options.h"

#define LINE_MAX_BYTES ((size_t)1 << 30)

const struct err_kind err_online_stream = {
	.code = 36550, .class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "put dm-online-ddl behind dm-relay, and only there: dm-relay | dm-online-ddl | dm-filter | ...",
};

struct settings {
	struct config_settings config;
	struct opt_list shadow, trash;
};

#define AT(field) offsetof(struct settings, field)

static const struct opt options[] = {
	{ OPT_TABLE, 0, NULL, NULL, AT(config), NULL, 0, 0, config_options },
	{ OPT_LIST, 0, "shadow-table", "REGEX", AT(shadow),
	  "take tables with names like this for shadow tables; may be repeated", 0, 0, NULL },
	{ OPT_LIST, 0, "trash-table", "REGEX", AT(trash),
	  "take tables with names like this for trash tables; may be repeated", 0, 0, NULL },
	{ 0 }
};

struct named online_named(struct online *o, struct str schema, struct str table)
{
	struct named n = { .name = { schema, table }, .real = table };

	if (table.n > 0)
		n.class = online_class_of(&o->names, table, &n.real);
	n.wanted = table.n == 0 || rules_want_table(o->rules, schema, n.real);
	return n;
}

/* A shadow table's structure is for dm-relay only: it needs it again when the table takes the real one's place. */
static bool take_table(struct online *o, const struct event_head *ev, struct err *e)
{
	struct named n = online_named(o, ev->schema, ev->table);
	struct shadow *shadow;
	struct str line;

	if (n.class == ONLINE_REAL)
		return line_pass(o->in, o->out, e);
	if (n.class == ONLINE_TRASH || !n.wanted)
		return line_pass(o->in, NULL, e);
	shadow = shadows_want(&o->shadows, &n.name);
	shadow->has_structure = true;
	if (!line_rest(o->in, &o->spill, &line, e))
		return false;
	buf_clear(&o->made);
	shadow_structure_put(&o->made, &shadow->name, line);
	return buf_ok(&o->made, "a line of the stream", e) && line_put(o->out, buf_str(&o->made), e);
}

/* What a checkpoint gives back; every stage sees it. */
static bool take_state(struct online *o, struct err *e)
{
	struct str line, stage, key, value;
	struct event_name name;
	struct table t;

	if (!line_rest(o->in, &o->spill, &line, e) || !state_line_parse(&stage, &key, &value, line, &o->arena, e))
		return false;
	if (str_is(stage, "dm-online-ddl") && !shadows_load(&o->shadows, key, value, &o->arena, e))
		return false;
	if (str_is(stage, "dm-relay") && str_starts(key, STR_LIT("`")) && !str_is(value, "null")) {
		if (!table_line_parse(&t, NULL, value, &o->arena, e))
			return false;
		name = (struct event_name){ t.schema, t.name };
		shadows_want(&o->shadows, &name)->has_structure = true;
		table_release(&t);
	}
	return online_pass(o, line, e);
}

/* Changes that were done behind where a restart begins now are forgotten; the line that says so comes behind that. */
static bool take_boundary(struct online *o, const struct event_head *ev, struct err *e)
{
	struct map_entry *entry;
	size_t at = 0;

	buf_set(&o->resume, ev->resume);
	while ((entry = map_next(&o->shadows.by_name, &at))) {
		struct shadow *shadow = entry->value;

		if (!shadow_trim_done(shadow, ev->resume))
			continue;
		buf_clear(&o->made);
		shadow_line_put(&o->made, shadow);
		if (shadow_is_empty(shadow) && !shadow->has_structure) {
			shadows_drop(&o->shadows, shadow);
			at = 0;		/* the map may be a new one */
		}
		if (!line_put(o->out, buf_str(&o->made), e))
			return false;
	}
	return buf_ok(&o->resume, "a place", e) && line_pass(o->in, o->out, e);
}

static bool take_line(struct online *o, const struct event_head *ev, struct err *e)
{
	switch (ev->type) {
	case EVENT_STREAM:
		o->mariadb = str_is(ev->flavor, "mariadb");
		break;
	case EVENT_TABLE:
		return take_table(o, ev, e);
	case EVENT_STATE:
		return take_state(o, e);
	case EVENT_INSERT: case EVENT_UPDATE: case EVENT_DELETE:
		if (online_named(o, ev->schema, ev->table).class == ONLINE_REAL)
			break;
		return line_pass(o->in, NULL, e);
	case EVENT_DDL:
		return online_ddl(o, e);
	case EVENT_CHUNK: case EVENT_CHUNK_END:
		return err_set(e, &err_online_stream, "the stream is a dump");
	case EVENT_COMMIT: case EVENT_HEARTBEAT:
		return take_boundary(o, ev, e);
	case EVENT_OTHER: case EVENT_SNAPSHOT: case EVENT_END:
		break;
	}
	return line_pass(o->in, o->out, e);
}

static bool fold(struct online *o, struct err *e)
{
	struct event_head ev;
	enum line_got got;
	struct str head;

	while ((got = event_next(o->in, &ev, &head, &o->arena, e)) == LINE_GOT) {
		if (!(o->off ? line_pass(o->in, o->out, e) : take_line(o, &ev, e))) {
			got = LINE_FAIL;
			break;
		}
	}
	return line_close(o->in, o->out, got, e);
}

static struct str *texts(const struct opt_list *list, struct arena *a)
{
	struct str *t = arena_array(a, list->n, sizeof(*t));

	for (size_t i = 0; i < list->n; i++)
		t[i] = str_of(list->items[i]);
	return t;
}

/* The command line over the task. */
static bool settle(struct online *o, const struct settings *s, const struct config *config, struct err *e)
{
	const struct task *task = config->has_task ? &config->task : NULL;
	struct arena a = ARENA_INIT;
	bool own_shadow = s->shadow.n > 0 || !task, own_trash = s->trash.n > 0 || !task, ok;

	o->off = task && !task->online_ddl;
	ok = online_names_init(&o->names, own_shadow ? texts(&s->shadow, &a) : task->shadow_rules,
			       own_shadow ? s->shadow.n : task->n_shadow_rules,
			       own_trash ? texts(&s->trash, &a) : task->trash_rules,
			       own_trash ? s->trash.n : task->n_trash_rules, e);
	arena_release(&a);
	return ok && (!config->instance || rules_of_task(o->rules, task, config->instance,
							 config->has_source ? &config->source : NULL, e));
}

static bool run(void *settings, char **operands, struct err *e)
{
	const struct settings *s = settings;
	static struct line_out out;
	static struct line_in in;
	struct online o = {
		.in = &in, .out = &out, .spill = BUF_INIT(LINE_MAX_BYTES), .made = BUF_INIT(LINE_MAX_BYTES),
		.resume = BUF_INIT(4096),
	};
	struct config config = { 0 };
	bool ok;

	(void)operands;
	line_open(&in, &out);
	shadows_init(&o.shadows);
	ok = config_load(&config, &s->config, s->config.config != NULL, e);
	log_about(config.task.name, config.source_id);
	o.rules = rules_new((config.has_task && config.task.case_sensitive) ||
			    (config.has_source && config.source.case_sensitive));
	ok = ok && settle(&o, s, &config, e) && fold(&o, e);
	rules_free(o.rules);
	online_names_release(&o.names);
	config_release(&config);
	shadows_release(&o.shadows);
	arena_release(&o.arena);
	buf_release(&o.spill);
	buf_release(&o.made);
	buf_release(&o.resume);
	return ok;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	static const struct tool tool = {
		.name = "dm-online-ddl", .line = "fold online schema changes into the one ALTER they mean",
		.opts = options, .settings = &settings, .run = run,
	};

	return tool_main(&tool, argc, argv);
}
