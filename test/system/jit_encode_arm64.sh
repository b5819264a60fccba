#!/bin/sh
# SPDX-License-Identifier: MIT
# The JIT's encoder for arm64 against llvm-mc: the text of what was meant has to be assembled to the same bytes. With
# ORIEL_ENCODE_ALL set over all operands, else over a part of those that are many.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
mc=
for tool in llvm-mc-19 llvm-mc-14 llvm-mc; do
	command -v $tool >/dev/null && mc=$tool && break
done
[ -n "$mc" ] || skip_all 'no llvm-mc'
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/jit-encode-arm64$ORIEL_EXE" ${ORIEL_ENCODE_ALL:+all} | tr -d '\r' >"$tmp/all" || exit 1
cut -d'|' -f1 "$tmp/all" >"$tmp/meant.s"
cut -d'|' -f2 "$tmp/all" >"$tmp/made"
$mc -triple=aarch64 -mattr=+lse --show-encoding "$tmp/meant.s" 2>"$tmp/err" | sed -n 's/.*encoding: \[\(.*\)\]/\1/p' >"$tmp/meant"
ok 'all texts are instructions' [ ! -s "$tmp/err" ]
head -n 20 "$tmp/err" | sed 's/^/# /'
ok 'as many' [ "$(wc -l <"$tmp/meant")" -eq "$(wc -l <"$tmp/all")" ]
ok 'there are many' [ "$(wc -l <"$tmp/all")" -gt 10000 ]
ok 'the same ones' cmp "$tmp/meant" "$tmp/made"
cmp -s "$tmp/meant" "$tmp/made" || paste -d'|' "$tmp/all" "$tmp/meant" | awk -F'|' '$2 != $3' | head -n 20 | sed 's/^/# /'
finish
