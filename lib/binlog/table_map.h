/*
 * table_map.h - what a table map event says about the columns of the rows that follow it.
 *
 * The types with their metadata always; signedness, charsets, names, labels and the primary key only where the
 * server was told to write them (binlog_row_metadata; 5.6, 5.7 and MariaDB write none of it by default). Everything
 * lives in the arena that was given, or is borrowed from the event. Pure. Callers: dm-relay.
 */
#ifndef BINLOG_TABLE_MAP_H
#define BINLOG_TABLE_MAP_H

#include "base/arena.h"
#include "base/err.h"

/* The servers' numbers. */
enum column_type {
	TYPE_DECIMAL_OLD = 0, TYPE_TINY = 1, TYPE_SHORT = 2, TYPE_LONG = 3, TYPE_FLOAT = 4, TYPE_DOUBLE = 5,
		TYPE_NULL = 6,
	TYPE_TIMESTAMP = 7, TYPE_LONGLONG = 8, TYPE_INT24 = 9, TYPE_DATE = 10, TYPE_TIME = 11, TYPE_DATETIME = 12,
	TYPE_YEAR = 13, TYPE_NEWDATE = 14, TYPE_VARCHAR = 15, TYPE_BIT = 16, TYPE_TIMESTAMP2 = 17, TYPE_DATETIME2 = 18,
	TYPE_TIME2 = 19, TYPE_TYPED_ARRAY = 20, TYPE_BLOB_COMPRESSED = 140, TYPE_VARCHAR_COMPRESSED = 141,
	TYPE_VECTOR = 242, TYPE_JSON = 245, TYPE_NEWDECIMAL = 246, TYPE_ENUM = 247, TYPE_SET = 248, TYPE_TINY_BLOB =
		249,
	TYPE_MEDIUM_BLOB = 250, TYPE_LONG_BLOB = 251, TYPE_BLOB = 252, TYPE_VAR_STRING = 253, TYPE_STRING = 254,
	TYPE_GEOMETRY = 255,
};

enum { COLLATION_BINARY = 63 };

struct map_column {
	uint8_t type;			/* TYPE_ENUM and TYPE_SET stand for themselves here */
	bool nullable;
	uint16_t length;		/* char, varchar: at most so many bytes; bit: bits; blob and its like,
					 * enum, set: bytes of the length or number; float, double: bytes */
	uint8_t digits;			/* behind the point: temporal types, decimal */
	uint8_t precision;		/* decimal */
	bool has_sign, is_unsigned;	/* of numbers */
	bool has_collation;
	uint16_t collation;
	bool has_geometry;
	uint8_t geometry;		/* 0 geometry, 1 point, 2 linestring, 3 polygon, 4 to 6 multi, 7 collection */
	bool invisible;
	struct str name;		/* "" where it is not said */
	size_t n_labels;
	struct str *labels;		/* of enum and set, in UTF-8 */
};

struct map_key_part {
	size_t column;
	uint64_t prefix;		/* characters; 0: the whole */
};

struct table_map {
	struct str schema, table;
	size_t n_columns;
	struct map_column *columns;
	bool has_names;
	size_t n_primary;
	struct map_key_part *primary;
};

/* body: of the event, behind the id. */
bool table_map_decode(struct table_map *map, struct arena *a, struct str body, bool mariadb, struct err *e);

/* As in COLUMN_TYPE, as far as the map tells: "int(11)" is "int". */
struct str map_column_type_text(const struct map_column *column, struct arena *a);

/* 1 for TINY ... 8 for LONGLONG; 0 for what is no integer. */
unsigned integer_size(uint8_t type);

#endif
