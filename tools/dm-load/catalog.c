/* catalog.c - see catalog.h */
#include "catalog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "base/file.h"
#include "base/log.h"
#include "stream/dump_list.h"

#define SMALL_FILE (64u << 20)
#define LIST_LIMIT (1u << 30)

const struct err_kind err_dump_incomplete = {
	.code = 34552, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "copy the directory again, or dump again",
};
const struct err_kind err_dump_layout = {
	.code = 34554, .class = "load-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "name the files as Dumpling does, or say with --file-pattern what they are",
};

/* Files while they are sorted. */
struct found {
	struct load_file **files;
	size_t n, room;
	bool partial;		/* mydumper is not done */
	struct load_file *list, *metadata;
};

static struct str name_key(struct arena *a, struct str schema, struct str table)
{
	return arena_strf(a, "%.*s%c%.*s", STR(schema), 0, STR(table));
}

struct load_table *catalog_find(struct catalog *c, struct str schema, struct str table)
{
	struct arena a = ARENA_INIT;
	struct load_table *t = map_get(&c->by_name, name_key(&a, schema, table));

	arena_release(&a);
	return t;
}

static bool unescape(struct str *name, struct str file, struct arena *a, struct err *e)
{
	struct buf b = BUF_INIT(4096);
	bool ok = dump_name_take(&b, *name);

	if (ok)
		*name = arena_str(a, buf_str(&b));
	buf_release(&b);
	return ok || err_set(e, &err_dump_layout, "file '%.*s': a '%%' in its name is no escape", STR(file));
}

/* What a file is by its name. */
static bool classify(struct catalog *c, const struct dir_want *want, struct load_file *file, struct err *e)
{
	struct dump_name name;
	bool matched;

	if (!pattern_match(want, file, &matched, &c->arena, e))
		return false;
	file->kind = matched ? file->kind : DUMP_OTHER;
	if (matched || memchr(file->name.p, '/', file->name.n))	/* of folders only what a pattern wants */
		return true;
	dump_name_parse(&name, file->name);
	file->kind = name.kind;
	file->packing = name.packing;
	file->csv = name.csv;
	file->schema = name.schema;
	file->table = name.table.p ? name.table : STR_LIT("");
	if (name.kind == DUMP_OTHER || name.kind == DUMP_IS_LIST || name.kind == DUMP_IS_METADATA)
		return true;
	return unescape(&file->schema, file->name, &c->arena, e) && unescape(&file->table, file->name, &c->arena, e);
}

static bool scan(struct catalog *c, const struct dir_want *want, struct found *found, struct str folder, struct err *e);

static bool add_file(struct catalog *c, const struct dir_want *want, struct found *found, struct str name, struct err *e)
{
	struct load_file *file = arena_array(&c->arena, 1, sizeof(*file));
	struct stat st;

	file->name = arena_str(&c->arena, name);
	if (fstatat(c->dir, file->name.p, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, &err_file, "cannot look at '%s': %s", file->name.p, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		if (want->n_patterns > 0)
			return scan(c, want, found, file->name, e);
		log_notice("'%s' is a folder: it is looked into only with --file-pattern", file->name.p);
		return true;
	}
	file->size = (uint64_t)st.st_size;
	if (!classify(c, want, file, e))
		return false;
	if (file->kind != DUMP_OTHER && !S_ISREG(st.st_mode))
		return err_set(e, &err_dump_layout, "'%s' is no regular file: links are not followed", file->name.p);
	found->partial = found->partial || str_is(name, "metadata.partial");
	if (file->kind == DUMP_IS_LIST)
		found->list = file;
	else if (file->kind == DUMP_IS_METADATA)
		found->metadata = file;
	/* The digest tells them apart where no list does. */
	file->xxh64 = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	if (found->n == found->room) {
		found->room = 2 * found->room + 64;
		found->files = mem_rearray(found->files, found->room, sizeof(*found->files));
	}
	found->files[found->n++] = file;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return str_compare((*(struct load_file *const *)a)->name, (*(struct load_file *const *)b)->name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* folder "": the directory itself. Paths are limited by the system, and so is how deep this goes. */
static bool scan(struct catalog *c, const struct dir_want *want, struct found *found, struct str folder, struct err *e)
{
	struct dirent **entries = NULL;
	bool ok = true;
	int n;

	n = scandirat(c->dir, folder.n ? folder.p : ".", &entries, is_visible, NULL);
	if (n < 0)
		return err_set(e, &err_file, "cannot open directory '%s%s%s': %s", want->path, folder.n ? "/" : "", folder.p,
			       strerror(errno));
	for (int i = 0; i < n; i++) {
		ok = ok && add_file(c, want, found, arena_strf(&c->arena, "%.*s%s%s", STR(folder), folder.n ? "/" : "",
							       entries[i]->d_name), e);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool scan_all(struct catalog *c, const struct dir_want *want, struct found *found, struct err *e)
{
	bool ok;

	c->dir = open(want->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0)
		return err_set(e, &err_file, "cannot open directory '%s': %s", want->path, strerror(errno));
	ok = scan(c, want, found, STR_LIT(""), e);
	if (found->n > 0)
		qsort(found->files, found->n, sizeof(*found->files), by_name);
	return ok;
}

static bool read_content(const struct catalog *c, const struct load_file *file, struct buf *text, size_t limit, struct err *e)
{
	struct input *in = mem_alloc(sizeof(*in));
	bool ok = input_open(in, c->dir, file->name, file->packing, e);
	size_t n = 1;

	text->limit = limit;
	buf_clear(text);
	while (ok && n > 0) {
		char *to = buf_room(text, 65536);

		ok = to ? input_read(in, to, 65536, &n, e) : buf_ok(text, "a file of a dump", e);
		if (ok)
			text->n += n;
	}
	ok = ok && load_file_check(file, in, e);
	input_close(in);
	free(in);
	return ok;
}

bool catalog_read(const struct catalog *c, const struct load_file *file, struct buf *text, struct err *e)
{
	return read_content(c, file, text, SMALL_FILE, e);
}

static struct load_file *find_file(const struct found *found, struct str name)
{
	struct load_file key = { .name = name }, *at = &key, **got;

	got = found->n ? bsearch(&at, found->files, found->n, sizeof(*found->files), by_name) : NULL;
	return got ? *got : NULL;
}

static struct csv_form csv_of(const struct dump_csv *csv)
{
	return (struct csv_form){ csv->separator, csv->delimiter, csv->terminator, csv->null_value, csv->backslash };
}

/* The end says how many lines there were: one that is missing would take its file along. */
static bool take_end(struct catalog *c, const struct dump_list_line *line, struct err *e)
{
	c->said_finished = true;
	return (line->files == c->listed_files && line->rows == c->listed_rows) ||
	       err_set(e, &err_dump_incomplete, DUMP_LIST " names %llu files with %llu rows, not the %llu with %llu that its end tells",
		       (unsigned long long)c->listed_files, (unsigned long long)c->listed_rows, (unsigned long long)line->files,
		       (unsigned long long)line->rows);
}

static bool take_list_line(struct catalog *c, struct found *found, const struct dump_list_line *line, struct err *e)
{
	struct load_file *file;

	if (c->said_finished || c->has_head != (line->type != DUMP_LIST_HEAD))
		return err_set(e, &err_dump_incomplete, DUMP_LIST " is not one list from its head to its end");
	switch (line->type) {
	case DUMP_LIST_HEAD:
		c->has_head = true;
		c->flavor = line->flavor;
		c->source = line->source;
		c->server = line->server;
		c->sql_mode = line->sql_mode;
		c->pos = line->pos;
		c->gtid = line->gtid;
		c->pos_end = line->pos_end;
		c->csv = line->csv;
		if (line->csv) {
			c->form.csv = csv_of(&line->csv_form);
			c->form.csv_header = line->csv_form.header;
		}
		return true;
	case DUMP_LIST_FILE:
		file = find_file(found, line->file);
		if (!file)
			return err_set(e, &err_dump_incomplete, "file '%.*s' of the dump is missing", STR(line->file));
		if (file->listed)
			return err_set(e, &err_dump_incomplete, "file '%.*s' is listed twice", STR(line->file));
		file->listed = true;
		c->listed_files++;
		c->listed_rows += line->rows;
		file->kind = line->kind;	/* the files of a template have any names */
		file->schema = line->schema;
		file->table = line->table.p ? line->table : STR_LIT("");
		file->csv = line->kind == DUMP_DATA && c->csv;
		file->rows = line->rows;
		file->bytes = line->bytes;
		file->xxh64 = line->xxh64;
		return file->packing != DUMP_PLAIN || file->size == file->bytes ||
		       err_set(e, &err_dump_damaged, "file '%.*s' has %llu bytes, not %llu", STR(file->name),
			       (unsigned long long)file->size, (unsigned long long)file->bytes);
	case DUMP_LIST_END:
		return take_end(c, line, e);
	case DUMP_LIST_OTHER:
		return true;
	}
	return true;
}

/* Lines that are not ended are those of a dump that was killed. */
static bool take_list(struct catalog *c, struct found *found, struct str text, struct err *e)
{
	struct str line;

	c->has_list = true;
	text = arena_str(&c->arena, text);	/* what is read of it stays */
	while (str_cut(text, '\n', &line, &text)) {
		struct dump_list_line *parsed = arena_array(&c->arena, 1, sizeof(*parsed));

		if (!dump_list_parse(parsed, line, &c->arena, e) || !take_list_line(c, found, parsed, e))
			return false;
	}
	for (size_t i = 0; c->said_finished && i < found->n; i++) {
		const struct load_file *file = found->files[i];

		if (!file->listed && file->kind != DUMP_OTHER && file->kind != DUMP_IS_LIST &&
		    file->kind != DUMP_IS_METADATA)
			return err_set(e, &err_dump_incomplete, "file '%.*s' is no part of the dump, whose list does not name it",
				       STR(file->name));
	}
	return true;
}

static struct load_table *table_of(struct catalog *c, struct str schema, struct str name)
{
	struct load_table *t = catalog_find(c, schema, name);

	if (t)
		return t;
	t = arena_array(&c->arena, 1, sizeof(*t));
	t->schema = schema;
	t->name = name;
	t->last = &t->data;
	t->metadata_rows = UINT64_MAX;
	map_put(&c->by_name, name_key(&c->arena, schema, name), t);
	return t;
}

static bool set_only(const struct load_file **place, const struct load_file *file, struct err *e)
{
	if (*place)
		return err_set(e, &err_dump_layout, "files '%.*s' and '%.*s' are of one table and one kind", STR((*place)->name),
			       STR(file->name));
	*place = file;
	return true;
}

static bool place_file(struct catalog *c, struct load_file *file, struct err *e)
{
	struct load_table *t;

	if (file->kind == DUMP_OTHER || file->kind == DUMP_IS_LIST || file->kind == DUMP_IS_METADATA) {
		c->n_other += file->kind == DUMP_OTHER;
		return true;
	}
	c->n_files++;
	t = table_of(c, file->schema, file->table);
	switch (file->kind) {
	case DUMP_SCHEMA: case DUMP_TABLE: case DUMP_SEQUENCE:
		return set_only(&t->create, file, e);
	case DUMP_VIEW:
		return set_only(&t->view, file, e);
	case DUMP_TRIGGERS:
		return set_only(&t->triggers, file, e);
	case DUMP_POST:
		return set_only(&t->post, file, e);
	case DUMP_DATA:
		*t->last = file;
		t->last = &file->next;
		t->n_data++;
		t->rows += file->listed ? file->rows : 0;
		t->bytes += file->size;
		c->bytes += file->size;
		return true;
	case DUMP_OTHER: case DUMP_IS_LIST: case DUMP_IS_METADATA:
		break;
	}
	return true;
}

/* Dumpling numbers nine digits or more, mydumper five. It writes SET NAMES binary, and the text is UTF-8 all the same. */
static bool is_dumpling(const struct found *found)
{
	struct dump_name name;

	for (size_t i = 0; i < found->n; i++) {
		dump_name_parse(&name, found->files[i]->name);
		if (name.kind == DUMP_DATA && name.index.n >= 9)
			return true;
	}
	return false;
}

/* "\t" and the like, as people write them. */
static struct str escaped(struct catalog *c, const char *text)
{
	char *to = arena_alloc(&c->arena, strlen(text) + 1);
	size_t n = 0;

	for (; *text; text++) {
		static const char from[] = "tnr0\\", plain[] = "\t\n\r\0\\";
		const char *at = text[0] == '\\' && text[1] ? strchr(from, text[1]) : NULL;

		to[n++] = at ? plain[at - from] : *text;
		text += at != NULL;
	}
	return (struct str){ to, n };
}

static bool set_form(struct catalog *c, const struct form_want *want, const struct found *found, struct err *e)
{
	struct row_form *form = &c->form;

	form->names_count = c->has_list || !is_dumpling(found);
	form->charset = charset_of_name(STR_LIT("utf8mb4"));
	if (want->charset) {
		form->names_count = false;
		form->charset = strcmp(want->charset, "binary") == 0 ? NULL : charset_of_name(str_of(want->charset));
		if (!form->charset && strcmp(want->charset, "binary") != 0)
			return err_set(e, &err_usage, "--character-set '%s' is not known", want->charset);
	}
	if (want->separator)
		form->csv.separator = escaped(c, want->separator);
	if (want->delimiter)
		form->csv.delimiter = escaped(c, want->delimiter);
	if (want->terminator)
		form->csv.terminator = escaped(c, want->terminator);
	if (want->null_value)
		form->csv.null_value = str_of(want->null_value);
	if (want->no_header)
		form->csv_header = false;
	if (want->no_backslash)
		form->csv.backslash = form->backslash = false;
	return form->csv.separator.n > 0 || err_set(e, &err_usage, "--csv-separator is empty");
}

static bool read_self(struct catalog *c, const struct dir_want *want, struct found *found, struct err *e)
{
	struct buf text = BUF_INIT(SMALL_FILE), list = BUF_INIT(LIST_LIMIT);
	bool ok = true;

	if (found->partial)
		ok = err_set(e, &err_dump_incomplete, "'%s' holds a metadata.partial: the dump did not finish", want->path);
	if (ok && found->list)
		ok = read_content(c, found->list, &list, LIST_LIMIT, e) && take_list(c, found, buf_str(&list), e);
	for (size_t i = 0; ok && i < found->n; i++)
		ok = place_file(c, found->files[i], e);
	if (ok && !c->has_list && found->metadata)
		ok = read_content(c, found->metadata, &text, SMALL_FILE, e) && metadata_read(c, buf_str(&text), e);
	if (ok && (found->list || found->metadata) && !c->said_finished)
		ok = err_set(e, &err_dump_incomplete, "the dump in '%s' did not finish: it does not tell its end", want->path);
	if (ok && !found->list && !found->metadata)
		log_notice("'%s' holds no metadata: whether files are missing cannot be told", want->path);
	buf_release(&text);
	buf_release(&list);
	return ok;
}

static void make_digest(struct catalog *c, const struct found *found)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	struct buf text = BUF_INIT(LIST_LIMIT), hex = BUF_INIT(100);

	for (size_t i = 0; i < found->n; i++) {
		const struct load_file *f = found->files[i];

		if (f->kind != DUMP_OTHER)
			buf_putf(&text, "%.*s%c%llu %llx\n", STR(f->name), 0, (unsigned long long)f->size,
				 f->kind == DUMP_IS_LIST || f->kind == DUMP_IS_METADATA ? 0 : (unsigned long long)f->xxh64);
	}
	SHA256((const unsigned char *)text.p, text.n, sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		buf_putf(&hex, "%02x", sum[i]);
	c->digest = arena_str(&c->arena, buf_str(&hex));
	buf_release(&text);
	buf_release(&hex);
}

static void link_tables(struct catalog *c)
{
	struct load_table **last = &c->tables;
	struct map_entry *entry;

	for (size_t at = 0; (entry = map_next(&c->by_name, &at)); last = &(*last)->next)
		*last = entry->value;
}

bool catalog_open(struct catalog *c, const struct dir_want *want, struct err *e)
{
	struct found found = { 0 };
	bool ok;

	*c = (struct catalog){ .dir = -1, .path = want->path, .by_name = MAP_INIT };
	c->flavor = c->source = c->server = c->sql_mode = c->pos = c->gtid = c->pos_end = STR_LIT("");
	c->form = (struct row_form){
		.csv = { STR_LIT(","), STR_LIT("\""), STR_LIT(""), STR_LIT("\\N"), true }, .csv_header = true, .backslash = true,
	};
	ok = scan_all(c, want, &found, e) && read_self(c, want, &found, e) && set_form(c, &want->form, &found, e);
	if (ok) {
		make_digest(c, &found);
		link_tables(c);
	}
	if (ok && c->n_files == 0)
		ok = err_set(e, &err_dump_layout, "'%s' holds no files of a dump", want->path);
	if (ok && c->n_other > 0)
		log_notice("'%s': %zu files are no part of a dump by their names, and are left alone", want->path, c->n_other);
	free(found.files);
	return ok;
}

void catalog_release(struct catalog *c)
{
	if (c->dir >= 0)
		close(c->dir);
	map_release(&c->by_name);
	arena_release(&c->arena);
}
