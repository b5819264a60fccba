#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples through every command.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
need_samples
hello=$samples/hello_world.o

run oriel disasm "$hello"
ok 'disasm' exits 0
ok 'disasm: nothing on standard error' quiet
sed 1d "$tmp/out" >"$tmp/body"
cat >"$tmp/want" <<'WANT'

Disassembly of section bind:

0000000000000000 <HelloWorld>:
       0:	r1 = 0x21646c72
       1:	*(u32 *)(r10 - 0x8) = r1
       2:	r1 = 0x6f57206f6c6c6548 ll
       4:	*(u64 *)(r10 - 0x10) = r1
       5:	r1 = 0x0
       6:	*(u8 *)(r10 - 0x4) = r1
       7:	r1 = r10
       8:	r1 += -0x10
       9:	r2 = 0xd
      10:	call 0xc <bpf_trace_printk2>
      11:	r0 = 0x0
      12:	exit
WANT
ok 'disasm: as recorded' diff "$tmp/want" "$tmp/body"
ok 'disasm: says the dialect' grep -q 'windows dialect (' "$tmp/out"

run oriel disasm --source --program HelloWorld "$hello"
ok 'disasm --source' out_has 'bpf_printk("Hello World!");'
ok 'disasm --source: file and line' out_has 'hello_world.c:'
run oriel disasm --program bind "$hello"
ok 'disasm by section' out_has '<HelloWorld>:'
run oriel disasm --program nothing "$hello"
ok 'disasm: unknown program is a usage error' exits 64
ok 'disasm: unknown program, where to look' err_has 'oriel inspect'
run oriel disasm "$samples/bind_count.o"
ok 'disasm: subprogram follows' out_has '<count_bind>:'
ok 'disasm: map has its name' out_has 'binds'

run oriel inspect "$hello"
ok 'inspect' exits 0
ok 'inspect: program' grep -Eq '^  bind +HelloWorld +bind +13 +0 +no$' "$tmp/out"
run oriel inspect "$samples/bind_count.o"
ok 'inspect: subprogram' grep -Eq '^  .text +count_bind +.* yes$' "$tmp/out"
ok 'inspect: map' grep -Eq '^  binds +array +4 +8 +1 ' "$tmp/out"

# Every sample through every command; what they print is parsed as one list.
printf '[0' >"$tmp/list"
listed() { # COMMAND...: what it prints joins the list
	run oriel --json "$@"
	ok "$(basename "$object"): $*" exits 0
	{ echo , && cat "$tmp/out"; } >>"$tmp/list"
}
for object in "$samples"/*.o; do
	listed inspect "$object"
	listed disasm --source "$object"
	[ "${ORIEL_PRODUCTION:-}" != ON ] || continue
	case $object in
	*/tail_calls*) listed run --dump-maps --trace --program parse_ethernet "$object" ;;
	*/connection_count*) listed run --dump-maps --trace --program connect4 "$object" ;;
	*/connection_log*) listed run --dump-maps --trace --program LogConnect4 "$object" ;;
	*/connect_redirect*) ;; # its helpers come with the hook
	*/strings*) listed run --policy allow-leaks --dump-maps --trace "$object" ;;
	*) listed run --dump-maps --trace "$object" ;;
	esac
done
if have_json_parser; then
	{ cat "$tmp/list" && echo ']'; } >"$tmp/out"
	ok 'JSON parses' json_parses
else
	skip 'JSON parses' 'neither python3 nor jq'
fi
run oriel --json inspect "$hello"
ok 'inspect --json: insns' out_has '"insns": 13'
ok 'inspect --json: dialect' out_has '"dialect": "windows"'

run oriel run "$hello"
if [ "${ORIEL_PRODUCTION:-}" = ON ]; then
	ok 'production: cannot run' exits 1
	ok 'production: says why' err_has 'production'
	run oriel run --mode interpret "$hello"
	ok 'production: --mode interpret' exits 1
	ok 'production: --mode interpret says why' err_has 'a production build has no interpreter'
	ok 'production: no interpreter inside' sh -c "! nm '$ORIEL_BUILD/bin/oriel$ORIEL_EXE' | grep -i interp"
	finish
fi
ok 'run' exits 0
ok 'run: printed line comes first' [ "$(sed -n 1p "$tmp/out")" = 'Hello World!' ]
ok 'run: result with its name' grep -Eq '^HelloWorld \(bind, windows dialect: .*\) returned 0 PERMIT_SOFT$' "$tmp/out"
ok 'run: two lines' [ "$(wc -l <"$tmp/out")" -eq 2 ]
run oriel run - <"$hello"
ok 'run from standard input' out_has 'Hello World!'
run oriel run --trace "$hello"
ok 'run --trace' grep -Eq '^\[ +0\.[0-9]{6}\] HelloWorld: Hello World!$' "$tmp/out"
run oriel run --json "$hello"
ok 'run --json: verdict' out_has '"verdict": "PERMIT_SOFT"'
ok 'run --json: trace' out_has '"Hello World!"'
run oriel run --repeat 5 --dump-maps "$samples/bind_count.o"
ok 'run --repeat: five lines' [ "$(grep -c '^process 0: bind ' "$tmp/out")" -eq 5 ]
ok 'run --repeat: the last verdict' out_has 'returned 1 DENY'
ok 'run --repeat: duration' grep -Eq '^5 runs, [0-9]+ ns each$' "$tmp/out"
ok 'run --dump-maps' out_has '  0: 5'
printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\071\060\0\0\0\0\0\0' >"$tmp/ctx"
run oriel run --ctx "$tmp/ctx" "$samples/bind_count.o"
ok 'run --ctx' out_has 'process 12345: bind 1'
head -c 57 /dev/zero >"$tmp/long"
run oriel run --ctx "$tmp/long" "$samples/bind_count.o"
ok 'run --ctx: too long' exits 2
run oriel run --ctx "$tmp/none" "$samples/bind_count.o"
ok 'run --ctx: missing' exits 2
run oriel run --repeat x "$hello"
ok 'run --repeat: not a number' exits 64
run oriel run --repeat 0 "$hello"
ok 'run --repeat 0' exits 64
run oriel run --program nothing "$hello"
ok 'run: unknown program' err_has 'oriel inspect'
ok 'run: unknown program, exit code' [ "$status" -ne 0 ]
run oriel run --type nothing "$hello"
ok 'run: unknown type' exits 64
run oriel run --mode nothing "$hello"
ok 'run: unknown mode' exits 64
if oriel run --mode jit "$hello" 2>&1 | grep -q 'no JIT compiler'; then
	skip 'run --mode jit' 'there is no JIT compiler for this processor'
else
	for mode in jit jit-checked jit-blinded; do
		run oriel run --mode $mode "$hello"
		ok "run --mode $mode" out_has 'Hello World!'
		run oriel run --mode $mode --repeat 5 "$samples/bind_count.o"
		ok "run --mode $mode: maps" out_has 'returned 1 DENY'
	done
	run oriel run --no-verify --mode jit "$hello"
	ok 'run --no-verify --mode jit' out_has 'Hello World!'
fi
run oriel run --dialect linux "$hello"
ok 'run: no type in the other dialect' [ "$status" -ne 0 ]

# What the sources say that one can type.
workplace
. "$(dirname "$0")/packets.sh"
bytes d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000 00000000 00000000 01000000 01000000 00 >"$tmp/here/capture.pcap"
for source in "$ORIEL_SOURCE"/samples/*.c; do
	sed -n -e '/^#include/q' -e '/\\$/{N;s/\\\n \* *//}' -e 's/ \*\/$//' -e 's/^ \*     oriel /oriel /p' "$source" >"$tmp/commands"
	while IFS= read -r command; do
		case $command-$ORIEL_EXE$ORIEL_EMULATOR in
		*' cc '*-) ;;
		*' cc '*) continue ;; # the compiler is the host's
		esac
		run there "$command"
		ok "$(basename "$source"): $command" exits 0
	done <"$tmp/commands"
done

oriel run "$hello" 2>"$tmp/err" | true
ok 'a reader that has gone is no error' quiet
finish
