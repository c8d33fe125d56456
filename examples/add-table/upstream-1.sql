CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE shop.customer (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL, visits INT NOT NULL DEFAULT 0);
CREATE TABLE shop.item (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL, price DECIMAL(8,2));
CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT NOT NULL, item INT NOT NULL, n INT NOT NULL DEFAULT 1);
-- Without a key: a change that came twice would be seen.
CREATE TABLE shop.visit (customer INT, line VARCHAR(20));

INSERT INTO shop.customer (id, name) VALUES (1, 'Ada'), (2, 'Béla'), (3, '陈'), (4, 'Dora');
INSERT INTO shop.item VALUES (1, 'tea', 3.50), (2, 'lamp', 80.00), (3, 'rice', 1.20), (4, 'paper', 0.99);
INSERT INTO shop.orders (customer, item) SELECT a.id, b.id FROM shop.customer a, shop.item b, shop.item c;
INSERT INTO shop.visit SELECT customer, 'old' FROM shop.orders;
