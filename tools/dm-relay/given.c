/* given.c - structures that an operator gives for the place to start at; see relay.h */
#include "base/file.h"
#include "relay.h"
#include "schema/table_sql.h"

#define FILE_BYTES ((size_t)1 << 30)

static void take_table(void *context, struct table *t)
{
	struct relay *r = context;

	structures_add(&r->tables, t, false);
}

/* The lines of a stream: those of type table. */
static bool read_lines(struct relay *r, struct str text, struct err *e)
{
	bool more = true;

	while (more) {
		struct event_head ev;
		struct str line = text;
		struct table t;

		more = str_cut(text, '\n', &line, &text);
		if (str_trim(line).n == 0)
			continue;
		if (!event_head_parse(&ev, line, &r->arena, e))
			return false;
		if (ev.type != EVENT_TABLE)
			continue;
		if (!table_line_parse(&t, NULL, line, &r->arena, e))
			return false;
		take_table(r, &t);
	}
	return true;
}

bool given_read(struct relay *r, bool mariadb, struct err *e)
{
	struct table_sql how = {
		.sql_mode = STR_LIT(""), .mariadb = mariadb, .charset = STR_LIT(""), .schema = STR_LIT(""),
	};
	struct buf text = BUF_INIT(FILE_BYTES);
	bool ok = true;

	for (size_t i = 0; ok && i < r->schema_files->n; i++) {
		const char *path = r->schema_files->items[i];

		buf_clear(&text);
		if (!file_read(path, &text, e)) {
			ok = false;
		} else {
			ok = str_starts(str_trim(buf_str(&text)), STR_LIT("{")) ? read_lines(r, buf_str(&text), e) :
			     table_sql_read(&how, buf_str(&text), take_table, r, e);
			if (!ok)
				err_at(e, "%s", path);
		}
	}
	buf_release(&text);
	return ok;
}
