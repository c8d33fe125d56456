CREATE DATABASE log CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE user CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Each column that the upstream does not have has a default, or may be NULL.
CREATE TABLE log.messages (
  id INT PRIMARY KEY,
  region VARCHAR(20) NOT NULL DEFAULT 'north',
  message VARCHAR(255),
  came_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  note TEXT
);
CREATE TABLE user.information (
  id INT PRIMARY KEY,
  name VARCHAR(100),
  city VARCHAR(50),
  checked TINYINT NOT NULL DEFAULT 0
);
