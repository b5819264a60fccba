#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples that have a page of their own, on real system calls.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"
need_own

# The file's name, as the kernel sees it.
app=sockets
supervised --attach bind --map limits:text:$app=1 --dump-maps "$samples/bind_limits.o" -- "$sockets" net 4 5001 5001
ok 'bind_limits: the first is permitted' out_has 'listen ok'
ok 'bind_limits: the second is refused' out_has 'send Permission denied'
ok 'bind_limits: says so' out_has 'is over its limit'
ok 'bind_limits: counted by name' out_has '{name: "sockets"}: 1'
ok 'bind_limits: an event for each' [ "$(grep -c '73 6f 63 6b 65 74 73' "$tmp/out")" -eq 2 ]
supervised --attach bind --map limits:text:other=0 "$samples/bind_limits.o" -- "$sockets" net 4 5001 5001
ok "bind_limits: another application's limit" out_has 'send text'

supervised --attach connect_authorization4 --attach connect_authorization6 --dump-maps "$samples/connection_log.o" -- \
	sh -c '"$1" net 4 5001 5001; "$1" net 6 5002 5002' sh "$sockets"
ok 'connection_log: a line for each' sh -c "grep -q 'connects to port 5001' '$tmp/out' && grep -q 'connects to port 5002' '$tmp/out'"
ok 'connection_log: a table' sh -c "grep -q 'port: 5001, family: 2,.*count: 1' '$tmp/out' && grep -q 'port: 5002, family: 23,.*count: 1' '$tmp/out'"
supervised --json --attach connect_authorization4 "$samples/connection_log.o" -- "$sockets" net 4 5001 5001
ok 'connection_log: as JSON' grep -q '^{"trace":"[0-9]* connects to port 5001","time_ns":' "$tmp/out"

supervised --attach connect4 --var proxy_port=5001 --map ports:80=1 --dump-maps "$samples/connect_redirect.o" -- "$sockets" net 4 5001 80
ok 'connect_redirect: the proxy answers' out_has 'connect welcome 5001'
ok 'connect_redirect: datagrams, too' out_has 'send text'
ok 'connect_redirect: the origin is kept' out_has 'port: 80, family: 2}'
supervised --attach connect4 --var proxy_port=5001 --map ports:81=1 "$samples/connect_redirect.o" -- "$sockets" net 4 5001 80
ok 'connect_redirect: other ports stay' out_has 'connect Connection refused'
finish
