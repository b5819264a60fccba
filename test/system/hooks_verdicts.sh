#!/bin/sh
# SPDX-License-Identifier: MIT
# Each verdict of each hook of sockets, redirections, and what programs are told.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"
need_own
net() { # OPTION... -- FAMILY LISTEN CONNECT
	set -- "$@"
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # options are words
	supervised $options -- "$sockets" net "$@"
}
good() { lines 'listen ok' "connect welcome $1" 'send text'; }

# Windows: 0 refuses, 1 and 2 permit, all else refuses.
for family in 4 6; do
	set -- --attach bind$family --attach connect$family --attach connect_authorization$family --attach listen$family --attach recv_accept$family
	for verdict in 1 2; do
		net "$@" --attach sockops --var verdict=$verdict --dump-maps "$windows" -- $family 5001 5001
		ok "IPv$family: verdict $verdict permits" out_has 'connect welcome 5001'
	done
	for what in bind${family}:listen connect$family:connect connect_authorization$family:connect listen$family:listen; do
		for verdict in 0 3; do
			net --attach ${what%:*} --var verdict=$verdict "$windows" -- $family 5001 5001
			ok "${what%:*}: verdict $verdict refuses" out_has "${what#*:} Permission denied"
		done
	done
	net --attach recv_accept$family --var verdict=0 "$windows" -- $family 5001 5001
	ok "recv_accept$family: the connection is cut" out_has 'connect Connection reset by peer'
	ok "recv_accept$family: nobody accepts it" out_has 'accept Resource temporarily unavailable'
	net --attach connect$family --var from_port=5003 --var to_port=5001 "$windows" -- $family 5001 5003
	ok "connect$family: redirected" good 5001
	net --attach connect$family --var from_port=5003 --var to_port=5001 "$linux" -- $family 5001 5003
	ok "connect$family of Linux: redirected" out_has 'connect welcome 5001'
	ok "connect$family of Linux: datagrams are not" out_has 'send Resource temporarily unavailable'
	net --attach sendmsg$family --var from_port=5003 --var to_port=5001 "$linux" -- $family 5001 5003
	ok "sendmsg$family: redirected" lines 'listen ok' 'connect Connection refused' 'accept Resource temporarily unavailable' 'send text'
	net --attach bind$family --var from_port=5003 --var to_port=5001 "$linux" -- $family 5003 5001
	ok "bind$family of Linux: redirected" good 5001
	net --attach bind$family --var refused_port=5001 "$linux" -- $family 5001 5001
	ok "bind$family of Linux: refused" out_has 'listen Operation not permitted'
	net --attach connect$family --var refused_port=5001 --var retval=-13 "$linux" -- $family 5001 5001
	ok "connect$family of Linux: with an error of its own" out_has 'connect Permission denied'
done
net --attach connect4 --attach connect6 --var from_port=5003 --var to_port=5001 --dump-maps "$windows" -- mapped 5001 5003
ok "mapped: IPv4's programs" out_has '  14: 2'
ok 'mapped: redirected' out_has 'connect welcome 5001'
for verdict in 0 2 3; do
	net --attach bind --var bind_verdict=$verdict "$windows" -- 4 5001 5001
	ok "bind: verdict $verdict permits" good 5001
done
for verdict in 1 4; do
	net --attach bind --var bind_verdict=$verdict "$windows" -- 4 5001 5001
	ok "bind: verdict $verdict refuses" out_has 'listen Permission denied'
done

net --attach bind --attach connect4 --attach connect_authorization4 --attach sockops --dump-maps "$windows" -- 4 5001 5001
ok 'told: who binds, and which application' sh -c "grep -qx '  1: 1' '$tmp/out' && grep -qx '  2: 1' '$tmp/out'"
ok 'told: cookie, logon id, compartment' sh -c "grep -qx '  3: 1' '$tmp/out' && grep -qx '  4: 1' '$tmp/out' && grep -qx '  6: 1' '$tmp/out'"
ok 'told: a context for a proxy is taken' grep -qx '  5: 0' "$tmp/out"
ok 'told: the network, of the loopback interface' sh -c "grep -qx '  7: 0' '$tmp/out' && grep -qx '  8: 24' '$tmp/out'"
ok 'sockops: one active connection and one passive' sh -c "grep -qx '  50: 1' '$tmp/out' && grep -qx '  51: 1' '$tmp/out' && grep -qx '  9: 1' '$tmp/out'"
told_outside="a session of another pid namespace has an id"
if unshare -Urnpf --mount-proc true 2>/dev/null; then
	own='unshare -Urnpf --mount-proc' net --attach connect4 --dump-maps "$windows" -- 4 5001 5001
	ok "told: $told_outside" grep -qx '  4: 1' "$tmp/out"
else
	skip "told: $told_outside" 'no pid namespace of our own'
fi
net --attach sockops --dump-maps "$linux" -- 4 5001 5001
ok 'sockops of Linux' sh -c "grep -qx '  54: 1' '$tmp/out' && grep -qx '  55: 1' '$tmp/out'"

net --attach connect4@1 --var verdict=0 "$windows" -- 4 5001 5001
ok "another compartment's program is not asked" good 5001
net --attach connect4@self --var verdict=0 "$windows" -- 4 5001 5001
ok "this compartment's is" out_has 'connect Permission denied'
net --attach connect4 "$windows" --attach connect4 --var refused_port=5001 "$linux" -- 4 5001 5001
ok 'both dialects have to permit' out_has 'connect Operation not permitted'
finish
