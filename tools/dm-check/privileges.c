/* privileges.c - what the account of an upstream has to be allowed; each lack says the GRANT that mends it. */
#include "check.h"

#include "mysql/server.h"
#include "text/sql_quote.h"

/* Where roles are, what they grant is not listed: then it is a warning only. */
static void lacks(struct report *r, const struct grants *g, bool fatal, const char *privilege)
{
	report_problem(r, fatal && !g->roles, report_way(r, "GRANT %s ON *.* TO %.*s", privilege, STR(g->user)), "%.*s lacks %s",
		       STR(g->user), privilege);
}

static void check_replication(struct report *r, const struct grants *g, struct str where)
{
	static const char *const slave[] = { "REPLICATION SLAVE", NULL };
	static const char *const client[] = { "REPLICATION CLIENT", "BINLOG MONITOR", "SUPER", NULL };

	report_begin(r, "source db replication privilege checker", "may the user read the binary log", where);
	if (!grants_have(g, STR_LIT(""), slave))
		lacks(r, g, true, "REPLICATION SLAVE");
	if (!grants_have(g, STR_LIT(""), client))
		lacks(r, g, true, "REPLICATION CLIENT");
	report_end(r);
}

/* The word behind --consistency in extra-args; auto without. What cannot be told is auto: the check is made. */
static struct str consistency_of(const struct task_instance *one)
{
	static const char option[] = "--consistency";
	struct str args = one->dump.extra_args, said;
	size_t at = str_find(args, STR_LIT(option)), n = 0;

	if (at == SIZE_MAX)
		return str_find(args, STR_LIT("--no-locks")) != SIZE_MAX && str_find(args, STR_LIT("--no-locks=")) == SIZE_MAX ?
			       STR_LIT("none") : STR_LIT("auto");
	said = str_from(args, at + sizeof(option) - 1);
	while (said.n && strchr(" ='\"", said.p[0]))
		said = str_from(said, 1);
	while (n < said.n && said.p[n] >= 'a' && said.p[n] <= 'z')
		n++;
	return str_first(said, n);
}

/* Do snapshots of this server tell whether a commit came in between, so that a dump locks nothing where none did? */
static bool snapshots_agree(struct conn *c, struct arena *a)
{
	struct err ignored = { 0 };
	struct str gtid;
	bool exists;

	if (c->flavor == FLAVOR_MARIADB)
		return true;
	return c->flavor == FLAVOR_MYSQL && c->version >= 80000 && server_variable(c, a, "gtid_mode", &gtid, &exists, &ignored) &&
	       exists && str_is_nocase(gtid, "ON");
}

/* A dump has to read every table, and at some moments to keep commits away: by RELOAD, or by LOCK TABLES on what it dumps. */
struct dump_needs {
	bool reload;		/* without it there is no dump */
	bool lock;		/* LOCK TABLES, in its place or because it was asked for */
	const char *why;	/* what a dump does without RELOAD; NULL: nothing that needs it */
};

static struct dump_needs dump_needs(struct str consistency, const struct grants *g, struct conn *c, struct arena *a)
{
	static const char *const flushing[] = { "RELOAD", "FLUSH_TABLES", NULL };
	bool may_flush = grants_have(g, STR_LIT(""), flushing);

	if (str_is(consistency, "flush"))
		return (struct dump_needs){ .reload = !may_flush };
	if (str_is(consistency, "lock"))
		return (struct dump_needs){ .lock = true };
	if (may_flush || c->flavor == FLAVOR_TIDB || str_is(consistency, "none") || str_is(consistency, "snapshot"))
		return (struct dump_needs){ 0 };
	if (snapshots_agree(c, a))
		return (struct dump_needs){ .why = "a dump that finds no moment without a commit in between locks the tables by LOCK TABLES" };
	return (struct dump_needs){ .lock = true, .why = "a dump locks the tables by LOCK TABLES until it has its snapshots" };
}

static void check_schema(struct report *r, const struct grants *g, struct str schema, bool lock)
{
	static const char *const reading[] = { "SELECT", NULL }, *const locking[] = { "LOCK TABLES", NULL };
	struct buf name = BUF_INIT(4096);

	sql_put_name(&name, schema);
	if (!grants_have(g, schema, reading))
		report_problem(r, false, report_way(r, "GRANT SELECT ON %s.* TO %.*s", buf_text(&name), STR(g->user)),
			       "%.*s lacks SELECT on all of schema '%.*s'", STR(g->user), STR(schema));
	if (lock && !grants_have(g, schema, locking))
		report_problem(r, !g->roles, report_way(r, "GRANT LOCK TABLES ON %s.* TO %.*s", buf_text(&name), STR(g->user)),
			       "%.*s lacks LOCK TABLES on schema '%.*s'", STR(g->user), STR(schema));
	buf_release(&name);
}

static void check_dump(struct report *r, const struct grants *g, struct upstream *u, struct conn *c, struct arena *a)
{
	struct dump_needs needs = dump_needs(consistency_of(u->config.instance), g, c, a);
	struct str before = STR_NONE;

	report_begin(r, "source db dump privilege checker",
		     "may the user read the tables, and lock them for a moment", u->where);
	if (needs.reload)
		lacks(r, g, true, "RELOAD");
	if (needs.why)
		report_problem(r, false, report_way(r, "GRANT RELOAD ON *.* TO %.*s; or grant LOCK TABLES on the schemas; or "
						    "extra-args: --consistency none, see dm-dump(1)", STR(g->user)),
			       "%.*s lacks RELOAD: %s", STR(g->user), needs.why);
	for (size_t i = 0; i < u->n_tables; i++) {
		struct str schema = u->tables[i].schema;

		if (str_eq(schema, before) || !rules_want_table(u->rules, schema, u->tables[i].table))
			continue;
		before = schema;
		check_schema(r, g, schema, needs.lock);
	}
	report_end(r);
}

void check_privileges(struct report *r, struct upstream *u, struct conn *c, struct arena *a)
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
		check_dump(r, &g, u, c, a);
}
