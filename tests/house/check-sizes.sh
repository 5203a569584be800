#!/bin/sh
# No file over 400 lines, no function over 60: a room has one purpose.
# A test's function may be longer: most of it is a table.  The live tests' one big file, live.py, is
# the world that they share, and is read as a list.
# usage: check-sizes.sh ROOT|FILE...
set -eu
if [ -d "$1" ]; then
	cd "$1"
	# Data and reference tables are no rooms.
	# shellcheck disable=SC2046 # names of ours hold no blanks
	set -- $(find cmd lib probe scripts templates tests .ci CMakeLists.txt -type f ! -path '*/golden/*' ! -path '*/hostile/*' \
		! -path '*/seeds/*' ! -path tests/live/live.py ! -path '*/__pycache__/*' ! -name '*.jsonl' ! -name '*.tsv' ! -name '*.pyc')
fi
exec awk '
function over(what, from, to, most) {
	if (to - from + 1 > most) {
		printf "%s: %d lines, the limit is %d\n", what, to - from + 1, most
		bad = 1
	}
}
FNR == 1 { if (name) over(name, 1, last, 400); name = FILENAME; start = 0 }
{ last = FNR }
FILENAME ~ /^tests\// { previous = $0; next }
FILENAME ~ /\.[ch]$/ && /^[{]/ { start = FNR; line = previous }
FILENAME ~ /\.[ch]$/ && /^}/ && start { over(FILENAME ":" start " " line, start, FNR, 62); start = 0 }
FILENAME !~ /\.[ch]$/ && /^[a-z_]+\(\) \{$/ { start = FNR; line = $0 }
FILENAME !~ /\.[ch]$/ && /^}$/ && start { over(FILENAME ":" start " " line, start, FNR, 62); start = 0 }
{ previous = $0 }
END { over(name, 1, last, 400); exit bad }' "$@"
