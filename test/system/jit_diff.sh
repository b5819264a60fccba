#!/bin/sh
# SPDX-License-Identifier: MIT
# Random programs that are proven safe, compiled with the verifier's facts, against the interpreter: results, memory, maps, what
# helpers are called with. ORIEL_DIFF_BATCHES=500 runs that many times 200 programs in each mode, ORIEL_DIFF_SECONDS=1200 each
# mode for so long; ORIEL_DIFF_SEED begins elsewhere.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
diff() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/oriel-native-diff" "$@"; }
case ${ORIEL_EMULATOR:-$(uname -m)} in
x86_64 | aarch64 | *qemu-aarch64*) ;;
*) skip_all 'there is no JIT compiler for this processor' ;;
esac
programs=60
[ -z "$ORIEL_EMULATOR" ] || programs=30
[ -z "${ORIEL_DIFF_BATCHES:-}${ORIEL_DIFF_SECONDS:-}" ] || programs=200
for mode in jit jit-blinded jit-checked; do
	run diff --engine $mode --programs $programs --batches "${ORIEL_DIFF_BATCHES:-1}" --seconds "${ORIEL_DIFF_SECONDS:-0}" \
		--seed "${ORIEL_DIFF_SEED:-1}"
	sed -n 's/^not ok/# &/p; /^#/p' "$tmp/out"
	ok "$mode does what the interpreter does" exits 0
done
# A program in which one constant argument is another one.
run diff --engine jit-checked --programs 60 --spoil 1 --seed 500
ok 'another program is found' exits 1
ok 'by what helpers get' grep -q '^not ok - .*calls of helpers differ' "$tmp/out"
ok 'or by what it leaves' grep -q '^not ok - .*packet differ' "$tmp/out"
run diff --engine fast
ok 'an engine that is not there is refused' exits 64
finish
