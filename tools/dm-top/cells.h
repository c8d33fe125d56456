/*
 * cells.h - the columns of the screen: which there are, how wide, and what stands in one.
 */
#ifndef DM_TOP_CELLS_H
#define DM_TOP_CELLS_H

#include "view.h"

enum column { TASK, SOURCE, STAGE, UNIT, PROGRESS, RATE, BYTES, ROWS, HISTORY_LINE, PLACE };
enum { COLUMNS = PLACE + 1, GAP = 2 };

/* Columns of each; 0: it is not shown. */
struct layout {
	size_t width[COLUMNS];
};

#define RED "31"
#define GREEN "32"
#define YELLOW "33"
#define CYAN "36"
#define DIM "2"
#define BOLD "1"

/* The columns that fit. */
struct layout layout_plan(const struct look *look, const struct state *s, size_t columns);

/* A cell of exactly so many columns; colour may be NULL. */
void cell_put(struct buf *b, const struct look *look, struct str text, size_t width, bool right, const char *colour);

/* What one column shows of a source. same_task: its task stands in the row above already. */
void cell_put_column(struct buf *b, const struct look *look, const struct source_state *s, const struct rate *rate, enum column c,
		     size_t width, bool same_task);

#endif
