#!/bin/sh
# SPDX-License-Identifier: MIT
# verify_loops.sh DIRECTORY: programs that compute, with loops of all shapes, are proven to be safe and to end: those of bench/programs and of
# verify/loops, and those of DIRECTORY when it is there; each for two versions of the instruction set.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang for eBPF'
[ -z "$ORIEL_EMULATOR" ] || skip_all 'takes long under an emulator'
all() { # DIRECTORY
	for source in "$1"/[0-9]*.c; do
		program=${source##*/}
		for cpu in v2 v3; do
			run "$ORIEL_CLANG" -target bpf -O2 -mcpu=$cpu -Wno-unused-parameter -c "$source" -o "$tmp/loop.o"
			# Not all can be said with the older one.
			[ $cpu = v3 ] || [ "$status" -eq 0 ] || continue
			ok "$program, $cpu: compiles" exits 0
			run oriel verify --dialect linux --type raw --raw-size 8192 "$tmp/loop.o"
			ok "$program, $cpu: is safe, and ends" exits 0
		done
	done
}
all "$ORIEL_SOURCE/bench/programs"
all "$ORIEL_SOURCE/test/system/verify/loops"
[ ! -d "${1:-}" ] || all "$1"
finish
