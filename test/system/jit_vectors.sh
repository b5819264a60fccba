#!/bin/sh
# SPDX-License-Identifier: MIT
# jit_vectors.sh DIRECTORY | --generated | --negatives: the conformance vectors in every mode of the JIT; encodings that none of
# them runs.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'there is no interpreter to compare with'
directory=$1
if [ "$directory" = --negatives ]; then
	$ORIEL_EMULATOR "$ORIEL_BUILD/bin/negatives$ORIEL_EXE" | tr -d '\r' | awk -F '|' '{ print $1 "|error|" $2 "||" $3 }' >"$tmp/vectors"
	[ -s "$tmp/vectors" ] || exit 1
	$ORIEL_EMULATOR "$ORIEL_BUILD/bin/jit-vectors$ORIEL_EXE" <"$tmp/vectors"
	exit
fi
if [ "$directory" = --generated ]; then
	command -v python3 >/dev/null || skip_all 'no python3'
	directory=$tmp/generated
	mkdir "$directory"
	python3 "$ORIEL_SOURCE/test/tool/make_vectors.py" "$directory" || exit 1
	# It takes long there: some of each kind.
	[ -z "$ORIEL_EMULATOR" ] || ls "$directory" | awk 'NR % 4' | (cd "$directory" && xargs rm -f)
fi
[ -d "$directory" ] || skip_all "$directory is not there (ORIEL_TEST_DATA says where conformance/ is)"
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/vectors$ORIEL_EXE" "$directory" | tr -d '\r' >"$tmp/vectors" || exit 1
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/jit-vectors$ORIEL_EXE" <"$tmp/vectors"
