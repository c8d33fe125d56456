CREATE DATABASE log CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE user CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE log.messages (id INT PRIMARY KEY, message VARCHAR(255));
CREATE TABLE user.information (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL, city VARCHAR(50));

INSERT INTO log.messages VALUES (1, 'msg1'), (2, 'msg2'), (3, 'msg3');
INSERT INTO user.information VALUES (1, 'Ada', 'Beijing'), (2, 'Béla', NULL), (3, '陈', 'Tianjin');
