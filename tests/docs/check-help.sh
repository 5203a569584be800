#!/bin/sh
# Every help page: on standard output, status 0, 80 columns, and as its golden file says.
# usage: check-help.sh RUNNERCTL; RC_REGENERATE=1 writes the golden files anew.
set -eu
runnerctl=$1
golden=$(dirname "$0")/../golden/help
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=

fail() {
	echo "help: $*" >&2
	failed=yes
}

# page FILE ARGUMENT...
page() {
	name=$1
	shift
	"$runnerctl" "$@" >"$work/$name" 2>"$work/errors" </dev/null || fail "$*: status $?"
	[ ! -s "$work/errors" ] || fail "$*: says something on standard error"
	[ "$(wc -L <"$work/$name")" -le 80 ] || fail "$*: a line has more than 80 columns"
	if [ -n "${RC_REGENERATE-}" ]; then
		cp "$work/$name" "$golden/$name"
	else
		diff -u "$golden/$name" "$work/$name" || fail "$*: differs from tests/golden/help/$name"
	fi
}

# same FILE ARGUMENT...: another way to ask for that page.
same() {
	name=$1
	shift
	"$runnerctl" "$@" | cmp -s - "$work/$name" || fail "$* is not the same as $name"
}

page overview --help
same overview help
same overview -h
"$runnerctl" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z ]*[a-z]\)  .*/\1/p' | sed 's/  .*//' >"$work/verbs"
[ "$(wc -l <"$work/verbs")" -ge 9 ] || fail 'the overview lists too few verbs'
while IFS= read -r verb; do
	name=$(echo "$verb" | tr ' ' -)
	# shellcheck disable=SC2086 # a verb may have two words
	page "$name" $verb --help
	# shellcheck disable=SC2086
	same "$name" help $verb
	# shellcheck disable=SC2086
	same "$name" --help $verb
done <"$work/verbs"
page image image --help
same image help image

# Nothing else is in the directory of golden files.
for file in "$golden"/*; do
	[ -e "$work/$(basename "$file")" ] || fail "$file belongs to no page"
done

# A mistake is no help: standard error, status 2, two lines.
status=0
"$runnerctl" >"$work/out" 2>"$work/errors" || status=$?
[ "$status $(wc -c <"$work/out")" = '2 0' ] || fail "runnerctl alone: status $status"

[ "$("$runnerctl" --version)" = "$("$runnerctl" version)" ] || fail '--version and version differ'
[ -z "$failed" ]
