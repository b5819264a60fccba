#!/bin/sh
# SPDX-License-Identifier: MIT
# What `oriel run` gives to programs: contexts by field, packets, captures, entries of maps.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/packets.sh"
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'
monitor=$samples/bind_monitor.o connect=$samples/connection_count_linux.o drop=$samples/droppacket.o

# ctx FIELD=VALUE...: runs connect4 and leaves the context in $ctx.
ctx() {
	for setting in "$@"; do
		set -- "$@" --set "$setting"
		shift
	done
	run oriel run --json --program connect4 "$@" "$connect"
	ctx=$(sed -n 's/^  "ctx": "\(.*\)",*$/\1/p' "$tmp/out")
}
# field OFFSET SIZE HEX: what stands in $ctx.
field() { [ "$(printf %s "$ctx" | cut -c "$((2 * $1 + 1))-$((2 * ($1 + $2)))")" = "$3" ] || { echo "$ctx"; false; }; }
value() { # VALUE HEX: of a field of 4 bytes
	ctx "family=$1"
	ok "value $1" field 28 4 "$2"
}
value 7 07000000
value 0x12345678 78563412
value 4294967295 ffffffff
value -1 ffffffff
value -2147483648 00000080
value be16:443 01bb0000
value be16:-2 fffe0000
value be32:443 000001bb
value be32:0xfffefdfc fffefdfc
value 192.0.2.1 c0000201
value hex:0102 01020000
value hex:01-02:03\ 04 01020304
value hex: 00000000
value text:abc 61626300
value text: 00000000
six() { # VALUE HEX: of 16 bytes
	ctx "user_ip6=$1"
	ok "value $1" field 8 16 "$2"
}
six 2001:db8::1 20010db8000000000000000000000001
six :: 00000000000000000000000000000000
six ::1 00000000000000000000000000000001
six fe80:: fe800000000000000000000000000000
six 1:2:3:4:5:6:7:8 00010002000300040005000600070008
six 1:2:3:4:5:6:7:: 00010002000300040005000600070000
six ::2:3:4:5:6:7:8 00000002000300040005000600070008
six be64:1 00000000000000010000000000000000
six 10.0.0.255 0a0000ff000000000000000000000000
six text:0123456789abcdef 30313233343536373839616263646566
ctx family=1 family=2
ok 'the last one counts' field 28 4 02000000

# refused VALUE [FIELD]: exit code 64 and the forms of values.
refused() {
	ctx "${2:-family}=$1"
	ok "refused: ${2:-family}=$1" exits 64
	ok "refused: ${2:-family}=$1: a hint" err_has 'hint: a value is a number'
	ok "refused: ${2:-family}=$1: nothing printed" no_out
}
for text in '' x 4294967296 -2147483649 0x be32:4294967296 be16:65536 be16: be16:-x be64:1 be8:1 be:1 be16:-32769 1.2.3 1.2.3.256 1.2.3.4.5 hex:0 hex:0g \
	hex:0102030405 text:abcde 2001:db8::1 99999999999999999999; do
	refused "$text"
done
for text in 7 be16:x 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1::2::3 ::1:2:3:4:5:6:7:8 1:2:3:4:5:6:7: :1 12345:: g::; do
	refused "$text" user_ip6
done
ctx port=1
ok 'unknown field' exits 64
ok 'unknown field: the ones there are' err_has 'hint: fields: user_family, '
ctx sk=1
ok 'a pointer is not set' exits 64
ctx family
ok 'without a value' err_has "'family' is not FIELD=VALUE"
run oriel run --set data=1 "$drop"
ok 'the packet is not set by field' err_has 'comes from the packet'
printf '\001' >"$tmp/ctx"
run oriel run --json --ctx "$tmp/ctx" --set operation=2 "$monitor"
ok '--set goes on top of --ctx' out_has '"ctx": "01000000000000000000000000000000000000000000000000000000'

preset() { # ENTRY...: runs the monitor with these entries
	for entry in "$@"; do
		set -- "$@" --map "$entry"
		shift
	done
	run oriel run --dump-maps --set operation=1 "$@" "$monitor"
}
preset limits:1=2 limits:be64:1=3 ports:0x10=4
ok '--map: three entries' exits 0
ok '--map: a number' out_has '  1: 2'
ok '--map: network byte order' out_has '  72057594037927936: 3'
ok '--map: another map' out_has '  16: 4'
preset limits:192.0.2.0/24=5
ok '--map: a prefix' out_has '  563774587142168: 5'
for prefix in 192.0.2.0/33 192.0.2/24 2001:db8::/32 192.0.2.0/ 192.0.2.0/x /24; do
	preset "limits:$prefix=1"
	ok "refused: --map: $prefix" exits 64
done
for entry in limits limits:1 limits=1 limits: 'limits:=1' 'limits:1=' limits:1=x limits:x=1 limits:1=4294967296; do
	preset "$entry"
	ok "--map $entry: refused" exits 64
done
preset nothing:1=2
ok '--map: unknown map' err_has 'maps: limits, ports, refused'
run oriel run --program parse_ethernet --map stages:0=1 "$samples/tail_calls.o"
ok '--map: programs are no values' err_has 'which takes no values from here'
run oriel run --map traffic:256=0 "$samples/packet_count.o"
ok '--map: no such element' exits 64
run oriel run --dump-maps --map traffic:3=hex:0102 "$samples/packet_count.o"
ok '--map: a structure' out_has '  3: {packets: 513, bytes: 0}'
run oriel run --map limits:1=1 "$samples/hello_world.o"
ok '--map: no maps at all' exits 64

for var in last_port last_port=x last_port=4294967296 =1; do
	run oriel run --var "$var" "$samples/globals.o"
	ok "--var $var: refused" exits 64
done
run oriel run --var port=1 "$samples/globals.o"
ok '--var: the ones there are' err_has 'first_port'
run oriel run --var x=1 "$samples/hello_world.o"
ok '--var: none at all' exits 64

empty="$(ethernet 0800) $(ipv4 11) $(udp 0035 0008)"
full="$(ethernet 0800) $(ipv4 11) $(udp 0035 0009) 78"
run oriel run --packet "$empty" "$drop"
ok '--packet' out_has 'returned 2 DROP'
run oriel run --json --packet '00:01-02 ff' "$drop"
ok '--packet: separators' out_has '"data": "000102ff"'
for hex in 0 0x 0g 00:0 'hello'; do
	run oriel run --packet "$hex" "$drop"
	ok "--packet $hex: refused" exits 64
done
run oriel run --packet '' "$drop"
ok '--packet: empty' out_has 'returned 1 PASS'
run oriel run --packet 00 --data "$tmp/ctx" "$drop"
ok '--packet and --data' err_has '--data and --packet: one of them'
for option in --packet --data --pcap; do
	run oriel run $option "$tmp/ctx" --program connect4 "$connect"
	ok "$option: a context without data" exits 64
done

# capture MAGIC NUMBERS...: a capture of the packets in $packets, one a line, with numbers as the function writes them.
little() { printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }
big() { printf '%08x' "$1"; }
capture() { # MAGIC ORDER [LINK]
	echo "$1 00000000 00000000 00000000 $($2 65535) $($2 "${3:-1}")"
	printf '%s\n' "$packets" | while IFS= read -r line; do
		line=$(printf %s "$line" | tr -d ' ')
		echo "$($2 1) $($2 2) $($2 $((${#line} / 2))) $($2 9999) $line"
	done
}
packets="$empty
$full
$empty"
for kind in 'd4c3b2a1 little' 'a1b2c3d4 big' '4d3cb2a1 little' 'a1b23c4d big'; do
	# shellcheck disable=SC2086 # two words
	bytes "$(capture $kind)" >"$tmp/capture.pcap"
	run oriel run --pcap "$tmp/capture.pcap" --dump-maps "$drop"
	ok "--pcap ($kind)" exits 0
	ok "--pcap ($kind): a packet a line" [ "$(sed -n 1,3p "$tmp/out" | tr '\n' ';')" = \
		'packet 1, 42 bytes: 2 DROP;packet 2, 43 bytes: 1 PASS;packet 3, 42 bytes: 2 DROP;' ]
	ok "--pcap ($kind): the sum" out_has 'saw 3 packets: 2 times 2 DROP, 1 times 1 PASS'
	ok "--pcap ($kind): maps go on" out_has '  53: 2'
done
run oriel run --pcap - --repeat 3 --dump-maps "$drop" <"$tmp/capture.pcap"
ok '--pcap: repeated' out_has '  53: 6'
ok '--pcap: repeated, duration' grep -q '^9 runs, ' "$tmp/out"
run oriel run --json --pcap "$tmp/capture.pcap" "$drop"
ok '--pcap --json: verdicts' [ "$(grep -c '"verdict": "DROP"' "$tmp/out")" -eq 2 ]
ok '--pcap --json: runs' out_has '"runs": 3'
if have_json_parser; then
	ok '--pcap --json parses' json_parses
fi
size=$(wc -c <"$tmp/capture.pcap")
for cut in 0 3 4 23 25 39 41 81 $((size - 1)); do
	head -c "$cut" "$tmp/capture.pcap" >"$tmp/cut.pcap"
	run oriel run --pcap "$tmp/cut.pcap" "$drop"
	ok "--pcap: $cut bytes" exits 2
	ok "--pcap: $cut bytes, the file is named" err_has cut.pcap
done
head -c 24 "$tmp/capture.pcap" >"$tmp/none.pcap"
run oriel run --pcap "$tmp/none.pcap" "$drop"
ok '--pcap: no packets' out_has 'saw 0 packets'
bytes "$(capture d4c3b2a1 little 101)" >"$tmp/raw.pcap"
run oriel run --pcap "$tmp/raw.pcap" "$drop"
ok '--pcap: another link type' err_has 'link type 101'
bytes 0a0d0d0a 00000000 >"$tmp/ng.pcap"
run oriel run --pcap "$tmp/ng.pcap" "$drop"
ok '--pcap: pcapng' err_has 'editcap -F pcap'
run oriel run --pcap "$tmp/none" "$drop"
ok '--pcap: missing' exits 2

# --- --trace-to ---
run oriel run --trace-to "$tmp/events" --repeat 2 "$samples/hello_world.o"
ok 'trace: a line an event' [ "$status $(grep -c '] slot [0-9]* HelloWorld print: ' "$tmp/events")" = '0 2' ]
run oriel run --trace-to "$tmp/events" --trace-format json "$samples/hello_world.o"
ok 'trace: JSON lines' grep -q '^{"pid":[0-9]*,"command":"","ns":[0-9]*,"slot":[0-9]*,"program":"HelloWorld","event":"print","text":".*"}$' "$tmp/events"
mkdir "$tmp/ctf"
run oriel run --trace-to "$tmp/ctf/stream" --trace-format ctf "$samples/hello_world.o"
ok 'trace: a stream and its metadata' grep -q '^/\* CTF 1.8 \*/$' "$tmp/ctf/metadata"
if [ -z "$ORIEL_EMULATOR" ] && command -v babeltrace2 >/dev/null; then
	run babeltrace2 "$tmp/ctf"
	ok 'trace: that others read' [ "$status $(grep -c 'print: { .*program = "HelloWorld", text = "Hello' "$tmp/out")" = '0 1' ]
else
	skip 'trace: that others read' 'no babeltrace2'
fi
run oriel run --trace-format json "$samples/hello_world.o"
ok 'trace: a form without a file' [ "$status" -eq 64 ]
run oriel run --trace-to "$tmp/none/events" "$samples/hello_world.o"
ok 'trace: a file that cannot be written' exits 2
ok 'trace: nothing runs then' [ ! -s "$tmp/out" ]
run oriel run --trace-to "$tmp/none/events" --attach bind "$samples/hello_world.o" -- true
ok 'trace: nor is anything attached' exits 2
run oriel run --trace-to - "$samples/hello_world.o"
ok 'trace: standard output is no file' exits 64
ok 'trace: and it says so' err_has "'-' is none"
if [ -e /dev/full ]; then
	run oriel run --trace-to /dev/full "$samples/hello_world.o"
	ok 'trace: a full disk is told' exits 1
	ok 'trace: of which file' err_has '/dev/full: events could not be written'
else
	skip 'trace: a full disk is told' 'no /dev/full'
fi
# Places for tracers of the host.
if [ -z "$ORIEL_EMULATOR$ORIEL_EXE" ] && [ "$(uname -sm)" = 'Linux x86_64' ] && command -v readelf >/dev/null; then
	run readelf -n "$ORIEL_BUILD/bin/oriel"
	ok 'trace: probes' [ "$(grep -A1 'Provider: oriel' "$tmp/out" | grep -o 'Name: .*' | sort -u | tr '\n' ' ')" = 'Name: fault Name: print ' ]
else
	skip 'trace: probes' 'not Linux on x86-64, or no readelf'
fi

# Constants are what programs are verified with.
if [ -n "${ORIEL_CLANG:-}" ]; then
	cat >"$tmp/constant.c" <<'EOF_C'
#include "bpf_helpers.h"
#include "ebpf_nethooks.h"
volatile const unsigned int place = 0;
SEC("bind") int pick(bind_md_t *ctx)
{
	unsigned char room[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	volatile unsigned char *from = room;

	return from[place];
}
EOF_C
	"$ORIEL_CLANG" -target bpf -g -O2 -I "$ORIEL_SOURCE/include" -c "$tmp/constant.c" -o "$tmp/constant.o" || exit 1
	for mode in interpret jit; do
		run oriel run --mode $mode --var place=4 "$tmp/constant.o"
		ok "$mode: a constant is another" out_has 'returned 5'
		run oriel run --mode $mode --var place=100 "$tmp/constant.o"
		ok "$mode: with which the program is not safe" exits 1
	done
	run oriel run --no-verify --var place=100000 --trace-to "$tmp/events" "$tmp/constant.o"
	ok 'trace: where and why it was stopped' grep -qE '\] slot [0-9]+ pick fault: at slot [0-9]+ \(constant\.c:9\): 1-byte read at 0x[0-9a-f]+ is outside' "$tmp/events"
	run oriel run --var place=many "$tmp/constant.o"
	ok 'one that is no number' exits 64
	ok 'is said once' [ "$(grep -c ^oriel "$tmp/err")" -eq 1 ]
fi
finish
