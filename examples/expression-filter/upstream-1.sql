CREATE DATABASE expr_filter CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE expr_filter.tbl (id INT PRIMARY KEY, c INT);
CREATE TABLE expr_filter.orders (id INT PRIMARY KEY, ordered DATE NOT NULL, state VARCHAR(10) NOT NULL);
CREATE TABLE expr_filter.prices (item VARCHAR(20) PRIMARY KEY, price DECIMAL(8,2) NOT NULL);

-- The whole data, which no expression touches: 100 is even, and comes.
INSERT INTO expr_filter.tbl VALUES (100, 100);
INSERT INTO expr_filter.orders VALUES (1, '2023-05-01', 'done'), (2, '2023-06-01', 'draft'), (3, '2024-03-01', 'done');
INSERT INTO expr_filter.prices VALUES ('tea', 10.50), ('lamp', 130.00), ('rice', 99.00);
