/*
 * ddl_key.c - keys and constraints: their parts and options.
 */
#include "schema/ddl_words.h"

static void add_part(struct words *w, struct ddl_key *key, const struct key_part *part)
{
	if (key->n_parts == key->room) {
		struct key_part *bigger = arena_array(w->a, key->room = key->room ? key->room * 2 : 4, sizeof(*bigger));

		if (key->n_parts)
			memcpy(bigger, key->parts, key->n_parts * sizeof(*bigger));
		key->parts = bigger;
	}
	key->parts[key->n_parts++] = *part;
}

/* (a, b(10) DESC, (expression)) */
bool want_key_parts(struct words *w, struct ddl_key *key)
{
	if (!want_sign(w, '('))
		return false;
	do {
		struct key_part part = { STR_LIT(""), 0 };
		struct str digits = STR_NONE;
		uint64_t prefix = 0;

		if (at_sign(w, '(')) {
			if (!want_balanced(w, NULL))
				return false;
		} else if (!want_name(w, &part.column) || (at_sign(w, '(') && !want_balanced(w, &digits))) {
			return false;
		}
		if (digits.p && (!str_to_u64(str_trim(digits), &prefix) || prefix > UINT32_MAX))
			return not_understood(w);
		part.prefix = (unsigned)prefix;
		if (!take_words(w, "ASC"))
			take_words(w, "DESC");
		/* A period of time is no column: such a key identifies nothing. */
		if (take_words(w, "WITHOUT OVERLAPS"))
			part.column = STR_LIT("");
		add_part(w, key, &part);
	} while (take_sign(w, ','));
	return want_sign(w, ')');
}

bool want_key_options(struct words *w)
{
	static const char *const plain[] = {
		"VISIBLE", "INVISIBLE", "NOT IGNORED", "IGNORED", "CLUSTERED", "NONCLUSTERED", "GLOBAL", "LOCAL",
		"NOT ENFORCED", "ENFORCED", NULL,
	};
	static const char *const with_value[] = {
		"USING", "TYPE", "KEY_BLOCK_SIZE", "WITH PARSER", "COMMENT", "ENGINE_ATTRIBUTE",
		"SECONDARY_ENGINE_ATTRIBUTE", "CLUSTERING", NULL,
	};

	for (;;) {
		struct words before = *w;

		if (take_one_of(w, plain))
			continue;
		if (take_one_of(w, with_value)) {
			if (!want_option_value(w, NULL))
				return false;
			continue;
		}
		/* An option of a storage engine: NAME = value. ALGORITHM and LOCK belong to the statement. */
		if (!at_name(w) || at_word(w, "ALGORITHM") || at_word(w, "LOCK"))
			return true;
		take_any(w);
		if (!take_sign(w, '=')) {
			*w = before;
			return true;
		}
		if (!want_value(w, NULL))
			return false;
	}
}

/* [IF NOT EXISTS] [name] [USING x] (parts) options */
static bool want_key(struct words *w, enum ddl_key_kind kind, struct str symbol, size_t start)
{
	struct ddl_change *change = add_change(w, OP_ADD_KEY, start);
	struct ddl_key *key = arena_array(w->a, 1, sizeof(*key));

	change->key = key;
	change->if_exists = take_if_not_exists(w);
	key->kind = kind;
	key->symbol = symbol;
	if (at_name(w) && !at_word(w, "USING") && !at_word(w, "TYPE") && !want_name(w, &key->name))
		return false;
	if ((take_words(w, "USING") || take_words(w, "TYPE")) && !want_value(w, NULL))
		return false;
	if (!want_key_parts(w, key))
		return false;
	if (kind == KEY_FOREIGN)
		return want_words(w, "REFERENCES") && take_references(w) && want_key_options(w);
	return want_key_options(w);
}

static bool want_check(struct words *w, size_t start)
{
	add_change(w, OP_NOTHING, start);
	if (!want_balanced(w, NULL))
		return false;
	if (!take_words(w, "NOT ENFORCED"))
		take_words(w, "ENFORCED");
	return true;
}

static const struct key_words {
	const char *words;
	enum ddl_key_kind kind;
} key_words[] = {
	{ "PRIMARY KEY", KEY_PRIMARY }, { "UNIQUE KEY", KEY_UNIQUE }, { "UNIQUE INDEX", KEY_UNIQUE },
	{ "UNIQUE", KEY_UNIQUE }, { "KEY", KEY_PLAIN }, { "INDEX", KEY_PLAIN },
	{ "FULLTEXT KEY", KEY_FULLTEXT }, { "FULLTEXT INDEX", KEY_FULLTEXT }, { "FULLTEXT", KEY_FULLTEXT },
	{ "SPATIAL KEY", KEY_PLAIN }, { "SPATIAL INDEX", KEY_PLAIN }, { "SPATIAL", KEY_PLAIN },
	{ "VECTOR KEY", KEY_PLAIN }, { "VECTOR INDEX", KEY_PLAIN }, { "FOREIGN KEY", KEY_FOREIGN },
};

static bool at_constraint_word(const struct words *w)
{
	return at_word(w, "PRIMARY") || at_word(w, "UNIQUE") || at_word(w, "FOREIGN") || at_word(w, "CHECK");
}

bool take_constraint_or_key(struct words *w, bool *taken)
{
	size_t start = w->now.start;
	struct str symbol = STR_NONE;

	*taken = true;
	if (take_words(w, "CONSTRAINT")) {
		take_if_not_exists(w);
		if (!at_constraint_word(w) && !want_name(w, &symbol))
			return false;
		if (!at_constraint_word(w))
			return not_understood(w);
	}
	for (size_t i = 0; i < sizeof(key_words) / sizeof(*key_words); i++)
		if (take_words(w, key_words[i].words))
			return want_key(w, key_words[i].kind, symbol, start);
	if (take_words(w, "CHECK"))
		return want_check(w, start);
	*taken = false;
	return true;
}
