-- Numbers, text, dates and times, geometry: the edges of each type, on every server.
set sql_mode='';
set time_zone='+00:00';
use types;
create table n1(id int primary key, t1 tinyint, t2 tinyint unsigned, s1 smallint, s2 smallint unsigned, m1 mediumint, m2 mediumint unsigned, i1 int, i2 int unsigned zerofill, b1 bigint, b2 bigint unsigned, f1 float, f2 float unsigned, d1 double, d2 double unsigned, n1 decimal(10,0), n2 decimal(65,30), n3 decimal(5,5), n4 decimal(9,2) unsigned, n5 decimal(20,9), y year, bo bool, bi1 bit(1), bi2 bit(9), bi3 bit(64), bi4 bit(16)) engine=innodb;
insert into n1 values(1,-128,255,-32768,65535,-8388608,16777215,-2147483648,4294967295,-9223372036854775808,18446744073709551615,-1.5e10,3.4e38,-1.7976931348623157e308,2.5e-308,-9999999999,-12345678901234567890123456789012345.123456789012345678901234567890,-0.12345,9999999.99,-12345678901.123456789,1901,1,b'1',b'101010101',b'1111111111111111111111111111111111111111111111111111111111111110',b'1000000000000001'),
(2,127,0,32767,0,8388607,0,2147483647,0,9223372036854775807,0,0.1,0,0.1,0,0,0,0,0,0,2155,0,b'0',b'0',b'0',b'0'),
(3,-1,128,-1,32768,-1,8388608,-1,2147483648,-1,9223372036854775808,-0.0,1e-45,-0.0,1e300,1,-0.000000000000000000000000000001,0.00001,0.01,-0.000000001,0000,-1,b'1',b'1',b'1',b'11111111'),
(4,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null);
create table s1(id int primary key, c1 char(10), c2 char(255) character set utf8, c3 varchar(20), c4 varchar(300), c5 binary(5), c6 varbinary(255), c7 varbinary(256), t1 tinytext, t2 text, t3 mediumtext, t4 longtext, b1 tinyblob, b2 blob, b3 mediumblob, b4 longblob, e1 enum('a','b','ccc'), e2 enum('x','y') character set utf8, st set('p','q','r','s','t','u','v','w','z'), c8 char(63) character set latin1, c9 char(64) character set utf8, c10 char(0)) default charset latin1;
insert into s1 values(1,'abc  ','ж',repeat('v',20),repeat('w',300),'ab','a\0b\0\0','zz\0','tt','tx','mt','lt','\1\2','\0\0','b3','b4','ccc','y','p,r,z','x','y',''),
(2,'','','','','','','','','','','','','','','','','','','','',''),
(3,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null),
(4,'\'"\\\n','\\',0xE9,0xE9,0xFF00,0xFF,0xFF,0xE9,0xE9,0xE9,0xE9,0xE9,0xE9,0xE9,0xE9,'a','x','','é','日本','');
create table d1(id int primary key, d date, t0 time, t1 time(1), t2 time(2), t3 time(3), t4 time(4), t5 time(5), t6 time(6), dt0 datetime, dt1 datetime(1), dt3 datetime(3), dt6 datetime(6), ts0 timestamp null, ts2 timestamp(2) null, ts4 timestamp(4) null, ts6 timestamp(6) null, y year(4));
insert into d1 values(1,'2024-02-29','12:34:56','12:34:56.7','12:34:56.78','12:34:56.789','12:34:56.7891','12:34:56.78912','12:34:56.789123','2024-02-29 12:34:56','2024-02-29 12:34:56.7','2024-02-29 12:34:56.789','2024-02-29 12:34:56.789123','2024-02-29 12:34:56','2024-02-29 12:34:56.78','2024-02-29 12:34:56.7891','2024-02-29 12:34:56.789123',2024),
(2,'0000-00-00','-12:34:56','-12:34:56.7','-12:34:56.78','-12:34:56.789','-12:34:56.7891','-12:34:56.78912','-12:34:56.789123','0000-00-00 00:00:00',0,0,0,0,0,0,0,0),
(3,'9999-12-31','838:59:59','838:59:58.9','838:59:58.99','838:59:58.999','838:59:58.9999','838:59:58.99999','838:59:58.999999','9999-12-31 23:59:59','9999-12-31 23:59:59.9','9999-12-31 23:59:59.999','9999-12-31 23:59:59.999999','2038-01-19 03:14:07','2038-01-19 03:14:07.99','2038-01-19 03:14:07.9999','2038-01-19 03:14:07.999999',2155),
(4,'2024-00-00','-838:59:59','-838:59:58.9','-838:59:58.99','-838:59:58.999','-838:59:58.9999','-838:59:58.99999','-838:59:58.999999','2024-01-00 10:00:00','0001-01-01 00:00:00.1','0001-01-01 00:00:00.001','0001-01-01 00:00:00.000001','1970-01-01 00:00:01','1970-01-01 00:00:01.01','1970-01-01 00:00:01.0001','1970-01-01 00:00:01.000001',1901),
(5,'0000-01-00','00:00:00','-00:00:00.1','-00:00:00.01','-00:00:00.001','-00:00:00.0001','-00:00:00.00001','-00:00:00.000001','1000-01-01 00:00:00',null,null,null,null,null,null,null,null),
(6,null,'-00:00:01','-00:00:01.0','-00:00:01.00','-00:00:01.000','-00:00:01.0000','-00:00:01.00000','-00:00:01.000000',null,null,null,null,null,null,null,null,null);
create table b1(id int primary key, g geometry, p point, ls linestring, pg polygon);
insert into b1 values(1,ST_GeomFromText('POINT(1 2)'),ST_GeomFromText('POINT(-1.5 2.25)'),ST_GeomFromText('LINESTRING(0 0,1 1)'),ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')),(2,null,null,null,null);
