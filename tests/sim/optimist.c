/*
 * optimist.c - shards that change their structures in any order, merged into one table by what dm-sync decides, and compared with
 * each shard by itself after every step.
 *
 * usage: optimist [SEED [HISTORIES]]        default: 1, 4000. Prints the history that fails.
 *
 * Two sources have two tables each. Each table runs up to three statements; before each and after the last, a row is written and
 * one is changed. All orders of one statement, and of two, are gone through with four shards, of three with two; then come random
 * ones, where each shard has statements of its own. The downstream is a table in memory that only understands what a server
 * does: a statement that it would refuse ends the simulation, and so does a row that is not what its shard says.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/dm-sync/optimist.h"
#include "schema/ddl_cut.h"
#include "schema/ddl_tree.h"
#include "schema/join.h"
#include "schema/table_sql.h"

enum { SHARDS = 4, STEPS = 3, ROWS = 64, COLUMNS = 12, VALUE = 12 };

static uint64_t state = 1;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % n);
}

static const char start[] = "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT, v VARCHAR(10) NOT NULL DEFAULT 'q', KEY k (a))";

static const char *const statements[] = {
	"ALTER TABLE s.t ADD c INT", "ALTER TABLE s.t ADD c INT NOT NULL", "ALTER TABLE s.t ADD c INT NOT NULL DEFAULT 5 FIRST",
	"ALTER TABLE s.t ADD d VARCHAR(5) COMMENT 'x', ADD UNIQUE KEY u (id)", "ALTER TABLE s.t ADD c VARCHAR(3) DEFAULT 'x'",
	"ALTER TABLE s.t DROP a", "ALTER TABLE s.t DROP COLUMN c", "ALTER TABLE s.t DROP v",
	"ALTER TABLE s.t MODIFY v VARCHAR(20) NOT NULL DEFAULT 'q'", "ALTER TABLE s.t MODIFY v VARCHAR(5) NOT NULL DEFAULT 'q' COMMENT 'y'",
	"ALTER TABLE s.t MODIFY a BIGINT", "ALTER TABLE s.t CHANGE a b INT", "ALTER TABLE s.t RENAME COLUMN v TO w",
	"ALTER TABLE s.t MODIFY a VARCHAR(10)", "ALTER TABLE s.t MODIFY a INT NOT NULL", "ALTER TABLE s.t ALTER a SET DEFAULT 3",
	"CREATE INDEX l ON s.t (a)", "DROP INDEX k ON s.t", "ALTER TABLE s.t DROP KEY k, ADD KEY k (a, id)",
	"ALTER TABLE s.t ADD e INT DEFAULT 1, DROP a", "ALTER TABLE s.t CHANGE a b INT, CHANGE v a VARCHAR(10) NOT NULL DEFAULT 'q'",
	"ALTER TABLE s.t COMMENT 'z'", "ALTER TABLE s.t ADD a INT AFTER id", "ALTER TABLE s.t DROP PRIMARY KEY, ADD PRIMARY KEY (id)",
	"ALTER TABLE s.t MODIFY c INT NOT NULL DEFAULT 5",
};

enum { STATEMENTS = sizeof(statements) / sizeof(*statements) };

/* --- a table with rows --- */

struct row {
	int shard;
	unsigned id;
	char v[COLUMNS][VALUE];
	bool null[COLUMNS];
};

struct base {
	struct table t;
	size_t n;
	struct row rows[ROWS];
};

struct shard {
	struct base base;		/* as far as its log was applied */
	const char *steps[STEPS];
	unsigned n_steps;
	unsigned at;			/* the step that is next */
	struct table now;		/* what the group has of it */
	struct table wants;
	bool blocked, has_wants, refused;
	bool conflicts;			/* it is blocked by one */
	bool skipped;			/* its own server refused a step */
	size_t n_renamed;
	struct str renamed[8];
	char renamed_text[8][16];
};

static struct base down;
static struct shard shards[SHARDS];
static unsigned n_shards;
static const char *sql_mode;		/* upstream */
static struct optimist_dropped dropped[64];
static char dropped_text[64][16];
static size_t n_dropped;
static char history[16384];
static size_t history_n;
static unsigned long runs, waits, conflicts, refusals, nothings;

static void __attribute__((format(printf, 1, 2))) tell(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(history + history_n, sizeof(history) - history_n, fmt, args);
	va_end(args);
	if (n > 0)
		history_n += (size_t)n < sizeof(history) - history_n ? (size_t)n : sizeof(history) - history_n - 1;
}

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	struct buf b = BUF_INIT(1 << 16);
	va_list args;

	printf("not ok 1 - shards and the merged table agree\n#   ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	table_put_create(&b, &down.t);
	printf("\n#   downstream: %.*s\n", STR(buf_str(&b)));
	for (char *line = strtok(history, "\n"); line; line = strtok(NULL, "\n"))
		printf("#   %s\n", line);
	printf("1..1\n");
	exit(1);
}

struct taken {
	struct table *t;
	bool known;
};

static const struct table *get_it(void *context, struct str schema, struct str table)
{
	(void)schema;
	(void)table;
	return ((struct taken *)context)->t;
}

static void set_it(void *context, struct str schema, struct str table, const struct table *made)
{
	struct taken *taken = context;
	struct table copy;

	(void)schema;
	(void)table;
	taken->known = made != NULL;
	if (!made)
		return;
	table_copy(&copy, made);
	table_release(taken->t);
	*taken->t = copy;
}

static void drop_none(void *context, struct str schema)
{
	(void)context;
	(void)schema;
}

/* False where a server would refuse it. */
static bool alter_structure(struct table *t, const struct ddl *ddl)
{
	struct taken taken = { t, true };
	struct ddl_tables tables = { .get = get_it, .set = set_it, .drop_schema = drop_none, .context = &taken,
				     .default_charset = STR_LIT("utf8mb4"), .timestamps = TIMESTAMPS_EXPLICIT };
	struct err e = { 0 };

	/* That a key is not there, ddl_apply does not mind. */
	for (const struct ddl_change *c = ddl->changes; c; c = c->next) {
		if (c->op == OP_DROP_KEY && table_find_key(t, c->name) == SIZE_MAX)
			return false;
		if (c->op == OP_ADD_KEY && c->key->name.n && table_find_key(t, c->key->name) != SIZE_MAX) {
			bool goes = false;

			for (const struct ddl_change *d = ddl->changes; d; d = d->next)
				goes |= d->op == OP_DROP_KEY && str_eq_nocase(d->name, c->key->name);
			if (!goes)
				return false;
		}
	}
	if (!ddl_apply(ddl, &tables, &e) || !taken.known)
		return false;
	for (size_t i = 0; i < t->n_columns; i++)
		if (table_find_column(t, t->columns[i].name) != i)
			return false;		/* two of a name */
	return true;
}

/* The column that a new one was, by its new name. */
static struct str old_name(const struct ddl *ddl, struct str name)
{
	for (const struct ddl_change *c = ddl->changes; c; c = c->next) {
		if (c->op == OP_RENAME_COLUMN && str_eq_nocase(c->new_name, name))
			return c->name;
		if (c->op == OP_CHANGE_COLUMN && str_eq_nocase(c->column->name, name))
			return c->name;
		if (c->op == OP_ADD_COLUMN && str_eq_nocase(c->column->name, name))
			return STR_LIT("");
	}
	return name;
}

static void fill(const struct column *c, char *v, bool *null)
{
	struct arena a = ARENA_INIT;
	struct str text = column_fill(&a, c);

	*null = !text.p;
	snprintf(v, VALUE, "%.*s", STR(text.p ? text : STR_LIT("")));
	arena_release(&a);
}

/* A strict server does not turn NULL into something else. */
static bool has_null(const struct base *b, const struct table *old)
{
	for (size_t c = 0; c < b->t.n_columns; c++) {
		size_t at = table_find_column(old, b->t.columns[c].name);

		for (size_t r = 0; r < b->n && at != SIZE_MAX && !b->t.columns[c].nullable; r++)
			if (b->rows[r].null[at])
				return true;
	}
	return false;
}

static bool alter(struct base *b, struct str sql, bool strict)
{
	struct arena a = ARENA_INIT;
	struct table old;
	struct ddl ddl;
	bool ok;

	ddl_parse(&ddl, &a, sql, STR_LIT("s"), STR_LIT(""), false);
	table_copy(&old, &b->t);
	ok = alter_structure(&b->t, &ddl);
	ok = ok && !(strict && has_null(b, &old));
	if (!ok) {
		table_release(&b->t);
		table_copy(&b->t, &old);
	}
	for (size_t r = 0; ok && r < b->n; r++) {
		struct row was = b->rows[r], *row = &b->rows[r];

		for (size_t c = 0; c < b->t.n_columns; c++) {
			struct str name = old_name(&ddl, b->t.columns[c].name);
			size_t at = name.n ? table_find_column(&old, name) : SIZE_MAX;

			if (at == SIZE_MAX || (was.null[at] && !b->t.columns[c].nullable)) {
				struct column bare = b->t.columns[c];

				bare.has_default &= at == SIZE_MAX;	/* a NULL becomes what is implied, not the default */
				fill(&bare, row->v[c], &row->null[c]);
			} else {
				memcpy(row->v[c], was.v[at], VALUE);
				row->null[c] = was.null[at];
			}
		}
	}
	table_release(&old);
	arena_release(&a);
	return ok;
}

static struct row *find_row(struct base *b, int shard, unsigned id)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->rows[i].shard == shard && b->rows[i].id == id)
			return &b->rows[i];
	return NULL;
}

/* --- comparison --- */

static void compare_row(const struct shard *s, const struct row *row)
{
	const struct row *there = find_row(&down, row->shard, row->id);

	if (!there)
		fail("row %u of shard %d is not there", row->id, row->shard);
	for (size_t c = 0; c < s->base.t.n_columns; c++) {
		const struct column *column = &s->base.t.columns[c];
		size_t at = table_find_column(&down.t, column->name);

		if (at == SIZE_MAX)
			fail("column %.*s of shard %d is not there", STR(column->name), row->shard);
		if (there->null[at] == row->null[c] && (row->null[c] || strcmp(there->v[at], row->v[c]) == 0))
			continue;
		fail("row %u of shard %d, column %.*s: %s, not %s", row->id, row->shard, STR(column->name),
		     there->null[at] ? "NULL" : there->v[at], row->null[c] ? "NULL" : row->v[c]);
	}
}

static void compare(void)
{
	for (unsigned i = 0; i < n_shards; i++)
		for (size_t r = 0; r < shards[i].base.n; r++)
			compare_row(&shards[i], &shards[i].base.rows[r]);
}

/* --- rows --- */

static void random_values(const struct base *b, struct row *row)
{
	for (size_t c = 0; c < b->t.n_columns; c++) {
		row->null[c] = b->t.columns[c].nullable && below(3) == 0;
		snprintf(row->v[c], VALUE, "%u", below(100));
	}
}

static void write_down(const struct shard *s, const struct row *row)
{
	struct row *there = find_row(&down, row->shard, row->id);

	if (!there) {
		there = &down.rows[down.n++];
		there->shard = row->shard;
		there->id = row->id;
		for (size_t c = 0; c < down.t.n_columns; c++)
			fill(&down.t.columns[c], there->v[c], &there->null[c]);
	}
	for (size_t c = 0; c < s->base.t.n_columns; c++) {
		size_t at = table_find_column(&down.t, s->base.t.columns[c].name);

		if (at == SIZE_MAX)
			fail("shard %d writes column %.*s, which is not there", row->shard, STR(s->base.t.columns[c].name));
		if (row->null[c] && !down.t.columns[at].nullable)
			fail("shard %d writes NULL into %.*s", row->shard, STR(s->base.t.columns[c].name));
		memcpy(there->v[at], row->v[c], VALUE);
		there->null[at] = row->null[c];
	}
}

static void write_rows(int i)
{
	struct shard *s = &shards[i];
	struct row *row = &s->base.rows[s->base.n];

	row->shard = i;
	row->id = (unsigned)s->base.n++;
	random_values(&s->base, row);
	write_down(s, row);
	row = &s->base.rows[below((unsigned)s->base.n)];
	random_values(&s->base, row);
	write_down(s, row);
}

/* --- statements --- */

static void keep_dropped(const struct optimist_answer *answer)
{
	n_dropped = answer->n_dropped;
	for (size_t i = 0; i < n_dropped; i++) {
		snprintf(dropped_text[i], sizeof(dropped_text[i]), "%.*s", STR(answer->dropped[i].column));
		dropped[i] = (struct optimist_dropped){ answer->dropped[i].member, str_of(dropped_text[i]) };
	}
}

static void put_now(struct shard *s, const struct table *now)
{
	table_release(&s->now);
	table_copy(&s->now, now);
}

/* It passes its statement; upstream that had done it at once. */
static void pass(int i)
{
	struct shard *s = &shards[i];

	if (!alter(&s->base, str_of(s->steps[s->at]), sql_mode[0]))
		fail("shard %d does not take its own statement", i);
	s->at++;
	s->blocked = false;
	if (s->has_wants)
		table_release(&s->wants);
	s->has_wants = false;
	s->n_renamed = 0;
}

static void run_down(const struct optimist_answer *answer, struct table *joined, bool *has_joined)
{
	for (size_t k = 0; k < answer->n; k++) {
		tell("    %.*s\n", STR(answer->statements[k].sql));
		if (!alter(&down, answer->statements[k].sql, answer->statements[k].own && sql_mode[0]))
			fail("the downstream refuses: %.*s", STR(answer->statements[k].sql));
	}
	if (*has_joined)
		table_release(joined);
	table_copy(joined, &answer->joined);
	*has_joined = true;
}

static void check_joined(const struct table *joined)
{
	enum table_order order;
	char why[200] = "";

	if (!table_compare(joined, &down.t, &order, why, sizeof(why)) || order != ORDER_EQUAL)
		fail("what is said to be downstream is not: %s", why);
}

static struct table joined;
static bool has_joined;

static bool step(int i)
{
	struct optimist_member members[SHARDS];
	struct optimist_group group = { .n = n_shards, .members = members, .joined = has_joined ? &joined : NULL, .n_dropped = n_dropped,
					.dropped = dropped, .schema = STR_LIT("s"), .table = STR_LIT("t") };
	struct optimist_answer answer;
	struct shard *s = &shards[i];
	struct optimist_ddl ddl = { .member = (size_t)i, .sql = str_of(s->steps[s->at]), .schema = STR_LIT("s"), .sql_mode = str_of(sql_mode),
				    .timestamps = TIMESTAMPS_EXPLICIT };
	bool moved = false;

	for (unsigned k = 0; k < n_shards; k++)
		members[k] = (struct optimist_member){
			k < 2 ? STR_LIT("one") : STR_LIT("two"), STR_LIT("s"), k % 2 ? STR_LIT("t1") : STR_LIT("t0"), &shards[k].now,
			shards[k].has_wants ? &shards[k].wants : NULL, shards[k].n_renamed, shards[k].renamed,
			str_of(shards[k].has_wants ? shards[k].steps[shards[k].at] : ""),
		};
	optimist_decide(&group, &ddl, &answer);
	tell("  %d: %s: %s %s\n", i, s->steps[s->at],
	     answer.verdict == OPTIMIST_RUN ? "run" : answer.verdict == OPTIMIST_NOTHING ? "nothing" : answer.verdict == OPTIMIST_WAIT ? "wait" :
	     answer.verdict == OPTIMIST_CONFLICT ? "conflict" : "refused", answer.why);
	switch (answer.verdict) {
	case OPTIMIST_RUN:
	case OPTIMIST_NOTHING:
		run_down(&answer, &joined, &has_joined);
		check_joined(&joined);
		keep_dropped(&answer);
		put_now(s, &answer.now);
		pass(i);
		for (int k = 0; answer.resolves && k < (int)n_shards; k++)
			if (shards[k].has_wants) {
				put_now(&shards[k], &shards[k].wants);
				pass(k);
			}
		moved = true;
		break;
	case OPTIMIST_WAIT:
	case OPTIMIST_CONFLICT:
		s->blocked = true;
		s->conflicts = answer.verdict == OPTIMIST_CONFLICT;
		if (s->has_wants)
			table_release(&s->wants);
		s->has_wants = false;
		s->n_renamed = 0;
		if (answer.verdict == OPTIMIST_CONFLICT)
			break;
		table_copy(&s->wants, &answer.now);
		s->has_wants = true;
		s->n_renamed = answer.n_renamed;
		for (size_t k = 0; k < answer.n_renamed; k++) {
			snprintf(s->renamed_text[k], sizeof(s->renamed_text[k]), "%.*s", STR(answer.renamed[k]));
			s->renamed[k] = str_of(s->renamed_text[k]);
		}
		break;
	case OPTIMIST_REFUSED:
		s->refused = true;
		break;
	}
	runs += answer.verdict == OPTIMIST_RUN;
	nothings += answer.verdict == OPTIMIST_NOTHING;
	waits += answer.verdict == OPTIMIST_WAIT;
	conflicts += answer.verdict == OPTIMIST_CONFLICT;
	refusals += answer.verdict == OPTIMIST_REFUSED;
	optimist_answer_release(&answer);
	compare();
	return moved;
}

/* A statement that the shard's own server refuses is not in its log. */
static bool is_possible(const struct shard *s)
{
	static struct base copy;
	bool ok;

	copy = s->base;
	table_copy(&copy.t, &s->base.t);
	ok = alter(&copy, str_of(s->steps[s->at]), sql_mode[0]);
	table_release(&copy.t);
	return ok;
}

/* Those that wait are asked again whenever something moved. */
static void settle_blocked(void)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (int i = 0; i < (int)n_shards; i++)
			if (shards[i].blocked && step(i)) {
				write_rows(i);
				moved = true;
			}
	}
}

static void advance(int i)
{
	struct shard *s = &shards[i];

	if (s->blocked || s->refused)
		return;
	while (s->at < s->n_steps && !is_possible(s))
		s->at++, s->skipped = true;
	if (s->at == s->n_steps)
		return;
	if (step(i)) {
		write_rows(i);
		settle_blocked();
	}
	compare();
}

static void read_start(void *context, struct table *t)
{
	*(struct table *)context = *t;
}

static void begin(unsigned n)
{
	struct table_sql how = { .sql_mode = STR_LIT(""), .charset = STR_LIT("utf8mb4"), .schema = STR_LIT("s") };
	struct err e = { 0 };
	struct table t;

	if (!table_sql_read(&how, str_of(start), read_start, &t, &e))
		fail("%s", e.text);
	history_n = 0;
	sql_mode = below(2) ? "" : "STRICT_TRANS_TABLES";
	n_shards = n;
	n_dropped = 0;
	down.n = 0;
	table_copy(&down.t, &t);
	table_copy(&joined, &t);
	has_joined = true;
	for (unsigned i = 0; i < n; i++) {
		struct shard *s = &shards[i];

		*s = (struct shard){ .at = 0 };
		table_copy(&s->base.t, &t);
		table_copy(&s->now, &t);
		write_rows((int)i);
	}
	table_release(&t);
}

static void end(void)
{
	table_release(&down.t);
	if (has_joined)
		table_release(&joined);
	for (unsigned i = 0; i < n_shards; i++) {
		table_release(&shards[i].base.t);
		table_release(&shards[i].now);
		if (shards[i].has_wants)
			table_release(&shards[i].wants);
	}
}

/* All have run the same: downstream is what each of them is, unless somebody was stopped. */
static void check_end(void)
{
	for (unsigned i = 0; i < n_shards; i++)
		if (shards[i].refused || shards[i].skipped || (shards[i].blocked && shards[i].conflicts))
			return;
	for (unsigned i = 0; i < n_shards; i++) {
		enum table_order order;
		char why[200] = "";

		if (shards[i].blocked)
			fail("shard %u waits, though all have run the same", i);
		if (!table_compare(&shards[i].base.t, &down.t, &order, why, sizeof(why)) || order != ORDER_EQUAL)
			fail("downstream is not as shard %u: %s", i, why);
	}
	if (n_dropped > 0)
		fail("%zu columns are taken for dropped", n_dropped);
}

/* All orders of the steps that are left. */
static void one_order(const char *const *steps, unsigned n_steps, unsigned n, const unsigned *order)
{
	begin(n);
	for (unsigned i = 0; i < n; i++) {
		memcpy(shards[i].steps, steps, n_steps * sizeof(*steps));
		shards[i].n_steps = n_steps;
	}
	for (unsigned k = 0; k < n * n_steps; k++)
		advance((int)order[k]);
	for (unsigned k = 0; k < n * n_steps; k++)	/* those that waited have more to do */
		for (unsigned i = 0; i < n; i++)
			advance((int)i);
	check_end();
	end();
}

static unsigned long all_orders(const char *const *steps, unsigned n_steps, unsigned n, unsigned *order, unsigned at, unsigned *left)
{
	unsigned long sum = 0;

	if (at == n * n_steps) {
		one_order(steps, n_steps, n, order);
		return 1;
	}
	for (unsigned i = 0; i < n; i++) {
		if (left[i] == 0)
			continue;
		left[i]--;
		order[at] = i;
		sum += all_orders(steps, n_steps, n, order, at + 1, left);
		left[i]++;
	}
	return sum;
}

static unsigned long programs(unsigned n_steps, unsigned n, unsigned one_in)
{
	unsigned long sum = 0, all = 1;

	for (unsigned k = 0; k < n_steps; k++)
		all *= STATEMENTS;
	for (unsigned long p = 0; p < all; p++) {
		unsigned order[SHARDS * STEPS], left[SHARDS] = { n_steps, n_steps, n_steps, n_steps };
		const char *steps[STEPS];
		unsigned long rest = p;

		for (unsigned k = 0; k < n_steps; k++, rest /= STATEMENTS)
			steps[k] = statements[rest % STATEMENTS];
		if (one_in == 1 || below(one_in) == 0)
			sum += all_orders(steps, n_steps, n, order, 0, left);
	}
	return sum;
}

/* Each shard has its own. */
static void random_history(void)
{
	begin(SHARDS);
	for (unsigned i = 0; i < SHARDS; i++) {
		shards[i].n_steps = below(STEPS + 1);
		for (unsigned k = 0; k < shards[i].n_steps; k++)
			shards[i].steps[k] = statements[below(3) ? below(STATEMENTS) : (unsigned)(k * 7) % STATEMENTS];
	}
	for (unsigned k = 0; k < 3 * SHARDS * STEPS; k++)
		advance((int)below(SHARDS));
	end();
}

int main(int argc, char **argv)
{
	unsigned long histories = argc > 2 ? strtoul(argv[2], NULL, 10) : 4000, orders;

	state = (argc > 1 ? strtoul(argv[1], NULL, 10) : 1) * 0x9e3779b97f4a7c15u;
	orders = programs(1, SHARDS, 1);
	orders += programs(2, 2, 1);
	orders += programs(2, SHARDS, 300);
	orders += programs(3, 2, 100);
	for (unsigned long i = 0; i < histories; i++)
		random_history();
	printf("# %lu orders, %lu random histories: %lu run, %lu nothing, %lu waits, %lu conflicts, %lu refused\n", orders, histories, runs, nothings,
	       waits, conflicts, refusals);
	printf("ok 1 - shards and the merged table agree\n1..1\n");
	return 0;
}
