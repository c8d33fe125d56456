/*
 * keys.h - a map of a YAML file, read into a struct by a table of its keys.
 *
 * The table is all there is to know about a key: name, type, default, where the value goes, which values are allowed,
 * which are DM's but not supported yet, and which keys DM itself no longer heeds. An unknown key, a wrong type and a
 * value that is not allowed are errors that name file, line, key and what is allowed. Values of secret keys are never
 * in a message. Internal to the room.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "text/yaml.h"

enum key_kind {
	KEY_END,
	KEY_TEXT,	/* struct str */
	KEY_SECRET,	/* struct secret; what was read is overwritten */
	KEY_BOOL,	/* bool */
	KEY_NUMBER,	/* uint64_t, from min to max (0: no ceiling); below_zero: any negative one is 0 */
	KEY_SIZE,	/* uint64_t, bytes: "64m", "1GB"; a plain number is MiB */
	KEY_SECONDS,	/* uint64_t: "1m30s", rounded up */
	KEY_TEXTS,	/* struct str *, and its count */
	KEY_MAP,	/* keys, into the struct at `at` (0: this one) */
	KEY_LIST,	/* of maps: an array of structs of `size`, and its count */
	KEY_NAMED,	/* a map from names to maps: the same, each struct begins with struct named */
	KEY_PAIRS,	/* a map from text to text: struct config_pair *, and its count */
	KEY_ANY,	/* whatever stands there; only together with gone, later or check */
};

/* What each struct of a KEY_NAMED begins with; those of a KEY_LIST too (name stays empty). */
struct named {
	struct str name;
	unsigned line;
};

struct key_reader {
	const char *file;
	struct arena *a;
	size_t n_warnings;
	struct str *warnings;
};

/* Offset of a member, plus one: 0 is nowhere, and the value is only checked. */
#define AT(type, member) (offsetof(type, member) + 1)

struct key {
	enum key_kind kind;
	const char *name;
	size_t at, count_at;
	size_t line_at;		/* unsigned: the line of the value; 0 stays where the file does not have the key */
	size_t node_at;		/* const struct yaml_node *, for checks that know the whole file */
	const char *def;	/* default, spelled as in a file; NULL: "", 0, false */
	const char *allowed;	/* "loose|strict"; NULL: any */
	const char *later;	/* values, as allowed, that DM knows and we do not yet; "*": all but the empty one */
	const char *gone;	/* DM has no use for the key: why. A warning where the value is not the default */
	const struct err_kind *bad;	/* of a value that is not allowed; NULL: err_yaml */
	bool nocase, secret, below_zero;
	bool narrow;		/* KEY_NUMBER: an unsigned, not a uint64_t */
	bool zero_is_default;
	uint64_t min, max;
	/* Looks closer at a text (or each of a list). False, e filled without a place, when it will not do. */
	bool (*check)(struct str text, struct err *e);
	const struct key *keys;
	size_t size, body_at;	/* KEY_LIST, KEY_NAMED: of a struct, and where in it the keys' struct stands (AT) */
	/* Looks at each struct when its map was read. False, e filled, place included, when it will not do. */
	bool (*whole)(struct key_reader *r, void *element, const struct yaml_node *node, const char *path,
		      struct err *e);
};

/* Fills into by map, which may be a YAML_NULL; defaults first. path "" is the file itself. */
bool keys_read(struct key_reader *r, const struct key *keys, const struct yaml_node *map, const char *path, void *into,
	       struct err *e);

/* Only the defaults. */
void keys_defaults(const struct key *keys, void *into);

/* "file:line: ...". Always false. */
bool keys_fail(const struct key_reader *r, unsigned line, const struct err_kind *kind, struct err *e, const char *fmt,
	       ...) __attribute__((format(printf, 5, 6)));

void keys_warn(struct key_reader *r, unsigned line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Reads a file whole and parses it. */
bool keys_open(struct key_reader *r, const char *path, struct arena *a, struct yaml_node **root, struct err *e);

#endif
