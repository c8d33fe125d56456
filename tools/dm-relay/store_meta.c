/* store_meta.c - relay.meta, three keys of TOML; see store.h */
#include "store.h"

#include "base/file.h"

enum { META_MAX = 64 << 20 };

/* A basic string of TOML. Names of logs and GTID sets need no more than this. */
static void put_string(struct buf *b, const char *key, struct str value)
{
	buf_putf(b, "%s = \"", key);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			buf_put_char(b, '\\');
		buf_put_char(b, value.p[i]);
	}
	buf_put_text(b, "\"\n");
}

bool store_meta_write(const struct store *s, struct str sub, const struct store_meta *meta, struct err *e)
{
	struct buf path = BUF_INIT(8192), text = BUF_INIT(META_MAX);
	bool ok;

	put_string(&text, "binlog-name", str_of(meta->place.file));
	buf_putf(&text, "binlog-pos = %llu\n", (unsigned long long)meta->place.pos);
	put_string(&text, "binlog-gtid", meta->gtid);
	ok = buf_ok(&text, "relay.meta", e) &&
	     file_replace(store_path(s, sub, STR_LIT("relay.meta"), &path), buf_str(&text), e);
	buf_release(&path);
	buf_release(&text);
	return ok;
}
