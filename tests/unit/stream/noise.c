/* noise.c - lines with bytes changed, cut and doubled: read or refused, never read beyond.
 * NOISE=n: so many of them; NOISE_SEED=n: other ones. */
#include "tests.h"

#include <stdlib.h>

#include "stream/rows.h"

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
	"{\"type\":\"insert\",\"schema\":\"s\",\"table\":\"t\",\"to\":[\"x\",\"y\"],\"pos\":\"b.1:4\",\"seq\":5,\"gtid\":\"g\",\"ts\":1.5,"
	"\"rows\":[[1,\"a\\u00e4\",\"AAH/\"],[-2,null,null]]}",
	"{\"type\":\"update\",\"schema\":\"s\",\"table\":\"t\",\"before\":[0],\"after\":[1,2],\"rows\":[[[1],[\"x\",\"eA==\"]]]}",
	"{\"type\":\"delete\",\"rows\":[[1,{\"base64\":\"/w==\"},{\"json_diff\":[{\"op\":\"replace\"}]}]],\"schema\":\"s\",\"table\":\"t\"}",
	"{\"type\":\"ddl\",\"kind\":\"rename table\",\"schema\":\"d\",\"tables\":[[\"a\",\"b\"],[\"a\",\"c\"]],\"to\":[[\"x\",\"b\"],[\"x\",\"c\"]],"
	"\"pos\":\"b.1:4\",\"at\":\"b.1:90\",\"sql\":\"rename table \\\"b\\\" to c\"}",
	"{\"type\":\"table\",\"schema\":\"a\",\"table\":\"b\",\"charset\":\"utf8mb4\",\"columns\":[{\"name\":\"id\",\"type\":\"int\",\"charset\":null,"
	"\"nullable\":false,\"default\":\"1\",\"enc\":\"base64\"}],\"keys\":[{\"name\":\"PRIMARY\",\"unique\":true,\"columns\":[\"id\"],\"prefix\":[1]}]}",
	"{\"type\":\"state\",\"stage\":\"dm-sync\",\"key\":\"k\",\"value\":{\"a\":[1,2.5e3,true,null]}}",
	"{\"type\":\"snapshot\",\"pos\":\"b.000001:4\",\"gtid\":\"u:1-5\",\"consistent\":false,\"pos_end\":\"b.000002:4\"}",
};

#define N_SEEDS (sizeof(seeds) / sizeof(*seeds))

/* In a block of its own size, so that a sanitizer sees the byte behind it. */
static char *mutant(size_t *n)
{
	static const char signs[] = "[]{}\",:\\0-.eu \n";
	struct str seed = str_of(seeds[any(N_SEEDS)]), other = str_of(seeds[any(N_SEEDS)]);
	struct buf b = BUF_INIT(1 << 16);
	size_t cut = any(seed.n + 1);
	char *p;

	buf_put_str(&b, seed);
	if (any(4) == 0) {
		b.n = cut;
		buf_put_str(&b, str_from(other, any(other.n + 1)));
	}
	for (uint64_t i = any(4); i > 0 && b.n > 0; i--)
		b.p[any(b.n)] = any(3) ? signs[any(sizeof(signs) - 1)] : (char)any(256);
	if (any(4) == 0)
		b.n = any(b.n + 1);
	*n = b.n;
	p = malloc(b.n ? b.n : 1);
	if (b.n)
		memcpy(p, b.p, b.n);
	buf_release(&b);
	return p;
}

static size_t good_heads, good_rows, good_tables;

static void read_rows(struct rows_reader *r, const struct event_head *ev, const struct table *t, struct str line)
{
	struct err e = { 0 };
	bool more = true, ok;

	if (ev->type != EVENT_INSERT && ev->type != EVENT_UPDATE && ev->type != EVENT_DELETE)
		return;
	ok = rows_start(r, ev, t, line, &e);
	while (ok && more) {
		ok = rows_next(r, &more, &e);
		good_rows += ok && more;
	}
	CHECK(ok || e.kind);
}

static void read_others(struct arena *a, struct str line)
{
	struct str stage, key, value;
	struct event_name to;
	struct ddl_event ddl;
	struct err e = { 0 };
	struct table t;

	if (table_line_parse(&t, &to, line, a, &e)) {
		good_tables++;
		table_release(&t);
	}
	ddl_line_parse(&ddl, line, a, &e);
	state_line_parse(&stage, &key, &value, line, a, &e);
}

static void noise_is_read_or_refused(void)
{
	struct arena a = ARENA_INIT;
	const size_t n = setting("NOISE", 200000);
	struct rows_reader r;
	struct table t;

	rows_init(&r);
	table_init(&t, STR_LIT("s"), STR_LIT("t"));
	table_add_column(&t, &(struct column){ .name = STR_LIT("a"), .type = STR_LIT("int") }, 0);
	table_add_column(&t, &(struct column){ .name = STR_LIT("b"), .type = STR_LIT("text") }, 1);
	table_add_column(&t, &(struct column){ .name = STR_LIT("c"), .type = STR_LIT("blob"), .base64 = true }, 2);
	for (size_t i = 0; i < n; i++) {
		struct event_head ev;
		struct err e = { 0 };
		struct str line;
		char *p = mutant(&line.n);

		line.p = p;
		arena_clear(&a);
		if (event_head_parse(&ev, line, &a, &e)) {
			good_heads++;
			CHECK(ev.after_names <= line.n && ev.to_start <= ev.to_end && ev.to_end <= line.n);
			read_rows(&r, &ev, &t, line);
		} else {
			CHECK(e.kind && e.text[0]);
		}
		read_others(&a, line);
		free(p);
	}
	CHECK(good_heads > 1000 && good_rows > 1000 && good_tables > 100);
	rows_release(&r);
	table_release(&t);
	arena_release(&a);
}

void test_noise(void)
{
	state = 88172645463325252u + setting("NOISE_SEED", 0) * 0x9e3779b97f4a7c15u;
	RUN(noise_is_read_or_refused);
}
