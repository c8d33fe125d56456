/* yaml-json.c - YAML as our own reader sees it, as JSON, a document a line: so that tests can ask jq about the examples. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "text/json_write.h"
#include "text/yaml.h"

static bool is_plain(const struct yaml_node *node)
{
	struct str t = node->text;

	if (node->quoted)
		return false;
	if (str_is(t, "true") || str_is(t, "false"))
		return true;
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] < '0' || t.p[i] > '9' || (i == 0 && t.p[i] == '0' && t.n > 1))
			return false;
	return t.n > 0;
}

static void put(struct buf *b, const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_NULL:
		buf_put_text(b, "null");
		break;
	case YAML_SCALAR:
		if (is_plain(node))
			buf_put_str(b, node->text);
		else
			json_put_text(b, node->text);
		break;
	case YAML_LIST:
		buf_put_char(b, '[');
		for (size_t i = 0; i < node->n; i++) {
			if (i)
				buf_put_char(b, ',');
			put(b, node->items[i]);
		}
		buf_put_char(b, ']');
		break;
	case YAML_MAP:
		buf_put_char(b, '{');
		for (size_t i = 0; i < node->n; i++) {
			if (i)
				buf_put_char(b, ',');
			json_put_text(b, node->pairs[i].key);
			buf_put_char(b, ':');
			put(b, node->pairs[i].value);
		}
		buf_put_char(b, '}');
		break;
	}
}

/* usage: yaml-json FILE: documents are parted by lines of "---" */
int main(int argc, char **argv)
{
	struct buf text = BUF_INIT((size_t)1 << 20), out = BUF_INIT((size_t)1 << 20);
	struct arena a = ARENA_INIT;
	struct yaml_node *root;
	struct err e;
	char *from, *to;

	if (argc != 2 || !file_read(argv[1], &text, &e)) {
		fprintf(stderr, "yaml-json: %s\n", argc == 2 ? e.text : "usage: yaml-json FILE");
		return 1;
	}
	for (from = buf_text(&text); from; from = to ? to + 5 : NULL) {
		to = strstr(from, "\n---\n");
		if (!yaml_parse(&a, (struct str){ from, to ? (size_t)(to + 1 - from) : strlen(from) }, argv[1], &root, &e)) {
			fprintf(stderr, "yaml-json: %s\n", e.text);
			return 1;
		}
		put(&out, root);
		buf_put_char(&out, '\n');
	}
	fwrite(out.p, 1, out.n, stdout);
	buf_release(&text);
	buf_release(&out);
	arena_release(&a);
	return 0;
}
