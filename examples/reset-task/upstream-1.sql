CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE shop.customer (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL);
CREATE TABLE shop.visit (at DATETIME, customer INT);

INSERT INTO shop.customer VALUES (1, 'Ada'), (2, 'Béla'), (3, '陈'), (4, 'Dora');
-- No key: what is there twice has to be there twice downstream.
INSERT INTO shop.visit VALUES ('2024-01-01 10:00:00', 1), ('2024-01-01 10:00:00', 1), ('2024-01-02 11:30:00', 3);
