#!/bin/sh
# Linters over everything.  What is switched off has its reason beside it, here or in .clang-tidy.
# usage: check-lint.sh ROOT BUILD
set -eu
cd "$1"
bad=0
# missingIncludeSystem: system headers are not its business.
# unusedFunction, checkersReport: it sees one file at a time.
# constParameterCallback: callbacks have their library's signature.
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	--suppress=missingIncludeSystem --suppress=constParameterCallback -D_GNU_SOURCE -Ilib -I. lib cmd probe || bad=1
run-clang-tidy -quiet -p "$2" 'lib/.*\.c$|cmd/.*\.c$|probe/.*\.c$' >"$2/clang-tidy.log" 2>&1 || {
	grep -E 'warning:|error:' "$2/clang-tidy.log" | sort -u
	bad=1
}
scripts=$(find scripts templates tests .ci -type f ! -name '*.pyc' -exec awk 'FNR == 1 && /^#!\/bin\/(ba)?sh|^# shellcheck shell=/ { print FILENAME } { nextfile }' {} +)
# shellcheck disable=SC2086 # names of ours hold no blanks
shellcheck -x $scripts || bad=1
for page in man/*.[15]; do
	mandoc -T lint -W warning "$page" || bad=1
done
exit $bad
