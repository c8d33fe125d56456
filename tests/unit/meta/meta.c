/* meta.c - tests of what needs no server: statements from patterns, whose lease is dead. */
#include "../check.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "meta/parts.h"

/* Builds the statement, and is refused by a connection that is not there. */
static bool builds(struct meta *m, const char *want)
{
	bool same = str_is(buf_str(&m->sql), want);

	if (!same)
		printf("# built: %.*s\n", STR(buf_str(&m->sql)));
	return same;
}

static void a_pattern_quotes_all_that_it_is_given(void)
{
	struct conn c = { .backslash = true };
	struct meta m;
	struct err e = { 0 };

	meta_init(&m, &c, STR_LIT("dm`meta"), STR_LIT("my.task; --"), STR_LIT("o'neil"));
	CHECK(!meta_run(&m, &e, "DELETE FROM $t WHERE id = $i AND stage = $s AND n = $n $r", STATE, STR_LIT("a\\'b"),
			(uint64_t)7, "LIMIT 1"));
	CHECK(builds(&m, "DELETE FROM `dm``meta`.`my.task; --_state` WHERE id = 'o''neil' AND stage = 'a\\\\''b' "
			 "AND n = 7 LIMIT 1"));
	c.backslash = false;
	CHECK(!meta_run(&m, &e, "SELECT $s", STR_LIT("a\\'b")));
	CHECK(builds(&m, "SELECT 'a\\''b'"));
	meta_release(&m);
}

static void what_does_not_fit_a_column_is_refused(void)
{
	struct conn c = { 0 };
	struct meta m;
	struct err e = { 0 };
	char name[200];

	memset(name, 'x', sizeof(name));
	CHECK(!meta_open(&m, &c, STR_LIT("dm_meta"), STR_LIT("t"), (struct str){ name, 33 }, &e));
	CHECK(e.kind == &err_meta_name);
	CHECK(!meta_open(&m, &c, STR_LIT("dm_meta"), (struct str){ name, 60 }, STR_LIT("s"), &e));
	CHECK(e.kind == &err_meta_name);
	CHECK(!meta_open(&m, &c, STR_LIT("dm_meta"), STR_LIT(""), STR_LIT("s"), &e));
	CHECK(e.kind == &err_meta_name);
	meta_init(&m, &c, STR_LIT("dm_meta"), STR_LIT("t"), STR_LIT("s"));
	CHECK(!meta_table_put(&m, (struct str){ name, 129 }, STR_LIT("t"), STR_LIT("{}"), &e));
	CHECK(e.kind == &err_meta_name);
	CHECK(!meta_place_put(&m, &(struct meta_place){ .file = { name, 129 }, .pos = 4 }, &e));
	CHECK(e.kind == &err_meta_name);
	meta_release(&m);
}

/* Our own owner's name, as meta_lease_take makes it before it asks the server. */
static void name_ourselves(struct meta *m)
{
	static struct conn c;
	struct err e;

	meta_init(m, &c, STR_LIT("dm_meta"), STR_LIT("t"), STR_LIT("s"));
	CHECK(!meta_lease_take(m, &e));
	meta_release(m);
}

static void a_living_process_keeps_its_lease_for_a_while(void)
{
	struct meta m;
	struct lease lease = { .age_us = 1000000 };
	struct arena a = ARENA_INIT;
	struct str text;

	name_ourselves(&m);
	lease.owner = str_of(m.owner);
	CHECK(!lease_is_dead(&lease));
	text = lease_text(&lease, &a);
	CHECK(str_starts(text, STR_LIT("process ")));
	CHECK(str_ends(text, STR_LIT("seen 1.0 s ago")));
	lease.age_us = 31 * 1000000;
	CHECK(lease_is_dead(&lease));
	lease.age_us = -1000000;
	CHECK(!lease_is_dead(&lease));
	lease.age_us = -3600LL * 1000000;
	CHECK(lease_is_dead(&lease));
	arena_release(&a);
}

/* "host:pid:start@machine" with another pid or start. */
static struct str owner_with(const struct meta *m, struct arena *a, const char *pid, const char *start)
{
	struct str host, rest, ours, machine;

	str_cut(str_of(m->owner), ':', &host, &rest);
	str_cut(rest, ':', &ours, &rest);
	str_cut(rest, '@', &rest, &machine);
	return arena_strf(a, "%.*s:%.*s:%.*s@%.*s", STR(host), STR(pid ? str_of(pid) : ours),
			  STR(start ? str_of(start) : rest), STR(machine));
}

static void a_process_that_is_gone_loses_it_at_once(void)
{
	struct meta m;
	struct arena a = ARENA_INIT;
	struct lease lease = { .age_us = 0 };
	char pid[20];
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	name_ourselves(&m);
	waitpid(child, NULL, 0);
	snprintf(pid, sizeof(pid), "%ld", (long)child);
	lease.owner = owner_with(&m, &a, pid, NULL);
	CHECK(lease_is_dead(&lease));
	lease.owner = owner_with(&m, &a, NULL, "1");	/* the number was given to another */
	CHECK(lease_is_dead(&lease));
	lease.owner = owner_with(&m, &a, NULL, NULL);
	CHECK(!lease_is_dead(&lease));
	arena_release(&a);
}

static void a_process_that_ended_and_was_not_waited_for_is_gone(void)
{
	struct meta m;
	siginfo_t info;
	struct arena a = ARENA_INIT;
	struct lease lease = { .age_us = 0 };
	pid_t child = fork();

	if (child == 0) {
		struct meta own;

		name_ourselves(&own);
		_exit(0);
	}
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	name_ourselves(&m);
	lease.owner = owner_with(&m, &a, arena_strf(&a, "%ld", (long)child).p, NULL);
	CHECK(lease_is_dead(&lease));
	waitpid(child, NULL, 0);
	arena_release(&a);
}

static void processes_of_other_machines_are_not_judged(void)
{
	struct arena a = ARENA_INIT;
	struct lease lease = { .owner = STR_LIT("other:1:1@0-0-0/1"), .age_us = 29 * 1000000 };

	CHECK(!lease_is_dead(&lease));
	lease.owner = STR_LIT("anything");
	CHECK(!lease_is_dead(&lease));
	CHECK(str_is(lease_text(&lease, &a), "'anything'"));
	lease.owner = STR_LIT("other:99999999999999999999999:1@x");
	CHECK(!lease_is_dead(&lease));
	lease.owner = STR_LIT("");
	CHECK(!lease_is_dead(&lease));
	arena_release(&a);
}

int main(void)
{
	RUN(a_pattern_quotes_all_that_it_is_given);
	RUN(what_does_not_fit_a_column_is_refused);
	RUN(a_living_process_keeps_its_lease_for_a_while);
	RUN(a_process_that_is_gone_loses_it_at_once);
	RUN(a_process_that_ended_and_was_not_waited_for_is_gone);
	RUN(processes_of_other_machines_are_not_judged);
	return check_done();
}
