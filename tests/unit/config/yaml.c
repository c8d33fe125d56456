/* yaml.c - YAML as a tree that remembers its lines. */
#include "tests.h"

#include "base/buf.h"
#include "text/yaml.h"

static struct yaml_node *parse(struct arena *a, const char *text, struct err *e)
{
	struct yaml_node *root = NULL;

	*e = (struct err){ 0 };
	return yaml_parse(a, str_of(text), "f.yaml", &root, e) ? root : NULL;
}

static void a_tree_has_lines_and_kinds(void)
{
	struct arena a = ARENA_INIT;
	struct err e;
	struct yaml_node *root = parse(&a, "# a comment\na: 1\nb:\n- x\n- 'y'\n- [p, q]\nc: {d: \"\", e: }\n", &e), *b;

	CHECK(root && root->kind == YAML_MAP && root->n == 3);
	CHECK(root && root->pairs[0].line == 2 && str_is(yaml_get(root, "a")->text, "1"));
	b = yaml_get(root, "b");
	CHECK(b && b->kind == YAML_LIST && b->n == 3 && b->items[1]->line == 5 && b->items[1]->quoted &&
	      !b->items[0]->quoted);
	CHECK(b && b->items[2]->kind == YAML_LIST && b->items[2]->n == 2 && str_is(b->items[2]->items[1]->text, "q"));
	CHECK(yaml_get(yaml_get(root, "c"), "d")->kind == YAML_SCALAR);
	CHECK(yaml_get(yaml_get(root, "c"), "e")->kind == YAML_NULL);
	CHECK(yaml_get(root, "nothing") == NULL);
	CHECK(yaml_get(b, "a") == NULL);
	arena_release(&a);
}

static void nothing_is_null(void)
{
	struct arena a = ARENA_INIT;
	struct err e;

	CHECK(parse(&a, "", &e)->kind == YAML_NULL);
	CHECK(parse(&a, "# only a comment\n", &e)->kind == YAML_NULL);
	CHECK(parse(&a, "~\n", &e)->kind == YAML_NULL);
	CHECK(parse(&a, "NULL", &e)->kind == YAML_NULL);
	CHECK(parse(&a, "'~'", &e)->kind == YAML_SCALAR);
	CHECK(parse(&a, "!!str null", &e)->kind == YAML_SCALAR);
	arena_release(&a);
}

static void aliases_and_merges_are_resolved(void)
{
	struct arena a = ARENA_INIT;
	struct err e;
	struct yaml_node *root =
		parse(&a, "x: &x {a: 1, b: 2}\ny: *x\nz:\n  <<: *x\n  b: 3\nw:\n  <<: [{c: 4}, *x]\n", &e);

	CHECK(root && str_is(yaml_get(yaml_get(root, "y"), "b")->text, "2"));
	CHECK(root && yaml_get(root, "y")->line == 2);
	CHECK(root && yaml_get(root, "z")->n == 2 && str_is(yaml_get(yaml_get(root, "z"), "b")->text, "3"));
	CHECK(root && str_is(yaml_get(yaml_get(root, "z"), "a")->text, "1"));
	CHECK(root && yaml_get(root, "w")->n == 3 && str_is(yaml_get(yaml_get(root, "w"), "c")->text, "4"));
	arena_release(&a);
}

static void faults_name_their_line(void)
{
	static const struct {
		const char *text, *where, *what;
	} cases[] = {
		{ "a: 1\na: 2\n", "f.yaml:2:", "'a' is given twice" },
		{ "a:\n  b: 1\n  c: 2\n  b: 3\n", "f.yaml:4:", "'b' is given twice" },
		{ "a: *nobody\n", "f.yaml:1:", "'*nobody'" },
		{ "a: &a [*a]\n", "f.yaml:1:", "'*a'" },
		{ "a: 1\n---\nb: 2\n", "f.yaml:2:", "one document" },
		{ "a: 1\n? [x]\n: 2\n", "f.yaml:2:", "a key must be text" },
		{ "a: !!binary aGk=\n", "f.yaml:1:", "tags" },
		{ "a: [1, 2\n", "f.yaml:2:", "" },
		{ "a: 1\n\tb: 2\n", "f.yaml:2:", "" },
		{ "a: 'x\n", "f.yaml:", "" },
		{ "a: {<<: 1}\n", "f.yaml:1:", "wants a map" },
		{ "a: {b: 1}: 2\n", "f.yaml:1:", "" },
		{ "a: 1\nb: 2\nc: \xff\xfe\n", "f.yaml:3:", "UTF-8" },
		{ "a: 1\nb: {c: *}\n", "f.yaml:2:", "a pattern that starts with '*' wants quotes" },
		{ "a: 1\nb: x\x01y\n", "f.yaml:2:", "control characters" },
		{ "~: 1\n", "f.yaml:1:", "a key must be text" },
	};
	struct arena a = ARENA_INIT;
	struct err e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(!parse(&a, cases[i].text, &e));
		CHECK(error_is(&e, 20003, cases[i].where, cases[i].what, NULL));
	}
	arena_release(&a);
}

static void depth_has_an_end(void)
{
	struct arena a = ARENA_INIT;
	char text[4001];
	struct err e;

	memset(text, '[', 4000);
	text[4000] = '\0';
	CHECK(!parse(&a, text, &e) && e.kind == &err_yaml);
	for (size_t i = 0; i < 60; i++)
		text[60 + i] = ']';
	text[120] = '\0';
	CHECK(parse(&a, text, &e) != NULL);
	arena_release(&a);
}

static void big_maps_are_read(void)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT(10 << 20);
	struct yaml_node *root;
	struct err e;

	for (int i = 0; i < 20000; i++)
		buf_putf(&b, "key%d: %d\n", i, i);
	root = parse(&a, buf_text(&b), &e);
	CHECK(root && root->n == 20000 && root->pairs[19999].line == 20000);
	buf_putf(&b, "key77: 1\n");
	CHECK(!parse(&a, buf_text(&b), &e) && error_is(&e, 20003, "f.yaml:20001:", "'key77'", NULL));
	buf_release(&b);
	arena_release(&a);
}

void test_yaml(void)
{
	RUN(a_tree_has_lines_and_kinds);
	RUN(nothing_is_null);
	RUN(aliases_and_merges_are_resolved);
	RUN(faults_name_their_line);
	RUN(depth_has_an_end);
	RUN(big_maps_are_read);
}
