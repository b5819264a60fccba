#!/bin/sh
# SPDX-License-Identifier: MIT
# The JIT's encoder for x86-64 against llvm-mc, over all operands: the bytes that it makes, disassembled, and the text of what was
# meant have to be assembled to the same.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
mc=
for tool in llvm-mc-19 llvm-mc-14 llvm-mc; do
	command -v $tool >/dev/null && mc=$tool && break
done
[ -n "$mc" ] || skip_all 'no llvm-mc'
assemble() {
	$mc -triple=x86_64 -x86-asm-syntax=intel --show-encoding "$1" 2>"$tmp/err" | sed -n 's/.*encoding: \[\(.*\)\]/\1/p'
}
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/jit-encode$ORIEL_EXE" | tr -d '\r' >"$tmp/all" || exit 1
cut -d'|' -f1 "$tmp/all" >"$tmp/meant.s"
cut -d'|' -f2 "$tmp/all" | $mc -triple=x86_64 --disassemble -output-asm-variant=1 >"$tmp/made.s" 2>"$tmp/err"
ok 'all bytes are instructions' [ ! -s "$tmp/err" ]
assemble "$tmp/meant.s" >"$tmp/meant"
ok 'all texts are instructions' [ ! -s "$tmp/err" ]
assemble "$tmp/made.s" >"$tmp/made"
ok 'so is what they are disassembled to' [ ! -s "$tmp/err" ]
ok 'as many' [ "$(wc -l <"$tmp/meant")" -eq "$(wc -l <"$tmp/all")" ]
ok 'there are many' [ "$(wc -l <"$tmp/all")" -gt 10000 ]
ok 'the same ones' cmp "$tmp/meant" "$tmp/made"
cmp -s "$tmp/meant" "$tmp/made" || paste -d'|' "$tmp/all" "$tmp/meant" "$tmp/made" | awk -F'|' '$3 != $4' | head -n 20 | sed 's/^/# /'
finish
