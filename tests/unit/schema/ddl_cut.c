/* ddl_cut.c - an ALTER TABLE with some of its clauses, and clause by clause. */
#include "tests.h"

#include "schema/ddl_cut.h"

/* which: a letter a clause, '+' kept. */
static void check_kept(const char *sql, const char *which, const char *wanted)
{
	struct buf b = BUF_INIT(4096);
	struct arena a = ARENA_INIT;
	bool keep[20] = { false };
	struct ddl ddl, again;

	ddl_parse(&ddl, &a, str_of(sql), STR_LIT("d"), STR_LIT(""), true);
	CHECK(ddl.kind == DDL_ALTER_TABLE && ddl.n_clauses == strlen(which));
	for (size_t i = 0; which[i]; i++)
		keep[i] = which[i] == '+';
	ddl_put_clauses(&b, &ddl, keep);
	CHECK(holds(&b, wanted));
	ddl_parse(&again, &a, buf_str(&b), STR_LIT("d"), STR_LIT(""), true);
	CHECK(again.kind == DDL_ALTER_TABLE);
	if (!str_is(buf_str(&b), wanted))
		printf("#   %s\n", buf_text(&b));
	arena_release(&a);
	buf_release(&b);
}

static void clauses_are_left_out(void)
{
	check_kept("ALTER TABLE t ADD a INT, DROP b, ADD KEY (c)", "+-+", "ALTER TABLE t ADD a INT, ADD KEY (c)");
	check_kept("ALTER TABLE t ADD a INT , DROP b /* x */", "-+", "ALTER TABLE t DROP b /* x */");
	check_kept("ALTER TABLE t ADD a DECIMAL(1,0) DEFAULT ',', DROP b;", "+-", "ALTER TABLE t ADD a DECIMAL(1,0) DEFAULT ',';");
	check_kept("ALTER TABLE t ADD (a INT, b INT), CHARSET utf8 COLLATE utf8_bin, ALGORITHM=COPY", "-++",
		   "ALTER TABLE t CHARSET utf8 COLLATE utf8_bin, ALGORITHM=COPY");
	check_kept("ALTER TABLE t ENGINE=InnoDB, COMMENT 'x' PARTITION BY HASH (a) PARTITIONS 3", "-++",
		   "ALTER TABLE t COMMENT 'x' PARTITION BY HASH (a) PARTITIONS 3");
	check_kept("ALTER TABLE t ENGINE=InnoDB, COMMENT 'x' PARTITION BY HASH (a)", "--+", "ALTER TABLE t PARTITION BY HASH (a)");
	check_kept("ALTER TABLE t ADD a INT /*!50000 , ADD b INT, DROP */ c, DROP d -- x", "+-+-", "ALTER TABLE t ADD a INT, DROP c");
	check_kept("ALTER /* a */ TABLE t # c\n ADD a INT, -- b\n DROP b", "-+", "ALTER /* a */ TABLE t # c\n DROP b");
}

static void check_singles(const char *sql, const char *wanted)
{
	struct buf b = BUF_INIT(4096);
	struct arena a = ARENA_INIT;
	struct str *singles;
	struct ddl ddl;
	size_t n;

	ddl_parse(&ddl, &a, str_of(sql), STR_LIT("d"), STR_LIT(""), true);
	CHECK(ddl.kind == DDL_ALTER_TABLE);
	singles = ddl_singles(&a, &ddl, &n);
	for (size_t i = 0; singles && i < n; i++) {
		struct ddl again;

		ddl_parse(&again, &a, singles[i], STR_LIT("d"), STR_LIT(""), true);
		CHECK(again.kind == DDL_ALTER_TABLE && again.n_clauses == 1);
		CHECK(str_starts(singles[i], STR_LIT("ALTER TABLE t ")));
		buf_putf(&b, "%s%.*s", i ? "; " : "", STR(str_from(singles[i], strlen("ALTER TABLE t "))));
	}
	if (!singles)
		buf_put_text(&b, "whole");
	CHECK(holds(&b, wanted));
	if (!str_is(buf_str(&b), wanted))
		printf("#   %s: %s\n", sql, buf_text(&b));
	arena_release(&a);
	buf_release(&b);
}

static void one_statement_for_each_change(void)
{
	check_singles("ALTER TABLE t ADD a INT", "whole");
	check_singles("ALTER TABLE t", "whole");
	check_singles("ALTER TABLE t ADD a INT, ALGORITHM=INPLACE, LOCK=NONE", "whole");
	check_singles("ALTER TABLE t ADD a INT, DROP b, ADD KEY k (a), LOCK=NONE", "ADD a INT; DROP b; ADD KEY k (a)");
	check_singles("ALTER TABLE t ADD COLUMN IF NOT EXISTS (a INT, b INT DEFAULT (1, 2), KEY (a))",
		      "ADD COLUMN IF NOT EXISTS a INT; ADD COLUMN IF NOT EXISTS b INT DEFAULT (1, 2); ADD KEY (a)");
	check_singles("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a)", "DROP PRIMARY KEY; ADD PRIMARY KEY (a)");
	check_singles("ALTER TABLE t ENGINE=InnoDB, COMMENT='x' PARTITION BY HASH (a)", "ENGINE=InnoDB; COMMENT='x'; PARTITION BY HASH (a)");
}

static void each_change_can_be_made_when_its_turn_comes(void)
{
	check_singles("ALTER TABLE t ADD PRIMARY KEY (a), DROP PRIMARY KEY", "DROP PRIMARY KEY; ADD PRIMARY KEY (a)");
	check_singles("ALTER TABLE t ADD KEY k (n), ADD KEY l (m), ADD n INT", "ADD KEY l (m); ADD n INT; ADD KEY k (n)");
	check_singles("ALTER TABLE t ADD KEY ((lower(n))), ADD n TEXT", "ADD n TEXT; ADD KEY ((lower(n)))");
	check_singles("ALTER TABLE t MODIFY a INT AFTER n, ADD n INT", "ADD n INT; MODIFY a INT AFTER n");
	check_singles("ALTER TABLE t ADD a INT, DROP a", "DROP a; ADD a INT");
	check_singles("ALTER TABLE t ADD a INT, CHANGE a b INT", "CHANGE a b INT; ADD a INT");
	check_singles("ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO c, DROP c", "DROP c; RENAME COLUMN b TO c; RENAME COLUMN a TO b");
	check_singles("ALTER TABLE t RENAME INDEX a TO b, DROP INDEX b", "DROP INDEX b; RENAME INDEX a TO b");
	check_singles("ALTER TABLE t DROP a, DROP KEY k", "DROP KEY k; DROP a");
	check_singles("ALTER TABLE t MODIFY id INT, DROP PRIMARY KEY, ADD PRIMARY KEY (x)", "MODIFY id INT; DROP PRIMARY KEY; ADD PRIMARY KEY (x)");
	check_singles("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1), DROP CONSTRAINT c", "DROP CONSTRAINT c; ADD CONSTRAINT c CHECK (a > 1)");
	check_singles("ALTER TABLE t DROP INDEX i, DROP FOREIGN KEY f", "DROP FOREIGN KEY f; DROP INDEX i");
	check_singles("ALTER TABLE t ADD c CHAR(5), CHARSET gbk", "CHARSET gbk; ADD c CHAR(5)");
	check_singles("ALTER TABLE t ADD c INT, RENAME TO u, DROP b", "ADD c INT; DROP b; RENAME TO u");
	check_singles("ALTER TABLE t RENAME TO u, ADD c INT, RENAME TO v", "ADD c INT; RENAME TO v");
	check_singles("ALTER TABLE t MODIFY a TEXT, DROP INDEX i", "DROP INDEX i; MODIFY a TEXT");
	/* There is no order for these. */
	check_singles("ALTER TABLE t ADD rs TIMESTAMP(6) AS ROW START, ADD re TIMESTAMP(6) AS ROW END, ADD PERIOD FOR SYSTEM_TIME (rs, re), "
		      "ADD SYSTEM VERSIONING", "whole");
	check_singles("ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a", "whole");
	check_singles("ALTER TABLE t CHANGE a b INT, CHANGE b a INT", "whole");
}

static void a_million_clauses_stay_one_statement(void)
{
	struct buf b = BUF_INIT(1 << 26);
	struct arena a = ARENA_INIT;
	struct ddl ddl;
	size_t n;

	buf_put_text(&b, "ALTER TABLE t DROP a");
	for (int i = 0; i < 1000000; i++)
		buf_put_text(&b, ",DROP a");
	ddl_parse(&ddl, &a, buf_str(&b), STR_LIT("d"), STR_LIT(""), false);
	CHECK(ddl.kind == DDL_ALTER_TABLE && ddl.n_clauses == 1000001);
	CHECK(!ddl_singles(&a, &ddl, &n));
	arena_release(&a);
	buf_release(&b);
}

void test_ddl_cut(void)
{
	RUN(clauses_are_left_out);
	RUN(one_statement_for_each_change);
	RUN(each_change_can_be_made_when_its_turn_comes);
	RUN(a_million_clauses_stay_one_statement);
}
