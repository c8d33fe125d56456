-- both | create index | s.t | t
CREATE INDEX i ON t (a)
-- both | create index | s.t | t
CREATE INDEX i ON s.t (a, b(10) DESC, c ASC)
-- both | create index | s.t | t
CREATE UNIQUE INDEX `i j` ON `t` (a)
-- both | create index | s.t | t
CREATE INDEX i USING BTREE ON t (a)
-- both | create index | s.t | t
CREATE INDEX i ON t (a) USING HASH COMMENT 'x' KEY_BLOCK_SIZE 4
-- both | create index | s.g | g
CREATE FULLTEXT INDEX i ON g (tx)
-- mysql | create index | s.g | g
CREATE FULLTEXT INDEX i ON g (tx) WITH PARSER ngram
-- both | create index | s.g | g
CREATE SPATIAL INDEX i ON g (pt)
-- both | create index | s.t | t
CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=NONE
-- both | create index | s.t | t
CREATE INDEX i ON t (a) LOCK DEFAULT ALGORITHM COPY
-- mysql | create index | s.t | t
CREATE INDEX i ON t ((a + 1), (lower(b)) DESC)
-- mysql | create index | s.t | t
CREATE INDEX i ON t (a) INVISIBLE
-- mysql- | create index | s.t | t
CREATE UNIQUE INDEX i ON t (a) VISIBLE ENGINE_ATTRIBUTE='{}' SECONDARY_ENGINE_ATTRIBUTE = '{}'
-- mariadb | create index | s.t | t
CREATE OR REPLACE INDEX ka ON t (a)
-- mariadb | create index | s.t | t
CREATE INDEX IF NOT EXISTS ka ON t (a)
-- mariadb | create index | s.t | t
CREATE INDEX i ON t (a) IGNORED
-- mariadb | create index | s.t | t
CREATE INDEX i ON t (a) WAIT 5
-- mariadb- | create index | s.g | g
CREATE VECTOR INDEX i ON g (pt)
-- mariadb | create index | s.t | t
CREATE UNIQUE INDEX i ON t (a) NOWAIT NOT IGNORED
-- mysql- | create index | s.my | my
CREATE ONLINE INDEX i ON my (a)
-- both | create index | s.my | my
CREATE INDEX i TYPE BTREE ON my (a)
-- both | drop index | s.t | t
DROP INDEX ka ON t
-- both | drop index | s.t | t
DROP INDEX `ka` ON s.t
-- both | drop index | s.t | t
DROP INDEX `PRIMARY` ON t
-- mysql | drop index | s.t | t
DROP INDEX ka ON t ALGORITHM=INPLACE
-- mysql | drop index | s.t | t
DROP INDEX ka ON t LOCK NONE
-- mysql | drop index | s.t | t
DROP INDEX ka ON t ALGORITHM=INPLACE LOCK=NONE
-- mysql | drop index | s.t | t
DROP INDEX ub ON t LOCK = SHARED ALGORITHM = COPY
-- mariadb | drop index | s.t | t
DROP INDEX IF EXISTS nothere ON t
-- mariadb | drop index | s.t | t
DROP INDEX ka ON t WAIT 5
-- mysql- | drop index | s.t | t
DROP ONLINE INDEX ka ON t
-- both | alter table | s.t | t
ALTER TABLE t ADD INDEX (a)
-- both | alter table | s.t | t
ALTER TABLE t ADD INDEX i (a), ADD KEY j (b(3)), ADD UNIQUE (c, a), ADD UNIQUE KEY u4 (d), ADD UNIQUE INDEX u5 (n)
-- both | alter table | s.t | t
ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, d), ADD CONSTRAINT cu UNIQUE KEY cuu (n)
-- both | alter table | s.t | t
ALTER TABLE t ADD CONSTRAINT UNIQUE (a), ADD CONSTRAINT `q` UNIQUE (c)
-- both | alter table | s.g | g
ALTER TABLE g ADD FULLTEXT (tx), ADD SPATIAL KEY sk (pt)
-- both | alter table | s.t | t
ALTER TABLE t ADD KEY USING BTREE (a) COMMENT 'x', ADD KEY i USING HASH (a) KEY_BLOCK_SIZE=8
-- mysql | alter table | s.t | t
ALTER TABLE t ADD KEY i ((a * 2)), ADD UNIQUE KEY j ((substr(b, 1, 2))) INVISIBLE
-- both | alter table | s.t | t
ALTER TABLE t DROP INDEX ka, DROP KEY ub
-- both | alter table | s.t | t
ALTER TABLE t RENAME INDEX ka TO kb, RENAME KEY ub TO uc
-- mysql | alter table | s.t | t
ALTER TABLE t ALTER INDEX ka INVISIBLE, ALTER INDEX ub VISIBLE
-- mariadb | alter table | s.t | t
ALTER TABLE t ALTER INDEX ka IGNORED, ALTER KEY IF EXISTS ub NOT IGNORED
-- mariadb | alter table | s.t | t
ALTER TABLE t ADD INDEX IF NOT EXISTS i (a), DROP INDEX IF EXISTS nothere, RENAME INDEX ka TO kb
-- both | alter table | s.my | my
ALTER TABLE my DISABLE KEYS
-- both | alter table | s.my | my
ALTER TABLE my ENABLE KEYS
-- both | alter table | s.f;s.u | u f
ALTER TABLE f ADD FOREIGN KEY (id) REFERENCES u (id)
-- both | alter table | s.f;s.u | u f
ALTER TABLE f ADD CONSTRAINT f2 FOREIGN KEY (id) REFERENCES s.u (id) ON DELETE CASCADE, DROP FOREIGN KEY fk
-- both | alter table | s.t;s.u | u t
ALTER TABLE t ADD COLUMN z INT REFERENCES u (id), ADD KEY (z)
-- both | alter table | s.f | u f
ALTER TABLE f DROP FOREIGN KEY fk
-- both | alter table | s.f | u f
ALTER TABLE f DROP CONSTRAINT fk
-- mariadb | alter table | s.f | u f
ALTER TABLE f DROP FOREIGN KEY IF EXISTS nothere
-- mariadb | alter table | s.f;s.u | u f
ALTER TABLE f ADD FOREIGN KEY IF NOT EXISTS f3 (id) REFERENCES u (id)
-- both | alter table | s.k | k
ALTER TABLE k ADD CHECK (a > 1), ADD CONSTRAINT c2 CHECK (id > 5)
-- both | alter table | s.k | k
ALTER TABLE k DROP CONSTRAINT ck
-- mysql | alter table | s.k | k
ALTER TABLE k DROP CHECK ck
-- mysql | alter table | s.k | k
ALTER TABLE k ALTER CHECK ck NOT ENFORCED
-- mysql | alter table | s.k | k
ALTER TABLE k ALTER CONSTRAINT ck ENFORCED
-- mariadb | alter table | s.k | k
ALTER TABLE k DROP CONSTRAINT IF EXISTS nothere, ADD CONSTRAINT IF NOT EXISTS ck CHECK (a > 2)
