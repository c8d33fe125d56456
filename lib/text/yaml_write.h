/*
 * yaml_write.h - a tree as YAML again: one key or item a line, without comments and anchors.
 *
 * Pure: tree in, text out. Callers: dm-secret.
 */
#ifndef TEXT_YAML_WRITE_H
#define TEXT_YAML_WRITE_H

#include "base/buf.h"
#include "text/yaml.h"

/* hide tells the keys whose values nobody is to see: '******' stands there. */
void yaml_put(struct buf *b, const struct yaml_node *root, bool (*hide)(struct str key));

#endif
