#!/bin/sh
# SPDX-License-Identifier: MIT
# Broken programs, one for each kind of mistake, compiled by CLANG: `oriel verify` has one finding, at the line that says
# "HERE" and with the texts of verify/golden.txt.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
clang=${1:-${ORIEL_CLANG:-}}
[ -n "$clang" ] || skip_all "no clang with the bpf target"

sources=$ORIEL_SOURCE/test/system/verify
cd "$tmp" || exit 1
golden() { grep "^$1 $2 " "$sources/golden.txt" | cut -d' ' -f3-; } # SAMPLE KIND
# A text as a pattern, in which "#" is any number.
pattern() { printf '%s\n' "$1" | sed -e 's/[][\\.*^$+?(){}|]/\\&/g' -e 's/#/[0-9]+/g'; }
sample() { # SAMPLE
	file=$sources/$1.c
	run "$clang" -target bpf -O2 -g -I "$ORIEL_SOURCE/include" -c "$file" -o program.o
	ok "$1: compiles" exits 0
	# shellcheck disable=SC2046 # none, or options
	run oriel verify $(golden "$1" with) program.o
	ok "$1: refused" exits 1
	ok "$1: one error" [ "$(grep -c 'error: ' "$tmp/out")" -eq 1 ]
	line=$(grep -n 'HERE' "$file" | cut -d: -f1)
	ok "$1: line $line, text" grep -Eq "/$1\.c:$line(:[0-9]+)?: error: $(pattern "$(golden "$1" says)") \[$(golden "$1" finds)\]\$" "$tmp/out"
	golden "$1" notes | while read -r note; do
		grep -Eq "/$1\.c:[0-9]+(:[0-9]+)?: note: $(pattern "$note")\$" "$tmp/out" || echo "no note: $note"
	done >notes
	ok "$1: notes" [ ! -s notes ]
}
for sample in $(cut -d' ' -f1 "$sources/golden.txt" | sort -u); do sample "$sample"; done
finish
