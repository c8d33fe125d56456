/* boundary.c - follows transactions without reading their rows; see boundary.h */
#include "boundary.h"

#include <zlib.h>

void boundary_init(struct boundary *b)
{
	*b = (struct boundary){ .open = false };
	binlog_decoder_init(&b->decoder);
	gtid_set_init(&b->done);
}

void boundary_release(struct boundary *b)
{
	binlog_decoder_release(&b->decoder);
	gtid_set_release(&b->done);
}

void boundary_rewind(struct boundary *b)
{
	b->open = b->begun = b->is_start = false;
	b->now.flavor = GTID_NONE;
}

void boundary_restart(struct boundary *b)
{
	binlog_decoder_restart(&b->decoder);
	boundary_rewind(b);
	b->safe = BINLOG_MAGIC_SIZE;
	b->rotated = b->told = false;
	b->next[0] = '\0';
}

static bool ends(struct boundary *b, uint64_t end, struct err *e)
{
	if (!gtid_set_add(&b->done, &b->now, e))
		return false;
	boundary_rewind(b);
	b->safe = end;
	return true;
}

static bool take_start(struct boundary *b, const struct binlog_gtid *id)
{
	b->open = b->is_start = true;
	b->begun = id->gtid.flavor == GTID_MARIADB && !id->standalone;
	b->now = id->gtid;
	return true;
}

/* The first words of a statement, as servers write those that they make themselves. */
static bool says(struct str text, const char *words)
{
	return str_starts_nocase(str_trim(text), str_of(words));
}

static bool take_query(struct boundary *b, const struct binlog_query *q, uint64_t end, struct err *e)
{
	if (str_is_nocase(str_trim(q->text), "BEGIN") || says(q->text, "XA START") || says(q->text, "XA BEGIN")) {
		b->open = b->begun = true;
		return true;
	}
	if (says(q->text, "XA COMMIT") || says(q->text, "XA ROLLBACK") || says(q->text, "XA PREPARE") ||
	    str_is_nocase(str_trim(q->text), "COMMIT") || str_is_nocase(str_trim(q->text), "ROLLBACK"))
		return ends(b, end, e);
	return b->begun || ends(b, end, e);
}

static bool take_set(struct boundary *b, const struct binlog_event *ev, struct err *e)
{
	struct gtid_set set;
	bool ok;

	gtid_set_init(&set);
	ok = ev->head.type == BINLOG_PREVIOUS_GTIDS ? gtid_set_decode(&set, ev->body, e) :
						      binlog_gtid_list_add(&ev->gtid_list, &set, e);
	if (ok)
		gtid_set_copy(&b->done, &set);
	b->told = ok;
	gtid_set_release(&set);
	return ok;
}

static void take_rotate(struct boundary *b, struct str file)
{
	struct place next;

	place_set(&next, file, 0);
	memcpy(b->next, next.file, sizeof(b->next));
	b->rotated = true;
}

static bool needs_decoding(uint8_t type)
{
	switch ((enum binlog_type)type) {
	case BINLOG_FORMAT: case BINLOG_ROTATE: case BINLOG_QUERY: case BINLOG_MARIADB_QUERY_COMPRESSED:
	case BINLOG_GTID: case BINLOG_ANONYMOUS_GTID: case BINLOG_GTID_TAGGED: case BINLOG_MARIADB_GTID:
	case BINLOG_PREVIOUS_GTIDS: case BINLOG_MARIADB_GTID_LIST:
		return true;
	default:
		return false;
	}
}

/* Is the event sound? Without a format nothing but a format description is. */
static bool check(const struct boundary *b, struct str raw, struct err *e)
{
	const uint8_t *p = (const uint8_t *)raw.p;
	uint32_t sum;

	if (!b->decoder.has_format)
		return err_set(e, &err_binlog_file, "the file does not start with a format description");
	if (b->decoder.format.checksum != CHECKSUM_CRC32)
		return true;
	if (raw.n < BINLOG_HEADER_SIZE + 4)
		return err_set(e, &err_binlog_event, "an event is cut short");
	p += raw.n - 4;
	sum = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return (uint32_t)crc32_z(0, (const uint8_t *)raw.p, raw.n - 4) == sum ||
	       err_set(e, &err_binlog_checksum, "the checksum of an event is wrong");
}

static bool take_decoded(struct boundary *b, struct str raw, uint64_t end, struct err *e)
{
	struct binlog_event ev;

	if (!binlog_decode(&b->decoder, &ev, raw, false, e))
		return false;
	switch ((enum binlog_type)ev.head.type) {
	case BINLOG_QUERY:
		return take_query(b, &ev.query, end, e);
	case BINLOG_PREVIOUS_GTIDS: case BINLOG_MARIADB_GTID_LIST:
		b->safe = end;
		return take_set(b, &ev, e);
	case BINLOG_FORMAT:
		boundary_rewind(b);
		break;
	case BINLOG_ROTATE:
		take_rotate(b, ev.rotate.file);
		break;
	default:
		return take_start(b, &ev.gtid);
	}
	if (!b->open)
		b->safe = end;
	return true;
}

bool boundary_event(struct boundary *b, struct str raw, uint64_t end, struct err *e)
{
	struct binlog_header head;

	if (!binlog_header_read(&head, raw, e))
		return false;
	b->is_start = false;
	if (needs_decoding(head.type))
		return take_decoded(b, raw, end, e);
	if (!check(b, raw, e))
		return false;
	if (head.type == BINLOG_XID || head.type == BINLOG_XA_PREPARE || head.type == BINLOG_TRANSACTION_PAYLOAD)
		return ends(b, end, e);
	if (!b->open)
		b->safe = end;
	return true;
}
