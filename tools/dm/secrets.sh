# ---- passwords --------------------------------------------------------------------------------------------------------

# encrypt [PASSWORD]: DM's dmctl wants it as an argument, which it is not passed on as.
encrypt_text() {
	case $# in
	0)	exec dm-secret encrypt ;;
	1)	say "warning: a password on the command line is shown by ps and kept in the shell's history: leave it out, and it is asked for"
		printf '%s\n' "$1" | dm-secret encrypt ;;
	*)	bad_usage "encrypt wants one password, or better none: it is read from standard input" ;;
	esac
}

# decrypt [TEXT]
decrypt_text() {
	[ $# -le 1 ] || bad_usage "decrypt wants one text, or none: it is read from standard input"
	exec dm-secret decrypt ${1:+"$1"}
}
