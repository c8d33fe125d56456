CREATE DATABASE user CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE store CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE log CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE user.information (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL, city VARCHAR(50));
CREATE TABLE user.log (id INT PRIMARY KEY AUTO_INCREMENT, user_id INT NOT NULL, line VARCHAR(200), at DATETIME);
CREATE TABLE store.store_bj (id INT PRIMARY KEY, item VARCHAR(100) NOT NULL, price DECIMAL(10,2) NOT NULL);
CREATE TABLE store.store_tj (id INT PRIMARY KEY, item VARCHAR(100) NOT NULL, price DECIMAL(10,2) NOT NULL);
CREATE TABLE log.messages (id INT PRIMARY KEY, message VARCHAR(255));

-- The numbers are the same on each server: what keeps the rows apart is where they go.
INSERT INTO user.information VALUES (1, 'Ada 1', 'city 1'), (2, 'Béla 1', NULL), (3, '陈 1', 'city 1');
INSERT INTO user.log (user_id, line, at) VALUES (1, 'came', '2024-01-01 08:00:00'), (1, 'went', '2024-01-01 17:30:00'), (3, 'came', '2024-01-02 09:15:00');
INSERT INTO store.store_bj VALUES (1, 'tea', 10.50), (2, 'rice', 1.20);
INSERT INTO store.store_tj VALUES (1, 'cups', 15.00), (2, 'lamps', 130.00), (3, 'paper', 0.1);
INSERT INTO log.messages VALUES (1, 'nobody downstream will read this');
