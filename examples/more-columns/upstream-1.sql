CREATE DATABASE log CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE user CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE log.messages (id INT PRIMARY KEY, message VARCHAR(255));
CREATE TABLE user.information (id INT PRIMARY KEY, name VARCHAR(100));

INSERT INTO log.messages VALUES (1, 'msg1'), (2, 'msg2'), (3, 'msg3');
