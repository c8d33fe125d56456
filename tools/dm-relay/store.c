/* store.c - the index and the sub-directories of a relay log; see store.h */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

const struct err_kind err_store = {
	.code = 30510, .class = "relay-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "name the folder of a relay log, put its server-uuid.index right, or pull into an empty folder",
};

const struct err_kind err_store_busy = {
	.code = 30511, .class = "relay-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_MEDIUM, .status = STATUS_RETRY,
	.workaround = "wait for the other dm-relay --pull to end, or give this one a folder of its own",
};

const struct err_kind err_store_place = {
	.code = 30512, .class = "relay-unit", .scope = SCOPE_INTERNAL, .level = LEVEL_HIGH, .status = STATUS_REFUSED,
	.workaround = "start at a place that the relay log has, or read from the server, without --relay-dir",
};

#define INDEX "server-uuid.index"
enum { INDEX_MAX = 1 << 20, SUB_DIGITS = 6 };

void store_init(struct store *s, const char *dir)
{
	*s = (struct store){ .dir = dir, .lock = -1 };
	arena_init(&s->arena);
}

void store_release(struct store *s)
{
	arena_release(&s->arena);
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
	s->n_subs = 0;
}

bool store_lock(struct store *s, struct err *e)
{
	if (!file_make_dir(s->dir, e))
		return false;
	s->lock = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->lock < 0)
		return err_set(e, &err_file, "cannot open '%s': %s", s->dir, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return err_set(e, &err_store_busy, "another process writes the relay log '%s'", s->dir);
	return err_set(e, &err_file, "cannot lock '%s': %s", s->dir, strerror(errno));
}

const char *store_path(const struct store *s, struct str sub, struct str file, struct buf *b)
{
	buf_clear(b);
	buf_putf(b, "%s/%.*s", s->dir, STR(sub));
	if (file.p)
		buf_putf(b, "/%.*s", STR(file));
	return buf_text(b);
}

/* --- names --- */

bool store_log_number(struct str file, struct str *base, uint64_t *number)
{
	struct str digits;

	return file.n < STORE_NAME_MAX && !memchr(file.p, '/', file.n) && str_cut_last(file, '.', base, &digits) &&
	       base->n > 0 && str_to_u64(digits, number) && *number > 0;
}

struct str store_tell(uint64_t sub, struct str file, struct buf *b)
{
	struct str base, digits;

	buf_clear(b);
	if (sub < 2 || !str_cut_last(file, '.', &base, &digits))
		buf_put_str(b, file);
	else
		buf_putf(b, "%.*s|%0*llu.%.*s", STR(base), SUB_DIGITS, (unsigned long long)sub, STR(digits));
	return buf_str(b);
}

bool store_told(struct str text, uint64_t *sub, struct buf *file)
{
	struct str base, name, digits = str_from(text, text.n);
	uint64_t number;

	*sub = 0;
	buf_clear(file);
	if (!store_log_number(text, &base, &number))
		return false;
	if (!str_cut_last(base, '|', &name, &digits) || digits.n < SUB_DIGITS || !str_to_u64(digits, sub) ||
	    *sub == 0 || name.n == 0) {
		*sub = 0;
		name = base;
	}
	buf_put_str(file, name);
	buf_put_str(file, str_from(text, base.n));
	return true;
}

/* --- the index --- */

static bool parse_sub(struct store_sub *sub, struct str line)
{
	struct str digits;

	sub->name = line;
	return line.n < STORE_NAME_MAX && !memchr(line.p, '/', line.n) &&
	       str_cut_last(line, '.', &sub->uuid, &digits) && sub->uuid.n > 0 && digits.n >= SUB_DIGITS &&
	       str_to_u64(digits, &sub->number) && sub->number > 0;
}

static bool parse_index(struct store *s, struct str text, struct err *e)
{
	size_t room = 0;
	struct str line;

	for (size_t i = 0; i < text.n; i++)
		room += text.p[i] == '\n';
	s->subs = arena_alloc(&s->arena, (room + 1) * sizeof(*s->subs));
	while (text.n > 0) {
		struct store_sub *sub = &s->subs[s->n_subs];

		if (!str_cut(text, '\n', &line, &text)) {
			line = text;
			text.n = 0;
		}
		line = str_trim(line);
		if (line.n == 0)
			continue;
		if (!parse_sub(sub, line))
			return err_set(e, &err_store, "'%s/" INDEX "': '%.*s' is no sub-directory", s->dir,
				       STR(str_first(line, 100)));
		if (s->n_subs > 0 && sub->number != sub[-1].number + 1)
			return err_set(e, &err_store, "'%s/" INDEX "': '%.*s' does not follow '%.*s'", s->dir,
				       STR(sub->name), STR(sub[-1].name));
		s->n_subs++;
	}
	return true;
}

bool store_read_index(struct store *s, struct err *e)
{
	struct buf path = BUF_INIT(8192), text = BUF_INIT(INDEX_MAX);
	bool ok = true;

	arena_clear(&s->arena);
	s->n_subs = 0;
	s->subs = NULL;
	if (file_exists(store_path(s, STR_LIT(INDEX), STR_NONE, &path)))
		ok = file_read(buf_text(&path), &text, e) &&
		     parse_index(s, arena_str(&s->arena, buf_str(&text)), e);
	buf_release(&path);
	buf_release(&text);
	return ok;
}

/* From sub-directory first on, and more behind them. */
static bool write_index(const struct store *s, size_t first, struct str more, struct err *e)
{
	struct buf path = BUF_INIT(8192), text = BUF_INIT(INDEX_MAX);
	bool ok;

	for (size_t i = first; i < s->n_subs; i++) {
		buf_put_str(&text, s->subs[i].name);
		buf_put_char(&text, '\n');
	}
	buf_put_str(&text, more);
	ok = buf_ok(&text, INDEX, e) &&
	     file_replace(store_path(s, STR_LIT(INDEX), STR_NONE, &path), buf_str(&text), e);
	buf_release(&path);
	buf_release(&text);
	return ok;
}

bool store_add_sub(struct store *s, struct str uuid, struct err *e)
{
	uint64_t number = s->n_subs > 0 ? s->subs[s->n_subs - 1].number + 1 : 1;
	struct buf name = BUF_INIT(STORE_NAME_MAX), path = BUF_INIT(8192);
	bool ok;

	buf_putf(&name, "%.*s.%0*llu", STR(uuid), SUB_DIGITS, (unsigned long long)number);
	ok = buf_ok(&name, "the name of a sub-directory", e) &&
	     file_make_dir(store_path(s, buf_str(&name), STR_NONE, &path), e);
	buf_put_char(&name, '\n');
	ok = ok && write_index(s, 0, buf_str(&name), e) && store_read_index(s, e);
	buf_release(&name);
	buf_release(&path);
	return ok;
}

bool store_drop_subs(struct store *s, size_t n, struct err *e)
{
	struct buf path = BUF_INIT(8192);
	bool ok = n == 0 || write_index(s, n, STR_NONE, e);

	for (size_t i = 0; ok && i < n; i++) {
		unlink(store_path(s, s->subs[i].name, STR_LIT("relay.meta"), &path));
		if (rmdir(store_path(s, s->subs[i].name, STR_NONE, &path)) != 0 && errno != ENOENT)
			ok = err_set(e, &err_file, "cannot remove '%s': %s", path.p, strerror(errno));
	}
	buf_release(&path);
	return ok && (n == 0 || store_read_index(s, e));
}

/* --- files --- */

static int by_number(const void *a, const void *b)
{
	const struct store_file *one = a, *other = b;

	return (one->number > other->number) - (one->number < other->number);
}

static void add_file(const struct store *s, const struct store_sub *sub, const char *name, struct arena *a,
		     struct store_file *files, size_t *n)
{
	struct store_file f = { .name = str_of(name) };
	struct buf path = BUF_INIT(8192);
	struct str base;
	struct stat st;

	if (store_log_number(f.name, &base, &f.number) && stat(store_path(s, sub->name, f.name, &path), &st) == 0 &&
	    S_ISREG(st.st_mode)) {
		f.name = arena_str(a, f.name);
		f.size = (uint64_t)st.st_size;
		f.time = st.st_mtime;
		files[(*n)++] = f;
	}
	buf_release(&path);
}

bool store_files(const struct store *s, const struct store_sub *sub, struct arena *a, struct store_file **files,
		 size_t *n, struct err *e)
{
	struct buf path = BUF_INIT(8192);
	struct dirent **entries = NULL;
	int all = scandir(store_path(s, sub->name, STR_NONE, &path), &entries, NULL, alphasort);
	bool ok = all >= 0 || errno == ENOENT ||
		  err_set(e, &err_file, "cannot read the folder '%s': %s", path.p, strerror(errno));

	*n = 0;
	*files = arena_array(a, all > 0 ? (size_t)all : 1, sizeof(**files));
	for (int i = 0; i < all; i++) {
		add_file(s, sub, entries[i]->d_name, a, *files, n);
		free(entries[i]);
	}
	free(entries);
	if (*n > 1)
		qsort(*files, *n, sizeof(**files), by_number);
	buf_release(&path);
	return ok;
}
