CREATE DATABASE user CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE store_01 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE store_02 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Each server numbers its rows by itself, so id is no key once they are together; uid is.
CREATE TABLE user.information (
  id BIGINT NOT NULL AUTO_INCREMENT,
  uid BIGINT DEFAULT NULL,
  name VARCHAR(255) DEFAULT NULL,
  data VARCHAR(255) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uid (uid)
);
CREATE TABLE user.log_bak (id INT PRIMARY KEY, line VARCHAR(255));
-- sid says which shard a sale belongs to: no two tables have the same.
CREATE TABLE store_01.sale_01 (
  sid BIGINT NOT NULL,
  pid BIGINT NOT NULL,
  comment VARCHAR(255) DEFAULT NULL,
  PRIMARY KEY (sid),
  KEY pid (pid)
);
CREATE TABLE store_01.sale_02 LIKE store_01.sale_01;
CREATE TABLE store_02.sale_01 LIKE store_01.sale_01;
CREATE TABLE store_02.sale_02 LIKE store_01.sale_01;

INSERT INTO user.information (uid, name, data) VALUES (2001, 'Ada', 'first of server 2'), (2002, 'Béla', NULL), (2003, '陈', '');
INSERT INTO user.log_bak VALUES (1, 'stays upstream');
INSERT INTO store_01.sale_01 VALUES (20100, 1, 'tea'), (20101, 2, NULL);
INSERT INTO store_01.sale_02 VALUES (20200, 3, 'rice'), (20201, 4, 'größer');
INSERT INTO store_02.sale_01 VALUES (20300, 5, ''), (20301, 6, 'lamps');
INSERT INTO store_02.sale_02 VALUES (20400, 7, 'paper'), (20401, 8, 'cups');
