#include "status/status.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "text/json_write.h"
#include "text/utf8.h"

#define STATUS_MAX (16 << 20)	/* fields such as blockingDDLs hold whole statements */
#define STATUS_EVERY_MS 1000

enum { STATE_RUNNING = 2, STATE_PAUSED, STATE_STOPPED, STATE_FINISHED };	/* as DM's metrics number them */

const struct opt status_options[] = {
	{ OPT_TEXT, 0, "status-file", "FILE", offsetof(struct status_settings, file),
	  "keep what query-status shows in this file", 0, 0, NULL },
	{ OPT_TEXT, 0, "metrics-file", "FILE", offsetof(struct status_settings, metrics_file),
	  "keep metrics in this file, as Prometheus text", 0, 0, NULL },
	{ OPT_TEXT, 0, "metrics-listen", "[ADDR:]PORT", offsetof(struct status_settings, metrics_listen),
	  "answer GET /metrics at this port, of 127.0.0.1 unless an address is given", 0, 0, NULL },
	{ 0 }
};

void status_init(struct status *s, const struct status_settings *settings, const char *unit, const struct metric_table *table)
{
	s->path = settings->file;
	s->unit = unit;
	s->written_ms = -1;
	map_init(&s->fields);
	metrics_init(&s->metrics, settings->metrics_file, settings->metrics_listen, unit, table);
}

void status_release(struct status *s)
{
	const struct map_entry *field;
	size_t at = 0;

	while ((field = map_next(&s->fields, &at)))
		free(field->value);
	map_release(&s->fields);
	metrics_release(&s->metrics);
}

bool status_wanted(const struct status *s)
{
	return s->path || metrics_wanted(&s->metrics);
}

bool status_begin(struct status *s, struct str task, struct str source, struct err *e)
{
	log_about(task, source);
	metrics_about(&s->metrics, task, source);
	return metrics_start(&s->metrics, e) && metrics_write(&s->metrics, STATE_RUNNING, e);
}

void status_raw(struct status *s, const char *name, struct str json)
{
	if (s->path)
		free(map_put(&s->fields, str_of(name), mem_text(json)));
}

/* text, with a '?' for each byte that is not part of valid UTF-8. */
static void put_foreign(struct buf *b, struct str text)
{
	struct buf clean = BUF_INIT(STATUS_MAX);
	const char *end = text.p + text.n;

	for (const char *p = text.p; p < end;) {
		unsigned n = utf8_step(p, end);

		if (n)
			buf_put(&clean, p, n);
		else
			buf_put_char(&clean, '?');
		p += n ? n : 1;
	}
	json_put_text(b, buf_str(&clean));
	buf_release(&clean);
}

void status_text(struct status *s, const char *name, struct str value)
{
	struct buf b = BUF_INIT(STATUS_MAX);

	put_foreign(&b, value);
	status_raw(s, name, buf_str(&b));
	buf_release(&b);
}

void status_u64(struct status *s, const char *name, uint64_t value)
{
	struct buf b = BUF_INIT(100);

	buf_putf(&b, "\"%llu\"", (unsigned long long)value);
	status_raw(s, name, buf_str(&b));
	buf_release(&b);
}

void status_bool(struct status *s, const char *name, bool value)
{
	status_raw(s, name, value ? STR_LIT("true") : STR_LIT("false"));
}

static void put_member(struct buf *b, const char *key, const char *text)
{
	json_put_key(b, key);
	put_foreign(b, str_of(text));
}

/* As DM prints the result of a unit that failed. */
static void put_result(struct buf *b, const struct err *e)
{
	const struct err_kind *kind = e->kind;

	buf_put_text(b, "{\"isCanceled\":false,\"errors\":[{");
	json_put_key_u64(b, "ErrCode", (uint64_t)kind->code);
	put_member(b, "ErrClass", kind->class);
	put_member(b, "ErrScope", err_scope_name(kind->scope));
	put_member(b, "ErrLevel", err_level_name(kind->level));
	put_member(b, "Message", e->text);
	put_member(b, "RawCause", "");
	put_member(b, "Workaround", kind->workaround ? kind->workaround : "");
	buf_put_text(b, "}],\"detail\":null}");
}

static bool replace(const struct status *s, const char *stage, const struct err *failure, struct err *e)
{
	struct buf b = BUF_INIT(STATUS_MAX);
	const struct map_entry *field;
	size_t at = 0;
	bool ok;

	buf_put_char(&b, '{');
	put_member(&b, "unit", s->unit);
	put_member(&b, "stage", stage);
	json_put_key_u64(&b, "pid", (uint64_t)getpid());
	json_put_key(&b, "result");
	if (failure)
		put_result(&b, failure);
	else
		buf_put_text(&b, "null");
	json_put_key(&b, "fields");
	buf_put_char(&b, '{');
	while ((field = map_next(&s->fields, &at))) {
		char *name = mem_text(field->key);

		json_put_key(&b, name);
		free(name);
		buf_put_text(&b, field->value);
	}
	buf_put_text(&b, "}}\n");
	ok = buf_ok(&b, "a status file", e) && file_replace(s->path, buf_str(&b), e);
	buf_release(&b);
	return ok;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int state_of(const char *stage)
{
	return strcmp(stage, "Finished") == 0 ? STATE_FINISHED : strcmp(stage, "Stopped") == 0 ? STATE_STOPPED : STATE_RUNNING;
}

bool status_write(struct status *s, const char *stage, bool now, struct err *e)
{
	int64_t ms = now_ms();

	if (!status_wanted(s) || (!now && s->written_ms >= 0 && ms - s->written_ms < STATUS_EVERY_MS))
		return true;
	s->written_ms = ms;
	return (!s->path || replace(s, stage, NULL, e)) && metrics_write(&s->metrics, state_of(stage), e);
}

void status_failed(struct status *s, const struct err *e)
{
	struct metrics *m = &s->metrics;
	struct err ignored = { 0 };

	if (!e->kind)
		return;
	if (s->path)
		replace(s, "Paused", e, &ignored);
	if (!metrics_wanted(m) || !m->known)
		return;
	if (!m->started)
		m->listen = NULL;	/* that may be what failed, and nobody would ask in time */
	if (metrics_start(m, &ignored)) {
		metrics_add(m, m->table->exits + (e->kind->status == STATUS_RETRY), 1);
		metrics_write(m, STATE_PAUSED, &ignored);
	}
}
