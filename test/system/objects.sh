#!/bin/sh
# SPDX-License-Identifier: MIT
# Objects that are compiled here: no dialect, programs that fail, a damaged program beside a good one.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang with the bpf target'
compile() { # NAME, source on standard input
	cat >"$tmp/$1.c" # a file, so that its lines get into the object
	"$ORIEL_CLANG" -target bpf -O2 -g -I "$ORIEL_SOURCE/include" -c "$tmp/$1.c" -o "$tmp/$1.o" || exit 1
}
production() { [ "${ORIEL_PRODUCTION:-}" = ON ]; }

compile either <<'EOF_C'
__attribute__((section("xdp"))) int either(void *ctx) { return 1; }
EOF_C
run oriel inspect "$tmp/either.o"
ok 'no evidence: inspect goes on' exits 0
ok 'no evidence: inspect warns' err_has 'dialect is unknown'
run oriel disasm "$tmp/either.o"
ok 'no evidence: disasm goes on' exits 0
ok 'no evidence: disasm warns' err_has 'dialect is unknown'
run oriel inspect --json "$tmp/either.o"
ok 'no evidence: in JSON' out_has '"dialect": "unknown"'
run oriel run "$tmp/either.o"
ok 'no evidence: run refuses' [ "$status" -ne 0 ]
ok 'no evidence: run asks for --dialect' err_has '--dialect'
ok 'no evidence: run prints nothing' no_out
if ! production; then
	run oriel run --dialect windows "$tmp/either.o"
	ok 'as windows, 1 passes' out_has 'returned 1 PASS'
	ok 'says who decided' out_has '--dialect'
	run oriel run --dialect=linux "$tmp/either.o"
	ok 'as linux, 1 drops' out_has 'returned 1 DROP'
fi

compile flow <<'EOF_C'
struct flow { char *data, *data_end; unsigned long long id; };
static int (*cookie)(struct flow *ctx, void *to, unsigned size) = (void *)65536;
__attribute__((section("example_flow/first"))) int first(struct flow *ctx) { return ctx->id == 7; }
__attribute__((section("example_flow/third"))) int third(struct flow *ctx) { return (int)ctx->id; }
__attribute__((section("example_flow/second"))) int second(struct flow *ctx)
{
	long to = 0;
	return cookie(ctx, &to, sizeof(to)) > 0; /* its results are 0 to 2 */
}
EOF_C
third=$ORIEL_SOURCE/fuzz/corpus/spec/third_party.json
run oriel inspect --dialect windows "$tmp/flow.o"
ok 'a type of others is not known' [ "$(grep -c example_flow_hook "$tmp/out")" -eq 0 ]
run oriel inspect --spec "$third" --json "$tmp/flow.o"
ok '--spec: the section names the type' out_has '"type": "example_flow"'
ok '--spec: the section tells the dialect' out_has 'exists in the windows dialect only'
run oriel disasm --spec "$third" "$tmp/flow.o"
ok '--spec: disasm names the helper' out_has 'example_flow_cookie'
run oriel verify --spec "$third" --program second "$tmp/flow.o"
ok '--spec: verify takes its contracts' exits 0
run oriel verify --spec "$third" --program third "$tmp/flow.o"
ok '--spec: verify takes its range of results' exits 1
run oriel verify "$tmp/flow.o"
ok '--spec: without it the type is not known' [ "$status" -ne 0 ]
if ! production; then
	run oriel run --spec "$third" --program first --set flow_id=7 "$tmp/flow.o"
	ok '--spec: runs with its context, has its verdicts' out_has 'returned 1 BLOCK'
	run oriel run --spec "$third" --program first --type example_flow --set flow_id=7 "$tmp/flow.o"
	ok '--spec: --type takes its name' out_has 'returned 1 BLOCK'
	run oriel run --spec "$third" --program first --type example_flows "$tmp/flow.o"
	ok '--spec: the choices have it' err_has 'sample, example_flow'
	run oriel run --spec "$third" --program second "$tmp/flow.o"
	ok '--spec: its helpers are not offered' err_has 'example_flow_cookie, is not offered: it comes with a provider'
fi

compile aside <<'EOF_C'
#include "bpf_helpers.h"
#include "ebpf_nethooks.h"
SEC("?bind/one") int one(bind_md_t *ctx) { return 1; }
SEC("bind/two") int two(bind_md_t *ctx) { return 0; }
SEC("?bind/three") int three(bind_md_t *ctx) { return 3; }
EOF_C
run oriel inspect --json "$tmp/aside.o"
ok '"?": listed' out_has '"section": "?bind/one"'
ok '"?": has its type' [ "$(grep -c '"type": "bind"' "$tmp/out")" -eq 3 ]
ok '"?": said' [ "$(grep -c '"optional": true' "$tmp/out")" -eq 2 ]
if ! production; then
	run oriel run "$tmp/aside.o"
	ok '"?": the other one runs' out_has 'two'
	run oriel run --program three "$tmp/aside.o"
	ok '"?": runs when it is named' out_has 'returned 3'
fi

compile fails <<'EOF_C'
#include "bpf_helpers.h"
SEC("bind") int loop(bind_md_t *ctx)
{
	for (;;)
		__asm__ volatile("");
	return 0;
}
SEC("bind") int reach(bind_md_t *ctx)
{
	return *(volatile int *)0x1234;
}
SEC("bind") int good(bind_md_t *ctx)
{
	bpf_printk("%d %x %s", 1, 0xabc, 0);
	return BIND_PERMIT_HARD;
}
EOF_C
run oriel run "$tmp/fails.o"
ok 'several programs: one must be named' [ "$status" -ne 0 ]
ok 'several programs: says how' err_has '--program'
run oriel run --program bind "$tmp/fails.o"
ok 'several programs: their section is no answer' [ "$status" -ne 0 ]
if ! production; then
	run oriel run --program good "$tmp/fails.o"
	ok 'the good one runs' out_has 'returned 3 PERMIT_HARD'
	run oriel run --no-verify --program loop --budget 1000 "$tmp/fails.o"
	ok 'endless loop: stopped' exits 1
	ok 'endless loop: hint' err_has '--budget'
	ok 'endless loop: no result' no_out
	run oriel run --no-verify --program loop --budget 1000 --json "$tmp/fails.o"
	ok 'endless loop in JSON: exit code' exits 1
	ok 'endless loop in JSON: error' out_has '"error": {'
	ok 'endless loop in JSON: parses' json_parses
	run oriel run --no-verify --program reach "$tmp/fails.o"
	ok 'wild access: stopped' exits 1
	ok 'wild access: address' err_has 0x1234
	ok 'wild access: source line' err_has 'return *(volatile int *)0x1234;'
	run oriel run --no-verify --program reach --json "$tmp/fails.o"
	ok 'wild access in JSON: address' out_has '"address": 4660'
fi

compile damaged <<'EOF_C'
#include "bpf_helpers.h"
SEC("bind") int broken(bind_md_t *ctx)
{
	__asm__ volatile(".quad 0xffffffffffffffff");
	return 0;
}
SEC("sockops") int whole(bpf_sock_ops_t *ctx)
{
	return 0;
}
EOF_C
run oriel disasm "$tmp/damaged.o"
ok 'damaged program: exit code' exits 2
ok 'damaged program: is named' err_has broken
ok 'damaged program: the other is shown' out_has '<whole>:'
run oriel disasm --json "$tmp/damaged.o"
ok 'damaged program in JSON: parses' json_parses
ok 'damaged program in JSON: exit code' exits 2
run oriel disasm --program whole "$tmp/damaged.o"
ok 'damaged program: who does not ask for it is not bothered' exits 0
run oriel inspect "$tmp/damaged.o"
ok 'damaged program: inspect' exits 2
ok 'damaged program: inspect shows both' grep -Eq '^  bind +broken +bind +damaged' "$tmp/out"
run oriel run --program whole "$tmp/damaged.o"
production || ok 'damaged program: the other runs' exits 0

compile callback <<'EOF_C'
static long (*const loop)(unsigned n, void *fn, void *arg, unsigned long long flags) = (void *)181;
static long each(unsigned i, void *arg)
{
	return i > 3;
}
__attribute__((section("xdp"), used)) int caller(void *ctx)
{
	return loop(10, each, 0, 0);
}
EOF_C
run oriel inspect --json --dialect linux "$tmp/callback.o"
ok 'callback: its slots are apart' grep -q '"callback_insns": [1-9]' "$tmp/out"

: | compile nothing
run oriel inspect "$tmp/nothing.o"
ok 'object without programs: inspect' exits 0
run oriel disasm "$tmp/nothing.o"
ok 'object without programs: disasm' exits 0
run oriel run "$tmp/nothing.o"
ok 'object without programs: run' [ "$status" -ne 0 ]
# Every prefix of an object is an error or an object, never a crash.
size=$(wc -c <"$tmp/fails.o")
n=0 worst=0
while [ $n -lt "$size" ]; do
	head -c $n "$tmp/fails.o" >"$tmp/cut.o"
	run oriel inspect --json "$tmp/cut.o"
	[ "$status" -eq 2 ] || [ "$status" -eq 0 ] || worst=$status
	n=$((n + size / 40))
done
status=$worst
ok 'cut objects' exits 0
finish
