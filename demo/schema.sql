-- What each upstream server of the demonstration holds. `kept` is ours: rows that are deleted upstream, and stay
-- downstream because the task says so, are copied there first, for the comparison at the end.
CREATE DATABASE store_01 CHARACTER SET utf8mb4;
CREATE DATABASE store_02 CHARACTER SET utf8mb4;
CREATE DATABASE user CHARACTER SET utf8mb4;
CREATE DATABASE kept CHARACTER SET utf8mb4;

CREATE TABLE store_01.sale_01 (
	id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
	package VARCHAR(200) NOT NULL,
	version VARCHAR(120) CHARACTER SET latin1 NOT NULL,
	section VARCHAR(60),
	maintainer VARCHAR(300),
	installed_kib BIGINT,
	bytes BIGINT UNSIGNED,
	price DECIMAL(12,4) NOT NULL DEFAULT 0,
	sold_at DATETIME(3),
	changed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
	homepage VARCHAR(500),
	depends TEXT,
	description MEDIUMTEXT,
	KEY by_package (package),
	KEY by_section (section, bytes)
);
CREATE TABLE store_01.sale_02 LIKE store_01.sale_01;
CREATE TABLE store_02.sale_01 LIKE store_01.sale_01;
CREATE TABLE store_02.sale_02 LIKE store_01.sale_01;
CREATE TABLE kept.sale LIKE store_01.sale_01;

CREATE TABLE user.information (
	id INT UNSIGNED NOT NULL PRIMARY KEY,
	name VARCHAR(300) COLLATE utf8mb4_bin NOT NULL,		-- some maintainers differ in case only
	visits INT NOT NULL DEFAULT 0,
	UNIQUE KEY by_name (name)
);
CREATE TABLE user.log_bak (id INT AUTO_INCREMENT PRIMARY KEY, line TEXT);
