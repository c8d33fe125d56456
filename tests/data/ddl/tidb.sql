-- mysql- | create table | s.n | -
CREATE TABLE n (id BIGINT AUTO_RANDOM(5, 54) PRIMARY KEY CLUSTERED, v INT, UNIQUE KEY (v) NONCLUSTERED) SHARD_ROW_ID_BITS=4 PRE_SPLIT_REGIONS=2
-- mysql- | create table | s.n | -
CREATE TABLE n (id BIGINT AUTO_RANDOM, PRIMARY KEY (id) CLUSTERED) AUTO_ID_CACHE 100 AUTO_RANDOM_BASE=5
-- mysql- | create table | s.n | -
CREATE TABLE n (id INT, c TIMESTAMP) TTL = `c` + INTERVAL 3 MONTH TTL_ENABLE = 'OFF' TTL_JOB_INTERVAL='24h'
-- mysql- | create table | s.n | -
CREATE TABLE n (id INT) PLACEMENT POLICY = `p1`
-- mysql | create table | s.n | -
CREATE TABLE `n` (`id` bigint NOT NULL /*T![auto_rand] AUTO_RANDOM(5) */, PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![placement] PLACEMENT POLICY=`p1` */ /*T! SHARD_ROW_ID_BITS=4 */
-- mysql- | create table | s.n | -
CREATE TABLE n (a INT, KEY g (a) GLOBAL, KEY l (a) LOCAL PRE_SPLIT_REGIONS = 4)
-- mysql- | alter table | s.t | t
ALTER TABLE t TTL = c + INTERVAL 1 DAY TTL_ENABLE 'ON'
-- mysql- | alter table | s.t | t
ALTER TABLE t REMOVE TTL
-- mysql- | alter table | s.t | t
ALTER TABLE t SHARD_ROW_ID_BITS = 4, AUTO_ID_CACHE = 10
-- mysql- | alter table | s.t | t
ALTER TABLE t PLACEMENT POLICY = p1
-- mysql- | alter table | s.t | t
ALTER TABLE t CACHE
-- mysql- | alter table | s.t | t
ALTER TABLE t NOCACHE
-- mysql- | alter table | s.t | t
ALTER TABLE t SET TIFLASH REPLICA 2 LOCATION LABELS 'x'
-- mysql- | alter table | s.t | t
ALTER TABLE t ADD PRIMARY KEY (id) NONCLUSTERED
-- mysql- | alter table | s.t | t
ALTER TABLE t ATTRIBUTES = 'merge_option=deny'
-- mysql- | create database | x. | none
CREATE DATABASE x PLACEMENT POLICY = p1
-- mysql- | alter database | s. | -
ALTER DATABASE s PLACEMENT POLICY = DEFAULT
-- mysql- | alter database | s. | -
ALTER DATABASE PLACEMENT POLICY p1
-- mysql- | other | | -
CREATE PLACEMENT POLICY p1 FOLLOWERS=4
-- mysql- | other | | -
DROP PLACEMENT POLICY IF EXISTS p1
-- mysql- | other | | -
CREATE GLOBAL BINDING FOR SELECT 1 USING SELECT 1
-- mysql- | other | | -
ADMIN CHECK TABLE t
