#!/bin/sh
# Every header compiles alone, and is guarded by its own path.
# usage: check-headers.sh ROOT [CC-FLAG...]
set -eu
root=$1
shift
cd "$root"
bad=0
for header in lib/*/*.h cmd/*.h; do
	cc -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Ilib -I. "$@" -fsyntax-only -x c "$header" || bad=1
	guard=RC_$(printf '%s' "${header#lib/}" | tr 'a-z/.' 'A-Z__')
	grep -q "^#ifndef $guard\$" "$header" || {
		echo "$header: the guard is not $guard"
		bad=1
	}
done
exit $bad
