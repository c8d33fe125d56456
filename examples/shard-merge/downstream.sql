CREATE DATABASE user CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
-- The table of both servers' users: id is kept, and is a plain key.
CREATE TABLE user.information (
  id BIGINT NOT NULL AUTO_INCREMENT,
  uid BIGINT DEFAULT NULL,
  name VARCHAR(255) DEFAULT NULL,
  data VARCHAR(255) DEFAULT NULL,
  INDEX (id),
  UNIQUE KEY uid (uid)
);
