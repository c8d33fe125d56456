/* gtid.c - GTIDs and sets of them: text, binary form, membership; see gtid.h */
#include "binlog/gtid.h"

#include <stdlib.h>

#include "binlog/cur.h"

const struct err_kind err_gtid = {
	.code = 11009, .class = "functional", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give GTIDs as the server prints them: uuid:1-5:7 (MySQL) or 0-1011-26 (MariaDB)",
};

enum { NUMBER_BITS = 63 };	/* MySQL numbers transactions below 2^63 - 1 */
#define NUMBER_MAX ((UINT64_C(1) << NUMBER_BITS) - 2)

/* --- one transaction --- */

/* 8-4-4-4-12 digits; 32 without dashes, as MySQL accepts too. */
static bool parse_uuid(uint8_t uuid[16], struct str text)
{
	bool dashes = text.n == 36;
	size_t at = 0;

	if (text.n != 36 && text.n != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		int high, low;

		if (dashes && (i == 4 || i == 6 || i == 8 || i == 10) && text.p[at++] != '-')
			return false;
		high = hex_digit(text.p[at]);
		low = hex_digit(text.p[at + 1]);
		if (high < 0 || low < 0)
			return false;
		uuid[i] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	return true;
}

static void put_uuid(struct buf *b, const uint8_t uuid[16])
{
	static const char digits[] = "0123456789abcdef";
	char text[36];
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		text[at++] = digits[uuid[i] >> 4];
		text[at++] = digits[uuid[i] & 15];
	}
	buf_put(b, text, sizeof(text));
}

static bool parse_tag(char tag[GTID_TAG_MAX + 1], struct str text)
{
	if (text.n == 0 || text.n > GTID_TAG_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
		tag[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	tag[text.n] = '\0';
	return true;
}

static bool starts_number(struct str text)
{
	return text.n > 0 && text.p[0] >= '0' && text.p[0] <= '9';
}

static bool parse_number(uint64_t *number, struct str text)
{
	return str_to_u64(text, number) && *number >= 1 && *number <= NUMBER_MAX;
}

static bool parse_u32(uint32_t *value, struct str text)
{
	uint64_t v;

	if (!str_to_u64(text, &v) || v > UINT32_MAX)
		return false;
	*value = (uint32_t)v;
	return true;
}

static bool parse_mariadb(struct gtid *gtid, struct str text)
{
	struct str domain, server, number;

	*gtid = (struct gtid){ .flavor = GTID_MARIADB };
	return str_cut(text, '-', &domain, &server) && str_cut(server, '-', &server, &number) &&
	       parse_u32(&gtid->domain, domain) && parse_u32(&gtid->server, server) &&
	       str_to_u64(number, &gtid->number);
}

static bool parse_mysql(struct gtid *gtid, struct str text)
{
	struct str uuid, rest, tag;

	*gtid = (struct gtid){ .flavor = GTID_MYSQL };
	if (!str_cut(text, ':', &uuid, &rest) || !parse_uuid(gtid->uuid, str_trim(uuid)))
		return false;
	if (str_cut(rest, ':', &tag, &rest) && !parse_tag(gtid->tag, str_trim(tag)))
		return false;
	return parse_number(&gtid->number, str_trim(rest));
}

bool gtid_parse(struct gtid *gtid, struct str text, struct err *e)
{
	text = str_trim(text);
	if (parse_mysql(gtid, text) || parse_mariadb(gtid, text))
		return true;
	return err_set(e, &err_gtid, "'%.*s' is no GTID", STR(str_first(text, 200)));
}

void gtid_put(struct buf *b, const struct gtid *gtid)
{
	switch (gtid->flavor) {
	case GTID_NONE:
		break;
	case GTID_MYSQL:
		put_uuid(b, gtid->uuid);
		buf_put_char(b, ':');
		if (gtid->tag[0]) {
			buf_put_text(b, gtid->tag);
			buf_put_char(b, ':');
		}
		buf_put_u64(b, gtid->number);
		break;
	case GTID_MARIADB:
		buf_put_u64(b, gtid->domain);
		buf_put_char(b, '-');
		buf_put_u64(b, gtid->server);
		buf_put_char(b, '-');
		buf_put_u64(b, gtid->number);
		break;
	}
}

bool gtid_equal(const struct gtid *a, const struct gtid *b)
{
	if (a->flavor != b->flavor)
		return false;
	switch (a->flavor) {
	case GTID_NONE:
		return true;
	case GTID_MYSQL:
		return a->number == b->number && memcmp(a->uuid, b->uuid, 16) == 0 && strcmp(a->tag, b->tag) == 0;
	case GTID_MARIADB:
		return a->number == b->number && a->domain == b->domain && a->server == b->server;
	}
	return false;
}

/* --- sets --- */

void gtid_set_init(struct gtid_set *set)
{
	*set = (struct gtid_set){ .flavor = GTID_NONE };
}

void gtid_set_release(struct gtid_set *set)
{
	for (size_t i = 0; i < set->n_sources; i++)
		free(set->sources[i].intervals);
	free(set->sources);
	free(set->domains);
	gtid_set_init(set);
}

void gtid_set_copy(struct gtid_set *to, const struct gtid_set *from)
{
	struct gtid_set copy = { .flavor = from->flavor };

	copy.n_sources = copy.cap_sources = from->n_sources;
	copy.n_domains = copy.cap_domains = from->n_domains;
	copy.sources = from->n_sources ? mem_array(from->n_sources, sizeof(*copy.sources)) : NULL;
	copy.domains = from->n_domains ? mem_array(from->n_domains, sizeof(*copy.domains)) : NULL;
	for (size_t i = 0; i < from->n_sources; i++) {
		struct gtid_source *s = &copy.sources[i];

		*s = from->sources[i];
		s->cap = s->n;
		s->intervals = s->n ? mem_array(s->n, sizeof(*s->intervals)) : NULL;
		if (s->n)
			memcpy(s->intervals, from->sources[i].intervals, s->n * sizeof(*s->intervals));
	}
	if (from->n_domains)
		memcpy(copy.domains, from->domains, from->n_domains * sizeof(*copy.domains));
	gtid_set_release(to);
	*to = copy;
}

bool gtid_set_is_empty(const struct gtid_set *set)
{
	return set->n_sources == 0 && set->n_domains == 0;
}

/* The place of (uuid, tag), or where it belongs. */
static bool find_source(const struct gtid_set *set, const uint8_t uuid[16], const char *tag, size_t *at)
{
	size_t low = 0, high = set->n_sources;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(set->sources[middle].uuid, uuid, 16);

		if (order == 0)
			order = strcmp(set->sources[middle].tag, tag);
		if (order == 0) {
			*at = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*at = low;
	return false;
}

static struct gtid_source *want_source(struct gtid_set *set, const uint8_t uuid[16], const char *tag)
{
	struct gtid_source *s;
	size_t at;

	if (find_source(set, uuid, tag, &at))
		return &set->sources[at];
	if (set->n_sources == set->cap_sources) {
		set->cap_sources = set->cap_sources ? set->cap_sources * 2 : 4;
		set->sources = mem_rearray(set->sources, set->cap_sources, sizeof(*set->sources));
	}
	s = &set->sources[at];
	memmove(s + 1, s, (set->n_sources - at) * sizeof(*s));
	set->n_sources++;
	*s = (struct gtid_source){ .n = 0 };
	memcpy(s->uuid, uuid, 16);
	memcpy(s->tag, tag, strlen(tag) + 1);
	return s;
}

/* The first interval that ends at number - 1 or behind: the one that holds or touches it, or the next one. */
static size_t find_interval(const struct gtid_source *s, uint64_t number)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->intervals[middle].last + 1 < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_interval(struct gtid_source *s, uint64_t first, uint64_t last)
{
	size_t at = find_interval(s, first), end = at;

	while (end < s->n && s->intervals[end].first <= last + 1)
		end++;
	if (end > at) {		/* one or more are touched: they become one */
		struct gtid_interval *i = &s->intervals[at];

		i->first = first < i->first ? first : i->first;
		i->last = last > s->intervals[end - 1].last ? last : s->intervals[end - 1].last;
		memmove(i + 1, s->intervals + end, (s->n - end) * sizeof(*i));
		s->n -= end - at - 1;
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 4;
		s->intervals = mem_rearray(s->intervals, s->cap, sizeof(*s->intervals));
	}
	memmove(s->intervals + at + 1, s->intervals + at, (s->n - at) * sizeof(*s->intervals));
	s->intervals[at] = (struct gtid_interval){ first, last };
	s->n++;
}

static bool find_domain(const struct gtid_set *set, uint32_t domain, size_t *at)
{
	size_t i = 0;

	while (i < set->n_domains && set->domains[i].domain < domain)
		i++;
	*at = i;
	return i < set->n_domains && set->domains[i].domain == domain;
}

static void put_domain(struct gtid_set *set, const struct gtid *gtid)
{
	size_t at;

	if (!find_domain(set, gtid->domain, &at)) {
		if (set->n_domains == set->cap_domains) {
			set->cap_domains = set->cap_domains ? set->cap_domains * 2 : 4;
			set->domains = mem_rearray(set->domains, set->cap_domains, sizeof(*set->domains));
		}
		memmove(set->domains + at + 1, set->domains + at, (set->n_domains - at) * sizeof(*set->domains));
		set->n_domains++;
	}
	set->domains[at] = *gtid;
}

static const char *flavor_name(enum gtid_flavor flavor)
{
	return flavor == GTID_MYSQL ? "MySQL" : flavor == GTID_MARIADB ? "MariaDB" : "no";
}

static bool same_flavor(const struct gtid_set *set, enum gtid_flavor flavor, struct err *e)
{
	if (set->flavor == flavor || gtid_set_is_empty(set))
		return true;
	return err_set(e, &err_gtid, "a %s GTID does not fit a set of %s GTIDs", flavor_name(flavor),
		       flavor_name(set->flavor));
}

bool gtid_set_add(struct gtid_set *set, const struct gtid *gtid, struct err *e)
{
	if (gtid->flavor == GTID_NONE)
		return true;
	if (!same_flavor(set, gtid->flavor, e))
		return false;
	set->flavor = gtid->flavor;
	if (gtid->flavor == GTID_MARIADB)
		put_domain(set, gtid);
	else
		add_interval(want_source(set, gtid->uuid, gtid->tag), gtid->number, gtid->number);
	return true;
}

static void drop_source(struct gtid_set *set, size_t at)
{
	free(set->sources[at].intervals);
	set->n_sources--;
	memmove(set->sources + at, set->sources + at + 1, (set->n_sources - at) * sizeof(*set->sources));
}

static void cut_interval(struct gtid_source *s, uint64_t first, uint64_t last)
{
	size_t at = find_interval(s, first);

	while (at < s->n && s->intervals[at].first <= last) {
		struct gtid_interval i = s->intervals[at];

		if (i.last < first) {		/* it only touches */
			at++;
			continue;
		}
		s->n--;
		memmove(s->intervals + at, s->intervals + at + 1, (s->n - at) * sizeof(i));
		if (i.last > last)
			add_interval(s, last + 1, i.last);
		if (i.first < first) {
			add_interval(s, i.first, first - 1);
			at++;
		}
	}
}

static void go_back(struct gtid_set *set, const struct gtid *last)
{
	size_t at;

	if (last->number > 0) {
		put_domain(set, last);
	} else if (find_domain(set, last->domain, &at)) {
		set->n_domains--;
		memmove(set->domains + at, set->domains + at + 1, (set->n_domains - at) * sizeof(*set->domains));
	}
}

void gtid_set_remove_set(struct gtid_set *set, const struct gtid_set *less)
{
	size_t at;

	for (size_t i = 0; i < less->n_sources; i++) {
		const struct gtid_source *s = &less->sources[i];

		if (!find_source(set, s->uuid, s->tag, &at))
			continue;
		for (size_t k = 0; k < s->n; k++)
			cut_interval(&set->sources[at], s->intervals[k].first, s->intervals[k].last);
		if (set->sources[at].n == 0)
			drop_source(set, at);
	}
	for (size_t i = 0; i < less->n_domains; i++)
		go_back(set, &less->domains[i]);
}

const struct gtid *gtid_set_last(const struct gtid_set *set, uint32_t domain)
{
	size_t at;

	return find_domain(set, domain, &at) ? &set->domains[at] : NULL;
}

bool gtid_set_add_set(struct gtid_set *set, const struct gtid_set *more, struct err *e)
{
	size_t at;

	if (gtid_set_is_empty(more))
		return true;
	if (!same_flavor(set, more->flavor, e))
		return false;
	set->flavor = more->flavor;
	for (size_t i = 0; i < more->n_sources; i++) {
		const struct gtid_source *from = &more->sources[i];
		struct gtid_source *to = want_source(set, from->uuid, from->tag);

		for (size_t k = 0; k < from->n; k++)
			add_interval(to, from->intervals[k].first, from->intervals[k].last);
	}
	for (size_t i = 0; i < more->n_domains; i++)
		if (!find_domain(set, more->domains[i].domain, &at) ||
		    set->domains[at].number < more->domains[i].number)
			put_domain(set, &more->domains[i]);
	return true;
}

static bool source_contains(const struct gtid_source *s, uint64_t first, uint64_t last)
{
	size_t at = find_interval(s, first);

	/* An interval that only ends at first - 1 is not the one; the next one starts behind first then. */
	return at < s->n && s->intervals[at].first <= first && s->intervals[at].last >= last;
}

bool gtid_set_contains(const struct gtid_set *set, const struct gtid *gtid)
{
	size_t at;

	switch (gtid->flavor) {
	case GTID_NONE:
		return true;
	case GTID_MYSQL:
		return find_source(set, gtid->uuid, gtid->tag, &at) &&
		       source_contains(&set->sources[at], gtid->number, gtid->number);
	case GTID_MARIADB:
		return find_domain(set, gtid->domain, &at) && set->domains[at].number >= gtid->number;
	}
	return false;
}

bool gtid_set_contains_set(const struct gtid_set *set, const struct gtid_set *part)
{
	size_t at;

	for (size_t i = 0; i < part->n_sources; i++) {
		const struct gtid_source *s = &part->sources[i];

		if (!find_source(set, s->uuid, s->tag, &at))
			return false;
		for (size_t k = 0; k < s->n; k++)
			if (!source_contains(&set->sources[at], s->intervals[k].first, s->intervals[k].last))
				return false;
	}
	for (size_t i = 0; i < part->n_domains; i++)
		if (!gtid_set_contains(set, &part->domains[i]))
			return false;
	return true;
}

/* --- text --- */

static bool bad_set(struct str entry, const char *why, struct err *e)
{
	return err_set(e, &err_gtid, "GTID set: '%.*s' %s", STR(str_first(entry, 200)), why);
}

/* uuid [: (tag | interval)] ...: a tag holds for the intervals behind it, up to the next tag. */
static bool parse_uuid_entry(struct gtid_set *set, struct str entry, struct err *e)
{
	char tag[GTID_TAG_MAX + 1] = "";
	struct str part, rest;
	uint8_t uuid[16];
	bool more = str_cut(entry, ':', &part, &rest);

	if (!parse_uuid(uuid, more ? str_trim(part) : entry))
		return bad_set(entry, "does not start with a uuid", e);
	while (more) {
		struct str first, last;
		uint64_t from, to;

		more = str_cut(rest, ':', &part, &rest);
		part = str_trim(more ? part : rest);
		if (!starts_number(part)) {
			if (!parse_tag(tag, part))
				return bad_set(entry, "has neither a tag nor a range behind a ':'", e);
			continue;
		}
		if (!str_cut(part, '-', &first, &last))
			first = last = part;
		if (!parse_number(&from, str_trim(first)) || !parse_number(&to, str_trim(last)))
			return bad_set(entry, "has a number out of range", e);
		if (from <= to)
			add_interval(want_source(set, uuid, tag), from, to);
	}
	return true;
}

static bool parse_entry(struct gtid_set *set, struct str entry, struct err *e)
{
	enum gtid_flavor flavor;
	struct gtid gtid;
	size_t at;

	flavor = parse_mariadb(&gtid, entry) ? GTID_MARIADB : GTID_MYSQL;
	if (set->flavor != GTID_NONE && set->flavor != flavor)
		return bad_set(entry, flavor == GTID_MARIADB ? "is not of MySQL's form, as those before it" :
						"is not of MariaDB's form, as those before it", e);
	set->flavor = flavor;
	if (flavor == GTID_MYSQL)
		return parse_uuid_entry(set, entry, e);
	if (find_domain(set, gtid.domain, &at))
		return bad_set(entry, "is the second one of its domain", e);
	put_domain(set, &gtid);
	return true;
}

bool gtid_set_parse(struct gtid_set *set, struct str text, struct err *e)
{
	struct gtid_set parsed = { .flavor = GTID_NONE };
	bool more = true;

	while (more) {
		struct str entry, rest = STR_NONE;

		more = str_cut(text, ',', &entry, &rest);
		entry = str_trim(more ? entry : text);
		text = rest;
		if (entry.n > 0 && !parse_entry(&parsed, entry, e)) {
			gtid_set_release(&parsed);
			return false;
		}
	}
	if (gtid_set_is_empty(&parsed))
		parsed.flavor = GTID_NONE;
	gtid_set_release(set);
	*set = parsed;
	return true;
}

void gtid_set_text(const struct gtid_set *set, struct buf *b)
{
	for (size_t i = 0; i < set->n_sources; i++) {
		const struct gtid_source *s = &set->sources[i];

		if (i == 0 || memcmp(s->uuid, set->sources[i - 1].uuid, 16) != 0) {
			if (i > 0)
				buf_put_char(b, ',');
			put_uuid(b, s->uuid);
		}
		if (s->tag[0]) {
			buf_put_char(b, ':');
			buf_put_text(b, s->tag);
		}
		for (size_t k = 0; k < s->n; k++) {
			buf_put_char(b, ':');
			buf_put_u64(b, s->intervals[k].first);
			if (s->intervals[k].last == s->intervals[k].first)
				continue;
			buf_put_char(b, '-');
			buf_put_u64(b, s->intervals[k].last);
		}
	}
	for (size_t i = 0; i < set->n_domains; i++) {
		if (i > 0)
			buf_put_char(b, ',');
		gtid_put(b, &set->domains[i]);
	}
}

/* --- MySQL's binary form --- */

static void put_u64(struct buf *b, uint64_t v)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	buf_put(b, bytes, 8);
}

void gtid_set_encode(const struct gtid_set *set, struct buf *b)
{
	bool tagged = false;

	for (size_t i = 0; i < set->n_sources; i++)
		tagged = tagged || set->sources[i].tag[0];
	put_u64(b, tagged ? set->n_sources << 8 | 1 | UINT64_C(1) << 56 : set->n_sources);
	for (size_t i = 0; i < set->n_sources; i++) {
		const struct gtid_source *s = &set->sources[i];

		buf_put(b, s->uuid, 16);
		if (tagged) {
			buf_put_char(b, (char)(strlen(s->tag) << 1));
			buf_put_text(b, s->tag);
		}
		put_u64(b, s->n);
		for (size_t k = 0; k < s->n; k++) {
			put_u64(b, s->intervals[k].first);
			put_u64(b, s->intervals[k].last + 1);	/* behind the last one, as the server has it */
		}
	}
}

static bool decode_source(struct gtid_set *set, struct cur *c, bool tagged, struct err *e)
{
	char tag[GTID_TAG_MAX + 1] = "";
	const uint8_t *uuid = cur_take(c, 16);
	struct str text = tagged ? cur_str(c, cur_varuint(c)) : STR_NONE;
	uint64_t n = cur_uint(c, 8);

	if (c->bad || n > cur_left(c) / 16)
		return err_set(e, &err_gtid, "binary GTID set is cut short");
	if (text.n > 0 && !parse_tag(tag, text))
		return err_set(e, &err_gtid, "binary GTID set has a bad tag");
	while (n-- > 0) {
		uint64_t first = cur_uint(c, 8), end = cur_uint(c, 8);

		if (first < 1 || end <= first || end > NUMBER_MAX + 1)
			return err_set(e, &err_gtid, "binary GTID set has a range out of order");
		add_interval(want_source(set, uuid, tag), first, end - 1);
	}
	return true;
}

bool gtid_set_decode(struct gtid_set *set, struct str bytes, struct err *e)
{
	struct gtid_set parsed = { .flavor = GTID_NONE };
	struct cur c = cur_of(bytes.p, bytes.n);
	uint64_t head = cur_uint(&c, 8), n = head;
	unsigned form = (unsigned)(head >> 56);
	bool ok = true;

	if (form == 1)
		n = head >> 8 & UINT64_C(0xffffffffffff);
	if (c.bad)
		ok = err_set(e, &err_gtid, "binary GTID set is cut short");
	else if (form > 1)
		ok = err_set(e, &err_gtid, "binary GTID set has form %u, which is not known", form);
	while (ok && n-- > 0)
		ok = decode_source(&parsed, &c, form == 1, e);
	if (ok && cur_left(&c) > 0)
		ok = err_set(e, &err_gtid, "binary GTID set has %zu bytes too many", cur_left(&c));
	if (!ok) {
		gtid_set_release(&parsed);
		return false;
	}
	parsed.flavor = gtid_set_is_empty(&parsed) ? GTID_NONE : GTID_MYSQL;
	gtid_set_release(set);
	*set = parsed;
	return true;
}
