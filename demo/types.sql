-- One table per family of column types, with the values at their edges. @server is 1 or 2: it keeps keys apart.
SET NAMES utf8mb4;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
SET time_zone = '+00:00';
USE user;

CREATE TABLE type_integer (
	id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT, mu MEDIUMINT UNSIGNED,
	i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, yes BOOL, bits BIT(64), bit1 BIT(1), y YEAR
);
INSERT INTO type_integer VALUES
	(@server * 10, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 0, 0, b'0', 0),
	(@server * 10 + 1, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615,
		1, b'1111111111111111111111111111111111111111111111111111111111111111', b'1', 2155),
	(@server * 10 + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE type_number (id INT PRIMARY KEY, d DECIMAL(65,30), small DECIMAL(5,2), whole DECIMAL(20,0), f FLOAT, x DOUBLE);
INSERT INTO type_number VALUES
	(@server * 10, -99999999999999999999999999999999999.999999999999999999999999999999, -999.99, -99999999999999999999, -3.40282e38, -1.7976931348623157e308),
	(@server * 10 + 1, 0.000000000000000000000000000001, 0.01, 1, 1.17549e-38, 2.2250738585072014e-308),
	(@server * 10 + 2, 0, 0, 0, 0.1, 0.1),
	(@server * 10 + 3, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE type_text (
	id INT PRIMARY KEY, c CHAR(10), v VARCHAR(1000), l VARCHAR(100) CHARACTER SET latin1, a CHAR(5) CHARACTER SET ascii,
	u VARCHAR(50) CHARACTER SET utf8mb3, tt TINYTEXT, t TEXT, mt MEDIUMTEXT, lt LONGTEXT
);
INSERT INTO type_text VALUES
	(@server * 10, '', '', '', '', '', '', '', '', ''),
	(@server * 10 + 1, 'end ', 'tab\tline\nquote\'"back\\slash', 'ÄÖÜß', 'ascii', '汉字', 'ünï', '🦭 and more', REPEAT('ö', 70000), REPEAT('long ', 50000)),
	(@server * 10 + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE type_binary (id INT PRIMARY KEY, b BINARY(8), v VARBINARY(300), tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB);
INSERT INTO type_binary VALUES
	(@server * 10, '', '', '', '', '', ''),
	(@server * 10 + 1, x'00ff00ff', x'0001020304050607080a0d1a22275c7f80ff', x'ff', x'00', REPEAT(x'00ff', 40000), REPEAT(x'e2', 70000)),
	(@server * 10 + 2, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE type_time (
	id INT PRIMARY KEY, d DATE, t TIME, t6 TIME(6), dt DATETIME, dt3 DATETIME(3), dt6 DATETIME(6), ts TIMESTAMP NULL, ts6 TIMESTAMP(6) NULL
);
INSERT INTO type_time VALUES
	(@server * 10, '0000-00-00', '-838:59:59', '-838:59:59.000000', '0000-00-00 00:00:00', '1000-01-01 00:00:00.001', '1000-01-01 00:00:00.000001', '1970-01-01 00:00:01', '1970-01-01 00:00:01.000001'),
	(@server * 10 + 1, '9999-12-31', '838:59:59', '-00:00:00.000001', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', '2038-01-19 03:14:07.999999'),
	(@server * 10 + 2, '2024-02-30', '00:00:00', '12:34:56.700000', '2024-03-31 02:30:00', '2024-03-31 02:30:00.5', '2024-03-31 02:30:00.25', '2024-03-31 01:30:00', '2024-10-27 00:30:00.123456'),
	(@server * 10 + 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE type_choice (id INT PRIMARY KEY, e ENUM('small', 'größer', 'it''s', ''), s SET('a', 'b', 'c', 'ö'), j JSON);
INSERT INTO type_choice VALUES
	(@server * 10, 'small', '', '{}'),
	(@server * 10 + 1, 'größer', 'a,b,ö', '{"k": [1, 2.5, "ö\\n", null, true, 18446744073709551615]}'),
	(@server * 10 + 2, 'it''s', 'ö', '"text"'),
	(@server * 10 + 3, NULL, NULL, NULL);
