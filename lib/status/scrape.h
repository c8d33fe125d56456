/*
 * scrape.h - answers GET /metrics over HTTP/1.0 with a text that was given before.
 *
 * One thread, one request at a time, which has 4 KiB and 2 seconds to come, and 2 to be answered: whoever asks, the work
 * does not wait. There is no authentication, so the address is a loopback one unless another is named. Callers: metrics.
 */
#ifndef STATUS_SCRAPE_H
#define STATUS_SCRAPE_H

#include "base/err.h"
#include "base/str.h"

struct scrape;

/* where: [ADDR:]PORT; ADDR in digits, of IPv6 in brackets; 127.0.0.1 without. NULL, with e filled: see metrics_start. */
struct scrape *scrape_open(const char *where, struct err *e);

/* What is answered from now on; copied. */
void scrape_set(struct scrape *s, struct str text);

/* NULL is fine. */
void scrape_close(struct scrape *s);

#endif
