#!/bin/sh
# SPDX-License-Identifier: MIT
# bpf2c: hello_world as C, letter by letter; every sample in every form, through the compilers that are there; refusals.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang with the bpf target'
bpf2c() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/bpf2c$ORIEL_EXE" "$@"; }
cd "$ORIEL_SOURCE/samples" || exit 1
"$ORIEL_CLANG" -target bpf -g -O2 -fdebug-compilation-dir=. -I ../include -c hello_world.c -o "$tmp/hello_world.o" || exit 1

case $("$ORIEL_CLANG" --version | head -n 1) in
*' 14.'*)
	run bpf2c --bpf "$tmp/hello_world.o" --hash none
	ok 'hello_world is translated' [ "$status" -eq 0 ]
	ok 'to the C that it should be' diff -u "$ORIEL_SOURCE/test/system/bpf2c/hello_world.txt" "$tmp/out"
	;;
*) skip 'the C that it should be' 'other compilers make other instructions' ;;
esac
run bpf2c --bpf "$tmp/hello_world.o"
ok 'the hash of the file is in it' grep -q "$(sha256sum <"$tmp/hello_world.o" | sed 's/^\(..\)\(..\)\(..\).*/0x\1, 0x\2, 0x\3,/')" "$tmp/out"
run bpf2c --bpf "$tmp/hello_world.o" --raw "$tmp/file.c" --verbose
ok 'into a file' [ "$status" -eq 0 -a -s "$tmp/file.c" -a ! -s "$tmp/out" ]
ok 'which #line names' grep -q "^#line [0-9]* \".*file.c\"" "$tmp/file.c"
ok 'and says what it did' grep -q '1 program of .*hello_world.o translated (windows dialect)' "$tmp/err"

# Forms and compilers: nobody warns.
flags='-std=c11 -Wall -Wextra -Werror -I ../include'
compiles() { # FORM OBJECTS COMPILER...
	form=$1 objects=$2
	shift 2
	for name in $objects; do
		bpf2c --bpf "$samples/$name.o" --policy allow-leaks --$form "$tmp/module.c" || return 1
		"$@" "$tmp/module.c" || return 1
	done
}
if [ -z "$ORIEL_EMULATOR" ] && [ -z "$ORIEL_EXE" ]; then
	all=$(cd "$samples" && ls ./*.o | sed 's/\.o$//')
	# shellcheck disable=SC2086
	ok 'samples as raw C, clang' compiles raw "$all" "$ORIEL_CLANG" $flags -fsyntax-only
	# shellcheck disable=SC2086
	command -v gcc >/dev/null && ok 'samples as shared libraries, gcc' compiles so "$all" gcc $flags -O1 -fPIC -c -o /dev/null
	for target in x86_64-pc-windows-msvc aarch64-pc-windows-msvc; do
		# shellcheck disable=SC2086
		ok "as drivers, $target" compiles sys 'hello_world bind_count' "$ORIEL_CLANG" --target=$target $flags -ffreestanding -c -o /dev/null
	done
	# shellcheck disable=SC2086
	ok 'as DLLs' compiles dll 'hello_world bind_count' "$ORIEL_CLANG" --target=x86_64-pc-windows-msvc $flags -ffreestanding -c -o /dev/null
fi

# What is refused.
cat >"$tmp/broken.c" <<'EOF_C'
#include "bpf_helpers.h"
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint32_t);
	__type(value, uint64_t);
	__uint(max_entries, 8);
} starts SEC(".maps");
SEC("bind") int start(bind_md_t *ctx)
{
	uint32_t key = 1;
	uint64_t *start_time = bpf_map_lookup_elem(&starts, &key);
	return (int)*start_time;
}
EOF_C
sed -i 's/#include "bpf_helpers.h"/#include "bpf_helpers.h"\n#include "ebpf_nethooks.h"/' "$tmp/broken.c"
"$ORIEL_CLANG" -target bpf -g -O2 -I ../include -c "$tmp/broken.c" -o "$tmp/broken.o" || exit 1
run bpf2c --bpf "$tmp/broken.o" --sys "$tmp/broken.out"
ok 'an unsafe program: exit code 1' [ "$status" -eq 1 ]
ok 'the program is named' grep -q 'bpf2c: verification failed for start' "$tmp/err"
ok 'and the line, as compilers do' grep -q 'broken.c:13:.*error:' "$tmp/err"
ok 'and nothing is written' [ ! -e "$tmp/broken.out" ]
printf 'no object' >"$tmp/text.o"
run bpf2c --bpf "$tmp/text.o"
ok 'what is no object: exit code 2' [ "$status" -eq 2 ]
run bpf2c --bpf "$tmp/absent.o"
ok 'what is not there, too' [ "$status" -eq 2 ]
run bpf2c
ok 'no file: usage' [ "$status" -eq 64 ]
run bpf2c --bpf "$tmp/hello_world.o" --sys --dll
ok 'two forms: usage' [ "$status" -eq 64 ]
run bpf2c --bpf "$tmp/hello_world.o" --hash MD5
ok 'a hash that is not there: usage' [ "$status" -eq 64 ]
run bpf2c --bpf "$tmp/hello_world.o" --frobnicate
ok 'an unknown option: usage' grep -q "no such option: '--frobnicate'" "$tmp/err"
run bpf2c --bpf "$tmp/hello_world.o" --type xdp_meta
ok 'an unknown type' grep -q "no program type 'xdp_meta'" "$tmp/err"
run bpf2c --bpf "$tmp/hello_world.o" --program nobody
ok 'an unknown program' grep -q "no program 'nobody'" "$tmp/err"
run bpf2c --help
ok 'help' grep -q '^usage: bpf2c --bpf FILE' "$tmp/out"
finish
