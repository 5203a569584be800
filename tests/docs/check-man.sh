#!/bin/sh
# The manual against the program, both ways: whatever one of them has, the other has too.
# usage: check-man.sh RUNNERCTL [ROOT]
set -eu
runnerctl=$1
root=${2:-$(dirname "$0")/../..}
man=$root/man
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=

# same WHAT DECLARED DOCUMENTED: two files of lines, in any order.
same() {
	sort -u "$2" >"$2.sorted"
	sort -u "$3" >"$3.sorted"
	[ -s "$2.sorted" ] || {
		echo "man: nothing was found to compare: $1" >&2
		failed=yes
	}
	diff -u --label 'in the program' --label 'in the manual' "$2.sorted" "$3.sorted" >"$work/diff" || {
		echo "man: $1:" >&2
		cat "$work/diff" >&2
		failed=yes
	}
}

# "-c --connect URI", "--wait[=TIME]", from lines such as ".It Fl c , -connect Ar URI".
documented_options() {
	sed -n 's/^\.It Fl //p' "$1" | sed 's/ , Fl / , /; s/ Ns Op = Ns Ar \(.*\)/[=\1]/; s/ Ar / /g; s/^-/--/; s/^\([a-zA-Z]\) , -/-\1 --/; s/^\([a-zA-Z]\)$/-\1/'
}

"$runnerctl" --dump-options >"$work/dump"
for page in "$man"/runnerctl*.1; do
	verb=$(basename "$page" .1)
	verb=${verb#runnerctl-}
	# The page of "image" has the options of "image build" and of "image list".
	sed -n "s/^$verb\( [a-z]*\)\{0,1\}	//p" "$work/dump" >"$work/$verb.program"
	documented_options "$page" >"$work/$verb.manual"
	if [ -s "$work/$verb.program" ] || [ -s "$work/$verb.manual" ]; then
		same "options of $verb" "$work/$verb.program" "$work/$verb.manual"
	fi
done
cut -f1 "$work/dump" | sed 's/ .*//' | sort -u | while IFS= read -r verb; do
	[ "$verb" = runnerctl ] || [ -e "$man/runnerctl-$verb.1" ] || echo "$verb"
done >"$work/pageless"
[ ! -s "$work/pageless" ] || {
	echo "man: verbs without a page: $(tr '\n' ' ' <"$work/pageless")" >&2
	failed=yes
}

"$runnerctl" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z ]*[a-z]\)  .*/\1/p' | sed 's/  .*//' >"$work/verbs.program"
sed -n '/^\.Sh VERBS/,/^\.Sh OPTIONS/s/^\.It Ic //p' "$man/runnerctl.1" >"$work/verbs.manual"
same verbs "$work/verbs.program" "$work/verbs.manual"

sed -n 's/^	RC_\([A-Z_]*\) = \([0-9]*\),.*/\2 \1/p' "$root/lib/base/error.h" | tr '[:upper:]' '[:lower:]' >"$work/status.program"
sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It \([0-9]*\) Ta \([a-z_]*\) Ta .*/\1 \2/p' "$man/runnerctl.1" >"$work/status.manual"
same 'exit status' "$work/status.program" "$work/status.manual"

# "[host] connect": keys of sections are rows of a table, those of a profile are limits, rows of another.
sed -n 's/^	KEY("\([a-z]*\)", "\([a-z0-9-]*\)",.*/[\1] \2/p' "$root/lib/core/config.c" >"$work/keys.program"
sed -n 's/^	\(REQUIRED\|OPTIONAL\)("\([a-z-]*\)",.*/[profile NAME] \2/p' "$root/lib/core/limits.c" >"$work/limits"
cat "$work/limits" >>"$work/keys.program"
awk '/^\.Sh / { section = "" } /^\.Ss \[/ { section = substr($0, 5) }
	section != "" && /^\.It Ic / { gsub(/^\.It Ic | , Ic /, " "); n = split($0, keys, " ")
		for (i = 1; i <= n; i++) print section, keys[i] }' "$man/runnerctl.conf.5" >"$work/keys.manual"
same 'keys of the configuration' "$work/keys.program" "$work/keys.manual"

# "domain.xml @name@": a .Bl of holes belongs to the documents named before it.
grep -o '@[a-z0-9-]*@' "$root"/templates/*.xml | sed 's|.*/||; s/:/ /' >"$work/holes.program"
awk '/^\.Sh / { on = /TEMPLATES/ } !on { next }
	/^\.Pa [a-z0-9-]*\.xml/ { if (listed) n = 0; listed = 0; documents[++n] = $2 }
	/^\.It Li @/ { listed = 1; for (i = 3; i <= NF; i++) if ($i ~ /^@/)
		for (d = 1; d <= n; d++) print documents[d], $i }' "$man/runnerctl.conf.5" >"$work/holes.manual"
same 'holes of the templates' "$work/holes.program" "$work/holes.manual"

# Keys of JSON: all of them are named somewhere.
cat "$root"/cmd/print_json*.c "$root/cmd/print_limits.c" | sed -n 's/.*\(rc_json_[a-z]*\|put_[a-z]*\|cJSON_Add[A-Za-z]*\)([a-z]*, "\([a-z_]*\)".*/\2/p' >"$work/json"
sed 's/.* //; s/-/_/g' "$work/limits" >>"$work/json"
[ -s "$work/json" ] || echo 'man: nothing was found to compare: keys of JSON' >&2
while IFS= read -r key; do
	grep -qE "^(\.Li|\.It Li|\.Pq Li|\{| ).*\b$key\b" "$man"/*.1 || {
		echo "man: the key '$key' of JSON is in no page" >&2
		failed=yes
	}
done <"$work/json"

# "appliance_jobs": rows of metrics, several to an item.
cat "$root/cmd/metric.c" "$root/cmd/print_metrics.c" | tr '\n' ' ' | grep -o '{ "appliance[a-z_]*",[[:space:]]*"\(gauge\|counter\)"' |
	sed 's/{ "\([a-z_]*\)".*/\1/' >"$work/metrics.program"
sed -n '/^\.Ss Metrics/,/^\.Sh/s/^\.It Li //p' "$man/runnerctl-metrics.1" | sed 's/ , /\n/g' >"$work/metrics.manual"
same metrics "$work/metrics.program" "$work/metrics.manual"

# "exposed": the words of problems, several to an item.
sed -n 's/^		\[RC_PROBLEM_[A-Z_]*\] = "\([a-z_]*\)",/\1/p' "$root/lib/core/problem.c" >"$work/problems.program"
sed -n '/^\.Ss Problems/,/^\.Sh/s/^\.It Li //p' "$man/runnerctl-status.1" | sed 's/ , /\n/g' >"$work/problems.manual"
same problems "$work/problems.program" "$work/problems.manual"

[ -z "$failed" ]
