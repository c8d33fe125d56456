/* checkpoint.c - the place and all that belongs to it; see checkpoint.h */
#include "checkpoint.h"

#include <stdlib.h>

#include "base/log.h"
#include "target.h"
#include "text/json_write.h"

#define PLACE_MAX 1024
#define GTIDS_MAX (64 << 20)
#define PARTLY_MAX ((size_t)1 << 30)
#define ANNOUNCED_MAX ((size_t)1 << 30)

static const struct err_kind err_gap = {
	.code = 36502, .class = "sync-unit", .scope = SCOPE_UPSTREAM, .level = LEVEL_HIGH, .status = STATUS_DATA,
	.workaround = "start dm-relay from what 'dm-meta checkpoint get' prints; to leave the changes between out, move the checkpoint first",
};

/* What is to be written: a structure (schema, table, line) or a state (stage, key, value). */
struct note {
	bool is_state;
	bool gone;
	bool of_place;			/* it says something of the place, not of what is read behind it */
	bool first;			/* what was told first of a table holds for all that was read before, too */
	bool due;			/* it goes into this write */
	char *text;			/* all three, one after the other */
	struct str a, b, line;
	char *place;			/* the first boundary behind it; NULL: none was read yet */
};

void anchor_init(struct anchor *at)
{
	buf_init(&at->pos, PLACE_MAX);
	buf_init(&at->resume, PLACE_MAX);
	gtid_set_init(&at->gtids);
}

void anchor_release(struct anchor *at)
{
	buf_release(&at->pos);
	buf_release(&at->resume);
	gtid_set_release(&at->gtids);
}

void checkpoint_init(struct checkpoint *cp)
{
	memset(cp, 0, sizeof(*cp));
	cp->writes = (uint64_t)clock_ms();
	buf_init(&cp->place, PLACE_MAX);
	buf_init(&cp->resume, PLACE_MAX);
	buf_init(&cp->exit, PLACE_MAX);
	buf_init(&cp->safe, PLACE_MAX);
	buf_init(&cp->applied, PLACE_MAX);
	buf_init(&cp->partly, PARTLY_MAX);
	buf_init(&cp->announced, ANNOUNCED_MAX);
	gtid_set_init(&cp->gtids);
	gtid_set_init(&cp->applied_gtids);
	anchor_init(&cp->anchor);
	map_init(&cp->seen);
	arena_init(&cp->key);
}

/* Those that were written, or all. */
static void drop_notes(struct checkpoint *cp, bool all)
{
	size_t kept = 0, ripe = 0, placed = 0;

	for (size_t i = 0; i < cp->n_notes; i++) {
		struct note *note = &cp->notes[i];

		if (all || (i < cp->n_ripe && note->due)) {
			free(note->text);
			free(note->place);
			continue;
		}
		ripe += i < cp->n_ripe;
		placed += i < cp->n_placed;
		cp->notes[kept++] = *note;
	}
	cp->n_notes = kept;
	cp->n_ripe = ripe;
	cp->n_placed = placed;
}

void checkpoint_release(struct checkpoint *cp)
{
	drop_notes(cp, true);
	free(cp->notes);
	anchor_release(&cp->anchor);
	map_release(&cp->seen);
	arena_release(&cp->key);
	buf_release(&cp->place);
	buf_release(&cp->resume);
	buf_release(&cp->exit);
	buf_release(&cp->safe);
	buf_release(&cp->applied);
	buf_release(&cp->partly);
	buf_release(&cp->announced);
	gtid_set_release(&cp->gtids);
	gtid_set_release(&cp->applied_gtids);
	if (cp->open)
		meta_release(&cp->meta);
	cp->open = false;
}

void anchor_copy(struct anchor *to, const struct anchor *from)
{
	buf_set(&to->pos, buf_str(&from->pos));
	buf_set(&to->resume, buf_str(&from->resume));
	gtid_set_copy(&to->gtids, &from->gtids);
}

void checkpoint_here(const struct checkpoint *cp, struct anchor *at)
{
	buf_set(&at->pos, buf_str(&cp->place));
	buf_set(&at->resume, buf_str(&cp->resume));
	gtid_set_copy(&at->gtids, &cp->gtids);
}

/* Where a run begins, only the next place tells whether the stream wants an earlier one. */
void checkpoint_set_anchor(struct checkpoint *cp, const struct anchor *at)
{
	cp->moved = true;
	if (at)
		anchor_copy(&cp->anchor, at);
	cp->loose = !at && cp->anchored && !cp->has_moved;
	cp->anchored = at || cp->loose;
}

static void put_place(struct buf *b, struct str file, uint64_t pos)
{
	buf_clear(b);
	if (file.n)
		buf_putf(b, "%.*s:%llu", STR(file), (unsigned long long)pos);
}

/* The applied place is the checkpoint's own, but for a checkpoint whose restart must read from an earlier one. A write
 * before the place moves must leave both as they are. */
static void set_applied(struct checkpoint *cp, const struct meta_place *place)
{
	cp->applied_state = place->applied.n > 0;
	if (cp->applied_state) {
		buf_set(place->anchored ? &cp->anchor.pos : &cp->resume, buf_str(&cp->place));
		buf_set(&cp->place, place->applied);
	}
	cp->anchored = cp->loose = place->anchored;
	buf_set(&cp->applied, buf_str(&cp->place));
}

/* The set that belongs to what is applied, and that of the place where a restart reads from. */
static bool set_gtids(struct checkpoint *cp, const struct meta_place *place, struct err *e)
{
	struct str applied = place->anchored ? place->applied_gtid : place->gtid;

	cp->gtids_known = applied.n > 0;
	if (!gtid_set_parse(&cp->applied_gtids, applied, e) || !gtid_set_parse(&cp->anchor.gtids, place->gtid, e))
		return false;
	gtid_set_copy(&cp->gtids, &cp->applied_gtids);
	return true;
}

static bool read_place(struct checkpoint *cp, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct meta_place place = { 0 };
	bool ok = meta_place_get(&cp->meta, &a, &place, e);

	if (ok && place.exists) {
		put_place(&cp->place, place.file, place.pos);
		put_place(&cp->exit, place.exit_file, place.exit_pos);
		put_place(&cp->safe, place.exit_file, place.exit_pos);
		set_applied(cp, &place);
		ok = set_gtids(cp, &place, e);
	}
	arena_release(&a);
	return ok || err_at(e, "checkpoint of source '%.*s'", STR(cp->meta.source));
}

bool checkpoint_open(struct checkpoint *cp, struct conn *c, struct str schema, struct str task, struct str source,
		     struct err *e)
{
	if (!meta_open(&cp->meta, c, schema, task, source, e))
		return false;
	cp->open = true;
	cp->written_ms = clock_ms();
	return meta_lease_take(&cp->meta, e) && read_place(cp, e);
}

/* "mysql-bin" of "mysql-bin.000002:4": places of logs of different names have no order. */
static struct str log_name(struct str pos)
{
	struct str file, name;
	uint64_t at;

	if (!event_pos_parse(pos, &file, &at) || !str_cut_last(file, '.', &name, NULL))
		return STR_NONE;
	return name;
}

static bool comparable(struct str a, struct str b)
{
	struct str name = log_name(a);

	return name.n > 0 && str_eq(name, log_name(b));
}

/* Where both ends say which transactions they hold, that decides, since another server may count places anew. */
static bool starts_late(const struct checkpoint *cp, const struct gtid_set *start, struct str pos)
{
	if (!gtid_set_is_empty(start) && !gtid_set_is_empty(&cp->applied_gtids))
		return !gtid_set_contains_set(&cp->applied_gtids, start);
	return comparable(pos, buf_str(&cp->applied)) && event_pos_compare(pos, buf_str(&cp->applied)) > 0;
}

bool checkpoint_start(struct checkpoint *cp, const struct event_head *stream, struct err *e)
{
	struct gtid_set start;
	bool ok;

	gtid_set_init(&start);
	ok = gtid_set_parse(&start, stream->gtid, e) || err_at(e, "the head of the stream");
	if (ok && cp->applied.n && starts_late(cp, &start, stream->pos))
		ok = err_set(e, &err_gap,
			     "the stream starts at %.*s, behind the checkpoint %.*s%s%.*s: changes between them would be lost",
			     STR(stream->pos), STR(buf_str(&cp->applied)), stream->gtid.n ? ", at GTID set " : "",
			     STR(stream->gtid));
	if (ok && (cp->applied.n == 0 || (!cp->gtids_known && str_eq(stream->pos, buf_str(&cp->applied))))) {
		gtid_set_copy(&cp->gtids, &start);
		cp->gtids_known = stream->gtid.p != NULL;
		buf_set(&cp->place, stream->pos);
	}
	if (ok && cp->applied.n && comparable(stream->pos, buf_str(&cp->applied)) &&
	    event_pos_compare(stream->pos, buf_str(&cp->applied)) < 0)
		log_notice("the stream starts at %.*s: what lies before the checkpoint %.*s was applied already, and is skipped",
			   STR(stream->pos), STR(buf_str(&cp->applied)));
	gtid_set_release(&start);
	return ok;
}

bool checkpoint_set_exit(struct checkpoint *cp, struct str pos_end)
{
	if (comparable(pos_end, buf_str(&cp->applied)) && event_pos_compare(pos_end, buf_str(&cp->applied)) <= 0)
		return false;
	buf_set(&cp->exit, pos_end);
	buf_set(&cp->safe, pos_end);
	return true;
}

/* Can GTIDs tell? Where only one end has any, or they are of different kinds, places do. */
static bool gtid_tells(const struct checkpoint *cp, struct str gtid, bool *yes)
{
	struct gtid own = { 0 };
	struct err ignored = { 0 };

	if (gtid.n == 0 || gtid_set_is_empty(&cp->applied_gtids) || !gtid_parse(&own, gtid, &ignored) ||
	    own.flavor != cp->applied_gtids.flavor)
		return false;
	*yes = gtid_set_contains(&cp->applied_gtids, &own);
	return true;
}

bool checkpoint_has(const struct checkpoint *cp, struct str pos, struct str gtid)
{
	struct str applied = buf_str(&cp->applied);
	bool yes;

	if (gtid_tells(cp, gtid, &yes))
		return yes;
	return applied.n > 0 && comparable(pos, applied) && event_pos_compare(pos, applied) < 0;
}

bool checkpoint_covers(const struct checkpoint *cp, struct str pos, struct str gtid)
{
	struct str applied = buf_str(&cp->applied);
	bool yes;

	return checkpoint_has(cp, pos, gtid) || (applied.n > 0 && !gtid_tells(cp, gtid, &yes) && str_eq(pos, applied));
}

static bool add_gtid(struct checkpoint *cp, struct str text, struct err *e)
{
	struct gtid gtid = { 0 };

	return gtid_parse(&gtid, text, e) && gtid_set_add(&cp->gtids, &gtid, e);
}

void checkpoint_step_init(struct checkpoint_step *step)
{
	*step = (struct checkpoint_step){ .any = false };
	buf_init(&step->pos, PLACE_MAX);
	buf_init(&step->resume, PLACE_MAX);
}

void checkpoint_step_clear(struct checkpoint_step *step)
{
	step->any = step->commits = false;
	step->n_gtids = 0;
	buf_clear(&step->pos);
	buf_clear(&step->resume);
}

void checkpoint_step_release(struct checkpoint_step *step)
{
	buf_release(&step->pos);
	buf_release(&step->resume);
	free(step->gtids);
	checkpoint_step_init(step);
}

static bool is_behind(struct str pos, const struct buf *exit)
{
	return exit->n && comparable(pos, buf_str(exit)) && event_pos_compare(pos, buf_str(exit)) >= 0;
}

static void keep_gtid(struct checkpoint_step *step, struct str gtid)
{
	if (step->n_gtids == step->cap_gtids) {
		step->cap_gtids = step->cap_gtids ? step->cap_gtids * 2 : 64;
		step->gtids = mem_rearray(step->gtids, step->cap_gtids, sizeof(*step->gtids));
	}
	step->gtids[step->n_gtids++] = gtid;
}

void checkpoint_read(struct checkpoint *cp, struct str pos)
{
	for (; pos.n && cp->n_placed < cp->n_notes; cp->n_placed++)
		cp->notes[cp->n_placed].place = mem_text(pos);
}

void checkpoint_step_add(struct checkpoint_step *step, struct checkpoint *cp, const struct event_head *line, struct arena *a)
{
	step->any = true;
	step->notes = cp->noted;
	if (line->type == EVENT_COMMIT) {
		step->commits = true;
		buf_clear(&cp->applied);	/* of one server they come in order; another's are told by their GTIDs */
		if (line->gtid.n && cp->gtids_known)
			keep_gtid(step, arena_str(a, line->gtid));
	}
	if (line->pos.n == 0)
		return;
	checkpoint_read(cp, line->pos);
	buf_set(&step->pos, line->pos);
	buf_set(&step->resume, line->resume);
	if (is_behind(line->pos, &cp->safe)) {
		log_notice("safe mode ends at %.*s", STR(line->pos));
		buf_clear(&cp->safe);
	}
}

bool checkpoint_move(struct checkpoint *cp, const struct checkpoint_step *step, struct err *e)
{
	if (!step->any)
		return true;
	for (size_t i = 0; i < step->n_gtids; i++)
		if (!add_gtid(cp, step->gtids[i], e))
			return err_at(e, "a commit before %.*s", STR(buf_str(&step->pos)));
	cp->n_ripe = cp->n_notes - (size_t)(cp->noted - step->notes);
	cp->moved |= step->commits;
	if (step->pos.n == 0)
		return true;
	cp->has_moved = true;
	if (cp->loose)
		checkpoint_set_anchor(cp, NULL);
	cp->moved |= !str_eq(buf_str(&cp->place), buf_str(&step->pos));
	buf_set(&cp->place, buf_str(&step->pos));
	buf_set(&cp->resume, buf_str(&step->resume));
	if (is_behind(buf_str(&step->pos), &cp->exit))
		buf_clear(&cp->exit);
	return buf_ok(&step->pos, "a place", e) && buf_ok(&step->resume, "a place", e);
}

static void add_note(struct checkpoint *cp, bool is_state, struct str a, struct str b, struct str line)
{
	struct note *note;

	if (cp->n_notes == cp->cap_notes) {
		cp->cap_notes = cp->cap_notes ? cp->cap_notes * 2 : 16;
		cp->notes = mem_rearray(cp->notes, cp->cap_notes, sizeof(*cp->notes));
	}
	note = &cp->notes[cp->n_notes++];
	cp->noted++;
	*note = (struct note){ .is_state = is_state, .gone = !line.p, .text = mem_alloc(a.n + b.n + line.n + 1) };
	/* What dm-relay knows of XA transactions it takes only together with the place. */
	note->of_place = is_state && (str_eq(a, SYNC_STAGE) || (str_is(a, "dm-relay") && str_is(b, "xa")));
	note->a = (struct str){ note->text, a.n };
	note->b = (struct str){ note->text + a.n, b.n };
	note->line = (struct str){ note->text + a.n + b.n, line.n };
	memcpy(note->text, a.p, a.n);
	if (b.n)
		memcpy(note->text + a.n, b.p, b.n);
	if (line.n)
		memcpy(note->text + a.n + b.n, line.p, line.n);
}

void checkpoint_note_change(struct checkpoint *cp, struct str schema, struct str table)
{
	arena_clear(&cp->key);
	map_put(&cp->seen, table_key(&cp->key, schema, table), cp);
}

void checkpoint_note_table(struct checkpoint *cp, struct str schema, struct str table, struct str line)
{
	bool first;

	arena_clear(&cp->key);
	first = line.p && !map_has(&cp->seen, table_key(&cp->key, schema, table));
	checkpoint_note_change(cp, schema, table);
	add_note(cp, false, schema, table, line);
	cp->notes[cp->n_notes - 1].first = first;
}

void checkpoint_note_state(struct checkpoint *cp, struct str stage, struct str key, struct str value)
{
	add_note(cp, true, stage, key, value);
}

void checkpoint_ripen(struct checkpoint *cp)
{
	cp->n_ripe = cp->n_notes;
}

void checkpoint_announce(struct checkpoint *cp, struct str value)
{
	buf_set(&cp->announced, value);
}

static bool write_note(struct checkpoint *cp, const struct note *note, struct err *e)
{
	if (note->is_state && note->gone)
		return meta_state_drop(&cp->meta, note->a, note->b, e);
	if (note->is_state)
		return meta_state_put(&cp->meta, note->a, note->b, note->line, e);
	if (note->gone)
		return meta_table_drop(&cp->meta, note->a, note->b, e);
	return meta_table_put(&cp->meta, note->a, note->b, note->line, e);
}

/* What the stream says behind the place where a restart reads from comes again: a restart must not know it before. Our own facts
 * are of now. */
static bool is_due(const struct checkpoint *cp, const struct note *note)
{
	struct str limit = checkpoint_base(cp);

	if (note->first || (note->is_state && str_eq(note->a, SYNC_STAGE)) || str_eq(limit, buf_str(&cp->place)))
		return true;
	if (note->of_place && !cp->anchored)
		return true;
	if (note->of_place)
		limit = buf_str(&cp->anchor.pos);
	return !note->place || event_pos_compare(str_of(note->place), limit) <= 0;
}

bool checkpoint_has_news(const struct checkpoint *cp)
{
	for (size_t i = 0; i < cp->n_ripe; i++)
		if (is_due(cp, &cp->notes[i]))
			return true;
	return cp->moved;
}

/* A later one of the same name takes its place in this write. */
static bool is_superseded(const struct checkpoint *cp, size_t i)
{
	const struct note *note = &cp->notes[i];

	for (size_t k = i + 1; note->is_state && k < cp->n_ripe; k++) {
		const struct note *later = &cp->notes[k];

		if (later->due && later->is_state && str_eq(later->a, note->a) && str_eq(later->b, note->b))
			return true;
	}
	return false;
}

/* Of an anchor, the applied place is told with its GTID set; of a place where the stream wants to be read from, it has none of its
 * own. The number makes each write another, where the place stays. */
static bool put_applied(const struct checkpoint *cp, struct buf *value, struct err *e)
{
	struct buf gtids = BUF_INIT(GTIDS_MAX);
	bool ok;

	if (!cp->anchored) {
		json_put_text(value, buf_str(&cp->place));
		return buf_ok(value, "a place", e);
	}
	if (cp->gtids_known)
		gtid_set_text(&cp->gtids, &gtids);
	buf_put_char(value, '{');
	json_put_key_text(value, "pos", buf_str(&cp->place));
	json_put_key_text(value, "gtid", buf_str(&gtids));
	json_put_key_u64(value, "write", cp->writes);
	buf_put_char(value, '}');
	ok = buf_ok(&gtids, "the GTID set of what is applied", e) && buf_ok(value, "a place", e);
	buf_release(&gtids);
	return ok;
}

static bool write_applied(struct checkpoint *cp, struct err *e)
{
	struct buf value = BUF_INIT(GTIDS_MAX);
	bool ok = true;

	if (cp->resume.n || cp->anchored) {
		ok = put_applied(cp, &value, e) && meta_state_put(&cp->meta, SYNC_STAGE, SYNC_APPLIED, buf_str(&value), e);
		cp->applied_state = true;
	} else if (cp->applied_state) {
		ok = meta_state_drop(&cp->meta, SYNC_STAGE, SYNC_APPLIED, e);
	}
	buf_release(&value);
	return ok;
}

static bool make_place(struct checkpoint *cp, struct meta_place *place, struct buf *gtids, struct err *e)
{
	struct str pos = checkpoint_base(cp);

	*place = (struct meta_place){ .exists = true };
	if (!event_pos_parse(pos, &place->file, &place->pos))
		return err_set(e, &err_stream_syntax, "'%.*s' is no place in a log", STR(pos));
	if (cp->exit.n)
		event_pos_parse(buf_str(&cp->exit), &place->exit_file, &place->exit_pos);
	if (cp->gtids_known)
		gtid_set_text(cp->anchored ? &cp->anchor.gtids : &cp->gtids, gtids);
	place->gtid = buf_str(gtids);
	return buf_ok(gtids, "the GTID set of the checkpoint", e);
}

/* What the stream wants now is not before what it wanted at the anchor. */
struct str checkpoint_base(const struct checkpoint *cp)
{
	if (cp->anchored)
		return cp->anchor.resume.n ? buf_str(&cp->anchor.resume) : buf_str(&cp->anchor.pos);
	return cp->resume.n ? buf_str(&cp->resume) : buf_str(&cp->place);
}

/* What the list said lies before the place now, but for a transaction that has not ended. */
static bool write_beside(struct checkpoint *cp, struct err *e)
{
	if (!cp->beside && !cp->partly.n)
		return true;
	return meta_applied_clear(&cp->meta, e) &&
	       (cp->partly.n == 0 ||
		meta_applied_put(&cp->meta, 0, 0, checkpoint_base(cp), buf_str(&cp->partly), e));
}

bool checkpoint_write(struct checkpoint *cp, struct err *e)
{
	struct buf gtids = BUF_INIT(GTIDS_MAX);
	struct meta_place place;
	bool ok = checkpoint_hold(cp, e) && (!cp->also || cp->also(cp->also_context, e));

	for (size_t i = 0; i < cp->n_ripe; i++)
		cp->notes[i].due = is_due(cp, &cp->notes[i]);
	for (size_t i = 0; ok && i < cp->n_ripe; i++)
		ok = !cp->notes[i].due || is_superseded(cp, i) || write_note(cp, &cp->notes[i], e);
	if (cp->announced.n)
		ok = ok && meta_state_put(&cp->meta, SYNC_STAGE, SYNC_DDL, buf_str(&cp->announced), e);
	if (cp->place.n)
		ok = ok && make_place(cp, &place, &gtids, e) && write_applied(cp, e) &&
		     meta_place_put(&cp->meta, &place, e);
	ok = ok && write_beside(cp, e);
	buf_release(&gtids);
	return ok || err_at(e, "checkpoint at %.*s", STR(buf_str(&cp->place)));
}

void checkpoint_written(struct checkpoint *cp)
{
	drop_notes(cp, false);
	buf_clear(&cp->announced);
	cp->also = NULL;
	if (cp->resume.n == 0 && !cp->anchored)
		cp->applied_state = false;
	cp->writes++;
	cp->moved = false;
	cp->beside = cp->partly.n > 0;
	cp->written_ms = clock_ms();
}

bool checkpoint_is_written(struct checkpoint *cp, bool *yes, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf gtids = BUF_INIT(GTIDS_MAX);
	struct meta_place ours = { 0 }, theirs = { 0 };
	struct str applied, announced;
	struct buf ours_applied = BUF_INIT(GTIDS_MAX);
	bool ok = make_place(cp, &ours, &gtids, e) && meta_place_get(&cp->meta, &a, &theirs, e);

	*yes = ok && theirs.exists && str_eq(ours.file, theirs.file) && ours.pos == theirs.pos;
	if (*yes && (cp->resume.n || cp->anchored)) {
		ok = put_applied(cp, &ours_applied, e) && meta_state_get(&cp->meta, &a, SYNC_STAGE, SYNC_APPLIED, &applied, e);
		*yes = ok && str_eq(applied, buf_str(&ours_applied));
	}
	/* What is written beside the place may be written twice, unless rows are: then there is an anchor. */
	if (cp->also && !cp->anchored)
		*yes = false;
	/* A statement may be announced where the place is written already. */
	if (*yes && cp->announced.n) {
		ok = meta_state_get(&cp->meta, &a, SYNC_STAGE, SYNC_DDL, &announced, e);
		*yes = ok && str_eq(announced, buf_str(&cp->announced));
	}
	buf_release(&ours_applied);
	buf_release(&gtids);
	arena_release(&a);
	return ok;
}

bool checkpoint_hold(struct checkpoint *cp, struct err *e)
{
	return meta_lease_hold(&cp->meta, e);
}
