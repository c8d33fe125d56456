/*
 * charset_tables.h - what the servers' character sets map to: the data behind charset.c.
 *
 * Taken from the answers of MariaDB 10.11 and MySQL 9.7 to SELECT CONVERT(CONVERT(byte USING cs) USING
 * utf8mb4), which agree; 0 is what they cannot convert, or only to U+FFFD. Callers: charset.c only.
 */
#ifndef TEXT_CHARSET_TABLES_H
#define TEXT_CHARSET_TABLES_H

#include <stdint.h>

/* Bytes 80 to ff; below that they are ASCII. */
extern const uint16_t charset_latin1[128], charset_latin2[128], charset_latin5[128], charset_latin7[128];
extern const uint16_t charset_greek[128], charset_hebrew[128], charset_cp1250[128], charset_cp1251[128];
extern const uint16_t charset_cp1256[128], charset_cp1257[128], charset_cp850[128], charset_cp852[128];
extern const uint16_t charset_cp866[128], charset_koi8r[128], charset_koi8u[128], charset_macce[128];
extern const uint16_t charset_macroman[128], charset_dec8[128], charset_hp8[128], charset_armscii8[128];
extern const uint16_t charset_geostd8[128], charset_tis620[128], charset_keybcs2[128];

/* Bytes 0 to 7f; there are no others. */
extern const uint16_t charset_swe7[128];

/* Where the C library's table of a set of several bytes differs from the servers': the codes from first to
 * last map to unicode and what follows it, or to nothing where unicode is 0. The list ends with first 0. */
struct charset_fix {
	uint32_t first, last;
	uint16_t unicode;
};

/* Codes that share their character with another one, which the servers make of it on the way back; the same with CONVERT.
 * Ends with last 0. */
struct charset_range {
	uint32_t first, last;
};

extern const struct charset_range charset_armscii8_lossy[], charset_cp932_lossy[], charset_eucjpms_lossy[];
extern const struct charset_range charset_sjis_lossy[], charset_ujis_lossy[];

extern const struct charset_fix charset_big5_fixes[], charset_eucjpms_fixes[], charset_gb18030_fixes[];
extern const struct charset_fix charset_gbk_fixes[], charset_sjis_fixes[], charset_ujis_fixes[];

#endif
