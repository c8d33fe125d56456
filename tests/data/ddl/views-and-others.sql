-- both | create view | s.v | t
CREATE VIEW v AS SELECT * FROM t
-- both | create view | s.v | t
CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`root`@`localhost` SQL SECURITY INVOKER VIEW s.v (q) AS SELECT id FROM s.t WITH LOCAL CHECK OPTION
-- both | create view | s.v | t
CREATE ALGORITHM = TEMPTABLE VIEW v AS (SELECT 1)
-- both | create view | s.v | t
CREATE DEFINER = CURRENT_USER VIEW v AS SELECT 1
-- mariadb | create view | s.v | t
CREATE VIEW IF NOT EXISTS v AS SELECT 1
-- mysql- | create view | s.v | t
CREATE JSON RELATIONAL DUALITY VIEW v AS SELECT JSON_DUALITY_OBJECT('_id': id) FROM t
-- both | drop view | s.v s.w | -
DROP VIEW IF EXISTS v, s.w RESTRICT
-- both | other | | -
ALTER ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW v AS SELECT 1
-- both | other | | -
ALTER VIEW v AS SELECT 1
-- both | other | | -
CREATE TEMPORARY TABLE t (a INT)
-- both | other | | -
CREATE TEMPORARY TABLE IF NOT EXISTS t LIKE u
-- both | other | | -
DROP TEMPORARY TABLE IF EXISTS t
-- both | other | | -
DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`
-- mariadb | other | | -
CREATE OR REPLACE TEMPORARY TABLE t (a INT)
-- both | other | | -
CREATE DEFINER=`root`@`localhost` TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; DROP TABLE x; END
-- both | other | | -
CREATE TRIGGER IF NOT EXISTS g AFTER DELETE ON t FOR EACH ROW FOLLOWS h SET @a = 1
-- both | other | | -
DROP TRIGGER IF EXISTS s.g
-- both | other | | -
CREATE DEFINER=`root`@`localhost` PROCEDURE q(IN a INT) BEGIN CREATE TABLE t (a INT); END
-- both | other | | -
CREATE PROCEDURE IF NOT EXISTS q() SELECT 1
-- both | other | | -
CREATE FUNCTION q() RETURNS INT DETERMINISTIC RETURN 1
-- both | other | | -
CREATE DEFINER=`root`@`%` FUNCTION `s`.`q`() RETURNS int DETERMINISTIC RETURN 1
-- both | other | | -
CREATE AGGREGATE FUNCTION q RETURNS REAL SONAME 'x.so'
-- mariadb | other | | -
CREATE OR REPLACE AGGREGATE FUNCTION q(a INT) RETURNS INT BEGIN RETURN 1; END
-- both | other | | -
ALTER PROCEDURE q COMMENT 'x'
-- both | other | | -
ALTER FUNCTION q SQL SECURITY INVOKER
-- both | other | | -
DROP PROCEDURE IF EXISTS s.q
-- both | other | | -
DROP FUNCTION q
-- both | other | | -
/*!50003 drop function q */
-- both | other | | -
/*!50003 DROP PROCEDURE IF EXISTS q */ ;
-- both | other | | -
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1 */
-- both | other | | -
/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`localhost`*/ /*!50106 EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t */
-- both | other | | -
/*!50001 ALTER ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */ /*!50001 VIEW `v` AS SELECT 1 */
-- both | create view | s.v | -
/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */ /*!50001 VIEW `v` AS SELECT 1 */
-- both | other | | -
CREATE DEFINER=`root`@`%` EVENT e ON SCHEDULE AT CURRENT_TIMESTAMP DO DROP TABLE t
-- both | other | | -
ALTER DEFINER=`root`@`%` EVENT e RENAME TO f
-- both | other | | -
DROP EVENT IF EXISTS e
-- both | other | | -
CREATE USER IF NOT EXISTS 'x'@'%' IDENTIFIED BY 'y' REQUIRE NONE PASSWORD EXPIRE DEFAULT
-- both | other | | -
ALTER USER 'x'@'%' ACCOUNT LOCK
-- both | other | | -
RENAME USER x TO y, 'z'@'%' TO q
-- both | other | | -
DROP USER IF EXISTS x, y
-- both | other | | -
CREATE ROLE IF NOT EXISTS q
-- both | other | | -
DROP ROLE q
-- both | other | | -
SET DEFAULT ROLE ALL TO x
-- both | other | | -
SET ROLE q
-- both | other | | -
GRANT SELECT (a), INSERT ON s.t TO 'x'@'%' WITH GRANT OPTION
-- both | other | | -
REVOKE ALL PRIVILEGES, GRANT OPTION FROM x
-- both | other | | -
SET PASSWORD FOR 'x'@'%' = 'y'
-- both | other | | -
SET @@session.sql_mode = ''
-- both | other | | -
CREATE SERVER q FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')
-- both | other | | -
ALTER SERVER q OPTIONS (USER 'x')
-- both | other | | -
DROP SERVER IF EXISTS q
-- mysql | other | | -
CREATE TABLESPACE q ADD DATAFILE 'q.ibd' ENGINE=InnoDB
-- mysql | other | | -
ALTER TABLESPACE q RENAME TO r
-- mysql | other | | -
DROP TABLESPACE q
-- mysql | other | | -
CREATE UNDO TABLESPACE q ADD DATAFILE 'q.ibu'
-- mysql | other | | -
ALTER UNDO TABLESPACE q SET INACTIVE
-- mysql | other | | -
DROP UNDO TABLESPACE q
-- mysql | other | | -
CREATE LOGFILE GROUP q ADD UNDOFILE 'q' ENGINE NDB
-- mysql | other | | -
ALTER LOGFILE GROUP q ADD UNDOFILE 'r' ENGINE NDB
-- mysql | other | | -
DROP LOGFILE GROUP q ENGINE NDB
-- mysql | other | | -
CREATE RESOURCE GROUP q TYPE = USER VCPU = 0
-- mysql | other | | -
ALTER RESOURCE GROUP q THREAD_PRIORITY = 5
-- mysql | other | | -
DROP RESOURCE GROUP q FORCE
-- mysql | other | | -
SET RESOURCE GROUP q
-- mysql | other | | -
CREATE SPATIAL REFERENCE SYSTEM IF NOT EXISTS 4120 NAME 'x' DEFINITION 'y'
-- mysql | other | | -
DROP SPATIAL REFERENCE SYSTEM IF EXISTS 4120
-- mysql | other | | -
ALTER INSTANCE ROTATE INNODB MASTER KEY
-- mysql | other | | -
CREATE LIBRARY q LANGUAGE JAVASCRIPT AS 'x'
-- mysql | other | | -
DROP LIBRARY IF EXISTS q
-- mariadb | create table | s.q | -
CREATE SEQUENCE q START WITH 5 INCREMENT BY 2
-- mariadb | create table | s.q | -
CREATE OR REPLACE SEQUENCE q
-- mariadb | alter table | s.q | -
ALTER SEQUENCE IF EXISTS q RESTART 5
-- mariadb | drop table | s.q | -
DROP SEQUENCE IF EXISTS q
-- mariadb | other | | -
CREATE OR REPLACE DEFINER=root@localhost PACKAGE q AS FUNCTION f RETURN INT; END
-- mariadb | other | | -
CREATE PACKAGE BODY q AS x INT; END
-- mariadb | other | | -
DROP PACKAGE BODY IF EXISTS q
-- mariadb | other | | -
INSTALL SONAME 'x'
-- both | other | | -
INSTALL PLUGIN q SONAME 'x.so'
-- both | other | | -
UNINSTALL PLUGIN q
-- mysql | other | | -
INSTALL COMPONENT 'file://x'
-- both | other | | -
ANALYZE TABLE t, u
-- both | other | | -
ANALYZE NO_WRITE_TO_BINLOG TABLE t
-- mysql | other | | -
ANALYZE TABLE t UPDATE HISTOGRAM ON a WITH 4 BUCKETS
-- both | other | | -
OPTIMIZE LOCAL TABLE t
-- both | other | | -
REPAIR TABLE t QUICK
-- both | other | | -
CHECK TABLE t FOR UPGRADE
-- both | other | | -
CHECKSUM TABLE t
-- both | other | | -
CACHE INDEX t IN hot_cache
-- both | other | | -
FLUSH TABLES s.t WITH READ LOCK
-- both | other | | -
FLUSH PRIVILEGES
-- both | other | | -
LOCK TABLES t READ
-- both | other | | -
UNLOCK TABLES
-- both | other | | -
RESET MASTER
-- both | other | | -
KILL 5
-- both | other | | -
USE s
-- both | other | | -
# Dummy event replacing event type 160 that slave cannot handle.
-- both | transaction | | -
BEGIN
-- both | transaction | | -
START TRANSACTION READ WRITE
-- both | transaction | | -
SAVEPOINT `a b`
-- both | transaction | | -
ROLLBACK TO SAVEPOINT x
-- both | transaction | | -
RELEASE SAVEPOINT x
-- both | transaction | | -
COMMIT AND NO CHAIN
-- both | transaction | | -
XA START X'31',X'',1
-- both | transaction | | -
XA COMMIT 'a','b',1 ONE PHASE
-- both | dml | | -
INSERT INTO t VALUES (1)
-- both | dml | | -
LOAD DATA INFILE 'x' INTO TABLE t
-- mariadb | dml | | -
DELETE FROM t FOR PORTION OF p FROM '1' TO '2'
