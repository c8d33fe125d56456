CREATE DATABASE user CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE store CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE log CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE user.information (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL, city VARCHAR(50));
CREATE TABLE user.log (id INT PRIMARY KEY AUTO_INCREMENT, user_id INT NOT NULL, line VARCHAR(200), at DATETIME);
CREATE TABLE store.store_gz (id INT PRIMARY KEY, item VARCHAR(100) NOT NULL, price DECIMAL(10,2) NOT NULL);
CREATE TABLE store.store_sz (id INT PRIMARY KEY, item VARCHAR(100) NOT NULL, price DECIMAL(10,2) NOT NULL);
CREATE TABLE log.messages (id INT PRIMARY KEY, message VARCHAR(255));

-- The numbers are the same on each server: what keeps the rows apart is where they go.
INSERT INTO user.information VALUES (1, 'Ada 3', 'city 3'), (2, 'Béla 3', NULL), (3, '陈 3', 'city 3');
INSERT INTO user.log (user_id, line, at) VALUES (1, 'came', '2024-01-01 08:00:00'), (1, 'went', '2024-01-01 17:30:00'), (3, 'came', '2024-01-02 09:15:00');
INSERT INTO store.store_gz VALUES (1, 'tea', 30.50), (2, 'rice', 3.20);
INSERT INTO store.store_sz VALUES (1, 'cups', 35.00), (2, 'lamps', 330.00), (3, 'paper', 0.3);
INSERT INTO log.messages VALUES (1, 'nobody downstream will read this');
