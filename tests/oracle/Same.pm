# Same.pm - does a value of the stream say what another decoder says?
#
# Same->new(SOCKET or undef) judges; row(stream row, other row) compares two rows, finish() what had to be put off. Both fill
# {faults}. The other's values: [null]; [number, text]; [either, signed, unsigned], which it cannot tell apart; [bits, text of 0
# and 1]; [set, the same, lowest byte first]; [bytes, as they stand in the log, in the column's charset]; [printed, bytes of which
# those below 0x20 are \xNN, and nothing else is marked, not even a backslash]; [text, as is]; [vector, [number,...]]; [diff,
# [[operation, path, value], ...]]. What is allowed to differ, and nothing else, is what the comments of this file say.
#
# Text goes back into its column's charset: by perl where that is one of Unicode's or latin1, else by a server at SOCKET,
# which is the best judge of its own charsets.
package Same;

use strict;
use warnings;
no warnings q(portable);	# numbers of more than 32 bits
use Encode ();
use File::Temp;
use POSIX ();
use Socket ();
use MIME::Base64;
use Stream;

my %width = (tinyint => 8, smallint => 16, mediumint => 24, int => 32, bigint => 64, year => 8);
my $largest = 3.4028234663852886e38;
my %unicode = (ucs2 => 'n*', utf16 => 'n*', utf16le => 'v*', utf32 => 'N*');

sub new {
	my ($class, $socket) = @_;
	return bless { socket => $socket, faults => 0, values => 0, later => {} }, $class;
}

sub fault {
	my ($self, $what) = @_;
	print STDERR "$what\n" if ++$self->{faults} <= 20;
}

sub show {
	my ($v) = @_;
	return 'nothing' unless $v;
	my $text = $v->[0] eq 'diff' ? join '; ', map { join ' ', map { $_ // '' } @$_ } @{$v->[1]} : join ' or ', @$v[1 .. $#$v];
	$text = 'x' . unpack('H*', $text) if $text =~ /[^\x20-\x7e]/;
	return "$v->[0] " . (length $text > 300 ? substr($text, 0, 300) . '...' : $text);
}

# The labels of an ENUM or SET, out of its type.
sub labels {
	my ($c) = @_;
	$c->{labels} ||= do {
		my ($list) = $c->{type} =~ /^\w+\((.*)\)$/s;
		my (%all, $n);
		while (defined $list && $list =~ /\G,?'((?:[^'\\]|''|\\.)*)'/gcs) {
			my $label = $1;
			$label =~ s/''/'/g;
			$label =~ s/\\(.)/$1/gs;
			$all{$label} = $n++ unless exists $all{$label};
		}
		\%all;
	};
	return $c->{labels};
}

# The number behind the stream's labels, or undef.
sub number_of_labels {
	my ($c, $v) = @_;
	return $v->[1] if $v->[0] eq 'number';
	return undef if $v->[0] ne 'string';
	my $all = labels($c);
	if ($c->{type} =~ /^enum/) {
		return exists $all->{$v->[1]} ? $all->{$v->[1]} + 1 : undef;
	}
	my $sum = 0;
	for (split /,/, $v->[1]) {
		return undef unless exists $all->{$_};
		$sum |= 1 << $all->{$_};
	}
	return $sum;
}

sub number_of {
	my ($o) = @_;
	return oct "0b$o->[1]" if $o->[0] eq 'bits';
	return oct '0b' . join '', reverse $o->[1] =~ /([01]{8})/g if $o->[0] eq 'set';
	return $o->[1];
}

# Bytes beside bytes, or beside how they are printed. One text can be printed for two: \x0a is a line feed, or four characters.
sub same_bytes {
	my ($bytes, $o) = @_;
	$bytes =~ s/([\x00-\x1f])/sprintf '\\x%02x', ord $1/ge if $o->[0] eq 'printed';
	return $bytes eq $o->[1];
}

# Some print the sign and not what it should be; the stream knows, so that it must fit: no other reading is let through.
sub same_integer {
	my ($c, $v, $o) = @_;
	my $unsigned = $c->{type} =~ /unsigned/;
	return $v->[1] eq $o->[$unsigned ? 2 : 1] if $o->[0] eq 'either';
	return 1 if $v->[1] eq $o->[1] || ($c->{type} =~ /^year/ && $o->[1] =~ /^(0000|1900)$/ && $v->[1] eq '0');
	my ($type) = $c->{type} =~ /^(\w+)/;
	return 0 unless $unsigned && $o->[1] =~ /^-/;
	return $v->[1] eq ($width{$type} == 64 ? sprintf '%u', $o->[1] : $o->[1] + 2 ** $width{$type});
}

# Perl makes an infinity of what is above the largest by less than half a step.
sub single {
	my ($text) = @_;
	my $v = abs($text) > $largest && abs($text) < 3.40282356e38 ? ($text < 0 ? -$largest : $largest) : $text;
	return unpack 'f', pack 'f', $v;
}

# FLOAT: another's digits are either enough to make the same one again, or six. The sign of a zero is of no meaning in SQL.
sub same_float {
	my ($c, $v, $o) = @_;
	return $v->[1] == $o->[1] if $c->{type} =~ /^double|^real/;
	my ($a, $b) = map { single($_) } $v->[1], $o->[1];
	my ($digits) = $o->[1] =~ /^-?([0-9.]+)/;
	return $a == $b || ($digits =~ s/^[0.]+|\.//gr =~ /^\d{1,6}$/ && sprintf('%.5e', $a) eq sprintf('%.5e', $o->[1]));
}

# TIMESTAMP: the stream has it in UTC, another as seconds since 1970.
sub same_timestamp {
	my ($c, $v, $o) = @_;
	return $v->[1] eq $o->[1] unless $o->[1] =~ /^(\d+)(\.\d+)?$/;
	my ($seconds, $fraction) = ($1, $2 // '');
	my $zero = $seconds == 0 && $fraction =~ /^[.0]*$/;
	return $v->[1] eq ($zero ? '0000-00-00 00:00:00' : POSIX::strftime('%Y-%m-%d %H:%M:%S', gmtime $seconds)) . $fraction;
}

# DATE is printed with colons by some.
sub same_date {
	my ($c, $v, $o) = @_;
	my $text = $o->[1];
	$text =~ tr/:/-/;
	return $v->[1] eq $text;
}

# JSON: mysqlbinlog prints a document that is one text as that text, not as JSON.
sub same_json_text {
	my ($document, $o) = @_;
	return $document =~ /^"(.*)"$/s && same_bytes(Stream::unescape($1), $o);
}

sub same_diff {
	my ($v, $o) = @_;
	return 0 unless $v->[0] eq 'diff' && $o->[0] eq 'diff' && @{$v->[1]} == @{$o->[1]};
	for my $i (0 .. $#{$v->[1]}) {
		return 0 if grep { ($v->[1][$i][$_] // '') ne ($o->[1][$i][$_] // '') } 0 .. 2;
	}
	return 1;
}

# A log has fixed-length bytes without the zeros at their end.
sub same_fixed {
	my ($bytes, $o) = @_;
	my $other = $o->[1];
	$bytes =~ s/\x00+\z//;
	$other =~ s/(?:\x00|\\x00)+\z//;
	return same_bytes($bytes, [$o->[0], $other]);
}

sub later {
	my ($self, $cs, $text, $o, $where) = @_;
	$self->{later}{$cs}{"$text\0$o->[1]"} ||= [$text, $o, $where];
	return 1;
}

# Not by Encode, which knows characters that are none; the servers take them all.
sub units {
	my ($cs, $text) = @_;
	utf8::decode($text) or return 'no UTF-8';
	my @c = map { ord } split //, $text;
	@c = map { $_ < 0x10000 ? $_ : (0xd800 | $_ - 0x10000 >> 10, 0xdc00 | $_ - 0x10000 & 0x3ff) } @c if $cs ne 'utf32';
	return pack $unicode{$cs}, @c;
}

sub same_text {
	my ($self, $c, $v, $o, $where) = @_;
	my $cs = $c->{charset} // 'utf8mb4';
	my $text = $v->[1];
	return same_bytes($text, $o) if $cs =~ /^(utf8(mb[34])?|ascii)$/ || $text eq '';
	if ($cs eq 'latin1') {
		my $chars = Encode::decode('UTF-8', $text);
		my $bytes = join '', map { ord($_) < 0x80 || $_ =~ /^[\x81\x8d\x8f\x90\x9d]$/ ? chr ord $_ : Encode::encode('cp1252', $_) } split //, $chars;
		return same_bytes($bytes, $o);
	}
	return same_bytes(units($cs, $text), $o) if $unicode{$cs};
	return $self->later($cs, $text, $o, $where);
}

sub same {
	my ($self, $c, $v, $o, $where) = @_;
	my $type = $c->{type};

	return ($v->[0] eq 'null') == ($o->[0] eq 'null') if $v->[0] eq 'null' || $o->[0] eq 'null';
	return same_diff($v, $o) if $v->[0] eq 'diff' || $o->[0] eq 'diff';
	return same_bytes($v->[1], $o) if $v->[0] eq 'base64';
	return same_integer($c, $v, $o) if $type =~ /^(tinyint|smallint|mediumint|int|bigint|year)/;
	return same_float($c, $v, $o) if $type =~ /^(float|double|real)/;
	return same_timestamp($c, $v, $o) if $type =~ /^timestamp/;
	return same_date($c, $v, $o) if $type eq 'date';
	return same_bytes($v->[1], $o) || same_json_text($v->[1], $o) if $type eq 'json';
	return same_bytes($v->[1], $o) if $type =~ /^(decimal|time|datetime)\b/;
	return $v->[1] eq number_of($o) if $type =~ /^bit/ && $v->[0] eq 'number';
	if ($type =~ /^(enum|set)/) {
		my $n = number_of_labels($c, $v);
		return defined $n && $n == number_of($o);
	}
	return same_fixed(pack('H*', $v->[1] =~ tr/-//dr), $o) if $type eq 'uuid';
	return same_fixed(Socket::inet_pton($type eq 'inet4' ? Socket::AF_INET : Socket::AF_INET6, $v->[1]), $o) if $type =~ /^inet[46]$/;
	return same_fixed(decode_base64($v->[1]), $o) if $c->{enc} && $type =~ /^binary/;
	return same_vector(decode_base64($v->[1]), $o) if $type =~ /^vector/ && $o->[0] eq 'vector';
	return same_bytes(decode_base64($v->[1]), $o) if $c->{enc};
	return $self->same_text($c, $v, $o, $where) if $type =~ /^(char|varchar|\w*text|\w*blob|(?:var)?binary)\b/;	# blob: it may be either, so UTF-8 is kept
	die "do not know the type '$type'\n";
}

# VECTOR: mysqlbinlog prints six digits.
sub same_vector {
	my ($bytes, $o) = @_;
	return $o->[1] eq '[' . join(',', map { sprintf '%.5e', $_ } unpack 'f<*', $bytes) . ']';
}

sub image {
	my ($self, $columns, $mine, $other, $where) = @_;
	my @mine = sort { $a <=> $b } keys %{$mine || {}};
	my @other = sort { $a <=> $b } keys %{$other || {}};

	return $self->fault("$where: columns (@mine) here, (@other) there") if "@mine" ne "@other";
	for (@mine) {
		my $c = $columns->[$_];
		my $at = "$where, column $c->{name} $c->{type}" . ($c->{charset} ? " $c->{charset}" : '');
		$self->{values}++;
		$self->same($c, $mine->{$_}, $other->{$_}, $at) or $self->fault("$at: " . show($mine->{$_}) . ', there ' . show($other->{$_}));
	}
}

# False where the two cannot be of one change.
sub row {
	my ($self, $mine, $other) = @_;
	my $where = "$mine->{kind} of $mine->{table} at $mine->{pos} (line $mine->{line})";

	if ("$mine->{kind} $mine->{table}" ne "$other->{kind} $other->{table}") {
		$self->fault("$where: there it is $other->{kind} of $other->{table}");
		return 0;
	}
	# A system-versioned table's own columns for its history, behind all others, do not go on.
	if ($mine->{versioned}) {
		for my $image (grep { $_ } $other->{before}, $other->{after}) {
			delete $image->{$_} for grep { $_ >= @{$mine->{columns}} } keys %$image;
		}
	}
	$self->image($mine->{columns}, $mine->{before}, $other->{before}, "$where, before");
	$self->image($mine->{columns}, $mine->{after}, $other->{after}, "$where, after");
	return 1;
}

# Two lists of rows in their order. Some of the other's stand for what it could not show: {unread} => n rows; {lost} => a table, of
# which the transaction has no more rows there. refused: the stream ends early.
sub rows {
	my ($self, $mine, $other, $refused) = @_;
	my @mine = @$mine;
	my $compared = 0;

	for my $o (@$other) {
		last if !@mine && $refused;
		if (defined $o->{lost}) {
			my $pos = $mine[0] ? $mine[0]{pos} : '';
			@mine = grep { $_->{pos} ne $pos || $_->{table} ne $o->{lost} } @mine;
			next;
		}
		if ($o->{unread}) {
			splice @mine, 0, $o->{unread};
			next;
		}
		my $m = shift @mine or return $self->fault("a row is missing: $o->{kind} of $o->{table}, behind $compared others");
		$self->row($m, $o) or return;
		$compared++;
	}
	$self->fault(scalar(@mine) . " rows too many, the first: $mine[0]{kind} of $mine[0]{table} at $mine[0]{pos}") if @mine;
	return $compared;
}

# Through a file: a statement can be longer than what an argument may be.
sub ask {
	my ($self, $sql) = @_;
	my $file = File::Temp->new;
	print $file $sql;
	close($file) or die "cannot write a temporary file: $!\n";
	my $client = "mariadb --no-defaults --skip-ssl --default-character-set=utf8mb4 -N -B -uroot --socket='$self->{socket}' <'$file'";
	chomp(my @got = `$client`);
	die "a server cannot convert\n" if $?;
	return @got;
}

sub finish {
	my ($self) = @_;
	for my $cs (sort keys %{$self->{later}}) {
		my @all = sort { $a->[0] cmp $b->[0] } values %{$self->{later}{$cs}};
		die "who converts to $cs? A server must be named\n" unless $self->{socket};
		while (my @some = splice @all, 0, 200) {
			my @hex = $self->ask(join ' UNION ALL ', map { "SELECT HEX(CONVERT(_utf8mb4 x'" . unpack('H*', $_->[0]) . "' USING $cs))" } @some);
			for (0 .. $#some) {
				$self->fault("$some[$_][2]: the stream's text is x" . lc $hex[$_] . ', there ' . show($some[$_][1]))
					if !same_bytes(pack('H*', $hex[$_]), $some[$_][1]);
			}
		}
	}
	$self->{later} = {};
	return $self->{faults} == 0;
}

1;
