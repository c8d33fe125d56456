# Chance.pm - random choices for the soak's generator: the same seed gives the same choices on every machine.
package Chance;

use strict;
use warnings;
use integer;
use Carp;
use Exporter 'import';

our @EXPORT = qw(seed below between once_in pick weighted hex_bytes);

my $state = 1;

# xorshift32: small, and not the C library's.
sub seed {
	my ($seed) = @_;
	$state = ($seed * 2654435761 + 12345) & 0xffffffff || 1;
	below(2) for 1 .. 20;
}

# 0 .. n - 1
sub below {
	my ($n) = @_;
	croak 'nothing to choose from' if $n < 1;
	$state ^= ($state << 13) & 0xffffffff;
	$state ^= $state >> 17;
	$state ^= ($state << 5) & 0xffffffff;
	return ($state >> 3) % $n;
}

sub between {
	my ($low, $high) = @_;
	return $low + below($high - $low + 1);
}

sub once_in {
	my ($n) = @_;
	return below($n) == 0;
}

sub pick {
	return $_[below(scalar @_)];
}

# weighted([weight, thing], ...)
sub weighted {
	my $sum = 0;
	$sum += $_->[0] for @_;
	my $at = below($sum);
	for (@_) {
		return $_->[1] if ($at -= $_->[0]) < 0;
	}
}

sub hex_bytes {
	my ($n) = @_;
	return join '', map { sprintf '%02X', below(256) } 1 .. $n;
}

1;
