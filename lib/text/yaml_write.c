/* yaml_write.c - a tree as YAML; see yaml_write.h */
#include "text/yaml_write.h"

#include "text/json_write.h"

struct writer {
	struct buf *b;
	bool (*hide)(struct str key);
};

static bool is_word(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
			return false;
	}
	return text.n > 0 && text.p[0] != '-';
}

static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ')
			return true;
	return false;
}

/* What was not in quotes needs none, in a line of its own. */
static void put_scalar(struct buf *b, const struct yaml_node *node)
{
	if (node->quoted || has_control(node->text))
		json_put_text(b, node->text);
	else
		buf_put_str(b, node->text);
}

static void put_indent(struct buf *b, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_put_text(b, "  ");
}

static void put_node(const struct writer *w, const struct yaml_node *node, unsigned depth, bool in_line);

static void put_map(const struct writer *w, const struct yaml_node *node, unsigned depth, bool in_line)
{
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_pair *pair = &node->pairs[i];

		if (i > 0 || !in_line)
			put_indent(w->b, depth);
		if (is_word(pair->key))
			buf_put_str(w->b, pair->key);
		else
			json_put_text(w->b, pair->key);
		buf_put_char(w->b, ':');
		if (pair->value->kind != YAML_NULL && w->hide(pair->key))
			buf_put_text(w->b, " '******'\n");
		else
			put_node(w, pair->value, depth + 1, false);
	}
}

static void put_list(const struct writer *w, const struct yaml_node *node, unsigned depth)
{
	for (size_t i = 0; i < node->n; i++) {
		put_indent(w->b, depth);
		buf_put_char(w->b, '-');
		put_node(w, node->items[i], depth + 1, true);
	}
}

/* Behind "key:" or "-"; ends the line. in_line: the first key of a map goes behind the dash. */
static void put_node(const struct writer *w, const struct yaml_node *node, unsigned depth, bool in_line)
{
	bool empty = node->n == 0;

	switch (node->kind) {
	case YAML_NULL:
		buf_put_char(w->b, '\n');
		break;
	case YAML_SCALAR:
		buf_put_char(w->b, ' ');
		put_scalar(w->b, node);
		buf_put_char(w->b, '\n');
		break;
	case YAML_LIST:
		buf_put_text(w->b, empty ? " []\n" : "\n");
		put_list(w, node, depth);
		break;
	case YAML_MAP:
		buf_put_text(w->b, empty ? " {}\n" : in_line ? " " : "\n");
		put_map(w, node, depth, in_line);
		break;
	}
}

void yaml_put(struct buf *b, const struct yaml_node *root, bool (*hide)(struct str key))
{
	const struct writer w = { b, hide };

	if (root->kind == YAML_MAP)
		put_map(&w, root, 0, false);
	else if (root->kind == YAML_LIST)
		put_list(&w, root, 0);
}
