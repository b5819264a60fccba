#!/bin/sh
# SPDX-License-Identifier: MIT
# native_corpus.sh DIRECTORY: programs of third parties that are proven safe compile without a warning. A few of them;
# ORIEL_CORPUS_STEP=1 takes all, which is a matter of minutes.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "$ORIEL_EMULATOR" ] && [ -z "$ORIEL_EXE" ] || skip_all 'the compiler is this machine'"'"'s'
[ -z "${ORIEL_SANITIZE:-}" ] && [ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'the C is the same in every build'
[ -e "$1/expected.csv" ] || skip_all "$1 is not there (ORIEL_TEST_DATA says where corpus/ is)"
command -v python3 >/dev/null || skip_all 'no python3'
cc=gcc
for clang in clang-19 clang clang-14; do
	command -v $clang >/dev/null && cc=gcc,$clang && break
done
python3 "$ORIEL_SOURCE/test/tool/native_corpus.py" "$1" "${ORIEL_CORPUS_STEP:-60}" "$ORIEL_BUILD/bin/bpf2c" "$tmp" \
	$cc -std=c11 -Wall -Wextra -Werror -O1 -I "$ORIEL_SOURCE/include" -fPIC -c -o /dev/null
