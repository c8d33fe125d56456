/* upstream.c - what a source has to be and to allow. */
#include "check.h"

#include "mysql/server.h"
#include "rules/online.h"

static const char turn_on[] = "start the server with log_bin, binlog_format=ROW and binlog_row_image=FULL";

/* A variable's value; "" and a problem where it cannot be asked. */
static bool variable(struct report *r, struct conn *c, struct arena *a, const char *name, struct str *value,
		     bool *exists)
{
	struct err e = { 0 };

	if (server_variable(c, a, name, value, exists, &e))
		return true;
	report_problem(r, true, NULL, "%s", e.text);
	return false;
}

static void check_version(struct report *r, const struct conn *c, struct str where)
{
	bool known = c->flavor == FLAVOR_MARIADB ? c->version >= 100100 && c->version < 110900 :
		     c->flavor == FLAVOR_MYSQL && c->version >= 50600 && c->version < 90800;

	report_begin(r, "mysql_version", "is this version of the server known to work", where);
	if (!known)
		report_problem(r, false, "use MySQL 5.6 to 9.7 or MariaDB 10.1 to 11.8",
			       "version %s is not known to work", c->server_version);
	report_end(r);
}

static void check_server_id(struct report *r, struct conn *c, struct arena *a, struct str where)
{
	struct str id;
	bool exists;

	report_begin(r, "mysql_server_id", "has the server an id of its own", where);
	if (variable(r, c, a, "server_id", &id, &exists) && (id.n == 0 || str_is(id, "0")))
		report_problem(r, false, "set server_id to a number that no other server has", "server_id is 0");
	report_end(r);
}

static void check_log(struct report *r, struct conn *c, struct arena *a, struct str where)
{
	struct str on;
	bool exists;

	report_begin(r, "mysql_binlog_enable", "is the binary log on", where);
	if (variable(r, c, a, "log_bin", &on, &exists) && !str_is(on, "1") && !str_is_nocase(on, "ON"))
		report_problem(r, true, turn_on, "log_bin is off");
	report_end(r);
}

/* A variable that a server does not have stands for the only thing that it can do. */
static void check_setting(struct report *r, struct conn *c, struct arena *a, struct str where, const char *check,
			  const char *about, const char *name, const char *want)
{
	struct str value;
	bool exists;

	report_begin(r, check, about, where);
	if (variable(r, c, a, name, &value, &exists) && exists && !str_is_nocase(value, want))
		report_problem(r, true, turn_on, "%s is %.*s, and has to be %s", name, STR(value), want);
	report_end(r);
}

static void check_replication(struct report *r, const struct grants *g, struct str where)
{
	static const char *const slave[] = { "REPLICATION SLAVE", NULL };
	static const char *const client[] = { "REPLICATION CLIENT", "BINLOG MONITOR", "SUPER", NULL };

	report_begin(r, "source db replication privilege checker", "may the user read the binary log", where);
	if (!grants_have(g, STR_LIT(""), slave))
		report_problem(r, !g->roles, "GRANT REPLICATION SLAVE ON *.* to the user",
			       "%.*s lacks REPLICATION SLAVE", STR(g->user));
	if (!grants_have(g, STR_LIT(""), client))
		report_problem(r, !g->roles, "GRANT REPLICATION CLIENT ON *.* to the user",
			       "%.*s lacks REPLICATION CLIENT", STR(g->user));
	report_end(r);
}

/* Does the task say, in extra-args, that the dump is to be had in this way? What cannot be told is no: the check is made. */
static bool dumps_by(struct str extra_args, const char *way)
{
	static const char option[] = "--consistency";
	size_t at = str_find(extra_args, STR_LIT(option)), n = 0;
	struct str said;

	if (at == SIZE_MAX)
		return strcmp(way, "none") == 0 && str_find(extra_args, STR_LIT("--no-locks")) != SIZE_MAX &&
		       str_find(extra_args, STR_LIT("--no-locks=")) == SIZE_MAX;
	said = str_from(extra_args, at + sizeof(option) - 1);
	while (said.n && strchr(" ='\"", said.p[0]))
		said = str_from(said, 1);
	while (n < said.n && said.p[n] >= 'a' && said.p[n] <= 'z')
		n++;
	return str_is(str_first(said, n), way);
}

static void check_dump(struct report *r, const struct grants *g, const struct upstream *u)
{
	static const char *const reading[] = { "SELECT", NULL }, *const locking[] = { "LOCK TABLES", NULL };
	static const char *const flushing[] = { "RELOAD", "FLUSH_TABLES", NULL };
	struct str args = u->config.instance->dump.extra_args, before = STR_NONE;
	bool flushes = !dumps_by(args, "none") && !dumps_by(args, "lock");

	report_begin(r, "source db dump privilege checker",
		     "may the user read the tables, and lock them for a moment", u->where);
	if (flushes && !grants_have(g, STR_LIT(""), flushing))
		report_problem(r, !g->roles, "GRANT RELOAD ON *.* to the user, or give the task's mydumpers extra-args: \"--consistency none\"",
			       "%.*s lacks RELOAD", STR(g->user));
	for (size_t i = 0; i < u->n_tables; i++) {
		struct str schema = u->tables[i].schema;

		if (str_eq(schema, before) || !rules_want_table(u->rules, schema, u->tables[i].table))
			continue;
		before = schema;
		if (!grants_have(g, schema, reading))
			report_problem(r, false, "GRANT SELECT on the schema to the user",
				       "%.*s lacks SELECT on all of schema '%.*s'", STR(g->user), STR(schema));
		if (dumps_by(args, "lock") && !grants_have(g, schema, locking))
			report_problem(r, !g->roles, "GRANT LOCK TABLES on the schema to the user",
				       "%.*s lacks LOCK TABLES on schema '%.*s'", STR(g->user), STR(schema));
	}
	report_end(r);
}

static bool list_tables(struct upstream *u, struct conn *c, struct arena *a, struct err *e)
{
	struct str *schemas, **tables;
	size_t n_schemas, *n_tables, n = 0;

	if (!server_schemas(c, a, &schemas, &n_schemas, e))
		return false;
	tables = arena_array(a, n_schemas, sizeof(*tables));
	n_tables = arena_array(a, n_schemas, sizeof(*n_tables));
	for (size_t i = 0; i < n_schemas; i++) {
		if (!server_tables(c, a, schemas[i], &tables[i], &n_tables[i], e))
			return false;
		n += n_tables[i];
	}
	u->tables = arena_array(a, n, sizeof(*u->tables));
	for (size_t i = 0; i < n_schemas; i++)
		for (size_t j = 0; j < n_tables[i]; j++)
			u->tables[u->n_tables++] = (struct rules_table){ schemas[i], tables[i][j] };
	return true;
}

static void add_warning(void *report, const char *text)
{
	report_problem(report, false, "correct the rule, if this is not meant", "%s", text);
}

static void check_rules(struct report *r, struct upstream *u)
{
	struct err e = { 0 };
	size_t wanted = 0;

	report_begin(r, "table routing and filter rules", "do the rules fit the tables that are there", u->where);
	for (size_t i = 0; i < u->n_tables; i++)
		wanted += rules_want_table(u->rules, u->tables[i].schema, u->tables[i].table);
	if (wanted == 0)
		report_problem(r, false, "look at the block-allow list", "no table of the source is wanted");
	if (!rules_lint(u->rules, u->tables, u->n_tables, add_warning, r, &e))
		report_problem(r, true, e.kind->workaround, "%s", e.text);
	report_end(r);
}

/* Can the expressions be told for the table as it is now? */
static void check_expressions_of(struct report *r, struct upstream *u, struct conn *c, struct str schema, struct str table)
{
	struct err e = { 0 };
	struct row_exprs *exprs;
	struct table t;
	bool exists;

	if (!server_table(c, schema, table, &t, &exists, &e)) {
		report_problem(r, true, NULL, "%s", e.text);
		return;
	}
	if (!exists) {
		report_problem(r, false, "correct the rule in 'expression-filter', if this is not meant",
			       "an expression filter is about '%.*s.%.*s', which is not there", STR(schema), STR(table));
		return;
	}
	exprs = row_exprs_new(u->row_filter, &t);
	if (!row_exprs_check(exprs, &e))
		report_problem(r, true, e.kind->workaround, "%s", e.text);
	row_exprs_free(exprs);
	table_release(&t);
}

static void check_expressions(struct report *r, struct upstream *u, struct conn *c)
{
	struct str schema, table;

	report_begin(r, "expression filters", "do the expressions fit the tables that are there", u->where);
	for (size_t at = 0; row_filter_next(u->row_filter, &at, &schema, &table);)
		if (rules_want_table(u->rules, schema, table))
			check_expressions_of(r, u, c, schema, table);
	report_end(r);
}

/* Statements of a change that began before the task starts would be missing at its end. */
static void check_online(struct report *r, struct upstream *u)
{
	const struct task *task = r->task;
	struct online_names names;
	struct err e = { 0 };
	struct str real;

	report_begin(r, "online ddl checker", "is an online schema change going on", u->where);
	if (!online_names_init(&names, task->shadow_rules, task->n_shadow_rules, task->trash_rules, task->n_trash_rules, &e))
		report_problem(r, true, e.kind->workaround, "%s", e.text);
	for (size_t i = 0; i < u->n_tables; i++) {
		const struct rules_table *t = &u->tables[i];

		if (online_class_of(&names, t->table, &real) == ONLINE_SHADOW && rules_want_table(u->rules, t->schema, real))
			report_problem(r, true, "wait until the tool is done, or drop what it has left behind",
				       "your ddl is in pt/ghost online-ddl: '%.*s.%.*s' is a shadow table of '%.*s'",
				       STR(t->schema), STR(t->table), STR(real));
	}
	online_names_release(&names);
	report_end(r);
}

static void check_privileges(struct report *r, struct upstream *u, struct conn *c, struct arena *a)
{
	bool replicates = r->task->mode != TASK_FULL, dumps = r->task->mode != TASK_INCREMENTAL;
	struct grants g;
	struct err e = { 0 };

	if (!grants_read(&g, c, a, &e)) {
		report_begin(r, "source db privileges", "what may the user do", u->where);
		report_problem(r, e.kind == &err_upstream_rogue, NULL, "%s", e.text);
		report_end(r);
		return;
	}
	if (replicates && report_wants(r, "replication_privilege"))
		check_replication(r, &g, u->where);
	if (dumps && report_wants(r, "dump_privilege"))
		check_dump(r, &g, u);
}

static void check_server(struct report *r, struct upstream *u, struct conn *c, struct arena *a)
{
	bool replicates = r->task->mode != TASK_FULL;

	if (report_wants(r, "version"))
		check_version(r, c, u->where);
	if (report_wants(r, "server_id"))
		check_server_id(r, c, a, u->where);
	if (replicates && report_wants(r, "binlog_enable"))
		check_log(r, c, a, u->where);
	if (replicates && report_wants(r, "binlog_format"))
		check_setting(r, c, a, u->where, "mysql_binlog_format", "does the log hold rows", "binlog_format",
			      "ROW");
	if (replicates && report_wants(r, "binlog_row_image")) {
		check_setting(r, c, a, u->where, "mysql_binlog_row_image", "does the log hold whole rows",
			      "binlog_row_image", "FULL");
		check_setting(r, c, a, u->where, "mysql_binlog_row_value_options", "does the log hold whole values",
			      "binlog_row_value_options", "");
	}
	check_privileges(r, u, c, a);
	if (report_wants(r, "table_schema")) {
		check_rules(r, u);
		if (!row_filter_is_empty(u->row_filter))
			check_expressions(r, u, c);
		check_foreign_keys(r, u, c);
	}
	if (replicates && r->task->online_ddl && report_wants(r, "online_ddl"))
		check_online(r, u);
}

bool check_upstream(struct report *r, struct upstream *u, struct arena *a, struct err *e)
{
	const struct source *source = &u->config.source;
	struct err why = { 0 };
	struct conn c;
	bool ok;

	u->rules = rules_new(u->config.task.case_sensitive || source->case_sensitive);
	u->row_filter = row_filter_new();
	if (!rules_of_task(u->rules, &u->config.task, u->config.instance, source, e) ||
	    !row_filter_of_task(u->row_filter, &u->config.task, u->config.instance, e))
		return false;
	u->where = arena_strf(a, "source '%.*s' (%.*s:%u)", STR(u->config.source_id), STR(source->from.host),
			      source->from.port);
	report_begin(r, "source db connection", "can the source be reached", u->where);
	ok = conn_open(&c, &(struct conn_want){ .at = &source->from, .scope = SCOPE_UPSTREAM }, &why) &&
	     list_tables(u, &c, a, &why);
	if (!ok)
		report_server(r, &why);
	report_end(r);
	if (ok) {
		u->identity = server_identity(&c, a);
		check_server(r, u, &c, a);
	}
	conn_close(&c);
	return true;
}
