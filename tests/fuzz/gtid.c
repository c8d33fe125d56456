/* gtid.c - sets of GTIDs: text ('t' and the text) and MySQL's binary form ('b' and the bytes); what is read is written the same. */
#include "fuzz.h"

#include "binlog/gtid.h"

#define LIMIT (64 << 20)

static void must_be_same(const struct gtid_set *a, const struct gtid_set *b)
{
	struct buf x = BUF_INIT(LIMIT), y = BUF_INIT(LIMIT);

	gtid_set_text(a, &x);
	gtid_set_text(b, &y);
	must_equal(buf_str(&x), buf_str(&y), "two sets that should be one");
	MUST(gtid_set_contains_set(a, b) && gtid_set_contains_set(b, a));
	buf_release(&x);
	buf_release(&y);
}

static void through_text(const struct gtid_set *set)
{
	struct buf text = BUF_INIT(LIMIT);
	struct err e = { 0 };
	struct gtid_set again;

	gtid_set_init(&again);
	gtid_set_text(set, &text);
	MUST(gtid_set_is_empty(set) == (text.n == 0));
	MUST(gtid_set_parse(&again, buf_str(&text), &e));
	must_be_same(set, &again);
	gtid_set_release(&again);
	buf_release(&text);
}

static void through_bytes(const struct gtid_set *set)
{
	struct buf bytes = BUF_INIT(LIMIT);
	struct err e = { 0 };
	struct gtid_set again;

	if (set->flavor == GTID_MARIADB)
		return;
	gtid_set_init(&again);
	gtid_set_encode(set, &bytes);
	MUST(gtid_set_decode(&again, buf_str(&bytes), &e));
	must_be_same(set, &again);
	gtid_set_release(&again);
	buf_release(&bytes);
}

static void through_sums(const struct gtid_set *set)
{
	struct gtid_set sum;
	struct err e = { 0 };

	gtid_set_init(&sum);
	gtid_set_copy(&sum, set);
	MUST(gtid_set_add_set(&sum, set, &e));
	must_be_same(set, &sum);
	gtid_set_release(&sum);
	gtid_set_init(&sum);
	MUST(gtid_set_add_set(&sum, set, &e));
	must_be_same(set, &sum);
	gtid_set_release(&sum);
}

static void one_gtid(struct str text)
{
	struct buf b = BUF_INIT(LIMIT);
	struct gtid gtid, again;
	struct gtid_set set;
	struct err e = { 0 };

	if (settled(gtid_parse(&gtid, text, &e), &e)) {
		gtid_put(&b, &gtid);
		MUST(gtid_parse(&again, buf_str(&b), &e) && gtid_equal(&gtid, &again));
		gtid_set_init(&set);
		MUST(gtid_set_add(&set, &gtid, &e) && gtid_set_contains(&set, &gtid));
		through_text(&set);
		gtid_set_release(&set);
	}
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	bool text = take_byte(&input) == 't';
	struct err e = { 0 };
	struct gtid_set set;

	if (text)
		one_gtid(input);
	gtid_set_init(&set);
	if (settled(text ? gtid_set_parse(&set, input, &e) : gtid_set_decode(&set, input, &e), &e)) {
		through_text(&set);
		through_bytes(&set);
		through_sums(&set);
	} else {
		MUST(gtid_set_is_empty(&set));
	}
	gtid_set_release(&set);
	return 0;
}
