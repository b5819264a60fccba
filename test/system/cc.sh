#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel cc`: where it finds clang and the headers, what it passes on, and its exit codes.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
need_samples

hello=$ORIEL_SOURCE/samples/hello_world.c
run oriel cc "$tmp/none.c"
ok 'missing file' exits 2
ok 'missing file is named' err_has none.c
run oriel cc a.c b.c
ok 'two files' exits 64
run oriel cc -O2
ok 'no file' exits 64
ok 'no file: says so' err_has 'FILE.c is missing'
run env ORIEL_SDK="$tmp" ORIEL_CLANG=none $ORIEL_EMULATOR "$ORIEL_BUILD/bin/oriel$ORIEL_EXE" cc "$hello"
ok 'a folder without headers' exits 2
ok 'a folder without headers: says which' err_has 'ORIEL_SDK: '
run env ORIEL_CLANG=no-such-clang $ORIEL_EMULATOR "$ORIEL_BUILD/bin/oriel$ORIEL_EXE" cc "$hello"
ok 'no such compiler' exits 1
case $ORIEL_EMULATOR in
*qemu*) skip 'no such compiler is named' 'qemu tells of it by exit code 127 only, as posix_spawn(3) allows' ;;
*) ok 'no such compiler is named' err_has 'ORIEL_CLANG: no-such-clang: ' ;;
esac
# Wine and qemu have their own ideas of PATH and of the host's programs.
if [ -n "$ORIEL_EXE$ORIEL_EMULATOR" ]; then
	skip 'compiling' 'needs clang on the host that the programs are for'
	finish
fi
run env -u ORIEL_CLANG PATH="$tmp" "$ORIEL_BUILD/bin/oriel" cc "$hello"
ok 'no compiler' exits 1
ok 'no compiler: the package' err_has 'apt install clang'

cd "$tmp" || exit 1
[ -n "${ORIEL_CLANG:-}" ] || unset ORIEL_CLANG
run oriel cc "$hello"
ok 'compiles' exits 0
ok 'compiles without a word' quiet
ok 'names the object after the file' [ -s hello_world.o ]
run oriel inspect hello_world.o
ok 'the object is one' exits 0
run oriel --json cc -Wall "$hello" -o other.o
ok 'with options and a name' exits 0
ok 'with a name: it is made' [ -s other.o ]
ok 'JSON has the exit code' out_has '"exit_code": 0'
if have_json_parser; then
	ok 'JSON parses' json_parses
fi
echo 'int f(void) { return y; }' >bad.c
run oriel cc bad.c
ok 'an error in the program' exits 1
ok "an error in the program: clang's words" err_has 'undeclared'
mkdir 'a b'
printf 'int f(void) { return VALUE; }\n' >'a b/c d.c'
run oriel cc 'a b/c d.c' '-DVALUE=(1 + 2)' -o 'a b/e f.o'
ok 'blanks in names and options' [ -s 'a b/e f.o' ]
mkdir -p inst/bin inst/share/oriel
cp "$ORIEL_BUILD/bin/oriel" inst/bin/
cp -r "$ORIEL_SOURCE/include" inst/share/oriel/
run inst/bin/oriel --json cc "$hello"
ok 'takes the installed headers' out_has 'inst/bin/../share/oriel/include'
finish
