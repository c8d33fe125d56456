#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/task.h"
#include "files.h"
#include "notes.h"

static const char *const stages[] = {
	[STAGE_UNKNOWN] = "unknown", [STAGE_NEW] = "New", [STAGE_RUNNING] = "Running", [STAGE_PAUSED] = "Paused",
	[STAGE_RETRYING] = "Retrying", [STAGE_GONE] = "Gone", [STAGE_STOPPED] = "Stopped", [STAGE_FINISHED] = "Finished",
};

const char *stage_name(enum stage stage)
{
	return stages[stage];
}

const char *unit_name(enum unit unit)
{
	static const char *const units[] = { [UNIT_NONE] = "-", [UNIT_LOAD] = "Load", [UNIT_SYNC] = "Sync" };

	return units[unit];
}

static bool is_wanted(const struct opt_list *names, struct str name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_is(name, names->items[i]))
			return true;
	return names->n == 0;
}

/* "Running Sync", as the driver writes it. */
static void read_stage(struct source_state *s, const char *dir, struct arena *a)
{
	struct str line = files_line(dir, "stage", a), word = line, unit = STR_LIT("");

	str_cut(line, ' ', &word, &unit);
	s->stage = line.n == 0 ? STAGE_NEW : STAGE_UNKNOWN;
	for (enum stage i = STAGE_NEW; i <= STAGE_FINISHED; i++)
		if (i != STAGE_RETRYING && i != STAGE_GONE && str_is(word, stages[i]))
			s->stage = i;
	s->unit = str_is(unit, "Load") ? UNIT_LOAD : str_is(unit, "Sync") ? UNIT_SYNC : UNIT_NONE;
}

/* A stage is written before its process ends, so one that is read after that is the last one. */
static void judge_stage(struct source_state *s, const char *dir, struct arena *a)
{
	bool alive;

	read_stage(s, dir, a);
	alive = (s->stage == STAGE_RUNNING || s->stage == STAGE_PAUSED) && files_alive(dir, a);
	if (s->stage == STAGE_PAUSED && alive)
		s->stage = STAGE_RETRYING;
	if (s->stage != STAGE_RUNNING || alive)
		return;
	read_stage(s, dir, a);
	if (s->stage == STAGE_RUNNING && !files_alive(dir, a))
		s->stage = STAGE_GONE;
}

/* "57.30 %" */
static double percent_of(struct str text)
{
	char digits[32];
	double percent;
	char *end;

	if (text.n == 0 || text.n >= sizeof(digits))
		return -1;
	memcpy(digits, text.p, text.n);
	digits[text.n] = '\0';
	percent = strtod(digits, &end);
	return end == digits || strcmp(end, " %") != 0 || !(percent >= 0) ? -1 : percent > 100 ? 100 : percent;
}

/* "(mysql-bin.000003, 154)" */
static bool take_place(struct str text, struct str *file, uint64_t *pos)
{
	struct str offset;

	return text.n > 2 && text.p[0] == '(' && text.p[text.n - 1] == ')' &&
	       str_cut_last(str_first(str_from(text, 1), text.n - 2), ',', file, &offset) && str_to_u64(str_trim(offset), pos);
}

/* What two processes tell: the one that reads, until the one that writes has a word. */
static void read_load(struct source_state *s, const char *dir, struct arena *a)
{
	static const char *const files[] = { "dump.json", "load.json" };

	for (size_t i = 0; i < 2; i++) {
		struct counters c = { .rows = UNKNOWN, .bytes = UNKNOWN, .told = UNKNOWN };
		uint64_t tables = UNKNOWN, all_tables = UNKNOWN, total = UNKNOWN;
		struct str progress = STR_LIT("");
		const struct field fields[] = {
			{ "totalTables", FIELD_NUMBER, &all_tables }, { "completedTables", FIELD_NUMBER, &tables },
			{ "finishedBytes", FIELD_NUMBER, &c.bytes },  { "totalBytes", FIELD_NUMBER, &total },
			{ "finishedRows", FIELD_NUMBER, &c.rows },    { "bps", FIELD_NUMBER, &c.told },
			{ "progress", FIELD_TEXT, &progress },	      { NULL, FIELD_RAW, NULL },
		};
		struct err e = { 0 };

		if (!files_status(dir, files[i], fields, a, &c.pid, &c.at_ns, &e))
			notes_add(s, a, NOTE_ERROR, arena_str(a, str_of(e.text)));
		if (c.at_ns == 0)
			continue;
		s->counters = c;
		s->percent = percent_of(progress);
		s->tables = tables != UNKNOWN ? tables : s->tables;
		s->all_tables = all_tables != UNKNOWN ? all_tables : s->all_tables;
		s->total_bytes = total;
	}
}

static void read_sync(struct source_state *s, const char *dir, struct arena *a)
{
	struct waiting waiting = { .blocking = STR_LIT("[]"), .groups = STR_LIT("[]") };
	struct counters *c = &s->counters;
	struct str place = STR_LIT(""), read_to = STR_LIT(""), file;
	uint64_t pos, relay_pid;
	int64_t relay_ns;
	struct err e = { 0 };
	const struct field fields[] = {
		{ "totalRows", FIELD_NUMBER, &c->rows },	    { "recentRps", FIELD_NUMBER, &c->told },
		{ "secondsBehindMaster", FIELD_NUMBER, &s->lag },   { "synced", FIELD_BOOL, &s->synced },
		{ "syncerBinlog", FIELD_TEXT, &place },		    { "blockingDDLs", FIELD_RAW, &waiting.blocking },
		{ "unresolvedGroups", FIELD_RAW, &waiting.groups }, { "unresolvedDDLLockID", FIELD_TEXT, &waiting.lock },
		{ "blockDDLOwner", FIELD_TEXT, &waiting.owner },    { "conflictMsg", FIELD_TEXT, &waiting.why },
		{ NULL, FIELD_RAW, NULL },
	};
	const struct field relay_fields[] = { { "relayBinlog", FIELD_TEXT, &read_to }, { NULL, FIELD_RAW, NULL } };

	if (!files_status(dir, "sync.json", fields, a, &c->pid, &c->at_ns, &e))
		notes_add(s, a, NOTE_ERROR, arena_str(a, str_of(e.text)));
	err_clear(&e);
	if (!files_status(dir, "relay.json", relay_fields, a, &relay_pid, &relay_ns, &e))
		notes_add(s, a, NOTE_ERROR, arena_str(a, str_of(e.text)));
	if (take_place(place, &file, &pos)) {
		s->place = arena_strf(a, "%.*s:%llu", STR(file), (unsigned long long)pos);
		c->file = file;
		c->bytes = pos;
	} else if (take_place(read_to, &file, &pos)) {	/* dm-sync has not applied anything yet */
		s->place = arena_strf(a, "%.*s:%llu", STR(file), (unsigned long long)pos);
	}
	notes_of_waiting(s, a, &waiting);
}

static bool is_over(const struct source_state *s)
{
	return s->stage == STAGE_STOPPED || s->stage == STAGE_FINISHED;
}

static void read_source(struct source_state *s, const char *dir, struct arena *a)
{
	s->percent = -1;
	s->lag = s->tables = s->all_tables = s->total_bytes = UNKNOWN;
	s->counters = (struct counters){ .rows = UNKNOWN, .bytes = UNKNOWN, .told = UNKNOWN };
	judge_stage(s, dir, a);
	if (s->unit == UNIT_LOAD)
		read_load(s, dir, a);
	if (s->unit == UNIT_SYNC)
		read_sync(s, dir, a);
	if (s->stage == STAGE_GONE)
		notes_gone(s, a);
	else if (!is_over(s))
		notes_of_result(s, dir, a);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The names in a folder, sorted; a folder that is not there has none. */
static bool list(const char *path, struct arena *a, struct str **names, size_t *n, struct err *e)
{
	struct dirent **entries;
	int found = scandir(path, &entries, is_visible, alphasort);
	bool ok = found >= 0 || errno == ENOENT || errno == ENOTDIR;

	*n = 0;
	*names = NULL;
	if (!ok)
		return err_set(e, &err_file, "cannot list '%s': %s", path, strerror(errno));
	if (found < 0)
		return true;
	*names = arena_array(a, (size_t)found, sizeof(**names));
	for (int i = 0; i < found; i++) {
		(*names)[(*n)++] = arena_str(a, str_of(entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return true;
}

static struct source_state *add(struct state *s, size_t *room)
{
	if (s->n == *room) {
		struct source_state *more = arena_array(&s->a, *room * 2 + 16, sizeof(*more));

		if (s->n > 0)
			memcpy(more, s->sources, s->n * sizeof(*more));
		s->sources = more;
		*room = *room * 2 + 16;
	}
	return &s->sources[s->n++];
}

/* What state_read wants, and the room that it has. */
struct reading {
	struct state *s;
	size_t room;
	const struct opt_list *tasks, *sources;
};

static bool read_task(struct reading *r, const char *dir, struct str folder, struct err *e)
{
	struct arena *a = &r->s->a;
	struct str name = files_line(dir, "name", a), *names;
	size_t n;

	if (!file_exists(arena_strf(a, "%s/task.yaml", dir).p))
		return true;
	if (name.n == 0)
		name = folder;
	if (!is_wanted(r->tasks, name))
		return true;
	r->s->n_tasks++;
	if (!list(dir, a, &names, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct str sub = arena_strf(a, "%s/%.*s", dir, STR(names[i]));
		struct str source = files_line(sub.p, "source", a);
		struct source_state *one;

		if (source.n == 0 || !is_wanted(r->sources, source))
			continue;
		one = add(r->s, &r->room);
		*one = (struct source_state){ .task = name, .source = source };
		one->key = arena_strf(a, "%.*s/%.*s", STR(folder), STR(names[i]));
		read_source(one, sub.p, a);
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct source_state *x = a, *y = b;
	int order = str_compare(x->task, y->task);

	return order ? order : str_compare(x->source, y->source);
}

#define FORMAT 1	/* as home_format of the driver */

/* What a newer driver keeps may mean something else. */
static bool check_format(struct state *s, struct str home, struct err *e)
{
	struct str kept = files_line(arena_strf(&s->a, "%.*s", STR(home)).p, "format", &s->a);
	uint64_t format;

	if (kept.n == 0 || (str_to_u64(kept, &format) && format <= FORMAT))
		return true;
	return err_set(e, &err_config, "what is kept in '%.*s' is of format '%.*s', and this program reads up to %d; use the one that wrote it",
		       STR(home), STR(kept), FORMAT);
}

bool state_read(struct state *s, struct str home, const struct opt_list *tasks, const struct opt_list *sources, struct err *e)
{
	struct reading r = { .s = s, .tasks = tasks, .sources = sources };
	struct str *folders;
	size_t n;

	arena_clear(&s->a);
	s->sources = NULL;
	s->n = s->n_tasks = 0;
	if (!check_format(s, home, e) || !list(arena_strf(&s->a, "%.*s/tasks", STR(home)).p, &s->a, &folders, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!read_task(&r, arena_strf(&s->a, "%.*s/tasks/%.*s", STR(home), STR(folders[i])).p, folders[i], e))
			return false;
	if (s->n > 1)
		qsort(s->sources, s->n, sizeof(*s->sources), compare);
	return true;
}

void state_release(struct state *s)
{
	arena_release(&s->a);
}

static bool has(const struct state *s, const char *name, bool task)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_is(task ? s->sources[i].task : s->sources[i].source, name))
			return true;
	return false;
}

bool state_has(const struct state *s, const struct opt_list *tasks, const struct opt_list *sources, struct err *e)
{
	for (size_t i = 0; i < tasks->n && sources->n == 0; i++)
		if (!has(s, tasks->items[i], true))
			return err_set(e, &err_config, "task '%s' is not there; see 'dm query-status'", tasks->items[i]);
	for (size_t i = 0; i < sources->n; i++)
		if (!has(s, sources->items[i], false))
			return err_set(e, &err_config, "no task that is shown has a source '%s'", sources->items[i]);
	return true;
}
