#!/bin/sh
# run.sh PROGRAM SEED...: fuzzes for a bounded time, the same way each time.
# The corpus is a copy, so that new inputs never land in the source tree; a crash is kept in this directory.
set -eu
program=$1
shift
corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
for seed; do cp -R "$seed" "$corpus/"; done
"$program" -seed=1 -runs="${RC_FUZZ_RUNS:-20000}" -max_len=8192 -timeout=20 -print_final_stats=0 \
	-verbosity=0 -artifact_prefix="$(basename "$program")-" "$corpus"
