#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples about kinds of maps: ring buffers, values per CPU, maps in maps.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/packets.sh"
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'
discard="$(ethernet 0800) $(ipv4 11) $(udp 0035 0008)"

run oriel run --repeat 3 --set process_id=258 --set operation=2 --set protocol=17 \
	--set socket_address=hex:02000035c0000201 --dump-maps "$samples/ring_buffer.o"
sed -n '/^events /,/^[^ ]/p' "$tmp/out" | sed -n 's/^  //p' >"$tmp/events"
ok 'ring_buffer: a record for each event' [ "$(wc -l <"$tmp/events")" -eq 3 ]
ok 'ring_buffer: process' grep -q '^02 01 00 00 00 00 00 00 ' "$tmp/events"
ok 'ring_buffer: address, operation, protocol' \
	grep -q ' 02 00 00 35 c0 00 02 01 00 00 00 00 00 00 00 00 02 00 00 00 11 00 00 00$' "$tmp/events"
ok 'ring_buffer: in the order of time' sh -c "cut -d' ' -f9-16 '$tmp/events' |
	awk '{ print \$8 \$7 \$6 \$5 \$4 \$3 \$2 \$1 }' | sort -c"
ok 'ring_buffer: none is lost' out_has '  lost: 0'
run oriel run --repeat 2000 --dump-maps "$samples/ring_buffer.o"
ok 'ring_buffer: full' grep -Eq '^  lost: [1-9]' "$tmp/out"
lost=$(sed -n 's/^  lost: //p' "$tmp/out")
kept=$(sed -n '/^events /,/^[^ ]/p' "$tmp/out" | grep -c '^  ')
ok 'ring_buffer: each is there or counted' [ $((lost + kept)) -eq 2000 ]

run oriel run --set user_ip4=192.0.2.1 --set user_port=be16:443 --dump-maps "$samples/ring_buffer_linux.o"
ok 'ring_buffer_linux: address and port' grep -Eq '^  .. .. .. .. c0 00 02 01 bb 01 00 00$' "$tmp/out"
ok 'ring_buffer_linux: goes on' out_has 'returned 1 ALLOW'
run oriel run --set user_ip4=127.0.0.1 --dump-maps "$samples/ring_buffer_linux.o"
ok 'ring_buffer_linux: a discarded record is skipped' out_has '  empty'

# All CPUs together, whichever the program ran on.
for object in percpu_stats percpu_stats_linux; do
	run oriel run --packet "$discard" --repeat 5 --dump-maps "$samples/$object.o"
	ok "$object: passed" out_has ' PASS'
	sum=$(sed -n 's/^  5: //p' "$tmp/out" | grep -o 'packets: [0-9]*' | awk '{ sum += $2 } END { print sum }')
	ok "$object: five packets of 42 bytes" [ "$sum" -eq 5 ]
	sum=$(sed -n 's/^  5: //p' "$tmp/out" | grep -o 'bytes: [0-9]*' | awk '{ sum += $2 } END { print sum }')
	ok "$object: 210 bytes" [ "$sum" -eq 210 ]
	ok "$object: no other size" out_has '  11 of zeros'
	run oriel run --packet "$(head -c 5000 /dev/zero | tr '\0' a)" --dump-maps "$samples/$object.o"
	ok "$object: 2500 bytes are in the last class" grep -q '^  11: ' "$tmp/out"
	run oriel run --packet 00 --map 'sizes:7=hex:05' --dump-maps "$samples/$object.o"
	ok "$object: a value for each CPU" grep -Eq '^  7: cpu 0: \{packets: 5, bytes: 0\}' "$tmp/out"
done

for object in map_in_map map_in_map_linux; do
	on() { # INTERFACE ENTRY...
		interface=$1
		shift
		for entry in "$@"; do
			set -- "$@" --map "$entry"
			shift
		done
		run oriel run --dump-maps --packet "$discard" --set ingress_ifindex="$interface" "$@" "$samples/$object.o"
	}
	on 1 office:53=1
	ok "$object: a rule of this interface" out_has ' DROP'
	ok "$object: the outer map, filled by the file" grep -q '^  1: map office$' "$tmp/out"
	on 2 office:53=1
	ok "$object: a rule of another one" out_has ' PASS'
	on 2 guests:53=1
	ok "$object: its own" out_has ' DROP'
	on 2 guests:54=1
	ok "$object: another port" out_has ' PASS'
	on 3 guests:53=1
	ok "$object: an interface without rules" out_has ' PASS'
	on 3 guests:53=1 rules_of:3=guests
	ok "$object: rules that are put there" out_has ' DROP'
	on 8 guests:53=1
	ok "$object: outside" out_has ' PASS'
	on 1 office:53=1 rules_of:1=guests
	ok "$object: rules replaced" out_has ' PASS'
	for wrong in rules_of:8=guests rules_of:1=nothing rules_of:1=rules_of rules_of:1=; do
		on 1 $wrong
		ok "$object: $wrong is refused" exits 64
	done
done
run oriel run --map events:0=1 "$samples/ring_buffer.o"
ok 'a ring buffer takes no entries' err_has 'takes no values from here'
finish
