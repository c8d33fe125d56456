/* meta.c - makes and drops the meta tables; see meta.h */
#include "meta/meta.h"

#include "meta/parts.h"
#include "text/sql_quote.h"

#define SQL_BYTES ((size_t)1 << 30)
#define SOURCE_BYTES 32			/* DM's own ceiling of a source-id */
#define TABLE_NAME_BYTES 64		/* of all servers */

/*
 * Columns that DM has too are its own by name, and wide enough for what we keep: places past 4 GiB, sets of GTIDs
 * past 64 KiB. table_info is text and not JSON, since the JSON of MySQL and TiDB reorders keys, and in a line of the
 * stream "type" comes first. Names compare by bytes, as upstream's do.
 */
#define TABLE_END " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='" FORMAT_IS "1'"
/* What the tables are of stands in their comment. The number goes up when those who know a lower one could not read them right; tables
 * of DM, and of our first versions, say none. */
#define FORMAT_IS "dm-tools format "
#define FORMAT 1
#define TIMES "create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, " \
	      "update_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "

static const struct meta_table {
	const char *end, *columns;
} tables[] = {
	{ CHECKPOINT,
	  "id varchar(32) NOT NULL, cp_schema varchar(128) NOT NULL, cp_table varchar(128) NOT NULL, "
	  "binlog_name varchar(128), binlog_pos bigint unsigned, binlog_gtid longtext, "
	  "exit_safe_binlog_name varchar(128) DEFAULT '', exit_safe_binlog_pos bigint unsigned DEFAULT 0, "
	  "exit_safe_binlog_gtid longtext, table_info longtext NOT NULL, is_global boolean, " TIMES
	  "PRIMARY KEY (id, cp_schema, cp_table)" },
	{ LOADER,
	  "id varchar(32) NOT NULL, filename varchar(255) NOT NULL, cp_schema varchar(128) NOT NULL, "
	  "cp_table varchar(128) NOT NULL, `offset` bigint unsigned NOT NULL DEFAULT 0, "
	  "end_pos bigint unsigned NOT NULL DEFAULT 0, "
	  "row_count bigint unsigned NOT NULL DEFAULT 0, place varchar(160) NOT NULL DEFAULT '', "
	  "table_info longtext, " TIMES
	  "PRIMARY KEY (id, place, filename, cp_schema, cp_table)" },
	{ STATE,
	  "id varchar(32) NOT NULL, stage varchar(64) NOT NULL, state_key varchar(255) NOT NULL, "
	  "value longtext NOT NULL, " TIMES
	  "PRIMARY KEY (id, stage, state_key)" },
	{ APPLIED,
	  "id varchar(32) NOT NULL, worker int unsigned NOT NULL, n bigint unsigned NOT NULL, "
	  "base varchar(160) NOT NULL, done longtext NOT NULL, PRIMARY KEY (id, worker, n)" },
	{ ONLINE,
	  "id varchar(32) NOT NULL, ghost_schema varchar(128) NOT NULL, ghost_table varchar(128) NOT NULL, "
	  "ddls longtext, update_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "
	  "PRIMARY KEY (id, ghost_schema, ghost_table)" },
	{ SHARD,
	  "target_schema varchar(128) NOT NULL, target_table varchar(128) NOT NULL, id varchar(32) NOT NULL, "
	  "up_schema varchar(128) NOT NULL, up_table varchar(128) NOT NULL, n bigint unsigned NOT NULL DEFAULT 0, "
	  "owner varchar(32) NOT NULL DEFAULT '', data longtext NOT NULL, " TIMES
	  "PRIMARY KEY (target_schema, target_table, id, up_schema, up_table)" },
	{ LEASE,
	  "id varchar(32) NOT NULL, owner varchar(200) NOT NULL, renewed datetime(6) NOT NULL, "
	  "renewals bigint unsigned NOT NULL DEFAULT 0, PRIMARY KEY (id)" },
};

#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

enum { THE_LOADER = 1, THE_LEASE = N_TABLES - 1 };

const struct err_kind err_meta_row = {
	.code = 24504, .class = "checkpoint", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "look at the row; 'dm-meta checkpoint set' writes a place anew, 'dm-meta drop' drops the "
		      "task's tables",
};

static const struct err_kind err_meta_format = {
	.code = 24507, .class = "checkpoint", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_CONFIG,
	.workaround = "use the version of these tools that wrote it, or a newer one",
};

/* DM's, that we know and do not keep. */
static const char *const dm_tables[] = {
	"_syncer_sharding_meta", "_lightning_checkpoint_list", "_validator_checkpoint",
	"_validator_pending_change", "_validator_error_change", "_validator_table_status",
};

void meta_init(struct meta *m, struct conn *c, struct str schema, struct str task, struct str source)
{
	*m = (struct meta){ .c = c, .schema = schema, .task = task, .source = source, .sql = BUF_INIT(SQL_BYTES) };
}

void meta_release(struct meta *m)
{
	buf_release(&m->sql);
}

static bool check_names(const struct meta *m, struct err *e)
{
	if (m->task.n == 0 || m->source.n == 0 || m->schema.n == 0)
		return err_set(e, &err_meta_name, "the meta tables need the name of a task, a source and a schema");
	return meta_fits(m->source, SOURCE_BYTES, "source-id", e) &&
	       meta_fits(m->schema, TABLE_NAME_BYTES, "meta-schema", e) &&
	       meta_fits(m->task, TABLE_NAME_BYTES - sizeof(CHECKPOINT) + 1, "task name", e);
}

struct found {
	bool any, is_there[N_TABLES];
	bool is_wide;			/* the tables that DM has too are ours, or were made wide before */
	bool has_place;			/* the loader's table is ours */
};

static bool is_table(const struct meta *m, struct str name, const char *end)
{
	return name.n == m->task.n + strlen(end) && str_starts_nocase(name, m->task) &&
	       str_is(str_from(name, m->task.n), end);
}

static void see_column(const struct meta *m, struct found *found, const struct str *row)
{
	for (size_t i = 0; i < N_TABLES; i++)
		found->is_there[i] |= is_table(m, row[0], tables[i].end);
	if (is_table(m, row[0], CHECKPOINT) && !str_is_nocase(row[1], "id"))
		found->is_wide &= str_is_nocase(row[2], "bigint") || str_is_nocase(row[2], "longtext");
	if (is_table(m, row[0], ONLINE) && str_is_nocase(row[1], "ddls"))
		found->is_wide &= str_is_nocase(row[2], "longtext");
	found->has_place |= is_table(m, row[0], LOADER) && str_is_nocase(row[1], "place");
}

static bool check_format(struct meta *m, struct err *e)
{
	struct str prefix = STR_LIT(FORMAT_IS);
	struct result r;
	bool more = true, ok;

	ok = meta_ask(m, &r, e, "SELECT TABLE_NAME, TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = $s", m->schema);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		struct str comment = r.row[1];
		uint64_t format;

		if (!is_table(m, r.row[0], CHECKPOINT) || !comment.p || !str_starts(comment, prefix))
			continue;
		if (!str_to_u64(str_from(comment, prefix.n), &format) || format > FORMAT)
			ok = err_set(e, &err_meta_format, "table '%.*s" CHECKPOINT "' in schema '%.*s' is of format '%.*s', and these tools read "
				     "up to %d", STR(m->task), STR(m->schema), STR(str_from(comment, prefix.n)), FORMAT);
	}
	result_release(&r);
	return ok;
}

/* One question instead of a CREATE for each, which would need privileges on every start. */
static bool look(struct meta *m, struct found *found, struct err *e)
{
	struct result r;
	bool more = true, ok;

	*found = (struct found){ .is_wide = true };
	ok = meta_ask(m, &r, e, "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS "
		      "WHERE TABLE_SCHEMA = $s AND COLUMN_NAME IN ('id', 'binlog_pos', 'table_info', 'place', 'ddls')",
		      m->schema);
	while (ok && (ok = result_next(&r, &more, e)) && more)
		see_column(m, found, r.row);
	result_release(&r);
	for (size_t i = 0; i < N_TABLES; i++)
		found->any |= found->is_there[i];
	return ok && (!found->is_there[0] || check_format(m, e));
}

bool meta_is_there(struct meta *m, bool *there, struct err *e)
{
	struct found found;
	bool ok = look(m, &found, e);

	*there = ok && found.any;
	return ok;
}

static bool make_schema(struct meta *m, struct err *e)
{
	struct buf name = BUF_INIT(4096);
	bool ok;

	sql_put_name(&name, m->schema);
	ok = conn_runf(m->c, e, "CREATE DATABASE IF NOT EXISTS %.*s", STR(buf_str(&name)));
	buf_release(&name);
	return ok;
}

/* DM's offset has 32 bits, and a session without strictness would cut a larger one. One change a statement: older TiDBs take
 * no more. */
static bool widen(struct meta *m, struct err *e)
{
	static const struct meta_table columns[] = {
		{ CHECKPOINT, "binlog_pos bigint unsigned" }, { CHECKPOINT, "exit_safe_binlog_pos bigint unsigned DEFAULT 0" },
		{ CHECKPOINT, "binlog_gtid longtext" }, { CHECKPOINT, "exit_safe_binlog_gtid longtext" },
		{ CHECKPOINT, "table_info longtext NOT NULL" }, { ONLINE, "ddls longtext" },
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (!meta_run(m, e, "ALTER TABLE $t MODIFY $r", columns[i].end, columns[i].columns))
			return false;
	return true;
}

static bool make_tables(struct meta *m, struct err *e)
{
	struct found found;
	bool ok = look(m, &found, e) && (found.any || make_schema(m, e));

	for (size_t i = 0; ok && i < N_TABLES; i++)
		ok = found.is_there[i] || meta_run(m, e, "CREATE TABLE IF NOT EXISTS $t ($r)" TABLE_END,
						   tables[i].end, tables[i].columns);
	if (ok && found.is_there[THE_LOADER] && !found.has_place)
		return err_set(e, &err_meta_row,
			       "table '%.*s" LOADER "' in schema '%.*s' was made by an old DM, and says nothing to us",
			       STR(m->task), STR(m->schema));
	return ok && (found.is_wide || widen(m, e));
}

bool meta_open(struct meta *m, struct conn *c, struct str schema, struct str task, struct str source, struct err *e)
{
	meta_init(m, c, schema, task, source);
	if (check_names(m, e) && (make_tables(m, e) || err_at(e, "meta tables of task '%.*s'", STR(task))))
		return true;
	meta_release(m);
	return false;
}

/* Nobody's tables are pulled from under them. */
static bool check_leases(struct meta *m, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct result r;
	struct lease lease;
	bool more = true, ok;

	ok = meta_ask(m, &r, e, "SELECT id, owner, TIMESTAMPDIFF(MICROSECOND, renewed, UTC_TIMESTAMP(6)) FROM $t",
		      LEASE);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		lease = (struct lease){ r.row[1], INT64_MAX };
		str_to_i64(r.row[2], &lease.age_us);
		if (!lease_is_dead(&lease))
			ok = err_set(e, &err_meta_lease_held, "source '%.*s' of task '%.*s' is worked on by %.*s",
				     STR(r.row[0]), STR(m->task), STR(lease_text(&lease, &a)));
	}
	result_release(&r);
	arena_release(&a);
	return ok;
}

bool meta_drop(struct conn *c, struct str schema, struct str task, struct err *e)
{
	struct meta m;
	struct found found;
	bool ok;

	meta_init(&m, c, schema, task, STR_LIT("(all)"));
	ok = check_names(&m, e) && look(&m, &found, e) && (!found.is_there[THE_LEASE] || check_leases(&m, e));
	for (size_t i = 0; ok && i < N_TABLES; i++)
		ok = meta_run(&m, e, "DROP TABLE IF EXISTS $t", tables[i].end);
	for (size_t i = 0; ok && i < sizeof(dm_tables) / sizeof(dm_tables[0]); i++)
		ok = meta_run(&m, e, "DROP TABLE IF EXISTS $t", dm_tables[i]);
	meta_release(&m);
	return ok;
}

bool meta_forget(struct meta *m, struct err *e)
{
	struct err ignored;
	bool ok = conn_run(m->c, STR_LIT("START TRANSACTION"), e);

	for (size_t i = 0; ok && i < THE_LEASE; i++)
		ok = meta_run(m, e, "DELETE FROM $t WHERE id = $i", tables[i].end);
	if (ok)
		return conn_run(m->c, STR_LIT("COMMIT"), e);
	conn_run(m->c, STR_LIT("ROLLBACK"), &ignored);
	return false;
}
