# ---- what can follow on a command line --------------------------------------------------------------------------------

# The commands and options of a tool, as list_commands tells dm's.
commands_of() {
	case $1 in
	dm)	list_commands ;;
	dm-*)	"$1" --help | sed -n 's/^usage: [^ ]* \[OPTION \.\.\.\] //p' | sed 's/ | /\n/g' | sed 's/.*/command\t&\t\t/'
		"$1" --help=options | LC_ALL=C awk -F '\t' -v OFS='\t' '{ print "option", "", $1 == "-" ? "" : $1, $2, $3, $4 }' ;;
	esac
}

# Reads what commands_of says, and the words of a line so far as arguments, the last one unfinished. Prints what can stand there:
# "WORD<TAB>MEANING", or what it is a name of: "@task", "@source<TAB>TASK-FILE", "@lock", "@file". Words in capitals stand for
# arguments; values stand in a|list, or in what an option does: "in-quotes", (in parentheses), or as the end, ": a, b or c".
what_follows() {
	LC_ALL=C awk -F '\t' '
	BEGIN {
		words = ARGC - 1
		for (i = 1; i <= words; i++) word[i] = ARGV[i]
		ARGC = 1
	}
	function add_option(name) {
		option[++options] = name
		option_of[options] = $2
		takes[options] = $5
		explains[options] = $6
	}
	$1 == "option" {
		if ($3 != "") add_option($3)
		add_option($4)
		next
	}
	{
		text = $2 " " $3
		gsub(/[][]/, "", text)
		pattern[++patterns] = text
		means[patterns] = $4
		other_spelling[patterns] = $1 == "spelling"
	}

	# The number of an option of this command, or of all; 0 where there is none. Before the command it is one of any.
	function find_option(name, i) {
		for (i = 1; i <= options; i++)
			if (option[i] == name && (option_of[i] == "" || option_of[i] == operand[1] || !operands)) return i
		return 0
	}
	function show(candidate, explained) {
		if (index(candidate, typed) == 1 && !(candidate in shown)) print before candidate "\t" explained
		shown[candidate] = 1
	}
	# What an argument of this kind can be; label: the meaning of words that are written so.
	function show_values(kind, explained, label, n, i, part, list) {
		n = split(kind, part, /\|/)
		for (i = 1; i <= n; i++) {
			if (part[i] == "TASK") print "@task"
			else if (part[i] == "ID") print "@source\t" file
			else if (part[i] == "LOCK-ID") print "@lock"
			else if (part[i] ~ /^(FILE|DIR|FOLDER|PATH)$/) print "@file"
			else if (part[i] ~ /^[a-z]/) show(part[i], label)
		}
		list = explained
		while (match(list, /["(][a-z-]+[")]/)) {
			if (kind !~ /^(FILE|NAME)/) show(substr(list, RSTART + 1, RLENGTH - 2), "")
			list = substr(list, RSTART + RLENGTH)
		}
		sub(/ \(default[^)]*\)$/, "", explained)
		if (match(explained, /: ([a-z-]+, )*[a-z-]+ or [a-z-]+$/)) {
			n = split(substr(explained, RSTART + 2), part, /, | or /)
			for (i = 1; i <= n; i++) show(part[i], "")
		}
	}
	# Does a pattern begin as what was typed? What comes next in it, or nothing.
	function next_of(text, n, i, k, part) {
		n = split(text, part, " ")
		for (i = k = 1; k <= operands; k++) {
			if (i > n) return ""
			if (part[i] ~ /^[a-z]/ && index("|" part[i] "|", "|" operand[k] "|") == 0) return ""
			if (part[i + 1] != "...") i++
		}
		last_literal = part[i] ~ /^[a-z]/ && part[i + 1] !~ /^[a-z]/
		return part[i]
	}
	# The words before the last: operand, file (of -c), and waits, an option whose value comes last.
	function read_words(i, at) {
		for (i = 2; i < words; i++) {
			if (waits) {
				if (waits ~ /^(-c|--config)$/) file = word[i]
				waits = 0
			} else if (word[i] !~ /^-./) operand[++operands] = word[i]
			else if ((at = find_option(word[i])) && takes[at] != "") waits = word[i]
			else if (word[i] ~ /^--config=/) file = substr(word[i], 10)
			else if (word[i] ~ /^-c./) file = substr(word[i], 3)
		}
		typed = word[words]
		if (waits) waits = find_option(waits)
		else if (match(typed, /^--[a-z-]+=/)) {
			waits = find_option(substr(typed, 1, RLENGTH - 1))
			before = substr(typed, 1, RLENGTH)
			typed = substr(typed, RLENGTH + 1)
		}
	}
	END {
		read_words()
		if (waits || before) {
			if (waits) show_values(takes[waits], explains[waits])
			exit
		}
		if (typed !~ /^-/)
			for (p = 1; p <= patterns; p++)
				if ((operands || !other_spelling[p]) && (follows = next_of(pattern[p])) != "") {
					found = 1
					show_values(follows, "", last_literal ? means[p] : "")
				}
		if (!found)
			for (i = 1; i <= options; i++)
				if (option_of[i] == "" || option_of[i] == operand[1]) show(option[i], explains[i])
	}' "$@"
}

# The names of a kind, one a line.
names_of() {
	case $1 in
	@task)	for kept in "$home"/tasks/*/name; do recall "$kept"; done ;;
	@source)
		if [ -n "$2" ] && [ -e "$2" ]; then
			dm-check --list -c "$2" | sed -n 's/^source //p'
		else
			for kept in "$home"/tasks/*/*/source; do recall "$kept"; done
			for kept in "$home"/sources/*.yaml; do [ ! -e "$kept" ] || source_name "$kept"; done
		fi ;;
	# A downstream that does not answer is not waited for long.
	@lock)	timeout 5 "$self" show-ddl-locks | sed -n 's/^ *"ID": "\(.*\)",*$/\1/p' | sed 's/\\\(["\\]\)/\1/g' ;;
	esac 2>/dev/null | LC_ALL=C sort -u
}

# For the completions of shells, which call `dm --complete WORD ...` with the words of the line so far, the tool's in
# front: "WORD<TAB>MEANING" for each that can stand in the place of the last; "@file": names of files can.
complete_line() {
	tab=$(printf '\t')
	for typed; do :; done
	case $typed in
	--*=*)	before=${typed%%=*}= ;;
	*)	before='' ;;
	esac
	commands_of "${1##*/}" 2>/dev/null | what_follows "$@" | while IFS=$tab read -r word meaning; do
		case $word in
		@file)	echo @file ;;
		@*)	names_of "$word" "$meaning" </dev/null | while IFS= read -r one; do
				printf '%s\t\n' "$before$one"
			done ;;
		*)	printf '%s\t%s\n' "$word" "$meaning" ;;
		esac
	done
}
