# Stream.pm - the rows of a stream of dm-relay, one by one, each value with the text that it stands as.
#
# rows_of_stream(FILE) gives a list of { kind, table, pos, before => {...}, after => {...}, columns => [...] }: kind is
# insert, update or delete, an image maps the number of a column (from 0) to a value. A value is [kind, text]: null; number,
# as it is written; string, its bytes; base64, the bytes of a value that is no text in its column's charset; diff, a list of
# [operation, path, value]. Numbers are never made ones of perl's: 18446744073709551615 stays what it is.
package Stream;

use strict;
use warnings;
use Exporter 'import';
use MIME::Base64;

our @EXPORT = qw(rows_of_stream);

my %escape = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t");

sub unescape {
	my ($text) = @_;
	return $text unless $text =~ /\\/;
	$text =~ s{\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})}
		{my $c = chr(0x10000 + ((hex($1) & 0x3ff) << 10 | hex($2) & 0x3ff)); utf8::encode($c); $c}ge;
	$text =~ s{\\(?:u([0-9a-fA-F]{4})|(.))}{defined $1 ? do { my $c = chr hex $1; utf8::encode($c); $c } : $escape{$2} // $2}gse;
	return $text;
}

# Objects become hashes, lists arrays, all else [kind, text].
sub parse {
	my ($in) = @_;
	# A quantified group of perl's stops at 64 Ki repetitions: long texts are taken piece by piece.
	if ($$in =~ /\G\s*"/gc) {
		my $text = '';
		$text .= $1 while $$in =~ /\G([^"\\]+|\\u....|\\.)/gcs;
		$$in =~ /\G"/gc or die "a string without an end\n";
		return ['string', unescape($text)];
	}
	return ['number', $1] if $$in =~ /\G\s*(-?[0-9][0-9.eE+-]*)/gc;
	return [$1] if $$in =~ /\G\s*(null|true|false)/gc;
	if ($$in =~ /\G\s*\[/gc) {
		my @all;
		until ($$in =~ /\G\s*\]/gc) {
			push @all, parse($in);
			$$in =~ /\G\s*,/gc;
		}
		return { list => \@all };
	}
	$$in =~ /\G\s*\{/gc or die 'not JSON: ' . substr($$in, pos($$in) || 0, 40) . "\n";
	my %all;
	until ($$in =~ /\G\s*\}/gc) {
		my $key = parse($in)->[1];
		$$in =~ /\G\s*:/gc or die "no colon\n";
		$all{$key} = parse($in);
		$$in =~ /\G\s*,/gc;
	}
	return { object => \%all };
}

sub value {
	my ($v) = @_;
	return $v if ref $v eq 'ARRAY';
	my $object = $v->{object} or die "a list as a value\n";
	return ['base64', decode_base64($object->{base64}[1])] if $object->{base64};
	my $diff = $object->{json_diff} or die "an object as a value\n";
	return ['diff', [map { my $op = $_->{object}; [map { $op->{$_} ? $op->{$_}[1] : undef } qw(op path value)] } @{$diff->{list}}]];
}

sub image {
	my ($list, $columns, $count) = @_;
	my @at = $columns ? map { $_->[1] } @{$columns->{list}} : 0 .. $count - 1;
	my @v = @{$list->{list}};
	die 'a row of ' . @v . ' values for ' . @at . " columns\n" unless @v == @at;
	return { map { $at[$_] => value($v[$_]) } 0 .. $#v };
}

sub columns {
	my ($line) = @_;
	my @all;
	for my $c (map { $_->{object} } @{$line->{columns}{list}}) {
		my %column = map { $_ => $c->{$_} && $c->{$_}[0] eq 'string' ? $c->{$_}[1] : undef } qw(name type charset enc);
		push @all, \%column;
	}
	return \@all;
}

sub rows_of_stream {
	my ($file) = @_;
	my (%tables, %versioned, @rows);

	open(my $in, '<', $file) or die "cannot open $file: $!\n";
	while (my $text = <$in>) {
		my ($type) = $text =~ /^\{"type":"(\w+)"/ or die "$file:$.: no type\n";
		next unless $type =~ /^(table|insert|update|delete)$/;
		my $line = parse(\$text)->{object};
		my $name = "$line->{schema}[1].$line->{table}[1]";
		if ($type eq 'table') {
			$tables{$name} = columns($line);
			$versioned{$name} = exists $line->{row_end};
			next;
		}
		my $columns = $tables{$name} or die "$file:$.: rows of $name, which is not announced\n";
		for my $row (@{$line->{rows}{list}}) {
			my %row = (kind => $type, table => $name, pos => $line->{pos}[1], columns => $columns, line => $.,
				versioned => $versioned{$name});
			if ($type eq 'update') {
				$row{before} = image($row->{list}[0], $line->{before}, scalar @$columns);
				$row{after} = image($row->{list}[1], $line->{after}, scalar @$columns);
			} else {
				$row{$type eq 'insert' ? 'after' : 'before'} = image($row, $line->{cols}, scalar @$columns);
			}
			push @rows, \%row;
		}
	}
	return @rows;
}

1;
