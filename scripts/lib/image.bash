# shellcheck shell=bash
#
# The image of the demo and the live tests: the shipped recipe, with the stand-in
# runner in the place of GitLab's and a docker image for jobs preloaded, because
# there is no network in the lab.  Sourced by what runs inside `scripts/lab run`.

# The image's name carries a hash of all that goes into it, so that it is built
# again when, and only when, something changed.
demo_image_name() {
	local hash
	hash=$(cd "$LAB_ROOT" && find templates/appliance tests/fake/gitlab-runner tests/fake/job-image scripts/lib/image.bash \
		-type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
	printf 'demo-%.8s\n' "$hash"
}

# job_image TAR: an image with busybox and docker's client, for jobs that build
# and run containers.  The client comes out of Debian's package, uninstalled.
job_image() {
	local dir
	dir=$(mktemp -d /var/tmp/runnerctl-client.XXXXXX)
	(
		set -e
		trap 'rm -rf "$dir"' EXIT
		cd "$dir"
		apt-get -qq -o Acquire::Retries=5 -o APT::Sandbox::User=root download docker.io
		dpkg-deb --fsys-tarfile docker.io_*.deb | tar -x ./usr/bin/docker
		"$LAB_ROOT/tests/fake/job-image" --output "$1" --tag ci-tools:1 --docker-cli usr/bin/docker
	)
}

# build_demo_image RUNNERCTL NAME [OPTION]…: in the machine's own network.
build_demo_image() {
	local runnerctl=$1 name=$2 tar=$LAB_DIR/ci-tools.tar
	shift 2
	# shellcheck disable=SC2016 # the inner shell expands it
	scripts/lab in outside -- bash -c 'set -e; . scripts/lib/image.bash; job_image "$1"' bash "$tar" || return
	scripts/lab in outside -- "$runnerctl" "$@" image build --name "$name" \
		--runner-binary "$LAB_ROOT/tests/fake/gitlab-runner" --package python3 --preload "$tar" || return
	rm -f "$tar"
}

# ensure_demo_image RUNNERCTL [OPTION]…: builds it unless the pool has it, removes
# older ones of this name, and prints its name.
ensure_demo_image() {
	local name have volume runnerctl=$1
	shift
	name=$(demo_image_name)
	have=$("$runnerctl" "$@" -q --json image list)
	if ! grep -q "\"name\":\"$name\"" <<<"$have"; then
		for volume in $(virsh -q vol-list runnerctl 2>/dev/null | awk '$1 ~ /^demo-/ { print $1 }'); do
			virsh -q vol-delete "$volume" runnerctl >&2
		done
		build_demo_image "$runnerctl" "$name" "$@" >&2 || return
	fi
	printf '%s\n' "$name"
}
