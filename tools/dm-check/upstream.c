/* upstream.c - what a source has to be and to allow. */
#include "check.h"

#include "mysql/server.h"
#include "rules/online.h"

static const char turn_on[] = "start the server with log_bin (and binlog_format=ROW), in my.cnf or by --log-bin: it cannot be set while it runs";

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
		report_problem(r, false, "SET GLOBAL server_id = 1; or another number that no other server has, and in my.cnf", "server_id is 0");
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
		report_problem(r, true, report_way(r, "SET GLOBAL %s = '%s'; and in my.cnf; sessions that are open have to connect anew", name, want),
			       "%s is %.*s, and has to be %s", name, STR(value), *want ? want : "empty");
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
			report_problem(r, true, report_way(r, "wait until the tool is done; or, if it is gone, DROP TABLE `%.*s`.`%.*s`",
							   STR(t->schema), STR(t->table)),
				       "your ddl is in pt/ghost online-ddl: '%.*s.%.*s' is a shadow table of '%.*s'",
				       STR(t->schema), STR(t->table), STR(real));
	}
	online_names_release(&names);
	report_end(r);
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
	if (replicates && report_wants(r, "binlog_db"))
		check_logged(r, u, c, a);
	if (replicates && u->config.instance->has_meta && report_wants(r, "meta_position"))
		check_meta(r, u, c, a);
	if (r->task->mode != TASK_INCREMENTAL && report_wants(r, "conn_number"))
		check_connections(r, c, u->config.instance->dump.threads + 2, "dumper_conn_number_checker", u->where);
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
