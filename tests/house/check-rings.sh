#!/bin/sh
# A file includes only its own ring and the rings inside it; libraries of the outside only in their door.
# usage: check-rings.sh ROOT
set -eu
cd "$1"
bad=0
complain() {
	printf '%s\n' "$1: $2"
	bad=1
}
# forbid RING PATTERN: no #include in the ring may match.
forbid() {
	hits=$(grep -nE "^#include [<\"]($2)" "$1"/*.c "$1"/*.h 2>/dev/null || true)
	[ -z "$hits" ] || complain "$hits" "not for $1"
}
outside='libvirt/|guestfs\.h|curl/'
forbid lib/base "(core|host|ops|cmd)/|libxml|cjson|ini\.h|uuid/|$outside"
forbid lib/core "(host|ops|cmd)/|uuid/|$outside"
forbid lib/host '(ops|cmd)/'
forbid lib/ops "cmd/|libxml|cjson|$outside"
forbid cmd "(host)/|libxml|ini\.h|uuid/|$outside"
# Of ops the voice sees the table of verbs alone.
hits=$(grep -nE '^#include "ops/' cmd/*.c cmd/*.h | grep -v '"ops/verbs.h"' || true)
[ -z "$hits" ] || complain "$hits" 'cmd/ sees ops/verbs.h only'
# Each outside thing has one door.
for pair in libvirt/:virt guestfs.h:guestfs curl/:gitlab; do
	hits=$(grep -nE "^#include <${pair%%:*}" lib/host/*.[ch] | grep -v "^lib/host/${pair##*:}" || true)
	[ -z "$hits" ] || complain "$hits" "only in lib/host/${pair##*:}*"
done
exit $bad
