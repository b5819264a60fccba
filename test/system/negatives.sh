#!/bin/sh
# SPDX-License-Identifier: MIT
# Each reserved field that is not zero is refused, and the error names the field.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'production builds have no interpreter'
$ORIEL_EMULATOR "$ORIEL_BUILD/bin/negatives$ORIEL_EXE" | tr -d '\r' >"$tmp/negatives" || exit 1

one() { printf '%s\n' "$1" | plugin --interpret; }
names() { [ "$status" -eq 1 ] && no_out && grep -qw -e "$1" "$tmp/err"; }
if [ -n "$ORIEL_EMULATOR" ]; then
	# A process takes long there, and the decoder is the same.
	awk 'NR % 20 == 1' "$tmp/negatives" >"$tmp/few" && mv "$tmp/few" "$tmp/negatives"
fi
least=$(wc -l <"$tmp/negatives")
while IFS='|' read -r name field program; do
	run one "$program"
	ok "$name" names "$field"
done <"$tmp/negatives"
ok 'no line was lost' [ "$count" -eq "$least" ]
ok 'there are some' [ "$count" -gt 20 ]
finish
