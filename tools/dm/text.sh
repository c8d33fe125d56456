# ---- text -------------------------------------------------------------------------------------------------------------

newline='
'

# Takes the first line of rest, in id.
take_line() {
	id=${rest%%"$newline"*}
	case $rest in
	*"$newline"*) rest=${rest#*"$newline"} ;;
	*)	rest='' ;;
	esac
}

# A name as a file name: all but letters, digits, '_', '-' and inner '.' becomes %XX.
encode() {
	printf '%s' "$1" | od -An -v -tx1 | tr ' ' '\n' | LC_ALL=C awk '
		BEGIN { for (i = 33; i < 127; i++) char[sprintf("%02x", i)] = sprintf("%c", i) }
		$0 == "" { next }
		{ c = char[$0]; n++; printf "%s", c ~ /^[A-Za-z0-9_-]$/ || (c == "." && n > 1) ? c : "%" toupper($0) }'
}

# A JSON string.
quote() {
	printf '%s\n' "$1" | iconv -c -f UTF-8 -t UTF-8 2>/dev/null | LC_ALL=C awk '
		{ gsub(/["\\]/, "\\\\&"); gsub(/\t/, "\\t"); gsub(/[\001-\037\177]/, "?"); printf "%s%s", NR == 1 ? "\"" : "\\n", $0 }
		END { if (NR == 0) printf "\""; printf "\"" }'
}

# JSON, indented as DM prints it.
pretty() {
	LC_ALL=C awk '
		function line(depth) { printf "\n%*s", 4 * depth, "" }
		{ text = text $0 }
		END {
			n = length(text)
			for (i = 1; i <= n; i++) {
				c = substr(text, i, 1)
				if (quoted) {
					printf "%s", c
					if (c == "\\") printf "%s", substr(text, ++i, 1)
					else if (c == "\"") quoted = 0
				} else if (c == "\"") {
					quoted = 1
					printf "%s", c
				} else if (c == "{" || c == "[") {
					while (substr(text, i + 1, 1) == " ") i++
					end = substr(text, i + 1, 1)
					if (end == "}" || end == "]") { printf "%s%s", c, end; i++ }
					else { printf "%s", c; line(++depth) }
				} else if (c == "}" || c == "]") {
					line(--depth)
					printf "%s", c
				} else if (c == ",") {
					printf ","
					line(depth)
				} else if (c == ":") printf ": "
				else if (c != " ") printf "%s", c
			}
			printf "\n"
		}'
}

# The outcome of a command, as dmctl prints it: OK MESSAGE [SOURCE-ENTRIES], entries from source_entry.
print_result() {
	printf '{"result":%s,"msg":%s,"sources":[%s]}\n' "$1" "$(quote "$2")" "${3:-}" | pretty
}

source_entry() {
	printf '{"result":%s,"msg":%s,"source":%s,"worker":%s}' "$2" "$(quote "$3")" "$(quote "$1")" "$(quote "$(host_name)")"
}
