#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs on real system calls: `oriel run --attach`.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"

supervised --attach bind "$samples/hello_world.o" -- python3 "$here/bind.py"
ok 'bind: programs run for what is IPv4 or IPv6' [ "$(grep -c '^Hello World!$' "$tmp/out")" -eq 4 ]
ok 'bind: sockets are bound' [ "$(grep -c ' bound' "$tmp/out")" -eq 5 ]
supervised --attach bind --map limits:0=2 --dump-maps "$samples/bind_monitor.o" -- python3 "$here/bind.py"
ok 'bind: two are permitted' [ "$(grep -c 'bound 127.0.0.1' "$tmp/out")" -eq 2 ]
ok 'bind: others are refused' [ "$(grep -c 'Permission denied' "$tmp/out")" -eq 2 ]
ok 'bind: the kernel alone decides on other families' out_has 'unix bound'
ok 'bind: maps are shown in the end' out_has 'refused (hash)'
for mode in interpret jit native; do
	if oriel run --mode $mode "$samples/hello_world.o" 2>&1 | grep -q 'no JIT'; then continue; fi
	supervised --mode $mode --attach bind "$samples/hello_world.o" -- python3 -c 'import http.server, threading
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(server.server_address[1] > 0)'
	ok "hello_world: http.server in mode $mode" lines 'Hello World!' True
done

for compiler in gcc cc; do
	command -v $compiler >/dev/null || continue
	printf '%s\n' '#include <netinet/in.h>' '#include <stdio.h>' '#include <sys/socket.h>' 'int main(void) {' \
		'struct sockaddr_in a = { AF_INET, htons(4444), { htonl(INADDR_LOOPBACK) }, { 0 } };' \
		'if (bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&a, sizeof(a))) perror("bind"); return 0; }' >"$tmp/try.c"
	$compiler -static -o "$tmp/try" "$tmp/try.c" 2>/dev/null || continue
	supervised --attach bind4 "$linux" -- "$tmp/try"
	ok "a static binary of $compiler: refused" grep -q 'not permitted' "$tmp/out" "$tmp/err"
done

# What the command may not do is not done for it.
if [ "$(id -u)" -eq 0 ]; then
	run oriel run --attach bind "$samples/hello_world.o" -- python3 -c 'import os, socket
os.setgroups([]); os.setgid(65534); os.setuid(65534); os.umask(0o27); os.chdir("/tmp")
try: socket.socket().bind(("127.0.0.1", 1))
except OSError as error: print(error.strerror)
name = "oriel-%d" % os.getpid()
socket.socket(socket.AF_UNIX).bind(name)
state = os.stat(name)
print(state.st_uid, state.st_gid, oct(state.st_mode))
os.unlink(name)'
	ok 'a command without rights: as without a supervisor' lines 'Hello World!' 'Permission denied' '65534 65534 0o140750'
else
	skip 'a command without rights' 'not root'
fi
supervised --kconfig CONFIG_HZ=250 --attach bind "$samples/hello_world.o" -- sh -c 'exit 7'
ok "the command's exit code" exits 7
supervised --attach bind "$samples/hello_world.o" -- sh -c 'kill -TERM $$'
ok 'a signal is 128 and its number' exits 143
"$ORIEL_BUILD/bin/oriel" run --attach bind "$samples/hello_world.o" -- sh -c 'sleep 30 & echo left' >"$tmp/left" 2>&1 &
pid=$! start=$(date +%s)
until grep -q left "$tmp/left" || [ $(($(date +%s) - start)) -gt 10 ]; do sleep 0.05; done
# As long as the command itself is there, it is told, and that may be yet.
while kill -TERM $pid 2>/dev/null && [ $(($(date +%s) - start)) -lt 15 ]; do sleep 0.1; done
wait $pid
ok 'a signal reaches what the command has left behind' [ $(($(date +%s) - start)) -lt 15 ]
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
