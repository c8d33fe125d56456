/* json_binary.c - MySQL's binary JSON: what comes out is one JSON document, or an error. */
#include "fuzz.h"

#include "binlog/json.h"
#include "text/json_read.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = BUF_INIT(16 << 20);
	const char *why = put_json((struct str){ (const char *)data, size }, &out);
	struct json j;

	MUST(!why || why[0]);
	if (!why && !out.over) {
		MUST(utf8_valid(buf_str(&out)));
		json_init(&j, buf_str(&out));
		MUST(json_peek(&j) != JSON_BAD && json_skip(&j).n == out.n);
	}
	buf_release(&out);
	return 0;
}
