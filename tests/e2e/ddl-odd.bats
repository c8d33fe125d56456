#!/usr/bin/env bats
# Statements under sessions that read them in their own way, and statements that nobody but the server understands.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers, names in back quotes

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb
	start_servers my_up=mysql my_down=mysql || rm -f "$BATS_FILE_TMPDIR/missing"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
}

# task UP DOWN [LINE ...]: from here on, for schema o.
task() {
	for server in "$1" "$2"; do
		sql "$server" "DROP DATABASE IF EXISTS o; DROP DATABASE IF EXISTS p; DROP DATABASE IF EXISTS dm_meta;
			CREATE DATABASE o CHARACTER SET utf8mb4; CREATE DATABASE p CHARACTER SET utf8mb4"
	done
	read -r log pos _ < <(sql "$1" 'SHOW MASTER STATUS' 2>/dev/null || sql "$1" 'SHOW BINARY LOG STATUS')
	source_file "$1" s
	task_file t <<-TASK
		task-mode: incremental
		$(target "$2")
		mysql-instances: [{source-id: s, meta: {binlog-name: $log, binlog-pos: $pos}, block-allow-list: b, filter-rules: [$3]}]
		block-allow-list: {b: {do-dbs: ["o"]}}
		${4:-}
	TASK
}

odd() {
	# The comments hold what a careless reader takes for the statement's end, a name or another statement.
	sql "$1" <<-'SQL'
		USE p;
		SET sql_mode = 'ANSI_QUOTES';
		CREATE TABLE o."a ""b`" ("c 1" INT PRIMARY KEY COMMENT 'it''s "x"; DROP TABLE o.t', "select" VARCHAR(20) DEFAULT 'a"b');
		SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';
		ALTER TABLE o."a ""b`" ADD COLUMN "b\" VARCHAR(10) DEFAULT 'c\' COMMENT '\', ADD COLUMN "d" INT DEFAULT 2;
		SET sql_mode = 'NO_BACKSLASH_ESCAPES';
		CREATE TABLE o.`x\` (i INT DEFAULT 1 COMMENT '\');
		SET sql_mode = '';
		CREATE TABLE o.`y\\` (i INT DEFAULT 1 COMMENT '\'; -- \\');
		/* USE o; */ CREATE /*!50000 TABLE */ o . t /* (z INT) */ (-- ) ;
			i INT, # KEY (i)
			`j.k` INT /*!99999999 NOT SQL AT ALL */, /* ' */ v VARCHAR(9) DEFAULT "a'b");
		ALTER /* TABLE p.t */ TABLE o.`t` ADD `from` INT AFTER i, ADD KEY `key` (`from`, `j.k`);
		USE o;
		ALTER TABLE t ADD COLUMN n INT DEFAULT 5;
		CREATE TABLE T2 LIKE `t`;
		USE p;
		CREATE TABLE 	o.u	LIKE	o . T2;
		RENAME TABLE o.u TO o.`u u`;
		INSERT INTO o.t (i) VALUES (1), (2);
		INSERT INTO o.`a "b``` VALUES (1, 'x', 'y', 3);
		CREATE TABLE p.t (left_out INT); ALTER TABLE p.t ADD COLUMN o INT;
	SQL
	# The client's character set is that of the bytes: 中 in GBK, é in latin1, whose second halves are signs.
	mariadb --no-defaults --skip-ssl --default-character-set=binary -uroot --socket="$(socket "$1")" p <<-SQL
		SET NAMES gbk;
		ALTER TABLE o.t ADD COLUMN $(printf '`\xd6\xd0\x81\x5c`') INT DEFAULT 7 COMMENT '$(printf '\xd6\xd0\x81\x5c')';
		SET NAMES latin1;
		ALTER TABLE o.t ADD COLUMN $(printf '`caf\xe9`') VARCHAR(9) DEFAULT '$(printf '\xe9')';
	SQL
	sql "$1" "INSERT INTO o.t (i) VALUES (3)"
}

same_schema() {
	run -0 "$DM_ROOT/tests/soak/compare" "$(socket "$1")" "$(socket "$2")" o
}

@test "AT-33: statements of odd sessions: quotes, escapes, character sets, default databases, comments" {
	task up down ''
	odd up
	run_sync t s --until caught-up
	same_schema up down
	[ -z "$(sql down "SHOW TABLES FROM p")" ]
}

@test "AT-33: the same on MySQL" {
	[ -e "$(socket my_up)" ] || skip "there is no MySQL"
	task my_up my_down ''
	odd my_up
	run_sync t s --until caught-up
	same_schema my_up my_down
}

@test "AT-31: what is left out need not be understood; of a wanted table it stops with text and place" {
	task up down ''
	sql up "USE p; CREATE TABLE a (i INT)"
	# No server here writes what our parser cannot read: the statement is put into the stream.
	dm-relay -u root --socket "$(socket up)" --start "$log:$pos" --until caught-up >stream
	jq -c 'if .type == "ddl" then .kind = "unknown" | .tables = [] | .schema = "p" | .sql = "CREATE WONDER o OF p.a" else . end' stream >left-out
	dm-filter -c t.yaml -s s -S s.yaml <left-out >out
	run ! grep -q WONDER out
	jq -c 'if .type == "ddl" then .schema = "o" | .sql = "CREATE WONDER a OF x" else . end' left-out >wanted
	run -65 --separate-stderr dm-filter -c t.yaml -s s -S s.yaml <wanted
	at=$(jq -r 'select(.type == "ddl").at' stream | head -n 1)
	place="(${at/:/, })"
	[[ $stderr == *"$place"*"CREATE WONDER a OF x"*"dm binlog skip TASK"* ]] || fail "$stderr"
}
