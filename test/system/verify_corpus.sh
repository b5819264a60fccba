#!/bin/sh
# SPDX-License-Identifier: MIT
# verify_corpus.sh DIRECTORY: third parties' programs, judged from a table whose labels say what each deserves.
. "$(dirname "$0")/lib.sh"
[ -e "${1:-}/expected.csv" ] || skip_all 'ORIEL_TEST_DATA has no corpus'
[ -z "$ORIEL_EMULATOR" ] || skip_all 'takes long under an emulator'
# Without a limit of time: sanitizers take some.
run oriel verify --max-time 0 --quiet --manifest "$1/expected.csv"
# Files of the corpus are damaged on purpose.
ok 'exit code' exits 2
accepted() { awk -v label="$1" '$1 == label && NF == 7 { print $3; found = 1 } END { exit !found }' "$tmp/out"; }
ok 'what is unsafe or damaged is not accepted' [ "$(accepted must-reject)" = 0 ]
number=$(accepted must-accept)
ok "what is plainly safe is accepted: $number of 488" [ "${number:-0}" -ge 488 ]
number=$(accepted should-accept)
ok "what needs more than others have: $number of 42, at least 40" [ "${number:-0}" -ge 40 ]
number=$(accepted both-refuse)
ok "what others refuse: $number of 36 accepted, at most 12" [ "${number:-99}" -le 12 ]
ok 'no progress where there is no terminal' [ ! -s "$tmp/err" ]
finish
