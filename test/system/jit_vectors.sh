#!/bin/sh
# SPDX-License-Identifier: MIT
# jit_vectors.sh DIRECTORY | --generated: the conformance vectors in every mode of the JIT.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'there is no interpreter to compare with'
directory=$1
if [ "$directory" = --generated ]; then
	command -v python3 >/dev/null || skip_all 'no python3'
	directory=$tmp/generated
	mkdir "$directory"
	python3 "$ORIEL_SOURCE/test/tool/make_vectors.py" "$directory" || exit 1
fi
[ -d "$directory" ] || skip_all "$directory is not there (ORIEL_TEST_DATA says where conformance/ is)"
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/vectors$ORIEL_EXE" "$directory" | tr -d '\r' >"$tmp/vectors" || exit 1
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/jit-vectors$ORIEL_EXE" <"$tmp/vectors"
