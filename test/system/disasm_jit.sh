#!/bin/sh
# SPDX-License-Identifier: MIT
# oriel disasm --jit: the machine code of programs beside their instructions.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
object=$samples/bind_count.o
[ -e "$object" ] || skip_all 'no clang with the bpf target'

for arch in x86-64 x86-64-windows arm64; do
	run oriel disasm --arch $arch "$object"
	ok "$arch" exits 0
	ok "$arch: nothing on standard error" quiet
	ok "$arch: instructions" out_has '17:	call 0x1 <bpf_map_lookup_elem>'
	ok "$arch: how much it is" grep -qE "^[0-9]+ bytes of machine code \($arch, jit\), [0-9]+ instructions$" "$tmp/out"
	# Every byte stands there once, in order: offset, then its bytes.
	sed -nE 's/^ +([0-9a-f]+):  (([0-9a-f]{2} )*[0-9a-f]{2}).*/\1 \2/p' "$tmp/out" >"$tmp/bytes"
	at=0 bad_at=
	while read -r offset bytes; do
		[ "$((0x$offset))" -eq "$at" ] || bad_at=${bad_at:-$offset}
		# shellcheck disable=SC2086 # words
		set -- $bytes
		at=$((at + $#))
	done <"$tmp/bytes"
	ok "$arch: no byte is missing" [ -z "$bad_at" ]
	ok "$arch: to the end" grep -q "^$at bytes of machine code" "$tmp/out"
done

run oriel disasm --arch x86-64 "$object"
ok 'a return is the last byte of an exit' grep -qE '^ +[0-9a-f]+:  (.. )*c3( |$)' "$tmp/out"
run oriel disasm --arch arm64 "$object"
ok 'a return on arm64' grep -qE '^ +[0-9a-f]+:  c0 03 5f d6' "$tmp/out"
grep -q 'c0 03 5f d6  *ret$' "$tmp/out" && names=yes || names=
if [ -n "$names" ]; then
	run oriel disasm --arch x86-64 "$object"
	ok 'jumps have offsets' grep -qE 'j[a-z]+ <[0-9a-f]+>$' "$tmp/out"
	run oriel disasm --arch x86-64 "$samples/hello_world.o"
	ok 'calls have names' grep -qE '(call|movabs|lea) .*<bpf_trace_printk2>$' "$tmp/out"
else
	skip 'jumps have offsets' 'built without capstone'
	skip 'calls have names' 'built without capstone'
fi

run oriel disasm --jit --source "$object"
if [ "${ORIEL_EMULATOR}${ORIEL_EXE}" = '' ] || [ "$status" = 0 ]; then
	ok '--jit: for this machine' exits 0
	ok 'with the source' out_has 'count_bind(ctx->process_id)'
fi
size() { sed -nE 's/^([0-9]+) bytes of machine code.*/\1/p' "$tmp/out"; }
run oriel disasm --arch x86-64 --mode jit "$object"
plain=$(size)
run oriel disasm --arch x86-64 --mode jit-checked "$object"
ok 'checks are code' [ "$(size)" -gt "$plain" ]
run oriel disasm --arch x86-64 --mode jit-blinded "$samples/hello_world.o"
ok 'a constant of the program is not in blinded code' [ "$(grep -c '48 65 6c 6c 6f 20 57 6f' "$tmp/out")" = 0 ]
run oriel disasm --arch x86-64 --mode jit "$samples/hello_world.o"
ok 'else it is' grep -q '48 65 6c 6c 6f 20 57 6f' "$tmp/out"

run oriel disasm --arch arm64 --json "$object"
ok '--json' exits 0
if command -v python3 >/dev/null; then
	# Each byte in JSON, too; instructions of arm64 have four.
	ok '--json: what is in it' python3 - "$tmp/out" <<'EOF_PY'
import json, sys
for prog in json.load(open(sys.argv[1]))["programs"]:
    parts = [m for i in prog["insns"] for m in i["machine_before"] + i["machine"]] + prog["machine_after"]
    at = 0
    for part in parts:
        assert part["offset"] == at, (part, at)
        at += len(part["bytes"]) // 2
        assert "text" not in part or len(part["bytes"]) == 8
    assert at == prog["machine_size"] and prog["arch"] == "arm64" and prog["mode"] == "jit"
EOF_PY
fi

if [ -n "${ORIEL_CLANG:-}" ]; then
	cat >"$tmp/bad.c" <<'EOF_C'
#include "bpf_helpers.h"
#include "ebpf_nethooks.h"
SEC("bind")
bind_action_t Bad(bind_md_t *ctx)
{
	return *(volatile int *)((char *)ctx + 4096);
}
SEC("nothing")
int Unknown(void *ctx)
{
	return 0;
}
EOF_C
	"$ORIEL_CLANG" -target bpf -g -O2 -I "$ORIEL_SOURCE/include" -c "$tmp/bad.c" -o "$tmp/bad.o" || exit 1
	run oriel disasm --dialect windows --program Bad --arch x86-64 "$tmp/bad.o"
	ok 'not safe' exits 1
	ok 'not safe: its instructions' out_has 'exit'
	ok 'not safe: no code' [ "$(grep -c 'machine code' "$tmp/out")" = 0 ]
	ok 'not safe: why' err_has 'bad.c:6'
	ok 'not safe: what follows' err_has 'is not safe, so it has no machine code'
	run oriel disasm --dialect windows --program Unknown --arch x86-64 "$tmp/bad.o"
	ok 'no type' exits 2
	ok 'no type: what helps' err_has 'say --type'
	run oriel disasm --dialect windows --program Unknown --arch x86-64 --type bind "$tmp/bad.o"
	ok '--type' exits 0
	run oriel disasm --dialect windows --program Unknown --arch x86-64 --type nobody "$tmp/bad.o"
	ok '--type: unknown' exits 2
else
	skip 'programs without code' 'no clang with the bpf target'
fi
run oriel disasm --type bind "$object"
ok '--type is for machine code' exits 64
run oriel disasm --arch vax "$object"
ok 'an unknown processor' exits 64
finish
