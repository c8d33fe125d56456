/* gtid.c - GTIDs and sets of them: text, binary form, membership. */
#include "binlog/gtid.h"

#include "binlog/cur.h"
#include "tests.h"

#define UUID_A "acce6cb4-e553-11f1-9663-02fc00000001"
#define UUID_B "bcce6cb4-e553-11f1-9663-02fc00000001"

static bool text_is(const struct gtid_set *set, const char *want)
{
	struct buf b = BUF_INIT(1 << 20);
	bool same;

	gtid_set_text(set, &b);
	same = str_is(buf_str(&b), want);
	if (!same)
		printf("# set is '%.*s', not '%s'\n", STR(buf_str(&b)), want);
	buf_release(&b);
	return same;
}

static bool parses_to(const char *text, const char *want)
{
	struct gtid_set set;
	struct err e = { 0 };
	bool ok;

	gtid_set_init(&set);
	ok = gtid_set_parse(&set, str_of(text), &e) && text_is(&set, want);
	gtid_set_release(&set);
	return ok;
}

static bool refused(const char *text)
{
	struct gtid_set set;
	struct err e = { 0 };
	bool ok;

	gtid_set_init(&set);
	ok = !gtid_set_parse(&set, str_of(text), &e) && e.kind == &err_gtid && gtid_set_is_empty(&set);
	gtid_set_release(&set);
	return ok;
}

static void sets_are_printed_as_servers_print_them(void)
{
	CHECK(parses_to("", ""));
	CHECK(parses_to(" \n", ""));
	CHECK(parses_to(UUID_A ":1", UUID_A ":1"));
	CHECK(parses_to(UUID_B ":5,\n" UUID_A ":1-3 : 7", UUID_A ":1-3:7," UUID_B ":5"));
	CHECK(parses_to(UUID_A ":3:1:2", UUID_A ":1-3"));
	CHECK(parses_to(UUID_A ":9-20:1-2:4-8", UUID_A ":1-2:4-20"));
	CHECK(parses_to(UUID_A ":1-7:ABC_1:1:zz:1", UUID_A ":1-7:abc_1:1:zz:1"));
	CHECK(parses_to(UUID_A ":zz:1-2," UUID_A ":1", UUID_A ":1:zz:1-2"));
	CHECK(parses_to("ACCE6CB4-E553-11F1-9663-02FC00000001:1", UUID_A ":1"));
	CHECK(parses_to("acce6cb4e55311f1966302fc00000001:1", UUID_A ":1"));
	CHECK(parses_to(UUID_A ":5-3", ""));
	CHECK(parses_to(UUID_A ":1,,", UUID_A ":1"));
	CHECK(parses_to(UUID_A ":9223372036854775806", UUID_A ":9223372036854775806"));
	CHECK(parses_to("7-9-3, 0-1011-26", "0-1011-26,7-9-3"));
	CHECK(parses_to("4294967295-4294967295-18446744073709551615", "4294967295-4294967295-18446744073709551615"));
}

static void nonsense_is_refused(void)
{
	CHECK(refused("x"));
	CHECK(refused(UUID_A ":0"));
	CHECK(refused(UUID_A ":-1"));
	CHECK(refused(UUID_A ":1-"));
	CHECK(refused(UUID_A ":9223372036854775807"));
	CHECK(refused(UUID_A ":a_tag_that_is_longer_than_the_32_bytes:1"));
	CHECK(refused(UUID_A ":ta-g:1"));
	CHECK(refused(UUID_A ":1,0-1-2"));
	CHECK(refused("0-1-2," UUID_A ":1"));
	CHECK(refused("0-1-2,0-2-3"));
	CHECK(refused("4294967296-1-2"));
	CHECK(refused("0-1-"));
	CHECK(refused("0--1"));
	CHECK(refused("acce6cb4-e553-11f1-9663-02fc0000000g:1"));
	CHECK(refused("acce6cb4e-553-11f1-9663-02fc00000001:1"));
}

static bool one(const char *text, const char *want)
{
	struct buf b = BUF_INIT(200);
	struct err e = { 0 };
	struct gtid g;
	bool ok = gtid_parse(&g, str_of(text), &e);

	if (ok)
		gtid_put(&b, &g);
	ok = ok ? str_is(buf_str(&b), want) : !want && e.kind == &err_gtid;
	buf_release(&b);
	return ok;
}

static void one_transaction_is_read_and_printed(void)
{
	CHECK(one(UUID_A ":23", UUID_A ":23"));
	CHECK(one(UUID_A ":Tag:23", UUID_A ":tag:23"));
	CHECK(one("0-1011-26", "0-1011-26"));
	CHECK(one(UUID_A ":1-2", NULL));
	CHECK(one(UUID_A, NULL));
	CHECK(one("", NULL));
	CHECK(one("0-1", NULL));
}

static struct gtid gtid_of(const char *text)
{
	struct err e = { 0 };
	struct gtid g = { .flavor = GTID_NONE };

	CHECK(gtid_parse(&g, str_of(text), &e));
	return g;
}

static void adding_merges_and_keeps_flavors_apart(void)
{
	struct gtid_set set, copy;
	struct err e = { 0 };
	struct gtid g;

	gtid_set_init(&set);
	gtid_set_init(&copy);
	for (int i = 0; i < 5; i++) {
		static const char *const order[] = { UUID_A ":5", UUID_A ":1", UUID_A ":3", UUID_A ":4", UUID_A ":2" };

		g = gtid_of(order[i]);
		CHECK(!gtid_set_contains(&set, &g));
		CHECK(gtid_set_add(&set, &g, &e));
		CHECK(gtid_set_contains(&set, &g));
	}
	CHECK(text_is(&set, UUID_A ":1-5"));
	g = gtid_of(UUID_A ":t:9");
	CHECK(!gtid_set_contains(&set, &g));
	gtid_set_copy(&copy, &set);
	CHECK(gtid_set_add(&set, &g, &e));
	CHECK(text_is(&set, UUID_A ":1-5:t:9"));
	CHECK(text_is(&copy, UUID_A ":1-5"));
	CHECK(gtid_set_contains_set(&set, &copy));
	CHECK(!gtid_set_contains_set(&copy, &set));
	g = gtid_of("0-1-2");
	CHECK(!gtid_set_add(&set, &g, &e) && e.kind == &err_gtid);
	CHECK(text_is(&set, UUID_A ":1-5:t:9"));
	g.flavor = GTID_NONE;
	CHECK(gtid_set_add(&set, &g, &e));
	gtid_set_release(&set);
	gtid_set_release(&copy);
}

static void a_mariadb_set_is_the_last_one_of_each_domain(void)
{
	struct gtid_set set, part;
	struct err e = { 0 };
	struct gtid g = gtid_of("1-5-10");

	gtid_set_init(&set);
	gtid_set_init(&part);
	CHECK(gtid_set_parse(&set, STR_LIT("0-1-7"), &e));
	CHECK(gtid_set_add(&set, &g, &e));
	CHECK(text_is(&set, "0-1-7,1-5-10"));
	g = gtid_of("0-2-8");
	CHECK(!gtid_set_contains(&set, &g));
	CHECK(gtid_set_add(&set, &g, &e));
	CHECK(text_is(&set, "0-2-8,1-5-10"));
	g = gtid_of("0-1-8");
	CHECK(gtid_set_contains(&set, &g));
	CHECK(gtid_set_parse(&part, STR_LIT("0-9-3"), &e));
	CHECK(gtid_set_contains_set(&set, &part));
	CHECK(gtid_set_parse(&part, STR_LIT("2-1-1"), &e));
	CHECK(!gtid_set_contains_set(&set, &part));
	CHECK(gtid_set_add_set(&set, &part, &e));
	CHECK(gtid_set_parse(&part, STR_LIT("0-1-2,1-1-99"), &e));
	CHECK(gtid_set_add_set(&set, &part, &e));
	CHECK(text_is(&set, "0-2-8,1-1-99,2-1-1"));
	gtid_set_release(&set);
	gtid_set_release(&part);
}

static bool less_is(const char *all, const char *less, const char *want)
{
	struct gtid_set set, part;
	struct err e = { 0 };
	bool ok;

	gtid_set_init(&set);
	gtid_set_init(&part);
	ok = gtid_set_parse(&set, str_of(all), &e) && gtid_set_parse(&part, str_of(less), &e);
	gtid_set_remove_set(&set, &part);
	ok = ok && text_is(&set, want);
	gtid_set_release(&set);
	gtid_set_release(&part);
	return ok;
}

static void transactions_are_taken_out_of_a_set(void)
{
	CHECK(less_is(UUID_A ":1-9", UUID_A ":4", UUID_A ":1-3:5-9"));
	CHECK(less_is(UUID_A ":1-9", UUID_A ":1", UUID_A ":2-9"));
	CHECK(less_is(UUID_A ":1-9", UUID_A ":9", UUID_A ":1-8"));
	CHECK(less_is(UUID_A ":1-3:5-9", UUID_A ":4", UUID_A ":1-3:5-9"));
	CHECK(less_is(UUID_A ":1-3:5-9:11:20-30", UUID_A ":3-22", UUID_A ":1-2:23-30"));
	CHECK(less_is(UUID_A ":1-3," UUID_B ":1-3", UUID_A ":1-3", UUID_B ":1-3"));
	CHECK(less_is(UUID_A ":1-3:abc:1-3", UUID_A ":abc:2", UUID_A ":1-3:abc:1:3"));
	CHECK(less_is(UUID_A ":1-3", UUID_B ":1-3", UUID_A ":1-3"));
	CHECK(less_is(UUID_A ":1-3", "", UUID_A ":1-3"));
	CHECK(less_is("0-1-7,1-5-10,2-1-4", "0-2-5,1-5-0", "0-2-5,2-1-4"));
}

static bool encodes_to(const char *text, const char *hex)
{
	uint8_t want[400];
	size_t n = from_hex(hex, want, sizeof(want));
	struct gtid_set set, back;
	struct buf b = BUF_INIT(4096);
	struct err e = { 0 };
	bool ok;

	gtid_set_init(&set);
	gtid_set_init(&back);
	ok = gtid_set_parse(&set, str_of(text), &e);
	gtid_set_encode(&set, &b);
	ok = ok && b.n == n && memcmp(b.p, want, n) == 0 && gtid_set_decode(&back, buf_str(&b), &e) && text_is(&back, text);
	for (size_t cut = 0; cut < b.n; cut++)
		ok = ok && !gtid_set_decode(&back, (struct str){ b.p, cut }, &e);
	ok = ok && text_is(&back, text);
	buf_release(&b);
	gtid_set_release(&set);
	gtid_set_release(&back);
	return ok;
}

static void the_binary_form_is_the_servers(void)
{
	CHECK(encodes_to("", "0000000000000000"));
	CHECK(encodes_to(UUID_A ":1-6:9",
			 "0100000000000000 acce6cb4e55311f1966302fc00000001 0200000000000000"
			 "0100000000000000 0700000000000000 0900000000000000 0a00000000000000"));
	CHECK(encodes_to(UUID_A ":1-6:zz:1",
			 "01 020000000000 01 acce6cb4e55311f1966302fc00000001 00 0100000000000000"
			 "0100000000000000 0700000000000000"
			 "acce6cb4e55311f1966302fc00000001 04 7a7a 0100000000000000 0100000000000000 0200000000000000"));
}

static void bad_binary_sets_are_refused(void)
{
	static const char *const bad[] = {
		"0000000000000002",					/* form 2 */
		"ffffffffffffff00",					/* far more sources than bytes */
		"0000000000000000 00",					/* bytes too many */
		"0100000000000000 acce6cb4e55311f1966302fc00000001 ffffffffffffffff 0100000000000000 0700000000000000",
		"0100000000000000 acce6cb4e55311f1966302fc00000001 0100000000000000 0700000000000000 0100000000000000",
		"0100000000000000 acce6cb4e55311f1966302fc00000001 0100000000000000 0000000000000000 0100000000000000",
		"01 010000000000 01 acce6cb4e55311f1966302fc00000001 04 2d2d 0000000000000000",
	};
	struct gtid_set set;
	uint8_t bytes[200];
	struct err e = { 0 };

	gtid_set_init(&set);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		size_t n = from_hex(bad[i], bytes, sizeof(bytes));

		CHECK(!gtid_set_decode(&set, (struct str){ (char *)bytes, n }, &e) && e.kind == &err_gtid);
	}
	gtid_set_release(&set);
}

static void packed_integers_are_read(void)
{
	static const struct { const char *hex; uint64_t value; bool bad; } cases[] = {
		{ "00", 0, false }, { "fa", 250, false }, { "fc2c01", 300, false }, { "fd000001", 65536, false },
		{ "feffffffffffffffff", UINT64_MAX, false }, { "fb", 0, true }, { "ff", 0, true }, { "fc01", 0, true },
		{ "", 0, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t bytes[20];
		struct cur c = cur_of(bytes, from_hex(cases[i].hex, bytes, sizeof(bytes)));

		CHECK(cur_packed(&c) == cases[i].value && c.bad == cases[i].bad && cur_left(&c) == 0);
	}
}

static void integers_of_the_serialization_library_are_read(void)
{
	static const struct { const char *hex; uint64_t value; bool bad; } cases[] = {
		{ "00", 0, false }, { "02", 1, false }, { "6e", 55, false }, { "b102", 172, false }, { "fe", 127, false },
		{ "ffffffffffffffffff", UINT64_MAX, false }, { "01", 0, true }, { "ff00", 0, true },
		{ "0300 02", UINT64_C(0x4000), false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t bytes[20];
		struct cur c = cur_of(bytes, from_hex(cases[i].hex, bytes, sizeof(bytes)));

		CHECK(cur_varuint(&c) == cases[i].value && c.bad == cases[i].bad && cur_left(&c) == 0);
	}
}

void test_gtid(void)
{
	RUN(sets_are_printed_as_servers_print_them);
	RUN(nonsense_is_refused);
	RUN(one_transaction_is_read_and_printed);
	RUN(adding_merges_and_keeps_flavors_apart);
	RUN(a_mariadb_set_is_the_last_one_of_each_domain);
	RUN(transactions_are_taken_out_of_a_set);
	RUN(the_binary_form_is_the_servers);
	RUN(bad_binary_sets_are_refused);
	RUN(packed_integers_are_read);
	RUN(integers_of_the_serialization_library_are_read);
}
