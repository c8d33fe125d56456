/* sql_split.c - statements that stand in one text; see sql_split.h */
#include "text/sql_split.h"

#include "text/sql_lex.h"

bool sql_split(struct str *text, unsigned flags, struct str *statement)
{
	struct sql_lex lex;
	struct sql_token t;
	bool any = false;

	sql_lex_init(&lex, *text, flags);
	while ((t = sql_lex_next(&lex)).kind != SQL_END) {
		if (t.kind != SQL_SIGN || t.raw.n == 0 || t.raw.p[0] != ';') {
			any = true;
			continue;
		}
		if (any) {
			*statement = str_trim(str_first(*text, t.start));
			*text = str_from(*text, t.end);
			return true;
		}
		*text = str_from(*text, t.end);
		sql_lex_init(&lex, *text, flags);
	}
	*statement = str_trim(*text);
	*text = str_from(*text, text->n);
	return any;
}
