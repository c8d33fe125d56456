/*
 * compressed.c - what servers compress: a transaction payload, MariaDB's events and columns.
 *
 * Input: a byte (0 a payload's body, 1 the region of an event, 2 the value of a column; three of them over and over), and it.
 * However much it claims to hold, memory follows what really comes out.
 */
#include "fuzz.h"

#include "binlog/event.h"
#include "binlog/inflate.h"
#include "binlog/payload.h"

enum { ENOUGH = 4 << 20, SLACK = 2 << 20 };

static void expand_payload(struct str body)
{
	struct payload p;
	struct str event;
	struct err e = { 0 };
	size_t total = 0, largest = 0;
	bool more = true;

	payload_init(&p);
	if (settled(payload_start(&p, body, &e), &e))
		while (total < ENOUGH && settled(payload_next(&p, &event, &more, &e), &e) && more) {
			struct binlog_header head;
			char *exact = exact_copy(event);

			MUST(binlog_header_read(&head, event, &e) && head.size == event.n);
			free(exact);
			total += event.n;
			largest = event.n > largest ? event.n : largest;
			/* what is not compressed comes at once, and is no longer than the body */
			MUST(p.plain.cap <= 4 * (largest + body.n) + SLACK);
		}
	payload_release(&p);
}

static void expand_event(struct str region)
{
	struct buf out = BUF_INIT(ENOUGH);
	struct err e = { 0 };

	settled(inflate_event(region, &out, &e), &e);
	MUST(out.n <= ENOUGH);
	buf_release(&out);
}

static void expand_column(struct str value)
{
	struct buf out = BUF_INIT(ENOUGH);
	struct str plain;
	const char *why = inflate_column(value, &out, &plain);

	MUST(!why || why[0]);
	if (!why) {
		char *exact = exact_copy(plain);

		MUST(plain.n <= ENOUGH);
		free(exact);
	}
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	uint8_t what = take_byte(&input);
	struct str exact = { exact_copy(input), input.n };

	switch (what % 3) {
	case 0:
		expand_payload(exact);
		break;
	case 1:
		expand_event(exact);
		break;
	case 2:
		expand_column(exact);
		break;
	}
	free((char *)exact.p);
	return 0;
}
