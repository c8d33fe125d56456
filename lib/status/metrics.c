/* metrics.c - see metrics.h */
#include "status/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/host.h"
#include "status/scrape.h"
#include "text/utf8.h"

enum { TEXT_MAX = 1 << 20 };

/* What every tool tells of itself. unit is a label, since the tools of one task tell it beside each other. */
static const struct metric own[] = {
	{ "dm_worker_task_state", METRIC_GAUGE, "The state of the task's unit: 2 Running, 3 Paused, 4 Stopped, 5 Finished.",
	  NULL, true, false },
	{ "dm_worker_update_time", METRIC_GAUGE, "When these numbers were written, in seconds since 1970.", NULL, true, false },
	{ "dm_worker_cpu_seconds_total", METRIC_COUNTER, "Processor time of the tool, of this run.", NULL, true, false },
	{ "dm_worker_resident_memory_max_bytes", METRIC_GAUGE, "The most memory that the tool has had.", NULL, true, false },
};

void histogram_add(struct histogram *h, double value)
{
	double bound = h->first;
	unsigned k = 0;

	while (k < h->n && value > bound) {
		bound *= 2;
		k++;
	}
	atomic_fetch_add_explicit(&h->counts[k], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum, (uint64_t)(value * 1e6), memory_order_relaxed);
}

void metrics_init(struct metrics *m, const char *path, const char *listen, const char *unit, const struct metric_table *table)
{
	char host[HOST_NAME_SIZE];

	*m = (struct metrics){ .table = table, .path = path, .listen = listen, .unit = unit };
	host_name(host);
	m->worker = mem_text(str_of(host));
	metrics_about(m, STR_NONE, STR_NONE);
	m->known = false;
}

void metrics_release(struct metrics *m)
{
	scrape_close(m->scrape);
	free(m->labels);
	free(m->worker);
	*m = (struct metrics){ .table = NULL };
}

bool metrics_wanted(const struct metrics *m)
{
	return m->table && (m->path || m->listen);
}

/* name="value", as the format wants it; what is no UTF-8, and what would end a line of ours, as '?'. */
static void put_label(struct buf *b, const char *name, struct str value)
{
	const char *end = value.p + value.n;

	buf_putf(b, "%s=\"", name);
	for (const char *p = value.p; p < end;) {
		unsigned n = utf8_step(p, end);

		if (n == 0 || (unsigned char)*p < 0x20) {
			buf_put_char(b, '?');
			n = 1;
		} else {
			if (*p == '"' || *p == '\\')
				buf_put_char(b, '\\');
			buf_put(b, p, n);
		}
		p += n;
	}
	buf_put_char(b, '"');
}

void metrics_about(struct metrics *m, struct str task, struct str source)
{
	struct buf b = BUF_INIT(1 << 16);

	put_label(&b, "task", task);
	buf_put_char(&b, ',');
	put_label(&b, "source_id", source);
	free(m->labels);
	m->labels = mem_text(buf_str(&b));
	m->known = true;
	buf_release(&b);
}

void metrics_set(struct metrics *m, size_t row, double value)
{
	m->values[row] = value;
	m->set[row] = true;
}

void metrics_add(struct metrics *m, size_t row, double value)
{
	metrics_set(m, row, m->values[row] + value);
}

void metrics_histogram(struct metrics *m, size_t row, const struct histogram *h)
{
	m->histograms[row] = h;
}

void metrics_place(struct metrics *m, size_t file_row, size_t pos_row, struct str file, uint64_t pos)
{
	size_t at = file.n;
	uint64_t number;

	while (at > 0 && file.p[at - 1] >= '0' && file.p[at - 1] <= '9')
		at--;
	if (at == file.n || !str_to_u64((struct str){ file.p + at, file.n - at }, &number))
		return;
	metrics_set(m, file_row, (double)number);
	metrics_set(m, pos_row, (double)pos);
}

/* --- the text --- */

static void put_head(struct buf *b, const struct metric *row)
{
	static const char *const kinds[] = { "gauge", "counter", "histogram" };

	buf_putf(b, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, kinds[row->kind]);
}

/* name{labels} and a blank; more: labels of this line. */
static void put_series(const struct metrics *m, struct buf *b, const struct metric *row, const char *suffix, const char *more)
{
	buf_putf(b, "%s%s{%s", row->name, suffix, m->labels);
	if (row->worker) {
		buf_put_char(b, ',');
		put_label(b, "worker", str_of(m->worker));
	}
	if (row->label)
		buf_putf(b, ",%s", row->label);
	buf_putf(b, "%s} ", more);
}

static void put_value(struct buf *b, double v)
{
	if (v == floor(v) && fabs(v) < 1e15)
		buf_putf(b, "%.0f\n", v);
	else
		buf_putf(b, "%.15g\n", v);
}

static void put_histogram(const struct metrics *m, struct buf *b, const struct metric *row, const struct histogram *h)
{
	double bound = h->first;
	uint64_t count = 0;
	char le[64];

	for (unsigned k = 0; k < h->n; k++, bound *= 2) {
		count += atomic_load_explicit(&h->counts[k], memory_order_relaxed);
		snprintf(le, sizeof(le), ",le=\"%.10g\"", bound);
		put_series(m, b, row, "_bucket", le);
		put_value(b, (double)count);
	}
	count += atomic_load_explicit(&h->counts[h->n], memory_order_relaxed);
	put_series(m, b, row, "_bucket", ",le=\"+Inf\"");
	put_value(b, (double)count);
	put_series(m, b, row, "_sum", "");
	put_value(b, (double)atomic_load_explicit(&h->sum, memory_order_relaxed) / 1e6);
	put_series(m, b, row, "_count", "");
	put_value(b, (double)count);
}

static void put_own(const struct metrics *m, struct buf *b, int state)
{
	struct rusage use = { 0 };
	char unit[64];
	double values[sizeof(own) / sizeof(own[0])];

	getrusage(RUSAGE_SELF, &use);
	values[0] = state;
	values[1] = (double)time(NULL);
	values[2] = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
	values[3] = (double)use.ru_maxrss * 1024;
	snprintf(unit, sizeof(unit), ",unit=\"%s\"", m->unit);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		put_head(b, &own[i]);
		put_series(m, b, &own[i], "", unit);
		put_value(b, values[i]);
	}
}

void metrics_put(const struct metrics *m, int state, struct buf *b)
{
	const struct metric *before = NULL;

	put_own(m, b, state);
	for (size_t i = 0; i < m->table->n; i++) {
		const struct metric *row = &m->table->rows[i];

		if (!before || strcmp(before->name, row->name) != 0)
			put_head(b, row);
		before = row;
		if (m->histograms[i]) {
			put_histogram(m, b, row, m->histograms[i]);
		} else if (m->set[i]) {
			put_series(m, b, row, "", "");
			put_value(b, m->values[i]);
		}
	}
}

/* --- start, and each write --- */

/* Of a file that is not there, or not ours, nothing is kept. */
static void take_kept(struct metrics *m)
{
	struct buf text = BUF_INIT(TEXT_MAX), series = BUF_INIT(1 << 16);
	struct err ignored = { 0 };
	bool read = m->path && file_read(m->path, &text, &ignored);

	for (size_t i = 0; i < m->table->n; i++) {
		const struct metric *row = &m->table->rows[i];
		const char *at;

		if (!row->kept)
			continue;
		buf_clear(&series);
		buf_put_char(&series, '\n');
		put_series(m, &series, row, "", "");
		at = read ? strstr(buf_text(&text), buf_text(&series)) : NULL;
		metrics_add(m, i, at ? strtod(at + series.n, NULL) : 0);
	}
	buf_release(&text);
	buf_release(&series);
}

bool metrics_start(struct metrics *m, struct err *e)
{
	if (!metrics_wanted(m) || m->started)
		return true;
	if (m->listen) {
		m->scrape = scrape_open(m->listen, e);
		if (!m->scrape)
			return false;
	}
	take_kept(m);
	m->started = true;
	return true;
}

bool metrics_write(struct metrics *m, int state, struct err *e)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	struct err why = { 0 };
	bool ok;

	if (!m->started)
		return true;
	metrics_put(m, state, &b);
	if (m->scrape)
		scrape_set(m->scrape, buf_str(&b));
	ok = buf_ok(&b, "a metrics file", &why) && (!m->path || file_replace_public(m->path, buf_str(&b), &why));
	buf_release(&b);
	m->written = m->written || ok;
	if (m->written)
		return true;
	*e = why;
	return false;
}
