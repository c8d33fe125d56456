# Columns that a route adds to each row (extract-table, extract-schema, extract-source), so that the keys of shards do not collide.

setup_file() {
	load lib
	start_servers one=mariadb two=mariadb down=mariadb
}
teardown_file() { load lib; stop_servers; }

bats_require_minimum_version 1.5.0

setup() {
	load lib
	e2e_setup
	for s in one two; do
		sql $s "DROP DATABASE IF EXISTS y1; DROP DATABASE IF EXISTS y2; CREATE DATABASE y1 CHARSET utf8mb4; CREATE DATABASE y2 CHARSET utf8mb4;
			CREATE TABLE y1.t_1 (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20)); CREATE TABLE y1.t_2 LIKE y1.t_1; CREATE TABLE y2.t_1 LIKE y1.t_1;
			INSERT INTO y1.t_1 (v) VALUES ('$s-1'), ('$s-2'); INSERT INTO y1.t_2 (v) VALUES ('$s-3'); INSERT INTO y2.t_1 (v) VALUES ('$s-4')"
		source_file $s "mysql-replica-0$s"
	done
	sql down "DROP DATABASE IF EXISTS y; DROP DATABASE IF EXISTS dm_meta; CREATE DATABASE y CHARSET utf8mb4;
		CREATE TABLE y.t (c_table VARCHAR(8), c_schema INT, c_source VARCHAR(20), id INT, v VARCHAR(20), PRIMARY KEY (id, c_table, c_schema, c_source))"
	task_file t <<-END
		task-mode: all
		$(target down)
		routes:
		  s: {schema-pattern: "y*", target-schema: y}
		  t:
		    schema-pattern: "y*"
		    table-pattern: "t_*"
		    target-schema: y
		    target-table: t
		    extract-table: {table-regexp: "t_(.*)", target-column: c_table}
		    extract-schema: {schema-regexp: "y([0-9])", target-column: c_schema}
		    extract-source: {source-regexp: "mysql-(.*)-0(.*)", target-column: c_source}
		mysql-instances:
		- {source-id: mysql-replica-0one, route-rules: [s, t]}
		- {source-id: mysql-replica-0two, route-rules: [s, t]}
	END
}

# What all shards hold, as the target is to have it.
shards() {
	for s in one two; do
		for t in y1.t_1 y1.t_2 y2.t_1; do
			sql $s "SELECT '${t#*t_}', $(echo "$t" | cut -c2), 'replica$s', id, v FROM $t"
		done
	done | sort
}

merged() {
	[ "$(sql down 'SELECT c_table, c_schema, c_source, id, v FROM y.t' | sort)" = "$(shards)" ] ||
		fail "$(diff <(sql down 'SELECT c_table, c_schema, c_source, id, v FROM y.t' | sort) <(shards))"
}

change() {
	for s in one two; do
		sql $s "SET SESSION binlog_row_image = '$1'; INSERT INTO y1.t_1 (v) VALUES ('$s-$1'); INSERT INTO y2.t_1 (v) VALUES ('$s-$1');
			UPDATE y1.t_2 SET v = CONCAT(v, '$1'); UPDATE y2.t_1 SET id = id + 10; DELETE FROM y1.t_1 WHERE id = 1"
	done
}

@test "keys that collide are told apart: whole, the changes, a restart, other row images" {
	for s in one two; do run_load t mysql-replica-0$s; done
	merged
	change FULL
	for s in one two; do run_sync t mysql-replica-0$s --until caught-up; done
	merged
	for s in one two; do sql $s "ALTER TABLE y1.t_1 ADD n INT DEFAULT 7"; done
	change MINIMAL
	for s in one two; do run_sync t mysql-replica-0$s --until caught-up; done
	merged
	[ "$(sql down 'SELECT COUNT(*), COUNT(n), SUM(n = 7) FROM y.t WHERE c_table = 1 AND c_schema = 1')" = "$(printf '6\t6\t6')" ]
	dm-meta checkpoint get -c t.yaml -s mysql-replica-0one -S mysql-replica-0one.yaml >document
	! grep -q c_source document || fail "an added column is taken for upstream's: $(cat document)"
}

@test "keys that collide are told apart: from a directory, SQL and CSV" {
	for s in one two; do
		case $s in one) form='sql' ;; two) form='csv' ;; esac
		dm-dump -c t.yaml -s mysql-replica-0$s -S mysql-replica-0$s.yaml -o "dir-$s" --filetype "$form"
		run_tool dm-load -c t.yaml -s mysql-replica-0$s -S mysql-replica-0$s.yaml -d "dir-$s"
		assert_status 0
	done
	merged
	change FULL
	for s in one two; do run_sync t mysql-replica-0$s --until caught-up; done
	merged
}

# DM's manual: where the numbers mean nothing, the target is made by hand, with a plain index in place of the key.
@test "keys that collide stand side by side in a target without the key" {
	sql down "DROP TABLE y.t; CREATE TABLE y.t (id INT NOT NULL, v VARCHAR(20), KEY (id))"
	sed -i '/extract-/d' t.yaml
	values() {
		for s in one two; do
			for t in y1.t_1 y1.t_2 y2.t_1; do sql $s "SELECT id, v FROM $t"; done
		done | sort
	}
	for s in one two; do run_load t mysql-replica-0$s; done
	[ "$(sql down 'SELECT id, v FROM y.t' | sort)" = "$(values)" ]
	change FULL
	for s in one two; do run_sync t mysql-replica-0$s --until caught-up; done
	[ "$(sql down 'SELECT id, v FROM y.t' | sort)" = "$(values)" ] || fail "$(diff <(sql down 'SELECT id, v FROM y.t' | sort) <(values))"
}

@test "a target without the columns is refused, and so is an upstream that has them" {
	sql down "ALTER TABLE y.t DROP PRIMARY KEY, DROP c_schema, DROP c_source"
	dm-dump -c t.yaml -s mysql-replica-0one -S mysql-replica-0one.yaml | dm-route -c t.yaml -s mysql-replica-0one -S mysql-replica-0one.yaml >dumped
	run_tool dm-load -c t.yaml -s mysql-replica-0one -S mysql-replica-0one.yaml <dumped
	assert_status 69
	assert_err "has no column \`c_schema\`, \`c_source\`"
	sql one "ALTER TABLE y1.t_1 ADD c_table INT"
	dm-dump -c t.yaml -s mysql-replica-0one -S mysql-replica-0one.yaml | dm-route -c t.yaml -s mysql-replica-0one -S mysql-replica-0one.yaml >dumped
	run_tool dm-load -c t.yaml -s mysql-replica-0one -S mysql-replica-0one.yaml <dumped
	assert_status 65
	assert_err "table 'y1.t_1' has a column 'c_table', and a route adds one of that name"
}
