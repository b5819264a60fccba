#!/bin/sh
# SPDX-License-Identifier: MIT
# corpus.sh DIRECTORY: third parties' objects through inspect: each program has the slots that the table says, each damaged
# file one clear message.
. "$(dirname "$0")/lib.sh"
[ -e "${1:-}/expected.csv" ] || skip_all 'ORIEL_TEST_DATA has no corpus'
command -v python3 >/dev/null || skip_all 'no python3'
# A process takes long under an emulator.
every=1
[ -z "$ORIEL_EMULATOR" ] || every=10
# shellcheck disable=SC2086 # the emulator may be several words
python3 "$ORIEL_SOURCE/test/tool/corpus.py" "$1" $every $ORIEL_EMULATOR "$ORIEL_BUILD/bin/oriel$ORIEL_EXE"
