#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs on real system calls: `oriel run --attach`.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
need_samples
[ -z "$ORIEL_EMULATOR" ] && [ "$(uname -s)" = Linux ] || skip_all 'system calls are supervised on Linux only, and not in an emulator'
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'
command -v python3 >/dev/null || skip_all 'needs python3'
here=$ORIEL_SOURCE/test/system/hooks
run oriel run --attach bind "$samples/hello_world.o" -- true
[ "$status" -eq 0 ] || skip_all "no supervising here: $(head -n 1 "$tmp/err")"
# A network of our own, where that is possible, so that ports are free.
own=
if unshare -Urn true 2>/dev/null; then own='unshare -Urn'; fi
supervised() { run timeout 20 $own sh -c 'ip link set lo up 2>/dev/null; exec "$@"' sh "$ORIEL_BUILD/bin/oriel" run "$@"; }
# lines TEXT...: standard output is that.
lines() { printf '%s\n' "$@" | diff - "$tmp/out"; }

supervised --attach bind "$samples/hello_world.o" -- python3 "$here/bind.py"
ok 'bind: programs run for what is IPv4 or IPv6' [ "$(grep -c '^Hello World!$' "$tmp/out")" -eq 4 ]
ok 'bind: sockets are bound' [ "$(grep -c ' bound' "$tmp/out")" -eq 5 ]
supervised --attach bind --map limits:0=2 --dump-maps "$samples/bind_monitor.o" -- python3 "$here/bind.py"
ok 'bind: two are permitted' [ "$(grep -c 'bound 127.0.0.1' "$tmp/out")" -eq 2 ]
ok 'bind: others are refused' [ "$(grep -c 'Permission denied' "$tmp/out")" -eq 2 ]
ok 'bind: the kernel alone decides on other families' out_has 'unix bound'
ok 'bind: maps are shown in the end' out_has 'refused (hash)'
for mode in interpret native; do
	supervised --mode $mode --attach bind "$samples/hello_world.o" -- python3 -c 'import http.server, threading
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(server.server_address[1] > 0)'
	ok "hello_world: http.server in mode $mode" lines 'Hello World!' True
done

supervised --attach bind "$samples/hello_world.o" -- sh -c 'exit 7'
ok "the command's exit code" exits 7
supervised --attach bind "$samples/hello_world.o" -- sh -c 'kill -TERM $$'
ok 'a signal is 128 and its number' exits 143
supervised --attach bind "$samples/hello_world.o" -- "$tmp/nothing"
ok 'a command that is not there' exits 127
ok 'it is named' err_has "cannot run $tmp/nothing"
supervised --attach nothing "$samples/hello_world.o" -- true
ok 'a hook that is not there' exits 64
supervised --attach connect4 "$samples/hello_world.o" -- true
ok 'a file without a program for it' exits 2
supervised --attach bind:HelloWorld "$samples/hello_world.o" --attach bind "$samples/bind_monitor.o" -- true
ok 'bind takes one program' err_has 'a program is attached there already'
supervised --attach bind "$samples/hello_world.o"
ok 'a command is needed' exits 64
finish
