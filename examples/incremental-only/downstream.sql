CREATE DATABASE log CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
-- Its CREATE lies before the place, so nobody else makes it: as it is upstream at that place.
CREATE TABLE log.messages (id INT PRIMARY KEY, message VARCHAR(255));
