show_help() {
	cat <<'END'
usage: dm COMMAND [OPTION ...] [ARGUMENT ...]
start, stop and show migrations

  operate-source create FILE ...  keep these source files
  operate-source show             show the sources that are kept
  operate-source stop FILE|ID ... forget these sources
  check-task FILE                 find what would go wrong
  start-task FILE                 check, then start in the background
      --remove-meta               forget checkpoints and progress of the task first
  run FILE|TASK                   the same in the foreground; the exit status is the worst of all sources
      --until PLACE               end at "caught-up", or at FILE:OFFSET of the binlog
      --remove-meta               as above
  query-status [TASK]             show all tasks, or one
  top [TASK ...]                  show how far each task is, on one screen; see dm-top(1)
  pause-task TASK                 stop for a while
  resume-task TASK                go on
  stop-task TASK                  stop, and forget the task; checkpoints stay
  binlog skip TASK                do not run the statement that failed, and go on
  binlog replace TASK SQL         run these statements in its place
  binlog inject TASK SQL          run these statements first
  binlog revert TASK              take that back, where it has not happened yet
  binlog list TASK                show what is still to happen
      -b, --binlog-pos FILE:POS   the statement that starts there, not the one that failed
  show-ddl-locks [TASK]           show what merged tables wait for
  unlock-ddl-lock LOCK-ID         run the statement without the tables that have not brought it
      -o, --owner ID              by this source, not the one that brought it first
      -f, --force-remove          go on also where it was not run
      -s ID -d DATABASE -t TABLE --action skip|exec
                                  of an optimistic lock: one table's statement is not run, or run as it is
  binlog-schema list TASK DATABASE TABLE
                                  show the structure that is known of an upstream table
  binlog-schema update TASK DATABASE TABLE [FILE]
                                  set it to that of the CREATE TABLE in this file
      --from-source               to that of the upstream table now
      --from-target               to that of the downstream table now
  binlog-schema delete TASK DATABASE TABLE
                                  forget it, so that it is learnt again
  encrypt                         encrypt a password, typed or from standard input
  decrypt [TEXT]                  show what such a text hides

  -s, --source ID                 only this source; may be repeated
      --secret-key-file FILE      the key that opens encrypted passwords
      --help                      show this text and exit
      --version                   show the version and exit

TASK is a name, or a task file that holds it. State is kept in $DM_HOME. See dm(1).
END
}
