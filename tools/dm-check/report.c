/* report.c - the answer of dm-check, in DM's form. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "text/json_write.h"
#include "text/utf8.h"

#define REPORT_MAX (64u << 20)

struct problem {
	bool fatal;
	struct str text, where;
	const char *way_out;
	struct problem *next;
};

struct checked {
	const char *name, *about;
	struct str where;
	uint64_t failures, warnings;
	bool passing;		/* it may pass when it is tried again */
	struct problem *first, **last;
	struct checked *next;
};

void report_init(struct report *r, const struct task *task, uint64_t max_errors, uint64_t max_warnings)
{
	*r = (struct report){ .task = task, .max_errors = max_errors, .max_warnings = max_warnings, .a = ARENA_INIT };
	r->last = &r->first;
}

void report_release(struct report *r)
{
	arena_release(&r->a);
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
	struct checked *c = arena_array(&r->a, 1, sizeof(*c));

	*c = (struct checked){ .name = arena_str(&r->a, str_of(name)).p, .about = about, .where = arena_str(&r->a, where) };
	c->last = &c->first;
	*r->last = r->now = c;
	r->last = &c->next;
}

const char *report_way(struct report *r, const char *fmt, ...)
{
	char text[2000];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return arena_str(&r->a, str_of(text)).p;
}

void report_problem(struct report *r, bool fatal, const char *way_out, const char *fmt, ...)
{
	uint64_t *kept = fatal ? &r->errors : &r->warnings, max = fatal ? r->max_errors : r->max_warnings;
	struct checked *c = r->now;
	struct problem *p;
	char text[2000];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	*(fatal ? &c->failures : &c->warnings) += 1;
	log_warning("%.*s%s%s", STR(c->where), c->where.n ? ": " : "", text);
	if (*kept >= max)
		return;
	++*kept;
	p = arena_array(&r->a, 1, sizeof(*p));
	*p = (struct problem){ .fatal = fatal, .text = arena_str(&r->a, str_of(text)), .where = c->where, .way_out = way_out };
	*c->last = p;
	c->last = &p->next;
}

void report_end(struct report *r)
{
	r->now = NULL;
}

void report_take(struct report *r, struct report *part)
{
	if (!part->first)
		return;
	*r->last = part->first;
	r->last = part->last;
	part->first = NULL;
	part->last = &part->first;
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

/* How many of each may still be shown. */
struct left {
	uint64_t errors, warnings;
};

static void put_problem(struct buf *b, const struct problem *p, struct left *left)
{
	uint64_t *n = p->fatal ? &left->errors : &left->warnings;

	if (*n == 0)
		return;
	--*n;
	buf_put_text(b, b->n ? ",{" : "{");
	json_put_key_text(b, "severity", str_of(p->fatal ? "fail" : "warn"));
	put_text(b, "short_error", p->text);
	put_text(b, "self", p->where);
	if (p->way_out)
		put_text(b, "instruction", str_of(p->way_out));
	buf_put_char(b, '}');
}

void report_server(struct report *r, const struct err *why)
{
	report_problem(r, true, why->kind->workaround, "%s", why->text);
	r->now->passing = why->kind->status == STATUS_RETRY;
}

static void put_check(struct buf *b, const struct checked *c, uint64_t id, struct left *left)
{
	struct buf problems = BUF_INIT(REPORT_MAX);

	for (const struct problem *p = c->first; p; p = p->next)
		put_problem(&problems, p, left);
	if (problems.n > 0) {	/* else all of it is beyond what is to be shown */
		buf_put_text(b, b->p[b->n - 1] == '[' ? "{" : ",{");
		json_put_key_u64(b, "id", id);
		put_text(b, "name", str_of(c->name));
		json_put_key_text(b, "desc", str_of(c->about));
		json_put_key_text(b, "state", str_of(c->failures ? "fail" : "warn"));
		buf_put_text(b, ",\"errors\":[");
		buf_put_str(b, buf_str(&problems));
		buf_put_char(b, ']');
		put_text(b, "extra", c->where);
		buf_put_char(b, '}');
	}
	buf_release(&problems);
}

void report_count(const struct report *r, struct report_counts *n)
{
	*n = (struct report_counts){ 0 };
	for (const struct checked *c = r->first; c; c = c->next) {
		n->total++;
		n->failed += c->failures > 0;
		n->passing += c->failures > 0 && c->passing;
		n->warned += c->failures == 0 && c->warnings > 0;
	}
}

static void put_line(struct buf *b, const struct checked *c, const struct problem *p)
{
	size_t from = b->n;

	buf_putf(b, "%s: %s: %.*s%s%.*s%s%s", p->fatal ? "error" : "warning", c->name, STR(p->where), p->where.n ? ": " : "", STR(p->text),
		 p->way_out ? "; way out: " : "", p->way_out ? p->way_out : "");
	for (size_t i = from; i < b->n; i++)
		if ((unsigned char)b->p[i] < 0x20 || b->p[i] == 0x7f)
			b->p[i] = '?';
	buf_put_char(b, '\n');
}

void report_put_text(const struct report *r, struct buf *b)
{
	bool first = true;

	for (const struct checked *c = r->first; c; c = c->next)
		for (const struct problem *p = c->first; p; p = p->next) {
			buf_put_text(b, first ? "\n" : "");
			put_line(b, c, p);
			first = false;
		}
}

bool report_put(const struct report *r, struct buf *b, struct err *e)
{
	struct left left = { r->max_errors, r->max_warnings };
	struct report_counts n;
	uint64_t id = 0;

	report_count(r, &n);
	buf_put_text(b, "{\"results\":[");
	for (const struct checked *c = r->first; c; c = c->next)
		put_check(b, c, id++, &left);
	buf_put_text(b, "],\"summary\":{");
	json_put_key_bool(b, "passed", n.failed == 0);
	json_put_key_u64(b, "total", n.total);
	json_put_key_u64(b, "successful", n.total - n.failed - n.warned);
	json_put_key_u64(b, "failed", n.failed);
	json_put_key_u64(b, "warning", n.warned);
	buf_put_text(b, "}}\n");
	return buf_ok(b, "the report", e);
}
