/* files.c - the folder, its files and its list; see files.h */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define LIST_LIMIT (1UL << 30)

const struct err_kind err_dump_dir = {
	.code = 32531, .class = "dump-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG,
	.workaround = "name another directory, empty it, or give --overwrite where a dump stands in it",
};
static const struct err_kind err_dump_name = {
	.code = 32532, .class = "dump-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_CONFIG,
	.workaround = "give an --output-filename-template that makes short names, another for each file ({{.Index}})",
};

static bool cannot(const char *what, const struct dump_dir *d, const char *name, struct err *e)
{
	return err_set(e, &err_file, "cannot %s '%s/%s': %s", what, d->path, name, strerror(errno));
}

static bool read_list(struct dump_dir *d, struct buf *text, struct err *e)
{
	char block[16384];
	ssize_t n;

	while ((n = read(d->list, block, sizeof(block))) > 0)
		buf_put(text, block, (size_t)n);
	return n < 0 ? cannot("read", d, DUMP_LIST, e) : buf_ok(text, DUMP_LIST, e);
}

static bool is_finished(struct str list)
{
	return str_find(list, STR_LIT("{\"type\":\"end\",")) != SIZE_MAX;
}

/* Whatever has the name of a file of a dump goes; the first that has not is told. */
static bool sweep(struct dump_dir *d, bool remove, bool *foreign, char name[256], struct err *e)
{
	struct dirent **entries;
	int n = scandirat(d->fd, ".", &entries, NULL, alphasort);
	bool ok = true;

	if (n < 0)
		return cannot("read", d, ".", e);
	*foreign = false;
	for (int i = 0; i < n; i++) {
		const char *file = entries[i]->d_name;
		struct dump_name is;

		if (ok && dump_name_is_safe(str_of(file)) && strcmp(file, DUMP_LIST) != 0) {
			dump_name_parse(&is, str_of(file));
			if (!remove || is.kind == DUMP_OTHER) {
				if (!*foreign)
					snprintf(name, 256, "%s", file);
				*foreign = true;
			} else if (unlinkat(d->fd, file, 0) != 0) {
				ok = cannot("remove", d, file, e);
			}
		}
		free(entries[i]);
	}
	free(entries);
	return ok;
}

/* Files of a template's making have any names, but those that were done stand in the list. */
static bool remove_listed(struct dump_dir *d, struct str list, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str text;
	bool ok = true;

	while (ok && str_cut(list, '\n', &text, &list)) {
		struct dump_list_line line;
		struct err damaged = { 0 };

		if (!dump_list_parse(&line, text, &a, &damaged) || line.type != DUMP_LIST_FILE)
			continue;
		if (unlinkat(d->fd, arena_str(&a, line.file).p, 0) != 0 && errno != ENOENT)
			ok = cannot("remove", d, arena_str(&a, line.file).p, e);
	}
	arena_release(&a);
	return ok;
}

/* With the list open and locked, so that two of us do not write into one folder. */
static bool make_room(struct dump_dir *d, bool overwrite, struct err *e)
{
	struct buf list = BUF_INIT(LIST_LIMIT);
	bool ours, foreign = false, ok;
	char name[256] = "";

	ok = read_list(d, &list, e);
	ours = list.n > 0;
	if (ok && is_finished(buf_str(&list)) && !overwrite)
		ok = err_set(e, &err_dump_dir, "'%s' holds a finished dump", d->path);
	ok = ok && (!ours || remove_listed(d, buf_str(&list), e)) && sweep(d, ours, &foreign, name, e);
	if (ok && foreign)
		ok = err_set(e, &err_dump_dir, "'%s' is not empty: there is '%s'", d->path, name);
	if (ok && ftruncate(d->list, 0) != 0)
		ok = cannot("empty", d, DUMP_LIST, e);
	if (ok && lseek(d->list, 0, SEEK_SET) != 0)
		ok = cannot("empty", d, DUMP_LIST, e);
	if (!ok && !ours)
		unlinkat(d->fd, DUMP_LIST, 0);		/* we have made it ourselves */
	buf_release(&list);
	return ok;
}

bool dump_dir_open(struct dump_dir *d, const char *path, bool overwrite, struct err *e)
{
	*d = (struct dump_dir){ .path = path, .fd = -1, .list = -1, .lock = PTHREAD_MUTEX_INITIALIZER };
	if (!file_make_dir(path, e))
		return false;
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0)
		return cannot("open", d, ".", e);
	d->list = openat(d->fd, DUMP_LIST, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->list < 0)
		return cannot("create", d, DUMP_LIST, e);
	if (flock(d->list, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, &err_dump_dir, "another dm-dump is writing into '%s'", path);
	return make_room(d, overwrite, e);
}

static bool put_line(struct dump_dir *d, const struct dump_list_line *line, struct err *e)
{
	struct buf b = BUF_INIT(1 << 20);
	bool ok;

	dump_list_put(&b, line);
	ok = buf_ok(&b, "a line of " DUMP_LIST, e) &&
	     (file_write_all(d->list, b.p, b.n) || cannot("write", d, DUMP_LIST, e));
	buf_release(&b);
	return ok;
}

bool dump_dir_put_head(struct dump_dir *d, const struct dump_list_line *head, struct err *e)
{
	return put_line(d, head, e);
}

bool dump_dir_end(struct dump_dir *d, struct err *e)
{
	struct dump_list_line line = { .type = DUMP_LIST_END, .files = d->files, .rows = d->rows };

	return put_line(d, &line, e) && (fsync(d->list) == 0 || cannot("write", d, DUMP_LIST, e)) &&
	       (fsync(d->fd) == 0 || cannot("write", d, ".", e));
}

void dump_dir_release(struct dump_dir *d)
{
	if (d->list >= 0)
		close(d->list);
	if (d->fd >= 0)
		close(d->fd);
	d->list = d->fd = -1;
}

static void put_template(struct buf *b, const struct file_template *t, struct str schema, struct str table,
			 const char *index)
{
	for (size_t i = 0; i < t->n; i++) {
		switch (t->parts[i].part) {
		case PART_TEXT:
			buf_put_str(b, t->parts[i].text);
			break;
		case PART_SCHEMA:
			dump_name_put(b, schema);
			break;
		case PART_TABLE:
			dump_name_put(b, table);
			break;
		case PART_INDEX:
			buf_put_text(b, index);
			break;
		}
	}
}

static void put_own_name(struct buf *b, enum dump_kind kind, struct str schema, struct str table, const char *index)
{
	static const char *const ends[] = {
		[DUMP_SCHEMA] = "-schema-create", [DUMP_POST] = "-schema-post", [DUMP_TABLE] = "-schema",
		[DUMP_SEQUENCE] = "-schema-sequence", [DUMP_VIEW] = "-schema-view", [DUMP_TRIGGERS] = "-schema-triggers",
	};

	dump_name_put(b, schema);
	if (kind != DUMP_SCHEMA && kind != DUMP_POST) {
		buf_put_char(b, '.');
		dump_name_put(b, table);
	}
	if (kind == DUMP_DATA)
		buf_putf(b, ".%s", index);
	else
		buf_put_text(b, ends[kind]);
}

static bool make_name(struct out_file *f, enum dump_kind kind, struct str schema, struct str table, const char *index,
		      struct err *e)
{
	struct dump_dir *d = f->dir;
	struct buf b = BUF_INIT(8192);
	bool ok = true;

	if (kind == DUMP_IS_METADATA) {
		buf_put_text(&b, DUMP_METADATA);
	} else {
		if (kind == DUMP_DATA && d->data_name && d->data_name->n > 0)
			put_template(&b, d->data_name, schema, table, index);
		else
			put_own_name(&b, kind, schema, table, index);
		buf_putf(&b, "%s%s", kind == DUMP_DATA && d->csv ? ".csv" : ".sql", dump_packing_end(d->packing));
	}
	if (!buf_ok(&b, "a file's name", e) || !dump_name_is_safe(buf_str(&b)) || b.n >= sizeof(f->name))
		ok = err_set(e, &err_dump_name, "`%.*s`.`%.*s`: its file would be named '%.*s' (%zu bytes), and cannot",
			     STR(schema), STR(table), STR(str_first(buf_str(&b), 300)), b.n);
	else
		memcpy(f->name, buf_text(&b), b.n + 1);
	buf_release(&b);
	return ok;
}

bool out_file_open(struct out_file *f, struct dump_dir *dir, enum dump_kind kind, struct str schema, struct str table,
		   const char *index, struct err *e)
{
	f->dir = dir;
	f->fd = -1;
	f->packer = NULL;
	if (!make_name(f, kind, schema, table, index, e))
		return false;
	f->fd = openat(dir->fd, f->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f->fd < 0 && errno == EEXIST)
		return err_set(e, &err_dump_name, "there is a file '%s/%s' already, of another table, chunk or program",
			       dir->path, f->name);
	if (f->fd < 0)
		return cannot("create", dir, f->name, e);
	f->line = (struct dump_list_line){
		.type = DUMP_LIST_FILE, .file = str_of(f->name), .kind = kind, .schema = schema, .table = table,
	};
	xxh64_init(&f->sum);
	return packer_new(&f->packer, kind == DUMP_IS_METADATA ? DUMP_PLAIN : dir->packing) ||
	       err_set(e, &err_file, "cannot compress '%s/%s': no memory", dir->path, f->name);
}

static bool put(struct out_file *f, struct str text, bool end, struct err *e)
{
	const char *why = "";

	if (!f->packer)
		return file_write_all(f->fd, text.p, text.n) || cannot("write", f->dir, f->name, e);
	return packer_put(f->packer, f->fd, text, end, &why) ||
	       err_set(e, &err_file, "cannot write '%s/%s': %s", f->dir->path, f->name, why);
}

bool out_file_put(struct out_file *f, struct str text, struct err *e)
{
	xxh64_add(&f->sum, text.p, text.n);
	f->line.bytes += text.n;
	return put(f, text, false, e);
}

static bool list_file(struct out_file *f, struct err *e)
{
	bool ok;

	pthread_mutex_lock(&f->dir->lock);
	f->dir->files++;
	f->dir->rows += f->line.rows;
	ok = put_line(f->dir, &f->line, e);
	pthread_mutex_unlock(&f->dir->lock);
	return ok;
}

bool out_file_close(struct out_file *f, uint64_t rows, struct err *e)
{
	bool ok = !f->packer || put(f, STR_LIT(""), true, e);

	packer_free(f->packer);
	f->packer = NULL;
	if (close(f->fd) != 0 && ok)
		ok = cannot("write", f->dir, f->name, e);
	f->fd = -1;
	f->line.rows = rows;
	f->line.xxh64 = xxh64_sum(&f->sum);
	return ok && list_file(f, e);
}

void out_file_drop(struct out_file *f)
{
	packer_free(f->packer);
	f->packer = NULL;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

bool out_file_write(struct dump_dir *dir, enum dump_kind kind, struct str schema, struct str table, struct str text,
		    struct err *e)
{
	struct out_file f = { .fd = -1 };
	bool ok = out_file_open(&f, dir, kind, schema, table, "", e) && out_file_put(&f, text, e) &&
		  out_file_close(&f, 0, e);

	out_file_drop(&f);
	return ok;
}
