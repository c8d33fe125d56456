CREATE DATABASE db1 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- Downstream the table is cut into partitions, which the upstream's is not. No unique key without c1 can be made here.
CREATE TABLE db1.tbl1 (c1 INT NOT NULL, c2 VARCHAR(50), PRIMARY KEY (c1))
PARTITION BY RANGE (c1) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN MAXVALUE);
