/* file_template.c - --output-filename-template, as Dumpling has it; see files.h
 *
 * {{.DB}} {{.Table}} {{.Index}}, with or without fn: names are always escaped, so that none leaves the folder. */
#include "files.h"

static bool bad(struct str text, const char *why, struct err *e)
{
	return err_set(e, &err_unsupported, "--output-filename-template '%.*s': %s", STR(text), why);
}

static bool take_field(struct str inside, enum template_part *part)
{
	static const struct { const char *name; enum template_part part; } names[] = {
		{ ".DB", PART_SCHEMA }, { ".Table", PART_TABLE }, { ".Index", PART_INDEX },
	};

	if (str_starts(inside, STR_LIT("fn ")))
		inside = str_trim(str_from(inside, 3));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(inside, names[i].name)) {
			*part = names[i].part;
			return true;
		}
	return false;
}

static bool add(struct file_template *t, enum template_part part, struct str text)
{
	if (t->n == sizeof(t->parts) / sizeof(t->parts[0]))
		return false;
	t->parts[t->n].part = part;
	t->parts[t->n++].text = text;
	return true;
}

bool file_template_parse(struct file_template *t, struct str text, struct err *e)
{
	struct str rest = text;

	t->n = 0;
	if (text.n > 0 && memchr(text.p, '/', text.n))
		return bad(text, "folders are not supported yet", e);
	while (rest.n > 0) {
		size_t open = str_find(rest, STR_LIT("{{")), close;
		enum template_part part;

		if (open > 0 && !add(t, PART_TEXT, str_first(rest, open)))
			return bad(text, "it has too many parts", e);
		if (open == SIZE_MAX)
			return true;
		rest = str_from(rest, open + 2);
		close = str_find(rest, STR_LIT("}}"));
		if (close == SIZE_MAX || !take_field(str_trim(str_first(rest, close)), &part))
			return bad(text, "only {{.DB}}, {{.Table}} and {{.Index}} are supported", e);
		if (!add(t, part, STR_NONE))
			return bad(text, "it has too many parts", e);
		rest = str_from(rest, close + 2);
	}
	return true;
}
