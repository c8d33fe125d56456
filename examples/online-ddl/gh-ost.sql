-- What gh-ost runs for: --table=test4 --alter="ADD COLUMN n INT NOT NULL DEFAULT 7"
CREATE /* gh-ost */ TABLE `osc`.`_test4_ghc` (
  id bigint auto_increment,
  last_update timestamp not null DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  hint varchar(64) charset ascii not null,
  value varchar(4096) charset ascii not null,
  primary key(id),
  unique key hint_uidx(hint)
) auto_increment=256;
CREATE /* gh-ost */ TABLE `osc`.`_test4_gho` LIKE `osc`.`test4`;
ALTER /* gh-ost */ TABLE `osc`.`_test4_gho` ADD COLUMN n INT NOT NULL DEFAULT 7;
INSERT /* gh-ost */ INTO `osc`.`_test4_ghc` (id, hint, value) VALUES (NULLIF(1, 0), 'state', 'Migrated') ON DUPLICATE KEY UPDATE value = VALUES(value);
INSERT /* gh-ost `osc`.`test4` */ IGNORE INTO `osc`.`_test4_gho` (`id`, `v`) (SELECT `id`, `v` FROM `osc`.`test4` FORCE INDEX (`PRIMARY`) LOCK IN SHARE MODE);
-- A row is written meanwhile; gh-ost reads it in the log and writes it to its own table.
INSERT INTO `osc`.`test4` (id, v) VALUES (1000, 'written while gh-ost was at work');
REPLACE /* gh-ost `osc`.`_test4_gho` */ INTO `osc`.`_test4_gho` (`id`, `v`) VALUES (1000, 'written while gh-ost was at work');
CREATE /* gh-ost */ TABLE `osc`.`_test4_del` (id int auto_increment primary key) comment='ghost-cut-over-sentry';
DROP /* gh-ost */ TABLE IF EXISTS `osc`.`_test4_del`;
RENAME /* gh-ost */ TABLE `osc`.`test4` TO `osc`.`_test4_del`, `osc`.`_test4_gho` TO `osc`.`test4`;
DROP /* gh-ost */ TABLE IF EXISTS `osc`.`_test4_ghc`;
DROP /* gh-ost */ TABLE IF EXISTS `osc`.`_test4_del`;
