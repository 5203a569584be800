#!/bin/sh
# What the program links decides how fast --help is: libc, cJSON, and nothing that libvirt, curl or libguestfs bring.
# usage: check-light.sh RUNNERCTL
set -eu
allowed='libc\.so|libm\.so|libcjson\.so|ld-linux|libasan\.so|libubsan\.so'
bad=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE "^($allowed)" || true)
[ -z "$bad" ] || {
	printf '%s is not light, it needs:\n%s\n' "$1" "$bad"
	exit 1
}
