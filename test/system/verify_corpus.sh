#!/bin/sh
# SPDX-License-Identifier: MIT
# verify_corpus.sh DIRECTORY: third parties' programs, judged from a table whose labels say what each deserves.
. "$(dirname "$0")/lib.sh"
[ -e "${1:-}/expected.csv" ] || skip_all 'ORIEL_TEST_DATA has no corpus'
[ -z "$ORIEL_EMULATOR" ] || skip_all 'takes long under an emulator'
run oriel verify --quiet --manifest "$1/expected.csv"
# Files of the corpus are damaged on purpose.
ok 'exit code' exits 2
accepted() { awk -v label="$1" '$1 == label && NF == 5 { print $3; found = 1 } END { exit !found }' "$tmp/out"; }
ok 'what is unsafe or damaged is not accepted' [ "$(accepted must-reject)" = 0 ]
number=$(accepted must-accept)
ok "what is plainly safe is accepted: $number of 488, at least 480" [ "${number:-0}" -ge 480 ]
finish
