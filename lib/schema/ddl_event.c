#include "schema/ddl_event.h"

#include "schema/ddl_make.h"
#include "text/sql_lex.h"

/* A type, taken apart. */
struct shape {
	enum { INTEGER, DECIMAL, REAL, LABELS, TEXT, TIME, OTHER } family;
	struct str word;	/* "varchar" */
	bool is_unsigned;
	uint64_t width;		/* characters, bytes, digits, bits; of an integer its bytes; UINT64_MAX: not limited */
	uint64_t decimals;
};

static const struct {
	const char *word;
	int family;
	uint64_t width;		/* where the type gives none */
} type_words[] = {
	{ "tinyint", INTEGER, 1 }, { "smallint", INTEGER, 2 }, { "mediumint", INTEGER, 3 }, { "int", INTEGER, 4 },
	{ "bigint", INTEGER, 8 }, { "decimal", DECIMAL, 10 }, { "float", REAL, UINT64_MAX }, { "double", REAL, UINT64_MAX },
	{ "enum", LABELS, 0 }, { "set", LABELS, 0 }, { "char", TEXT, 1 }, { "varchar", TEXT, 0 }, { "binary", TEXT, 1 },
	{ "varbinary", TEXT, 0 }, { "tinytext", TEXT, 255 }, { "tinyblob", TEXT, 255 }, { "text", TEXT, 65535 },
	{ "blob", TEXT, 65535 }, { "mediumtext", TEXT, 16777215 }, { "mediumblob", TEXT, 16777215 },
	{ "longtext", TEXT, UINT32_MAX }, { "longblob", TEXT, UINT32_MAX }, { "datetime", TIME, 0 }, { "timestamp", TIME, 0 },
	{ "time", TIME, 0 }, { "bit", OTHER, 1 },
};

static void shape_of(struct shape *s, struct str type)
{
	struct str inside, first = STR_NONE, second = STR_NONE;
	uint64_t n;

	*s = (struct shape){ .family = OTHER, .word = type, .is_unsigned = str_find(type, STR_LIT(" unsigned")) != SIZE_MAX };
	for (size_t i = 0; i < sizeof(type_words) / sizeof(*type_words); i++)
		if (column_type_is(type, type_words[i].word)) {
			s->family = type_words[i].family;
			s->width = type_words[i].width;
			s->word = str_of(type_words[i].word);
			s->decimals = s->family == REAL ? UINT64_MAX : 0;
		}
	if (s->family == INTEGER || s->family == LABELS || !str_cut(type, '(', NULL, &inside) || !str_cut(inside, ')', &inside, NULL))
		return;
	first = inside;
	str_cut(inside, ',', &first, &second);
	if (!str_to_u64(str_trim(first), &n))
		return;
	if (s->family == TIME)
		s->decimals = n;
	else
		s->width = n;
	if (second.n && str_to_u64(str_trim(second), &n))
		s->decimals = n;
}

/* New labels may only come behind the old ones: values are numbers. */
static bool labels_stay(struct maker *m, struct str old, struct str new)
{
	struct str *a, *b;
	size_t na, nb;

	if (!column_type_labels(&m->arena, old, &a, &na) || !column_type_labels(&m->arena, new, &b, &nb) || nb < na)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!str_eq(a[i], b[i]))
			return false;
	return true;
}

static const char *same_type_event(struct maker *m, const struct shape *a, const struct shape *b, const struct column *old,
				   const struct column *new)
{
	bool shorter = b->width < a->width || b->decimals < a->decimals;

	if (a->family == DECIMAL && (a->width != b->width || a->decimals != b->decimals || a->is_unsigned != b->is_unsigned))
		return "precision decrease";
	if (a->family == LABELS)
		return labels_stay(m, old->type, new->type) ? NULL : "value range decrease";
	if (a->family == INTEGER)
		return a->is_unsigned != b->is_unsigned ? "precision decrease" : NULL;
	if (str_is(a->word, "binary") && a->width != b->width)
		return "precision decrease";
	return shorter || a->is_unsigned != b->is_unsigned ? "value range decrease" : NULL;
}

/* What the new type does to the values; NULL: nothing. */
static const char *type_event(struct maker *m, const struct column *old, const struct column *new)
{
	struct shape a, b;

	shape_of(&a, old->type);
	shape_of(&b, new->type);
	if (column_type_equal(old->type, new->type))
		return NULL;
	if (str_eq(a.word, b.word))
		return same_type_event(m, &a, &b, old, new);
	if (a.family == TEXT && b.family == TEXT) {
		bool fixed = str_is(a.word, "char") || str_is(b.word, "char") || str_is(a.word, "binary") || str_is(b.word, "binary");

		return fixed || b.width < a.width || old->base64 != new->base64 ? "modify column" : NULL;
	}
	if (a.family == INTEGER && b.family == INTEGER)
		return b.width < a.width || a.is_unsigned != b.is_unsigned ? "value range decrease" : NULL;
	return "modify column";
}

static struct str bare(struct str def)
{
	if (def.n >= 2 && def.p[0] == '\'' && def.p[def.n - 1] == '\'')
		return (struct str){ def.p + 1, def.n - 2 };
	if (str_ends(def, STR_LIT("()")))
		return str_first(def, def.n - 2);
	return def;
}

static bool is_function(struct str def)
{
	return str_starts_nocase(def, STR_LIT("current_timestamp")) || str_ends(def, STR_LIT(")")) || str_is_nocase(def, "NULL");
}

/* Servers show a default with its quotes or without, and functions in other case. */
static bool same_default(const struct column *old, const struct column *new)
{
	struct str a = bare(old->has_default ? old->def : STR_LIT("NULL")), b = bare(new->has_default ? new->def : STR_LIT("NULL"));

	return is_function(a) ? str_eq_nocase(a, b) : str_eq(a, b);
}

/* Behind the type, in DM's order. */
static const char *column_event(const struct ddl_change *c, const struct column *old, const struct column *new)
{
	if (old->auto_increment && !new->auto_increment)
		return "remove auto increment";
	if (!same_default(old, new))
		return "modify default value";
	if (!str_eq_nocase(old->charset, new->charset))
		return "modify charset";
	if (c->column->collated)
		return "modify collation";
	if (c->place != PLACE_UNSAID)
		return "modify columns order";
	return str_eq_nocase(c->name, c->column->name) ? "alter table" : "rename column";
}

/* All that a change of an unknown column may be. */
static size_t any_column_event(const struct ddl_change *c, struct ddl_event_name *events)
{
	static const char *const names[] = {
		"precision decrease", "value range decrease", "modify column", "remove auto increment", "modify default value",
		"modify charset",
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!c->column->auto_increment || strcmp(names[i], "remove auto increment") != 0)
			events[n++] = (struct ddl_event_name){ names[i], NULL };
	events[n++].event = c->column->collated ? "modify collation" : c->place != PLACE_UNSAID ? "modify columns order" :
			    str_eq_nocase(c->name, c->column->name) ? "alter table" : "rename column";
	return n;
}

static size_t modify_events(const struct ddl *ddl, const struct ddl_change *c, const struct table *old,
			    struct ddl_event_name *events)
{
	static const struct ddl_tables no_tables = { .timestamps = TIMESTAMPS_EXPLICIT };
	size_t at = old ? table_find_column(old, c->name) : SIZE_MAX;
	struct maker m = { .ddl = ddl, .tables = &no_tables, .old = old };
	struct column made;
	const char *event;

	memset(events, 0, DDL_EVENTS_MAX * sizeof(*events));
	if (at == SIZE_MAX)
		return any_column_event(c, events);
	m.charset = old->charset;
	m.mariadb = ddl->lex_flags & SQL_MARIADB;
	make_column(&m, c->column, &made);
	event = m.unknown ? NULL : type_event(&m, &old->columns[at], &made);
	if (!event && !m.unknown)
		event = column_event(c, &old->columns[at], &made);
	arena_release(&m.arena);
	if (!event)
		return any_column_event(c, events);
	events[0].event = event;
	return 1;
}

/* DROP INDEX, which drops a unique key or another one. */
static size_t drop_key_events(const struct ddl_change *c, const struct table *old, struct ddl_event_name *events)
{
	size_t at = old ? table_find_key(old, c->name) : SIZE_MAX;

	events[0] = (struct ddl_event_name){ "drop index", NULL };
	events[1] = (struct ddl_event_name){ "drop index", "drop unique key" };
	if (at == SIZE_MAX)
		return 2;
	events[0] = events[old->keys[at].unique];
	return 1;
}

size_t ddl_clause_events(const struct ddl *ddl, const struct ddl_clause *clause, const struct table *old,
			 struct ddl_event_name events[DDL_EVENTS_MAX])
{
	if (clause->kind == CLAUSE_MODIFY)
		return modify_events(ddl, clause->first, old, events);
	if (clause->first && clause->first->op == OP_DROP_KEY && !str_is_nocase(clause->first->name, "PRIMARY"))
		return drop_key_events(clause->first, old, events);
	events[0] = (struct ddl_event_name){ clause->event, clause->also };
	return 1;
}
