CREATE DATABASE osc CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE osc.test4 (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(40) NOT NULL);
CREATE TABLE osc.test5 (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(40) NOT NULL);

INSERT INTO osc.test4 (v) VALUES ('a'), ('b'), ('c'), ('d');
INSERT INTO osc.test4 (v) SELECT CONCAT(a.v, b.v, c.v) FROM osc.test4 a, osc.test4 b, osc.test4 c;
INSERT INTO osc.test5 (v) SELECT v FROM osc.test4;
