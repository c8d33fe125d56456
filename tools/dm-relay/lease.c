/* lease.c - leases of readers; see lease.h */
#include "lease.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"

enum { KEPT_MS = 600 * 1000, HOST_MAX = 256, LEASE_MAX = 4096 };
#define FOLDER STR_LIT("leases")

int lease_compare(const struct lease_place *a, const struct lease_place *b)
{
	if (a->sub != b->sub)
		return a->sub < b->sub ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static void host_name(char host[HOST_MAX])
{
	if (gethostname(host, HOST_MAX) != 0 || !host[0])
		strcpy(host, "localhost");
	host[HOST_MAX - 1] = '\0';
}

bool lease_lock(const struct store *s, bool exclusive, bool wait, int *fd, struct err *e)
{
	struct buf path = BUF_INIT(8192);
	bool ok = file_make_dir(store_path(s, FOLDER, STR_NONE, &path), e);

	*fd = -1;
	if (ok) {
		*fd = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*fd < 0)
			ok = err_set(e, &err_file, "cannot open '%s': %s", path.p, strerror(errno));
	}
	if (ok && flock(*fd, (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB)) != 0) {
		if (errno != EWOULDBLOCK)
			ok = err_set(e, &err_file, "cannot lock '%s': %s", path.p, strerror(errno));
		close(*fd);
		*fd = -1;
	}
	buf_release(&path);
	return ok;
}

/* --- a reader's own --- */

void lease_init(struct lease *l, const struct store *store)
{
	*l = (struct lease){ .store = store, .path = BUF_INIT(8192) };
	for (size_t i = 0; i < LEASE_TRAIL; i++)
		buf_init(&l->trail[i].file, STORE_NAME_MAX);
}

void lease_release(struct lease *l)
{
	if (l->path.n > 0)
		unlink(buf_text(&l->path));
	buf_release(&l->path);
	for (size_t i = 0; i < LEASE_TRAIL; i++)
		buf_release(&l->trail[i].file);
	l->n = 0;
}

static bool write_lease(struct lease *l, struct err *e)
{
	struct buf name = BUF_INIT(HOST_MAX + 32), line = BUF_INIT(LEASE_MAX);
	unsigned long long pid = (unsigned long long)getpid();
	char host[HOST_MAX];
	bool known, ok;

	host_name(host);
	buf_putf(&name, "%s.%llu", host, pid);
	buf_putf(&line, "%s %llu %llu %llu %.*s\n", host, pid, (unsigned long long)process_start(pid, &known),
		 (unsigned long long)l->trail[0].place.sub, STR(buf_str(&l->trail[0].file)));
	ok = file_replace(store_path(l->store, FOLDER, buf_str(&name), &l->path), buf_str(&line), e);
	buf_release(&name);
	buf_release(&line);
	return ok;
}

/* The oldest is forgotten. Its buffer serves again. */
static void drop_first(struct lease *l)
{
	struct buf file = l->trail[0].file;

	l->n--;
	memmove(l->trail, l->trail + 1, l->n * sizeof(l->trail[0]));
	l->trail[l->n].file = file;
}

bool lease_take(struct lease *l, uint64_t sub, struct str file, struct err *e)
{
	struct lease_place place = { .sub = sub };
	struct str base;
	size_t at;

	if (!store_log_number(file, &base, &place.number))
		return err_set(e, &err_store_place, "'%.*s' is no name of a log", STR(str_first(file, 100)));
	if (l->n > 0)
		l->trail[l->n - 1].left_ms = now_ms();
	/* Where it is full, the oldest stays, and stands for those that find no room. */
	at = l->n < LEASE_TRAIL ? l->n++ : LEASE_TRAIL - 1;
	l->trail[at].place = place;
	l->trail[at].left_ms = 0;
	buf_set(&l->trail[at].file, file);
	return write_lease(l, e);
}

bool lease_trim(struct lease *l, const struct lease_place *needed, struct err *e)
{
	bool changed = false;

	/* The one before that which is read stays. */
	while (l->n > 2 && now_ms() - l->trail[0].left_ms > KEPT_MS &&
	       (!needed || lease_compare(&l->trail[0].place, needed) < 0)) {
		drop_first(l);
		changed = true;
	}
	return !changed || write_lease(l, e);
}

/* --- those of others --- */

struct found {
	struct str host;
	uint64_t pid, start;
	struct lease_place place;
};

static bool parse_lease(struct found *f, struct str line)
{
	struct str pid, start, sub, file, base;

	return str_cut(str_trim(line), ' ', &f->host, &file) && str_cut(file, ' ', &pid, &file) &&
	       str_cut(file, ' ', &start, &file) && str_cut(file, ' ', &sub, &file) && str_to_u64(pid, &f->pid) &&
	       str_to_u64(start, &f->start) && str_to_u64(sub, &f->place.sub) &&
	       store_log_number(file, &base, &f->place.number);
}

static bool look_at(const struct store *s, const char *name, const char *host, struct lease_place *place, bool *any,
		    struct buf *who, struct err *e)
{
	struct buf path = BUF_INIT(8192), text = BUF_INIT(LEASE_MAX);
	struct found f = { .pid = 0 };
	bool known, ok = file_read(store_path(s, FOLDER, str_of(name), &path), &text, e);

	if (!ok && errno == ENOENT) {		/* given back just now */
		err_clear(e);
		ok = true;
	} else if (ok && !parse_lease(&f, buf_str(&text))) {
		ok = err_set(e, &err_store, "'%s' is no lease of a reader", path.p);
	} else if (ok && str_is(f.host, host) && process_start(f.pid, &known) != f.start && known) {
		unlink(path.p);
	} else if (ok && (!*any || lease_compare(&f.place, place) < 0)) {
		*any = true;
		*place = f.place;
		buf_clear(who);
		buf_putf(who, "process %llu on %.*s", (unsigned long long)f.pid, STR(f.host));
	}
	buf_release(&path);
	buf_release(&text);
	return ok;
}

static int is_lease(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !str_ends(str_of(entry->d_name), STR_LIT(".tmp"));
}

bool lease_oldest(const struct store *s, struct lease_place *place, bool *any, struct buf *who, struct err *e)
{
	struct buf path = BUF_INIT(8192);
	struct dirent **entries = NULL;
	int n = scandir(store_path(s, FOLDER, STR_NONE, &path), &entries, is_lease, alphasort);
	bool ok = n >= 0 || errno == ENOENT ||
		  err_set(e, &err_file, "cannot read the folder '%s': %s", path.p, strerror(errno));
	char host[HOST_MAX];

	*any = false;
	host_name(host);
	for (int i = 0; i < n; i++) {
		ok = ok && look_at(s, entries[i]->d_name, host, place, any, who, e);
		free(entries[i]);
	}
	free(entries);
	buf_release(&path);
	return ok;
}
