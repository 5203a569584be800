#!/bin/sh
# Does the preload library know everything that librunnerctl could change the world with?
# usage: check-imports.sh LIBRUNNERCTL RC_EFFECTS RC_STAND_INS READS
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
names() { awk '{ sub("@.*", "", $NF); print $NF }' | sort -u; }

# Of the C library: whatever makes, names, moves or removes files, and starts programs.
files='^(openat.*|creat.*|mk[a-z]+|rename.*|link.*|symlink.*|unlink.*|remove|rmdir|truncate.*|exec.*|system|popen)$'
nm -D --undefined-only "$1" | names >"$work/imports"
nm -D --defined-only "$2" | names >"$work/effects"
nm -D --defined-only "$3" | names >"$work/stand-ins"
grep -v '^#' "$4" | cut -f 1 | sort -u >"$work/reads"
bad=0
# none WHAT FILE: whose lines are what must not be.
none() {
	[ -s "$2" ] || return 0
	sed "s/^/$1: /" "$2"
	bad=1
}
grep -E "^(vir[A-Z]|curl_|guestfs_)|$files" "$work/imports" >"$work/wanted"
sort -u "$work/effects" "$work/reads" | comm -23 "$work/wanted" - >"$work/unknown"
none 'neither in effects.h nor in reads.tsv' "$work/unknown"
comm -23 "$work/reads" "$work/imports" >"$work/stale"
none 'in reads.tsv, but not used any more' "$work/stale"
grep '^guestfs_' "$work/imports" | comm -23 - "$work/stand-ins" >"$work/mixed"
none 'the stand-in for libguestfs lacks' "$work/mixed"
exit $bad
