# Types.pm - column types and values for them, by chance, as SQL.
#
# column($ctx) gives { type, value => sub, default, key, wider, class }: `type` is what stands behind the name, `value`
# returns a literal, `key` says how a key may use it (0: not, 1: whole, n: by a prefix of n), `wider` is a type that
# holds all its values. $ctx: { up, down } are families (mariadb, mysql), `old` is true for a MySQL 5.6 upstream,
# `up_11` and `down_11` for a MariaDB 11.
package Types;

use strict;
use warnings;
use Exporter 'import';
use Chance;
use Text;

our @EXPORT = qw(column key_column json_text);

my @bits = (['TINYINT', 8], ['SMALLINT', 16], ['MEDIUMINT', 24], ['INT', 32], ['BIGINT', 64]);

# Two to the power n, less d, in decimal: numbers here pass what perl holds as an integer.
my %power = (7 => 128, 8 => 256, 15 => 32768, 16 => 65536, 23 => 8388608, 24 => 16777216, 31 => 2147483648,
	32 => 4294967296, 63 => '9223372036854775808', 64 => '18446744073709551616');

sub minus_one {
	my ($n) = @_;
	$n =~ s/(\d)$/$1 - 1/e;	# no power of two ends in 0
	return $n;
}

sub integer {
	my ($ctx) = @_;
	my $size = below(5);
	my ($name, $bits) = @{$bits[$size]};
	my $unsigned = once_in(2);
	my $zerofill = $unsigned && once_in(8) ? ' ZEROFILL' : '';
	my ($low, $high) = $unsigned ? (0, minus_one($power{$bits})) : ("-$power{$bits - 1}", minus_one($power{$bits - 1}));
	my $value = sub {
		return weighted([2, $low], [2, $high], [1, 0], [1, $unsigned ? 1 : -1], [3, between(0, 127)],
			[2, $bits >= 32 ? below(1 << 28) * 7 : below(1 << $bits - 1)], [2, $unsigned ? 200 : -between(1, 128)]);
	};
	my $wider = $size < 4 ? $bits[$size + 1][0] . ($unsigned ? ' UNSIGNED' . $zerofill : '') : undef;

	return { type => $name . ($unsigned ? ' UNSIGNED' : '') . $zerofill, value => $value, key => 1, wider => $wider,
		default => $value, class => 'int' };
}

sub digits {
	my ($n) = @_;
	return join '', map { below(10) } 1 .. $n;
}

sub decimal {
	my $p = pick(between(1, 65), between(1, 20), 65, 10, 18);
	my $s = pick(0, below(($p < 30 ? $p : 30) + 1), $p < 30 ? $p : 30);
	my $unsigned = once_in(6) ? ' UNSIGNED' : '';
	my $value = sub {
		my $sign = $unsigned || once_in(2) ? '' : '-';
		my $whole = $p > $s ? pick('9' x ($p - $s), digits(between(1, $p - $s)), '0') : '0';
		return $sign . $whole . ($s > 0 ? '.' . pick('9' x $s, digits($s), '0' x ($s - 1) . '1', digits(between(1, $s))) : '');
	};
	my $wider = $p < 60 ? 'DECIMAL(' . ($p + 3) . ",$s)$unsigned" : undef;

	return { type => "DECIMAL($p,$s)$unsigned", value => $value, key => 1, wider => $wider, default => $value, class => 'decimal' };
}

sub floating {
	my $double = once_in(2);
	my $unsigned = once_in(8) ? ' UNSIGNED' : '';
	my $width = once_in(6) ? pick('(7,3)', '(10,2)') : '';
	my $value = sub {
		my $v = weighted([2, digits(3) . '.' . digits(3)], [1, 0], [1, '0.1'], [1, digits(2) . '.' . digits(15)],
			[1, $width ? 1 : pick('3.4028234e38', '1.17549435e-38', '1e-10', '16777217')],
			[1, $width || !$double ? 2 : pick('1.7976931348623157e308', '2.2250738585072014e-308', '1e22', '4.9e-324', '9007199254740993')],
			[1, between(0, 999)]);
		return ($unsigned || once_in(2) ? '' : '-') . $v;
	};

	return { type => ($double ? 'DOUBLE' : 'FLOAT') . $width . $unsigned, value => $value, key => 0, class => 'float',
		default => sub { pick('0', '1.5', '100') } };
}

sub bit {
	my $n = pick(1, 7, 8, 9, 63, 64, between(1, 64));
	my $value = sub {
		return "b'" . pick('1' x $n, '0', '1', join('', map { below(2) } 1 .. $n), '1' . '0' x ($n - 1)) . "'";
	};

	return { type => "BIT($n)", value => $value, key => 1, default => $value, class => 'bit' };
}

sub fraction {
	return once_in(2) ? 0 : between(1, 6);
}

sub clock {
	my ($f) = @_;
	return sprintf('%02d:%02d:%02d', below(24), below(60), below(60)) . ($f ? '.' . pick(digits($f), '9' x $f, '0' x $f) : '');
}

sub day {
	return sprintf '%04d-%02d-%02d', between(1000, 9999), between(1, 12), between(1, 28);
}

sub temporal {
	my ($ctx) = @_;
	my $f = fraction();
	my $width = $f ? "($f)" : '';
	# A server of 2106 takes in any time zone what another one does not hold.
	my ($last_year, $last) = !$ctx->{up_11} ? (2037, '2038-01-19 03:14:07') :
		$ctx->{down_11} ? (2105, '2106-02-07 06:28:15') : (2037, '2038-01-18 03:14:07');

	return weighted(
		[2, { type => 'DATE', key => 1, value => sub {
			weighted([3, "'" . day() . "'"], [1, "'0000-00-00'"], [1, "'2026-00-00'"], [1, "'2024-02-29'"], [1, "'9999-12-31'"], [1, "'0001-01-01'"], [1, "'2023-02-31'"]) },
			default => sub { pick("'2001-01-01'", "'0000-00-00'") }, class => 'date' }],
		[2, { type => "TIME$width", key => 1, value => sub {
			weighted([3, "'" . clock($f) . "'"], [1, "'-" . clock($f) . "'"], [1, "'838:59:59'"], [1, "'-838:59:59'"], [1, "'00:00:00'"],
				[1, "'-00:00:00" . ($f ? '.' . digits($f) : '') . "'"], [1, "'" . between(24, 837) . ':' . substr(clock($f), 3) . "'"]) },
			default => sub { pick("'12:00:00'", "'-1:00:00'") }, class => 'time' }],
		[3, { type => "DATETIME$width", key => 1, value => sub {
			weighted([3, "'" . day() . ' ' . clock($f) . "'"], [1, "'0000-00-00 00:00:00'"], [1, "'2020-00-10 01:02:03'"], [1, "'9999-12-31 23:59:59'"],
				[1, "'1000-01-01 00:00:00'"]) },
			default => sub { pick("'2001-01-01 01:01:01'", "CURRENT_TIMESTAMP$width") }, class => 'datetime' }],
		[3, { type => "TIMESTAMP$width", key => 1, value => sub {
			weighted([3, "'" . sprintf('%04d', between(1971, $last_year)) . substr(day(), 4) . ' ' . clock($f) . "'"], [1, "'0000-00-00 00:00:00'"],
				[1, "'1970-01-01 00:00:01'"], [1, "'$last'"]) },
			default => sub { pick("'2001-01-01 01:01:01'", "CURRENT_TIMESTAMP$width", "CURRENT_TIMESTAMP$width ON UPDATE CURRENT_TIMESTAMP$width") },
			class => 'timestamp' }],
		[1, { type => 'YEAR', key => 1, value => sub { pick(0, 1901, 2155, between(1901, 2155)) }, default => sub { 2000 }, class => 'year' }]);
}

# A charset of the context, the common ones more often; [charset, collation, binary collation].
sub some_charset {
	my ($ctx, $for_key) = @_;
	my $cs = once_in(3) ? pick('utf8mb4', 'latin1', 'gbk') : pick(charsets($ctx));
	my ($collation, $binary) = collation($ctx, $cs);

	return ($cs, $for_key && $ctx->{up} ne $ctx->{down} ? $binary : $collation);
}

sub text_value {
	my ($ctx, $cs, $most, $big) = @_;
	return sub {
		my $n = pick(0, 1, 3, between(0, $most), $most);
		$n = between(0, 40) if $n > 300;
		return 'REPEAT(_' . $cs . " x'" . text_hex($cs, between(1, 30)) . "'," . between(100, 4000) . ')' if $big && once_in(12);
		my $text = $n > 0 ? text_hex($cs, $n - 1 < 0 ? 0 : $n - 1) : '';
		$text .= pick(space_hex($cs), nul_hex($cs), text_hex($cs, 1)) if $n > 0;
		return "_$cs x'$text'";
	};
}

sub text {
	my ($ctx, $for_key) = @_;
	my ($cs, $collation) = some_charset($ctx, $for_key);
	my $tail = " CHARACTER SET $cs COLLATE $collation";
	my $longest = charset_bytes_of($cs);
	my $n = pick(1, 10, 30, between(1, 60), 64);
	my $m = pick(255, 256, 300, 600);
	my $long = $ctx->{up} eq 'mariadb' && $ctx->{down} eq 'mariadb' && !$for_key && once_in(6) ? ' COMPRESSED' : '';
	my $default = sub { "'" . pick('', 'x', 'abc') . "'" };
	my %all = (char => { type => "CHAR($n)$tail", key => 1, value => text_value($ctx, $cs, $n), default => $default, class => 'char',
			wider => $n < 200 ? 'CHAR(' . ($n + 20) . ")$tail" : undef },
		char_long => { type => "CHAR(255)$tail", key => 20, value => text_value($ctx, $cs, 255), default => $default, class => 'char' },
		varchar => { type => "VARCHAR($n)$long$tail", key => $long ? 0 : 1, value => text_value($ctx, $cs, $n), default => $default, class => 'varchar',
			wider => $long ? undef : 'VARCHAR(' . ($n + pick(1, 100, 256)) . ")$tail" },
		varchar_long => { type => "VARCHAR($m)$tail", key => 30, value => text_value($ctx, $cs, $m), default => $default, class => 'varchar' },
		tinytext => { type => "TINYTEXT$tail", key => 10, value => text_value($ctx, $cs, int(255 / $longest)), class => 'text', wider => "TEXT$tail" },
		text => { type => "TEXT$long$tail", key => $long ? 0 : 10, value => text_value($ctx, $cs, 300), class => 'text', wider => $long ? undef : "MEDIUMTEXT$tail" },
		mediumtext => { type => "MEDIUMTEXT$tail", key => 10, value => text_value($ctx, $cs, 300, 1), class => 'text' },
		longtext => { type => "LONGTEXT$tail", key => 10, value => text_value($ctx, $cs, 300, 1), class => 'text' });
	my $got = $all{$for_key ? pick(qw(char varchar)) : pick(sort keys %all)};

	$got->{charset} = $cs;
	return $got;
}

sub bytes_value {
	my ($most, $big) = @_;
	return sub {
		return "REPEAT(x'" . hex_bytes(between(1, 64)) . "'," . between(100, 3000) . ')' if $big && once_in(12);
		my $n = pick(0, 1, between(0, $most), $most);
		$n = between(0, 60) if $n > 300;
		return 'x\'' . ($n > 0 ? hex_bytes($n - 1) . pick('00', '20', hex_bytes(1), 'FF') : '') . "'";
	};
}

sub bytes {
	my ($ctx, $for_key) = @_;
	my $n = pick(1, 16, between(1, 255));
	my $m = pick(1, 255, 256, 300, between(1, 500));
	my $short = $n > 100 ? 20 : 1;
	my %all = (binary => { type => "BINARY($n)", key => $short, value => bytes_value($n), default => sub { "'a'" }, class => 'binary' },
		varbinary => { type => "VARBINARY($m)", key => $m > 100 ? 20 : 1, value => bytes_value($m), default => sub { "'b'" }, class => 'varbinary',
			wider => 'VARBINARY(' . ($m + 10) . ')' },
		tinyblob => { type => 'TINYBLOB', key => 10, value => bytes_value(255), class => 'blob', wider => 'BLOB' },
		blob => { type => 'BLOB', key => 10, value => bytes_value(600), class => 'blob', wider => 'LONGBLOB' },
		mediumblob => { type => 'MEDIUMBLOB', key => 10, value => bytes_value(600, 1), class => 'blob' },
		longblob => { type => 'LONGBLOB', key => 10, value => bytes_value(600, 1), class => 'blob' });

	return $all{$for_key ? pick(qw(binary varbinary)) : pick(sort keys %all)};
}

my @labels = ("'4'", "'7'", "'a'", "'it''s'", "'b c'", "'0'", "'-1'", "'\"q\"'", "'back`quote'", "'Zz'", "'\xc3\xa9t\xc3\xa9'", "'\xc3\x9f'", "'x.y'", "'#'",
	"'NULL'", "'\\\\'", "'a\\\\b'", "'(p)'");

# Labels that are one word in any collation, so that the server takes them.
sub labels {
	my ($n, $commas) = @_;
	my @set = sort { $a->[0] <=> $b->[0] } map { [below(1000), $_] } @labels;
	my @got = map { $_->[1] } @set;
	@got = @got[0 .. ($n < @got ? $n - 1 : $#got)];
	push @got, "'k" . scalar(@got) . "'" while @got < $n;
	push @got, "'c,d'" if $commas;
	return @got;
}

sub enum {
	my ($ctx) = @_;
	my $cs = pick('utf8mb4', 'latin1');
	my $tail = " CHARACTER SET $cs COLLATE ${cs}_bin";
	my @l = labels(pick(1, 2, 5, 12, 20, once_in(8) ? 300 : 3), once_in(2));
	$l[-1] = "''" if @l > 1 && once_in(5);
	my $list = join ',', @l;

	return { type => "ENUM($list)$tail", key => 1, class => 'enum', wider => "ENUM($list,'new one')$tail", default => sub { $l[0] },
		value => sub { weighted([6, between(1, scalar @l)], [1, '0'], [1, scalar @l], [2, pick(@l)]) } };
}

sub set {
	my ($ctx) = @_;
	my $cs = pick('utf8mb4', 'latin1');
	my $tail = " CHARACTER SET $cs COLLATE ${cs}_bin";
	my $n = pick(1, 3, 8, 9, 17, 33, 63, 64);
	my @l = labels($n);
	$l[0] = "''" if once_in(5);
	my $list = join ',', @l;
	my $value = sub {
		# The sum makes a number of the bits, which else are text.
		return weighted([1, '0'], [1, "b'" . '1' x $n . "'+0"], [4, "b'" . join('', map { below(2) } 1 .. $n) . "'+0"], [2, "''"], [2, pick(@l)]);
	};

	return { type => "SET($list)$tail", key => 1, class => 'set', wider => $n < 64 ? "SET($list,'new one')$tail" : undef, default => sub { $l[0] },
		value => $value };
}

# Text of a JSON document, no quotes or backslashes that SQL would have to know about.
sub json_text {
	my ($depth) = @_;
	my $kind = $depth > 3 ? below(7) : below(10);

	return (qw(null true false))[$kind] if $kind < 3;
	return pick(0, -1, 127, 32767, -32769, 2147483648, '9223372036854775807', '18446744073709551615', '-9223372036854775808') if $kind == 3;
	return pick('1.5', '-0.25', '1e20', '3.141592653589793', '0.1', '1e-7', '123456.789') if $kind == 4;
	return '"' . pick('', 'a', 'hello', "\xc3\xa9\xe2\x98\x83", "\xf0\x9f\x90\xac", 'x' x between(100, 300), '4', 'a b', '<&>') . '"' if $kind < 7;
	return '[' . join(pick(',', ', '), map { json_text($depth + 1) } 1 .. below(6)) . ']' if $kind == 7;
	my $n = $depth == 0 && once_in(6) ? 60 : below(5);
	my %seen;
	return '{' . join(',', map { '"' . $_ . '":' . json_text($depth + 1) } grep { !$seen{$_}++ } map { pick('a', 'b', 'key', 'k' . $_, "\xc3\xbc", '', 'long' x 20) } 1 .. $n) . '}';
}

sub json {
	my ($ctx) = @_;
	return { type => 'JSON', key => 0, class => 'json', value => sub {
		return "JSON_OBJECT('d',CAST(" . pick('1.25 AS DECIMAL(10,2)', "'2020-01-02' AS DATE", "'10:11:12.5' AS TIME(3)", "'2020-01-02 03:04:05' AS DATETIME(6)") . '))'
			if $ctx->{up} eq 'mysql' && once_in(8);
		return "_utf8mb4 x'" . unpack('H*', json_text(0)) . "'" } };
}

sub point { return below(85) . '.' . below(1000) . ' ' . below(90) . '.5' }

sub geometry {
	my ($ctx) = @_;
	my $name = pick('GEOMETRY', 'GEOMETRY', 'POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'GEOMETRYCOLLECTION');
	# MySQL shows it by a name that MariaDB does not know.
	$name = 'POINT' if $name eq 'GEOMETRYCOLLECTION' && $ctx->{up} eq 'mysql' && $ctx->{down} eq 'mariadb' && !$ctx->{old};
	my %make = (POINT => sub { 'POINT(' . point() . ')' }, LINESTRING => sub { 'LINESTRING(' . join(',', map { point() } 1 .. between(2, 5)) . ')' },
		POLYGON => sub { 'POLYGON((0 0,0 9,9 9,9 0,0 0))' }, MULTIPOINT => sub { 'MULTIPOINT(1 1,2 ' . below(90) . ')' },
		GEOMETRYCOLLECTION => sub { 'GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 ' . below(80) . '))' });

	return { type => $name, key => 0, class => 'geometry', value => sub {
		my $of = $name eq 'GEOMETRY' ? pick(sort keys %make) : $name;
		return "ST_GeomFromText('" . $make{$of}->() . "'" . (once_in(3) ? ',4326' : '') . ')' } };
}

sub of_mariadb {
	my $kind = pick('UUID', 'INET6', 'INET4');
	my $value = $kind eq 'UUID' ? sub { "'" . join('-', map { lc hex_bytes($_) } 4, 2, 2, 2, 6) . "'" } :
		$kind eq 'INET4' ? sub { "'" . join('.', map { below(256) } 1 .. 4) . "'" } :
		sub { pick("'::'", "'::ffff:1.2.3.4'", "'" . join(':', map { lc hex_bytes(2) } 1 .. 8) . "'", "'::1'", "'fe80::" . lc(hex_bytes(2)) . "'") };

	return { type => $kind, key => 1, class => 'mariadb', value => $value, default => $value };
}

sub vector {
	my ($ctx) = @_;
	my $make = $ctx->{up} eq 'mysql' ? 'STRING_TO_VECTOR' : 'VEC_FromText';
	my $n = pick(1, 3, 16, between(1, 200));
	return { type => "VECTOR($n)", key => 0, class => 'vector', value => sub {
		"$make('[" . join(',', map { pick(0, 1, -1, '0.1', between(-9, 9) . '.' . digits(3), '1e10') } 1 .. $n) . ']\')' } };
}

sub has_vector {
	my ($ctx) = @_;
	return ($ctx->{up} eq 'mysql' ? !$ctx->{old} : $ctx->{up_11}) && ($ctx->{down} eq 'mysql' || $ctx->{down_11});
}

sub column {
	my ($ctx) = @_;
	my @kinds = ([5, \&integer], [2, \&decimal], [2, \&floating], [2, \&bit], [5, \&temporal], [7, \&text], [4, \&bytes], [2, \&enum], [2, \&set], [1, \&geometry]);
	push @kinds, [2, \&json] unless $ctx->{old};
	push @kinds, [2, \&of_mariadb] if $ctx->{up} eq 'mariadb' && $ctx->{down} eq 'mariadb';
	push @kinds, [1, \&vector] if has_vector($ctx);
	return weighted(@kinds)->($ctx);
}

# One that a key may hold whole.
sub key_column {
	my ($ctx) = @_;
	return weighted([4, \&integer], [1, \&decimal], [1, \&bit], [2, \&temporal], [3, \&text], [2, \&bytes], [1, \&enum])->($ctx, 1);
}

1;
