CREATE DATABASE bank CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE bank.account (id INT PRIMARY KEY, owner VARCHAR(50) NOT NULL, cents BIGINT NOT NULL);
CREATE TABLE bank.booking (at DATETIME, account INT, cents BIGINT);

INSERT INTO bank.account VALUES (1, 'Ada', 10000), (2, 'Béla', 2500), (3, '陈', 0);
