CREATE DATABASE migrate_me CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE ignore_me CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE migrate_me.t1 (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100), n INT NOT NULL DEFAULT 0);
CREATE TABLE ignore_me.ignore_table (id INT PRIMARY KEY);

INSERT INTO migrate_me.t1 (v) VALUES ('row 1'), ('row 2'), ('row 3'), ('row 4'), ('row 5'), ('row 6'), ('row 7'), ('row 8');
INSERT INTO migrate_me.t1 (v) SELECT CONCAT('copy of ', a.v, ', ', b.v, ', ', c.v) FROM migrate_me.t1 a, migrate_me.t1 b, migrate_me.t1 c;
INSERT INTO migrate_me.t1 (v) SELECT CONCAT('again ', a.v) FROM migrate_me.t1 a, (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) b;
