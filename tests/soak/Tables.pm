# Tables.pm - random tables, and statements that change them; keeps account of the structure that they have by now.
package Tables;

use strict;
use warnings;
use Exporter 'import';
use Chance;
use Types;

our @EXPORT = qw(quote_name table_new table_create row_insert row_update row_delete row_twice table_alter);

my @odd_names = ('a b', 'select', 'back`quote', 'x.y', "\xe6\x97\xa5\xe6\x9c\xac", "\xc3\xbc", 'q"q', "it's", 'Order', '#h', 'a-b', '1', 'a\\b', '%', 'a/b', 'a,b', '$', 'key');

sub quote_name {
	my ($name) = @_;
	$name =~ s/`/``/g;
	return "`$name`";
}

# A name that is not in %$taken yet (names fold case).
sub fresh_name {
	my ($taken, $stem) = @_;
	my $name = once_in(5) ? pick(@odd_names) : $stem;
	my $n = 0;

	$name = $stem . ++$n while $taken->{lc $name};
	$taken->{lc $name} = 1;
	return $name;
}

sub plain_columns { return grep { !$_->{generated} } @{$_[0]{columns}} }

sub names { return join ',', map { quote_name($_->{name}) } @_ }

sub column_text {
	my ($c) = @_;
	my $text = quote_name($c->{name}) . ' ' . $c->{type};

	return "$text GENERATED ALWAYS AS ($c->{generated}) $c->{how}" if $c->{generated};
	$text .= $c->{null} ? ' NULL' : ' NOT NULL';
	$text .= ' DEFAULT ' . $c->{given} if defined $c->{given};
	$text .= ' INVISIBLE' if $c->{invisible};
	$text .= " COMMENT 'it''s; \xe2\x98\x83 -- no'" if $c->{comment};
	return $text;
}

sub some_column {
	my ($ctx, $taken, $for_key) = @_;
	my $c = $for_key ? key_column($ctx) : column($ctx);

	$c->{name} = fresh_name($taken, 'c' . (1 + keys %$taken));
	$c->{null} = !once_in(3) && $for_key < 2;
	$c->{given} = $c->{default}->() if $c->{default} && once_in(3) && $for_key < 2;
	# A default that a mode refuses is no part of this; a TIMESTAMP without one gets the server's own idea of it.
	$c->{given} = $c->{null} ? 'NULL' : "'2001-01-01 01:01:01'" if $c->{class} eq 'timestamp' && !defined $c->{given};
	$c->{invisible} = 1 if !$ctx->{old} && $ctx->{up} eq $ctx->{down} && !$for_key && ($c->{null} || defined $c->{given}) && once_in(10);
	$c->{comment} = 1 if once_in(15);
	# MariaDB's JSON is text with a CHECK, which in MySQL keeps the column as it is.
	$c->{used} = 1 if $c->{class} eq 'json' && $ctx->{up} eq 'mariadb' && $ctx->{down} eq 'mysql';
	return $c;
}

sub generated_column {
	my ($t) = @_;
	# MariaDB takes no CHAR there, since a mode changes how it reads; nobody takes an AUTO_INCREMENT.
	# What a JSON column holds as text is each family's own.
	my @can_be_read = grep { $_->{class} !~ /^(auto|char|json)$/ } plain_columns($t) or return ();
	my $of = pick(@can_be_read);
	my $name = quote_name($of->{name});
	my @can = (["($name IS NULL)", 'INT'], ["ifnull(octet_length($name),-1)", 'BIGINT']);

	push @can, ["($name > 0)", 'TINYINT'] if $of->{class} eq 'int';
	push @can, ["concat('x',$name)", 'VARCHAR(900) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'] if $of->{class} eq 'varchar' && ($of->{charset} || '') eq 'utf8mb4';
	push @can, ["reverse($name)", $of->{type}] if $of->{class} eq 'varbinary';
	$of->{used} = 1;
	my ($expression, $type) = @{pick(@can)};
	return { name => fresh_name($t->{taken}, 'g' . (1 + keys %{$t->{taken}})), type => $type, generated => $expression,
		how => pick('STORED', 'VIRTUAL'), class => 'generated' };
}

sub key_part {
	my ($c) = @_;
	return quote_name($c->{name}) . ($c->{key} > 1 ? "($c->{key})" : '');
}

# none, primary (one or more columns, perhaps prefixes), auto increment, a unique key alone (of columns that may be NULL or not), more keys
sub add_keys {
	my ($ctx, $t) = @_;
	my $kind = weighted([4, 'auto'], [4, 'primary'], [3, 'none'], [3, 'unique'], [1, 'both']);
	my @parts = map { some_column($ctx, $t->{taken}, $kind =~ /primary|both/ ? 2 : 1) } 1 .. pick(1, 1, 2, 3);
	my @by = grep { $_->{key} } @{$t->{columns}};

	if ($kind eq 'auto') {
		my $c = { name => fresh_name($t->{taken}, 'id'), type => pick('INT', 'BIGINT UNSIGNED', 'MEDIUMINT UNSIGNED') . ' NOT NULL AUTO_INCREMENT', null => 1, class => 'auto',
			value => sub { weighted([6, 'NULL'], [2, between(1, 200)], [1, between(1000, 60000)]) }, key => 1, used => 1, whole => 1 };
		unshift @{$t->{columns}}, $c;
		push @{$t->{keys}}, 'PRIMARY KEY (' . quote_name($c->{name}) . ')';
	} elsif ($kind ne 'none') {
		$_->{used} = 1 for @parts;
		splice @{$t->{columns}}, below(1 + @{$t->{columns}}), 0, @parts;
		push @{$t->{keys}}, ($kind eq 'unique' ? 'UNIQUE KEY `u ``1`' : 'PRIMARY KEY') . ' (' . join(',', map { key_part($_) } @parts) . ')';
		if ($kind eq 'both') {
			my $u = some_column($ctx, $t->{taken}, 1);
			$u->{used} = 1;
			push @{$t->{columns}}, $u;
			push @{$t->{keys}}, 'UNIQUE KEY u2 (' . key_part($u) . ')';
		}
	}
	if (@by && once_in(3)) {
		my $c = pick(@by);
		$c->{used} = 1;
		push @{$t->{keys}}, 'KEY k1 (' . key_part($c) . ')';
	}
	$t->{kind} = $kind;
}

sub table_new {
	my ($ctx, $name) = @_;
	my $t = { name => $name, taken => {}, columns => [], keys => [], alive => 1 };

	push @{$t->{columns}}, some_column($ctx, $t->{taken}, 0) for 1 .. pick(1, 3, 5, between(1, 12), 20);
	add_keys($ctx, $t);
	if (!$ctx->{old}) {
		push @{$t->{columns}}, generated_column($t) for 1 .. pick(0, 0, 0, 1, 2);
		@{$t->{columns}} = reverse @{$t->{columns}} if once_in(6);
	}
	return $t;
}

sub table_create {
	my ($ctx, $t) = @_;
	my $cs = pick('utf8mb4', 'utf8mb4', 'latin1', 'gbk');

	return 'CREATE TABLE ' . quote_name($t->{name}) . ' (' . join(', ', (map { type_text($_) } @{$t->{columns}}), @{$t->{keys}}) .
		") ENGINE=InnoDB DEFAULT CHARSET=$cs COLLATE=${cs}_bin" . (once_in(4) ? ' ROW_FORMAT=DYNAMIC' : '');
}

# AUTO_INCREMENT columns have all of it in their type.
sub type_text {
	my ($c) = @_;
	return $c->{class} eq 'auto' ? quote_name($c->{name}) . ' ' . $c->{type} : column_text($c);
}

sub value {
	my ($c) = @_;
	return 'NULL' if $c->{null} && $c->{class} ne 'auto' && once_in(6);
	return 'DEFAULT' if defined $c->{given} && once_in(12);
	return $c->{value}->();
}

sub row_values {
	return '(' . join(',', map { value($_) } @_) . ')';
}

sub row_insert {
	my ($t) = @_;
	my @columns = plain_columns($t);
	my $verb = weighted([8, 'INSERT'], [2, 'REPLACE'], [1, 'INSERT IGNORE']);
	my $text = $verb . ' INTO ' . quote_name($t->{name}) . ' (' . names(@columns) . ') VALUES ' .
		join(',', map { row_values(@columns) } 1 .. pick(1, 1, 1, 2, between(1, 20)));

	if ($verb eq 'INSERT' && once_in(8)) {
		my $c = pick(@columns);
		$text .= ' ON DUPLICATE KEY UPDATE ' . quote_name($c->{name}) . '=VALUES(' . quote_name($c->{name}) . ')';
	}
	return $text;
}

sub some_rows {
	return ' ORDER BY RAND(' . below(1000) . ') LIMIT ' . pick(1, 1, 2, 5, 30);
}

sub row_update {
	my ($t) = @_;
	my @columns = plain_columns($t);
	my %seen;
	my @some = grep { !$seen{$_->{name}}++ } map { pick(@columns) } 1 .. pick(1, 1, 2, scalar @columns);
	my $all = once_in(12) ? '' : some_rows();

	return 'UPDATE ' . pick('', '', 'IGNORE ') . quote_name($t->{name}) . ' SET ' . join(',', map {
		quote_name($_->{name}) . '=' . ($_->{class} eq 'int' && once_in(4) ? quote_name($_->{name}) . pick('+1', '-1') :
		$_->{class} eq 'auto' ? between(1, 300) : value($_)) } @some) . $all;
}

sub row_delete {
	my ($t) = @_;
	return 'DELETE FROM ' . quote_name($t->{name}) . (once_in(15) ? '' : some_rows());
}

# The same rows once more: tables without a key hold them twice.
sub row_twice {
	my ($t) = @_;
	my @columns = grep { $_->{class} ne 'auto' } plain_columns($t);

	return row_insert($t) if !@columns;
	return 'INSERT IGNORE INTO ' . quote_name($t->{name}) . ' (' . names(@columns) . ') SELECT ' . names(@columns) . ' FROM ' .
		quote_name($t->{name}) . some_rows();
}

sub place {
	my ($t) = @_;
	return pick('', '', ' FIRST', ' AFTER ' . quote_name(pick(@{$t->{columns}})->{name}));
}

# One ALTER TABLE; the account follows. '' when there is none that would do.
sub table_alter {
	my ($ctx, $t) = @_;
	my $alter = 'ALTER TABLE ' . quote_name($t->{name}) . ' ';
	my @free = grep { !$_->{used} && !$_->{generated} } @{$t->{columns}};
	my $kind = weighted([4, 'add'], [2, 'drop'], [3, 'modify'], [2, 'rename'], [2, 'index'], [1, 'change'], [1, 'two'], [1, 'default']);

	if ($kind eq 'add' || $kind eq 'two') {
		my $c = some_column($ctx, $t->{taken}, 0);
		my $where = place($t);
		# What existing rows get must be the same whenever and wherever the statement runs.
		$c->{null} = 1 if $c->{class} =~ /^(date|time|datetime|timestamp|enum|geometry|json|vector|mariadb|year)$/ && !defined $c->{given};
		splice @{$t->{columns}}, $where eq ' FIRST' ? 0 : scalar @{$t->{columns}}, 0, $c;
		my $more = $kind eq 'two' && @free > 1 ? pick(@free) : undef;
		return $alter . 'ADD COLUMN ' . column_text($c) . $where unless $more;
		@{$t->{columns}} = grep { $_ != $more } @{$t->{columns}};
		return $alter . 'ADD COLUMN ' . column_text($c) . ', DROP COLUMN ' . quote_name($more->{name});
	}
	return '' unless @free;
	my $c = pick(@free);
	if ($kind eq 'drop') {
		return '' if @free < 2;
		@{$t->{columns}} = grep { $_ != $c } @{$t->{columns}};
		return $alter . 'DROP COLUMN ' . quote_name($c->{name});
	}
	if ($kind eq 'index') {
		return '' unless $c->{key};
		$c->{used} = 1;
		return pick($alter . 'ADD KEY ', $alter . 'ADD INDEX ') . quote_name('i' . scalar(keys %{$t->{taken}}) . below(1000)) . ' (' . key_part($c) . ')' unless once_in(3);
		return 'CREATE INDEX ' . quote_name('x' . below(100000)) . ' ON ' . quote_name($t->{name}) . ' (' . key_part($c) . ')';
	}
	if ($kind eq 'default') {
		return '' if !$c->{default} || $c->{class} eq 'timestamp';
		$c->{given} = $c->{default}->();
		return $alter . 'MODIFY COLUMN ' . column_text($c);
	}
	if ($kind eq 'modify') {
		return '' unless $c->{wider};
		$c->{type} = $c->{wider};
		delete $c->{wider};
		return $alter . 'MODIFY COLUMN ' . column_text($c) . pick('', '', ' FIRST');
	}
	my $old = quote_name($c->{name});
	$c->{name} = fresh_name($t->{taken}, 'r' . (1 + keys %{$t->{taken}}));
	return $alter . "RENAME COLUMN $old TO " . quote_name($c->{name}) if $kind eq 'rename' && !$ctx->{old};
	return $alter . "CHANGE COLUMN $old " . column_text($c);
}

1;
