#!/bin/sh
# SPDX-License-Identifier: MIT
# The hook of packets under unmodified tools and hostile frames; what is set up, refused, and left behind.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/hooks/net.sh"
linux=$ORIEL_BUILD/bpf/packets_linux.o windows=$ORIEL_BUILD/bpf/packets_windows.o
# begin INTERFACE: attaches in the background, as process $first.
begin() {
	"$ORIEL_BUILD/bin/oriel" run --attach xdp --interface "$1" "$linux" >"$tmp/first" 2>&1 &
	first=$!
	tries=0
	until [ $tries -ge 100 ] || grep -q 'packets come' "$tmp/first"; do
		sleep 0.05
		tries=$((tries + 1))
	done
}

# Merged segments, checksums that the interface would fill in: what unmodified tools send.
traffic --busy-poll 100 "$linux" -- stream 20000000
ok 'TCP: 20 MB, busy polling' out_has all
if command -v curl >/dev/null; then
	mkdir "$tmp/www" && echo page >"$tmp/www/index"
	packets "$windows" -- sh -c 'cd "$1" || exit
		"$2" -m http.server --bind 10.9.0.1 8080 2>/dev/null & server=$!
		for i in 1 2 3 4 5 6 7 8 9; do
			nsenter -t "$3" -n curl -s -m 2 http://10.9.0.1:8080/index && break
			sleep 0.3
		done
		kill $server' sh "$tmp/www" "$python" "$peer"
	ok 'curl gets a page' out_has page
else
	skip 'curl gets a page' 'no curl'
fi

# As long as a frame may be, and longer, as a program makes it.
traffic "$linux" -- big 1472
ok 'longer than the MTU' out_has 'big 1472 1476'
ip link set v0 mtu 9000
there ip link set v1 mtu 9000
traffic "$linux" -- big 8972
ok 'large frames' out_has 'big 8972 8976'
ip link set v0 mtu 1500
there ip link set v1 mtu 1500

# What is no packet, or hardly one.
frame=$(printf 'ffffffffffff0200000000010800')
big=$(head -c 1486 /dev/zero | od -An -v -tx1 | tr -d ' \n')
packets --dump-maps "$samples/packet_count_linux.o" -- "$python" "$here/packets.py" "$peer" raw "$frame" "${frame}45" "$frame$big$big" "${frame%0800}8100" "${frame%0800}81000005" \
	"${frame%0800}86dd60" "${frame}4f00001400000000401100000a0900020a090001"
ok 'runts and worse: passed or dropped, all goes on' exits 0
ok 'nothing is left' clean

# Who has an interface has it alone; what was killed leaves nothing behind.
begin v0
packets "$linux" -- true
ok 'an interface that another one has: refused' err_has 'another process'
ok 'refused: 126' exits 126
"$python" "$here/packets.py" "$peer" expect=1 7001 7002 >"$tmp/out"
ok 'without a command: programs decide' lines 'host 7001 text7001'
kill -INT $first
wait $first
first_status=$?
ok 'a signal ends it' [ $first_status -eq 0 ]
ok 'it tells what became of packets' grep -qE '^[0-9]+ packets: [0-9]+ passed, 1 dropped, 0 sent, 0 redirected$' "$tmp/first"
ok 'nothing is left' clean
begin v0
received() { awk '/v0:/ { print $2 }' /proc/net/dev; }
before=$(received)
"$python" "$here/packets.py" "$peer" stream 200000000 >"$tmp/stream" 2>&1 &
stream=$!
until [ $(($(received) - before)) -gt 1000000 ] || ! kill -0 $stream 2>/dev/null; do :; done
kill -KILL $first
wait $first 2>/dev/null
ok 'killed while TCP sends 200 MB' kill -0 $stream
wait $stream
ok 'killed: TCP goes on' grep -q all "$tmp/stream"
"$python" "$here/packets.py" "$peer" expect=2 7001 7002 >"$tmp/out"
ok 'killed: packets take their old way' lines 'host 7001 text7001' 'host 7002 text7002'
run timeout 30 "$ORIEL_BUILD/bin/oriel" run --attach xdp --interface w0 "$linux" -- true
ok 'killed: what was left goes at the next start, also of another interface' clean

begin w0
ip link del w0
kill -TERM $first
wait $first
first_status=$?
ok 'an interface that goes meanwhile' [ $first_status -eq 0 ]
ok 'nothing is left' clean

# What cannot be.
run "$ORIEL_BUILD/bin/oriel" run --attach xdp --interface lo "$linux" -- true
ok 'no Ethernet: refused' err_has 'lo is no Ethernet'
run "$ORIEL_BUILD/bin/oriel" run --attach xdp --interface v0,nothere "$linux" -- true
ok 'no such interface' err_has "no interface 'nothere'"
run "$ORIEL_BUILD/bin/oriel" run --attach xdp "$linux" -- true
ok 'no interface at all' err_has 'needs --interface'
run "$ORIEL_BUILD/bin/oriel" run --attach xdp --interface v0, "$linux" -- true
ok 'an empty name' exits 64
run "$ORIEL_BUILD/bin/oriel" run --attach bind --interface v0 "$samples/hello_world.o" -- true
ok 'interfaces are for packets' err_has 'are for --attach xdp'
run "$ORIEL_BUILD/bin/oriel" run --attach bind "$samples/hello_world.o"
ok 'hooks of sockets need a command' exits 64
packets "$linux" -- sh -c 'exit 7'
ok "the command's exit code" exits 7
packets "$linux" -- /nothere
ok 'a command that is not there' exits 127
finish
