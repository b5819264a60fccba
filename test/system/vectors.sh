#!/bin/sh
# SPDX-License-Identifier: MIT
# vectors.sh DIRECTORY | --generated: each *.data file of it, or of what make_vectors.py writes, through oriel-plugin.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'production builds have no interpreter'
directory=$1
if [ "$directory" = --generated ]; then
	command -v python3 >/dev/null || skip_all 'no python3'
	directory=$tmp/generated
	mkdir "$directory"
	python3 "$ORIEL_SOURCE/test/tool/make_vectors.py" "$directory" || exit 1
fi
if [ "$1" = --generated ] && [ -n "$ORIEL_EMULATOR" ]; then
	# A process takes long there: a few of each kind.
	ls "$directory" | awk 'NR % 6' | (cd "$directory" && xargs rm -f)
fi
[ -d "$directory" ] || skip_all "$directory is not there (ORIEL_TEST_DATA says where conformance/ is)"
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/vectors$ORIEL_EXE" "$directory" | tr -d '\r' >"$tmp/vectors" || exit 1

# NAME|result or error|what is expected|memory|program
one() {
	if [ -n "$4" ]; then
		printf '%s\n' "$5" | plugin "$4" --interpret
	else
		printf '%s\n' "$5" | plugin --interpret
	fi
}
while IFS='|' read -r name kind want memory program; do
	run one "$name" "$kind" "$want" "$memory" "$program"
	case $kind in
	result) ok "$name" out_is "$want" ;;
	error) ok "$name (refused)" [ "$status" -ne 0 -a -s "$tmp/err" ]
		[ -z "$want" ] || ok "$name (says why)" err_has "$want" ;;
	*) ok "$name" false ;;
	esac
done <"$tmp/vectors"
ok 'there are vectors' [ "$count" -gt 0 ]
finish
