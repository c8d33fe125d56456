/* event.c - single events: headers, checksums, GTIDs, statements, and what must stop a reader. */
#include "binlog/event.h"

#include <stdlib.h>
#include <zlib.h>

#include "tests.h"

static struct binlog_decoder decoder;
static struct binlog_event ev;
static struct err e;
static uint8_t raw[8192];
static size_t raw_n;

static void put_le(uint8_t *at, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		at[i] = (uint8_t)v;
}

/* An event of this type and body, in raw; with a checksum. */
static void make(uint8_t type, unsigned flags, const char *body)
{
	size_t n = BINLOG_HEADER_SIZE + from_hex(body, raw + BINLOG_HEADER_SIZE, sizeof(raw) - BINLOG_HEADER_SIZE - 4);

	memset(raw, 0, BINLOG_HEADER_SIZE);
	put_le(raw, 1700000000, 4);
	raw[4] = type;
	put_le(raw + 5, 7, 4);
	put_le(raw + 9, n + 4, 4);
	put_le(raw + 13, 5000, 4);
	put_le(raw + 17, flags & ~1u, 2);
	put_le(raw + n, crc32(0, raw, (uInt)n), 4);
	raw[17] |= flags & 1;
	raw_n = n + 4;
}

/* From memory that ends where the event does. */
static bool decode_exact(void)
{
	uint8_t *exact = mem_alloc(raw_n);
	bool ok;

	memcpy(exact, raw, raw_n);
	e = (struct err){ 0 };
	ok = binlog_decode(&decoder, &ev, (struct str){ (char *)exact, raw_n }, false, &e);
	free(exact);
	return ok;
}

/* The same, kept readable. */
static bool decode(uint8_t type, unsigned flags, const char *body)
{
	make(type, flags, body);
	e = (struct err){ 0 };
	return binlog_decode(&decoder, &ev, (struct str){ (char *)raw, raw_n }, false, &e);
}

static bool refused(uint8_t type, unsigned flags, const char *body, const struct err_kind *kind)
{
	return !decode(type, flags, body) && e.kind == kind;
}

/* A format description: version text, 42 post-header sizes, checksum kind. */
static bool give_format(const char *version, unsigned kind, unsigned flags)
{
	char body[1000] = "0400";
	size_t at = 4;

	for (size_t i = 0; i < 50; i++)
		at += (size_t)snprintf(body + at, sizeof(body) - at, "%02x", i < strlen(version) ? version[i] : 0);
	at += (size_t)snprintf(body + at, sizeof(body) - at, "0000000013");
	for (size_t i = 1; i <= 42; i++)
		at += (size_t)snprintf(body + at, sizeof(body) - at, "%02x", i == 2 ? 13 : i == 19 ? 8 : i >= 30 && i <= 32 ? 10 : 8);
	snprintf(body + at, sizeof(body) - at, "%02x", kind);
	return decode(BINLOG_FORMAT, flags, body);
}

static void the_format_is_read(void)
{
	CHECK(give_format("9.7.4-2", 1, 1));
	CHECK(decoder.has_format && decoder.format.version == 90704 && !decoder.format.mariadb && decoder.format.in_use);
	CHECK(decoder.format.checksum == CHECKSUM_CRC32 && decoder.format.n_types == 42);
	CHECK(give_format("10.11.19-MariaDB-log", 0, 0));
	CHECK(decoder.format.mariadb && decoder.format.version == 101119 && decoder.format.checksum == CHECKSUM_NONE);
	CHECK(!decoder.format.in_use);
	CHECK(!give_format("9.7.4", 7, 0) && e.kind == &err_binlog_unknown);
	raw[30] ^= 1;
	CHECK(!decode_exact() && e.kind == &err_binlog_checksum);
	/* as MariaDB sends it from a log without checksums, changed and not summed up anew */
	CHECK(give_format("10.11.19-MariaDB-log", 0, 0));
	raw[0] ^= 1;
	CHECK(decode_exact() && decoder.format.checksum == CHECKSUM_NONE);
	raw[19 + 2 + 50] ^= 1;
	CHECK(!decode_exact() && e.kind == &err_binlog_checksum);
	CHECK(give_format("9.7.4-2", 1, 0));
}

static void checksums_are_verified(void)
{
	CHECK(decode(BINLOG_XID, 0, "0100000000000000"));
	for (size_t i = 0; i < raw_n; i++) {
		raw[i] ^= 0x10;
		CHECK(!decode_exact());
		raw[i] ^= 0x10;
	}
	CHECK(decode_exact());
	binlog_decoder_restart(&decoder);	/* nothing was said about checksums: the bytes tell */
	CHECK(decode(BINLOG_ROTATE, BINLOG_FLAG_ARTIFICIAL, "0400000000000000 612e303031"));
	CHECK(str_is(ev.rotate.file, "a.001") && ev.rotate.pos == 4);
	raw_n -= 4;
	put_le(raw + 9, raw_n, 4);
	CHECK(decode_exact() && ev.rotate.file.n == 5);
	CHECK(give_format("9.7.4-2", 1, 0));
}

static void unknown_events_stop_a_reader_unless_they_may_be_ignored(void)
{
	CHECK(refused(77, 0, "00", &err_binlog_unknown));
	CHECK(decode(77, BINLOG_FLAG_IGNORABLE, "00") && ev.ignore);
	CHECK(decode(BINLOG_ROWS_QUERY, 0, "00") && ev.ignore);
	CHECK(refused(BINLOG_INCIDENT, 0, "0100 04 6c6f7374", &err_binlog_lost));
	CHECK(strstr(e.text, "'lost'"));
	CHECK(refused(20, 0, "00", &err_binlog_unknown));		/* rows of 5.1 */
}

static bool gtid_is(const char *want)
{
	struct buf b = BUF_INIT(200);
	bool ok;

	gtid_put(&b, &ev.gtid.gtid);
	ok = str_is(buf_str(&b), want);
	buf_release(&b);
	return ok;
}

static void gtids_of_all_ages_are_read(void)
{
	CHECK(decode(BINLOG_GTID, 0, "00 acce6cb4e55311f1966302fc00000001 1700000000000000"));
	CHECK(gtid_is("acce6cb4-e553-11f1-9663-02fc00000001:23") && ev.gtid.commit_us == 0);
	CHECK(decode(BINLOG_GTID, 0, "00 acce6cb4e55311f1966302fc00000001 1700000000000000 02 0000000000000000 0100000000000000"
		     "40420f00000000"));
	CHECK(ev.gtid.commit_us == 1000000);
	CHECK(decode(BINLOG_GTID, 0, "00 acce6cb4e55311f1966302fc00000001 1700000000000000 02 0000000000000000 0100000000000000"
		     "40420f00000080 41420f00000000"));
	CHECK(ev.gtid.commit_us == 1000000);
	CHECK(decode(BINLOG_ANONYMOUS_GTID, 0, "00 00000000000000000000000000000000 0000000000000000"));
	CHECK(ev.gtid.gtid.flavor == GTID_NONE);
	CHECK(refused(BINLOG_GTID, 0, "00 acce6cb4e55311f1966302fc00000001 0000000000000000", &err_binlog_event));
	CHECK(refused(BINLOG_GTID, 0, "00 acce", &err_binlog_event));
	/* tagged: version, size, fields: flags, uuid (a byte of 128 or more takes two), number 5, tag, clock, commit time, ... */
	CHECK(decode(BINLOG_GTID_TAGGED, 0,
		     "026600000202b1023903d8d1029503a622c5035902c604f1030000000204140606616263"
		     "08000a040c0324f41021031283120b"));
	CHECK(gtid_is("acce6cb4-e553-11f1-9663-02fc00000001:abc:5") && ev.gtid.commit_us == 2000000);
	CHECK(refused(BINLOG_GTID_TAGGED, 0, "02 06 3a", &err_binlog_unknown));
	CHECK(refused(BINLOG_GTID_TAGGED, 0, "04 06 00", &err_binlog_event));
}

static void gtids_of_mariadb_are_read(void)
{
	CHECK(decode(BINLOG_MARIADB_GTID, 0, "1a00000000000000 02000000 29 000000000000"));
	CHECK(gtid_is("2-7-26") && ev.gtid.standalone && !ev.gtid.xa_prepared);
	CHECK(decode(BINLOG_MARIADB_GTID, 0, "1a00000000000000 00000000 0e 0500000000000000"));
	CHECK(!ev.gtid.standalone);
	CHECK(decode(BINLOG_MARIADB_GTID, 0, "1a00000000000000 00000000 4c 01000000 01 02 616263 00"));
	CHECK(ev.gtid.xa_prepared);
	CHECK(decode(BINLOG_MARIADB_GTID, 0, "1a00000000000000 00000000 29 02"));
	CHECK(ev.gtid.alter_start && !ev.gtid.alter_commit);
	CHECK(decode(BINLOG_MARIADB_GTID, 0, "1a00000000000000 00000000 29 04 0100000000000000"));
	CHECK(ev.gtid.alter_commit);
	CHECK(refused(BINLOG_MARIADB_GTID, 0, "1a00000000000000 00000000 4c 01000000 40 40 00", &err_binlog_event));
}

static void xa_transactions_are_named(void)
{
	CHECK(decode(BINLOG_XA_PREPARE, 0, "00 07000000 02000000 01000000 6731 62"));
	CHECK(!ev.xa_prepare.one_phase && ev.xa_prepare.xid.format == 7);
	CHECK(str_is(ev.xa_prepare.xid.gtrid, "g1") && str_is(ev.xa_prepare.xid.bqual, "b"));
	CHECK(decode(BINLOG_XA_PREPARE, 0, "01 ffffffff 01000000 00000000 67"));
	CHECK(ev.xa_prepare.one_phase && ev.xa_prepare.xid.format == -1 && ev.xa_prepare.xid.bqual.n == 0);
	CHECK(refused(BINLOG_XA_PREPARE, 0, "00 07000000 02000000 01000000 6731", &err_binlog_event));
	CHECK(refused(BINLOG_XA_PREPARE, 0, "00 07000000 41000000 01000000 6731", &err_binlog_event));
	CHECK(refused(BINLOG_XA_PREPARE, 0, "00 07000000 ffffffff ffffffff 6731", &err_binlog_event));
}

static void a_gtid_list_is_a_state(void)
{
	struct gtid_set set;
	struct buf b = BUF_INIT(200);

	gtid_set_init(&set);
	CHECK(decode(BINLOG_MARIADB_GTID_LIST, 0, "03000010 00000000 01000000 0500000000000000"
		     "00000000 02000000 0900000000000000 07000000 01000000 0300000000000000"));
	CHECK(binlog_gtid_list_add(&ev.gtid_list, &set, &e));
	gtid_set_text(&set, &b);
	CHECK(str_is(buf_str(&b), "0-2-9,7-1-3"));
	CHECK(decode(BINLOG_MARIADB_GTID_LIST, 0, "00000000 0000") && ev.gtid_list.n == 0);
	CHECK(refused(BINLOG_MARIADB_GTID_LIST, 0, "ffffff0f 00000000", &err_binlog_event));
	buf_release(&b);
	gtid_set_release(&set);
}

static void statements_are_read_with_their_variables(void)
{
	struct buf b = BUF_INIT(1000);

	/* flags2, sql_mode ANSI_QUOTES, catalog, charset 8 8 45, time zone UTC, microseconds, one not known */
	CHECK(decode(BINLOG_QUERY, 0, "01000000 00000000 01 0000 2400 00 00000000 01 0400000000000000 06 03 737464 04 0800 0800 2d00"
		     "05 03 555443 0d 40e201 c8 73 00 66726564"));
	CHECK(str_is(ev.query.schema, "s") && str_is(ev.query.text, "fred"));
	CHECK(ev.query.has_charset && ev.query.client == 8 && ev.query.server == 45);
	CHECK(str_is(ev.query.time_zone, "UTC") && ev.query.has_microseconds && ev.query.microseconds == 123456);
	binlog_sql_mode_put(&b, ev.query.sql_mode | UINT64_C(1) << 32, false);
	CHECK(str_is(buf_str(&b), "ANSI_QUOTES,TIME_TRUNCATE_FRACTIONAL"));
	buf_clear(&b);
	binlog_sql_mode_put(&b, ev.query.sql_mode | UINT64_C(1) << 32, true);
	CHECK(str_is(buf_str(&b), "ANSI_QUOTES,EMPTY_STRING_IS_NULL"));
	buf_release(&b);
	CHECK(refused(BINLOG_QUERY, 0, "01000000 00000000 09 0000 0000 73 00", &err_binlog_event));
	CHECK(refused(BINLOG_QUERY, 0, "01000000 00000000 00 0000 ff00 73 00", &err_binlog_event));
}

static void heartbeats_tell_a_place(void)
{
	CHECK(decode(BINLOG_HEARTBEAT, 0, "612e303031") && ev.heartbeat.pos == 5000 && str_is(ev.heartbeat.file, "a.001"));
	CHECK(decode(BINLOG_HEARTBEAT_V2, 0, "01 05 612e303031 02 09 fe0000000002000000 00"));
	CHECK(ev.heartbeat.pos == UINT64_C(0x200000000) && str_is(ev.heartbeat.file, "a.001"));
	CHECK(refused(BINLOG_HEARTBEAT_V2, 0, "01 05 612e303031 00", &err_binlog_event));
	CHECK(refused(BINLOG_HEARTBEAT, 0, "", &err_binlog_event));
	CHECK(refused(BINLOG_HEARTBEAT, 0, "61ff", &err_binlog_event));
	CHECK(refused(BINLOG_ROTATE, 0, "0400000000000000", &err_binlog_event));
	CHECK(refused(BINLOG_ROTATE, 0, "0400000000000000 c0", &err_binlog_event));
}

static void rows_are_found_behind_their_header(void)
{
	CHECK(decode(BINLOG_WRITE_ROWS, 0, "720000000000 1100 0500 01 0000 02 ff 0001"));
	CHECK(ev.rows.kind == ROWS_INSERT && ev.rows.table_id == 0x72 && ev.rows.statement_end && ev.rows.n_columns == 2);
	CHECK(ev.rows.after && !ev.rows.before && ev.rows.images.n == 2);
	CHECK(decode(BINLOG_UPDATE_ROWS_V1, 0, "720000000000 0000 02 ff 0f 0001"));
	CHECK(ev.rows.before[0] == 0xff && ev.rows.after[0] == 0x0f && ev.rows.images.n == 2);
	CHECK(decode(BINLOG_DELETE_ROWS_V1, 0, "720000000000 0000 02 ff 0001") && ev.rows.before && !ev.rows.after);
	CHECK(decode(BINLOG_WRITE_ROWS_V1, 0, "ffffff000000 0100 00"));
	CHECK(refused(BINLOG_WRITE_ROWS_V1, 0, "720000000000 0100 00", &err_binlog_event));
	CHECK(refused(BINLOG_WRITE_ROWS, 0, "720000000000 1100 0100 02 ff", &err_binlog_event));
	CHECK(refused(BINLOG_WRITE_ROWS, 0, "720000000000 1100 ff00 02 ff", &err_binlog_event));
	CHECK(refused(BINLOG_WRITE_ROWS, 0, "720000000000 1100 0200 fd0000ff", &err_binlog_event));
}

static void compressed_events_become_plain_ones(void)
{
	CHECK(decode(BINLOG_MARIADB_WRITE_ROWS_COMPRESSED_V1, 0, "720000000000 0000 02 ff 8105 789c4b4c04020005b401e6"));
	CHECK(ev.head.type == BINLOG_WRITE_ROWS_V1 && str_is(ev.rows.images, "aaaaa"));
	CHECK(decode(BINLOG_MARIADB_QUERY_COMPRESSED, 0, "01000000 00000000 01 0000 0000 73 00 8105 789c4b4c04020005b401e6"));
	CHECK(ev.head.type == BINLOG_QUERY && str_is(ev.query.text, "aaaaa"));
	CHECK(refused(BINLOG_MARIADB_QUERY_COMPRESSED, 0, "01000000 00000000 01 0000 0000 73 00 8104 789c4b4c04020005b401e6",
		      &err_binlog_event));
	CHECK(refused(BINLOG_MARIADB_QUERY_COMPRESSED, 0, "01000000 00000000 01 0000 0000 73 00 84ffffffff 789c4b4c04020005b401e6",
		      &err_binlog_event));
	CHECK(refused(BINLOG_MARIADB_QUERY_COMPRESSED, 0, "01000000 00000000 01 0000 0000 73 00 9105 789c4b4c", &err_binlog_unknown));
}

static void files_are_known_by_their_first_bytes(void)
{
	CHECK(binlog_magic_check(STR_LIT("\xfe" "bin"), &e));
	CHECK(!binlog_magic_check(STR_LIT("\xfd" "bin"), &e) && strstr(e.text, "encrypted"));
	CHECK(!binlog_magic_check(STR_LIT("PK\3\4"), &e) && e.kind == &err_binlog_file);
	CHECK(!binlog_magic_check(STR_LIT("\xfe" "bi"), &e));
}

void test_event(void)
{
	binlog_decoder_init(&decoder);
	RUN(the_format_is_read);
	RUN(checksums_are_verified);
	RUN(unknown_events_stop_a_reader_unless_they_may_be_ignored);
	RUN(gtids_of_all_ages_are_read);
	RUN(gtids_of_mariadb_are_read);
	RUN(xa_transactions_are_named);
	RUN(a_gtid_list_is_a_state);
	RUN(statements_are_read_with_their_variables);
	RUN(heartbeats_tell_a_place);
	RUN(rows_are_found_behind_their_header);
	RUN(compressed_events_become_plain_ones);
	RUN(files_are_known_by_their_first_bytes);
	binlog_decoder_release(&decoder);
}
