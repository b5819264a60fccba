#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel spec`: what it lists, shows and exports.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
row() { # WORDS...: a line of the output has these words, whatever the blanks
	sed -e 's/^ *//' -e 's/  */ /g' "$tmp/out" | grep -qxF -e "$*" || { cat "$tmp/out"; false; }
}
no_row() { ! row "$@" >/dev/null; }

run oriel spec list
ok 'list' exits 0
ok 'list: a program type of each dialect' row bind windows 2 bind_md_t -
ok 'list: the same name elsewhere' row xdp linux 6 xdp_md -
ok 'list: the shared type' row raw both 0 - raw
ok 'list: a section' row cgroup/connect4 windows sock_addr cgroup_inet4_connect
ok 'list: a section without attach type' row socket linux socket_filter -
ok 'list: a map type' row ringbuf 13 27 no_key
ok 'list: a map type of one dialect' row arena - 33 no_key
ok 'list: a helper' row bpf_ktime_get_ns windows 9 all yes
ok 'list: a helper of a type' row bpf_xdp_adjust_head windows 0x10000 xdp yes
run oriel spec list --dialect windows
ok 'list of one dialect' row bpf_ktime_get_ns windows 9 all yes
ok 'list of one dialect: not the other' [ "$(grep -cw linux "$tmp/out")" -eq 1 ] # the column of map types
ok 'list of one dialect: no map type of the other' no_row arena - 33 no_key

run oriel spec show bind --dialect windows
ok 'show a program type' exits 0
ok 'show: its dialect' row 'program type bind (windows)'
ok 'show: its GUID' row guid 608c517c-6c52-4a26-b677-bb1c34425adf
ok 'show: its context' row context bind_md_t, 56 bytes
ok 'show: a field' row 8 8 app_id_end read data_end
ok 'show: a verdict' row 3 PERMIT_HARD
ok 'show: a helper' row 1 bpf_map_lookup_elem all yes
ok 'show: the attach type of that name' row 'attach type bind (windows)'
run oriel spec show sock_addr
ok 'show: a field that may be written' row 24 16 user_ip 'read, write' scalar
ok 'show: a helper of its own' row 0x10001 bpf_sock_addr_set_redirect_context sock_addr no
run oriel spec show sched_cls
ok 'show: a negative verdict' row -1 UNSPEC
run oriel spec show bpf_csum_diff
ok 'show a helper' exits 0
ok 'show a helper: Windows' row 'helper bpf_csum_diff (windows)'
ok 'show a helper: Linux' row 'helper bpf_csum_diff (linux)'
ok 'show a helper: id' row id 28
ok 'show a helper: return' row returns integer
ok 'show a helper: first argument' row r1 readable memory or NULL
ok 'show a helper: last argument' row r5 any value
ok 'show a helper: what it does' row 'sum in 32 bits; -22: a size is no multiple of 4.'
run oriel spec show 169
ok 'show a helper by its number' row 'helper bpf_timer_init (linux)'
ok 'show a helper by its number: why it is not offered' row offered no: there are no timers yet
run oriel spec show 0x10000 --dialect windows
ok 'show the helpers of types by their number' row 'helper bpf_xdp_adjust_head (windows)'
ok 'show the helpers of types by their number: all of them' row 'helper bpf_sock_ops_get_flow_id (windows)'
ok 'show the helpers of types by their number: as it is written' row id 0x10000
run oriel spec show 9999
ok 'show a number that no helper has' err_has "nothing is called '9999'"
run oriel spec show bpf_kptr_xchg
ok 'show a helper: what it returns' row returns what the field pointed to, or NULL
ok 'show a helper: its flags' row flags acquires, releases
run oriel spec show bpf_redirect_map --dialect linux
ok 'show a helper: who may call it' row programs xdp
ok 'show a helper: which maps' row maps devmap, cpumap, xskmap, devmap_hash
run oriel spec show bpf_spin_lock
ok 'show a helper: who may not call it' row programs all but socket_filter, kprobe, tracepoint, perf_event, \
	raw_tracepoint, raw_tracepoint_writable
run oriel spec show bpf_iter_num_new
ok 'show a kernel function' row 'kernel function bpf_iter_num_new (linux)'
ok 'show a kernel function: its first argument' row r1 where an iterator goes
run oriel spec show percpu_array
ok 'show a map type' row flags per_cpu, index_key
run oriel spec show xdp --dialect linux
ok 'show in one dialect' row 2 PASS
ok 'show in one dialect: not the other' no_row 'program type xdp (windows)'

run oriel spec show nonesuch
ok 'show an unknown name' exits 64
ok 'show an unknown name: says so' err_has "nothing is called 'nonesuch'"
ok 'show an unknown name: prints nothing' no_out
run oriel spec show nonesuch --json
ok 'show an unknown name as JSON' exits 64
ok 'show an unknown name as JSON: prints nothing' no_out
run oriel spec show bind --dialect linux
ok 'show a name of the other dialect' err_has "'bind' in linux"
run oriel spec show
ok 'show nothing' exits 64
run oriel spec list bind
ok 'list takes no name' exits 64
run oriel spec show bind xdp
ok 'one name' exits 64
run oriel spec frobnicate
ok 'unknown action' exits 64
ok 'unknown action: which there are' err_has 'list show export'

run oriel spec export
ok 'export' exits 0
ok 'export has no messages' quiet
cp "$tmp/out" "$tmp/export"
run oriel spec list --json
ok 'list --json is the export' diff "$tmp/export" "$tmp/out"
third=$ORIEL_SOURCE/fuzz/corpus/spec/third_party.json
run oriel spec export --spec "$tmp/export"
ok '--spec: an export gives the same again' diff "$tmp/export" "$tmp/out"
run oriel spec export --spec "$third"
ok '--spec: a type of others' exits 0
cp "$tmp/out" "$tmp/both"
run oriel spec export --spec "$tmp/both"
ok '--spec: exported with the others, the same again' diff "$tmp/both" "$tmp/out"
run oriel spec show example_flow --spec "$third"
ok '--spec: shows the type' row 'program type example_flow (windows)'
ok '--spec: and its range of results' row result 0 to 2
ok '--spec: and its helper' row 0x10000 example_flow_cookie example_flow no
run oriel spec show example_flow
ok 'without --spec there is no such type' exits 64
sed 's/"id": 65536/"id": 0/' "$third" >"$tmp/bad.json"
run oriel spec list --spec "$tmp/bad.json"
ok '--spec: a bad row' exits 2
ok '--spec: a bad row: where and what' err_has 'line 24: helper example_flow_cookie: numbers begin with 1'
ok '--spec: a bad row: prints nothing' no_out
run oriel spec list --spec "$tmp/nonesuch.json"
ok '--spec: no file' exits 2
if command -v python3 >/dev/null; then
	run oriel spec show bpf_csum_diff --json
	mv "$tmp/out" "$tmp/one"
	run oriel spec export --dialect windows
	mv "$tmp/out" "$tmp/windows"
	run python3 "$ORIEL_SOURCE/test/tool/spec_export.py" "$tmp/export" "$tmp/windows" "$tmp/one"
	ok 'the exported object is as documented' exits 0
else
	skip 'the exported object is as documented' 'no python3'
fi
finish
