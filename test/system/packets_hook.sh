#!/bin/sh
# SPDX-License-Identifier: MIT
# The hook of packets on a network of our own: each verdict, what programs change, several interfaces, what is left behind.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/hooks/net.sh"
linux=$ORIEL_BUILD/bpf/packets_linux.o windows=$ORIEL_BUILD/bpf/packets_windows.o
ok 'attached and detached' exits 0
ok 'nothing is left' clean

# Each verdict, in each mode.
other_index=$(ip -o link show w0 | cut -d: -f1)
here_index=$(ip -o link show v0 | cut -d: -f1)
for mode in interpret jit native; do
	traffic --mode $mode --var target="$other_index" --map ports:0="$here_index" --map ports:1="$other_index" --dump-maps "$linux" -- \
		expect=13 7000 7001 7002 7003 7004 7005 7006 7007 7008 7009 7010 7011 7012 7013 7014 7015 7016
	grep -aE '^(host|peer|other) ' "$tmp/out" | tr '\0' '0' >"$tmp/traffic"
	ok "Linux, $mode: each verdict, what programs change" sh -c "printf '%s\n' 'host 7000 text7000' 'host 7001 text7001' \
		'peer text7003' 'other text7004' 'other text7005' 'host 7001 text7006' 'host 7007 7007' 'host 7008 HEADtext7008' \
		'host 7009 text' 'host 7010 text70100000' 'host 7011 text7011' 'other text7014' 'host 7015 text7015' | sort >'$tmp/wanted'
		sort '$tmp/traffic' | diff '$tmp/wanted' -"
	ok "Linux, $mode: which interface, metadata" sh -c "grep -aqx '  0: $here_index' '$tmp/out' && grep -aqx '  1: 16909060' '$tmp/out'"
	[ $mode != jit ] || continue
	traffic --mode $mode --dump-maps "$windows" -- expect=3 7000 7001 7002 7003 7012 7013
	grep -E '^(host|peer|other) ' "$tmp/out" >"$tmp/traffic"
	ok "Windows, $mode: each verdict" sh -c "printf '%s\n' 'host 7000 text7000' 'host 7001 text7001' 'peer text7003' | sort >'$tmp/wanted'
		sort '$tmp/traffic' | diff '$tmp/wanted' -"
	ok "Windows, $mode: which interface" grep -qx "  0: $here_index" "$tmp/out"
done
ok 'nothing is left' clean

# Windows' is asked first, Linux's about what passes.
packets "$windows" --attach xdp --interface v0 "$linux" -- "$python" "$here/packets.py" "$peer" expect=2 7001 7002 7007 7009
ok 'both dialects' lines 'host 7001 text7001' 'host 7009 text'
# Of all interfaces, by programs of their own.
run timeout 30 "$ORIEL_BUILD/bin/oriel" run --attach xdp --interface v0,w0 --var target="$other_index" "$linux" -- \
	"$python" "$here/packets.py" "$peer" expect=2 7001 7004
ok 'two interfaces: one program for both' lines 'host 7001 text7001' 'other text7004'
run timeout 30 "$ORIEL_BUILD/bin/oriel" run --attach xdp --interface v0 "$samples/droppacket_linux.o" --attach xdp --interface w0 \
	"$linux" -- "$python" "$here/packets.py" "$peer" expect=2 7001 7002
ok 'two interfaces: a program for each' lines 'host 7001 text7001' 'host 7002 text7002'
packets "$linux" --attach xdp --interface v0 "$linux" -- true
ok 'two programs of a dialect: there can be one' err_has 'there already'

# Together with hooks of sockets.
run timeout 30 "$ORIEL_BUILD/bin/oriel" run --attach bind "$samples/hello_world.o" --attach xdp --interface v0 "$linux" -- \
	"$python" "$here/packets.py" "$peer" expect=1 7001 7002
ok 'sockets and packets: both are seen' sh -c "grep -q Hello '$tmp/out' && grep -qx 'host 7001 text7001' '$tmp/out' && ! grep -q 'host 7002' '$tmp/out'"

# VLANs: by devices of the kernel, and frames with a tag as they are.
if ip link add link v0 name v0.5 type vlan id 5 2>/dev/null; then
	ip addr add 10.9.5.1/24 dev v0.5 && ip link set v0.5 up
	there sh -c 'ip link add link v1 name v1.5 type vlan id 5 && ip addr add 10.9.5.2/24 dev v1.5 && ip link set v1.5 up'
	traffic --dump-maps "$samples/packet_count_linux.o" -- vlan
	ok 'VLAN: there and back' out_has 'host tagged peer answer'
	ip link del v0.5
	there ip link del v1.5
else
	# What they would do, of a kernel that has none.
	traffic --dump-maps "$samples/packet_count_linux.o" -- frames
	ok 'VLAN: there and back' sh -c 'grep -qx "host 5" "$1" && grep -qx "peer 5" "$1"' sh "$tmp/out"
fi
traffic --dump-maps "$samples/packet_count_linux.o" -- tagged
ok 'VLAN: the program sees the tag' grep -q '  17: {packets: 2, bytes: 106}' "$tmp/out"
ok 'VLAN: the host gets it, twice for sniffers' lines_of seen 'seen vlan 5 tagged' 'seen vlan 5 tagged'
traffic "$windows" -- tagged 7007
ok 'VLAN: a tag that a program puts there' out_has 'seen vlan 5 text7007'

ok 'nothing is left' clean
finish
