/* noise.c - statements with words and bytes changed, cut and joined: understood or not, never read beyond.
 * NOISE=n: so many of them; NOISE_SEED=n: other ones. */
#include "tests.h"

#include <stdlib.h>

#include "schema/ddl_tree.h"

static uint64_t state;

static size_t setting(const char *name, size_t otherwise)
{
	const char *text = getenv(name);
	uint64_t v;

	return text && str_to_u64(str_of(text), &v) ? (size_t)v : otherwise;
}

static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static const char *const seeds[] = {
	"CREATE TABLE s.t (a INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, b ENUM('x','y''z') CHARACTER SET latin1 DEFAULT 'x', c TEXT(300), UNIQUE KEY u "
	"(b(3), c(10)), FOREIGN KEY (a) REFERENCES p (q) ON DELETE CASCADE, CHECK (a > 0)) ENGINE=InnoDB CHARSET utf8mb4 PARTITION BY HASH (a)",
	"ALTER TABLE t ADD COLUMN (x INT, y CHAR(3)), DROP b, MODIFY c VARCHAR(10) AFTER d, CHANGE e f TIMESTAMP NULL FIRST, ADD INDEX (x, y), "
	"RENAME COLUMN g TO h, CONVERT TO CHARACTER SET utf8, ALTER i SET DEFAULT (1 + (2)), RENAME TO `u`",
	"CREATE /*!50001 OR REPLACE */ DEFINER=`a`@`b` VIEW v AS SELECT 1", "RENAME TABLE a TO `b`.`c`, d TO e", "DROP TABLE IF EXISTS a, b.c CASCADE",
	"CREATE UNIQUE INDEX i USING BTREE ON t (a, (b + 1) DESC) COMMENT 'x' ALGORITHM=INPLACE", "ALTER DATABASE CHARACTER SET = utf8 COLLATE utf8_bin",
	"CREATE TABLE t LIKE s.u", "TRUNCATE TABLE t -- x\n", "CREATE TABLE t (a DECIMAL(10,2) AS (b * CASE WHEN c THEN 1 ELSE 2 END) STORED, b SERIAL)",
	"CREATE TABLE t (a INT) UNION=(x, y.z) START TRANSACTION",
};

static const char *const words[] = {
	"(", ")", ",", ";", ".", "'", "`", "\"", "/*", "*/", "/*!50000", "--", "#", " ", "ADD", "COLUMN", "TABLE", "TO", "IF EXISTS", "KEY", "a", "1", "NULL",
	"DEFAULT", "=", "@", "x'", "_utf8", "PRIMARY", "REFERENCES", "PARTITION", "AFTER", "FIRST", "FOR", "END", "CASE", "\\", "\303", "AS", "PERIOD FOR",
};

/* In a block of its own size, so that a sanitizer sees the byte behind it. */
static char *mutant(size_t *n)
{
	const size_t n_seeds = sizeof(seeds) / sizeof(*seeds), n_words = sizeof(words) / sizeof(*words);
	struct str seed = str_of(seeds[any(n_seeds)]), other = str_of(seeds[any(n_seeds)]);
	struct buf b = BUF_INIT(1 << 16);
	size_t cut = any(seed.n + 1);
	char *p;

	buf_put_str(&b, str_first(seed, cut));
	if (any(3) == 0)
		buf_put_text(&b, words[any(n_words)]);
	if (any(4) > 0)
		buf_put_str(&b, any(5) ? str_from(seed, cut + any(3)) : str_from(other, any(other.n + 1)));
	if (any(8) == 0 && b.n > 0)
		b.p[any(b.n)] = (char)any(256);
	*n = b.n;
	p = malloc(b.n ? b.n : 1);
	if (b.n)
		memcpy(p, b.p, b.n);
	buf_release(&b);
	return p;
}

static const struct table *one_table(void *context, struct str schema, struct str name)
{
	(void)schema;
	return name.n % 2 ? context : NULL;
}

static void take_table(void *context, struct str schema, struct str name, const struct table *t)
{
	struct buf b = BUF_INIT(1 << 20);

	(void)context;
	(void)schema;
	(void)name;
	for (size_t i = 0; t && i < t->n_columns; i++)
		column_type_put_normal(&b, t->columns[i].type);
	buf_release(&b);
}

static void take_schema(void *context, struct str schema)
{
	(void)context;
	(void)schema;
}

static size_t understood;

/* A statement with its own names put in is the same statement, all its names given in full. */
static void check_renamed(const struct ddl *ddl)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT(1 << 20);
	struct ddl again;
	bool same = true;

	ddl_put_renamed(&b, ddl, ddl->names);
	if (ddl->kind != DDL_UNKNOWN) {
		ddl_parse(&again, &a, buf_str(&b), STR_LIT("other"), ddl->sql_mode, false);
		same = again.kind == ddl->kind && again.n_names == ddl->n_names && again.n_tables == ddl->n_tables;
		for (size_t i = 0; same && i < ddl->n_names; i++)
			same = str_eq(again.names[i].schema, ddl->names[i].schema) && str_eq(again.names[i].table, ddl->names[i].table);
		understood++;
	}
	CHECK(same);
	if (!same)
		printf("#   %.*s\n#   %.*s\n", STR(ddl->sql), STR(buf_str(&b)));
	arena_release(&a);
	buf_release(&b);
}

static void check_places(const struct ddl *ddl)
{
	for (size_t i = 0; i < ddl->n_names; i++)
		CHECK(ddl->names[i].start <= ddl->names[i].end && ddl->names[i].end <= ddl->sql.n);
	for (const struct ddl_change *c = ddl->changes; c; c = c->next)
		CHECK(c->start <= c->end && c->end <= ddl->sql.n);
	CHECK(ddl->n_tables <= ddl->n_names);
	CHECK((ddl->kind == DDL_UNKNOWN) == (ddl->why[0] != '\0'));
}

static void noise_is_understood_or_not(void)
{
	static const char *const modes[] = { "", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES,REAL_AS_FLOAT" };
	static const char *const names[] = { "a", "b", "c", "d", "e", "g", "i" };
	struct ddl_tables tables = {
		.get = one_table, .set = take_table, .drop_schema = take_schema, .default_charset = STR_LIT("utf8mb4"),
		.timestamps = TIMESTAMPS_EXPLICIT,
	};
	const size_t n = setting("NOISE", 60000);
	struct arena a = ARENA_INIT;
	struct table known;

	table_init(&known, STR_LIT("s"), STR_LIT("t"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		table_add_column(&known, &(struct column){ .name = str_of(names[i]), .type = STR_LIT("int") }, i);
	tables.context = &known;
	for (size_t i = 0; i < n; i++) {
		struct err e = { 0 };
		struct ddl ddl;
		struct str sql;
		char *p = mutant(&sql.n);

		sql.p = p;
		arena_clear(&a);
		ddl_parse(&ddl, &a, sql, STR_LIT("d"), str_of(modes[any(3)]), any(2));
		check_places(&ddl);
		if (!(ddl.lex_flags & 4))
			check_renamed(&ddl);
		CHECK(ddl_apply(&ddl, &tables, &e) || e.kind);
		free(p);
	}
	CHECK(understood > 1000);
	table_release(&known);
	arena_release(&a);
}

static void types_may_be_anything(void)
{
	static const char signs[] = "enum('a',\")(/*\\ dk";
	const size_t n = setting("NOISE", 60000);
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < n; i++) {
		struct buf b = BUF_INIT(1 << 16);
		size_t length = any(20), count;
		char *p = malloc(length ? length : 1);
		struct str type = { p, length }, *labels;

		for (size_t k = 0; k < length; k++)
			p[k] = signs[any(sizeof(signs))];
		arena_clear(&a);
		column_type_put_normal(&b, type);
		column_type_labels(&a, type, &labels, &count);
		CHECK(!b.over);
		buf_release(&b);
		free(p);
	}
	arena_release(&a);
}

void test_noise(void)
{
	state = 88172645463325252u + setting("NOISE_SEED", 0) * 0x9e3779b97f4a7c15u;
	RUN(noise_is_understood_or_not);
	RUN(types_may_be_anything);
}
