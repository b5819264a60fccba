#!/bin/sh
# SPDX-License-Identifier: MIT
# What inspect shows of an object that has some of everything, as text and as JSON.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang with the bpf target'
command -v python3 >/dev/null || skip_all 'no python3'
cat >"$tmp/all.c" <<'EOF_C'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct flow {
	unsigned packets, bytes;
} __attribute__((preserve_access_index));
struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 4);
} first SEC(".maps"), second SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &first, [2] = &second } };
int two(struct xdp_md *ctx);
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} progs SEC(".maps") = { .values = { [1] = (void *)&two } };

long total = 7;
const volatile unsigned short limits[3] = { 1, 2, 3 };
static struct flow *last[2];
extern int LINUX_KERNEL_VERSION __kconfig;
extern void outside(int) __ksym __weak;

static __noinline int deep(int x)
{
	return x ^ (int)total;
}
static long each(__u32 i, void *arg)
{
	return deep(i) > 3;
}
static __noinline int called(struct flow *flow)
{
	last[1] = flow;
	__sync_fetch_and_add(&total, 1);
	return flow->bytes + limits[2];
}
SEC("xdp") int one(struct xdp_md *ctx)
{
	bpf_loop(10, each, (void *)0, 0);
	bpf_tail_call(ctx, &progs, 1);
	return called((void *)(long)ctx->data) + LINUX_KERNEL_VERSION;
}
SEC("xdp/devmap") int two(struct xdp_md *ctx)
{
	unsigned key = 0;

	if (outside)
		outside(1);
	return bpf_map_lookup_elem(&outer, &key) != 0;
}
EOF_C
"$ORIEL_CLANG" -target bpf -mcpu=v3 -O2 -g -I "$ORIEL_SOURCE/include" -c "$tmp/all.c" -o "$tmp/all.o" || exit 1

# ask NAME EXPRESSION: a Python expression over d, the answer, and p(name), a program.
ask() {
	ok "$1" python3 -c 'import json, sys
d = json.load(open(sys.argv[1], encoding="utf-8"))
p = lambda name: next(p for p in d["programs"] if p["name"] == name)
m = lambda name: next(m for m in d["maps"] if m["name"] == name)
g = lambda name: next(g for g in d["globals"] if g["name"] == name)
r = lambda **want: [r for r in d["relocations"] if all(r.get(k) == v for k, v in want.items())]
sys.exit(0 if eval(sys.argv[2]) else json.dumps(d, indent=1)[:3000])' "$tmp/out" "$2"
}
run oriel inspect --json "$tmp/all.o"
ok 'json' exits 0
ok 'json: no messages' quiet
ask 'the keys' 'list(d) == ["file", "dialect", "dialect_why", "license", "sections", "programs", "maps", "globals", "relocations", "btf", "core", "warnings"]'
ask 'functions, each a line' 'sorted(p["name"] for p in d["programs"]) == ["called", "deep", "each", "one", "two"]'
ask 'which are called only' 'sorted(p["name"] for p in d["programs"] if p["subprogram"]) == ["called", "deep", "each"]'
ask 'types and attach types' 'p("one")["type"] == "xdp" and p("two")["attach_type"] == "xdp_devmap"'
ask 'slots: callees are in them, callbacks and what only they call are not' \
	'p("called")["insns"] < p("one")["insns"] and p("one")["callback_insns"] == p("each")["insns"] and p("each")["insns"] > p("deep")["insns"]'
ask 'statistics have every group' 'sorted(p("one")["stats"]) == sorted("alu alu64 load store atomic lddw jump jump32 call_helper call_local call_kfunc call_register exit packet".split())'
ask 'statistics: their sum is the slots' 'all(sum(p["stats"].values()) + p["stats"]["lddw"] == p["insns"] for p in d["programs"])'
ask 'statistics: calls' 'p("one")["stats"]["call_helper"] == 2 and p("one")["stats"]["call_local"] == 1 and p("one")["stats"]["atomic"] == 1 and p("two")["stats"]["call_kfunc"] == 1'
ask 'maps hold maps' 'm("outer")["values"] == [{"key": 0, "map": "first"}, {"key": 2, "map": "second"}] and m("outer")["inner"] == "outer.inner"'
ask 'maps hold programs' 'm("progs")["values"] == [{"key": 1, "program": "two"}]'
ask 'map sizes, pinning' 'm("first")["value_size"] == 8 and m("outer")["pinning"] == "by_name" and m("first")["pinning"] == "none"'
ask 'variables' '[(v["name"], v["offset"], v["size"], v["type"]) for v in g(".data")["variables"]] == [("total", 0, 8, "long")]'
ask 'variables that are read only' 'g(".rodata")["read_only"] and [(v["name"], v["size"], v["type"]) for v in g(".rodata")["variables"]] == [("limits", 6, "const volatile unsigned short[3]")]'
ask 'variables: zeros' '[(v["name"], v["size"], v["type"]) for v in g(".bss")["variables"]] == [("last", 16, "struct flow *[2]")]'
ask 'variables: the configuration' '[(v["name"], v["type"]) for v in g(".kconfig")["variables"]] == [("LINUX_KERNEL_VERSION", "int")]'
ask 'relocations: a map' 'len(r(kind="map", program="one", target="progs")) == 1 and r(kind="map", target="progs")[0]["section"] == "xdp"'
ask 'relocations: a variable' 'len(r(kind="global", program="called", target=".bss")) == 1'
ask 'relocations: a callback' 'r(kind="function", program="one")[0]["target"] == "each"'
ask 'relocations: a call' 'r(kind="call", program="one")[0]["target"] == "called"'
ask 'relocations: configuration' 'r(kind="kconfig")[0]["symbol"] == "LINUX_KERNEL_VERSION"'
ask 'relocations: outside' 'r(kind="extern", symbol="outside")[0]["target"] is None and r(kind="variable", symbol="outside") != []'
ask 'relocations: what maps hold' 'len(r(kind="value", section=".maps")) == 3 and len(r(kind="value", target="two")) == 1'
ask 'relocations: CO-RE' '[(x["symbol"], x["value"]) for x in r(kind="field_byte_offset")] == [("struct flow.bytes (0:1)", 4)]'
ask 'btf' 'd["btf"]["types"] == sum(d["btf"]["kinds"].values()) and d["btf"]["lines"] > 10'

run oriel inspect --json --program two "$tmp/all.o"
ask '--program: that program' '[p["name"] for p in d["programs"]] == ["two"]'
ask '--program: its maps and their templates' 'sorted(m["name"] for m in d["maps"]) == ["outer", "outer.inner"] and d["globals"] == []'
ask '--program: its relocations' 'd["relocations"] != [] and all(x["program"] == "two" for x in d["relocations"])'
ask '--program: nothing of the file' '"sections" not in d and "btf" not in d'
for part in sections programs maps globals relocations; do
	run oriel inspect --json --only $part "$tmp/all.o"
	ask "--only $part" "[k for k in d if k in ('sections', 'programs', 'maps', 'globals', 'relocations', 'btf', 'core')] == ['$part'] and d['$part']"
done
run oriel inspect --json --only btf "$tmp/all.o"
ask '--only btf' '"btf" in d and "core" in d and "programs" not in d'
run oriel inspect --only colours "$tmp/all.o"
ok '--only another part' exits 64
run oriel inspect --program three "$tmp/all.o"
ok '--program another one' exits 64
ok '--program another one: hint' err_has 'hint: '
run oriel inspect --program xdp "$tmp/all.o"
ok '--program SECTION' exits 0

run oriel inspect "$tmp/all.o"
ok 'text' exits 0
ok 'text: columns as netsh has them' grep -Eq '^  section +program +type +size ' "$tmp/out"
ok 'text: a program' grep -Eq '^  xdp +one +xdp +[0-9]+ +[1-9][0-9]* +no$' "$tmp/out"
ok 'text: what maps hold' grep -Eq '^  outer +2 +map second$' "$tmp/out"
ok 'text: a variable' grep -Eq '^  \.bss +last +0 +16 +struct flow \*\[2\]$' "$tmp/out"
ok 'text: relocations on request' sh -c "! grep -q '^Relocations' '$tmp/out'"
run oriel inspect --only relocations "$tmp/all.o"
ok 'text: relocations' grep -Eq '^  xdp +0x[0-9a-f]+ +call +[^ ]+ +called$' "$tmp/out"
ok 'text: outside' grep -Eq 'extern +outside +outside$' "$tmp/out"
run oriel inspect --only programs "$tmp/all.o"
ok 'text: statistics' grep -Eq '^  two +.*1 call_kfunc' "$tmp/out"
finish
