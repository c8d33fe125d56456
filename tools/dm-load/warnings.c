/* warnings.c - a session without strictness changes values and only warns: here that is an error; see load.h */
#include "load.h"

#define ER_DUP_ENTRY 1062
#define ER_TRUNCATED 1265

/* Those that tell of no value that was changed. */
static bool is_harmless(unsigned code, enum on_duplicate on_duplicate)
{
	switch (code) {
	case 1364:	/* a column of the downstream's own got its type's default */
	case 1287: case 1681: case 3719: case 3778:	/* deprecated syntax, character sets, collations */
	case 1592:	/* unsafe for statement format */
		return true;
	case ER_DUP_ENTRY:
		return on_duplicate == DUPLICATE_IGNORE;
	default:
		return false;
	}
}

bool warnings_check(struct conn *c, const struct target *t, enum on_duplicate on_duplicate, size_t zeroes,
		    struct err *e)
{
	struct result r;
	bool more = false, ok;

	ok = conn_query(c, &r, STR_LIT("SHOW WARNINGS"), false, e);
	while (ok && (ok = result_next(&r, &more, e)) && more) {
		uint64_t code = 0;

		str_to_u64(r.row[1], &code);
		if (code == ER_TRUNCATED && zeroes > 0)
			zeroes--;
		else if (code == ER_DUP_ENTRY && on_duplicate == DUPLICATE_ERROR)
			/* LOAD DATA LOCAL only warns of what stops an INSERT. */
			ok = err_set(e, &err_query, "table `%.*s`.`%.*s`: %s: error 1062 (23000): %.*s",
				     STR(t->downstream.schema), STR(t->downstream.name), c->name, STR(r.row[2]));
		else if (!is_harmless((unsigned)code, on_duplicate))
			ok = err_set(e, &err_load_value, "table `%.*s`.`%.*s` would not hold what was read: %s: warning "
				     "%llu: %.*s", STR(t->downstream.schema), STR(t->downstream.name), c->name,
				     (unsigned long long)code, STR(r.row[2]));
	}
	result_release(&r);
	return ok;
}
