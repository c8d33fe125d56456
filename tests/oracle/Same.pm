# Same.pm - does a value of the stream say what another decoder says?
#
# Same->new(SOCKET or undef) judges; row(stream row, other row) compares two rows, finish() what had to be put off. Both fill
# {faults}. The other's values: [null]; [number, text]; [either, signed, unsigned], which it cannot tell apart; [bits, text of 0
# and 1]; [bytes, as they stand in the log, in the column's charset]; [epoch, seconds with fraction]; [text, as is]; [diff,
# [[operation, path, value], ...]]. What is allowed to differ, and nothing else, is what the comments of this file say.
#
# Text goes back into its column's charset: by perl where that is one of Unicode's or latin1, else by a server at SOCKET,
# which is the best judge of its own charsets.
package Same;

use strict;
use warnings;
no warnings q(portable);	# numbers of more than 32 bits
use Encode ();
use POSIX ();
use Socket ();
use MIME::Base64;

my %width = (tinyint => 8, smallint => 16, mediumint => 24, int => 32, bigint => 64, year => 8);
my %encoding = (ucs2 => 'UTF-16BE', utf16 => 'UTF-16BE', utf16le => 'UTF-16LE', utf32 => 'UTF-32BE');

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

sub number_of { return $_[0][0] eq 'bits' ? oct "0b$_[0][1]" : $_[0][1] }

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

# FLOAT: another's digits are either enough to make the same one again, or six. The sign of a zero is of no meaning in SQL.
sub same_float {
	my ($c, $v, $o) = @_;
	return $v->[1] == $o->[1] if $c->{type} =~ /^double|^real/;
	my ($a, $b) = map { unpack 'f', pack 'f', $_ } $v->[1], $o->[1];
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

sub same_diff {
	my ($v, $o) = @_;
	return 0 unless $v->[0] eq 'diff' && $o->[0] eq 'diff' && @{$v->[1]} == @{$o->[1]};
	for my $i (0 .. $#{$v->[1]}) {
		return 0 if grep { ($v->[1][$i][$_] // '') ne ($o->[1][$i][$_] // '') } 0 .. 2;
	}
	return 1;
}

# A log has fixed-length bytes without the zeros at their end.
sub without_zeros {
	my ($bytes) = @_;
	$bytes =~ s/\x00+\z//;
	return $bytes;
}

sub same_fixed {
	my ($bytes, $o) = @_;
	return defined $bytes && without_zeros($bytes) eq without_zeros($o->[1]);
}

sub later {
	my ($self, $cs, $text, $bytes, $where) = @_;
	$self->{later}{$cs}{"$text\0$bytes"} ||= [$text, $bytes, $where];
	return 1;
}

sub same_text {
	my ($self, $c, $v, $o, $where) = @_;
	my $cs = $c->{charset} // 'utf8mb4';
	my $text = $v->[1];
	return $text eq $o->[1] if $cs =~ /^(utf8(mb[34])?|ascii)$/ || $text eq '' || ($text eq $o->[1] && $text !~ /[^\x20-\x5b\x5d-\x7d]/);
	if ($cs eq 'latin1') {
		my $chars = Encode::decode('UTF-8', $text);
		my $bytes = join '', map { ord($_) < 0x80 || $_ =~ /^[\x81\x8d\x8f\x90\x9d]$/ ? chr ord $_ : Encode::encode('cp1252', $_) } split //, $chars;
		return $bytes eq $o->[1];
	}
	return Encode::encode($encoding{$cs}, Encode::decode('UTF-8', $text)) eq $o->[1] if $encoding{$cs};
	return $self->later($cs, $text, $o->[1], $where);
}

sub same {
	my ($self, $c, $v, $o, $where) = @_;
	my $type = $c->{type};

	return ($v->[0] eq 'null') == ($o->[0] eq 'null') if $v->[0] eq 'null' || $o->[0] eq 'null';
	return same_diff($v, $o) if $v->[0] eq 'diff' || $o->[0] eq 'diff';
	return $v->[1] eq $o->[1] if $v->[0] eq 'base64';
	return same_integer($c, $v, $o) if $type =~ /^(tinyint|smallint|mediumint|int|bigint|year)/;
	return same_float($c, $v, $o) if $type =~ /^(float|double|real)/;
	return same_timestamp($c, $v, $o) if $type =~ /^timestamp/;
	return same_date($c, $v, $o) if $type eq 'date';
	return $v->[1] eq $o->[1] if $type =~ /^(decimal|time|datetime|json)\b/;
	return $v->[1] eq number_of($o) if $type =~ /^bit/ && $v->[0] eq 'number';
	if ($type =~ /^(enum|set)/) {
		my $n = number_of_labels($c, $v);
		return defined $n && $n == number_of($o);
	}
	return same_fixed(pack('H*', $v->[1] =~ tr/-//dr), $o) if $type eq 'uuid';
	return same_fixed(Socket::inet_pton($type eq 'inet4' ? Socket::AF_INET : Socket::AF_INET6, $v->[1]), $o) if $type =~ /^inet[46]$/;
	return same_fixed(decode_base64($v->[1]), $o) if $c->{enc} && $type =~ /^binary/;
	return decode_base64($v->[1]) eq $o->[1] if $c->{enc};
	return $self->same_text($c, $v, $o, $where) if $type =~ /^(char|varchar|\w*text|\w*blob|(?:var)?binary)\b/;	# blob: it may be either, so UTF-8 is kept
	die "do not know the type '$type'\n";
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
	$self->image($mine->{columns}, $mine->{before}, $other->{before}, "$where, before");
	$self->image($mine->{columns}, $mine->{after}, $other->{after}, "$where, after");
	return 1;
}

# Two lists of rows in their order. Of the other's rows some stand for what it could not show: {unread} => n of them, or all
# that is left of the transaction. refused: the stream ends early.
sub rows {
	my ($self, $mine, $other, $refused) = @_;
	my @mine = @$mine;
	my $compared = 0;

	for my $o (@$other) {
		last if !@mine && $refused;
		if ($o->{unread} && $o->{unread} eq 'rest') {
			my $pos = $mine[0] && $mine[0]{pos};
			shift @mine while @mine && $mine[0]{pos} eq $pos;
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

sub ask {
	my ($self, $sql) = @_;
	open(my $pipe, '-|', 'mariadb', '--no-defaults', '--default-character-set=utf8mb4', '-N', '-B', '-uroot', "--socket=$self->{socket}",
		'-e', $sql) or die "mariadb: $!\n";
	chomp(my @got = <$pipe>);
	close($pipe) or die "a server cannot convert: $sql\n";
	return @got;
}

sub finish {
	my ($self) = @_;
	for my $cs (sort keys %{$self->{later}}) {
		my @all = sort { $a->[0] cmp $b->[0] } values %{$self->{later}{$cs}};
		die "who converts to $cs? A server must be named\n" unless $self->{socket};
		while (my @some = splice @all, 0, 200) {
			# _utf8, of three bytes, is what a 5.6 and a 10.11 both take; no charset but Unicode's has more.
			my @hex = $self->ask(join ' UNION ALL ', map { "SELECT HEX(CONVERT(_utf8mb4 x'" . unpack('H*', $_->[0]) . "' USING $cs))" } @some);
			for (0 .. $#some) {
				$self->fault("$some[$_][2]: the stream's text is x" . lc $hex[$_] . ', there bytes x' . unpack('H*', $some[$_][1]))
					if lc $hex[$_] ne unpack 'H*', $some[$_][1];
			}
		}
	}
	$self->{later} = {};
	return $self->{faults} == 0;
}

1;
