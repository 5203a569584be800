#!/bin/sh
# Functions that overflow, do not escape, or start a shell; and notes to oneself.
# usage: check-banned.sh ROOT
set -eu
cd "$1"
bad=0
ban() {
	hits=$(grep -rnE "$1" --include='*.[ch]' lib cmd || true)
	[ -z "$hits" ] || {
		printf '%s\n   %s\n' "$hits" "$2"
		bad=1
	}
}
ban '(^|[^a-z_])(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|mktemp|tmpnam)\(' 'use the checked kin'
ban '(^|[^a-z_])(system|popen)\(' 'no shell: host/program.h'
ban '(^|[^A-Za-z_])(xmlNodeSetContent|xmlNewChild)\(' 'does not escape: xmlNewTextChild, xmlNodeAddContent'
ban '(^|[^a-z_])(exit|_exit|abort)\(.*\).*lib/' 'libraries return'
notes=$(grep -rnE '\b(TO''DO|FIX''ME|XX''X|HA''CK)\b' lib cmd scripts templates tests man README.md HACKING.md || true)
[ -z "$notes" ] || {
	printf '%s\n   an issue is the place for that\n' "$notes"
	bad=1
}
# The environment is read where it is part of the terminal, and nowhere else.
hits=$(grep -rnE '(^|[^a-z_])(secure_)?getenv\(' --include='*.[ch]' lib cmd | grep -v '^cmd/terminal' || true)
[ -z "$hits" ] || {
	printf '%s\n   the environment is no input\n' "$hits"
	bad=1
}
exit $bad
