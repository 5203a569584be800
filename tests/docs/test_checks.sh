#!/bin/sh
# Takes something away from one side, manual or program: the checks of this directory must notice.
# usage: test_checks.sh RUNNERCTL
set -eu
runnerctl=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# tree: as much of the project as the checks look at.
tree() {
	rm -rf "$work/tree"
	mkdir -p "$work/tree/lib/base" "$work/tree/lib/core" "$work/tree/cmd" "$work/tree/templates" "$work/tree/tests/golden"
	cp -r "$root/man" "$work/tree/man"
	cp "$root/lib/base/error.h" "$work/tree/lib/base"
	cp "$root/lib/core/config.c" "$root/lib/core/limits.c" "$root/lib/core/problem.c" "$work/tree/lib/core"
	cp "$root"/cmd/print_json*.c "$root/cmd/print_limits.c" "$root"/cmd/metric.c "$root"/cmd/print_metrics.c "$work/tree/cmd"
	cp "$root"/templates/*.xml "$work/tree/templates"
	cp -r "$here" "$work/tree/tests/docs"
	cp -r "$root/tests/golden/help" "$work/tree/tests/golden"
}

# without FILE PATTERN CHECK ARGUMENT...: a tree whose FILE has no such lines.
without() {
	file=$1 pattern=$2
	shift 2
	tree
	grep -q -- "$pattern" "$work/tree/$file" || {
		echo "nothing in $file is like $pattern"
		bad=1
	}
	sed -i "/$pattern/d" "$work/tree/$file"
	if "$@" >"$work/out" 2>&1; then
		echo "accepted without $pattern in $file: $1"
		bad=1
	elif [ ! -s "$work/out" ]; then
		echo "said nothing: $*"
		bad=1
	fi
}

tree
"$here/check-man.sh" "$runnerctl" "$work/tree"
"$work/tree/tests/docs/check-help.sh" "$runnerctl"

for line in 'runnerctl-create.1 Fl -cpus' 'runnerctl-image.1 Fl -preload' 'runnerctl.1 Fl q , -quiet' 'runnerctl.1 Ic destroy' \
	'runnerctl.1 6 Ta busy' 'runnerctl.conf.5 Ic pool-path' 'runnerctl.conf.5 Ic cpu-weight' 'runnerctl.conf.5 Li @serial-log@'; do
	without "man/${line%% *}" "^\\.It ${line#* }" "$here/check-man.sh" "$runnerctl" "$work/tree"
done
without man/runnerctl-status.1 'cpu_nanoseconds' "$here/check-man.sh" "$runnerctl" "$work/tree"
without man/runnerctl-status.1 'docker_failed' "$here/check-man.sh" "$runnerctl" "$work/tree"
without man/runnerctl-metrics.1 'appliance_jobs$' "$here/check-man.sh" "$runnerctl" "$work/tree"
without cmd/metric.c '"appliance_jobs"' "$here/check-man.sh" "$runnerctl" "$work/tree"
without cmd/print_metrics.c '"appliance_info"' "$here/check-man.sh" "$runnerctl" "$work/tree"
without lib/core/problem.c 'docker_failed' "$here/check-man.sh" "$runnerctl" "$work/tree"
without man/runnerctl-status.1 'cpu_weight' "$here/check-man.sh" "$runnerctl" "$work/tree"
without lib/base/error.h 'RC_BUSY' "$here/check-man.sh" "$runnerctl" "$work/tree"
without lib/core/config.c 'pool-path' "$here/check-man.sh" "$runnerctl" "$work/tree"
without templates/domain.xml '@serial-log@' "$here/check-man.sh" "$runnerctl" "$work/tree"
without tests/golden/help/create 'cpu-cap' "$work/tree/tests/docs/check-help.sh" "$runnerctl"
tree
rm "$work/tree/man/runnerctl-destroy.1"
if "$here/check-man.sh" "$runnerctl" "$work/tree" >/dev/null 2>&1; then
	echo 'accepted without a page for destroy'
	bad=1
fi

exit $bad
