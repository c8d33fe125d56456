CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE shop.customer (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL);

INSERT INTO shop.customer VALUES (1, 'Ada'), (2, 'Béla');
