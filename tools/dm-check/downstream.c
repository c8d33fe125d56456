/* downstream.c - what the target has to allow; and what only shows with all servers side by side. */
#include "check.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "mysql/server.h"

/* server_uuid is MySQL's; elsewhere a server is what listens at one port of one host, with one data directory. */
struct str server_identity(struct conn *c, struct arena *a)
{
	struct err e = { 0 };
	struct str value;
	bool exists;

	if (server_variable(c, a, "server_uuid", &value, &exists, &e) && exists && value.n)
		return value;
	if (conn_get(c, a, &value, STR_LIT("SELECT CONCAT_WS(' ', @@hostname, @@port, @@datadir)"), &e))
		return value;
	return STR_LIT("");
}

static void check_target(struct report *r, const struct grants *g, struct str where)
{
	static const char *const needed[] = { "CREATE", "SELECT", "INSERT", "UPDATE",
					      "DELETE", "ALTER",  "DROP",   "INDEX" };
	struct buf lacking = BUF_INIT(500);

	report_begin(r, "target db privilege checker", "may the user create and change everything", where);
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!grants_have(g, STR_LIT(""), (const char *const[]){ needed[i], NULL }))
			buf_putf(&lacking, "%s%s", lacking.n ? ", " : "", needed[i]);
	if (lacking.n)
		report_problem(r, false, report_way(r, "GRANT %s ON *.* TO %.*s; or grant them on each target schema and on the meta schema",
						    buf_text(&lacking), STR(g->user)),
			       "%.*s lacks %s global (*.*) privilege", STR(g->user), buf_text(&lacking));
	buf_release(&lacking);
	report_end(r);
}

/* What all sources together open at the same time: a pool of load or of sync, and one connection for the meta tables. */
static uint64_t connections_down(const struct task *task)
{
	uint64_t n = 0;

	for (size_t i = 0; i < task->n_instances; i++) {
		const struct task_instance *one = &task->instances[i];
		uint64_t load = task->mode != TASK_INCREMENTAL ? one->load.pool_size : 0;
		uint64_t sync = task->mode != TASK_FULL ? one->sync.worker_count : 0;

		n += (load > sync ? load : sync) + 1;
	}
	return n;
}

void check_downstream(struct report *r, const struct task *task, struct arena *a, struct str *identity)
{
	struct str where = arena_strf(a, "target (%.*s:%u)", STR(task->target.host), task->target.port);
	struct grants g;
	struct err e = { 0 };
	struct conn c;
	bool ok;

	*identity = STR_LIT("");
	report_begin(r, "target db connection", "can the target be reached", where);
	ok = conn_open(&c, &(struct conn_want){ .at = &task->target, .scope = SCOPE_DOWNSTREAM }, &e) &&
	     grants_read(&g, &c, a, &e);
	if (!ok)
		report_server(r, &e);
	report_end(r);
	if (ok) {
		*identity = server_identity(&c, a);
		if (report_wants(r, "target_privilege"))
			check_target(r, &g, where);
		if (report_wants(r, "conn_number"))
			check_connections(r, &c, connections_down(task), "loader_conn_number_checker", where);
	}
	conn_close(&c);
}

struct once {
	struct report *report;
	struct map said;
};

/* The same rule stands in several sources. */
static void warn_once(void *context, const char *text)
{
	struct once *once = context;

	if (!map_put(&once->said, str_of(text), once))
		report_problem(once->report, false, "correct the pattern, if this is not meant", "%s", text);
}

static void check_patterns(struct report *r, struct upstream *all, size_t n)
{
	struct once once = { r, MAP_INIT };
	struct rules_table *tables;
	size_t n_tables = 0;

	for (size_t i = 0; i < n; i++) {
		if (all[i].identity.n == 0)	/* a source that could not be asked may have what a pattern is for */
			return;
		n_tables += all[i].n_tables;
	}
	tables = mem_array(n_tables + 1, sizeof(*tables));
	n_tables = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < all[i].n_tables; j++)
			tables[n_tables++] = all[i].tables[j];
	report_begin(r, "patterns of rules", "does every pattern match a table of a source", STR_NONE);
	for (size_t i = 0; i < n; i++)
		rules_lint_patterns(all[i].rules, tables, n_tables, warn_once, &once);
	report_end(r);
	map_release(&once.said);
	free(tables);
}

void check_all(struct report *r, struct upstream *all, size_t n, struct str downstream)
{
	if (report_wants(r, "table_schema"))
		check_patterns(r, all, n);
	report_begin(r, "one server under two names", "is each source, and the target, a server of its own", STR_NONE);
	for (size_t i = 0; i < n; i++) {
		if (all[i].identity.n == 0)
			continue;
		for (size_t j = 0; j < i; j++)
			if (str_eq(all[i].identity, all[j].identity))
				report_problem(r, false, "want no table from both: its rows would come twice",
					       "%.*s and %.*s are one server", STR(all[j].where), STR(all[i].where));
		if (str_eq(all[i].identity, downstream))
			report_problem(r, false, "want no table that is a target: what is written would be read again",
				       "%.*s and the target are one server", STR(all[i].where));
	}
	report_end(r);
}
