/* limits.c - what a server leaves out or has no room for: connections, schemas that are not logged, logs that are gone. */
#include "check.h"

#include "mysql/server.h"

/* The last column of the first row. */
static bool number(struct conn *c, const char *sql, uint64_t *n)
{
	struct err ignored = { 0 };
	struct result r = { 0 };
	bool more = false, ok;

	ok = conn_query(c, &r, str_of(sql), false, &ignored) && result_next(&r, &more, &ignored) && more && r.n > 0 &&
	     str_to_u64(r.row[r.n - 1], n);
	result_release(&r);
	return ok;
}

void check_connections(struct report *r, struct conn *c, uint64_t n, const char *name, struct str where)
{
	uint64_t max = 0, used = 0;

	report_begin(r, name, "has the server room for the connections of the task", where);
	/* 0: no limit, on TiDB. Our own connection is not there later. */
	if (number(c, "SELECT @@GLOBAL.max_connections", &max) && max > 0 &&
	    number(c, "SHOW GLOBAL STATUS LIKE 'Threads_connected'", &used)) {
		used -= used > 0;
		if (n > max || n > max - (used < max ? used : max))
			report_problem(r, n > max, report_way(r, "SET GLOBAL max_connections = %llu; or let the task open fewer: threads, pool-size, "
							      "worker-count", (unsigned long long)(used + n + 10)),
				       "the task opens up to %llu connections; max_connections is %llu, of which %llu are in use",
				       (unsigned long long)n, (unsigned long long)max, (unsigned long long)used);
	}
	report_end(r);
}

/* Is the name in a list with commas, as servers show binlog_do_db? */
static bool lists(struct str list, struct str name)
{
	struct str one;

	while (list.n > 0) {
		if (!str_cut(list, ',', &one, &list)) {
			one = list;
			list = STR_LIT("");
		}
		if (str_eq_nocase(str_trim(one), name))
			return true;
	}
	return false;
}

/* binlog_do_db and binlog_ignore_db: in SHOW MASTER STATUS, third and fourth; no variables of that name everywhere. */
static bool log_filters(struct conn *c, struct arena *a, struct str *only, struct str *ignored)
{
	static const char *const statements[] = { "SHOW BINARY LOG STATUS", "SHOW MASTER STATUS", "SHOW BINLOG STATUS" };
	bool got = false;

	for (size_t i = 0; !got && i < sizeof(statements) / sizeof(*statements); i++) {
		struct err e = { 0 };
		struct result r = { 0 };
		bool more = false;

		if (conn_query(c, &r, str_of(statements[i]), false, &e) && result_next(&r, &more, &e) && more && r.n >= 4) {
			*only = arena_str(a, r.row[2]);
			*ignored = arena_str(a, r.row[3]);
			got = true;
		}
		result_release(&r);
	}
	return got;
}

void check_logged(struct report *r, struct upstream *u, struct conn *c, struct arena *a)
{
	struct str only = STR_LIT(""), ignored = STR_LIT(""), before = STR_NONE;

	report_begin(r, "binlog_do_db/binlog_ignore_db check", "does the log hold all schemas that the task wants", u->where);
	if (log_filters(c, a, &only, &ignored) && only.n + ignored.n > 0)
		for (size_t i = 0; i < u->n_tables; i++) {
			struct str schema = u->tables[i].schema;

			if (str_eq(schema, before) || !rules_want_table(u->rules, schema, u->tables[i].table))
				continue;
			before = schema;
			if (only.n > 0 ? lists(only, schema) : !lists(ignored, schema))
				continue;
			report_problem(r, true, report_way(r, "take %s out of the server's configuration (or let it have '%.*s' too), and start "
							   "it anew", only.n > 0 ? "binlog_do_db" : "binlog_ignore_db", STR(schema)),
				       "schema '%.*s' is not in the binary log: %s is %.*s", STR(schema),
				       only.n > 0 ? "binlog_do_db" : "binlog_ignore_db", STR(only.n > 0 ? only : ignored));
		}
	report_end(r);
}

/* Is the file there, and as long as that? "" where it is; else what is wrong. */
static struct str look_for_log(struct conn *c, struct arena *a, struct str file, uint64_t pos, struct err *e)
{
	struct str why = arena_strf(a, "the server has no log '%.*s'", STR(file));
	struct result r = { 0 };
	bool more = true, ok = conn_query(c, &r, STR_LIT("SHOW BINARY LOGS"), false, e);

	while (ok && (ok = result_next(&r, &more, e)) && more) {
		uint64_t size;

		if (r.n < 2 || !str_eq(r.row[0], file) || !str_to_u64(r.row[1], &size))
			continue;
		why = pos <= size ? STR_LIT("") : arena_strf(a, "log '%.*s' ends at %llu, before %llu", STR(file), (unsigned long long)size,
							     (unsigned long long)pos);
	}
	result_release(&r);
	return ok ? why : STR_LIT("");
}

/* A warning: where the task has a checkpoint already, its 'meta' is not used any more. */
void check_meta(struct report *r, struct upstream *u, struct conn *c, struct arena *a)
{
	const struct task_instance *one = u->config.instance;
	struct err e = { 0 };
	struct str why;

	report_begin(r, "meta position check", "has the server the log from where the task is to start", u->where);
	if (one->binlog_name.n > 0 && one->binlog_gtid.n == 0) {
		why = look_for_log(c, a, one->binlog_name, one->binlog_pos, &e);
		if (e.kind)
			report_problem(r, false, e.kind->workaround, "%s", e.text);
		else if (why.n > 0)
			report_problem(r, false, "SHOW BINARY LOGS tells which there are: give 'meta' a place that is there, or begin with task-mode all",
				       "the task is to start at %.*s:%llu, and %.*s", STR(one->binlog_name),
				       (unsigned long long)one->binlog_pos, STR(why));
	}
	report_end(r);
}
