#!/bin/sh
# usage: check-format.sh ROOT
set -eu
cd "$1"
exec clang-format --dry-run -Werror lib/*/*.[ch] cmd/*.[ch] probe/*.c tests/*/*.[ch]
