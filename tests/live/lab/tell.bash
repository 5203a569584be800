# shellcheck shell=bash
#
# check WHAT COMMAND…: one line for each thing proven, and a count at the end.
# The output of a command that fails is shown, of one that succeeds is not.

failures=0

check() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then
		printf 'ok   %s\n' "$what"
	else
		failures=$((failures + 1))
		printf 'FAIL %s\n' "$what"
		[ -z "$output" ] || printf '     %s\n' "${output//$'\n'/$'\n     '}"
	fi
}

# refuse COMMAND…: succeeds when it fails.
refuse() {
	! "$@"
}

# The last word of a script: its exit status.
told() {
	[ "$failures" = 0 ] && return
	printf '%d failed\n' "$failures"
	return 1
}
