/*
 * scan.h - the inner loop of text/json_*, text/utf8 and text/sql_quote: how far a text goes on without
 * anything that needs a look.
 *
 * 16 bytes at a time in the compiler's own vectors, so it is the same code on every machine. Callers: this
 * room, dm-load.
 */
#ifndef TEXT_SCAN_H
#define TEXT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SCAN_STEP 16

typedef signed char scan_bytes __attribute__((vector_size(SCAN_STEP)));
typedef signed char scan_half __attribute__((vector_size(SCAN_STEP / 2)));
typedef uint64_t scan_halves __attribute__((vector_size(SCAN_STEP)));

static inline scan_bytes scan_load(const char *p)
{
	scan_bytes v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline scan_bytes scan_all(char c)
{
	return (scan_bytes){ 0 } + (signed char)c;
}

/* Bytes below 20 (and from 80 on: they are negative), quotes and backslashes. */
static inline scan_bytes scan_json(scan_bytes v)
{
	return (v < scan_all(0x20)) | (v == scan_all('"')) | (v == scan_all('\\'));
}

/* The same for half a step. */
static inline scan_half scan_half_load(const char *p)
{
	scan_half v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline scan_half scan_half_json(scan_half v)
{
	const scan_half zero = { 0 };

	return (v < zero + 0x20) | (v == zero + '"') | (v == zero + '\\');
}

static inline bool scan_json_char(char c)
{
	return (signed char)c < 0x20 || c == '"' || c == '\\';
}

/* The number of the first byte of eight, as they stand in memory, that is not 0. One is. */
static inline unsigned scan_first_of_8(uint64_t hit)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (unsigned)__builtin_ctzll(hit) / 8;
#else
	return (unsigned)__builtin_clzll(hit) / 8;
#endif
}

/* The number of the first byte that is hit (0xff), or SCAN_STEP. */
static inline unsigned scan_first(scan_bytes hit)
{
	scan_halves h = (scan_halves)hit;

	if (h[0])
		return scan_first_of_8(h[0]);
	return h[1] ? 8 + scan_first_of_8(h[1]) : SCAN_STEP;
}

static inline unsigned scan_half_first(scan_half hit)
{
	uint64_t h = (uint64_t)hit;

	return h ? scan_first_of_8(h) : SCAN_STEP / 2;
}

/* The first byte of [p, end) that a JSON string cannot hold as it is, or that is not ASCII; else end. */
static inline const char *scan_plain(const char *p, const char *end)
{
	while (end - p >= SCAN_STEP) {
		unsigned at = scan_first(scan_json(scan_load(p)));

		p += at;
		if (at < SCAN_STEP)
			return p;
	}
	while (p < end && !scan_json_char(*p))
		p++;
	return p;
}

/* The first byte of [p, end) that is not ASCII; else end. */
static inline const char *scan_ascii(const char *p, const char *end)
{
	while (end - p >= SCAN_STEP) {
		unsigned at = scan_first(scan_load(p) < scan_all(0));

		p += at;
		if (at < SCAN_STEP)
			return p;
	}
	while (p < end && (signed char)*p >= 0)
		p++;
	return p;
}

/* Is all of it ASCII? */
static inline bool scan_is_ascii(const char *p, size_t n)
{
	scan_bytes all = { 0 };
	signed char any = 0;

	for (; n >= SCAN_STEP; p += SCAN_STEP, n -= SCAN_STEP)
		all |= scan_load(p);
	for (size_t i = 0; i < SCAN_STEP; i++)
		any |= all[i];
	for (size_t i = 0; i < n; i++)
		any |= (signed char)p[i];
	return any >= 0;
}

#endif
