# Json.pm - one spelling for all texts of a JSON document that mean the same: for ends of two families.
# MySQL sorts keys, keeps the last of equal ones and prints numbers its own way; MariaDB keeps the text.
package Json;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(json_canonical);

# Exact integers stay; all else is the double nearest to it.
sub number {
	my ($text) = @_;
	return $1 . ($2 eq '0' && $1 eq '-' ? '0' : $2) if $text =~ /^(-?)(\d+)$/ && length($2) < 19;
	return $text if $text =~ /^-?\d+$/;
	return sprintf '%.15g', $text;
}

sub string {
	my ($text) = @_;
	my %plain = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t");
	$text =~ s{\\(?:u([0-9a-fA-F]{4})|(.))}{defined $1 ? do { my $c = chr(hex $1); utf8::encode($c); $c } : exists $plain{$2} ? $plain{$2} : $2}ge;
	return '"' . unpack('H*', $text) . '"';
}

sub parse {
	my ($in) = @_;
	$$in =~ /\G\s*/gc;
	return string($1) if $$in =~ /\G"((?:[^"\\]++|\\.)*+)"/gcs;
	return $1 if $$in =~ /\G(null|true|false)/gc;
	return number($1) if $$in =~ /\G(-?[0-9.]+(?:[eE][-+]?\d+)?)/gc;
	if ($$in =~ /\G\[/gc) {
		my @all;
		until ($$in =~ /\G\s*\]/gc) {
			push @all, parse($in);
			$$in =~ /\G\s*,/gc;
		}
		return '[' . join(',', @all) . ']';
	}
	if ($$in =~ /\G\{/gc) {
		my %all;
		until ($$in =~ /\G\s*\}/gc) {
			my $key = parse($in);
			$$in =~ /\G\s*:/gc or die "no colon\n";
			$all{$key} = parse($in);
			$$in =~ /\G\s*,/gc;
		}
		return '{' . join(',', map { "$_:$all{$_}" } sort keys %all) . '}';
	}
	die "not JSON\n";
}

# Text that is no JSON stays as it is.
sub json_canonical {
	my ($text) = @_;
	my $got = eval { parse(\$text) };
	return defined $got ? $got : $text;
}

1;
