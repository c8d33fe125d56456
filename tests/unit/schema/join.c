/* join.c - structures compared, joined, and turned into one another. */
#include "tests.h"

#include "schema/ddl.h"
#include "schema/ddl_cut.h"
#include "schema/join.h"
#include "schema/table_sql.h"

static void take(void *context, struct table *t)
{
	*(struct table *)context = *t;
}

/* "a INT, b INT": what stands between the parentheses; behind a '|', the options of the table. */
static bool make(struct table *t, const char *inside)
{
	struct table_sql how = { .sql_mode = STR_LIT(""), .charset = STR_LIT("utf8mb4"), .schema = STR_LIT("d") };
	struct buf sql = BUF_INIT(1 << 16);
	struct str body = str_of(inside), options = STR_LIT("");
	struct err e = { 0 };
	bool ok;

	if (!str_cut(body, '|', &body, &options))
		options = STR_LIT("");
	buf_putf(&sql, "CREATE TABLE t (%.*s) %.*s", STR(body), STR(options));
	ok = table_sql_read(&how, buf_str(&sql), take, t, &e);
	if (!ok)
		printf("#   %s: %s\n", inside, e.text);
	buf_release(&sql);
	return ok;
}

static char order_sign(bool ok, enum table_order order)
{
	return !ok ? '!' : order == ORDER_EQUAL ? '=' : order == ORDER_LESS ? '<' : '>';
}

static char compared(const struct table *a, const struct table *b)
{
	enum table_order order;
	bool ok = table_compare(a, b, &order, NULL, 0);

	return order_sign(ok, order);
}

/* Both ways, and the join of the two in both orders. wanted NULL: there is none. */
static bool holds_for(const char *left, char sign, const char *right, const char *wanted)
{
	static const char turned[256] = { ['<'] = '>', ['>'] = '<', ['='] = '=', ['!'] = '!' };
	struct table a, b, w, joined, other;
	const struct table *one[] = { &a, &b }, *two[] = { &b, &a };
	struct table_clash clash;
	bool ok = make(&a, left) && make(&b, right), there;
	char is = compared(&a, &b);

	if (is != sign || compared(&b, &a) != turned[(unsigned char)sign]) {
		printf("#   (%s) %c (%s), not %c; the other way %c\n", left, is, right, sign, compared(&b, &a));
		ok = false;
	}
	there = table_join(&joined, one, 2, &clash);
	if (there != table_join(&other, two, 2, &clash)) {
		printf("#   (%s) and (%s) have a join one way only\n", left, right);
		return false;
	}
	if (there != (wanted != NULL)) {
		printf("#   (%s) and (%s) have %s join\n", left, right, there ? "a" : "no");
		ok = false;
	}
	if (there && wanted && make(&w, wanted)) {
		if (compared(&joined, &w) != '=' || compared(&joined, &other) != '=') {
			struct buf text = BUF_INIT(1 << 16);

			table_put_create(&text, &joined);
			printf("#   (%s) and (%s) make %.*s\n", left, right, STR(buf_str(&text)));
			buf_release(&text);
			ok = false;
		}
		table_release(&w);
	}
	if (there) {
		table_release(&joined);
		table_release(&other);
	}
	table_release(&a);
	table_release(&b);
	return ok;
}

static void the_order_of_columns_makes_no_difference(void)
{
	CHECK(holds_for("a INT, b INT", '=', "b INT, a INT", "a INT, b INT"));
	CHECK(holds_for("a INT, b INT COMMENT 'x'", '=', "A INT(5), B INTEGER INVISIBLE", "a INT, b INT"));
}

static void a_column_more_is_greater(void)
{
	CHECK(holds_for("a INT", '<', "a INT, b INT", "a INT, b INT"));
	CHECK(holds_for("a INT", '<', "a INT, b INT NOT NULL DEFAULT 3", "a INT, b INT NOT NULL DEFAULT 3"));
	CHECK(holds_for("a INT, c INT", '!', "a INT, b INT", "a INT, b INT, c INT"));
	CHECK(holds_for("a INT", '<', "a INT, b INT AS (a + 1)", "a INT, b INT AS (a + 1)"));
}

static void what_must_be_said_gets_the_default_that_servers_imply(void)
{
	CHECK(holds_for("a INT", '!', "a INT, b INT NOT NULL", "a INT, b INT NOT NULL DEFAULT 0"));
	CHECK(holds_for("a INT", '!', "a INT, b VARCHAR(3) NOT NULL", "a INT, b VARCHAR(3) NOT NULL DEFAULT ''"));
	CHECK(holds_for("a INT", '!', "a INT, b ENUM('x','y') NOT NULL", "a INT, b ENUM('x','y') NOT NULL DEFAULT 'x'"));
	CHECK(holds_for("a INT", '!', "a INT, b DATE NOT NULL", "a INT, b DATE NOT NULL DEFAULT '0000-00-00'"));
	CHECK(holds_for("a INT", '!', "a INT, b DECIMAL(4,1) NOT NULL", "a INT, b DECIMAL(4,1) NOT NULL DEFAULT '0.0'"));
	CHECK(holds_for("a INT", '!', "a INT, b BIT(3) NOT NULL", "a INT, b BIT(3) NOT NULL DEFAULT b'0'"));
	/* A text cannot have one, and does not need it. */
	CHECK(holds_for("a INT", '<', "a INT, b TEXT NOT NULL", "a INT, b TEXT NOT NULL"));
	CHECK(holds_for("b INT NOT NULL", '<', "b INT NOT NULL DEFAULT 0", "b INT NOT NULL DEFAULT 0"));
	CHECK(holds_for("b INT NOT NULL", '!', "b INT NOT NULL DEFAULT 1", NULL));
}

static void wider_types_are_greater(void)
{
	CHECK(holds_for("a TINYINT", '<', "a SMALLINT", "a SMALLINT"));
	CHECK(holds_for("a MEDIUMINT UNSIGNED", '<', "a BIGINT UNSIGNED", "a BIGINT UNSIGNED"));
	CHECK(holds_for("a INT", '!', "a INT UNSIGNED", NULL));
	CHECK(holds_for("a INT", '!', "a INT ZEROFILL", NULL));
	CHECK(holds_for("a INT", '!', "a FLOAT", NULL));
	CHECK(holds_for("a FLOAT", '!', "a DOUBLE", NULL));
	CHECK(holds_for("a DECIMAL(5,2)", '!', "a DECIMAL(6,2)", NULL));
	CHECK(holds_for("a DECIMAL(5)", '=', "a NUMERIC(5,0)", "a DECIMAL(5,0)"));
	CHECK(holds_for("a VARCHAR(4)", '<', "a VARCHAR(11)", "a VARCHAR(11)"));
	CHECK(holds_for("a CHAR(4)", '<', "a CHAR(11)", "a CHAR(11)"));
	CHECK(holds_for("a CHAR(4)", '!', "a VARCHAR(4)", NULL));
	CHECK(holds_for("a BINARY(4)", '!', "a BINARY(5)", NULL));		/* bytes are filled up with zeros */
	CHECK(holds_for("a VARBINARY(4)", '<', "a VARBINARY(5)", "a VARBINARY(5)"));
	CHECK(holds_for("a TINYTEXT", '<', "a LONGTEXT", "a LONGTEXT"));
	CHECK(holds_for("a BLOB", '<', "a MEDIUMBLOB", "a MEDIUMBLOB"));
	CHECK(holds_for("a TEXT", '!', "a BLOB", NULL));
	CHECK(holds_for("a TEXT", '!', "a VARCHAR(3)", NULL));
	CHECK(holds_for("a DATETIME", '<', "a DATETIME(3)", "a DATETIME(3)"));
	CHECK(holds_for("a DATETIME", '!', "a TIMESTAMP NULL", NULL));
	CHECK(holds_for("a BIT", '<', "a BIT(9)", "a BIT(9)"));
	CHECK(holds_for("a ENUM('x')", '<', "a ENUM('x','y')", "a ENUM('x','y')"));
	CHECK(holds_for("a ENUM('x','y')", '!', "a ENUM('y','x')", NULL));
	CHECK(holds_for("a SET('x')", '<', "a SET('x','y')", "a SET('x','y')"));
	CHECK(holds_for("a SET('x')", '!', "a ENUM('x')", NULL));
	CHECK(holds_for("a INT, b BIGINT", '!', "a BIGINT, b INT", "a BIGINT, b BIGINT"));
	CHECK(holds_for("a INT", '!', "a BIGINT NOT NULL", "a BIGINT"));
}

static void null_and_defaults(void)
{
	CHECK(holds_for("a INT NOT NULL", '<', "a INT", "a INT"));
	CHECK(holds_for("a INT DEFAULT 0", '!', "a INT DEFAULT -1", NULL));
	CHECK(holds_for("a INT DEFAULT 0", '!', "a INT", NULL));
	CHECK(holds_for("a INT DEFAULT NULL", '=', "a INT", "a INT"));
	CHECK(holds_for("a INT DEFAULT '05'", '=', "a INT DEFAULT 5", "a INT DEFAULT 5"));
	CHECK(holds_for("a DECIMAL(4,2) DEFAULT 1.50", '=', "a DECIMAL(4,2) DEFAULT '1.5'", "a DECIMAL(4,2) DEFAULT 1.5"));
	CHECK(holds_for("a BIT(8) DEFAULT b'101'", '=', "a BIT(8) DEFAULT 5", "a BIT(8) DEFAULT 5"));
	CHECK(holds_for("a DATETIME DEFAULT NOW()", '=', "a DATETIME DEFAULT CURRENT_TIMESTAMP", "a DATETIME DEFAULT LOCALTIME()"));
	CHECK(holds_for("a DATETIME(3) DEFAULT NOW(3)", '!', "a DATETIME(3) DEFAULT '2020-02-02 00:00:00'", NULL));
	CHECK(holds_for("a VARCHAR(9) DEFAULT 'now()'", '!', "a VARCHAR(9) DEFAULT 'NOW()'", NULL));
}

static void charsets(void)
{
	CHECK(holds_for("a VARCHAR(4) CHARSET utf8", '<', "a VARCHAR(4) CHARSET utf8mb4", "a VARCHAR(4) CHARSET utf8mb4"));
	CHECK(holds_for("a VARCHAR(4) CHARSET latin1", '!', "a VARCHAR(4) CHARSET utf8mb4", NULL));
	CHECK(holds_for("a INT|CHARSET=utf8", '<', "a INT|CHARSET=utf8mb4", "a INT|CHARSET=utf8mb4"));
}

static void generated_columns(void)
{
	CHECK(holds_for("a INT, b INT AS (a+1)", '=', "a INT, b INT GENERATED ALWAYS AS ( `a` + 1 ) VIRTUAL", "a INT, b INT AS (a + 1)"));
	CHECK(holds_for("a INT, b INT AS (a+1)", '!', "a INT, b INT AS (a+2)", NULL));
	CHECK(holds_for("a INT, b INT AS (NULL)", '=', "a INT, b INT AS (a+2)", "a INT, b INT AS (a+2)"));	/* not known */
	CHECK(holds_for("a INT, b INT AS (a+1)", '!', "a INT, b INT AS (a+1) STORED", NULL));
	CHECK(holds_for("a INT, b INT AS (a+1)", '!', "a INT, b INT", NULL));
}

static void keys_go_the_other_way(void)
{
	CHECK(holds_for("a INT, KEY k (a)", '<', "a INT", "a INT"));
	CHECK(holds_for("a INT, UNIQUE KEY k (a)", '!', "a INT, KEY k (a)", "a INT"));
	CHECK(holds_for("a INT, b INT, KEY k (a)", '!', "a INT, b INT, KEY k (b)", "a INT, b INT"));
	CHECK(holds_for("a INT, b INT, KEY k (a), KEY l (b)", '!', "a INT, b INT, KEY l (b), KEY m (a)", "a INT, b INT, KEY l (b)"));
	CHECK(holds_for("a INT NOT NULL, PRIMARY KEY (a)", '<', "a INT NOT NULL", "a INT NOT NULL"));
	CHECK(holds_for("a INT, KEY k (a)", '!', "a INT, b INT, KEY k (a, b)", "a INT, b INT"));
	CHECK(holds_for("a INT AUTO_INCREMENT PRIMARY KEY", '<', "a INT NOT NULL", "a INT NOT NULL"));
}

static void a_clash_names_the_tables(void)
{
	struct table t[3], joined;
	const struct table *all[] = { &t[0], &t[1], &t[2] };
	struct table_clash clash = { 0 };

	CHECK(make(&t[0], "a INT") && make(&t[1], "a INT, b INT") && make(&t[2], "a BIGINT, B TEXT"));
	CHECK(!table_join(&joined, all, 3, &clash));
	CHECK(clash.a == 1 && clash.b == 2 && str_is(clash.column, "b"));
	for (size_t i = 0; i < 3; i++)
		table_release(&t[i]);
}

/* --- the way --- */

static struct str the_way(struct arena *a, const struct table *from, const struct table *to)
{
	struct buf b = BUF_INIT(1 << 16);
	struct str *clauses, column, text;
	size_t n;

	if (!table_difference(a, from, to, &clauses, &n, &column))
		return arena_strf(a, "not known: %.*s", STR(column));
	for (size_t i = 0; i < n; i++)
		buf_putf(&b, "%s%.*s", i ? ", " : "", STR(clauses[i]));
	text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

static bool leads(const char *from, const char *to, const char *wanted)
{
	struct arena a = ARENA_INIT;
	struct table x, y;
	bool ok = make(&x, from) && make(&y, to);
	struct str way = the_way(&a, &x, &y);

	if (!str_is(way, wanted)) {
		printf("#   is    %.*s\n#   wants %s\n", STR(way), wanted);
		ok = false;
	}
	table_release(&x);
	table_release(&y);
	arena_release(&a);
	return ok;
}

static void the_way_is_short(void)
{
	CHECK(leads("a INT, b INT", "b INT(11), a INT", ""));
	CHECK(leads("a INT", "a INT, b INT DEFAULT 0", "ADD COLUMN `b` int NULL DEFAULT 0"));
	CHECK(leads("a INT, b INT, KEY k (b)", "a INT", "DROP INDEX `k`, DROP COLUMN `b`"));
	CHECK(leads("a INT", "a BIGINT", "MODIFY COLUMN `a` bigint NULL"));
	CHECK(leads("a INT NOT NULL DEFAULT 0", "a INT NOT NULL", "ALTER COLUMN `a` DROP DEFAULT"));
	CHECK(leads("a INT NOT NULL", "a INT NOT NULL DEFAULT 7", "ALTER COLUMN `a` SET DEFAULT 7"));
	CHECK(leads("a INT DEFAULT 7", "a INT", "ALTER COLUMN `a` SET DEFAULT NULL"));
	CHECK(leads("a VARCHAR(3)", "a VARCHAR(3) DEFAULT 'it''s'", "ALTER COLUMN `a` SET DEFAULT 'it''s'"));
	CHECK(leads("a DATETIME", "a DATETIME DEFAULT NOW()", "MODIFY COLUMN `a` datetime NULL DEFAULT NOW()"));
	CHECK(leads("a INT", "a INT, b INT AS (a + 1) STORED", "ADD COLUMN `b` int GENERATED ALWAYS AS (a + 1) STORED"));
	CHECK(leads("a INT NOT NULL, KEY k (a)", "a INT NOT NULL, PRIMARY KEY (a), UNIQUE KEY k (a)",
		    "DROP INDEX `k`, ADD PRIMARY KEY (`a`), ADD UNIQUE KEY `k` (`a`)"));
	CHECK(leads("a VARCHAR(3)", "a VARCHAR(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'it''s'",
		    "MODIFY COLUMN `a` varchar(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'it''s'"));
	CHECK(leads("a DATETIME", "a DATETIME NOT NULL DEFAULT NOW() ON UPDATE NOW() COMMENT 'b'",
		    "MODIFY COLUMN `a` datetime NOT NULL DEFAULT NOW() ON UPDATE NOW() COMMENT 'b'"));
	CHECK(leads("a INT AUTO_INCREMENT, KEY k (a)", "a INT NOT NULL", "MODIFY COLUMN `a` int NOT NULL, DROP INDEX `k`"));
	CHECK(leads("a INT|CHARSET=utf8", "a INT|CHARSET=utf8mb4", "DEFAULT CHARACTER SET utf8mb4"));
}

static void what_cannot_be_spelled_is_said(void)
{
	struct arena a = ARENA_INIT;
	struct table x, y;

	CHECK(make(&x, "a INT") && make(&y, "a INT, b INT AS (a)"));
	y.columns[1].expression = STR_LIT("");
	CHECK(str_is(the_way(&a, &x, &y), "not known: b"));
	table_release(&x);
	table_release(&y);
	arena_release(&a);
}

/* --- random structures --- */

static uint64_t state;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % n);
}

static void random_table(struct table *t)
{
	static const char *const columns[][9] = {
		{ "TINYINT", "INT", "BIGINT", "INT NOT NULL", "BIGINT NOT NULL", "BIGINT NOT NULL DEFAULT 0" },
		{ "VARCHAR(4)", "VARCHAR(9)", "VARCHAR(9) NOT NULL", "VARCHAR(20) NOT NULL DEFAULT ''", "VARCHAR(7) CHARSET utf8",
		  "VARCHAR(7) CHARSET utf8 NOT NULL" },
		{ "ENUM('x')", "ENUM('x','y')", "ENUM('x','y','z') NOT NULL", "ENUM('x') DEFAULT 'x'", "ENUM('x') NOT NULL" },
		{ "INT DEFAULT 1", "INT NOT NULL DEFAULT 1", "SMALLINT DEFAULT '1'", "INT UNSIGNED", "DECIMAL(4,2)" },
		{ "DATETIME", "DATETIME(3)", "DATETIME NOT NULL", "DATETIME DEFAULT NOW()", "DATETIME(6)" },
		{ "TEXT", "TEXT NOT NULL", "LONGTEXT", "TINYTEXT CHARSET utf8", "INT AS (1)", "INT AS (1) STORED" },
	};
	static const char *const keys[] = { "PRIMARY KEY", "UNIQUE KEY u", "KEY k", "KEY l" };
	struct buf b = BUF_INIT(1 << 12);
	unsigned used[8] = { 0 }, n = 0, n_used = 0, first = below(4);

	for (unsigned i = 0; i < 6; i++) {
		unsigned c = (i + first) % 6, kinds = 0;

		while (columns[c][kinds])
			kinds++;
		if (c != 0 && below(3) == 0)
			continue;
		/* Alike more often than not, so that joins are there. */
		buf_putf(&b, "%sc%u %s", n ? ", " : "", c, columns[c][below(2) ? 0 : below(kinds)]);
		n++;
		if (c < 5)
			used[n_used++] = c;
	}
	for (unsigned i = 0; i < 4; i++)
		if (below(2))
			buf_putf(&b, ", %s (c%u)", keys[i], below(4) ? 0 : used[0]);
	buf_putf(&b, "|CHARSET=%s", below(3) ? "utf8mb4" : "utf8");
	CHECK(make(t, buf_text(&b)));
	buf_release(&b);
}

static void show(const char *what, const struct table *t)
{
	struct buf text = BUF_INIT(1 << 16);

	table_put_create(&text, t);
	printf("#   %s %.*s\n", what, STR(buf_str(&text)));
	buf_release(&text);
}

/* Joined in any order it is the same; no table is above it; and it is below what is above all. */
static bool is_a_join(const struct table *t, size_t n, bool *any)
{
	const struct table *some[4], *turned[4];
	struct table joined, other;
	struct table_clash clash;
	bool ok = true, there;

	for (size_t i = 0; i < n; i++) {
		some[i] = &t[i];
		turned[i] = &t[(n * 2 - i) % n];
	}
	there = table_join(&joined, some, n, &clash);
	if (there != table_join(&other, turned, n, &clash))
		return false;
	*any = there;
	if (!there)
		return true;
	ok = compared(&joined, &other) == '=';
	for (size_t i = 0; ok && i < n; i++) {
		struct table again;
		const struct table *with[] = { &joined, &t[i] };

		ok = table_join(&again, with, 2, &clash) && compared(&again, &joined) == '=';
		if (ok)
			table_release(&again);
		if (!ok)
			show("with", &t[i]);
	}
	if (!ok)
		show("join", &joined);
	table_release(&joined);
	table_release(&other);
	return ok;
}

static void joins_are_joins(void)
{
	unsigned found = 0;
	bool ok = true;

	state = 88172645463325252u;
	for (unsigned round = 0; ok && round < 3000; round++) {
		size_t n = 1 + below(4);
		struct table t[4];
		bool any = false;

		for (size_t i = 0; i < n; i++)
			random_table(&t[i]);
		ok = is_a_join(t, n, &any);
		for (size_t i = 0; !ok && i < n; i++)
			show("of", &t[i]);
		found += any && n > 1;
		for (size_t i = 0; i < n; i++)
			table_release(&t[i]);
	}
	CHECK(ok);
	CHECK(found > 200);		/* else nothing was tested */
}

static void joins_are_associative(void)
{
	unsigned found = 0;
	bool ok = true;

	state = 362436069362436069u;
	for (unsigned round = 0; ok && round < 4000; round++) {
		struct table t[3], left, right, whole, l, r;
		struct table_clash clash;
		const struct table *all[] = { &t[0], &t[1], &t[2] }, *ab[] = { &left, &t[2] }, *bc[] = { &t[0], &right };
		bool has_left, has_right;

		for (size_t i = 0; i < 3; i++)
			random_table(&t[i]);
		has_left = table_join(&left, all, 2, &clash);
		has_right = table_join(&right, all + 1, 2, &clash);
		if (table_join(&whole, all, 3, &clash)) {
			ok = has_left && has_right;
			/* What one pair lets be missing has a default that the third's NULL would not have. */
			if (ok && table_join(&l, ab, 2, &clash)) {
				ok = compared(&l, &whole) == '=';
				found++;
				table_release(&l);
			}
			if (ok && table_join(&r, bc, 2, &clash)) {
				ok = compared(&r, &whole) == '=';
				table_release(&r);
			}
			table_release(&whole);
		}
		for (size_t i = 0; !ok && i < 3; i++)
			show("of", &t[i]);
		if (has_left)
			table_release(&left);
		if (has_right)
			table_release(&right);
		for (size_t i = 0; i < 3; i++)
			table_release(&t[i]);
	}
	CHECK(ok);
	CHECK(found > 100);
}

/* --- apply(difference) is the other structure --- */

static const struct table *get_one(void *context, struct str schema, struct str table)
{
	(void)schema;
	(void)table;
	return context;
}

static void set_one(void *context, struct str schema, struct str table, const struct table *t)
{
	struct table *now = context;

	(void)schema;
	(void)table;
	table_release(now);
	if (t)
		table_copy(now, t);
	else
		table_init(now, STR_LIT("d"), STR_LIT("unknown"));
}

static void drop_none(void *context, struct str schema)
{
	(void)context;
	(void)schema;
}

static bool run(struct table *now, struct str sql, struct err *e)
{
	struct ddl_tables tables = {
		.get = get_one, .set = set_one, .drop_schema = drop_none, .context = now, .default_charset = STR_LIT("utf8mb4"),
		.timestamps = TIMESTAMPS_EXPLICIT,
	};
	struct arena a = ARENA_INIT;
	struct ddl ddl;
	bool ok;

	ddl_parse(&ddl, &a, sql, STR_LIT("d"), STR_LIT(""), false);
	ok = ddl.kind == DDL_ALTER_TABLE && ddl_apply(&ddl, &tables, e);
	arena_release(&a);
	return ok;
}

static bool arrives(struct arena *a, const struct table *from, const struct table *to, bool singly)
{
	struct str sql = arena_strf(a, "ALTER TABLE `d`.`t` %.*s", STR(the_way(a, from, to))), *singles = NULL;
	struct err e = { 0 };
	struct table now;
	struct ddl ddl;
	size_t n = 0;
	bool ok = true;

	table_copy(&now, from);
	ddl_parse(&ddl, a, sql, STR_LIT("d"), STR_LIT(""), false);
	if (singly)
		singles = ddl_singles(a, &ddl, &n);
	if (!singles)
		ok = run(&now, sql, &e);
	for (size_t i = 0; ok && singles && i < n; i++)
		ok = run(&now, singles[i], &e);
	ok = ok && compared(&now, to) == '=';
	if (!ok) {
		show("from", from);
		show("to", to);
		printf("#   %.*s\n#   %s\n", STR(sql), e.text);
		show("is", &now);
	}
	table_release(&now);
	return ok;
}

static void the_way_leads_there(void)
{
	unsigned found = 0;
	bool ok = true;

	state = 521288629521288629u;
	for (unsigned round = 0; ok && round < 4000; round++) {
		struct table t[4], from, to;
		const struct table *one[] = { &t[0], &t[1] }, *two[] = { &t[2], &t[3] };
		struct table_clash clash;
		struct arena a = ARENA_INIT;
		bool has_from, has_to;

		for (size_t i = 0; i < 4; i++)
			random_table(&t[i]);
		has_from = table_join(&from, one, 2, &clash);
		has_to = table_join(&to, two, 2, &clash);
		if (has_from && has_to) {
			ok = arrives(&a, &from, &to, false) && arrives(&a, &from, &to, true) && arrives(&a, &t[0], &to, false);
			found++;
		}
		if (has_from)
			table_release(&from);
		if (has_to)
			table_release(&to);
		for (size_t i = 0; i < 4; i++)
			table_release(&t[i]);
		arena_release(&a);
	}
	CHECK(ok);
	CHECK(found > 200);
}

static void defaults_that_vary_are_told(void)
{
	struct table t;

	CHECK(make(&t, "a DATETIME DEFAULT NOW(), b INT DEFAULT 5, c INT DEFAULT (1 + 1), d DATETIME, e VARCHAR(9) DEFAULT 'x'"));
	CHECK(column_default_varies(&t.columns[0]) && !column_default_varies(&t.columns[1]) && column_default_varies(&t.columns[2]));
	CHECK(!column_default_varies(&t.columns[3]) && !column_default_varies(&t.columns[4]));
	table_release(&t);
}

static void values_that_each_server_fills_in_by_itself_are_told(void)
{
	static const char *const texts[] = {
		"a DATETIME DEFAULT NOW()", "a TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP", "a VARCHAR(36) DEFAULT (UUID())", "a DOUBLE DEFAULT (1 + rand())",
		"a INT AUTO_INCREMENT PRIMARY KEY", "a INT DEFAULT (NEXT VALUE FOR s)",
		"a INT DEFAULT 5", "a INT DEFAULT (1 + 1)", "a VARCHAR(9) DEFAULT 'user'", "a ENUM('next', 'now') DEFAULT 'next'", "a VARCHAR(9) DEFAULT (CONCAT('rand', 'uuid'))", "a INT", "a INT NOT NULL",
		"a DATETIME DEFAULT NULL ON UPDATE NOW()", "a DATETIME AS (NOW())",
	};
	struct table t;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		CHECK(make(&t, texts[i]));
		CHECK(column_fill_varies(&t.columns[0]) == (i < 6));
		table_release(&t);
	}
}

void test_join(void)
{
	RUN(values_that_each_server_fills_in_by_itself_are_told);
	RUN(the_order_of_columns_makes_no_difference);
	RUN(a_column_more_is_greater);
	RUN(what_must_be_said_gets_the_default_that_servers_imply);
	RUN(wider_types_are_greater);
	RUN(null_and_defaults);
	RUN(charsets);
	RUN(generated_columns);
	RUN(keys_go_the_other_way);
	RUN(a_clash_names_the_tables);
	RUN(the_way_is_short);
	RUN(what_cannot_be_spelled_is_said);
	RUN(joins_are_joins);
	RUN(joins_are_associative);
	RUN(the_way_leads_there);
	RUN(defaults_that_vary_are_told);
}
