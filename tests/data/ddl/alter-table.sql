-- both | alter table | s.t | t
ALTER TABLE t
-- both | alter table | s.t | t
ALTER TABLE t ADD z INT
-- both | alter table | s.t | t
ALTER TABLE s.t ADD COLUMN z INT NOT NULL DEFAULT 0 COMMENT 'x'
-- both | alter table | s.t | t
ALTER TABLE t ADD COLUMN z INT FIRST
-- both | alter table | s.t | t
ALTER TABLE t ADD z INT AFTER `a`
-- both | alter table | s.t | t
ALTER TABLE t ADD (y INT, z INT)
-- both | alter table | s.t | t
ALTER TABLE t ADD COLUMN (y INT, z INT, KEY (y), UNIQUE uz (z), CHECK (y > 0))
-- both | alter table | s.t | t
ALTER TABLE t ADD y INT, ADD COLUMN z INT AFTER y, ADD KEY kz (z)
-- both | alter table | s.t | t
ALTER TABLE t ADD y INT AS (a + 1), ADD z VARCHAR(50) GENERATED ALWAYS AS (concat(b, ',')) STORED AFTER a
-- both | alter table | s.t | t
ALTER TABLE t ADD `add` INT, ADD `column` INT, ADD COLUMN comment INT COMMENT 'c', ADD `period` INT, ADD type INT
-- mysql | alter table | s.t | t
ALTER TABLE t ADD COLUMN z INT INVISIBLE, ALTER COLUMN a SET INVISIBLE, ALTER b SET VISIBLE
-- mysql | alter table | s.t | t
ALTER TABLE t ADD COLUMN z INT, ALGORITHM=INSTANT
-- mariadb | alter table | s.t | t
ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT, ADD COLUMN IF NOT EXISTS (y INT, z INT)
-- mariadb | alter table | s.t | t
ALTER TABLE IF EXISTS t ADD z INT INVISIBLE DEFAULT 3
-- mariadb | alter table | s.t | t
ALTER TABLE t WAIT 5 ADD z INT
-- mariadb | alter table | s.t | t
ALTER TABLE t NOWAIT ADD z INT
-- both | alter table | s.t | t
ALTER TABLE t DROP a
-- both | alter table | s.t | t
ALTER TABLE t DROP COLUMN a, DROP COLUMN `b`, DROP c
-- mariadb | alter table | s.t | t
ALTER TABLE t DROP COLUMN IF EXISTS nothere, DROP a RESTRICT
-- mysql- | alter table | s.t | t
ALTER TABLE t DROP COLUMN a RESTRICT
-- both | alter table | s.t | t
ALTER TABLE t MODIFY a BIGINT
-- both | alter table | s.t | t
ALTER TABLE t MODIFY COLUMN a BIGINT UNSIGNED NOT NULL DEFAULT 5 FIRST
-- both | alter table | s.t | t
ALTER TABLE t MODIFY b TEXT CHARACTER SET latin1 COLLATE latin1_bin AFTER c, DROP INDEX ub
-- both | alter table | s.t | t
ALTER TABLE t MODIFY e ENUM('x','y','z''s, (') CHARACTER SET utf8mb4 NOT NULL DEFAULT 'x'
-- both | alter table | s.t | t
ALTER TABLE t MODIFY a INT AUTO_INCREMENT, MODIFY d DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
-- mariadb | alter table | s.t | t
ALTER TABLE t MODIFY COLUMN IF EXISTS nothere INT, MODIFY IF EXISTS a BIGINT
-- both | alter table | s.t | t
ALTER TABLE t CHANGE a aa INT
-- both | alter table | s.t | t
ALTER TABLE t CHANGE COLUMN `a` `b b` BIGINT NULL DEFAULT NULL AFTER id, CHANGE c a INT FIRST
-- both | alter table | s.t | t
ALTER TABLE t CHANGE a b INT, CHANGE b a VARCHAR(100)
-- mariadb | alter table | s.t | t
ALTER TABLE t CHANGE COLUMN IF EXISTS nothere x INT, CHANGE IF EXISTS a aa INT
-- both | alter table | s.t | t
ALTER TABLE t RENAME COLUMN a TO aa, RENAME COLUMN b TO bb
-- both | alter table | s.t | t
ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a
-- mariadb | alter table | s.t | t
ALTER TABLE t RENAME COLUMN IF EXISTS nothere TO x
-- both | alter table | s.t | t
ALTER TABLE t ALTER a SET DEFAULT 5, ALTER COLUMN b SET DEFAULT 'x', ALTER c DROP DEFAULT
-- both | alter table | s.t | t
ALTER TABLE t ALTER COLUMN a SET DEFAULT (1 + 2), ALTER n SET DEFAULT -1.5, ALTER d SET DEFAULT NULL
-- mariadb | alter table | s.t | t
ALTER TABLE t ALTER COLUMN IF EXISTS a SET DEFAULT 5
-- both | alter table | s.t | t
ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4
-- both | alter table | s.t | t
ALTER TABLE t CONVERT TO CHARACTER SET latin1 COLLATE latin1_bin
-- both | alter table | s.t | t
ALTER TABLE t CONVERT TO CHARSET utf8mb4, CONVERT TO CHARACTER SET utf8mb4
-- both | alter table | s.t | t
ALTER TABLE t CONVERT TO CHARACTER SET DEFAULT
-- both | alter table | s.t | t
ALTER TABLE t CHARACTER SET = latin1, COLLATE latin1_bin, ENGINE InnoDB, COMMENT='x', AUTO_INCREMENT 5 ROW_FORMAT=DYNAMIC
-- both | alter table | s.t | t
ALTER TABLE t DEFAULT CHARSET latin1 DEFAULT COLLATE latin1_bin
-- both | alter table | s.t | t
ALTER TABLE t ENGINE=InnoDB
-- both | alter table | s.t | t
ALTER TABLE t FORCE, ALGORITHM=COPY, LOCK=SHARED
-- both | alter table | s.t | t
ALTER TABLE t ADD z INT, ALGORITHM INPLACE, LOCK NONE
-- both | alter table | s.t | t
ALTER TABLE t ALGORITHM = DEFAULT, ADD z INT, LOCK = DEFAULT
-- both | alter table | s.my | my
ALTER TABLE my ORDER BY a, id DESC
-- both | alter table | s.my | my
ALTER TABLE my ADD z INT, ORDER BY a ASC
-- both | alter table | s.my | my
ALTER TABLE my MAX_ROWS=100, PACK_KEYS=1 CHECKSUM=1, DELAY_KEY_WRITE=1
-- both | alter table | s.u | u
ALTER TABLE u DISCARD TABLESPACE
-- both- | alter table | s.u | u
ALTER TABLE u IMPORT TABLESPACE
-- mysql | alter table | s.t | t
ALTER TABLE t ADD COLUMN z INT, WITH VALIDATION
-- mysql | alter table | s.t | t
ALTER TABLE t WITHOUT VALIDATION, ADD y INT AS (a) VIRTUAL
-- mysql | alter table | s.t | t
ALTER TABLE t SECONDARY_ENGINE = NULL
-- mysql- | alter table | s.t | t
ALTER TABLE t SECONDARY_LOAD
-- mysql | alter table | s.t | t
ALTER TABLE t ENCRYPTION='N', TABLESPACE innodb_file_per_table, COMPRESSION = 'NONE'
-- mysql | alter table | s.t | t
ALTER TABLE t AUTOEXTEND_SIZE = 4M
-- mysql | alter table | s.t | t
ALTER TABLE t STATS_PERSISTENT 1 STATS_AUTO_RECALC DEFAULT, STATS_SAMPLE_PAGES DEFAULT
-- mariadb | alter table | s.t | t
ALTER ONLINE TABLE t ADD COLUMN z INT
-- mariadb | alter table | s.t | t
ALTER IGNORE TABLE t ADD UNIQUE KEY (a)
-- mariadb | alter table | s.t | t
ALTER ONLINE IGNORE TABLE t ADD COLUMN z INT
-- mysql- | alter table | s.t | t
ALTER OFFLINE TABLE t ADD COLUMN z INT
-- mariadb | alter table | s.t | t
ALTER TABLE t ADD SYSTEM VERSIONING
-- mariadb | alter table | s.w | w
ALTER TABLE w DROP SYSTEM VERSIONING
-- mariadb | alter table | s.t | t
ALTER TABLE t ADD COLUMN rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, ADD COLUMN re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, ADD PERIOD FOR SYSTEM_TIME (rs, re), ADD SYSTEM VERSIONING
-- mariadb | alter table | s.t | t
ALTER TABLE t ADD COLUMN d1 DATE, ADD COLUMN d2 DATE, ADD PERIOD FOR pp (d1, d2)
-- mariadb- | alter table | s.t | t
ALTER TABLE t DROP PERIOD IF EXISTS FOR pp
-- mariadb | alter table | s.t | t
SET STATEMENT max_statement_time=100, lock_wait_timeout=5 FOR ALTER TABLE t ADD z INT
-- both | alter table | s.m;s.m2 | m m2
ALTER TABLE m ENGINE=MERGE UNION=(m2)
-- mysql | alter table | s.t s.x1 s.u | t
ALTER TABLE t RENAME TO x1, RENAME TO u
-- both | alter table | s.t | t
ALTER TABLE t ADD z INT /*!50000 , ADD y INT, DROP */ a
-- both | alter table | s.t | t
ALTER /* x */ TABLE /*y*/ t ADD /* , z INT */ q INT -- end
-- both | alter table | s.t | t
alter table t add z int;
-- both | alter table | s.t | t
/* x */ ALTER TABLE t ADD z INT COMMENT '/* y */'
