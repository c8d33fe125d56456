#include "stream/fields.h"

const struct field *field_find(const struct field *fields, size_t n, struct str key, size_t *hint)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = *hint + i < n ? *hint + i : *hint + i - n;

		if (fields[at].name_n == key.n && memcmp(fields[at].name, key.p, key.n) == 0) {
			*hint = at + 1 < n ? at + 1 : 0;
			return &fields[at];
		}
	}
	return NULL;
}

static struct str number_take(struct json *j, struct arena *a)
{
	struct json inside;
	struct str text;

	if (json_peek(j) != JSON_TEXT)
		return json_number(j);
	text = json_text(j, a);
	json_init(&inside, text);
	if (json_number(&inside).n != text.n || text.n == 0)
		j->bad = true;
	return j->bad ? STR_NONE : text;
}

void field_take(struct json *j, const struct field *field, void *into, struct arena *a)
{
	char *at = (char *)into + field->offset;

	if (json_null(j))
		return;
	switch (field->how) {
	case FIELD_TEXT:
		*(struct str *)(void *)at = json_text(j, a);
		break;
	case FIELD_DIGITS:
		*(struct str *)(void *)at = json_peek(j) == JSON_TEXT ? json_text(j, a) : json_number(j);
		break;
	case FIELD_NUMBER:
		*(struct str *)(void *)at = number_take(j, a);
		break;
	case FIELD_U64:
		*(uint64_t *)(void *)at = json_u64(j);
		break;
	case FIELD_BOOL:
		*(bool *)(void *)at = json_bool(j);
		break;
	case FIELD_BULK:
	case FIELD_OWN:
		json_skip(j);
		break;
	}
}

void pair_take(struct json *j, struct event_name *name, struct arena *a)
{
	*name = (struct event_name){ STR_LIT(""), STR_LIT("") };
	if (!json_array(j))
		return;
	if (json_item(j))
		name->schema = json_text(j, a);
	if (json_item(j))
		name->table = json_text(j, a);
	if (!j->bad && json_item(j))
		j->bad = true;		/* three names */
}

void pairs_take(struct json *j, struct event_name **names, size_t *n, struct arena *a)
{
	struct event_name *list = NULL;
	size_t count = 0, room = 0;

	for (bool more = json_array(j); more && json_item(j);) {
		if (count == room) {
			struct event_name *bigger = arena_array(a, room = room ? room * 2 : 4, sizeof(*bigger));

			if (count)
				memcpy(bigger, list, count * sizeof(*bigger));
			list = bigger;
		}
		pair_take(j, &list[count++], a);
	}
	*names = list;
	*n = count;
}

bool line_begin(struct json *j, struct str line, struct str *type, struct arena *a, struct err *e)
{
	struct str key;

	json_init(j, line);
	if (!json_object(j) || !json_key(j, &key) || !str_eq(key, STR_LIT("type")))
		return err_set(e, &err_stream_syntax, "a line of the stream does not begin with {\"type\":");
	*type = json_text(j, a);
	return !j->bad || line_bad(j, "stream", e);
}

bool line_bad(const struct json *j, const char *type, struct err *e)
{
	return err_set(e, &err_stream_syntax, "a line of type '%s' is not valid at byte %zu", type,
		       (size_t)(j->p - j->start));
}
