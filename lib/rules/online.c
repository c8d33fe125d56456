#include "rules/online.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/online.h"

static const struct str default_shadow = { "^_(.+)_(?:new|gho)$", 19 };
static const struct str default_trash = { "^_(.+)_(?:ghc|del|old)$", 23 };

static bool make(struct glob ***globs, size_t *n, const struct str *rules, size_t n_rules, struct err *e)
{
	*globs = mem_array(n_rules, sizeof(**globs));
	for (size_t i = 0; i < n_rules; i++) {
		struct glob *g = online_rule_new(rules[i], e);

		if (!g)
			return false;
		(*globs)[(*n)++] = g;
	}
	return true;
}

bool online_names_init(struct online_names *names, const struct str *shadow, size_t n_shadow, const struct str *trash,
		       size_t n_trash, struct err *e)
{
	*names = (struct online_names){ 0 };
	return make(&names->shadow, &names->n_shadow, n_shadow ? shadow : &default_shadow, n_shadow ? n_shadow : 1, e) &&
	       make(&names->trash, &names->n_trash, n_trash ? trash : &default_trash, n_trash ? n_trash : 1, e);
}

void online_names_release(struct online_names *names)
{
	for (size_t i = 0; i < names->n_shadow; i++)
		glob_free(names->shadow[i]);
	for (size_t i = 0; i < names->n_trash; i++)
		glob_free(names->trash[i]);
	free(names->shadow);
	free(names->trash);
	*names = (struct online_names){ 0 };
}

enum online_class online_class_of(const struct online_names *names, struct str table, struct str *real)
{
	for (size_t i = 0; i < names->n_shadow; i++)
		if (glob_match_group(names->shadow[i], table, real))
			return ONLINE_SHADOW;
	for (size_t i = 0; i < names->n_trash; i++)
		if (glob_match_group(names->trash[i], table, real))
			return ONLINE_TRASH;
	*real = table;
	return ONLINE_REAL;
}
