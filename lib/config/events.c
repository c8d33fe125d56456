#include "config/events.h"

#include "base/buf.h"
#include "config/kinds.h"

#define DML(word) { word, false, false, EVENT_CLASS_DML }
#define DDL(word) { word, false, false, EVENT_CLASS_DDL }
#define HARD(word) { word, false, false, EVENT_CLASS_DDL | EVENT_CLASS_INCOMPATIBLE }

static const struct event_word words[] = {
	{ "all", true, false, EVENT_CLASS_ALL },
	{ "all dml", true, false, EVENT_CLASS_DML },
	{ "all ddl", true, false, EVENT_CLASS_DDL },
	{ "none", true, true, EVENT_CLASS_ALL },
	{ "none dml", true, true, EVENT_CLASS_DML },
	{ "none ddl", true, true, EVENT_CLASS_DDL },
	{ "incompatible ddl changes", true, false, EVENT_CLASS_INCOMPATIBLE },
	DML("insert"), DML("update"), DML("delete"),
	DDL("create database"), DDL("alter database"), DDL("create table"), DDL("create index"), DDL("create view"),
	DDL("drop view"), DDL("alter table"), DDL("add table partition"),
	HARD("drop database"), HARD("drop table"), HARD("truncate table"), HARD("rename table"), HARD("drop index"),
	HARD("add foreign key"), HARD("drop foreign key"), HARD("drop table partition"), HARD("truncate table partition"),
	HARD("value range decrease"), HARD("precision decrease"), HARD("modify column"), HARD("rename column"),
	HARD("rename index"), HARD("drop column"), HARD("drop primary key"), HARD("drop unique key"),
	HARD("modify default value"), HARD("modify constraint"), HARD("modify columns order"), HARD("modify charset"),
	HARD("modify collation"), HARD("remove auto increment"), HARD("modify storage engine"),
	HARD("reorganize table partition"), HARD("rebuild table partition"), HARD("coalesce table partition"),
	HARD("split table partition"), HARD("exchange table partition"), HARD("modify schema charset and collate"),
	HARD("modify table charset and collate"), HARD("modify table comment"), HARD("recover table"),
	HARD("alter table partitioning"), HARD("remove table partitioning"), HARD("add column"), HARD("set default value"),
	HARD("rebase auto id"), HARD("add primary key"), HARD("alter index visibility"), HARD("alter ttl info"),
	HARD("alter ttl remove"), HARD("multi schema change"),
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
	struct buf allowed = BUF_INIT(4096);

	if (event_word_find(name))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		buf_putf(&allowed, "%s%s", i ? ", " : "", words[i].name);
	err_set(e, &config_kinds[BAD_FILTER], "unknown event '%.*s' (allowed: %.*s)", STR(str_first(name, 100)),
		STR(str_first(buf_str(&allowed), 800)));
	buf_release(&allowed);
	return false;
}
