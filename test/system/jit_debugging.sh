#!/bin/sh
# SPDX-License-Identifier: MIT
# What docs/debugging.md says of JIT-compiled programs: gdb stops at a line of the source and shows registers, perf names functions
# and lines.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "$ORIEL_EMULATOR" ] && [ -z "$ORIEL_EXE" ] || skip_all 'debuggers and profilers are those of this machine'
[ "$(uname -m)" = x86_64 ] || skip_all 'no JIT compiler for this processor'
[ -z "${ORIEL_SANITIZE:-}" ] || skip_all 'debuggers do not go with sanitizers'
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'this build compiles nothing'
[ -e "$samples/bind_count.o" ] || skip_all 'no clang with the bpf target'
cd "$tmp" || exit 1
export HOME="$tmp" # perf keeps copies there

run oriel run --debug-info gdb "$samples/bind_count.o"
ok 'only for modes that compile' exits 64
ok 'which it says' err_has 'for the modes jit'
run oriel run --mode jit --debug-info lldb "$samples/bind_count.o"
ok 'no other form' exits 64

# The file has the number of the process, which is the shell's.
# shellcheck disable=SC2016
as_process() { sh -c 'echo $$ >pid; exec "$@"' sh "$@"; }
run as_process "$ORIEL_BUILD/bin/oriel" run --mode jit --debug-info perf "$samples/bind_count.o"
map=/tmp/perf-$(cat pid).map
ok "perf's map" [ -f "$map" ]
ok 'is for its owner' [ "$(stat -c %a "$map")" = 600 ]
ok 'names the program' grep -qE '^[0-9a-f]+ [0-9a-f]+ BindCount$' "$map"
ok 'and its other function' grep -qE '^[0-9a-f]+ [0-9a-f]+ BindCount\.count_bind$' "$map"
rm -f "$map"
run oriel run --mode jit --debug-info jitdump "$samples/bind_count.o"
ok 'a jitdump' [ "$(head -c 4 jit-*.dump)" = DTiJ ]
ok 'for its owner' [ "$(stat -c %a jit-*.dump)" = 600 ]
rm -f jit-*.dump

run gdb -nx -batch -ex run /bin/true
if grep -q 'exited normally' out; then
	line=$(grep -n 'bpf_printk("process' "$ORIEL_SOURCE/samples/bind_count.c" | cut -d : -f 1)
	for mode in jit jit-checked; do
		run timeout 60 gdb -nx -batch -ex 'set breakpoint pending on' -ex 'set pagination off' -ex "break bind_count.c:$((line - 1))" \
			-ex "break bind_count.c:$line" -ex run -ex 'printf "before: %llu\n", *(unsigned long long *)r7' \
			-ex continue -ex 'printf "after: %llu\n", *(unsigned long long *)r7' -ex 'print r6' -ex 'print r10 != 0' -ex 'set $e = __jit_debug_descriptor.first' \
			-ex "dump binary memory $mode.elf \$e->file (char *)\$e->file + \$e->size" -ex continue \
			--args "$ORIEL_BUILD/bin/oriel" run --mode $mode --debug-info gdb --set process_id=77 "$samples/bind_count.o"
		ok "$mode: gdb stops at a line of the source" grep -q "^Breakpoint 2, count_bind () at .*bind_count.c:$line" out
		ok "$mode: and at the one before" grep -q "^Breakpoint 1, count_bind () at .*bind_count.c:$((line - 1))" out
		# That line adds one to the value.
		ok "$mode: before its code has run" grep -qx 'before: 0' out
		ok "$mode: and the other after it" grep -qx 'after: 1' out
		ok "$mode: a register" grep -qx '\$1 = 77' out
		ok "$mode: another" grep -qx '\$2 = 1' out
		ok "$mode: and on to the end" grep -q 'returned 0 PERMIT_SOFT' out
	done
	# The file that gdb was given, by another reader.
	dwarfdump=$(command -v llvm-dwarfdump || command -v llvm-dwarfdump-19 || command -v llvm-dwarfdump-14)
	if [ ! -s jit.elf ]; then
		skip 'the DWARF' 'this build has no symbols to find it by'
	elif [ -n "$dwarfdump" ]; then
		ok 'the DWARF is sound' "$dwarfdump" --verify jit.elf
		run "$dwarfdump" --debug-line jit.elf
		ok 'and has the line' grep -qE "^0x[0-9a-f]+ +$line " out
	else
		skip 'the DWARF' 'no llvm-dwarfdump'
	fi
else
	skip 'gdb' 'no gdb, or it cannot run programs here'
fi

cat >spin.c <<'EOF_C'
#include "bpf_helpers.h"
#include "ebpf_nethooks.h"
SEC("bind")
bind_action_t Spin(bind_md_t *ctx)
{
	uint64_t hash = ctx->process_id;

	for (int i = 0; i < 1000; i++)
		hash = (hash ^ (hash >> 7)) * 1099511628211ull;
	return hash == 1 ? BIND_DENY : BIND_PERMIT_SOFT;
}
EOF_C
if command -v perf >/dev/null && perf record -q -F 999 -o perf.data true >/dev/null 2>&1; then
	"$ORIEL_CLANG" -target bpf -g -O2 -I "$ORIEL_SOURCE/include" -c spin.c -o spin.o || exit 1
	# shellcheck disable=SC2016
	run perf record -q -F 999 -o perf.data sh -c 'echo $$ >pid; exec "$@"' sh "$ORIEL_BUILD/bin/oriel" run --mode jit --debug-info perf --repeat 50000 spin.o
	run perf report -i perf.data --stdio --sort sym
	ok 'perf counts by function' grep -qE ' Spin *$' out
	rm -f "/tmp/perf-$(cat pid).map"
	run perf record -q -k 1 -F 999 -o perf.data "$ORIEL_BUILD/bin/oriel" run --mode jit --debug-info jitdump --repeat 50000 spin.o
	if perf inject --jit -i perf.data -o perf.jit.data >inject 2>&1; then
		run perf report -i perf.jit.data --stdio --sort dso,sym,srcline
		ok 'and by line' grep -qE 'Spin +spin.c:[89]' out
	else
		skip 'by line' "perf inject: $(head -n 1 inject)"
	fi
else
	skip 'perf' 'no perf, or it may not count'
fi
finish
