#include "base/opt.h"

#include <stdarg.h>
#include <stdbool.h>

#include "base/mem.h"

struct found {
	const struct opt *opt;
	char *base;		/* the struct that its offset is in */
};

static struct found find(const struct opt *table, char *base, char letter, struct str name)
{
	for (const struct opt *o = table; o->kind != OPT_DONE; o++) {
		if (o->kind == OPT_TABLE) {
			struct found f = find(o->table, base + o->offset, letter, name);

			if (f.opt)
				return f;
		} else if (letter ? o->letter == letter : str_is(name, o->name)) {
			return (struct found){ o, base };
		}
	}
	return (struct found){ NULL, NULL };
}

void opt_list_add(struct opt_list *list, const char *item)
{
	list->items = mem_rearray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = item;
}

static bool set_number(const struct opt *o, uint64_t *number, const char *value, struct err *e)
{
	uint64_t max = o->max ? o->max : UINT64_MAX;

	if (!str_to_u64(str_of(value), number))
		return err_set(e, &err_usage, "option --%s wants a whole number, not '%s'", o->name, value);
	if (*number < o->min || *number > max)
		return err_set(e, &err_usage, "option --%s takes %llu to %llu, not '%s'", o->name,
			       (unsigned long long)o->min, (unsigned long long)max, value);
	return true;
}

static bool set_switch(const struct opt *o, enum opt_switch *is, const char *value, struct err *e)
{
	struct str text = str_of(value ? value : "true");

	if (!str_is_nocase(text, "true") && !str_is(text, "1") && !str_is_nocase(text, "false") && !str_is(text, "0"))
		return err_set(e, &err_usage, "option --%s is true or false, not '%s'", o->name, value);
	*is = str_is_nocase(text, "true") || str_is(text, "1") ? OPT_ON : OPT_OFF;
	return true;
}

static bool set_value(struct found f, const char *value, struct err *e)
{
	void *at = f.base + f.opt->offset;

	switch (f.opt->kind) {
	case OPT_FLAG:
		*(bool *)at = true;
		return true;
	case OPT_SWITCH:
		return set_switch(f.opt, at, value, e);
	case OPT_TEXT:
		*(const char **)at = value;
		return true;
	case OPT_NUMBER:
		return set_number(f.opt, at, value, e);
	case OPT_LIST:
		opt_list_add(at, value);
		return true;
	case OPT_DONE:
	case OPT_TABLE:
		break;
	}
	return true;
}

/* argv is at "--name", "--name=value"; moves on over a value that stands apart. */
static bool take_long(const struct opt *table, void *settings, char ***argv, struct err *e)
{
	struct str name = str_of(**argv + 2), value = STR_NONE;
	bool joined = str_cut(name, '=', &name, &value);
	struct found f = find(table, settings, 0, name);
	const char *text = value.p;

	if (!f.opt)
		return err_set(e, &err_usage, "unknown option '--%.*s'", STR(name));
	if (f.opt->kind == OPT_FLAG && joined)
		return err_set(e, &err_usage, "option '--%.*s' takes no value", STR(name));
	if (f.opt->kind != OPT_FLAG && f.opt->kind != OPT_SWITCH && !joined) {
		text = (*argv)[1];
		if (!text)
			return err_set(e, &err_usage, "option '--%.*s' wants a value", STR(name));
		++*argv;
	}
	return set_value(f, text, e);
}

/* argv is at "-abc", "-cVALUE" or "-c". */
static bool take_short(const struct opt *table, void *settings, char ***argv, struct err *e)
{
	const char *at = **argv + 1;

	while (*at) {
		struct found f = find(table, settings, *at, STR_NONE);

		if (!f.opt)
			return err_set(e, &err_usage, "unknown option '-%c'", *at);
		at++;
		if (f.opt->kind == OPT_SWITCH && *at == '=')
			return set_value(f, at + 1, e);
		if (f.opt->kind == OPT_FLAG || f.opt->kind == OPT_SWITCH) {
			if (!set_value(f, NULL, e))
				return false;
			continue;
		}
		if (*at)
			return set_value(f, at, e);
		if (!(*argv)[1])
			return err_set(e, &err_usage, "option '-%c' wants a value", f.opt->letter);
		return set_value(f, *++*argv, e);
	}
	return true;
}

bool opt_parse(const struct opt *table, void *settings, char **argv, char **operands, struct err *e)
{
	size_t n = 0;
	bool ended = false;

	for (argv++; *argv; argv++) {
		const char *word = *argv;

		if (ended || word[0] != '-' || word[1] == '\0') {
			operands[n++] = *argv;
		} else if (word[1] != '-') {
			if (!take_short(table, settings, &argv, e))
				return false;
		} else if (word[2] == '\0') {
			ended = true;
		} else if (!take_long(table, settings, &argv, e)) {
			return false;
		}
	}
	operands[n] = NULL;
	return true;
}

bool opt_only_one_of(struct err *e, const char *name, bool set, ...)
{
	const char *first = NULL;
	bool ok = true;
	va_list args;

	va_start(args, set);
	while (name) {
		if (set && first && ok)
			ok = err_set(e, &err_usage, "options --%s and --%s exclude each other", first, name);
		if (set && !first)
			first = name;
		name = va_arg(args, const char *);
		if (name)
			set = va_arg(args, int);
	}
	va_end(args);
	return ok;
}

void opt_walk(const struct opt *table, void (*see)(const struct opt *, void *), void *context)
{
	for (const struct opt *o = table; o->kind != OPT_DONE; o++) {
		if (o->kind == OPT_TABLE)
			opt_walk(o->table, see, context);
		else
			see(o, context);
	}
}
