/*
 * files.h - the files of a source, as values: small texts, status files, whether a process is there.
 */
#ifndef DM_TOP_FILES_H
#define DM_TOP_FILES_H

#include "base/arena.h"
#include "base/err.h"
#include "text/json_read.h"

/* The whole of dir/name; "" where it is not there. False: it is there and cannot be read. at_ns (may be NULL): when it was written. */
bool files_text(const char *dir, const char *name, struct arena *a, struct str *text, int64_t *at_ns, struct err *e);

/* The first line of it, without its end. "" also where it cannot be read. */
struct str files_line(const char *dir, const char *name, struct arena *a);

/* A member of "fields" of a status file, and where it goes. Numbers stand as text or as digits. */
enum field_kind { FIELD_NUMBER, FIELD_TEXT, FIELD_BOOL, FIELD_RAW };
struct field {
	const char *name;	/* NULL ends a table */
	enum field_kind kind;
	void *to;		/* uint64_t, struct str, bool, struct str; as it was where there is no such member, or it is something else */
};

/* Sets pid and what the table names. True, at_ns 0: no such file. Of a file that is damaged, what stands before that may be set. */
bool files_status(const char *dir, const char *name, const struct field *fields, struct arena *a, uint64_t *pid, int64_t *at_ns,
		  struct err *e);

/* Does the process live that "PID START BOOT" in dir/pid is about? See record in the driver. */
bool files_alive(const char *dir, struct arena *a);

#endif
