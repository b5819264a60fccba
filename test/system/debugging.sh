#!/bin/sh
# SPDX-License-Identifier: MIT
# What docs/debugging.md says: gdb stops at a line of the eBPF source and shows arguments and registers, perf counts by line.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "$ORIEL_EMULATOR" ] && [ -z "$ORIEL_EXE" ] || skip_all 'programs are compiled for this machine'
[ -z "${ORIEL_SANITIZE:-}" ] || skip_all 'what is compiled has none of the sanitizers'
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'this build runs no code that it made'
[ -e "$samples/bind_count.o" ] || skip_all 'no clang with the bpf target'
command -v gdb >/dev/null || skip_all 'no gdb'
clang=$ORIEL_CLANG
unset ORIEL_CLANG # it would choose the compiler of images
run gdb -nx -batch -ex run /bin/true
grep -q 'exited normally' "$tmp/out" || skip_all 'gdb cannot run programs here'
line=$(grep -n 'bpf_printk("process' "$ORIEL_SOURCE/samples/bind_count.c" | cut -d : -f 1)

debug() { # GDB-COMMAND...: with the arguments of oriel in $args
	set -- -ex 'set breakpoint pending on' -ex 'set pagination off' -ex 'set print address off' "$@"
	# shellcheck disable=SC2086
	run timeout 60 gdb -nx -batch "$@" --args "$ORIEL_BUILD/bin/oriel" $args
}
mkdir "$tmp/kept"
args="run --mode native --keep $tmp/kept --debug --set process_id=77 $samples/bind_count.o"
debug -ex "break bind_count.c:$line" -ex run -ex 'print process' -ex 'print r10' -ex up -ex 'print ctx->process_id' \
	-ex 'print ctx->operation' -ex 'print sizeof(*ctx)' -ex continue
ok 'a breakpoint at a line of the source' grep -q "^Breakpoint 1, BindCount_1_count_bind .*bind_count.c:$line" "$tmp/out"
ok 'an argument' grep -qx '\$1 = 77' "$tmp/out"
ok 'a register' grep -q '^\$2 = [0-9]*$' "$tmp/out"
ok 'who called it' grep -q '^#1 .*BindCount (.*bind_count.c' "$tmp/out"
ok 'a field of the context' grep -qx '\$3 = 77' "$tmp/out"
ok 'another' grep -qx '\$4 = 0' "$tmp/out"
ok 'and all of it' grep -qx '\$5 = 56' "$tmp/out"
ok 'and on to the end' grep -q 'returned 0 PERMIT_SOFT' "$tmp/out"
args="run --mode native --keep $tmp/kept --set process_id=77 $samples/bind_count.o"
debug -ex "break bind_count.c:$line" -ex run -ex 'info line'
ok 'in optimised code, too' grep -q "^Line $line of \".*bind_count.c\"" "$tmp/out"

run oriel run --mode native --keep "$tmp/kept" "$samples/bind_count.o"
ok 'a module that is kept' [ -s "$tmp/kept/BindCount.so" -a -s "$tmp/kept/BindCount.c" ]
if command -v lld-link-19 >/dev/null || command -v lld-link >/dev/null; then
	cd "$tmp" || exit 1
	run oriel native --unsigned --arch x86-64 --dwarf "$samples/bind_count.o"
	run gdb -nx -batch -ex "info line bind_count.c:$line" bind_count.sys.debug
	ok 'the twin of a driver knows the lines' grep -q "^Line $line of .* starts at address 0x14" "$tmp/out"
	run oriel native --debug "$samples/bind_count.o" -o bind_count.so
	run gdb -nx -batch -ex "info scope BindCount" -ex "info line bind_count.c:$line" bind_count.so
	ok 'and a library' grep -q "^Line $line of .* starts at address" "$tmp/out"
	ok 'with its arguments' grep -q '^Symbol ctx is a variable' "$tmp/out"
	case ${ORIEL_SIGN:-OFF} in
	OFF | FALSE) skip 'an image that runs' 'this build does not sign' ;;
	*)
		oriel key new >/dev/null
		run oriel native --debug --dwarf --arch x86-64 "$samples/bind_count.o"
		ok 'an image and its twin' [ -s bind_count.sys -a -s bind_count.sys.debug ]
		args='run --mode native --set process_id=77 bind_count.sys'
		if [ "$(uname -m)" = x86_64 ]; then
			debug -x "$ORIEL_SOURCE/tools/gdb/oriel.gdb" -ex 'oriel-image bind_count.sys.debug' \
				-ex "hbreak bind_count.c:$line" -ex continue -ex 'print process'
			if grep -qi 'hardware.*not\|could not insert' "$tmp/err"; then
				skip 'a breakpoint in an image' 'no hardware breakpoints'
			else
				ok 'a breakpoint in an image' grep -q "^Breakpoint 2, BindCount_1_count_bind .*bind_count.c:$line" "$tmp/out"
				ok 'with its arguments' grep -qx '\$1 = 77' "$tmp/out"
			fi
		fi
		;;
	esac
else
	skip 'images' 'no lld'
fi

# Samples by line.
cat >"$tmp/spin.c" <<'EOF_C'
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
cd "$tmp" || exit 1
"$clang" -target bpf -g -O2 -I "$ORIEL_SOURCE/include" -c spin.c -o spin.o || exit 1
if command -v perf >/dev/null && perf record -q -F 999 -o perf.data true >/dev/null 2>&1; then
	run perf record -q -F 999 -o perf.data "$ORIEL_BUILD/bin/oriel" run --mode native --keep kept --repeat 20000 spin.o
	run perf report -i perf.data --stdio --sort dso,sym,srcline --dsos Spin.so
	ok 'perf counts by line of the source' grep -qE 'Spin +spin.c:[89]' "$tmp/out"
else
	skip 'perf' 'no perf, or it may not count'
fi
finish
