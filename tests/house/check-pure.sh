#!/bin/sh
# The core ring may not reach outside the process: ask the linker, not the reader.
# usage: check-pure.sh ARCHIVE...
set -eu
forbidden='time|clock_gettime|gettimeofday|getenv|secure_getenv|open(at|64)?|fopen(64)?|freopen(64)?|socket|connect|system|popen|exit|_exit|rand|random|getrandom|vir[A-Z].*|curl_.*|guestfs_.*'
bad=$(nm -u -A "$@" | grep -E " U ($forbidden)(@.*)?\$" || true)
[ -z "$bad" ] || {
	printf 'core is not pure:\n%s\n' "$bad"
	exit 1
}
