/*
 * metadata.c - the file "metadata" as Dumpling and mydumper write it; see catalog.h
 *
 * Dumpling and mydumper up to 0.11: "SHOW MASTER STATUS:" with Log, Pos and GTID behind a tab, and at the end "Finished dump
 * at:". Later mydumper: sections as of an INI file, [source] or [master] with File, Position and Executed_Gtid_Set,
 * and one for each table, with its rows.
 */
#include "catalog.h"

enum section { SECTION_NONE, SECTION_SOURCE, SECTION_AFTER, SECTION_TABLE };

struct metadata {
	struct catalog *c;
	enum section section;
	struct str file, pos, after_file, after_pos;
	struct buf gtid;
	bool in_gtid;			/* a set may go on over lines */
	struct load_table *table;
};

/* "`db`.`t`" */
static struct load_table *table_of(struct metadata *m, struct str name)
{
	struct str schema, table;
	size_t at = str_find(name, STR_LIT("`.`"));

	/* The quotes in the middle are others than those at both ends. */
	if (at == SIZE_MAX || at < 1 || name.n < at + 4 || name.p[0] != '`' || name.p[name.n - 1] != '`')
		return NULL;
	schema = (struct str){ name.p + 1, at - 1 };
	table = (struct str){ name.p + at + 3, name.n - at - 4 };
	return catalog_find(m->c, schema, table);
}

static void take_section(struct metadata *m, struct str line)
{
	struct str name = { line.p + 1, line.n > 1 ? line.n - 2 : 0 };

	m->table = table_of(m, name);
	m->section = str_is(name, "source") || str_is(name, "master") ? SECTION_SOURCE : m->table ? SECTION_TABLE : SECTION_NONE;
}

static void take_value(struct metadata *m, struct str key, struct str value)
{
	bool after = m->section == SECTION_AFTER;

	if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = (struct str){ value.p + 1, value.n - 2 };
	m->in_gtid = false;
	if (m->section == SECTION_TABLE && str_is_nocase(key, "rows")) {
		if (!str_to_u64(value, &m->table->metadata_rows))
			m->table->metadata_rows = UINT64_MAX;
	} else if (m->section != SECTION_SOURCE && !after) {
		return;
	} else if (str_is_nocase(key, "Log") || str_is_nocase(key, "File") || str_is_nocase(key, "SOURCE_LOG_FILE")) {
		*(after ? &m->after_file : &m->file) = value;
	} else if (str_is_nocase(key, "Pos") || str_is_nocase(key, "Position") || str_is_nocase(key, "SOURCE_LOG_POS")) {
		*(after ? &m->after_pos : &m->pos) = value;
	} else if (!after && (str_is_nocase(key, "GTID") || str_is_nocase(key, "Executed_Gtid_Set"))) {
		buf_put_str(&m->gtid, value);
		m->in_gtid = true;
	}
}

static void take_line(struct metadata *m, struct str line)
{
	struct str text = str_trim(line), key, value;

	if (str_starts(text, STR_LIT("Finished dump at:")) || str_starts(text, STR_LIT("# Finished dump at:"))) {
		m->c->said_finished = true;
	} else if (text.n == 0) {
		m->in_gtid = false;
	} else if (str_starts(text, STR_LIT("SHOW MASTER STATUS:")) || str_starts(text, STR_LIT("SHOW BINARY LOG STATUS:"))) {
		m->section = str_find(text, STR_LIT("AFTER CONNECTION POOL")) != SIZE_MAX ? SECTION_AFTER : SECTION_SOURCE;
	} else if (str_starts(text, STR_LIT("SHOW "))) {
		m->section = SECTION_NONE;
	} else if (text.p[0] == '[') {
		take_section(m, text);
	} else if (m->in_gtid && !str_starts(line, STR_LIT("\t"))) {
		buf_put_str(&m->gtid, text);
	} else if (str_cut(text, line.p[0] == '\t' ? ':' : '=', &key, &value)) {
		take_value(m, str_trim(str_from(key, key.p[0] == '#')), str_trim(value));
	}
}

static struct str place(struct catalog *c, struct str file, struct str pos)
{
	uint64_t offset;

	if (file.n == 0 || !str_to_u64(pos, &offset))
		return STR_LIT("");
	return arena_strf(&c->arena, "%.*s:%llu", STR(file), (unsigned long long)offset);
}

bool metadata_read(struct catalog *c, struct str text, struct err *e)
{
	struct metadata m = { .c = c, .gtid = BUF_INIT(64 << 20) };
	struct str line;
	bool ok;

	while (text.n > 0) {
		line = text;
		if (!str_cut(text, '\n', &line, &text))
			text = STR_NONE;
		take_line(&m, line);
	}
	ok = buf_ok(&m.gtid, "a GTID set", e);
	if (ok) {
		c->pos = place(c, m.file, m.pos);
		c->pos_end = place(c, m.after_file, m.after_pos);
		c->gtid = arena_str(&c->arena, buf_str(&m.gtid));
	}
	buf_release(&m.gtid);
	return ok;
}
