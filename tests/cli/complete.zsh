# usage: zsh -f complete.zsh FOLDER LINE: what zsh, at a terminal, offers behind LINE, one a line, and "== " what is then typed.
# FOLDER holds _dm.
zmodload zsh/zpty
hits=$(mktemp)
zpty terminal HITS=$hits zsh -f -i
zpty -w terminal "fpath=(${(q)1} \$fpath); autoload -U compinit; compinit -u -D"
zpty -w terminal 'compadd() {
	[[ " ${(j: :)@[1,(i)(-|--)]} " == *" -"[OAD]" "* ]] && { builtin compadd "$@"; return }
	local -a hits
	builtin compadd -A hits "$@"
	print -rl -- $hits >>$HITS
	builtin compadd "$@"
}
ended() { print -r -- "== $BUFFER" >>$HITS }
zle -N ended; bindkey "^X" ended; bindkey "^I" complete-word'
zpty -w -n terminal $2$'\t\C-x'
until grep -q '^== ' $hits; do sleep 0.1; done
cat $hits
rm $hits
zpty -d terminal
