#!/bin/sh
# SPDX-License-Identifier: MIT
# Random programs that are proven safe, compiled with the verifier's facts, against the interpreter. ORIEL_DIFF_BATCHES=500 runs
# that many times 200 programs in each mode; ORIEL_DIFF_SEED begins elsewhere.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
diff=$ORIEL_BUILD/bin/oriel-native-diff
case $(uname -m) in
x86_64) ;;
*) skip_all 'there is no JIT compiler for this processor' ;;
esac
programs=60
[ -z "${ORIEL_DIFF_BATCHES:-}" ] || programs=200
for mode in jit jit-blinded jit-checked; do
	run "$diff" --engine $mode --programs $programs --batches "${ORIEL_DIFF_BATCHES:-1}" --seed "${ORIEL_DIFF_SEED:-1}"
	sed -n 's/^not ok/# cat "$tmp/out"/p; /^#/p' "$tmp/out"
	ok "$mode does what the interpreter does" exits 0
done
run "$diff" --engine fast
ok 'an engine that is not there is refused' exits 64
finish
