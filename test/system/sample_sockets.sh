#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples on sockets: bind and connect.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'

# monitor OPTION...: process 7 and the maps afterwards.
monitor() { run oriel run --dump-maps --set process_id=7 "$@" "$samples/bind_monitor.o"; }
# holds MAP LINE...: what is shown of this map.
holds() {
	map=$1
	shift
	sed -n "/^$map /,/^[^ ]/p" "$tmp/out" | sed -n 's/^  //p' >"$tmp/map"
	printf '%s\n' "$@" | diff - "$tmp/map"
}
monitor
ok 'bind_monitor: no limit' out_has 'returned 0 PERMIT_SOFT'
ok 'bind_monitor: counted' holds ports '7: 1'
ok 'bind_monitor: not refused' holds refused empty
monitor --repeat 5 --map limits:7=3
ok 'bind_monitor: over its own limit' out_has 'returned 1 DENY'
ok 'bind_monitor: says so' [ "$(grep -c 'process 7 may not hold more than 3' "$tmp/out")" -eq 2 ]
ok 'bind_monitor: has what it may have' holds ports '7: 3'
ok 'bind_monitor: refused twice' holds refused '7: 2'
monitor --map limits:0=2 --map ports:7=2
ok "bind_monitor: everyone's limit" out_has 'returned 1 DENY'
monitor --map limits:0=2 --map limits:7=3 --map ports:7=2
ok "bind_monitor: its own before everyone's" out_has 'returned 0 PERMIT_SOFT'
monitor --map limits:8=0
ok "bind_monitor: another process's limit" out_has 'returned 0 PERMIT_SOFT'
monitor --map limits:7=0
ok 'bind_monitor: none at all' out_has 'returned 1 DENY'
monitor --set operation=2 --map ports:7=2 --map ports:8=1
ok 'bind_monitor: unbind' sh -c "grep -q '^  7: 1\$' '$tmp/out' && grep -q '^  8: 1\$' '$tmp/out'"
monitor --set operation=2 --map ports:7=1
ok 'bind_monitor: the last one' holds ports empty
monitor --set operation=2
ok 'bind_monitor: unbind of what was not seen' holds ports empty
monitor --set operation=1
ok 'bind_monitor: after a bind' holds ports empty

run oriel run --dump-maps --repeat 4 "$samples/bind_count.o"
ok 'bind_count: the fourth is refused' out_has 'returned 1 DENY'
run oriel run --dump-maps --set operation=2 "$samples/bind_count.o"
ok 'bind_count: unbind is not counted' out_has '  1 of zeros'

# connect OBJECT PROGRAM OPTION...
connect() {
	object=$1 program=$2
	shift 2
	run oriel run --dump-maps --program "$program" "$@" "$samples/$object.o"
}
for variant in connection_count:user_ip:user_ip:23:PROCEED_SOFT:REJECT \
	connection_count_linux:user_ip4:user_ip6:10:ALLOW:; do
	object=${variant%%:*} rest=${variant#*:}
	ip4=${rest%%:*} rest=${rest#*:}
	ip6=${rest%%:*} rest=${rest#*:}
	inet6=${rest%%:*} rest=${rest#*:}
	go=${rest%%:*} refuse=${rest#*:}
	connect $object connect4 --set $ip4=192.0.2.1 --set user_port=be16:443 --repeat 3
	ok "$object: IPv4 goes on" out_has "returned 1 $go"
	ok "$object: IPv4 is counted" \
		holds connections "{ip: c0 00 02 01 00 00 00 00 00 00 00 00 00 00 00 00, port: 443, family: 2}: 3"
	connect $object connect6 --set $ip6=2001:db8::1 --set user_port=be16:80
	ok "$object: IPv6 goes on" out_has "returned 1 $go"
	ok "$object: IPv6 is counted" \
		holds connections "{ip: 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01, port: 80, family: $inet6}: 1"
	for program in connect4 connect6; do
		connect $object $program --set user_port=be16:23
		ok "$object: $program refuses telnet" out_has "returned 0 $refuse"
		ok "$object: $program does not count it" holds connections empty
	done
done
finish
