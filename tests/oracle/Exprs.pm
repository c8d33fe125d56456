# Exprs.pm - random expressions, and rows for them. Where MySQL and MariaDB differ, the one is not asked for what lib/rules has of the other.
package Exprs;

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../soak";
use Chance;
use Exporter 'import';

our @EXPORT = qw(table_sql rows_sql expression);

our $mysql = 0;		# else MariaDB

sub table_sql {
	my $modern = $mysql ? 'utf8mb4_0900_ai_ci' : 'utf8mb4_unicode_ci';

	return <<"END";
CREATE TABLE t (id INT PRIMARY KEY, ti TINYINT, su SMALLINT UNSIGNED, i INT, bi BIGINT, bu BIGINT UNSIGNED, d DECIMAL(12,3),
 d2 DECIMAL(30,10), f FLOAT, db DOUBLE, v VARCHAR(30) COLLATE utf8mb4_general_ci, vb VARCHAR(30) COLLATE utf8mb4_bin,
 vm VARCHAR(30) COLLATE $modern, l VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci, c CHAR(10) COLLATE utf8mb4_general_ci,
 bn VARBINARY(20), e ENUM('a','b','Ça','x y') COLLATE utf8mb4_general_ci, s SET('r','g','b') COLLATE utf8mb4_general_ci, bt BIT(9),
 y YEAR, da DATE, dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP(3) NULL, tm TIME, tm2 TIME(2)@{[$mysql ? ', j JSON' : '']}) CHARACTER SET utf8mb4
END
}

sub text_value {
	return pick('', ' ', 'a', 'A', 'b', 'abc', 'ABC', 'Abc ', 'é', 'E', 'straße', 'STRASSE', 'a,b,c', 'x%y', 'a_c', '12', '12abc', '-3.5',
		' 7 ', '1e2', '2020-01-05', 'Müller', 'muller', 'ŽLUŤ', 'žlut', 'ab ab ab', '中文', 'тест', 'ТЕСТ', 'r,g', "tab\there", '0',
		'10:11:12', 'a.b.c', 'ñandú', 'NANDU');
}

sub latin_value { pick('', 'a', 'A ', 'é', 'É', 'Müller', 'muller', 'ñ', 'z', '1', '42x', 'ß', 'ss', 'Øre', 'æ', 'ÿ') }
sub quoted { my ($t) = @_; $t =~ s/(['\\])/\\$1/g; return "'$t'" }
sub integer { pick(0, 1, -1, 2, 3, 5, 7, 10, 42, 100, -7, 127, 255, 1000, 65535, -2147483648, 2147483647) }
sub decimal { pick('0.0', '1.5', '-1.5', '2.500', '0.001', '123.456', '-99.99', '1000000.1', '0.5', '3.14159') }
sub real { pick('0e0', '1.5e0', '-2.25e0', '1e3', '0.5e0', '3.0e0') }

sub date_text {
	return sprintf '%04d-%02d-%02d', pick(1970, 1999, 2000, 2012, 2020, 2020, 2023, 2037), below(12) + 1, pick(1, 2, 5, 15, 28, 28);
}

sub clock_text { sprintf '%02d:%02d:%02d', below(24), pick(0, 5, 30, 59), pick(0, 1, 30, 59) }
sub datetime_text { date_text() . ' ' . clock_text() . pick('', '', '.5', '.123456') }

sub json_value { pick('{"a":1,"b":"x","c":[1,2,{"d":null}]}', '{"a":"1","b":true,"c":[]}', '{"a":2.5,"b":"X"}', '[1,"two",3]', '"text"', '7', '{"a":null,"b":false}', '{"a":-3,"b":"Müller"}') }

sub maybe { below(6) ? $_[0] : 'NULL' }

sub rows_sql {
	my ($n) = @_;
	my @rows;

	for my $id (1 .. $n) {
		push @rows, '(' . join(',', $id, maybe(pick(-128, -1, 0, 1, 2, 5, 127)), maybe(pick(0, 1, 2, 7, 65535)), maybe(integer()),
			maybe(pick(integer(), '9223372036854775807', '-9223372036854775808', 4294967296)),
			maybe(pick(0, 1, 2, 10, '18446744073709551615', '9223372036854775808')), maybe(pick(decimal(), integer() % 1000)),
			maybe(pick(decimal(), '12345678901234567890.0123456789', '0.0000000001')), maybe(pick(decimal(), '0.1', '1e10', 3)),
			maybe(pick(decimal(), '0.1', '1e10', '-1e-3', 3)), maybe(quoted(text_value())), maybe(quoted(text_value())),
			maybe(quoted(text_value())), maybe(quoted(latin_value())), maybe(quoted(pick('', 'a', 'B', 'abc', 'é', '10'))),
			maybe(pick("''", "'abc'", "x'00ff41'", "'A'")), maybe(pick("'a'", "'b'", "'Ça'", "'x y'")),
			maybe(pick("''", "'r'", "'r,g'", "'b'", "'r,g,b'")), maybe(pick("b'0'", "b'1'", "b'101010101'")),
			maybe(pick(1999, 2000, 2020, 2155)), maybe(quoted(date_text())), maybe(quoted(date_text() . ' ' . clock_text())),
			maybe(quoted(datetime_text())), maybe(quoted(date_text() . ' 12:00:00' . pick('', '.123'))),
			maybe(quoted(pick('00:00:00', '10:11:12', '-01:30:00', '838:59:59', '23:59:59'))),
			maybe(quoted(pick('00:00:00', '10:11:12.34', '-01:30:00.5'))), ($mysql ? maybe(quoted(json_value())) : ())) . ')';
	}
	return 'INSERT INTO t VALUES ' . join(',', @rows);
}

sub int_of {
	my ($d) = @_;
	my $k = below($d > 0 ? 28 : 4);

	return pick(qw(ti su i bi bu y bt id)) if $k == 0 || $k == 1;
	return pick(qw(ti su i id)) if $k == 2;
	return pick(map { abs } integer()) if $k == 3;
	return '(' . int_of($d - 1) . pick(' + ', ' - ', ' * ') . int_of($d - 1) . ')' if $k <= 6;
	return '(' . number_of($d - 1) . ' DIV ' . pick(2, 3, 7, 'ti') . ')' if $k == 7;
	return '(' . int_of($d - 1) . pick(' % ', ' MOD ') . pick(2, 3, 7, 'ti', 'i') . ')' if $k == 8;
	return 'ABS(' . pick('ti', 'i', 'id', int_of($d - 1)) . ')' if $k == 9;
	return pick('LENGTH(', 'CHAR_LENGTH(') . text_of($d - 1) . ')' if $k == 10;
	return pick('YEAR(', 'MONTH(', 'DAY(', 'QUARTER(', 'DAYOFYEAR(', 'WEEKDAY(', 'DAYOFWEEK(', 'TO_DAYS(') . date_of($d - 1) . ')' if $k == 11;
	return pick('HOUR(', 'MINUTE(', 'SECOND(', 'MICROSECOND(') . pick('tm', 'tm2', 'dt', 'dt6') . ')' if $k == 12;
	return 'DATEDIFF(' . date_of($d - 1) . ', ' . date_of($d - 1) . ')' if $k == 13;
	return '(' . int_of($d - 1) . pick(' & ', ' | ', ' ^ ') . pick(1, 3, 'su', 'id', int_of($d - 1)) . ')' if $k == 14 && below(2);
	return '(' . int_of($d - 1) . pick(' << ', ' >> ') . pick(1, 3, 'id', $mysql ? 'bi' : 2) . ')' if $k == 14;	# MariaDB takes 32 bits of the count
	return 'SIGN(' . number_of($d - 1) . ')' if $k == 15;
	# MySQL 9 looks in the collation of where it looks; MariaDB at as many bytes as what it looks for has.
	return pick('LOCATE(', 'INSTR(') . join(', ', map { $mysql ? pick('v', 'c', quoted(text_value())) : 'vb' } 1, 2) . ')' if $k == 16;
	return 'FIND_IN_SET(' . pick("'a'", "'B'", 'e') . ", 'a,b,c')" if $k == 17 && below(2);
	return 'FIND_IN_SET(' . pick("'a'", "'B'", "'ž'") . ', ' . pick('s', 'v') . ')' if $k == 17;
	return 'IF(' . bool_of($d - 1) . ', ' . int_of($d - 1) . ', ' . int_of($d - 1) . ')' if $k == 18;
	return 'CAST(' . pick('v', 'vb', "'12'", number_of($d - 1)) . ' AS SIGNED)' if $k == 19;
	return pick('CRC32(', 'ASCII(') . pick('v', 'vb', 'bn', "'x'") . ')' if $k == 20;
	return 'TIMESTAMPDIFF(' . pick(qw(SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR)) . ', ' . date_of($d - 1) . ', ' . date_of($d - 1) . ')' if $k == 21;
	return 'COALESCE(' . join(', ', map { int_of($d - 1) } 1 .. 2) . ')' if $k == 22;
	return pick('WEEK(', 'YEARWEEK(') . date_of($d - 1) . pick('', map { ", $_" } 0 .. 7) . ')' if $k == 23;
	return pick('WEEKOFYEAR(' . date_of($d - 1), 'TIME_TO_SEC(' . pick('tm', 'tm2', 'dt')) . ')' if $k == 24;
	return 'FIELD(' . (below(2) ? join(', ', 'v', map { pick('vb', "'a'", "'ABC'", "'12'") } 1 .. 3) : join(', ', 'i', map { pick('ti', 1, 2, 'd', 42) } 1 .. 3)) . ')' if $k == 25;
	return pick('BIT_COUNT(' . pick('ti', 'i', 'su', 'bi', 'bu'), 'ORD(' . pick('v', 'vb', "'é'", 'bn'), 'BIT_LENGTH(' . pick('v', 'bn')) . ')' if $k == 26;
	return 'UNIX_TIMESTAMP(' . pick('ts', 'dt') . ')';
}

# MySQL's IN and CASE look at 64 bits, whatever their sign, and round what is looked for among integers.
sub small_int { pick('ti', 'i', 'id', 'bi % 7', 'ti + 1', 1, 2, 0, -1, 42, 'LENGTH(v)') }

sub exact_of {
	my ($d) = @_;
	my $k = below($d > 0 ? 14 : 4);

	return pick(qw(d d2 d)) if $k <= 1;
	return decimal() if $k <= 3;
	return '(' . exact_of($d - 1) . pick(' + ', ' - ', ' * ') . pick(exact_of($d - 1), int_of($d - 1)) . ')' if $k <= 6;
	return '(' . pick('d', 'i', 'ti', decimal()) . ' / ' . ($mysql ? pick('d', 'ti', 'i', 2, 3, 7, '0.7') : pick(2, 4, '0.5')) . ')' if $k == 7;	# MariaDB compares four digits only
	return '(' . ($mysql ? exact_of($d - 1) : 'ABS(d)') . ' % ' . pick(2, '0.7', 'ti') . ')' if $k == 8;	# MariaDB's -0.0 is less than 0
	return pick('ROUND(', 'TRUNCATE(') . pick('d', 'd2', decimal()) . ', ' . pick(0, 1, 2, -1) . ')' if $k == 9;
	return pick('CEILING(', 'FLOOR(', 'ABS(') . pick('d', 'd2', decimal()) . ')' if $k == 10;
	return 'CAST(' . pick('ti', 'd', 'v', 'su') . ' AS DECIMAL(20,' . below(5) . '))' if $k == 11;
	return pick('IFNULL(', 'GREATEST(', 'LEAST(') . exact_of($d - 1) . ', ' . pick(exact_of($d - 1), 'ti') . ')' if $k == 12;
	return '-' . pick('d', 'ti', 'i');
}

sub real_of {
	my ($d) = @_;
	my $k = below($d > 0 ? 8 : 3);

	return pick(qw(f db db)) if $k <= 1;
	return real() if $k == 2;
	return '(' . real_of($d - 1) . pick(' + ', ' - ', ' * ') . number_of($d - 1) . ')' if $k <= 4;
	return '(' . real_of($d - 1) . ' / ' . pick(2, 'ti', 'd') . ')' if $k == 5;
	return pick('SQRT(ABS(i))', 'POW(ti, 2)', 'POW(2, id)', 'ABS(db)', 'FLOOR(db)', 'CEIL(db)') if $k == 6;
	return '(v + ' . int_of($d - 1) . ')';
}

sub number_of {
	my ($d) = @_;
	my $k = below(10);

	return $k < 5 ? int_of($d) : $k < 8 ? exact_of($d) : real_of($d);
}

sub text_of {
	my ($d) = @_;
	my $k = below($d > 0 ? 26 : 5);

	return pick(qw(v vb vm v c)) if $k <= 2;
	return pick('e', 's', 'v') if $k == 3;
	return quoted(text_value()) if $k == 4;
	return 'CONCAT(' . join(', ', map { pick('v', quoted(text_value()), 'i', 'd', 'da', 'ti') } 1 .. 2 + below(2)) . ')' if $k <= 6;
	return 'CONCAT_WS(' . pick("','", "'-'") . ', ' . join(', ', map { pick('v', 'c', 'i', quoted(text_value())) } 1 .. 2) . ')' if $k == 7;
	return pick('LOWER(', 'UPPER(') . pick('v', 'vb', quoted(text_value())) . ')' if $k == 8;
	return pick('LEFT(', 'RIGHT(') . text_of($d - 1) . ', ' . pick(0, 1, 2, 3, -1, 'ti') . ')' if $k == 9;
	return 'SUBSTRING(' . text_of($d - 1) . ', ' . pick(1, 2, -2, 0, -50, 'ti') . pick('', ', 1', ', 3', ', 0') . ')' if $k <= 11;
	return 'SUBSTRING_INDEX(' . pick('v', "'a.b.c'", 'vb') . ', ' . pick("'.'", "','", "' '") . ', ' . pick(1, 2, -1, -2, 0) . ')' if $k == 12;
	return pick('TRIM(', 'LTRIM(', 'RTRIM(') . text_of($d - 1) . ')' if $k == 13;
	return 'TRIM(' . pick('LEADING', 'TRAILING', 'BOTH') . " 'a' FROM " . pick('v', 'vb') . ')' if $k == 14;
	return 'REPLACE(' . pick('v', 'vb') . ', ' . pick("'a'", "'ab'", "'é'", "' '") . ', ' . pick("''", "'xx'", "'A'") . ')' if $k == 15;
	return 'REVERSE(' . pick('v', 'vb', quoted(text_value())) . ')' if $k == 16;
	return pick('LPAD(', 'RPAD(') . pick('v', 'vb', "'a'") . ', ' . pick(0, 1, 5, 8) . ', ' . pick("'*'", "'ab'", "'é'") . ')' if $k == 17;
	return pick('HEX(', $mysql ? 'HEX(' : 'MD5(') . pick('v', 'vb', 'bn', "'x'") . ')' if $k == 18;
	return 'IF(' . bool_of($d - 1) . ', ' . pick('v', "'yes'") . ', ' . pick('v', "'no'", 'i') . ')' if $k == 19;
	return 'DATE_FORMAT(' . pick('dt', 'da', 'dt6') . ', ' . pick("'%Y-%m'", "'%X-%V'", "'%x-%v %U %u'", "'%d.%m.%y %H:%i'", "'%j %W %b'", "'%h:%i:%s %p.%f'", "'%c/%e %D'") . ')' if $k == 20;
	return pick('DAYNAME(', 'MONTHNAME(') . date_of($d - 1) . ')' if $k == 21;
	return 'ELT(' . pick('ti', 'id', 1, 2, '2.4') . ', ' . join(', ', map { pick('v', 'vb', "'a'", 'i') } 1 .. 3) . ')' if $k == 22;
	return pick('BIN(', 'OCT(') . pick('ti', 'su', 'bi', 'bu', 5) . ')' if $k == 23;
	return 'INSERT(' . text_of($d - 1) . ', ' . pick(0, 1, 2, -1, 'ti') . ', ' . pick(0, 1, 3, -1) . ', ' . pick("'*'", "''", 'vb') . ')' if $k == 24;
	return 'CAST(' . pick('i', 'd', 'da', 'dt6', 'tm2', 'v', 'vb') . pick(' AS CHAR)', ' AS CHAR(3))');
}

sub date_of {
	my ($d) = @_;
	my $k = below($d > 0 ? 11 : 3);

	return pick(qw(da dt dt6 ts)) if $k <= 1;
	return pick('DATE', 'TIMESTAMP') eq 'DATE' ? 'DATE' . quoted(date_text()) : 'TIMESTAMP' . quoted(datetime_text()) if $k == 2;
	return pick('DATE(', 'LAST_DAY(') . pick('dt', 'dt6', 'da', 'ts') . ')' if $k == 3;
	return pick('DATE_ADD(', 'DATE_SUB(') . date_of($d - 1) . ', INTERVAL ' . pick(1, 2, 30, -1, 'ti', 'id') . ' ' .
		pick(qw(SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR MICROSECOND)) . ')' if $k <= 5;
	return '(' . pick('da', 'dt') . pick(' + ', ' - ') . 'INTERVAL ' . pick(1, 10, 'ti') . ' ' . pick(qw(DAY MONTH HOUR)) . ')' if $k == 6;
	return 'FROM_UNIXTIME(' . pick(0, 1600000000, '1600000000.25') . ')' if $k == 7;
	return 'TIMESTAMPADD(' . pick(qw(SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR)) . ', ' . pick(1, -1, 30, 'ti', 'id') . ', ' . date_of($d - 1) . ')' if $k == 8;
	return 'CONVERT_TZ(' . pick(qw(da dt dt6 ts)) . ', ' . pick("'+00:00'", "'-05:30'") . ', ' . pick("'+08:00'", "'-11:00'", "'+00:00'") . ')' if $k == 9;
	return 'CAST(' . pick('da', 'dt', $mysql ? 'dt6' : 'da') . pick(' AS DATE)', ' AS DATETIME)', ' AS DATETIME(3))');	# MariaDB cuts, MySQL rounds
}

my @signs = (' = ', ' <> ', ' < ', ' <= ', ' > ', ' >= ', ' <=> ', ' != ');

sub compare_of {
	my ($d) = @_;
	my $k = below(20);
	my $sign = $signs[below(scalar @signs)];

	return number_of($d - 1) . $sign . number_of($d - 1) if $k <= 5;
	return text_of($d - 1) . $sign . text_of($d - 1) if $k <= 9;
	return pick('l', "'Müller'") . $sign . pick('l', quoted(latin_value())) if $k == 10;
	return date_of($d - 1) . $sign . date_of($d - 1) if $k == 11;
	return pick(qw(da dt dt6 ts)) . $sign . quoted(pick(date_text(), datetime_text())) if $k == 12;
	return pick('tm', 'tm2') . $sign . pick('tm', 'tm2', "'10:11:12'", "TIME'10:11:12.34'") if $k == 13;
	return pick('v', 'vb', "'12'") . $sign . number_of($d - 1) if $k == 14;
	return pick('e', 's') . $sign . pick(1, 2, 3, "'a'", "'R'", "'x y'", "'r,g'") if $k == 15;
	return pick('v', 'vm', 'vb') . ' COLLATE ' . pick('utf8mb4_bin', 'utf8mb4_general_ci', 'utf8mb4_unicode_ci') . $sign . text_of($d - 1) if $k == 16;
	return pick('bn', 'BINARY v') . $sign . pick('bn', "'abc'", "x'41'") if $k == 17;
	return pick('i', 'bu', 'bi') . $sign . pick("'12'", $mysql ? "'77'" : "'9223372036854775808'", '9223372036854775808', '0x41', '18446744073709551615') if $k == 18;
	return json_of($d) if $mysql;
	return 'y' . $sign . pick(1999, 2020, 'su', 20, 99, '(su + 1)');
}

sub json_of {
	my $k = below(9);
	my $path = pick("'\$.a'", "'\$.b'", "'\$.c[0]'", "'\$.c[2].d'", "'\$'", "'\$[1]'", "'\$.\"a\"'");

	return "j->$path" . pick(' = ', ' > ', ' <= ', ' <> ') . pick(1, 2, '2.5', "'x'", "'two'", 'i', 'd') if $k <= 1;
	return "j->>$path" . pick(' = ', ' LIKE ') . pick("'1'", "'x'", "'X'", "'%e%'", "'null'", "'true'") if $k <= 3;
	return "JSON_EXTRACT(j, $path) IS NULL" if $k == 4;
	return 'JSON_LENGTH(j' . pick('', ", $path") . ') ' . pick('= ', '> ') . pick(0, 1, 2, 3) if $k == 5;
	return 'JSON_CONTAINS(j, ' . pick(map { "'$_'" } '1', '"x"', '[1]', '{"a":1}', '{"a":1.0,"c":[2]}', 'null', '{"d":null}', '[1,{"d":null}]', 'true', '[]', '{}', '"two"', '2.5', '-3') . pick('', ", $path") . ')' if $k == 6;
	return 'JSON_CONTAINS_PATH(j, ' . pick("'one'", "'all'") . ", $path" . pick('', ", '\$.b'") . ')' if $k == 7;
	return "j->$path = " . pick('TRUE', 'FALSE', '1');
}

sub bool_of {
	my ($d) = @_;
	my $k = below($d > 0 ? 26 : 10);

	return compare_of($d) if $k <= 9;
	return '(' . bool_of($d - 1) . pick(' AND ', ' OR ', ' XOR ', ' AND ', ' OR ', $mysql ? ' && ' : ' AND ') . bool_of($d - 1) . ')' if $k <= 12;
	return 'NOT ' . bool_of($d - 1) if $k == 13;
	return '(' . bool_of($d - 1) . ') IS ' . pick('', 'NOT ') . pick(qw(NULL TRUE FALSE UNKNOWN)) if $k == 14;
	return pick(text_of(0), number_of($d - 1), date_of($d - 1)) . ' IS ' . pick('', 'NOT ') . 'NULL' if $k == 15;
	return ($mysql ? small_int() : number_of($d - 1)) . pick(' IN (', ' NOT IN (') . join(', ', map { $mysql ? pick(small_int(), 'NULL') : pick(number_of($d - 1), int_of(0), 'NULL') } 1 .. 1 + below(4)) . ')' if $k == 16;
	return text_of($d - 1) . pick(' IN (', ' NOT IN (') . join(', ', map { pick(quoted(text_value()), quoted(text_value()), 'vb') } 1 .. 1 + below(3)) . ')' if $k == 17;
	return number_of($d - 1) . pick(' BETWEEN ', ' NOT BETWEEN ') . int_of($d - 1) . ' AND ' . pick(number_of($d - 1), 100) if $k == 18;
	return pick(qw(da dt)) . ' BETWEEN ' . quoted(date_text()) . ' AND ' . quoted(datetime_text()) if $k == 19;
	return pick('v', 'vb', 'vm', 'c', 'l') . pick(' LIKE ', ' NOT LIKE ') . pick("'a%'", "'%b_'", "'_'", "'%é%'", "'%'", "''", "'x\\\\%y'", "'A_C'", "'%ab%ab%'", "'m_ller'", "'straße'") if $k == 20;
	return pick('v', 'vb') . " LIKE 'a|%%' ESCAPE '|'" if $k == 21;
	return pick('v', 'vb', 'vm') . pick(' REGEXP ', ' NOT REGEXP ', ' RLIKE ') . pick("'^a'", "'[0-9]+'", "'b\$'", "'^(ab ?)+\$'", "'é|ü'", "'.{3}'") if $k == 22;
	return 'CASE WHEN ' . bool_of($d - 1) . ' THEN ' . number_of($d - 1) . ' WHEN ' . bool_of($d - 1) . ' THEN ' . number_of($d - 1) .
		pick('', ' ELSE ' . number_of($d - 1)) . ' END' if $k == 23;
	return 'CASE ' . small_int() . ' WHEN ' . small_int() . ' THEN ' . bool_of($d - 1) . ' ELSE ' . bool_of($d - 1) . ' END = 1' if $k == 24;
	return pick('NULLIF(', 'IFNULL(', 'COALESCE(') . number_of($d - 1) . ', ' . number_of($d - 1) . ')' . $signs[below(scalar @signs)] . exact_of(0);
}

sub expression { bool_of(1 + below(3)) }

1;
