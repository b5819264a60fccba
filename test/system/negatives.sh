#!/bin/sh
# SPDX-License-Identifier: MIT
# Each reserved field that is not zero is refused, and the error names the field.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'production builds have no interpreter'
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/negatives$ORIEL_EXE" | tr -d '\r' >"$tmp/negatives" || exit 1

one() { printf '%s\n' "$1" | plugin --interpret; }
names() { [ "$status" -eq 1 ] && no_out && grep -qw -e "$1" "$tmp/err"; }
while IFS='|' read -r name field program; do
	run one "$program"
	ok "$name" names "$field"
done <"$tmp/negatives"
ok 'every form is there' [ "$count" -gt 400 ]
finish
