#include "rates.h"

#include <stdlib.h>

#include "base/mem.h"

#define STALE_NS (3 * (int64_t)1000000000)	/* a status file that says nothing new for so long tells of no work */

/* By how much it grew, a second; before where that cannot be said. */
static double growth(uint64_t was, uint64_t is, int64_t ns, double before)
{
	return was == UNKNOWN || is == UNKNOWN || is < was || ns <= 0 ? before : (double)(is - was) * 1e9 / (double)ns;
}

static void begin(struct rate *rate, const struct source_state *s)
{
	double told = s->counters.told == UNKNOWN ? -1 : (double)s->counters.told;

	rate->bytes = s->unit == UNIT_LOAD ? told : -1;
	rate->rows = s->unit == UNIT_SYNC ? told : -1;
}

static void take(struct rate *rate, const struct source_state *s, int64_t now_ns)
{
	const struct counters *is = &s->counters, *was = &rate->last;
	double value;

	if (is->at_ns == 0 || s->stage != STAGE_RUNNING) {
		rate->rows = rate->bytes = is->at_ns == 0 ? -1 : 0;
	} else if (is->pid != was->pid || was->at_ns == 0) {
		begin(rate, s);
		rate->seen_ns = now_ns;
	} else if (is->at_ns != was->at_ns) {
		rate->rows = growth(was->rows, is->rows, is->at_ns - was->at_ns, rate->rows);
		if (str_eq(is->file, was->file))
			rate->bytes = growth(was->bytes, is->bytes, is->at_ns - was->at_ns, rate->bytes);
		rate->seen_ns = now_ns;
	} else if (now_ns - rate->seen_ns > STALE_NS) {
		rate->rows = rate->bytes = 0;
	}
	if (s->stage != STAGE_RUNNING && rate->n == 0)
		return;
	value = s->unit == UNIT_LOAD ? rate->bytes : rate->rows;
	rate->history[rate->next] = (float)(value < 0 ? 0 : value);
	rate->next = (rate->next + 1) % HISTORY;
	rate->n += rate->n < HISTORY;
}

/* The counters for the next look; the text of the state does not live that long. */
static void keep(struct rate *rate, const struct source_state *s)
{
	free((char *)rate->last.file.p);
	rate->last = s->counters;
	rate->last.file = str_of(mem_text(s->counters.file));
}

static void forget(struct rate *rate)
{
	free((char *)rate->last.file.p);
	free(rate);
}

void rates_take(struct rates *r, const struct state *s, int64_t now_ns)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&r->map, &at)))
		((struct rate *)entry->value)->seen = false;
	for (size_t i = 0; i < s->n; i++) {
		const struct source_state *source = &s->sources[i];
		struct rate *rate = map_get(&r->map, source->key);

		if (!rate) {
			rate = mem_zalloc(sizeof(*rate));
			map_put(&r->map, source->key, rate);
		}
		take(rate, source, now_ns);
		keep(rate, source);
		rate->seen = true;
	}
	at = 0;
	while ((entry = map_next(&r->map, &at))) {
		struct rate *rate = entry->value;

		if (rate->seen)
			continue;
		map_take(&r->map, entry->key);
		forget(rate);
	}
}

const struct rate *rates_of(const struct rates *r, const struct source_state *s)
{
	return map_get(&r->map, s->key);
}

double rate_before(const struct rate *rate, size_t i)
{
	return i < rate->n ? (double)rate->history[(rate->next + HISTORY - 1 - i) % HISTORY] : -1;
}

void rates_release(struct rates *r)
{
	struct map_entry *entry;
	size_t at = 0;

	while ((entry = map_next(&r->map, &at)))
		forget(entry->value);
	map_release(&r->map);
}
