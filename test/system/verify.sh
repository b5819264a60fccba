#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel verify` and `oriel explain`: options and formats; broken programs, whose finding has the right line and text.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"

run oriel explain null-access
ok 'explain' exits 0
ok 'explain: says what helps' out_has 'if (!p) return'
ok 'explain: what is refused' out_has '    *start = bpf_ktime_get_ns();'
ok 'explain: what is accepted' out_has '    if (!start)'
run oriel explain nothing
ok 'explain: unknown' exits 64
run oriel explain --list
ok 'explain --list' exits 0
ok 'explain --list: all' [ "$(wc -l <"$tmp/out")" -eq "$(grep -c '^FINDING(' "$ORIEL_SOURCE/src/check/findings.def")" ]
ok 'explain --list: no braces' sh -c "! grep -q '[{}]' '$tmp/out'"
run oriel explain --json --list
if have_json_parser; then ok 'explain --json' json_parses; else skip 'explain --json' 'no parser'; fi
run oriel verify --policy strict
ok 'no file' exits 64
run oriel verify --manifest x.csv x.o
ok 'manifest and a file' exits 64
run oriel verify --policy unprivileged --policy allow-leaks x.o
ok 'rules that exclude each other' exits 64
need_samples

# Every sample is safe, but those whose text needs an address.
for object in "$samples"/*.o; do
	case ${object##*/} in
	# A text that is printed as %s is an address, which only programs that may leak give away.
	strings.o | strings_linux.o) rules='--policy allow-leaks' ;;
	*) rules= ;;
	esac
	# shellcheck disable=SC2086 # none, or two words
	run oriel verify $rules "$object"
	ok "sample ${object##*/}" exits 0
done
run oriel verify "$samples/bind_count.o" "$samples/tail_calls.o"
ok 'two files: headings' out_has 'tail_calls.o:'
ok 'two files: a line a program' [ "$(grep -c '^PASS ' "$tmp/out")" -eq 4 ]
ok 'two files: summary' grep -Eq '^4 programs: 4 safe, 0 not; [0-9.]+ ms$' "$tmp/out"
run oriel verify --stats --program parse_udp "$samples/tail_calls.o"
ok 'program' [ "$(grep -c '^PASS ' "$tmp/out")" -eq 1 ]
ok 'stats' grep -Eq '^PASS .* [0-9]+ steps, 1 states a point, [0-9]+ KiB$' "$tmp/out"
run oriel verify --quiet "$samples/bind_count.o"
ok 'quiet' no_out
run oriel verify --program nothing "$samples/bind_count.o"
ok 'unknown program' exits 64
run oriel verify --max-steps 5 "$samples/bind_count.o"
ok 'out of steps' exits 1
ok 'out of steps: says so' out_has '[too-complex]'
run oriel verify "$samples/bind_count.o" "$tmp/none.o"
ok 'a file of two is missing' exits 2
ok 'a file of two is missing: the other is judged' out_has '1 safe, 0 not, 1 could not be judged'

# --- broken programs ---
[ -n "${ORIEL_CLANG:-}" ] || finish
cd "$tmp" || exit 1
compile() { "$ORIEL_CLANG" -target bpf -O2 -g -I "$ORIEL_SOURCE/include" -c "$ORIEL_SOURCE/test/system/verify/$1.c" -o "${1##*/}.o"; }
compile null_access
compile several/two_lookups
compile raw_size
run oriel verify null_access.o
ok 'the mark' grep -Eq '^      \| .*\^$' "$tmp/out"
run oriel verify --format msvc null_access.o
ok 'msvc' grep -Eq '/null_access\.c\([0-9]+,[0-9]+\): error null-access: ' "$tmp/out"
for format in json sarif; do
	run oriel verify --format $format null_access.o
	ok "$format: exit code" exits 1
	if have_json_parser; then ok "$format: parses" json_parses; else skip "$format: parses" 'no parser'; fi
	ok "$format: id" out_has '"null-access"'
done
[ "${ORIEL_PRODUCTION:-}" = ON ] || {
	run oriel run null_access.o
	ok 'run refuses it' exits 1
	ok 'run refuses it: at its line' err_has 'null_access.c:18:9: error: '
	ok 'run refuses it: with the mark' grep -Eq '^      \| .*\^$' "$tmp/err"
	ok 'run refuses it: and what helps' err_has 'note: add before line 18: if (start == NULL) return ...;'
	run oriel run --json null_access.o
	ok 'run --json refuses it' exits 1
	if have_json_parser; then ok 'run --json: parses' json_parses; else skip 'run --json: parses' 'no parser'; fi
	ok 'run --json: finding' out_has '"id": "null-access"'
	run oriel run --no-verify null_access.o
	ok 'run --no-verify: stopped at the access' err_has 'stopped at slot'
}
run oriel verify --format sarif null_access.o two_lookups.o raw_size.o
cp "$tmp/out" log.sarif
if command -v python3 >/dev/null; then
	run python3 "$ORIEL_SOURCE/test/system/verify/sarif_check.py" log.sarif
	ok 'sarif: as it has to be' out_is '4 3'
else
	skip 'sarif: as it has to be' 'no python3'
fi
run oriel verify --slice null_access.o
ok 'slice: the call' grep -Eq '^ +6:.*call 0x1 <bpf_map_lookup_elem>$' "$tmp/out"
ok 'slice: not what follows' [ "$(grep -c 'exit$' "$tmp/out")" -eq 0 ]
run oriel verify --verbose null_access.o "$samples/bind_count.o"
ok 'verbose' exits 1
ok 'verbose: states' out_has '      r1 = context'
ok 'verbose: the finding in its place' grep -Eq "^ +.\^ error: 'start' \(r[0-9]\) may be NULL" "$tmp/out"
run oriel verify --dot null_access.o
ok 'dot' exits 1
ok 'dot: a graph' grep -q '^digraph "NullAccess" {$' "$tmp/out"
ok 'dot: the finding' grep -q 'fillcolor=mistyrose' "$tmp/out"
run oriel verify --json --verbose --slice null_access.o
if have_json_parser; then ok 'json with details: parses' json_parses; else skip 'json with details: parses' 'no parser'; fi
ok 'json with details: states' out_has '"r1 = context"'
run oriel verify --dot --json null_access.o
ok 'dot and json' exits 64
printf 'label,program,file,section,dialect,type\nbad,"NullAccess",null_access.o,xdp,windows,xdp\nbad,None,null_access.o,xdp,windows,\n' >list.csv
run oriel verify --manifest list.csv
ok 'manifest: no verdict for one' exits 2
ok 'manifest: table' grep -Eq '^bad +2 +0 +1 +1 +[0-9.]+ +[0-9.]+$' "$tmp/out"
run oriel verify --json --manifest list.csv
ok 'manifest: a line a program' [ "$(grep -c '^{"file":"null_access.o".*"label":"bad".*}$' "$tmp/out")" -eq 2 ]
run oriel verify two_lookups.o
ok 'two causes: two errors' [ "$(grep -c 'error: ' "$tmp/out")" -eq 2 ]
ok 'two causes: the first' grep -Eq ":17:[0-9]+: error: 'first' \\(r[0-9]\\) may be NULL" "$tmp/out"
ok 'two causes: the second' grep -Eq ":21:[0-9]+: error: 'second' \\(r[0-9]\\) may be NULL" "$tmp/out"
run oriel verify --dialect linux --type raw raw_size.o
ok 'no --raw-size: none of it is sure' exits 1
run oriel verify --dialect linux --type raw --raw-size 100 raw_size.o
ok '--raw-size' exits 0
run oriel verify --raw-size 536870912 raw_size.o
ok '--raw-size: too much' exits 64
[ "${ORIEL_PRODUCTION:-}" = ON ] || {
	run oriel run --dialect linux --type raw --raw-size 100 raw_size.o
	ok 'run --raw-size: zeros' out_has '100'
	printf '%0150d' 0 >memory
	run oriel run --json --dialect linux --type raw --raw-size 100 --data memory raw_size.o
	ok 'run --raw-size: more is given' out_has '198'
	run oriel run --raw-size 100 --no-verify null_access.o
	ok 'run --raw-size: another type' exits 64
}
finish
