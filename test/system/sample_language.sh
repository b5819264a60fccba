#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples about what C becomes: global variables, subprograms, text.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'

run oriel run --repeat 5 --dump-maps "$samples/globals.o"
grep '^port ' "$tmp/out" >"$tmp/ports"
printf 'port %s\n' 49152 49153 49154 49152 49153 >"$tmp/want"
ok 'globals: .rodata bounds, .data goes on' diff "$tmp/want" "$tmp/ports"
ok 'globals: .data' out_has '  next_port: 49154'
ok 'globals: .bss' out_has '  given_out: 5'
ok 'globals: .bss, how often it began again' out_has '  wrapped: 1'
ok 'globals: .rodata is not shown' sh -c "! grep -q rodata '$tmp/out'"
run oriel run "$samples/globals.o"
ok 'globals: each run starts anew' out_has 'port 49152'
run oriel run --repeat 3 --var last_port=49152 "$samples/globals.o"
ok 'globals: another constant' [ "$(grep -c '^port 49152$' "$tmp/out")" -eq 3 ]
run oriel run --var next_port=49154 --var given_out=41 --dump-maps "$samples/globals.o"
ok 'globals: other variables' out_has 'port 49154'
ok 'globals: they go on' out_has '  given_out: 42'

run oriel run "$samples/subprograms.o"
ok 'subprograms: all levels' out_has 'process 0, port 0: risk 50'
ok 'subprograms: verdict' out_has 'returned 0 PERMIT_SOFT'
run oriel inspect "$samples/subprograms.o"
for name in port_risk process_risk rate limited; do
	ok "subprograms: $name is one" grep -Eq "^  [^ ]+ +$name +.* yes\$" "$tmp/out"
done
ok 'subprograms: the inlined function is none' sh -c "! grep -q is_privileged '$tmp/out'"

run oriel run --policy allow-leaks --dump-maps "$samples/strings.o"
cat >"$tmp/want" <<'WANT'
bind of something else
22 characters
too long for 4 bytes, which now hold 0 characters
it begins as it should
WANT
sed -n 1,4p "$tmp/out" >"$tmp/lines"
ok 'strings: copied, joined, measured, compared' diff "$tmp/want" "$tmp/lines"
ok 'strings: the text is in the map' out_has '  0: "bind of something else"'
# rule TEXT PORT
rule() { run oriel run --policy allow-leaks --map "rules:0=text:$1" --set "user_port=be16:$2" --dump-maps "$samples/strings_linux.o"; }
rule 'refuse 23' 23
ok 'strings_linux: refused by the rule' out_has 'returned 0 '
ok 'strings_linux: the message' out_has '  0: {chars: "port 23 refused"}'
rule 'refuse 23' 22
ok 'strings_linux: another port' out_has 'returned 1 ALLOW'
ok 'strings_linux: no message' out_has '  1 of zeros'
for text in refuse 'refuse x' 'refuse 65536' 'refuse -1' 'allow 23'; do
	rule "$text" 23
	ok "strings_linux: '$text' refuses nothing" out_has 'returned 1 ALLOW'
	ok "strings_linux: '$text' is told of" out_has "  0: {chars: \"bad rule: $text\"}"
done
rule '' 23
ok 'strings_linux: no rule' out_has 'returned 1 ALLOW'
finish
