/*
 * sql_lex.h - the words of a statement, with the place where each stands.
 *
 * Knows every quoting of MySQL, MariaDB and TiDB, the comments (also the version comments, whose content is
 * part of the statement), and the sql_mode bits that change quoting. Never fails: what is not closed ends
 * with the text, kind SQL_BAD. Text is UTF-8 or ASCII-compatible. Pure. Callers: schema, rules.
 */
#ifndef TEXT_SQL_LEX_H
#define TEXT_SQL_LEX_H

#include "base/arena.h"
#include "base/str.h"

enum sql_kind {
	SQL_END,
	SQL_WORD,	/* a bare word: keyword or identifier */
	SQL_NAME,	/* `quoted`, or "quoted" under ANSI_QUOTES */
	SQL_TEXT,	/* 'text', "text"; an introducer (_utf8mb4, N, x, b) is part of the token */
	SQL_NUMBER,	/* 12, 1.5e3, 0x1f, 0b01 */
	SQL_VARIABLE,	/* @a, @@global.b */
	SQL_SIGN,	/* one or more characters of punctuation that belong together: ( ) , . ; := <= || */
	SQL_BAD,	/* a quote or comment that is not closed */
};

enum {
	SQL_ANSI_QUOTES = 1,
	SQL_NO_BACKSLASH_ESCAPES = 2,
	SQL_MARIADB = 4,	/* take the content of M! comments as part of the statement, not that of T! */
	SQL_TIDB = 8,		/* the other way round */
};

struct sql_token {
	enum sql_kind kind;
	size_t start, end;	/* bytes [start, end) of the statement, quotes included */
	struct str raw;		/* those bytes */
};

struct sql_lex {
	struct str text;
	size_t at;
	unsigned flags;
	bool in_version_comment;
};

void sql_lex_init(struct sql_lex *lex, struct str text, unsigned flags);
struct sql_token sql_lex_next(struct sql_lex *lex);

/* The identifier or string that a SQL_WORD, SQL_NAME or SQL_TEXT stands for, unquoted; borrowed where nothing
 * is escaped. */
struct str sql_token_value(const struct sql_lex *lex, const struct sql_token *t, struct arena *a);

/* What c stands for behind a backslash, by the servers' table: 'n' a newline, 'Z' Ctrl-Z; itself where it is not in there. */
char sql_unescape(char c);

#endif
