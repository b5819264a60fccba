#!/bin/sh
# SPDX-License-Identifier: MIT
# native_vectors.sh DIRECTORY | --generated: the conformance vectors as translated C, one module for all of them.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
directory=$1
if [ "$directory" = --generated ]; then
	command -v python3 >/dev/null || skip_all 'no python3'
	directory=$tmp/generated
	mkdir "$directory"
	python3 "$ORIEL_SOURCE/test/tool/make_vectors.py" "$directory" || exit 1
fi
[ -d "$directory" ] || skip_all "$directory is not there (ORIEL_TEST_DATA says where conformance/ is)"
"$ORIEL_BUILD/bin/vectors" "$directory" >"$tmp/vectors" || exit 1
flags='-std=c11 -ffreestanding -Wall -Wextra -Werror'
levels='-O0 -O2'
# Compilers take minutes for all of the generated ones: a few of each kind.
if [ "$1" = --generated ]; then
	awk 'NR % 8 == 1' "$tmp/vectors" >"$tmp/few" && mv "$tmp/few" "$tmp/vectors"
	levels=-O1
fi
for cc in gcc clang-14; do
	command -v $cc >/dev/null || continue
	for level in $levels; do
		mkdir -p "$tmp/$cc$level"
		run "$ORIEL_BUILD/bin/native-vectors" "$cc $flags $level" "$tmp/$cc$level" <"$tmp/vectors"
		ok "$cc $level" [ "$status" -eq 0 ]
		[ "$status" -eq 0 ] || grep '^not ok\|Bail' "$tmp/out" | sed 's/^/# /'
	done
done
# And as one Windows driver.
if command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null; then
	run "$ORIEL_BUILD/bin/native-vectors" sys "$tmp" <"$tmp/vectors"
	ok 'driver' [ "$status" -eq 0 ]
	[ "$status" -eq 0 ] || grep '^not ok\|Bail' "$tmp/out" | sed 's/^/# /'
else
	skip 'driver' 'needs clang-19 and lld-19'
fi
ok 'there is a compiler' [ "$count" -gt 0 ]
finish
