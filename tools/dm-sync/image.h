/*
 * image.h - row images that do not hold all columns: what is there, and whether that is enough.
 *
 * An UPDATE needs what finds its row; a column that its image after the change does not hold did not change. An
 * INSERT leaves the columns out that its image does not hold, and they get their default, which must be the same at
 * both ends. Nothing that is absent is ever taken for NULL. Pure.
 */
#ifndef SYNC_IMAGE_H
#define SYNC_IMAGE_H

#include "shape.h"
#include "stream/rows.h"

/* A whole row can be written: each column is there, or, of operations on a document, the document before. */
bool image_is_whole(const struct shape *shape, const struct row_value *before, const struct row_value *after);

/* The key that finds the row: all its columns are there, and none is NULL. NULL: all columns together must. */
const struct shape_key *image_key(const struct shape *shape, const struct row_value *values);

/* Do the values find their row? False: names of the columns that are missing are in lacking. */
bool image_finds_row(const struct shape *shape, const struct row_value *values, struct buf *lacking);

/* Do the absent columns of an insert have the same defaults at both ends? False, with the name of the first that
 * has not. */
bool image_defaults_agree(const struct shape *shape, const struct row_value *after, struct str *column);

/* A column that the upstream generates, the downstream does not, and the log does not hold: nobody knows it then.
 * MySQL leaves such a column out of an update where it did not change; unchanged: that may be so. */
bool image_lacks_generated(const struct shape *shape, const struct row_value *values, bool unchanged,
			   struct str *column);

/* The row after the change as far as both images tell it, into to. */
void image_merge(const struct shape *shape, const struct row_value *before, const struct row_value *after,
		 struct row_value *to);

#endif
