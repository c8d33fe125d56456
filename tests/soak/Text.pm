# Text.pm - random text in every charset that the servers have, as the hex digits of its bytes.
package Text;

use strict;
use warnings;
use Exporter 'import';
use Chance;

our @EXPORT = qw(charsets charset_bytes_of text_hex space_hex nul_hex collation);

# name => [longest character, collation kept apart by bytes, others ...]
my %single = map { $_ => 1 } qw(ascii latin1 latin2 latin5 latin7 cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 hp8
	koi8r koi8u keybcs2 macce macroman armscii8 geostd8 greek hebrew swe7 tis620);
my %longest = (big5 => 2, gbk => 2, gb2312 => 2, sjis => 2, cp932 => 2, euckr => 2, ujis => 3, eucjpms => 3, gb18030 => 4,
	utf8 => 3, utf8mb3 => 3, utf8mb4 => 4, ucs2 => 2, utf16 => 4, utf16le => 4, utf32 => 4);
my %general = (ascii => 'ascii_general_ci', latin1 => 'latin1_swedish_ci', latin2 => 'latin2_general_ci',
	latin5 => 'latin5_turkish_ci', big5 => 'big5_chinese_ci', gbk => 'gbk_chinese_ci', gb2312 => 'gb2312_chinese_ci',
	gb18030 => 'gb18030_chinese_ci', sjis => 'sjis_japanese_ci', cp932 => 'cp932_japanese_ci', euckr => 'euckr_korean_ci',
	ujis => 'ujis_japanese_ci', eucjpms => 'eucjpms_japanese_ci', dec8 => 'dec8_swedish_ci', hp8 => 'hp8_english_ci',
	swe7 => 'swe7_swedish_ci', tis620 => 'tis620_thai_ci');

# Those that both ends have.
sub charsets {
	my ($ctx) = @_;
	my @all = (sort(keys %single), sort(grep { !/^(utf8|utf8mb3|gb18030)$/ } keys %longest));
	push @all, $ctx->{old} ? 'utf8' : 'utf8mb3';
	push @all, 'gb18030' if $ctx->{up} eq 'mysql' && $ctx->{down} eq 'mysql';
	return @all;
}

sub charset_bytes_of {
	return $longest{$_[0]} || 1;
}

sub collation {
	my ($ctx, $cs) = @_;
	my $binary = $cs . '_bin';
	my @all = ($binary, $general{$cs} || $cs . '_general_ci');

	push @all, map { "${cs}_$_" } qw(unicode_ci unicode_520_ci) if $cs =~ /^(utf8mb4|utf8mb3|ucs2|utf16|utf32)$/ && !$ctx->{old};
	push @all, map { "utf8mb4_$_" } qw(0900_ai_ci 0900_as_cs ja_0900_as_cs_ks 0900_bin)
		if $cs eq 'utf8mb4' && $ctx->{up} eq 'mysql' && $ctx->{down} eq 'mysql' && !$ctx->{old};
	push @all, map { "utf8mb4_$_" } qw(general_nopad_ci nopad_bin uca1400_ai_ci)
		if $cs eq 'utf8mb4' && $ctx->{up} eq 'mariadb' && $ctx->{down} eq 'mariadb';
	return (pick(@all), $binary);
}

# One random code point: mostly letters of some script, then anything but a surrogate.
sub code_point {
	my ($top) = @_;
	my $c = weighted([4, between(0x20, 0x7e)], [1, below(0x20)], [3, between(0x80, 0x24f)], [3, between(0x370, 0x6ff)],
		[3, between(0x4e00, 0x9fff)], [1, between(0x2000, 0x2fff)], [1, between(0xe000, 0xfffd)],
		[2, between(0x1f300, 0x1f6ff)], [1, between(0x10000, 0x10ffff)]);
	return $c > $top ? between(0x4e00, 0x9fff) : $c;
}

sub utf8_hex {
	my ($c) = @_;
	return sprintf '%02X', $c if $c < 0x80;
	return sprintf '%02X%02X', 0xc0 | $c >> 6, 0x80 | $c & 63 if $c < 0x800;
	return sprintf '%02X%02X%02X', 0xe0 | $c >> 12, 0x80 | $c >> 6 & 63, 0x80 | $c & 63 if $c < 0x10000;
	return sprintf '%02X%02X%02X%02X', 0xf0 | $c >> 18, 0x80 | $c >> 12 & 63, 0x80 | $c >> 6 & 63, 0x80 | $c & 63;
}

sub utf16_units {
	my ($c) = @_;
	return $c < 0x10000 ? ($c) : (0xd800 | $c - 0x10000 >> 10, 0xdc00 | $c - 0x10000 & 0x3ff);
}

# range([first, last], ...): one byte out of them.
sub range {
	my $r = pick(@_);
	return sprintf '%02X', between(@$r);
}

my @high = ([0xa1, 0xfe]);
my %pair = (
	gbk => [[[0x81, 0xfe]], [[0x40, 0x7e], [0x80, 0xfe]]],
	gb2312 => [[[0xa1, 0xf7]], [[0xa1, 0xfe]]],
	big5 => [[[0xa1, 0xf9]], [[0x40, 0x7e], [0xa1, 0xfe]]],
	sjis => [[[0x81, 0x9f], [0xe0, 0xfc]], [[0x40, 0x7e], [0x80, 0xfc]]],
	cp932 => [[[0x81, 0x9f], [0xe0, 0xfc]], [[0x40, 0x7e], [0x80, 0xfc]]],
	euckr => [[[0x81, 0xfe]], [[0x41, 0x5a], [0x61, 0x7a], [0x81, 0xfe]]],
	ujis => [\@high, \@high],
	eucjpms => [\@high, \@high],
	gb18030 => [[[0x81, 0xfe]], [[0x40, 0x7e], [0x80, 0xfe]]],
);

# One character, valid in its structure; whether the charset gives it a meaning is left to chance.
sub char_hex {
	my ($cs) = @_;
	my $seven = range([0x20, 0x7e], [0x20, 0x7e], [0, 0x7f]);

	return $seven if $cs =~ /^(ascii|swe7)$/;
	return range([0x20, 0x7e], [0x80, 0xff], [0, 0xff]) if $single{$cs};
	return utf8_hex(code_point(0xffff)) if $cs =~ /^utf8(mb3)?$/;
	return utf8_hex(code_point(0x10ffff)) if $cs eq 'utf8mb4';
	return sprintf '%04X', code_point(0xffff) if $cs eq 'ucs2';
	return sprintf '%08X', code_point(0x10ffff) if $cs eq 'utf32';
	return join '', map { sprintf '%04X', $_ } utf16_units(code_point(0x10ffff)) if $cs eq 'utf16';
	return join '', map { sprintf '%02X%02X', $_ & 255, $_ >> 8 } utf16_units(code_point(0x10ffff)) if $cs eq 'utf16le';
	return $seven if once_in(3);
	if (once_in(5)) {
		return range([0xa1, 0xdf]) if $cs =~ /^(sjis|cp932)$/;
		return '8E' . range([0xa1, 0xdf]) if $cs =~ /^(ujis|eucjpms)$/;
		return range([0x81, 0x84]) . range([0x30, 0x39]) . range([0x81, 0xfe]) . range([0x30, 0x39]) if $cs eq 'gb18030';
	}
	return '8F' . range(@high) . range(@high) if $cs =~ /^(ujis|eucjpms)$/ && once_in(5);
	return join '', map { range(@$_) } @{$pair{$cs}};
}

# A character that the charset surely has, for places where the server takes no other.
sub plain_hex {
	my ($cs, $byte) = @_;
	return sprintf '00%02X', $byte if $cs =~ /^(ucs2|utf16)$/;
	return sprintf '%02X00', $byte if $cs eq 'utf16le';
	return sprintf '000000%02X', $byte if $cs eq 'utf32';
	return sprintf '%02X', $byte;
}

sub space_hex { return plain_hex($_[0], 0x20) }
sub nul_hex { return plain_hex($_[0], 0) }

# n characters. Half of those of the Asian charsets are plain, since servers refuse a text for one unknown character.
sub text_hex {
	my ($cs, $n) = @_;
	my $plain = $pair{$cs} && once_in(2);
	return join '', map { $plain ? plain_hex($cs, between(0x21, 0x7e)) : char_hex($cs) } 1 .. $n;
}

1;
