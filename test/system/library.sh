#!/bin/sh
# SPDX-License-Identifier: MIT
# library.sh NM OBJDUMP INCLUDE SHARED STATIC: liboriel as built. What it exports and how its structs are laid out has to stay
# (test/api/abi.txt); the headers are ISO C and C++; either form of the library works in another's program.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
nm=$1 objdump=$2 include=$3 shared=$4 static=$5
here=$ORIEL_SOURCE/test/api

# --- what is fixed ---
run $ORIEL_EMULATOR "$ORIEL_BUILD/bin/api_layout$ORIEL_EXE"
ok 'structs without padding' exits 0
grep -v '^symbol ' "$here/abi.txt" | grep -v '^#' >"$tmp/structs"
ok 'structs are laid out as they were released' diff "$tmp/structs" "$tmp/out"

sed -n 's/^symbol //p' "$here/abi.txt" >"$tmp/want"
sed 's/@.*//' "$tmp/want" >"$tmp/names"
cat "$include"/oriel/*.h | tr '\n' ' ' | sed 's,/\*,\n&,g; s,\*/,&\n,g' | grep -v '^/\*' |
	grep -oE '\boriel_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$tmp/declared"
ok 'the headers declare what was released' diff "$tmp/names" "$tmp/declared"
# In C++ a struct is hidden by a function of its name.
sed -n 's/^struct \([a-z0-9_]*\) .*/\1/p' "$tmp/structs" | sort | comm -12 - "$tmp/names" >"$tmp/got"
ok 'no function has the name of a struct' diff /dev/null "$tmp/got"
if [ "$ORIEL_EXE" = .exe ]; then
	"$objdump" -p "$shared" | sed -n 's/.*\(\[ *[0-9]*\]\| \) \(oriel_[a-z0-9_]*\)$/\2/p' | sort -u >"$tmp/got"
	ok 'the DLL exports that and no more' diff "$tmp/names" "$tmp/got"
	"$objdump" -p "$shared" | sed -n 's/^.*DLL Name: *//p' | tr 'A-Z' 'a-z' |
		grep -vE '^(kernel32|advapi32|msvcrt|bcrypt|ucrtbase|api-ms-win-.*)\.dll$' >"$tmp/got"
	ok 'the DLL needs DLLs of the system only' diff /dev/null "$tmp/got"
else
	"$nm" -D --defined-only "$shared" | sed -n 's/^.* [A-Z] \(.*\)$/\1/p' | grep -vE '^(ORIEL_|_)' | sort >"$tmp/got"
	grep -q '@' "$tmp/got" || cp "$tmp/names" "$tmp/want" # this nm shows no versions
	ok 'the shared library exports that and no more' diff "$tmp/want" "$tmp/got"
	"$objdump" -p "$shared" >"$tmp/dynamic"
	ok 'SONAME' grep -Eq 'SONAME +liboriel\.so\.0$' "$tmp/dynamic"
	ok 'links by name' [ "$(readlink "$(dirname "$shared")/liboriel.so")" = liboriel.so.0 ]
	if [ -z "$ORIEL_SANITIZE" ]; then
		sed -n 's/^ *NEEDED *//p' "$tmp/dynamic" | grep -v '^ld-linux' >"$tmp/got"
		ok 'it needs libc and no more' sh -c "echo libc.so.6 | diff - '$tmp/got'"
	fi
fi
"$nm" -g --defined-only "$static" 2>/dev/null | sed -n 's/^.* [A-Z] _\{0,1\}\(.*\)$/\1/p' | sort >"$tmp/got"
ok 'the static library defines that and no more' diff "$tmp/names" "$tmp/got"

# --- the headers and both forms, in another's program ---
for compiler in gcc clang-14 clang-19 g++ clang++-14 clang++-19; do
	command -v $compiler >/dev/null || continue
	case $compiler in
	*++*) flags='-std=c++17 -x c++' ;;
	*) flags='-std=c11 -Wstrict-prototypes -x c' ;;
	esac
	# shellcheck disable=SC2086 # several words
	run $compiler $flags -I "$include" -Wall -Wextra -pedantic -Werror -c "$here/use.c" -o "$tmp/use.o"
	ok "$compiler: the headers" exits 0
	[ "$ORIEL_EXE$ORIEL_EMULATOR$ORIEL_SANITIZE" = "" ] && [ "$ORIEL_COVERAGE" != ON ] || continue
	run $compiler "$tmp/use.o" "$static" -o "$tmp/use"
	ok "$compiler: links with liboriel.a" exits 0
	run "$tmp/use"
	ok "$compiler: runs with liboriel.a" exits 0
	run $compiler "$tmp/use.o" -L "$(dirname "$shared")" -Wl,-rpath,"$(dirname "$shared")" -l:liboriel.so -o "$tmp/use"
	ok "$compiler: links with liboriel.so" exits 0
	run "$tmp/use"
	ok "$compiler: runs with liboriel.so" exits 0
done

# --- the sample ---
for form in shared static; do
	list() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/list_programs_$form$ORIEL_EXE" "$@"; }
	run list
	ok "$form: list_programs without a file" exits 64
	run list "$tmp/none.o"
	ok "$form: list_programs of no file" exits 2
	ok "$form: list_programs of no file says which" err_has 'none.o: '
	run list "$ORIEL_SOURCE/fuzz/corpus/object/legacy.o"
	ok "$form: list_programs" exits 0
	ok "$form: list_programs: no error" quiet
	[ -e "$samples/hello_world.o" ] || { skip "$form: list_programs of a sample" 'no clang with the bpf target'; continue; }
	run list "$samples/hello_world.o"
	ok "$form: dialect" out_has "hello_world.o: windows dialect ("
	ok "$form: program" out_has 'program HelloWorld: section bind, type bind, '
	run list "$samples/hello_world.o" HelloWorld
	ok "$form: instructions" exits 0
	ok "$form: instructions: label" out_has '0000000000000000 <HelloWorld>:'
	ok "$form: instructions: source" out_has 'hello_world.c:'
	sed '/^;/d' "$tmp/out" >"$tmp/instructions"
	oriel disasm "$samples/hello_world.o" | tr -d '\r' | sed '1,/^Disassembly/d; /^$/d' >"$tmp/disasm"
	ok "$form: as oriel disasm has them" diff "$tmp/disasm" "$tmp/instructions"
	run list "$samples/hello_world.o" none
	ok "$form: no such program" exits 1
	verify() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/verify_programs_$form$ORIEL_EXE" "$@"; }
	run verify "$samples/hello_world.o"
	ok "$form: verify_programs" exits 0
	ok "$form: a verdict" grep -Eq '^HelloWorld is safe, with [0-9]+ bytes of stack$' "$tmp/out"
	"$ORIEL_CLANG" -target bpf -O2 -g -I "$ORIEL_SOURCE/include" -c "$ORIEL_SOURCE/test/system/verify/null_access.c" -o "$tmp/broken.o"
	run verify "$tmp/broken.o"
	ok "$form: an unsafe program" exits 1
	ok "$form: what is wrong" grep -Eq "null_access\\.c:18:[0-9]+: error: 'start' \\(r[0-9]\\) may be NULL" "$tmp/out"
done

# --- programs on events ---
for form in shared static; do
	[ -e "$samples/bind_count.o" ] || { skip "$form: events" 'no clang with the bpf target'; continue; }
	binds() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/count_binds_$form$ORIEL_EXE" "$@"; }
	if [ "${ORIEL_PRODUCTION:-}" = ON ]; then
		run binds "$samples/bind_count.o"
		ok "$form: events: a production build says that it runs nothing" err_has 'no engine in this build'
		continue
	fi
	run binds "$samples/hello_world.o"
	ok "$form: events: the print comes" out_has '  Hello World!'
	run binds "$samples/bind_count.o"
	ok "$form: events" exits 0
	tr -d '\r' <"$tmp/out" >"$tmp/got"
	cat >"$tmp/want" <<'WANT'
  process 100: bind 1
event 0: 1 program, verdict 0
  process 101: bind 2
event 1: 1 program, verdict 0
  process 102: bind 3
event 2: 1 program, verdict 0
  process 103: bind 4
event 3: 1 program, verdict 1
  process 104: bind 5
event 4: 1 program, verdict 1
counted 5
WANT
	ok "$form: events: verdicts and count" diff "$tmp/want" "$tmp/got"
	run binds "$ORIEL_SOURCE/fuzz/corpus/object/legacy.o"
	ok "$form: events: refused" exits 1
done
finish
