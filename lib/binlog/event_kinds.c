/* event_kinds.c - the kinds of errors that event.h names, and those of its words that are only tables. */
#include "binlog/event.h"

const struct err_kind err_binlog_event = {
	.code = 22501, .class = "binlog-op", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "look at the place with mysqlbinlog or mariadb-binlog; if it reads the event, this is a bug",
};
const struct err_kind err_binlog_checksum = {
	.code = 22502, .class = "binlog-op", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "the bytes changed on a disk or on the way: read the log again from its server, and look at "
		"that disk",
};
const struct err_kind err_binlog_unknown = {
	.code = 22503, .class = "binlog-op", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "use a version of these tools that knows this server's version",
};
const struct err_kind err_binlog_lost = {
	.code = 22504, .class = "binlog-op", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "changes are missing from the upstream's own log: copy the data anew",
};
const struct err_kind err_binlog_file = {
	.code = 11027, .class = "functional", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give files that a server wrote as its binary log, not encrypted; an encrypted log can be read "
		"from its server",
};

struct mode {
	uint64_t bit;
	const char *mysql, *mariadb;	/* NULL: not a mode there */
};

static const struct mode modes[] = {
	{ UINT64_C(1) << 0, "REAL_AS_FLOAT", "REAL_AS_FLOAT" },
	{ UINT64_C(1) << 1, "PIPES_AS_CONCAT", "PIPES_AS_CONCAT" },
	{ UINT64_C(1) << 2, "ANSI_QUOTES", "ANSI_QUOTES" },
	{ UINT64_C(1) << 3, "IGNORE_SPACE", "IGNORE_SPACE" },
	{ UINT64_C(1) << 4, NULL, "IGNORE_BAD_TABLE_OPTIONS" },
	{ UINT64_C(1) << 5, "ONLY_FULL_GROUP_BY", "ONLY_FULL_GROUP_BY" },
	{ UINT64_C(1) << 6, "NO_UNSIGNED_SUBTRACTION", "NO_UNSIGNED_SUBTRACTION" },
	{ UINT64_C(1) << 7, "NO_DIR_IN_CREATE", "NO_DIR_IN_CREATE" },
	{ UINT64_C(1) << 8, "POSTGRESQL", "POSTGRESQL" },
	{ UINT64_C(1) << 9, "ORACLE", "ORACLE" },
	{ UINT64_C(1) << 10, "MSSQL", "MSSQL" },
	{ UINT64_C(1) << 11, "DB2", "DB2" },
	{ UINT64_C(1) << 12, "MAXDB", "MAXDB" },
	{ UINT64_C(1) << 13, "NO_KEY_OPTIONS", "NO_KEY_OPTIONS" },
	{ UINT64_C(1) << 14, "NO_TABLE_OPTIONS", "NO_TABLE_OPTIONS" },
	{ UINT64_C(1) << 15, "NO_FIELD_OPTIONS", "NO_FIELD_OPTIONS" },
	{ UINT64_C(1) << 16, "MYSQL323", "MYSQL323" },
	{ UINT64_C(1) << 17, "MYSQL40", "MYSQL40" },
	{ UINT64_C(1) << 18, "ANSI", "ANSI" },
	{ UINT64_C(1) << 19, "NO_AUTO_VALUE_ON_ZERO", "NO_AUTO_VALUE_ON_ZERO" },
	{ UINT64_C(1) << 20, "NO_BACKSLASH_ESCAPES", "NO_BACKSLASH_ESCAPES" },
	{ UINT64_C(1) << 21, "STRICT_TRANS_TABLES", "STRICT_TRANS_TABLES" },
	{ UINT64_C(1) << 22, "STRICT_ALL_TABLES", "STRICT_ALL_TABLES" },
	{ UINT64_C(1) << 23, "NO_ZERO_IN_DATE", "NO_ZERO_IN_DATE" },
	{ UINT64_C(1) << 24, "NO_ZERO_DATE", "NO_ZERO_DATE" },
	{ UINT64_C(1) << 25, "ALLOW_INVALID_DATES", "ALLOW_INVALID_DATES" },
	{ UINT64_C(1) << 26, "ERROR_FOR_DIVISION_BY_ZERO", "ERROR_FOR_DIVISION_BY_ZERO" },
	{ UINT64_C(1) << 27, "TRADITIONAL", "TRADITIONAL" },
	{ UINT64_C(1) << 28, "NO_AUTO_CREATE_USER", "NO_AUTO_CREATE_USER" },
	{ UINT64_C(1) << 29, "HIGH_NOT_PRECEDENCE", "HIGH_NOT_PRECEDENCE" },
	{ UINT64_C(1) << 30, "NO_ENGINE_SUBSTITUTION", "NO_ENGINE_SUBSTITUTION" },
	{ UINT64_C(1) << 31, "PAD_CHAR_TO_FULL_LENGTH", "PAD_CHAR_TO_FULL_LENGTH" },
	{ UINT64_C(1) << 32, "TIME_TRUNCATE_FRACTIONAL", "EMPTY_STRING_IS_NULL" },
	{ UINT64_C(1) << 33, NULL, "SIMULTANEOUS_ASSIGNMENT" },
	{ UINT64_C(1) << 34, NULL, "TIME_ROUND_FRACTIONAL" },
};

void binlog_sql_mode_put(struct buf *b, uint64_t mode, bool mariadb)
{
	bool first = true;

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		const char *name = mariadb ? modes[i].mariadb : modes[i].mysql;

		if (!(mode & modes[i].bit) || !name)
			continue;
		if (!first)
			buf_put_char(b, ',');
		first = false;
		buf_put_text(b, name);
	}
}
