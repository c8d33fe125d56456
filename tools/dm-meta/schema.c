/* schema.c - the structures of upstream tables that a task remembers; see commands.h */
#include "commands.h"

#include "base/file.h"
#include "mysql/server.h"
#include "schema/table_sql.h"
#include "stream/event.h"

#include <unistd.h>

#define TEXT_BYTES ((size_t)64 << 20)

static const struct err_kind err_no_structure = {
	.code = 24510, .class = "checkpoint", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_MEDIUM, .status = STATUS_DATA,
	.workaround = "it is learnt when the log has rows of it; give it with 'dm-meta schema set'",
};

static const struct err_kind err_structure_from = {
	.code = 40512, .class = "dm-master", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_REFUSED,
	.workaround = "give a file with its CREATE TABLE",
};

static bool known(struct work *w, struct arena *a, struct str *line, struct err *e)
{
	*line = STR_LIT("");
	return (!w->there || meta_table_get(&w->meta, a, w->operands[0], w->operands[1], line, e)) &&
	       (str_starts(*line, STR_LIT("{\"type\":\"table\"")) ||
		err_set(e, &err_no_structure, "the structure of '%.*s.%.*s' is not known", STR(w->operands[0]),
			STR(w->operands[1])));
}

bool schema_get(struct work *w, struct err *e)
{
	struct buf b = BUF_INIT(TEXT_BYTES);
	struct arena a = ARENA_INIT;
	struct table t = { 0 };
	struct str line;
	bool ok = known(w, &a, &line, e) && table_line_parse(&t, NULL, line, &a, e);

	if (ok) {
		table_put_create(&b, &t);
		buf_put_char(&b, '\n');
		ok = buf_ok(&b, "a statement", e) && line_put(w->out, buf_str(&b), e);
		table_release(&t);
	}
	arena_release(&a);
	buf_release(&b);
	return ok;
}

/* --- giving one --- */

struct given {
	struct table table;
	size_t n;
};

static void take_one(void *context, struct table *t)
{
	struct given *given = context;

	if (given->n++ > 0)
		table_release(&given->table);
	given->table = *t;
}

static bool read_all(const char *path, struct buf *text, struct err *e)
{
	char *room;
	ssize_t n;

	if (path)
		return file_read(path, text, e);
	while ((room = buf_room(text, 1 << 16)) && (n = read(STDIN_FILENO, room, 1 << 16)) > 0)
		text->n += (size_t)n;
	return buf_ok(text, "the statement on standard input", e);
}

/* MariaDB or not, where the source file does not say: dm-relay has noted whose places it reads. */
static bool see_flavor(struct work *w, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str server = STR_LIT("");
	bool ok = meta_state_get(&w->meta, &a, STR_LIT("dm-relay"), STR_LIT("server"), &server, e);

	w->mariadb |= ok && str_starts(server, STR_LIT("\"server_id "));
	arena_release(&a);
	return ok;
}

/* The name in the file does not matter, as with DM. */
static bool from_file(struct work *w, struct given *given, struct err *e)
{
	struct buf text = BUF_INIT(TEXT_BYTES);
	struct table_sql how = { .sql_mode = STR_LIT(""), .charset = STR_LIT(""), .schema = w->operands[0] };
	bool ok = see_flavor(w, e) && read_all(w->operands[2].p, &text, e);

	how.mariadb = w->mariadb;
	ok = ok && table_sql_read(&how, buf_str(&text), take_one, given, e);
	if (ok && given->n != 1)
		ok = err_set(e, &err_structure_from, "the file holds %zu CREATE TABLE statements, not one", given->n);
	buf_release(&text);
	return ok;
}

static bool from_server(struct conn *c, struct str schema, struct str table, struct given *given, struct err *e)
{
	bool exists;

	if (!server_table(c, schema, table, &given->table, &exists, e))
		return false;
	if (!exists)
		return err_set(e, &err_structure_from, "%s has no table '%.*s.%.*s'", c->name, STR(schema), STR(table));
	given->n = 1;
	return true;
}

static bool from_source(struct work *w, struct given *given, struct err *e)
{
	struct conn_want want = { .at = w->upstream, .scope = SCOPE_UPSTREAM };
	struct conn c;
	bool ok;

	if (!w->upstream)
		return err_set(e, &err_structure_from, "the source file of '%.*s' was not found: name it with -S",
			       STR(w->source));
	if (!conn_open(&c, &want, e))
		return false;
	ok = from_server(&c, w->operands[0], w->operands[1], given, e);
	conn_close(&c);
	return ok;
}

static bool from_target(struct work *w, struct given *given, struct err *e)
{
	struct str schema = w->operands[0], table = w->operands[1];

	return (!w->rules || rules_route(w->rules, schema, table, &schema, &table, e)) &&
	       from_server(&w->c, schema, table, given, e);
}

/* A move that nobody has settled yet would take the structure along. */
static bool settle(struct work *w, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct meta_place place;
	bool ok = meta_place_get(&w->meta, &a, &place, e);

	arena_release(&a);
	return ok;
}

static bool give(struct work *w, struct err *e)
{
	struct buf line = BUF_INIT(TEXT_BYTES);
	struct given given = { .n = 0 };
	bool ok = settle(w, e) && (w->from_source ? from_source(w, &given, e) :
		  w->from_target ? from_target(w, &given, e) : from_file(w, &given, e));

	if (ok) {
		given.table.schema = w->operands[0];
		given.table.name = w->operands[1];
		table_line_put(&line, &given.table, NULL);
		ok = buf_ok(&line, "a structure", e) &&
		     meta_table_put(&w->meta, w->operands[0], w->operands[1], str_first(buf_str(&line), line.n - 1), e);
	}
	if (given.n > 0)
		table_release(&given.table);
	buf_release(&line);
	return ok;
}

bool schema_set(struct work *w, struct err *e)
{
	if (!opt_only_one_of(e, "--from-source", w->from_source, "--from-target", w->from_target, "a file",
			     w->operands[2].p != NULL, (char *)NULL))
		return false;
	return with_lease(w, give, e);
}

static bool forget_table(struct work *w, struct err *e)
{
	return meta_table_drop(&w->meta, w->operands[0], w->operands[1], e) &&
	       meta_load_table_drop(&w->meta, w->operands[0], w->operands[1], e);
}

bool schema_remove(struct work *w, struct err *e)
{
	return with_lease(w, forget_table, e);
}
