/* place.c - places in a log; see place.h */
#include "place.h"

#include "stream/event.h"

void place_set(struct place *p, struct str file, uint64_t pos)
{
	file = str_first(file, sizeof(p->file) - 1);
	memmove(p->file, file.p ? file.p : "", file.n);
	p->file[file.n] = '\0';
	p->pos = pos;
}

struct str place_text(struct buf *b, const struct place *p)
{
	buf_clear(b);
	if (!p->file[0])
		return STR_NONE;
	buf_put_text(b, p->file);
	buf_put_char(b, ':');
	buf_put_u64(b, p->pos);
	return buf_str(b);
}

bool place_parse(struct place *p, struct str text)
{
	struct str file;
	uint64_t pos;

	if (!event_pos_parse(text, &file, &pos) || file.n == 0 || file.n >= sizeof(p->file))
		return false;
	place_set(p, file, pos);
	return true;
}

int place_compare(const struct place *a, const struct place *b)
{
	struct buf one = BUF_INIT(1024), other = BUF_INIT(1024);
	int order;

	if (strcmp(a->file, b->file) == 0)
		return a->pos < b->pos ? -1 : a->pos > b->pos;
	order = event_pos_compare(place_text(&one, a), place_text(&other, b));
	buf_release(&one);
	buf_release(&other);
	return order;
}

/* The header tells only the low half of the place behind an event, and MariaDB from 11.4 on not even that inside a
 * transaction: then the size must do, until the next event that tells. */
struct span place_span(uint64_t pos, const struct binlog_header *head)
{
	uint64_t end;

	if (head->flags & BINLOG_FLAG_ARTIFICIAL || head->type == BINLOG_FORMAT || head->type == BINLOG_HEARTBEAT ||
	    head->type == BINLOG_HEARTBEAT_V2)
		return (struct span){ pos, pos };
	if (head->end == 0)
		return (struct span){ pos, pos + head->size };
	end = (pos & ~UINT64_C(0xffffffff)) | head->end;
	if (end + (UINT64_C(1) << 31) < pos)
		end += UINT64_C(1) << 32;
	return (struct span){ end > head->size ? end - head->size : 0, end };
}
