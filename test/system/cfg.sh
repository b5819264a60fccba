#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel cfg`: text, graph and JSON of a program with a loop, a subprogram and a callback; programs that have no graph.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang with the bpf target'
compile() { "$ORIEL_CLANG" -target bpf -O2 -x c -c -o "$tmp/$1.o" -; }
compile loop <<'EOF_C'
static long (*helper)(void *key) = (void *)1;
static long (*bpf_loop)(unsigned n, void *callback, void *ctx, unsigned long long flags) = (void *)181;
static __attribute__((noinline)) long one(unsigned idx, void *ctx)
{
	*(unsigned *)ctx += idx;
	return 0;
}
static __attribute__((noinline)) int twice(int x)
{
	asm volatile("");
	return 2 * x;
}
__attribute__((section("xdp"), used)) int looper(unsigned *ctx)
{
	unsigned sum = 0, key = 7;
#pragma clang loop unroll(disable)
	for (unsigned i = 0; i < ctx[0]; i++) {
		if (i == 100)
			break;
		sum += helper(&key);
	}
	bpf_loop(3, (void *)one, &sum, 0);
	return twice((int)sum);
}
EOF_C
run oriel cfg "$tmp/loop.o"
ok 'text' exits 0
ok 'text: no complaint' quiet
ok 'text: the program' grep -Eq '^<looper>: slots 0 to [0-9]+, [0-9]+ blocks, 1 loop$' "$tmp/out"
ok 'text: the subprogram' out_has '<twice>: slots '
ok 'text: the call' grep -Eq '^slot [0-9]+: calls twice$' "$tmp/out"
ok 'text: the callback' grep -Eq '^slot [0-9]+: refers to one$' "$tmp/out"
ok 'text: the loop in the order' grep -Eq '^order: 0 .*\([0-9 ]+\)' "$tmp/out"
ok 'text: what the loop changes' grep -Eq '^	changes: r0 r1 r2 r3 r4 r5 ' "$tmp/out"
ok 'text: the threshold' grep -Eq '^compares with:.* (99|100)( |$)' "$tmp/out"
ok 'text: what is live' grep -Eq '^	live: r1( r[2345])* r10( |$)' "$tmp/out"
ok 'text: instructions' out_has 'call 0xb5'
run oriel cfg --program looper "$tmp/loop.o"
ok 'program' out_has '<looper>: '
run oriel cfg --program nothing "$tmp/loop.o"
ok 'unknown program' exits 64

run oriel cfg --dot "$tmp/loop.o"
ok 'dot' exits 0
ok 'dot: begins' [ "$(head -n 1 "$tmp/out")" = 'digraph "looper" {' ]
ok 'dot: as many braces' [ "$(tr -cd '{' <"$tmp/out" | wc -c)" -eq "$(tr -cd '}' <"$tmp/out" | wc -c)" ]
ok 'dot: the way back' grep -Eq '^  b[0-9]+ -> b[0-9]+ \[.*color=blue\];$' "$tmp/out"
ok 'dot: the call' grep -Eq '^  b[0-9]+ -> b[0-9]+ \[style=dashed\];$' "$tmp/out"
ok 'dot: the callback' grep -Eq '^  b[0-9]+ -> b[0-9]+ \[style=dotted\];$' "$tmp/out"
if command -v dot >/dev/null; then
	ok 'dot reads it' dot -Tsvg -o "$tmp/loop.svg" "$tmp/out"
else
	skip 'dot reads it' 'no graphviz'
fi
run oriel cfg --dot --json "$tmp/loop.o"
ok 'dot and json' exits 64

run oriel cfg --json --dialect linux "$tmp/loop.o"
ok 'json' exits 0
parses() { # NAME
	if have_json_parser; then
		ok "$1" json_parses
	else
		skip "$1" 'no parser'
	fi
}
parses 'json parses'
ok 'json: the loop' out_has '"irreducible": false'
ok 'json: no target' out_has '"target": null'

# A circle of calls has no graph.
compile circle <<'EOF_C'
static __attribute__((noinline)) int odd(int x);
static __attribute__((noinline)) int even(int x)
{
	asm volatile("" : "+r"(x));
	return x == 0 ? 1 : odd(x - 1) + 1;
}
static __attribute__((noinline)) int odd(int x)
{
	asm volatile("" : "+r"(x));
	return x == 0 ? 0 : even(x - 1) + 1;
}
__attribute__((section("xdp"), used)) int circle(int *ctx)
{
	return even(ctx[0]);
}
EOF_C
run oriel cfg "$tmp/circle.o"
ok 'circle' exits 1
ok 'circle: named' err_has 'even -> odd -> even'
run oriel cfg --json "$tmp/circle.o"
ok 'circle: json' out_has '"error": "slot '
parses 'circle: json parses'
finish
