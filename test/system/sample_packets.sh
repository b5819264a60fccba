#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples that see packets, in both dialects.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/packets.sh"
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'

# packet NAME HEX...: $tmp/NAME holds the packet.
packet() {
	name=$1
	shift
	bytes "$@" >"$tmp/$name"
}
packet empty "$(ethernet 0800) $(ipv4 11) $(udp 0035 0008)"
packet full "$(ethernet 0800) $(ipv4 11) $(udp 0035 000a) 7878"
packet options "$(ethernet 0800) $(ipv4_options 11) $(udp 1f90 0008)"
packet short "$(ethernet 0800) $(ipv4 11) 3039 0035"
packet tcp "$(ethernet 0800) $(ipv4 06)"
packet discard "$(ethernet 0800) $(ipv4 11) $(udp 0009 0008)"
packet ipv6 "$(ethernet 86dd) $(ipv6 11)"
packet arp "$(ethernet 0806) 0001"
packet vlan "$(ethernet 8100) 000a 0800 $(ipv4 06)"
packet two_vlans "$(ethernet 8100) 000a 8100 000b 86dd $(ipv6 3a)"
packet three_vlans "$(ethernet 8100) 000a 8100 000b 8100 000c 0800 $(ipv4 06)"
packet tiny 02

# sees OBJECT PACKET [OPTION...]
sees() {
	object=$1 packet=$2
	shift 2
	run oriel run --data "$tmp/$packet" "$@" "$samples/$object.o"
}

# Pass and drop have other numbers in each dialect.
for variant in droppacket:1:2 droppacket_linux:2:1; do
	object=${variant%%:*} numbers=${variant#*:}
	pass="returned ${numbers%:*} PASS" drop="returned ${numbers#*:} DROP"
	sees $object empty --dump-maps
	ok "$object: an empty datagram is dropped" out_has "$drop"
	ok "$object: and counted by its port" out_has '  53: 1'
	sees $object empty --dump-maps --repeat 7
	ok "$object: seven times" out_has '  53: 7'
	sees $object options --dump-maps
	ok "$object: IPv4 with options" out_has '  8080: 1'
	for packet in full short tcp ipv6 arp tiny; do
		sees $object $packet --dump-maps
		ok "$object: $packet is passed" out_has "$pass"
		ok "$object: $packet is not counted" out_has '  empty'
	done
	run oriel run "$samples/$object.o"
	ok "$object: no packet" out_has "$pass"
done
run oriel run --data "$tmp/empty" --dialect linux "$samples/droppacket.o"
ok 'droppacket: as the other dialect it would be something else' \
	sh -c "[ $status -ne 0 ] || ! grep -q 'returned 2 DROP' '$tmp/out'"

for variant in tail_calls:1:2 tail_calls_linux:2:1; do
	object=${variant%%:*} numbers=${variant#*:}
	pass="returned ${numbers%:*} PASS" drop="returned ${numbers#*:} DROP"
	sees $object discard --program parse_ethernet
	ok "$object: three programs one after the other" out_has 'UDP to port 9'
	ok "$object: the last one decides" out_has "$drop"
	ok "$object: nothing comes back" [ "$(wc -l <"$tmp/out")" -eq 2 ]
	sees $object empty --program parse_ethernet
	ok "$object: another port" out_has "$pass"
	sees $object tcp --program parse_ethernet
	ok "$object: two programs" out_has 'no stage for protocol 6'
	sees $object ipv6 --program parse_ethernet
	ok "$object: an empty place comes back" out_has 'no stage for type 0x86dd'
	ok "$object: an empty place: verdict" out_has "$pass"
	sees $object short --program parse_ethernet
	ok "$object: a short packet" out_has "$pass"
	run oriel run "$samples/$object.o"
	ok "$object: several programs" exits 64
done

# traffic OBJECT PACKET PROTOCOL BYTES: this packet, three times, is counted so.
traffic() {
	sees "$1" "$2" --dump-maps --repeat 3
	ok "$1: $2 is passed" out_has ' PASS'
	ok "$1: $2 is protocol $3, $4 bytes" out_has "  $3: {packets: 3, bytes: $((3 * $4))}"
	ok "$1: $2 is nothing else" out_has '  255 of zeros'
}
for object in packet_count packet_count_linux; do
	traffic $object empty 17 42
	traffic $object options 17 46
	traffic $object short 17 38
	traffic $object ipv6 17 54
	traffic $object tcp 6 34
	traffic $object vlan 6 38
	traffic $object two_vlans 58 62
	traffic $object three_vlans 255 46
	traffic $object arp 255 16
	traffic $object tiny 255 1
done
finish
