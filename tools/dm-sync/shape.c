/* shape.c - how rows of the upstream fit the downstream; see shape.h */
#include "shape.h"

#include <stdlib.h>

#include "base/mem.h"
#include "text/sql_quote.h"

static const struct err_kind err_columns = {
	.code = 36027, .class = "sync-unit", .scope = SCOPE_DOWNSTREAM, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "make the downstream table's columns those of the upstream (more are fine), then start again",
};
static const struct err_kind err_no_names = {
	.code = 36501, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "give its structure at that place, with 'dm-relay --schema FILE' or 'dm binlog-schema update'; a log that is "
		"written with binlog_row_metadata=FULL has the names of columns",
};

struct shape *shape_keep(struct shape *shape)
{
	shape->users++;
	return shape;
}

void shape_drop(struct shape *shape)
{
	if (!shape || --shape->users > 0)
		return;
	table_release(&shape->table);
	arena_release(&shape->arena);
	free(shape);
}

void shape_name_put(struct buf *b, const struct shape *s)
{
	buf_putf(b, "'%.*s.%.*s'", STR(s->target.schema), STR(s->target.table));
	if (!str_eq(s->source.schema, s->target.schema) || !str_eq(s->source.table, s->target.table))
		buf_putf(b, " (upstream '%.*s.%.*s')", STR(s->source.schema), STR(s->source.table));
}

static const struct column *column_copy(struct arena *a, const struct column *from)
{
	struct column *c = arena_alloc(a, sizeof(*c));

	*c = *from;
	c->name = arena_str(a, from->name);
	c->type = arena_str(a, from->type);
	c->charset = arena_str(a, from->charset);
	c->collation = arena_str(a, from->collation);
	c->def = arena_str(a, from->def);
	c->expression = arena_str(a, from->expression);
	c->constant = STR_NONE;
	return c;
}

static bool match_columns(struct shape *s, const struct table *down, struct err *e)
{
	struct buf missing = BUF_INIT(700);
	size_t n = s->table.n_columns;

	s->down = arena_array(&s->arena, n, sizeof(*s->down));
	s->written = arena_array(&s->arena, n, sizeof(*s->written));
	s->is_document = arena_array(&s->arena, n, sizeof(*s->is_document));
	s->is_unique = arena_array(&s->arena, n, sizeof(*s->is_unique));
	for (size_t i = 0; i < n; i++) {
		struct str name = s->table.columns[i].name;
		size_t at = table_find_column(down, name);

		if (name.n > 0 && name.p[0] == '@')
			err_set(e, &err_no_names, "table '%.*s.%.*s': the log does not say what its columns are called",
				STR(s->source.schema), STR(s->source.table));
		if (at == SIZE_MAX) {
			buf_putf(&missing, "%s'%.*s'", missing.n ? ", " : "", STR(name));
			continue;
		}
		s->down[i] = column_copy(&s->arena, &down->columns[at]);
		s->written[i] = !down->columns[at].generated;
		s->is_document[i] = s->written[i] && column_type_is(down->columns[at].type, "json");
		s->has_documents |= s->is_document[i];
	}
	if (missing.n && !e->kind) {
		struct buf text = BUF_INIT(500);

		shape_name_put(&text, s);
		err_set(e, &err_columns, "table %s has no column %s", buf_text(&text), buf_text(&missing));
		buf_release(&text);
	}
	buf_release(&missing);
	return !e->kind;
}

/* False where the key cannot find a row of the upstream: an expression, or a column that the upstream lacks.
 * A prefix is fine: where prefixes differ, whole values do. */
static bool take_key(struct shape *s, struct shape_key *to, const struct key *key, const struct table *down)
{
	*to = (struct shape_key){ arena_str(&s->arena, key->name), false, key->n_parts, NULL };
	to->columns = arena_array(&s->arena, key->n_parts, sizeof(*to->columns));
	for (size_t i = 0; i < key->n_parts; i++) {
		struct str name = key->parts[i].column;
		size_t at = name.n ? table_find_column(&s->table, name) : SIZE_MAX;
		size_t there = name.n ? table_find_column(down, name) : SIZE_MAX;

		to->columns[i] = at;
		if (at == SIZE_MAX || there == SIZE_MAX)
			to->n = 0;
		else
			s->is_unique[at] = true;
		to->nullable |= there != SIZE_MAX && down->columns[there].nullable;
	}
	return to->n > 0;
}

static int key_rank(const struct shape_key *key)
{
	return str_is(key->name, "PRIMARY") ? 0 : key->nullable ? 2 : 1;
}

static void match_keys(struct shape *s, const struct table *down)
{
	struct shape_key *found = arena_array(&s->arena, down->n_keys, sizeof(*found));
	size_t n = 0;

	s->keys = arena_array(&s->arena, down->n_keys, sizeof(*s->keys));
	for (size_t i = 0; i < down->n_keys; i++) {
		if (!down->keys[i].unique)
			continue;
		s->has_unique = true;
		if (take_key(s, &found[n], &down->keys[i], down))
			n++;
		else
			s->hidden_unique = true;
	}
	for (int rank = 0; rank <= 2; rank++)
		for (size_t i = 0; i < n; i++)
			if (key_rank(&found[i]) == rank)
				s->keys[s->n_keys++] = found[i];
}

/* Collations that compare printable ASCII letter by letter, folding case at most: no contractions, nothing ignored. */
static bool is_plain(struct str collation)
{
	static const char *const ends[] = { "_bin", "_general_ci", "_unicode_ci", "_unicode_520_ci", "_0900_ai_ci", "_0900_as_ci",
		"_0900_as_cs", "_0900_bin", "_uca1400_ai_ci", "_uca1400_as_ci", "_uca1400_as_cs", "latin1_swedish_ci" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_ends(collation, str_of(ends[i])))
			return true;
	return false;
}

static bool has_prefix(const struct table *down)
{
	for (size_t k = 0; k < down->n_keys; k++)
		for (size_t i = 0; down->keys[k].unique && i < down->keys[k].n_parts; i++)
			if (down->keys[k].parts[i].prefix > 0)
				return true;
	return false;
}

/* What plan.h needs to know. */
static void judge(struct shape *s, const struct table *down)
{
	s->covers = true;
	for (size_t i = 0; i < down->n_columns; i++)
		s->covers &= down->columns[i].generated || table_find_column(&s->table, down->columns[i].name) != SIZE_MAX;
	for (size_t i = 0; i < s->table.n_columns; i++)
		s->has_labels |= column_type_is(s->down[i]->type, "enum") || column_type_is(s->down[i]->type, "set");
	s->conflicts = s->n_keys > 1;
	s->simple = s->n_keys > 0 && !s->keys[0].nullable && !s->hidden_unique && !has_prefix(down) &&
		    (s->n_keys == 1 || s->covers);
	for (size_t k = 0; k < s->n_keys; k++)
		for (size_t i = 0; i < s->keys[k].n; i++) {
			const struct column *c = s->down[s->keys[k].columns[i]];

			s->simple &= k > 0 || s->written[s->keys[k].columns[i]];
			if (c->charset.n == 0 || str_is_nocase(c->charset, "binary"))
				continue;
			s->conflicts = true;
			s->odd_collation |= !is_plain(c->collation);
		}
}

static struct str make_prefix(struct shape *s, const char *verb)
{
	struct buf b = BUF_INIT(1 << 24);
	const char *comma = "";
	struct str text;

	buf_putf(&b, "%s INTO ", verb);
	sql_put_table(&b, s->target.schema, s->target.table);
	buf_put_text(&b, " (");
	for (size_t i = 0; i < s->table.n_columns; i++) {
		if (!s->written[i])
			continue;
		buf_put_text(&b, comma);
		sql_put_name(&b, s->down[i]->name);
		comma = ",";
	}
	buf_put_text(&b, ") VALUES ");
	text = arena_str(&s->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

bool shape_new(struct shape **shape, const struct table *up, const struct event_name *target, const struct table *down,
	       struct err *e)
{
	struct shape *s = mem_zalloc(sizeof(*s));

	s->users = 1;
	arena_init(&s->arena);
	table_copy(&s->table, up);
	s->source = (struct event_name){ s->table.schema, s->table.name };
	s->target = (struct event_name){ arena_str(&s->arena, target->schema), arena_str(&s->arena, target->table) };
	s->is_sequence = down->is_sequence;
	if (!match_columns(s, down, e)) {
		shape_drop(s);
		return false;
	}
	match_keys(s, down);
	judge(s, down);
	s->insert = make_prefix(s, "INSERT");
	s->replace = make_prefix(s, "REPLACE");
	*shape = s;
	return true;
}
