-- both | alter table | s.a`b c | weird
ALTER TABLE `a``b c` ADD z INT
-- both | alter table | s.a`b c | weird
ALTER TABLE `s`.`a``b c` ADD z INT
-- both | alter table | s.a`b c | weird | ANSI_QUOTES
ALTER TABLE "s"."a`b c" ADD "z" INT COMMENT 'x"y'
-- both | drop table | s.1a | one
DROP TABLE 1a
-- both | drop table | s.1a | one
DROP TABLE s.1a
-- both | drop table | s.1a | one
DROP TABLE `s` . 1a
-- both | alter table | s.d$x | dollar
ALTER TABLE d$x ADD z$ INT, ADD $y INT
-- both | alter table | s.äö | umlaut
ALTER TABLE äö ADD ü INT
-- both | truncate table | s.select | sel
TRUNCATE TABLE s.select
-- both | alter table | s.select | sel
ALTER TABLE s . select ADD z INT
-- both | alter table | s.select | sel
ALTER TABLE `select` ADD `from` INT
-- both | alter table | s.t | t
ALTER TABLE s	.	t ADD z INT
-- both | alter table | s.t | t
ALTER TABLE s/* x */./* y */t ADD z INT
-- mysql | alter table | s.t | t
ALTER TABLE .t ADD z INT
-- mysql | drop table | s.t s.u | t u
DROP TABLE .t, . u
-- both | create table | s.n | - | NO_BACKSLASH_ESCAPES
CREATE TABLE n (a INT COMMENT 'x\', b CHAR(1) DEFAULT '\')
-- both | create table | s.n | -
CREATE TABLE n (a INT COMMENT 'x\'', b CHAR(1) DEFAULT '\\')
-- both | create table | s.n | - | ANSI_QUOTES,NO_BACKSLASH_ESCAPES
CREATE TABLE "n" ("a\" INT COMMENT '\')
-- both | create table | s.n | -
CREATE TABLE n (a CHAR(9) DEFAULT _latin1'x', b CHAR(9) DEFAULT N'y', c CHAR(9) DEFAULT _utf8mb4 'z', d VARBINARY(9) DEFAULT 0x41, e CHAR(9) DEFAULT "q")
-- both | create table | s.n | -
CREATE/**/TABLE/**/n(a/**/INT)
-- both | alter table | s.t | t
ALTER/*!50000 TABLE*/ `t`/*!50000ADD*/ z INT
-- mariadb | alter table | s.t | t
ALTER TABLE t ADD z INT /*M!100000 INVISIBLE */ /*!50700 VIRTUAL */
-- mysql | alter table | s.t | t
ALTER TABLE t ADD z INT /*!80023 INVISIBLE */ /*M! COMPRESSED */ /*!999999 X */
-- both | rename table | s.t s.a.b | t
RENAME TABLE t TO `a.b`
-- both | rename table | s.t s.äö | t
RENAME TABLE t TO s.äö
-- both | create table | s.table | -
CREATE TABLE `table` (`table` INT)
-- both | create table | s.date | -
CREATE TABLE date (date DATE, time TIME, timestamp TIMESTAMP NULL, year YEAR, text TEXT, json INT, enum INT)
-- both | create table | s.data | -
CREATE TABLE data (id INT, engine INT, begin INT, end INT, value INT, level INT, no INT, action INT, at INT, cascaded INT)
