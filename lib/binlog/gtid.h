/*
 * gtid.h - global transaction ids and sets of them, as servers write them.
 *
 * Holds MySQL's form (uuid:1-5:7, with tags uuid:tag:1) and MariaDB's (0-1011-26: domain, server, sequence). A set
 * is of one flavor; an empty set is of either, until something is added. A MariaDB set is a state: one transaction
 * per domain, the last one applied, and all before it are in it. Pure: no sockets, no clock. Callers: binlog/event,
 * mysql/replica, meta, dm-relay, dm-sync.
 *
 * A set owns its memory: gtid_set_init ... gtid_set_release.
 */
#ifndef BINLOG_GTID_H
#define BINLOG_GTID_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum gtid_flavor { GTID_NONE, GTID_MYSQL, GTID_MARIADB };

enum { GTID_TAG_MAX = 32 };

extern const struct err_kind err_gtid;

struct gtid {
	enum gtid_flavor flavor;	/* GTID_NONE: there is none */
	uint8_t uuid[16];		/* MySQL: in the order of the text */
	char tag[GTID_TAG_MAX + 1];	/* MySQL: lower case; "" for none */
	uint32_t domain, server;	/* MariaDB */
	uint64_t number;		/* MySQL: from 1; MariaDB: the sequence number */
};

struct gtid_interval {
	uint64_t first, last;		/* both in it */
};

/* The transactions of one MySQL uuid and tag. */
struct gtid_source {
	uint8_t uuid[16];
	char tag[GTID_TAG_MAX + 1];
	size_t n, cap;
	struct gtid_interval *intervals;	/* ascending, with gaps between them */
};

struct gtid_set {
	enum gtid_flavor flavor;
	size_t n_sources, cap_sources;
	struct gtid_source *sources;	/* MySQL: by uuid, then tag, none first */
	size_t n_domains, cap_domains;
	struct gtid *domains;		/* MariaDB: by domain */
};

/* One transaction: "uuid:23", "uuid:tag:23" or "0-1011-26". */
bool gtid_parse(struct gtid *gtid, struct str text, struct err *e);
void gtid_put(struct buf *b, const struct gtid *gtid);	/* nothing for GTID_NONE */
bool gtid_equal(const struct gtid *a, const struct gtid *b);

void gtid_set_init(struct gtid_set *set);
void gtid_set_release(struct gtid_set *set);

/* Into a set that was initialised; what it held is gone. */
void gtid_set_copy(struct gtid_set *to, const struct gtid_set *from);

/* Whole sets as servers print them, white space between tokens allowed; the text decides the flavor, and text
 * without any entry is the empty set of either. set was initialised; it is replaced, and untouched where the
 * parse fails. */
bool gtid_set_parse(struct gtid_set *set, struct str text, struct err *e);

/* The canonical form, without white space: "" for the empty set. */
void gtid_set_text(const struct gtid_set *set, struct buf *b);

/* Adds one transaction. MariaDB: it becomes its domain's last one, whatever stood there. False, with e filled,
 * when the flavor differs; the set is then unchanged. Adding GTID_NONE does nothing. */
bool gtid_set_add(struct gtid_set *set, const struct gtid *gtid, struct err *e);

/* Takes the transactions of less out, where they are in. MariaDB: the domains of less go back to what it says, those
 * with the sequence number 0 to none at all. */
void gtid_set_remove_set(struct gtid_set *set, const struct gtid_set *less);

/* MariaDB: the last transaction of a domain; NULL: the set has none of it. */
const struct gtid *gtid_set_last(const struct gtid_set *set, uint32_t domain);

/* Adds all of another set; MariaDB: a domain that both have keeps the higher sequence number. */
bool gtid_set_add_set(struct gtid_set *set, const struct gtid_set *more, struct err *e);

bool gtid_set_is_empty(const struct gtid_set *set);

/* MariaDB: the domain's last sequence number is not below it. */
bool gtid_set_contains(const struct gtid_set *set, const struct gtid *gtid);

/* Is every transaction of part in set? The empty set is in every set. */
bool gtid_set_contains_set(const struct gtid_set *set, const struct gtid_set *part);

/* MySQL's binary form, for COM_BINLOG_DUMP_GTID: without any tag the one that all versions know, else that of
 * 8.3 on. An empty set is 8 zero bytes. Only for MySQL and empty sets. */
void gtid_set_encode(const struct gtid_set *set, struct buf *b);

/* Reads that form, as it stands in PREVIOUS_GTIDS too, into a set that was initialised; untouched where it
 * fails. */
bool gtid_set_decode(struct gtid_set *set, struct str bytes, struct err *e);

#endif
