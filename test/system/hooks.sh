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

# Other people's programs. web COMMAND...: a server at port 5001, what it says in $tmp/out.
web() {
	supervised --attach bind "$samples/hello_world.o" --attach connect4 --attach connect6 --var from_port=5003 --var to_port=5001 \
		--dump-maps "$windows" -- sh -c 'cd "$1" && echo page >page.txt && shift
		python3 -m http.server --bind ::ffff:127.0.0.1 5001 >server.log 2>&1 & server=$!
		for i in 1 2 3 4 5 6 7 8 9 10; do curl -s -o first http://127.0.0.1:5001/page.txt && break; sleep 0.2; done
		"$@"
		echo "exit $?"; kill $server' sh "$tmp" "$@"
}
if command -v curl >/dev/null; then
	web curl -s http://127.0.0.1:5003/page.txt
	ok 'curl: redirected to http.server' out_has page
	ok 'http.server: seen when it binds' out_has 'Hello World!'
	supervised --attach connect4 --var verdict=0 "$windows" -- curl -s http://127.0.0.1:5001/
	ok 'curl: refused' exits 7
else
	skip curl 'no curl'
fi
if command -v nc >/dev/null; then
	web sh -c 'printf "GET /page.txt HTTP/1.0\r\n\r\n" | nc -w 2 127.0.0.1 5003'
	ok 'nc: redirected' out_has page
else
	skip nc 'no nc'
fi
if command -v nginx >/dev/null; then
	cat >"$tmp/nginx.conf" <<-END
		worker_processes 2; daemon off; pid $tmp/nginx.pid; error_log $tmp/nginx.log;
		events { worker_connections 64; }
		http { access_log off; server { listen 127.0.0.1:5001; location / { proxy_pass http://127.0.0.1:5003; } }
		server { listen 127.0.0.1:5002; root $tmp; } }
	END
	supervised --attach connect4 --var from_port=5003 --var to_port=5002 "$windows" -- sh -c 'echo page >"$1/page.txt"; chmod 755 "$1"
		nginx -c "$1/nginx.conf" & for i in 1 2 3 4 5 6 7 8 9 10; do curl -sf http://127.0.0.1:5001/page.txt && break; sleep 0.2; done
		kill $!' sh "$tmp"
	ok 'nginx: workers, their connections redirected' out_has page
else
	skip nginx 'no nginx'
fi
for compiler in go gcc cc; do
	command -v $compiler >/dev/null || continue
	case $compiler in
	go)
		printf 'package main\nimport ("fmt"; "net")\nfunc main() { l, e := net.Listen("tcp4", "127.0.0.1:4444"); fmt.Println(l == nil, e) }\n' >"$tmp/try.go"
		(cd "$tmp" && CGO_ENABLED=0 GOCACHE="$tmp/go" go build -o try try.go) 2>/dev/null || continue
		;;
	*)
		printf '%s\n' '#include <netinet/in.h>' '#include <stdio.h>' '#include <sys/socket.h>' 'int main(void) {' \
			'struct sockaddr_in a = { AF_INET, htons(4444), { htonl(INADDR_LOOPBACK) }, { 0 } };' \
			'if (bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&a, sizeof(a))) perror("bind"); return 0; }' >"$tmp/try.c"
		$compiler -static -o "$tmp/try" "$tmp/try.c" 2>/dev/null || continue
		;;
	esac
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
