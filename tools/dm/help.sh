# ---- the commands -----------------------------------------------------------------------------------------------------

# The only place that knows commands and options: --help, the reading of the command line, and completions come from it. A form of a
# command begins with ":", one that is another spelling with "::"; what it does, then its options. An option belongs to all forms of
# its command; one with a word in capitals behind it wants a value.
pages() {
	cat <<'END'
: operate-source create FILE ...
keep these source files
: operate-source update FILE ...
take these source files in the place of those that are kept
: operate-source show
show the sources that are kept
: operate-source stop FILE|ID ...
forget these sources
  -s, --source ID           only this source; may be repeated
  -p, --print-sample-config  show a source file to start from
: check-task FILE
find what would go wrong
  -e, --error N             show at most this many errors (10)
  -w, --warn N              show at most this many warnings (10)
      --start-time TIME     look, too, whether changes can be read from then on
: start-task FILE
check, then start in the background
      --dry-run             show which tables would go where, and start nothing
  -s, --source ID           only this source; may be repeated
      --remove-meta         forget checkpoints and progress of the task first
      --start-time TIME     read changes from then on, as "2026-11-26 15:04:05", also with +08:00 behind it
: run FILE|TASK
the same in the foreground; the exit status is the worst of all sources
  -s, --source ID           only this source; may be repeated
      --until PLACE         end at "caught-up", or at FILE:OFFSET of the binlog
      --remove-meta         forget checkpoints and progress of the task first
      --start-time TIME     read changes from then on
: query-status [TASK]
show all tasks, or one
  -s, --source ID           only this source, with all its tasks; may be repeated
      --more                of all tasks, too, what is shown of one
: top [TASK ...]
show how far each task is, on one screen; see dm-top(1)
  -s, --source ID           only this source; may be repeated
  -n, --count COUNT         end after so many looks
  -d, --delay SECONDS       look again after so many seconds
: pause-task [TASK]
stop for a while
  -s, --source ID           only this source, without a task: of all its tasks; may be repeated
: resume-task [TASK]
go on
  -s, --source ID           only this source, without a task: of all its tasks; may be repeated
: stop-task [TASK]
stop, and forget the task; checkpoints stay
  -s, --source ID           only this source, without a task: of all its tasks; may be repeated
: start-relay
keep the log of a source in a relay log, and read changes from there
  -s, --source ID           this source; may be repeated
: stop-relay
keep it no more; changes are read from the source again
  -s, --source ID           this source; may be repeated
: pause-relay
stop for a while; what is there is still read
  -s, --source ID           this source; may be repeated
: resume-relay
go on with the relay log
  -s, --source ID           this source; may be repeated
: purge-relay
remove old files of the relay log that no task needs
  -s, --source ID           of this source
  -f, --filename FILE       those before this one
      --sub-dir DIRECTORY   which is in this sub-directory, not in the newest
: transfer-source ID HOST
hand a source over to another host, which waits with the same task
: list-member
show which hosts work on which sources
  -w, --worker              show them only
  -l, --leader              dm has none, which is said
  -m, --master              dm has none, which is said
  -n, --name HOST           only this host; may be repeated
: config task TASK
show the task file that is kept, without its passwords
: config source ID
show the source file that is kept, without its passwords
: config export
copy all source and task files, with their passwords, to a folder
: config import
keep the sources and start the tasks of such a folder
  -d, --dir FOLDER          that folder (./configs)
  -p, --path PATH           the same; with task and source: write to this file
:: get-config task|source NAME
show the file that is kept, without its passwords
      --file FILE           write to this file
: binlog skip TASK
do not run the statement that failed, and go on
: binlog replace TASK SQL
run these statements in its place
: binlog inject TASK SQL
run these statements first
: binlog revert TASK
take that back, where it has not happened yet
: binlog list TASK
show what is still to happen
  -s, --source ID           only this source; may be repeated
  -b, --binlog-pos FILE:POS  the statement that starts there, not the one that failed
:: handle-error TASK skip|replace|inject|revert|list [SQL]
the same
  -s, --source ID           only this source; may be repeated
  -b, --binlog-pos FILE:POS  the statement that starts there, not the one that failed
: show-ddl-locks [TASK]
show what merged tables wait for
  -s, --source ID           only those of this source; may be repeated
: unlock-ddl-lock LOCK-ID
run the statement without the tables that have not brought it
  -o, --owner ID            by this source, not the one that brought it first
  -f, --force-remove        go on also where it was not run
  -s, --source ID           of an optimistic lock: the table's source,
  -d, --database DATABASE   its database
  -t, --table TABLE         and its name: one table's statement
      --action WHAT         is not run (skip), or run as it is (exec)
:: shard-ddl-lock [TASK]
show what merged tables wait for
:: shard-ddl-lock unlock LOCK-ID
run the statement without the tables that have not brought it
  -o, --owner ID            by this source, not the one that brought it first
  -f, --force-remove        go on also where it was not run
  -s, --source ID           only those of this source; of an optimistic lock: the table's source,
  -d, --database DATABASE   its database
  -t, --table TABLE         and its name: one table's statement
      --action WHAT         is not run (skip), or run as it is (exec)
: binlog-schema list TASK DATABASE TABLE
show the structure that is known of an upstream table
: binlog-schema update TASK DATABASE TABLE [FILE]
set it to that of the CREATE TABLE in this file
: binlog-schema delete TASK DATABASE TABLE
forget it, so that it is learnt again
  -s, --source ID           of this source
      --from-source         set it to that of the upstream table now
      --from-target         set it to that of the downstream table now
      --flush               taken for DM's sake: it is always kept at once
      --sync                taken for DM's sake
:: operate-schema get|set|remove TASK [FILE]
the same
  -s, --source ID           of this source
  -d, --database DATABASE   the table's database
  -t, --table TABLE         the table
      --from-source         set it to that of the upstream table now
      --from-target         set it to that of the downstream table now
      --flush               taken for DM's sake: it is always kept at once
      --sync                taken for DM's sake
: encrypt
encrypt a password, typed or from standard input
: decrypt [TEXT]
show what such a text hides
:: validation start|stop|status|show-error|ignore-error|resolve-error|clear-error|update
compare what was migrated; not supported yet
END
}

# "command", form, arguments, what it does; "option", command, short, long, value, what it does; tabs in between. An option of the
# command "" goes with all.
list_commands() {
	pages | LC_ALL=C awk -v OFS='\t' '
		function option(line,	part) {
			sub(/^ +/, "", line)
			short = line ~ /^-[a-z],/ ? substr(line, 1, 2) : ""
			sub(/^-[a-z], /, "", line)
			help = line
			sub(/^[^ ]+( [A-Z:]+)? +/, "", help)
			split(substr(line, 1, length(line) - length(help)), part, " ")
			print "option", name, short, part[1], part[2], help
		}
		/^::? / {
			name = $2
			form = $2
			for (i = 3; i <= NF && $i ~ /^[a-z-]+$/; i++) form = form " " $i
			rest = ""
			for (; i <= NF; i++) rest = rest (rest == "" ? "" : " ") $i
			hidden = $1 == "::"
			next
		}
		/^  / { option($0); next }
		{ print hidden ? "spelling" : "command", form, rest, $0 }
		END {
			name = ""
			option("      --secret-key-file FILE  the key that opens encrypted passwords")
			option("      --help                show this text and exit")
			option("      --version             show the version and exit")
		}'
}

show_help() {
	cat <<'END'
usage: dm COMMAND [OPTION ...] [ARGUMENT ...]
start, stop and show migrations

END
	list_commands | LC_ALL=C awk -F '\t' '
		$1 == "command" { printf "  %-46s %s\n", $2 ($3 == "" ? "" : " ") $3, $4 }
		$1 == "option" && $2 == "" { globals = globals sprintf("  %-28s%s\n", "    " $4 ($5 == "" ? "" : " ") $5, $6) }
		END { printf "\n%s", globals }'
	cat <<'END'

'dm COMMAND --help' tells the options of a command. TASK is a name, or a task file that holds it. State is kept in
$DM_HOME. See dm(1).
END
}

# show_command_help COMMAND: false where there is none of that name.
show_command_help() {
	list_commands | LC_ALL=C awk -F '\t' -v name="$1" '
		$1 != "option" && ($2 == name || index($2, name " ") == 1) {
			printf "%s dm %s%s\n", n++ ? "      " : "usage:", $2, $3 == "" ? "" : " " $3
			what = what $2 ": " $4 "\n"
		}
		$1 == "option" && ($2 == name || $2 == "") {
			head = ($3 == "" ? "    " : $3 ", ") $4 ($5 == "" ? "" : " " $5)
			options = options sprintf("  %-28s%s\n", head, $6)
		}
		END {
			if (!n) exit 1
			printf "\n%s\n%s", what, options
		}'
}
