/* report.c - the answer of dm-check, in DM's form. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "text/json_write.h"
#include "text/utf8.h"

#define REPORT_MAX (64u << 20)

void report_init(struct report *r, const struct task *task, uint64_t max_errors, uint64_t max_warnings)
{
	*r = (struct report){ .task = task, .max_errors = max_errors, .max_warnings = max_warnings };
	buf_init(&r->results, REPORT_MAX);
	buf_init(&r->now.errors, REPORT_MAX);
}

void report_release(struct report *r)
{
	buf_release(&r->results);
	buf_release(&r->now.errors);
}

bool report_wants(const struct report *r, const char *item)
{
	for (size_t i = 0; i < r->task->n_ignore_checks; i++)
		if (str_is(r->task->ignore_checks[i], "all") || str_is(r->task->ignore_checks[i], item))
			return false;
	return true;
}

void report_begin(struct report *r, const char *name, const char *about, struct str where)
{
	r->now.name = name;
	r->now.about = about;
	r->now.where = where;
	r->now.failures = r->now.warnings = 0;
	buf_clear(&r->now.errors);
}

/* Names come from strangers: what is no UTF-8 is shown as '?'. */
static void put_text(struct buf *b, const char *key, struct str s)
{
	struct buf clean = BUF_INIT(REPORT_MAX);

	if (!utf8_valid(s)) {
		for (size_t i = 0; i < s.n; i++)
			buf_put_char(&clean, (unsigned char)s.p[i] < 0x80 ? s.p[i] : '?');
		s = buf_str(&clean);
	}
	json_put_key_text(b, key, s);
	buf_release(&clean);
}

void report_problem(struct report *r, bool fatal, const char *way_out, const char *fmt, ...)
{
	uint64_t *shown = fatal ? &r->errors : &r->warnings, max = fatal ? r->max_errors : r->max_warnings;
	struct buf *b = &r->now.errors;
	char text[2000];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	*(fatal ? &r->now.failures : &r->now.warnings) += 1;
	log_warning("%.*s%s%s", STR(r->now.where), r->now.where.n ? ": " : "", text);
	if (*shown >= max)
		return;
	++*shown;
	buf_put_text(b, b->n ? ",{" : "{");
	json_put_key_text(b, "severity", str_of(fatal ? "fail" : "warn"));
	put_text(b, "short_error", str_of(text));
	put_text(b, "self", r->now.where);
	if (way_out)
		json_put_key_text(b, "instruction", str_of(way_out));
	buf_put_char(b, '}');
}

void report_server(struct report *r, const struct err *why)
{
	report_problem(r, true, why->kind->workaround, "%s", why->text);
	if (why->kind->status == STATUS_RETRY)
		r->passing++;
}

void report_end(struct report *r)
{
	struct buf *b = &r->results;

	r->total++;
	if (r->now.failures + r->now.warnings == 0)
		return;
	if (r->now.failures)
		r->failed++;
	else
		r->warned++;
	if (r->now.errors.n == 0)	/* all of it beyond what is to be shown */
		return;
	buf_put_text(b, b->n ? ",{" : "{");
	json_put_key_u64(b, "id", r->total - 1);
	json_put_key_text(b, "name", str_of(r->now.name));
	json_put_key_text(b, "desc", str_of(r->now.about));
	json_put_key_text(b, "state", str_of(r->now.failures ? "fail" : "warn"));
	buf_put_text(b, ",\"errors\":[");
	buf_put_str(b, buf_str(&r->now.errors));
	buf_put_char(b, ']');
	put_text(b, "extra", r->now.where);
	buf_put_char(b, '}');
}

bool report_put(const struct report *r, struct buf *b, struct err *e)
{
	buf_put_text(b, "{\"results\":[");
	buf_put_str(b, buf_str(&r->results));
	buf_put_text(b, "],\"summary\":{");
	json_put_key_bool(b, "passed", r->failed == 0);
	json_put_key_u64(b, "total", r->total);
	json_put_key_u64(b, "successful", r->total - r->failed - r->warned);
	json_put_key_u64(b, "failed", r->failed);
	json_put_key_u64(b, "warning", r->warned);
	buf_put_text(b, "}}\n");
	return buf_ok(&r->results, "the report", e) && buf_ok(b, "the report", e);
}
