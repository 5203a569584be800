#!/bin/sh
# A check that cannot fail checks nothing: each gets something bad here, and must say so.
# usage: test_checks.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
must_fail() {
	if "$@" >"$work/out" 2>&1; then
		echo "accepted what is bad: $*"
		bad=1
	elif [ ! -s "$work/out" ]; then
		echo "said nothing: $*"
		bad=1
	fi
}
# tree: an innocent one in $work/tree.
tree() {
	rm -rf "$work/tree"
	mkdir -p "$work/tree/lib/base" "$work/tree/lib/core" "$work/tree/lib/host" "$work/tree/lib/ops" "$work/tree/cmd" "$work/tree/probe" \
		"$work/tree/scripts" "$work/tree/templates" "$work/tree/tests" "$work/tree/man"
	touch "$work/tree/README.md" "$work/tree/HACKING.md"
	for ring in lib/base lib/core lib/host lib/ops cmd; do
		guard=RC_$(printf '%s' "${ring#lib/}" | tr 'a-z/' 'A-Z_')_X_H
		printf '#ifndef %s\n#define %s\n#endif\n' "$guard" "$guard" >"$work/tree/$ring/x.h"
		: >"$work/tree/$ring/x.c"
	done
}
spoil() {
	tree
	mkdir -p "$work/tree/$(dirname "$1")"
	printf '%b' "$2" >"$work/tree/$1"
}

tree
"$here/check-rings.sh" "$work/tree"
"$here/check-headers.sh" "$work/tree"
"$here/check-banned.sh" "$work/tree"

spoil lib/core/x.c '#include "host/clock.h"\n'
must_fail "$here/check-rings.sh" "$work/tree"
spoil cmd/x.c '#include "ops/session.h"\n'
must_fail "$here/check-rings.sh" "$work/tree"
spoil lib/host/clock.c '#include <curl/curl.h>\n'
must_fail "$here/check-rings.sh" "$work/tree"

spoil lib/base/x.h '#ifndef RC_BASE_X_H\n#define RC_BASE_X_H\nsize_t x(void);\n#endif\n'
must_fail "$here/check-headers.sh" "$work/tree"
spoil lib/base/x.h '#ifndef X_H\n#define X_H\n#endif\n'
must_fail "$here/check-headers.sh" "$work/tree"

spoil lib/base/x.c 'void f(char *a) { strcpy(a, "b"); }\n'
must_fail "$here/check-banned.sh" "$work/tree"
spoil lib/host/x.c 'void f(void) { getenv("HOME"); }\n'
must_fail "$here/check-banned.sh" "$work/tree"
spoil lib/base/x.c "/* TO""DO */\n"
must_fail "$here/check-banned.sh" "$work/tree"

yes 'int x;' | head -n 401 >"$work/long.c"
must_fail "$here/check-sizes.sh" "$work/long.c"
{ printf 'void\nf(void)\n{\n' && yes '	;' | head -n 70 && printf '}\n'; } >"$work/function.c"
must_fail "$here/check-sizes.sh" "$work/function.c"
{ printf 'f() {\n' && yes '	:' | head -n 70 && printf '}\n'; } >"$work/function.sh"
must_fail "$here/check-sizes.sh" "$work/function.sh"

printf 'int time(long *);\nint f(void) { return time(0); }\n' >"$work/impure.c"
cc -w -fno-builtin -c "$work/impure.c" -o "$work/impure.o"
must_fail "$here/check-pure.sh" "$work/impure.o"


cc -w -Wl,--no-as-needed -o "$work/heavy" -x c - -lcmocka <<-END
	int main(void) { return 0; }
END
must_fail "$here/check-light.sh" "$work/heavy"

# dressed: the innocent tree with what formatter and linters look for.
dressed() {
	tree
	mkdir -p "$work/tree/tests/unit" "$work/tree/.ci"
	cp "$here/../../.clang-format" "$here/../../.clang-tidy" "$work/tree"
	printf '/* Nothing. */\nextern int x;\nint x;\n' | tee "$work/tree/tests/unit/x.c" "$work/tree/probe/x.c" "$work/tree/lib/base/y.c" >"$work/tree/cmd/y.c"
	printf '#!/bin/sh\n:\n' >"$work/tree/scripts/x"
	for section in 1 5; do
		printf '.Dd November 24, 2026\n.Dt X %s\n.Os\n.Sh NAME\n.Nm x\n.Nd x\n' $section >"$work/tree/man/x.$section"
	done
	printf '[{"directory":"%s","file":"lib/base/y.c","command":"cc -c lib/base/y.c"}]\n' "$work/tree" >"$work/tree/compile_commands.json"
}
dressed
"$here/check-format.sh" "$work/tree"
"$here/check-lint.sh" "$work/tree" "$work/tree"
dressed && printf 'int  y ;\n' >>"$work/tree/cmd/y.c"
must_fail "$here/check-format.sh" "$work/tree"
dressed && printf 'int y(void);\nint y(void) { int a[2] = {0}; return a[2]; }\n' >>"$work/tree/cmd/y.c"
must_fail "$here/check-lint.sh" "$work/tree" "$work/tree"
dressed && printf 'int y(int a);\nint y(int a) { int *p = 0; return a ? *p : 0; }\n' >>"$work/tree/lib/base/y.c"
must_fail "$here/check-lint.sh" "$work/tree" "$work/tree"
dressed && printf 'rm %s1\n' '$' >>"$work/tree/scripts/x"
must_fail "$here/check-lint.sh" "$work/tree" "$work/tree"
dressed && printf '.Xq\n' >>"$work/tree/man/x.1"
must_fail "$here/check-lint.sh" "$work/tree" "$work/tree"

exit $bad
