-- both | create database | x. | none
CREATE DATABASE x
-- both | create database | x. | none
CREATE SCHEMA x
-- both | create database | x. | none
CREATE DATABASE IF NOT EXISTS x
-- both | create database | x. | none
create schema if not exists `x` character set utf8mb4
-- both | create database | x. | none
CREATE DATABASE x DEFAULT CHARACTER SET = latin1
-- both | create database | x. | none
CREATE DATABASE x CHARSET latin1 COLLATE latin1_bin
-- both | create database | x. | none
CREATE DATABASE x DEFAULT COLLATE = utf8mb4_bin
-- both | create database | x. | none
CREATE DATABASE x COLLATE utf8mb4_bin CHARACTER SET utf8mb4
-- both | create database | x. | none
CREATE DATABASE x /*!40100 DEFAULT CHARACTER SET latin1 */
-- mysql | create database | x. | none
CREATE DATABASE `x` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */
-- mysql | create database | x. | none
CREATE DATABASE x DEFAULT ENCRYPTION = 'N'
-- mariadb | create database | x. | none
CREATE OR REPLACE DATABASE x
-- mariadb | create database | x. | none
CREATE OR REPLACE SCHEMA x COMMENT = 'y' CHARACTER SET utf8mb4
-- mariadb | create database | x. | none
CREATE DATABASE x COMMENT 'y'
-- both | create database | x-y z. | none
CREATE DATABASE `x-y z`
-- both | create database | x. | none | ANSI_QUOTES
CREATE DATABASE "x"
-- both | alter database | s. | -
ALTER DATABASE s CHARACTER SET utf8mb4
-- both | alter database | s. | -
ALTER DATABASE `s` DEFAULT CHARACTER SET = latin1 DEFAULT COLLATE = latin1_bin
-- both | alter database | s. | -
ALTER SCHEMA s COLLATE utf8mb4_bin
-- both | alter database | s. | -
ALTER SCHEMA s CHARSET = latin1
-- both | alter database | s. | -
ALTER DATABASE CHARACTER SET utf8mb4
-- both | alter database | s. | -
ALTER SCHEMA DEFAULT COLLATE utf8mb4_bin
-- both | alter database | s. | -
ALTER DATABASE CHARSET latin1
-- mysql | alter database | s. | -
ALTER DATABASE s ENCRYPTION 'N'
-- mysql | alter database | s. | -
ALTER DATABASE s READ ONLY = DEFAULT
-- mysql | alter database | s. | -
ALTER DATABASE s READ ONLY 0
-- mysql | alter database | s. | -
ALTER DATABASE ENCRYPTION = 'N'
-- mariadb | alter database | s. | -
ALTER DATABASE s COMMENT = 'x'
-- mariadb | alter database | s. | -
ALTER DATABASE COMMENT 'x'
-- mariadb- | alter database | #mysql50#x. | none
ALTER DATABASE `#mysql50#x` UPGRADE DATA DIRECTORY NAME
-- both | drop database | s. | -
DROP DATABASE s
-- both | drop database | s. | -
DROP SCHEMA `s`
-- both | drop database | s. | -
DROP DATABASE IF EXISTS s;
-- both | drop database | s. | none
drop schema if exists s
