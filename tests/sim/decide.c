/* decide.c - single decisions of dm-sync about the DDL of shards, with the statements and messages that come of them. */
#include "../unit/check.h"

#include "../../tools/dm-sync/optimist.h"
#include "schema/join.h"
#include "schema/table_sql.h"

enum { SHARDS = 3 };

static struct {
	size_t n;
	struct table now[SHARDS], wants[SHARDS];
	bool waits[SHARDS];
	struct str renamed[SHARDS];		/* one at most */
	char renamed_text[SHARDS][32], sql[SHARDS][128];
	struct table joined;
	bool has_joined;
	struct optimist_dropped dropped[16];
	char dropped_text[16][32];
	size_t n_dropped;
	bool strict;
	struct buf said;
} g;

static void take(void *context, struct table *t)
{
	*(struct table *)context = *t;
}

static struct table structure(const char *columns)
{
	struct table_sql how = { .sql_mode = STR_LIT(""), .charset = STR_LIT("utf8mb4"), .schema = STR_LIT("db") };
	struct buf sql = BUF_INIT(1 << 16);
	struct err e = { 0 };
	struct table t;

	buf_putf(&sql, "CREATE TABLE tbl (%s)", columns);
	if (!table_sql_read(&how, buf_str(&sql), take, &t, &e)) {
		printf("# %s\n", e.text);
		table_init(&t, STR_LIT("db"), STR_LIT("tbl"));
	}
	buf_release(&sql);
	return t;
}

static struct optimist_group group(struct optimist_member *members)
{
	static const char *const names[] = { "tbl00", "tbl01", "tbl02" };

	for (size_t i = 0; i < g.n; i++)
		members[i] = (struct optimist_member){
			i < 2 ? STR_LIT("mysql-01") : STR_LIT("mysql-02"), STR_LIT("db"), str_of(names[i]), &g.now[i],
			g.waits[i] ? &g.wants[i] : NULL, g.renamed[i].n > 0, &g.renamed[i], str_of(g.sql[i]),
		};
	return (struct optimist_group){ g.n, members, g.has_joined ? &g.joined : NULL, g.n_dropped, g.dropped, STR_LIT("db"), STR_LIT("tbl") };
}

/* Three shards of one structure, or of these. */
static void shards(const char *first, const char *second, const char *third)
{
	struct optimist_member members[SHARDS];
	struct optimist_group all;
	char why[500];

	memset(&g, 0, sizeof(g));
	buf_init(&g.said, 1 << 16);
	g.n = SHARDS;
	g.now[0] = structure(first);
	g.now[1] = structure(second ? second : first);
	g.now[2] = structure(third ? third : first);
	all = group(members);
	g.has_joined = optimist_begin(&all, &g.joined, why, sizeof(why));
	if (!g.has_joined)
		buf_put_text(&g.said, why);
}

static void done(void)
{
	for (size_t i = 0; i < SHARDS; i++) {
		table_release(&g.now[i]);
		if (g.waits[i])
			table_release(&g.wants[i]);
	}
	if (g.has_joined)
		table_release(&g.joined);
	buf_release(&g.said);
}

static void keep(size_t i, const struct optimist_answer *answer)
{
	bool passes = answer->verdict == OPTIMIST_RUN || answer->verdict == OPTIMIST_NOTHING;

	if (g.waits[i])
		table_release(&g.wants[i]);
	g.waits[i] = answer->verdict == OPTIMIST_WAIT;
	snprintf(g.renamed_text[i], sizeof(g.renamed_text[i]), "%.*s",
		 STR(g.waits[i] && answer->n_renamed ? answer->renamed[0] : STR_LIT("")));
	g.renamed[i] = str_of(g.renamed_text[i]);
	if (g.waits[i])
		table_copy(&g.wants[i], &answer->now);
	if (!passes)
		return;
	table_release(&g.now[i]);
	table_copy(&g.now[i], &answer->now);
	for (size_t k = 0; answer->resolves && k < g.n; k++)
		if (g.waits[k]) {
			table_release(&g.now[k]);
			g.now[k] = g.wants[k];
			g.waits[k] = false;
		}
	if (g.has_joined)
		table_release(&g.joined);
	g.has_joined = answer->has_joined;
	if (g.has_joined)
		table_copy(&g.joined, &answer->joined);
	g.n_dropped = answer->n_dropped;
	for (size_t k = 0; k < g.n_dropped; k++) {
		snprintf(g.dropped_text[k], sizeof(g.dropped_text[k]), "%.*s", STR(answer->dropped[k].column));
		g.dropped[k] = (struct optimist_dropped){ answer->dropped[k].member, str_of(g.dropped_text[k]) };
	}
}

enum way { DECIDE, SKIP, EXEC, ENTER, CORRECT };

static bool comes(size_t i, enum way way, const char *sql, const char *wanted)
{
	struct optimist_member members[SHARDS];
	struct optimist_group all = group(members);
	struct optimist_ddl ddl = { .member = i, .sql = str_of(sql), .schema = STR_LIT("db"), .sql_mode = STR_LIT("STRICT_TRANS_TABLES"),
				    .timestamps = TIMESTAMPS_EXPLICIT, .strict = g.strict };
	static const char *const words[] = { "run", "nothing", "wait", "conflict", "refused" };
	struct optimist_answer answer;
	bool ok;

	if (way == DECIDE)
		optimist_decide(&all, &ddl, &answer);
	else if (way == ENTER)
		optimist_enter(&all, i, &answer);
	else if (way == CORRECT)
		optimist_correct(&all, i, &answer);
	else
		optimist_force(&all, &ddl, way == EXEC, &answer);
	buf_clear(&g.said);
	buf_putf(&g.said, "%s", words[answer.verdict]);
	for (size_t k = 0; k < answer.n; k++)
		buf_putf(&g.said, "%s %.*s%s", k ? ";" : ":", STR(answer.statements[k].sql), answer.statements[k].own ? "" : " (ours)");
	if (answer.verdict == OPTIMIST_REFUSED)
		buf_putf(&g.said, " %d", answer.kind->code);
	if (answer.verdict >= OPTIMIST_CONFLICT)
		buf_putf(&g.said, ": %s", answer.why);
	keep(i, &answer);
	snprintf(g.sql[i], sizeof(g.sql[i]), "%s", sql);
	ok = str_is(buf_str(&g.said), wanted);
	if (!ok)
		printf("# %s\n#   is    %s\n#   wants %s\n", sql, buf_text(&g.said), wanted);
	optimist_answer_release(&answer);
	return ok;
}

static bool does(size_t i, const char *sql, const char *wanted)
{
	return comes(i, DECIDE, sql, wanted);
}

/* Three tables, Level and Name, as DM's manual tells it. */
static void the_table_of_the_manual(void)
{
	shards("ID INT PRIMARY KEY, Name VARCHAR(20)", NULL, NULL);
	CHECK(does(0, "ALTER TABLE `tbl` ADD COLUMN `Level` INT", "run: ALTER TABLE `tbl` ADD COLUMN `Level` INT"));
	CHECK(does(1, "ALTER TABLE `tbl` ADD COLUMN `Level` INT", "nothing"));
	CHECK(does(1, "ALTER TABLE `tbl` DROP COLUMN `Name`", "nothing"));
	CHECK(does(2, "ALTER TABLE `tbl` ADD COLUMN `Level` INT", "nothing"));
	CHECK(does(0, "ALTER TABLE `tbl` DROP COLUMN `Name`", "nothing"));
	CHECK(does(2, "ALTER TABLE `tbl` DROP COLUMN `Name`", "run: ALTER TABLE `tbl` DROP COLUMN `Name`"));
	CHECK(g.n_dropped == 0 && g.joined.n_columns == 2);
	done();
}

static void two_defaults_are_a_conflict(void)
{
	shards("ID INT PRIMARY KEY", NULL, NULL);
	CHECK(does(1, "ALTER TABLE tbl ADD COLUMN Age INT DEFAULT 0", "run: ALTER TABLE tbl ADD COLUMN Age INT DEFAULT 0"));
	CHECK(does(0, "ALTER TABLE tbl ADD COLUMN Age INT DEFAULT -1",
		   "conflict: column 'Age' is `Age` int NULL DEFAULT -1 in mysql-01-`db`.`tbl00`, and downstream its rows have got the column as "
		   "`Age` int NULL DEFAULT 0"));
	CHECK(does(0, "ALTER TABLE tbl ADD COLUMN Age TEXT",
		   "conflict: column 'Age' is `Age` text CHARACTER SET utf8mb4 NULL in mysql-01-`db`.`tbl00`, and downstream its rows have got "
		   "the column as `Age` int NULL DEFAULT 0"));
	CHECK(does(0, "ALTER TABLE tbl ADD COLUMN Age VARCHAR(3) DEFAULT '0'",
		   "conflict: column 'Age' is `Age` varchar(3) CHARACTER SET utf8mb4 NULL DEFAULT '0' in mysql-01-`db`.`tbl00`, and `Age` int "
		   "NULL DEFAULT 0 in mysql-01-`db`.`tbl01`"));
	done();
}

static void a_column_comes_back_too_early(void)
{
	shards("a INT, b INT, z INT", NULL, NULL);
	CHECK(does(0, "ALTER TABLE tbl DROP b", "nothing"));
	CHECK(does(0, "ALTER TABLE tbl ADD b INT",
		   "refused 36062: add column b that wasn't fully dropped in downstream: other shards have it still"));
	CHECK(does(1, "ALTER TABLE tbl DROP b", "nothing"));
	CHECK(does(2, "ALTER TABLE tbl DROP b", "run: ALTER TABLE tbl DROP b"));
	CHECK(does(0, "ALTER TABLE tbl ADD b INT", "run: ALTER TABLE tbl ADD b INT"));
	CHECK(does(1, "ALTER TABLE tbl DROP a, ADD a TEXT",
		   "refused 36062: add column a that wasn't fully dropped in downstream: other shards have it still"));
	done();
}

static void keys(void)
{
	shards("a INT, b INT, KEY k (a)", NULL, NULL);
	CHECK(does(0, "CREATE UNIQUE INDEX u ON tbl (b)", "nothing"));
	CHECK(does(0, "DROP INDEX k ON tbl", "run: DROP INDEX k ON tbl"));
	CHECK(does(1, "ALTER TABLE tbl DROP KEY k, ADD UNIQUE u (b)", "nothing"));
	CHECK(does(2, "ALTER TABLE tbl DROP KEY k, ADD UNIQUE u (b)", "run: ALTER TABLE tbl ADD UNIQUE u (b)"));
	done();
}

static void a_statement_is_said_in_the_users_words_where_they_fit(void)
{
	shards("a INT", "a INT, c INT", NULL);
	CHECK(does(0, "ALTER TABLE tbl ADD b INT COMMENT 'x', ADD c INT AFTER a", "run: ALTER TABLE tbl ADD b INT COMMENT 'x'"));
	CHECK(does(1, "ALTER TABLE tbl ADD d VARCHAR(3) COLLATE utf8mb4_bin NOT NULL",
		   "run: ALTER TABLE tbl ADD d VARCHAR(3) COLLATE utf8mb4_bin NOT NULL; ALTER TABLE `db`.`tbl` ALTER COLUMN `d` SET DEFAULT '' (ours)"));
	CHECK(does(0, "ALTER TABLE tbl ADD d VARCHAR(9) NOT NULL", "run: ALTER TABLE `db`.`tbl` MODIFY COLUMN `d` varchar(9) CHARACTER SET utf8mb4 "
		   "COLLATE utf8mb4_bin NOT NULL DEFAULT '' (ours)"));
	CHECK(does(2, "ALTER TABLE tbl ADD d VARCHAR(3) NOT NULL", "run: ALTER TABLE `db`.`tbl` ALTER COLUMN `d` DROP DEFAULT (ours)"));
	CHECK(does(2, "ALTER TABLE tbl COMMENT 'x'", "run: ALTER TABLE tbl COMMENT 'x'"));
	done();
}

static void what_means_another_thing_afterwards_waits(void)
{
	shards("a INT, b INT", NULL, NULL);
	CHECK(does(0, "ALTER TABLE tbl RENAME COLUMN a TO c", "wait"));
	CHECK(does(1, "ALTER TABLE tbl CHANGE a c INT", "wait"));
	CHECK(does(2, "ALTER TABLE tbl ADD d INT", "run: ALTER TABLE tbl ADD d INT"));
	CHECK(does(2, "ALTER TABLE tbl CHANGE a c INT", "run: ALTER TABLE tbl CHANGE a c INT"));
	CHECK(!g.waits[0] && !g.waits[1]);
	CHECK(does(0, "ALTER TABLE tbl MODIFY b DECIMAL(5,1)", "wait"));
	CHECK(does(1, "ALTER TABLE tbl MODIFY b DECIMAL(6,1)",
		   "conflict: column 'b' is `b` decimal(6,1) NULL in mysql-01-`db`.`tbl01`, and `b` decimal(5,1) NULL in mysql-01-`db`.`tbl00`"));
	done();
}

/* A structure does not tell them, so the statements do. */
static void partitions_that_go_wait_for_all(void)
{
	shards("a INT", NULL, NULL);
	CHECK(does(0, "ALTER TABLE tbl ADD PARTITION (PARTITION p1 VALUES LESS THAN (9))",
		   "run: ALTER TABLE tbl ADD PARTITION (PARTITION p1 VALUES LESS THAN (9))"));
	CHECK(does(0, "ALTER TABLE tbl DROP PARTITION p0", "wait"));
	CHECK(does(1, "ALTER TABLE tbl ADD b INT", "run: ALTER TABLE tbl ADD b INT"));
	CHECK(does(1, "ALTER TABLE tbl TRUNCATE PARTITION p0",
		   "conflict: partitions change in another way in mysql-01-`db`.`tbl00`: ALTER TABLE tbl DROP PARTITION p0"));
	CHECK(does(1, "alter table `tbl` drop partition `p0`", "wait"));
	CHECK(does(2, "ALTER TABLE tbl ENGINE=InnoDB", "run: ALTER TABLE tbl ENGINE=InnoDB"));
	CHECK(g.waits[0] && g.waits[1]);
	CHECK(does(2, "ALTER TABLE tbl DROP PARTITION p0", "run: ALTER TABLE tbl DROP PARTITION p0"));
	CHECK(!g.waits[0] && !g.waits[1]);
	CHECK(does(2, "ALTER TABLE tbl REMOVE PARTITIONING", "wait"));
	CHECK(comes(2, EXEC, "ALTER TABLE tbl REMOVE PARTITIONING", "run: ALTER TABLE tbl REMOVE PARTITIONING"));
	done();
}

static void strict_waits_for_nobody(void)
{
	shards("a INT, b INT", NULL, NULL);
	g.strict = true;
	CHECK(does(0, "ALTER TABLE tbl RENAME COLUMN a TO c",
		   "refused 36062: it waits until all shards have done it: ALTER TABLE tbl RENAME COLUMN a TO c"));
	CHECK(does(0, "ALTER TABLE tbl ADD n INT NOT NULL",
		   "refused 36062: column 'n' is NOT NULL and has no default, and other shards lack it"));
	CHECK(does(0, "ALTER TABLE tbl ADD n INT", "run: ALTER TABLE tbl ADD n INT"));
	done();
}

static void values_that_the_log_does_not_have(void)
{
	shards("a INT", NULL, NULL);
	CHECK(does(0, "ALTER TABLE tbl ADD n BIGINT NOT NULL AUTO_INCREMENT UNIQUE",
		   "conflict: column 'n' is AUTO_INCREMENT: the numbers that upstream gave to the rows of mysql-01-`db`.`tbl00` are not in its log"));
	CHECK(does(0, "ALTER TABLE tbl ADD t DATETIME DEFAULT NOW()",
		   "conflict: column 't' has the default NOW(), which is another value in the rows of each shard"));
	done();
}

static void an_operator_decides(void)
{
	shards("a INT DEFAULT 1", NULL, NULL);
	CHECK(does(0, "ALTER TABLE tbl ALTER a SET DEFAULT 0", "wait"));
	CHECK(does(1, "ALTER TABLE tbl ALTER a SET DEFAULT -1",
		   "conflict: column 'a' is `a` int NULL DEFAULT -1 in mysql-01-`db`.`tbl01`, and `a` int NULL DEFAULT 0 in mysql-01-`db`.`tbl00`"));
	CHECK(comes(0, SKIP, "ALTER TABLE tbl ALTER a SET DEFAULT 0", "nothing"));
	CHECK(does(0, "ALTER TABLE tbl ADD b INT", "run: ALTER TABLE tbl ADD b INT"));
	CHECK(comes(1, EXEC, "ALTER TABLE tbl ALTER a SET DEFAULT -1", "run: ALTER TABLE tbl ALTER a SET DEFAULT -1"));
	CHECK(does(1, "ALTER TABLE tbl ADD b INT", "nothing"));
	done();
}

static void a_table_enters(void)
{
	shards("a INT", NULL, "a INT, b INT NOT NULL, c TEXT");
	CHECK(g.joined.n_columns == 3 && str_is(g.joined.columns[1].def, "0"));
	table_release(&g.joined);
	g.joined = structure("a INT, KEY k (a)");		/* before the third came */
	CHECK(comes(2, ENTER, "", "run: ALTER TABLE `db`.`tbl` DROP INDEX `k`, ADD COLUMN `b` int NOT NULL DEFAULT 0, "
		    "ADD COLUMN `c` text CHARACTER SET utf8mb4 NULL (ours)"));
	done();
	shards("a INT", "a TEXT", NULL);
	CHECK(!g.has_joined && str_is(buf_str(&g.said), "column 'a' is `a` int NULL in mysql-01-`db`.`tbl00`, and `a` text CHARACTER SET utf8mb4 "
				      "NULL in mysql-01-`db`.`tbl01`"));
	done();
}

/* The third was taken to have all that the downstream has: what it lacks stays there, what it has more is added, nothing gets narrower. */
static void a_structure_is_corrected(void)
{
	shards("a INT", NULL, "a INT, b INT, v VARCHAR(50), KEY k (a)");
	table_release(&g.now[2]);
	g.now[2] = structure("a INT, v VARCHAR(20), w INT");
	CHECK(comes(2, CORRECT, "", "run: ALTER TABLE `db`.`tbl` ADD COLUMN `w` int NULL (ours)"));
	CHECK(g.joined.n_columns == 4 && table_find_column(&g.joined, STR_LIT("b")) != SIZE_MAX);
	CHECK(does(2, "ALTER TABLE tbl DROP w", "run: ALTER TABLE tbl DROP w"));
	CHECK(does(0, "ALTER TABLE tbl ADD v VARCHAR(30)", "run: ALTER TABLE `db`.`tbl` MODIFY COLUMN `v` varchar(30) CHARACTER SET utf8mb4 NULL (ours)"));
	done();
}

/* Columns of a table that has left stay with its rows. */
static void a_table_leaves(void)
{
	shards("a INT, b INT", NULL, NULL);
	CHECK(does(0, "ALTER TABLE tbl DROP b", "nothing"));
	table_release(&g.now[1]);
	table_release(&g.now[2]);
	g.now[1] = structure("a INT");
	g.now[2] = structure("a INT");
	CHECK(does(0, "ALTER TABLE tbl ADD c INT", "run: ALTER TABLE tbl ADD c INT"));
	CHECK(g.joined.n_columns == 3);
	done();
}

static void what_is_not_known_is_refused(void)
{
	shards("a INT", NULL, NULL);
	CHECK(does(0, "ALTER TABLE tbl DROP nothing",
		   "refused 36640: alter table of 'db.tbl': column 'nothing' is not there: ALTER TABLE tbl DROP nothing"));
	CHECK(does(0, "ALTER TABLE tbl ADD v VARCHAR(60000)",
		   "refused 36640: what it does to the structure is not known: ALTER TABLE tbl ADD v VARCHAR(60000)"));
	done();
}

int main(void)
{
	RUN(the_table_of_the_manual);
	RUN(two_defaults_are_a_conflict);
	RUN(a_column_comes_back_too_early);
	RUN(keys);
	RUN(a_statement_is_said_in_the_users_words_where_they_fit);
	RUN(what_means_another_thing_afterwards_waits);
	RUN(partitions_that_go_wait_for_all);
	RUN(strict_waits_for_nobody);
	RUN(values_that_the_log_does_not_have);
	RUN(an_operator_decides);
	RUN(a_table_enters);
	RUN(a_structure_is_corrected);
	RUN(a_table_leaves);
	RUN(what_is_not_known_is_refused);
	return check_done();
}
