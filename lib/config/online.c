#include "config/online.h"

#include "base/buf.h"
#include "config/kinds.h"

/* What is missing of ^ and $ is added, as DM does. */
static void put_anchored(struct buf *b, struct str text)
{
	buf_put_char(b, '~');
	if (!str_starts(text, STR_LIT("^")))
		buf_put_char(b, '^');
	buf_put_str(b, text);
	if (!str_ends(text, STR_LIT("$")))
		buf_put_char(b, '$');
}

static bool has_one_group(const struct glob *g, struct str text, struct err *e)
{
	return glob_groups(g) == 1 ||
	       err_set(e, &config_kinds[BAD_ONLINE_RULE],
		       "the regular expression '%.*s' has %u groups; it needs one, which takes the real table's name",
		       STR(str_first(text, 200)), glob_groups(g));
}

struct glob *online_rule_new(struct str text, struct err *e)
{
	struct buf pattern = BUF_INIT(1 << 20);
	struct err why = { 0 };
	struct glob *g;

	put_anchored(&pattern, text);
	g = glob_new(buf_str(&pattern), true, &why);
	buf_release(&pattern);
	if (!g)
		err_set(e, &config_kinds[BAD_ONLINE_RULE], "%s", why.text);
	else if (!has_one_group(g, text, e)) {
		glob_free(g);
		g = NULL;
	}
	return g;
}

bool online_rule_check(struct str text, struct err *e)
{
	struct glob *g = online_rule_new(text, e);

	glob_free(g);
	return g;
}
