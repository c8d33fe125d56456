-- What only MariaDB has: UUID, INET6, JSON as text, COMPRESSED columns.
set sql_mode=''; set time_zone='+00:00'; use types;
create table mx(id int primary key, u uuid, i6 inet6, j json, g geometry) engine=innodb;
insert into mx values(1,'123e4567-e89b-12d3-a456-426655440000','2001:db8::ff00:42:8329','{"a":1}',null),(2,null,null,null,null),(3,'00000000-0000-0000-0000-000000000000','::ffff:1.2.3.4','[1, 2]',null),(4,'ffffffff-ffff-1fff-8fff-ffffffffffff','::','"x"',null);
create table mc(id int primary key, a text compressed, b blob compressed, c varchar(1000) compressed, d varbinary(100) compressed, e longtext compressed character set utf8mb4, f varchar(20) compressed) engine=innodb;
insert into mc values(1,repeat('a',1000),repeat('b',500),repeat('c',900),repeat('d',99),repeat('ж',1000),repeat('z',20)),(2,'short','x','y','z','w','q'),(3,'','','','','',''),(4,null,null,null,null,null,null);
