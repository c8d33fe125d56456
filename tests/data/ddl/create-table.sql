-- both | create table | s.n | -
CREATE TABLE n (a INT)
-- both | create table | s.n | -
CREATE TABLE IF NOT EXISTS s.n (a INT, b INT) ENGINE=InnoDB
-- both | create table | s.n | -
CREATE TABLE `s` . `n` (a INT)
-- both | create table | s.n s.t | t
CREATE TABLE n LIKE t
-- both | create table | s.n s.t | t
CREATE TABLE n (LIKE s.t)
-- both | create table | s.n s.t | t
CREATE TABLE IF NOT EXISTS n LIKE t
-- mariadb | create table | s.n | -
CREATE OR REPLACE TABLE n (a INT)
-- mariadb | create table | s.t | t
CREATE OR REPLACE TABLE t (a INT)
-- mariadb | create table | s.n s.t | t
CREATE OR REPLACE TABLE n LIKE t
-- both | create table | s.n | -
CREATE TABLE n (a BIT, b BIT(9), c TINYINT, d TINYINT(1) UNSIGNED, e BOOL, f BOOLEAN, g SMALLINT, h MEDIUMINT ZEROFILL, i INT(5), j INTEGER SIGNED, k BIGINT UNSIGNED, l INT1, m INT2, o INT3, q INT4, r INT8, s MIDDLEINT)
-- both | create table | s.n | -
CREATE TABLE n (a DECIMAL, b DECIMAL(5), c DEC(10,2) UNSIGNED, d NUMERIC(5,5), e FIXED(3,1), f FLOAT, g FLOAT(7,3), h FLOAT(30), i DOUBLE, j DOUBLE PRECISION, k REAL, l DOUBLE(10,2), m FLOAT4, o FLOAT8)
-- both | create table | s.n | -
CREATE TABLE n (a DATE, b TIME, c TIME(3), d DATETIME, e DATETIME(6), f TIMESTAMP(2) NULL, g YEAR, h YEAR(4))
-- both | create table | s.n | -
CREATE TABLE n (a CHAR, b CHAR(5), c CHARACTER(5), d VARCHAR(20), e CHARACTER VARYING(20), f CHAR VARYING(5), g NCHAR(3), h NATIONAL CHAR(3), i NVARCHAR(4), j NATIONAL VARCHAR(7), k NATIONAL CHARACTER VARYING(3), l NCHAR VARCHAR(5), m VARCHARACTER(5))
-- both | create table | s.n | -
CREATE TABLE n (a TINYTEXT, b TEXT, c TEXT(100), d MEDIUMTEXT, e LONGTEXT, f LONG, g LONG VARCHAR, h TINYBLOB, i BLOB, j BLOB(70000), k MEDIUMBLOB, l LONGBLOB, m LONG VARBINARY, o BINARY(4), q VARBINARY(20), r BINARY)
-- both | create table | s.n | -
CREATE TABLE n (a ENUM('a','b''c',"d"), b SET('x','y') CHARACTER SET latin1, c JSON, d GEOMETRY, e POINT, f LINESTRING, g POLYGON, h MULTIPOINT, i MULTILINESTRING, j MULTIPOLYGON, k GEOMETRYCOLLECTION)
-- mysql | create table | s.n | -
CREATE TABLE n (a POINT NOT NULL SRID 4326, b GEOMCOLLECTION, c VECTOR(3), d VECTOR)
-- mariadb | create table | s.n | -
CREATE TABLE n (a INET4, b INET6, c UUID, d VARCHAR(10) COMPRESSED, e TEXT COMPRESSED=zlib, f POINT REF_SYSTEM_ID=101)
-- mariadb- | create table | s.n | -
CREATE TABLE n (a VECTOR(5) NOT NULL, VECTOR INDEX va (a) M=6 DISTANCE=euclidean)
-- mariadb- | create table | s.n | -
CREATE TABLE n (a XMLTYPE)
-- both | create table | s.n | -
CREATE TABLE n (a CHAR(5) ASCII, b CHAR(5) UNICODE, c CHAR(5) BYTE, d CHAR(5) BINARY, e CHAR(5) CHARACTER SET latin1 COLLATE latin1_bin, f TEXT CHARSET utf8mb4, g CHAR(5) COLLATE utf8mb4_bin)
-- both | create table | s.n | -
CREATE TABLE n (a INT NOT NULL DEFAULT 5, b INT NULL DEFAULT NULL, c INT DEFAULT -1, d VARCHAR(9) DEFAULT 'it''s, (', e DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, f TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE NOW(3), g BIT(3) DEFAULT b'101', h VARBINARY(9) DEFAULT x'00ff', i DATE DEFAULT '2020-01-01', j BOOL DEFAULT TRUE, k DOUBLE DEFAULT 1.5e3, l DATETIME DEFAULT LOCALTIME(), m DATETIME DEFAULT LOCALTIMESTAMP)
-- both | create table | s.n | -
CREATE TABLE n (a INT DEFAULT (1 + (2)), b VARCHAR(40) DEFAULT (CONCAT('a', ')', "b")), c BLOB DEFAULT ('x'))
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT DEFAULT (1 + 2), b VARCHAR(40) DEFAULT UUID(), c INT DEFAULT (a + 1), d VARCHAR(10) DEFAULT CONCAT('a', 'b') NOT NULL)
-- both | create table | s.n | -
CREATE TABLE n (a INT AUTO_INCREMENT PRIMARY KEY, b INT UNIQUE, c INT UNIQUE KEY COMMENT 'x, (', d INT COMMENT "y")
-- both | create table | s.n | -
CREATE TABLE n (a SERIAL, b INT KEY)
-- both | create table | s.n | -
CREATE TABLE n (a INT SERIAL DEFAULT VALUE)
-- both | create table | s.n | -
CREATE TABLE n (a INT, b INT GENERATED ALWAYS AS (a + 1) VIRTUAL, c INT AS (a * (2)) STORED, d INT AS (a) UNIQUE COMMENT 'x')
-- mysql | create table | s.n | -
CREATE TABLE n (a INT, c INT AS (a) STORED NOT NULL PRIMARY KEY)
-- mariadb | create table | s.n | -
CREATE TABLE n (a VARCHAR(9), b VARCHAR(5) AS (left(a, 5)) PERSISTENT, c VARCHAR(5) AS (a) VIRTUAL INVISIBLE)
-- both | create table | s.n | -
CREATE TABLE n (a INT, b INT INVISIBLE)
-- mysql | create table | s.n | -
CREATE TABLE n (a INT VISIBLE, b INT INVISIBLE, c INT COLUMN_FORMAT FIXED, d INT STORAGE DISK)
-- mysql- | create table | s.n | -
CREATE TABLE n (a INT, e INT ENGINE_ATTRIBUTE '{}', f INT SECONDARY_ENGINE_ATTRIBUTE='{}')
-- mysql | create table | s.n | -
CREATE TABLE n (a INT, b INT NOT SECONDARY) SECONDARY_ENGINE = rapid
-- both | create table | s.n | -
CREATE TABLE n (a INT CHECK (a > 0), b INT, CHECK (b <> 5), CONSTRAINT c1 CHECK (a < b))
-- mysql | create table | s.n | -
CREATE TABLE n (a INT CONSTRAINT k CHECK (a > 0) NOT ENFORCED, CONSTRAINT CHECK (a > 1) ENFORCED, CHECK (a IN (1, 2)) NOT ENFORCED)
-- both | create table | s.n | -
CREATE TABLE n (a INT, b TEXT, PRIMARY KEY (a), KEY (b(10)), INDEX i (a, b(5)), UNIQUE (a), UNIQUE KEY u2 (a), UNIQUE INDEX u3 (a), CONSTRAINT UNIQUE (a), CONSTRAINT z UNIQUE KEY zz (a))
-- both | create table | s.n | -
CREATE TABLE n (a INT, PRIMARY KEY USING BTREE (a), KEY k USING BTREE (a), INDEX i USING HASH (a) COMMENT 'x' KEY_BLOCK_SIZE = 4, KEY j (a DESC), KEY l (a ASC) USING BTREE)
-- both | create table | s.n | -
CREATE TABLE n (a INT, b TEXT, c POINT NOT NULL, CONSTRAINT pk PRIMARY KEY (a), FULLTEXT KEY f (b), FULLTEXT (b), FULLTEXT INDEX fi (b), SPATIAL KEY sp (c), SPATIAL (c), SPATIAL INDEX si (c))
-- mysql | create table | s.n | -
CREATE TABLE n (a INT, b TEXT, KEY fi ((a + 1)), KEY fj ((CAST(lower(b) AS CHAR(20))) DESC, a), UNIQUE KEY fk ((CAST(b AS CHAR(10)))), KEY iv (a) INVISIBLE, KEY v (a) VISIBLE)
-- mysql | create table | s.n | -
CREATE TABLE n (a JSON, KEY mv ((CAST(a->'$.z' AS UNSIGNED ARRAY))), b TEXT, FULLTEXT KEY f (b) WITH PARSER ngram)
-- mariadb- | create table | s.n | -
CREATE TABLE n (a INT, KEY IF NOT EXISTS k (a))
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT, KEY ig (a) IGNORED, KEY ni (a) NOT IGNORED)
-- both | create table | s.n;s.u | u
CREATE TABLE n (a INT, CONSTRAINT c FOREIGN KEY (a) REFERENCES u (id))
-- both | create table | s.n;s.u | u
CREATE TABLE n (a INT, FOREIGN KEY i (a) REFERENCES s.u (id) ON DELETE CASCADE ON UPDATE SET NULL)
-- both | create table | s.n;s.n | -
CREATE TABLE n (a INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES n (a) ON DELETE NO ACTION)
-- both | create table | s.n;s.u | u
CREATE TABLE n (a INT REFERENCES u (id) ON DELETE RESTRICT, b INT)
-- both | create table | s.n;s.u | u
CREATE TABLE n (a INT, CONSTRAINT FOREIGN KEY (a) REFERENCES `u` (`id`) MATCH SIMPLE)
-- both | create table | s.n | -
CREATE TABLE n (a INT) ENGINE = InnoDB AUTO_INCREMENT = 7, COMMENT 'x;y' CHARSET utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC
-- both | create table | s.n | -
CREATE TABLE n (a INT) ENGINE InnoDB DEFAULT CHARACTER SET latin1 DEFAULT COLLATE latin1_bin STATS_PERSISTENT=DEFAULT STATS_AUTO_RECALC=1 STATS_SAMPLE_PAGES=20
-- both | create table | s.n | -
CREATE TABLE n (a INT) ENGINE=MyISAM AVG_ROW_LENGTH 10 CHECKSUM=1 DELAY_KEY_WRITE=1 MAX_ROWS=10 MIN_ROWS 1 PACK_KEYS=DEFAULT ROW_FORMAT=FIXED KEY_BLOCK_SIZE=0
-- both | create table | s.n;s.m s.m2 | m m2
CREATE TABLE n (id INT NOT NULL, KEY (id)) ENGINE=MERGE UNION=(m, s.m2) INSERT_METHOD=LAST
-- both | create table | s.n | -
CREATE TABLE n (id INT NOT NULL) ENGINE=MERGE UNION=()
-- mysql | create table | s.n | -
CREATE TABLE n (a INT) TABLESPACE innodb_file_per_table ENCRYPTION='N' COMPRESSION='NONE' AUTOEXTEND_SIZE=4M
-- mysql- | create table | s.n | -
CREATE TABLE n (a INT) ENGINE_ATTRIBUTE='{}' SECONDARY_ENGINE_ATTRIBUTE='{}'
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT) ENGINE=Aria PAGE_CHECKSUM=1 TRANSACTIONAL=0 TABLE_CHECKSUM=0
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT) ENGINE=InnoDB ENCRYPTED=NO PAGE_COMPRESSED=1 `PAGE_COMPRESSION_LEVEL`=5
-- both | create table | s.n | -
CREATE TABLE n (a INT) /*!50100 STATS_PERSISTENT=1 */ COMMENT='x'
-- mysql | create table | s.n | -
CREATE TABLE n (a INT) START TRANSACTION
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT) WITH SYSTEM VERSIONING
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT, b INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT WITH SYSTEM VERSIONING, b INT)
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT, rs TIMESTAMP(6) AS ROW START INVISIBLE, re TIMESTAMP(6) AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT, d1 DATE, d2 DATE, PERIOD FOR pp (d1, d2), UNIQUE (a, pp WITHOUT OVERLAPS))
-- both | create table | s.n | -
CREATE TABLE n (`key` INT, `primary` INT, `check` INT, period INT, comment INT, `constraint` INT, type INT, `column` INT, engine INT, status INT)
-- both | create table | s.n | -
CREATE TABLE n (2b INT, `3``c` INT, $d INT, äö INT, `e f` INT, `g"h` INT)
-- both | create table | s.n | -
CREATE TABLE n (a INT /* , b INT */, c INT) # d INT
-- both | create table | s.n | -
CREATE TABLE n (a DECIMAL (5 , 2) UNSIGNED ZEROFILL NOT NULL DEFAULT 0.5 COMMENT ')')
-- mariadb | create table | s.n | -
CREATE TABLE n (a INT /*M!100201 DEFAULT 5 */ /*!80023 INVISIBLE */ /*M! COMMENT 'x' */)
-- mysql | create table | s.n | -
CREATE TABLE n (a INT /*M!100201 COMPRESSED */ /*!80023 INVISIBLE */, b INT /*!100100 COMPRESSED */ /*T![auto_rand] AUTO_RANDOM(5) */)
-- mariadb- | create table | s.n | -
CREATE TABLE n (a INT DEFAULT NEXT VALUE FOR s.q)
-- mariadb | create table | s.n | - | ORACLE
CREATE TABLE n (a VARCHAR2(10), b NUMBER(5,2), c RAW(5), d CLOB)
