/*
 * rowfile.c - a data file of a dump directory as rows of a table: a byte of flags (1 CSV, 2 no backslashes, 4 no header, 8 a mydumper's, 16 text
 * in latin1, 32 each column's own bytes, 64 its list says what it holds), one for how it is packed (0 plain, 1 gzip, 2 zstd, 3 the text is
 * packed here with gzip, 4 with zstd), and the content. Its rows are values of the table's columns, or it is refused; what was packed
 * here gives the rows that it gives as it is.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "../../tools/dm-load/rowfile.h"
#include "base/file.h"
#include "base/mem.h"
#include "text/utf8.h"

#define LIMIT (64 << 20)
#define NAME "t.x.sql"

static struct table table;
static char folder[100];
static int dir = -1;

static void remove_folder(void)
{
	unlinkat(dir, NAME, 0);
	rmdir(folder);
}

static void start(void)
{
	static const struct { const char *name, *type, *charset; bool generated, base64; } columns[] = {
		{ "id", "bigint(20) unsigned", "", false, false }, { "a", "varchar(20)", "utf8mb4", false, false },
		{ "l", "text", "latin1", false, false }, { "g", "char(5)", "gbk", false, false },
		{ "e", "enum('x','','3')", "utf8mb4", false, false }, { "s", "set('a','b')", "latin1", false, false },
		{ "b", "varbinary(9)", "", false, true }, { "n", "decimal(10,2)", "", false, false },
		{ "bt", "bit(9)", "", false, false }, { "f", "double", "", false, false }, { "d", "datetime(3)", "", false, false },
		{ "j", "json", "utf8mb4", false, false }, { "v", "int(11)", "", true, false }, { "y", "year(4)", "", false, false },
	};

	/* In memory where that can be: a disk wants to have each of the files. */
	snprintf(folder, sizeof(folder), "%s/fuzz-rowfile-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	MUST(mkdtemp(folder) && (dir = open(folder, O_RDONLY | O_DIRECTORY)) >= 0);
	atexit(remove_folder);
	table_init(&table, STR_LIT("t"), STR_LIT("x"));
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		struct column c = {
			.name = str_of(columns[i].name), .type = str_of(columns[i].type), .charset = str_of(columns[i].charset),
			.collation = STR_LIT(""), .def = STR_LIT(""), .nullable = true, .generated = columns[i].generated,
			.base64 = columns[i].base64,
		};

		table_add_column(&table, &c, i);
	}
}

static struct str gzip(struct str text, struct buf *out)
{
	z_stream z = { 0 };

	MUST(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text.p;
	z.avail_in = (uInt)text.n;
	z.next_out = (Bytef *)buf_room(out, text.n + 1000);
	z.avail_out = (uInt)text.n + 1000;
	MUST(z.next_out && deflate(&z, Z_FINISH) == Z_STREAM_END);
	out->n += z.total_out;
	deflateEnd(&z);
	return buf_str(out);
}

static struct str zstd(struct str text, struct buf *out)
{
	char *to = buf_room(out, ZSTD_compressBound(text.n));
	size_t n = to ? ZSTD_compress(to, ZSTD_compressBound(text.n), text.p, text.n, 1) : 0;

	MUST(to && !ZSTD_isError(n));
	out->n += n;
	return buf_str(out);
}

static void put_value(struct buf *out, const struct row_value *v)
{
	MUST(v->kind != VALUE_TEXT || utf8_valid(v->text));
	buf_putf(out, "%d:%zu:", v->kind, v->text.n);
	if (v->kind != VALUE_NULL && v->kind != VALUE_ABSENT)
		buf_put_str(out, v->text);
}

/* All rows, and what was told at the end. */
static bool read_all(struct buf *out, const struct row_form *form, struct load_file *file, struct str content)
{
	static struct rowfile *rf;
	struct err e = { 0 };
	bool more = true, ok;
	int fd = openat(dir, NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0 && file_write_all(fd, content.p, content.n));
	close(fd);
	rf = mem_alloc(sizeof(*rf));
	rowfile_init(rf);
	ok = rowfile_open(rf, dir, file, form, &table, &e);
	while (ok && more) {
		ok = rowfile_next(rf, &more, &e);
		for (size_t i = 0; ok && more && i < table.n_columns; i++)
			put_value(out, &rf->row[i]);
		buf_put_char(out, '\n');
	}
	rowfile_release(rf);
	free(rf);
	return settled(ok, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	unsigned flags = take_byte(&input), packed = (unsigned)take_byte(&input) % 5;
	struct row_form form = {
		.csv = { STR_LIT(","), STR_LIT("\""), STR_LIT(""), STR_LIT("\\N"), !(flags & 2) }, .csv_header = !(flags & 4),
		.backslash = !(flags & 2), .names_count = flags & 8,
		.charset = flags & 32 ? NULL : charset_of_name(flags & 16 ? STR_LIT("latin1") : STR_LIT("utf8mb4")),
	};
	struct load_file file = { .name = STR_LIT(NAME), .kind = DUMP_DATA, .csv = flags & 1, .schema = table.schema, .table = table.name };
	struct buf rows = BUF_INIT(LIMIT), again = BUF_INIT(LIMIT), small = BUF_INIT(LIMIT);
	bool ok;

	if (dir < 0)
		start();
	file.listed = flags & 64;
	file.bytes = input.n;
	file.packing = packed > 2 ? DUMP_PLAIN : (enum dump_packing)packed;
	ok = read_all(&rows, &form, &file, input);
	if (packed > 2) {
		file.packing = packed == 3 ? DUMP_GZIP : DUMP_ZSTD;
		MUST(read_all(&again, &form, &file, packed == 3 ? gzip(input, &small) : zstd(input, &small)) == ok);
		must_equal(buf_str(&rows), buf_str(&again), "rows of a packed file");
	}
	buf_release(&rows);
	buf_release(&again);
	buf_release(&small);
	return 0;
}
