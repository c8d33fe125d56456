#include "config/events.h"

#include "config/kinds.h"

#define DML(word) { word, false, false, false, EVENT_CLASS_DML }
#define DDL(word) { word, false, false, false, EVENT_CLASS_DDL }
#define LATER(word) { word, false, false, true, EVENT_CLASS_DDL }

static const struct event_word words[] = {
	{ "all", true, false, false, EVENT_CLASS_ALL },
	{ "all dml", true, false, false, EVENT_CLASS_DML },
	{ "all ddl", true, false, false, EVENT_CLASS_DDL },
	{ "none", true, true, false, EVENT_CLASS_ALL },
	{ "none dml", true, true, false, EVENT_CLASS_DML },
	{ "none ddl", true, true, false, EVENT_CLASS_DDL },
	{ "incompatible ddl changes", true, false, true, EVENT_CLASS_DDL },
	DML("insert"), DML("update"), DML("delete"),
	DDL("create database"), DDL("alter database"), DDL("drop database"),
	DDL("create table"), DDL("alter table"), DDL("drop table"), DDL("truncate table"), DDL("rename table"),
	DDL("create index"), DDL("drop index"), DDL("create view"), DDL("drop view"),
	LATER("add table partition"), LATER("add foreign key"), LATER("drop foreign key"),
	LATER("drop table partition"), LATER("truncate table partition"), LATER("value range decrease"),
	LATER("precision decrease"), LATER("modify column"), LATER("rename column"), LATER("rename index"),
	LATER("drop column"), LATER("drop primary key"), LATER("drop unique key"),
	LATER("modify default value"), LATER("modify constraint"), LATER("modify columns order"),
	LATER("modify charset"), LATER("modify collation"), LATER("remove auto increment"),
	LATER("modify storage engine"), LATER("reorganize table partition"), LATER("rebuild table partition"),
	LATER("coalesce table partition"), LATER("split table partition"), LATER("exchange table partition"),
	LATER("modify schema charset and collate"), LATER("modify table charset and collate"),
	LATER("modify table comment"), LATER("recover table"), LATER("alter table partitioning"),
	LATER("remove table partitioning"), LATER("add column"), LATER("set default value"),
	LATER("rebase auto id"), LATER("add primary key"), LATER("alter index visibility"),
	LATER("alter ttl info"), LATER("alter ttl remove"), LATER("multi schema change"),
};

static const struct {
	const char *alias, *name;
} aliases[] = {
	{ "create schema", "create database" },
	{ "alter schema", "alter database" },
	{ "drop schema", "drop database" },
};

const struct event_word *event_word_find(struct str name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (str_is_nocase(name, aliases[i].alias))
			name = str_of(aliases[i].name);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_is_nocase(name, words[i].name))
			return &words[i];
	return NULL;
}

bool event_word_check(struct str name, struct err *e)
{
	const struct event_word *word = event_word_find(name);

	if (!word)
		return err_set(e, &config_kinds[BAD_FILTER],
			       "unknown event '%.*s' (allowed: all, all dml, all ddl, none, none dml, none ddl, "
			       "insert, update, delete, create|alter|drop database, "
			       "create|alter|drop|truncate|rename table, create|drop index, create|drop view)",
			       STR(str_first(name, 100)));
	if (word->later)
		return err_set(e, &err_unsupported,
			       "event '%s' is not supported yet: every ALTER TABLE is the event 'alter table'",
			       word->name);
	return true;
}
