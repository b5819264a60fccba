#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel btf dump`: what it prints as C compiles to the layouts that it was made from.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
need_samples
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang with the bpf target'

source=$ORIEL_SOURCE/test/bpf/btf_layout.c
compile() { "$ORIEL_CLANG" -target bpf -O2 -g "$@"; }
# sizes FILE: a line with a static assertion for each structure and member that an object's records describe.
assertions() {
	awk '
	/^\[/ { owner = ""; split($0, part, "\047"); bits = 0 }
	/^\[[0-9]*\] (STRUCT|UNION) / && part[2] != "(anon)" {
		owner = ($2 == "UNION" ? "union " : "struct ") part[2]
		match($0, /size=[0-9]+/)
		printf "_Static_assert(sizeof(%s) == %s, \"%s\");\n", owner, substr($0, RSTART + 5, RLENGTH - 5), owner
	}
	/^\t/ && owner != "" && !/bitfield_size/ && !/anon/ {
		split($0, part, "\047")
		match($0, /bits_offset=[0-9]+/)
		printf "_Static_assert(__builtin_offsetof(%s, %s) * 8 == %s, \"%s\");\n", owner, part[2],
			substr($0, RSTART + 12, RLENGTH - 12), part[2]
	}' "$1"
}
# Records without what depends on the order of types.
layouts() {
	grep -A99 -E '^\[[0-9]*\] (STRUCT|UNION) ' "$1" | sed -n -e "s/^\[[0-9]*\] \(STRUCT\|UNION\)/\1/p" \
		-e '/^	/s/type_id=[0-9]*//p' | grep -E "size=|bits_offset" | sort
}

compile -c "$source" -o "$tmp/a.o" || exit 1
run oriel btf dump "$tmp/a.o"
ok 'raw' exits 0
cp "$tmp/out" "$tmp/a.raw"
ok 'raw: an integer' out_has "INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED"
ok 'raw: a structure' out_has "STRUCT 'bits' size=24 vlen=6"
ok 'raw: a bit-field' grep -qE "^	'b' type_id=[0-9]+ bits_offset=7 bitfield_size=9$" "$tmp/out"
ok 'raw: an enumeration' grep -qE "ENUM 'color' encoding=UNSIGNED size=4 vlen=3$" "$tmp/out"
ok 'raw: its value' out_has "	'BLUE' val=2147483647"
ok 'raw: a variable' grep -qE "VAR 'everything' type_id=[0-9]+, linkage=global$" "$tmp/out"
ok 'raw: a function' grep -qE "FUNC 'choose' type_id=[0-9]+ linkage=global$" "$tmp/out"
run oriel btf dump --json "$tmp/a.o"
ok 'json' exits 0
if have_json_parser; then
	ok 'json parses' json_parses
fi

run oriel btf dump --format c "$tmp/a.o"
ok 'C' exits 0
cp "$tmp/out" "$tmp/a.h"
assertions "$tmp/a.raw" >"$tmp/assertions"
ok 'C: there is something to hold it against' [ "$(wc -l <"$tmp/assertions")" -gt 30 ]
printf '#include "a.h"\n' | cat - "$tmp/assertions" >"$tmp/b.c"
echo 'struct outer everything; int use(void) { return everything.tag; }' >>"$tmp/b.c"
ok 'C: compiles, with equal sizes and offsets' compile -Wall -Werror -c "$tmp/b.c" -o "$tmp/b.o"
run oriel btf dump "$tmp/b.o"
layouts "$tmp/a.raw" >"$tmp/a.layouts"
layouts "$tmp/out" >"$tmp/b.layouts"
ok 'C: there are layouts' [ "$(wc -l <"$tmp/a.layouts")" -gt 30 ]
ok 'C: equal layouts in its BTF' diff "$tmp/a.layouts" "$tmp/b.layouts"

for sample in "$samples"/*.o; do
	run oriel btf dump --format c "$sample"
	cp "$tmp/out" "$tmp/sample.h"
	echo '#include "sample.h"' >"$tmp/sample.c"
	ok "C of $(basename "$sample") compiles" compile -c "$tmp/sample.c" -o "$tmp/sample.o"
done

run oriel btf dump "$tmp/none.o"
ok 'missing file' exits 2
run oriel btf dump "$ORIEL_SOURCE/LICENSE"
ok 'no BTF' exits 2
ok 'no BTF: a hint' err_has 'hint: '
run oriel btf dump
ok 'no file' exits 64
run oriel btf load "$tmp/a.o"
ok 'no such action' exits 64

# made STRINGS TYPES...: a BTF file of little-endian 32-bit words.
word() { for w in "$@"; do printf "\\$(printf %o $((w & 255)))\\$(printf %o $((w >> 8 & 255)))\\$(printf %o $((w >> 16 & 255)))\\$(printf %o $((w >> 24 & 255)))"; done; }
made() {
	len=$(($# * 4))
	{ printf '\237\353\1\0' && word 24 0 $len $len 3 "$@" && printf '\0a\0'; } >"$tmp/made.btf"
}
# A function type that takes itself by pointer, a structure that overlaps, an odd integer.
made 0 $((13 << 24 | 1)) 0 0 2 0 $((2 << 24)) 1 1 $((8 << 24)) 2
run oriel btf dump --format c "$tmp/made.btf"
ok 'C: a type that needs itself is refused' exits 1
ok 'C: a type that needs itself is named' err_has 'needs itself'
ok 'C: nothing is printed' no_out
made 0 $((1 << 24)) 4 32 1 $((4 << 24 | 2)) 8 0 1 0 1 1 0
run oriel btf dump --format c "$tmp/made.btf"
ok 'C: overlapping members are refused' err_has 'overlaps'
made 0 $((1 << 24)) 3 24 1 $((8 << 24)) 1
run oriel btf dump --format c "$tmp/made.btf"
ok 'C: 24 bits are refused' err_has '3 bytes'
# 40 structures without names, each with two of the one before: 2 to the 40th when written in place.
types="0 $((4 << 24)) 0"
id=1
while [ $id -le 40 ]; do
	types="$types 0 $((4 << 24 | 2)) 0 0 $id 0 0 $id 0"
	id=$((id + 1))
done
# shellcheck disable=SC2086 # words
made $types 1 $((8 << 24)) 41
run oriel btf dump --format c "$tmp/made.btf"
ok 'C: what grows without end is refused' err_has 'too much'
finish
