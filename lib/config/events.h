/*
 * events.h - the words that an event filter may list in `events`, as data.
 *
 * Every word of DM's is known. Pure. Callers: config (to refuse what is none), rules.
 */
#ifndef CONFIG_EVENTS_H
#define CONFIG_EVENTS_H

#include "base/err.h"
#include "base/str.h"

enum event_class {
	EVENT_CLASS_NONE,
	EVENT_CLASS_DML = 1,
	EVENT_CLASS_DDL = 2,
	EVENT_CLASS_ALL = 3,
	EVENT_CLASS_INCOMPATIBLE = 4,	/* beside DDL: what may lose data, or what a downstream may refuse */
};

struct event_word {
	const char *name;	/* lower case; "create schema" is "create database" */
	bool group;		/* "all dml": stands for a class, not for an event */
	bool stops;		/* "none dml": ends the walk, without a match, for what it covers */
	unsigned covers;	/* enum event_class */
};

/* By any case; aliases are resolved. NULL when there is no such word. */
const struct event_word *event_word_find(struct str name);

/* For a table of keys: a word that is known. */
bool event_word_check(struct str name, struct err *e);

#endif
