#!/bin/sh
# SPDX-License-Identifier: MIT
# extension.sh: extensions from files: found, refused, and their programs in each mode.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'
chmod 755 "$tmp" && mkdir -m 755 "$tmp/installed" || exit 1
line=$tmp/installed/line.so
filter=$samples/line/line_filter.o
install -m 755 "$ORIEL_BUILD/extensions/line.so" "$line" || exit 1
printf 'hello\nan error\nwarning: password=secret\nlast error' >"$tmp/in"
printf 'an error\nwarning: password=******\nlast error\n' >"$tmp/want"
modes='interpret jit jit-checked native'
# Machine code of modules is built with the host's compiler, without sanitizers' leave.
[ -z "${ORIEL_SANITIZE:-}" ] || modes='interpret jit jit-checked'

# --- programs ---
for mode in $modes; do
	run oriel run --extension "$line" --attach line --mode "$mode" "$filter" <"$tmp/in"
	ok "$mode: attached: exits" exits 0
	ok "$mode: attached: decides and changes" diff "$tmp/want" "$tmp/out"
	ok "$mode: attached: no word" quiet
	printf 'an error' >"$tmp/data"
	run oriel run --extension "$line" --data "$tmp/data" --mode "$mode" "$filter"
	ok "$mode: a test run: exits" exits 0
	ok "$mode: a test run: passes" out_has 'returned 0'
	run oriel run --extension "$line" --packet 00 --mode "$mode" "$filter"
	ok "$mode: a test run: drops" out_has 'returned 1'
done
run oriel run --extension "$line" --attach line --dump-maps "$filter" <"$tmp/in"
ok 'maps afterwards' out_has '  1: 1'
run oriel run --extension "$line" --attach line:line_filter --attach line "$filter" <"$tmp/in"
ok 'twice: runs' diff "$tmp/want" "$tmp/out"
run oriel run --extension "$line" --attach line --no-verify "$filter" <"$tmp/in"
ok 'unverified: runs' diff "$tmp/want" "$tmp/out"
run oriel run --extension "$line" --attach line "$filter" -- sh -c 'exit 7' <"$tmp/in"
ok 'with a command: its exit code' exits 7
mkfifo "$tmp/pipe"
(exec 3>"$tmp/pipe"; printf 'error 1\n' >&3; sleep 30 & echo $! >"$tmp/sleeper"; wait) &
writer=$!
# Not the function: what is ended is to be the program itself.
"$ORIEL_BUILD/bin/oriel" run --extension "$line" --attach line "$filter" <"$tmp/pipe" >"$tmp/out" 2>"$tmp/err" &
reader=$!
i=0
while [ $i -lt 100 ] && ! grep -q 'error 1' "$tmp/out"; do
	sleep 0.1
	i=$((i + 1))
done
ok 'lines come while others may follow' out_is 'error 1'
# A shell's child in the background ignores ^C.
kill -TERM $reader
wait $reader
ok 'a signal ends it' [ $? -eq 0 ]
kill "$(cat "$tmp/sleeper")" 2>/dev/null
wait $writer 2>/dev/null
run oriel verify --extension "$line" "$filter"
ok 'verify: safe' exits 0
ok 'verify: of its type' out_has 'PASS   line '
run oriel inspect --extension "$line" "$filter"
ok 'inspect: the type' out_has line_filter
run oriel spec show --extension "$line" line
ok 'spec: the type' out_has 'program type line'
run oriel disasm --extension "$line" "$filter"
ok 'disasm: names of helpers' out_has line_hide
run oriel verify "$filter"
ok 'without it the type is not known' exits 1

# --- map types, functions by name, helpers for all ---
install -m 755 "$ORIEL_BUILD/extensions/kinds.so" "$tmp/installed/kinds.so" || exit 1
for mode in $modes; do
	run oriel run --extension "$tmp/installed/kinds.so" --mode "$mode" "$ORIEL_BUILD/bpf/ext_kinds.o"
	ok "$mode: a map type, a function, a helper: exits" exits 0
	ok "$mode: a map type, a function, a helper: does it all" out_has 'returned 131'
	ok "$mode: its maps and what is in them go" err_has 'kinds: 0 maps and 0 elements are left of 1 maps'
done
run oriel run --extension "$tmp/installed/kinds.so" --map looked_after:1=2 "$ORIEL_BUILD/bpf/ext_kinds.o"
ok 'the extension refuses what the command line puts in' exits 64
ok 'the extension refuses: says so' err_has "looked_after does not take '2' for key '1'"
run oriel verify --extension "$tmp/installed/kinds.so" "$ORIEL_BUILD/bpf/ext_kinds.o"
ok 'a map type, a function, a helper: verify' exits 0
run oriel verify "$ORIEL_BUILD/bpf/ext_kinds.o"
ok 'without the extension: not safe' exits 1

# --- finding ---
export ORIEL_EXTENSION_PATH="$tmp/none:$tmp/installed"
run oriel extension list
ok 'list: names it' out_has 'line'
run oriel extension --json list
have_json_parser && ok 'list: JSON' json_parses
ok 'list: JSON has it' out_has '"name": "line"'
run oriel extension show line
ok 'show: the hook' out_has 'hook          line, for programs in sections "line"'
run oriel extension --json show line
have_json_parser && ok 'show: JSON' json_parses
run oriel run --extension line --attach line "$filter" <"$tmp/in"
ok 'by name: runs' diff "$tmp/want" "$tmp/out"
run oriel extension show none
ok 'no such name' exits 2
ok 'no such name: where it was looked for' err_has "$tmp/installed"
ORIEL_EXTENSION_PATH=. run oriel extension list
ok 'no folder that depends on where one is' exits 64
cd "$tmp/installed" || exit 1
ORIEL_EXTENSION_PATH='' run oriel extension show line
ok 'the current folder is not searched' exits 2
run oriel extension show ./line.so
ok 'a file of the current folder' exits 0
cd "$tmp" || exit 1

# --- refusing ---
refused() { # NAME TEXT
	run oriel run --extension "$tmp/other/line.so" --attach line "$filter" <"$tmp/in"
	ok "$1: refused" exits 2
	ok "$1: says why" err_has "$2"
	ok "$1: nothing runs" no_out
}
mkdir -m 755 "$tmp/other"
install -m 755 "$line" "$tmp/other/line.so"
chmod 775 "$tmp/other/line.so"
refused "the group's to write" 'others may write to it'
chmod 757 "$tmp/other/line.so"
refused "everybody's to write" 'others may write to it'
chmod 755 "$tmp/other/line.so" && chmod 777 "$tmp/other"
refused "everybody's folder" "$tmp/other: others may write to it"
chmod 1777 "$tmp/other"
run oriel extension show "$tmp/other/line.so"
ok 'a folder like /tmp' exits 0
chmod 755 "$tmp/other"
if [ "$(id -u)" = 0 ]; then
	chown 65534 "$tmp/other/line.so"
	refused "another user's" 'belongs to another user'
	chown 0 "$tmp/other/line.so" && chown 65534 "$tmp/other"
	refused "another user's folder" 'belongs to another user'
	chown 0 "$tmp/other"
else
	skip "another user's" 'not root'
fi
ln -s "$tmp/none" "$tmp/other/link.so"
run oriel extension show "$tmp/other/link.so"
ok 'a link to nothing' exits 2
run oriel extension show "$tmp/other"
ok 'a folder' err_has 'no regular file'
cp "$filter" "$tmp/other/line.so"
refused 'a file of another kind' line.so
if command -v cc >/dev/null; then
	echo 'int nothing;' >"$tmp/other.c"
	cc -shared -fPIC -o "$tmp/other/line.so" "$tmp/other.c"
	refused 'a library that is no extension' 'no function oriel_extension_entry'
else
	skip 'a library that is no extension' 'no cc'
fi
run oriel run --extension "$line" --spec "$filter" "$filter"
ok 'along with --spec' exits 64
run oriel run --extension "$line" --extension "$line" --attach line "$filter" <"$tmp/in"
ok 'twice the same' exits 2
ok 'twice the same: says why' err_has 'provides that already'
run oriel run --extension "$line" --attach bind "$filter" -- true
ok 'another hook' exits 2
run oriel run --extension "$line" --attach lines "$filter"
ok 'no such hook' exits 64
finish
