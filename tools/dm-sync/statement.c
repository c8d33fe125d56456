/* statement.c - runs a statement and explains its failure; see statement.h */
#include "statement.h"

#include "base/log.h"

#define CODE_DUPLICATE 1062
#define CODE_TRUNCATED 1265

static const struct err_kind err_refused = {
	.code = 36505, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "compare the row and the structure of the table at both ends, mend the downstream, then start again",
};
static const struct err_kind err_duplicate = {
	.code = 36506, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "the downstream holds a row with this key that the upstream did not send: compare both ends and remove it, or set "
		      "safe-mode: true to let it be replaced",
};
static const struct err_kind err_missing = {
	.code = 36507, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "the two ends differ: compare the table and mend the downstream, or go on, by hand, with dm-sync --on-missing=warn or --on-missing=upsert",
};
static const struct err_kind err_changed = {
	.code = 36508, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "make the downstream column wide enough for the upstream's values (type, length, character set), then start again",
};

const struct err_kind err_apart = {
	.class = "sync-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_LOW, .status = STATUS_BUG, .workaround = "",
};

static void put_keys(struct buf *b, const struct shape *shape)
{
	if (shape->n_keys == 0) {
		buf_put_text(b, ", no key");
		return;
	}
	buf_put_text(b, ", key (");
	for (size_t i = 0; i < shape->keys[0].n; i++)
		buf_putf(b, "%s%.*s", i ? ", " : "", STR(shape->table.columns[shape->keys[0].columns[i]].name));
	buf_put_char(b, ')');
}

void statement_place_put(struct buf *b, const struct transaction *tx, const struct statement *s, size_t i)
{
	const struct row_place *place = &tx->places[s->first_place + i];

	buf_put_text(b, "table ");
	shape_name_put(b, s->shape);
	buf_putf(b, ", row at %.*s seq %llu", STR(place->pos), (unsigned long long)place->seq);
	put_keys(b, s->shape);
}

static struct str text_of(const struct transaction *tx, const struct statement *s)
{
	return (struct str){ tx->sql.p + s->start, s->n };
}

static struct str instead_of(const struct transaction *tx, const struct statement *s)
{
	return (struct str){ tx->sql.p + s->instead, s->n_instead };
}

/* The server's text of an error may quote values of the row: what stands between the first quotes of these
 * is left out. */
static void put_reason(struct buf *b, struct str reason)
{
	static const char *const before[] = { "Duplicate entry '", " value: '", "near '" };
	static const char *const after[] = { "' for key", "' for column", "' at line" };
	size_t statement = str_find(reason, STR_LIT("; statement: "));

	reason = str_first(reason, statement < reason.n ? statement : reason.n);
	for (int i = 0; i < 3; i++) {
		size_t from = str_find(reason, str_of(before[i]));
		size_t to = str_find(reason, str_of(after[i]));

		if (from == SIZE_MAX)
			continue;
		from += strlen(before[i]);
		buf_put_str(b, str_first(reason, from));
		buf_put_text(b, "...");
		buf_put_str(b, to != SIZE_MAX && to >= from ? str_from(reason, to) : STR_LIT("'"));
		return;
	}
	buf_put_str(b, reason);
}

static bool say(const struct transaction *tx, const struct statement *s, size_t row, const struct err_kind *kind,
		struct str what,
		struct err *e)
{
	struct buf b = BUF_INIT(sizeof(e->text));

	statement_place_put(&b, tx, s, row);
	buf_put_text(&b, ": ");
	put_reason(&b, what);
	err_set(e, kind, "%s", buf_text(&b));
	buf_release(&b);
	return false;
}

/* Of several rows in one INSERT the server names none, or counts: each alone finds it. All is rolled back
 * afterwards anyway. */
static size_t find_row(struct transaction *tx, const struct statement *s, struct err *why)
{
	struct buf one = BUF_INIT(s->n + 1);
	struct str text = text_of(tx, s);
	size_t found = 0;

	for (size_t i = 0; i < s->n_places && s->n_places > 1; i++) {
		struct err again = { 0 };
		size_t start = tx->places[s->first_place + i].at;
		size_t end = i + 1 < s->n_places ? tx->places[s->first_place + i + 1].at : s->n;

		start += i > 0;		/* its comma */
		buf_set(&one, str_first(text, s->head));
		buf_put(&one, text.p + start, end - start);
		if (conn_run(&tx->target->c, buf_str(&one), &again))
			continue;
		if (!target_is_passing(&again)) {
			*why = again;
			found = i;
		}
		break;
	}
	buf_release(&one);
	return found;
}

static bool refuse(struct transaction *tx, const struct statement *s, struct err *e)
{
	struct err why = *e;
	unsigned code = tx->target->c.errno_last;
	size_t row = s->head ? find_row(tx, s, &why) : 0;

	return say(tx, s, row, code == CODE_DUPLICATE ? &err_duplicate : &err_refused, str_of(why.text), e);
}

static bool row_is_missing(struct transaction *tx, const struct statement *s, struct err *e)
{
	struct buf b = BUF_INIT(700);

	if (tx->on_missing == MISSING_ERROR)
		return say(tx, s, 0, &err_missing, s->json ?
			   STR_LIT("there is no such row to change, or its JSON document is another") :
			   STR_LIT("there is no such row to change"), e);
	if (tx->on_missing == MISSING_UPSERT && s->partial)
		return say(tx, s, 0, &err_missing, STR_LIT("there is no such row to change, and the log does not hold the "
			   "whole of it to be written instead"), e);
	if (tx->on_missing == MISSING_UPSERT && s->n_instead && !conn_run(&tx->target->c, instead_of(tx, s), e))
		return target_is_passing(e) ? false : refuse(tx, s, e);
	if (tx->on_missing == MISSING_WARN) {
		statement_place_put(&b, tx, s, 0);
		log_warning("%s: there is no such row to change", buf_text(&b));
	}
	buf_release(&b);
	return true;
}

/* Warnings that a stored value is not the value that was sent; see the servers' error lists. */
static bool changes_value(uint64_t code)
{
	static const unsigned short codes[] = {
		1048,			/* NULL into NOT NULL */
		1263,			/* the same, by another road */
		1264, 1690,		/* out of range */
		1265, 1406,		/* truncated */
		1292, 1366, 1367, 1525,	/* wrong value for the type */
		1300, 3854, 3855,	/* not valid in the character set */
		1411, 1441,		/* dates */
		4025,			/* check constraint */
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* "... at row 3": 2 of a statement of more rows, else 0. */
static size_t row_of_warning(struct str text, const struct statement *s)
{
	size_t at = str_find(text, STR_LIT(" at row "));
	uint64_t row = 0;

	if (at == SIZE_MAX || !str_to_u64(str_trim(str_from(text, at + 8)), &row) || row == 0 || row > s->n_places)
		return 0;
	return (size_t)row - 1;
}

/* MariaDB's functions of JSON give NULL and warn: not JSON, too deep, a path that cannot be. */
static bool is_about_json(uint64_t code)
{
	return code >= 4035 && code <= 4044;
}

static bool look_at_warnings(struct transaction *tx, const struct statement *s, struct err *e)
{
	struct result r = { 0 };
	bool more = false, ok = conn_query(&tx->target->c, &r, STR_LIT("SHOW WARNINGS"), false, e);
	size_t zeroes = s->zeroes;

	while (ok && (ok = result_next(&r, &more, e)) && more) {
		uint64_t code = 0;

		str_to_u64(r.row[1], &code);
		if (code == CODE_TRUNCATED && zeroes > 0)
			zeroes--;
		else if (changes_value(code) || (s->json && is_about_json(code)))
			ok = say(tx, s, row_of_warning(r.row[2], s), &err_changed, r.row[2], e);
		else if (!str_is(r.row[0], "Note"))
			log_debug("%s: warning %llu: %.*s", tx->target->c.name, (unsigned long long)code, STR(r.row[2]));
	}
	result_release(&r);
	return ok;
}

/* Which row it was is for statements of one row to tell. */
static bool run_many(struct transaction *tx, const struct statement *s, struct err *e)
{
	struct conn *c = &tx->target->c;

	if (conn_run(c, text_of(tx, s), e))
		return (c->affected == s->affects && c->warnings == 0) ||
		       err_set(e, &err_apart, "%llu instead of %llu, %u warnings", (unsigned long long)c->affected,
			       (unsigned long long)s->affects, c->warnings);
	if (!target_is_passing(e)) {
		struct err why = *e;

		err_set(e, &err_apart, "%.500s", why.text);
	}
	return false;
}

static bool run_alone(struct transaction *tx, const struct statement *s, struct err *e)
{
	struct conn *c = &tx->target->c;

	if (!conn_run(c, text_of(tx, s), e))
		return target_is_passing(e) ? false : refuse(tx, s, e);
	if (c->warnings > 0) {
		uint64_t found = c->affected;

		if (!look_at_warnings(tx, s, e))
			return false;
		c->affected = found;
	}
	return !s->must_find || c->affected > 0 || row_is_missing(tx, s, e);
}

/* What a failure leaves on is put right before the session is used again. */
static bool run_cascading(struct transaction *tx, const struct statement *s, struct err *e)
{
	struct conn *c = &tx->target->c;
	struct err ignored = { 0 };
	bool ok = conn_run(c, STR_LIT("SET foreign_key_checks = 1"), e) && run_alone(tx, s, e);

	return conn_run(c, STR_LIT("SET foreign_key_checks = 0"), ok ? e : &ignored) && ok;
}

bool statement_run(struct transaction *tx, const struct statement *s, struct err *e)
{
	if (s->affects > 0)
		return run_many(tx, s, e);
	return s->cascades && !tx->target->checks_keys ? run_cascading(tx, s, e) : run_alone(tx, s, e);
}
