#!/bin/sh
# SPDX-License-Identifier: MIT
# --kconfig: values of a kernel's configuration, from the command line and from a file.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang with the bpf target'
cat >"$tmp/asks.c" <<'EOF_C'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
extern int CONFIG_HZ __kconfig;
extern _Bool CONFIG_SMP __kconfig __weak;
extern const char CONFIG_LOCALVERSION[8] __kconfig __weak;
SEC("xdp") int ticks(struct xdp_md *ctx)
{
	return CONFIG_HZ;
}
SEC("xdp") int others(struct xdp_md *ctx)
{
	return CONFIG_LOCALVERSION[0] << 8 | CONFIG_SMP;
}
EOF_C
"$ORIEL_CLANG" -target bpf -O2 -g -I "$ORIEL_SOURCE/include" -c "$tmp/asks.c" -o "$tmp/asks.o" || exit 1
cat >"$tmp/config" <<'EOF_CONFIG'
#
# A kernel's
#
CONFIG_HZ=250
CONFIG_SMP=y
CONFIG_LOCALVERSION="-test"
# CONFIG_NUMA is not set
EOF_CONFIG

run oriel disasm --program ticks "$tmp/asks.o"
ok 'unknown: disasm' exits 0
run oriel disasm --program ticks --kconfig "$tmp/config" "$tmp/asks.o"
ok 'disasm: the value is in a map' out_has '.kconfig'
run oriel inspect --kconfig "$tmp/config" "$tmp/asks.o"
ok 'inspect' exits 0
ok 'inspect: no warning' quiet
if [ "${ORIEL_PRODUCTION:-}" != ON ]; then
	run oriel run --program ticks "$tmp/asks.o"
	ok 'run: an unknown value is refused' exits 1
	ok 'run: its name' err_has CONFIG_HZ
	ok 'run: says how to give it' err_has '--kconfig'
	run oriel run --program ticks --kconfig CONFIG_HZ=1000 "$tmp/asks.o"
	ok 'run: a value' out_has 'returned 1000'
	run oriel run --program ticks --kconfig "$tmp/config" "$tmp/asks.o"
	ok 'run: a file' out_has 'returned 250'
	run oriel run --program ticks --kconfig "$tmp/config" --kconfig CONFIG_HZ=300 "$tmp/asks.o"
	ok 'run: the last one counts' out_has 'returned 300'
	run oriel run --program others "$tmp/asks.o"
	ok 'run: weak ones without a value are 0' out_has 'returned 0'
	run oriel run --program others "--kconfig=$tmp/config" "$tmp/asks.o"
	ok 'run: a bool and a string' out_has "returned $((45 << 8 | 1))"
	run oriel run --program ticks --kconfig CONFIG_HZ=y "$tmp/asks.o"
	ok 'run: a value of another type' exits 2
	ok 'run: a value of another type is named' err_has 'variable CONFIG_HZ: y, m and n do not fit its type'
fi
run oriel inspect --kconfig CONFIG_HZ "$tmp/asks.o"
ok 'not NAME=value' exits 64
ok 'not NAME=value: hint' err_has 'hint: '
run oriel inspect --kconfig CONFIG_HZ=much "$tmp/asks.o"
ok 'no value' exits 64
run oriel inspect --kconfig "$tmp/none" "$tmp/asks.o"
ok 'no file' exits 2
printf 'CONFIG_A=y\nCONFIG_B\n' >"$tmp/bad"
run oriel inspect --kconfig "$tmp/bad" "$tmp/asks.o"
ok 'bad file' exits 2
ok 'bad file: the line' err_has 'line 2: '
run oriel inspect --kconfig "$tmp/asks.o" "$tmp/asks.o"
ok 'no text' exits 2
ok 'nothing is printed' no_out
finish
