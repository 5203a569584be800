# shellcheck shell=bash
#
# Building from the tree; sourced by scripts/demo and scripts/check.

# build PRESET [TARGET]…: prints only what goes wrong.
build() {
	local preset=$1 log=build/$1.log
	shift
	mkdir -p build
	if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1+--target "$@"}; } >"$log" 2>&1; then
		cat "$log" >&2
		return 1
	fi
}
