#!/bin/sh
# SPDX-License-Identifier: MIT
# Other people's programs, as they are, under programs of every hook: http.server, curl, nc, nginx (forked workers, epoll), Go.
# shellcheck disable=SC2154,SC2086,SC2016 # tmp and others come from lib.sh; options are words; sh -c has variables of its own
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"
need_own
all='--attach bind'
for hook in bind connect connect_authorization listen recv_accept; do all="$all --attach ${hook}4 --attach ${hook}6"; done
all="$all --attach sockops"
redirect='--var from_port=5003 --var to_port=5001'
cat >"$tmp/lib" <<-'END'
	# until_up PORT: a server is there.
	until_up() { i=0; while curl -s -o first "http://127.0.0.1:$1/"; [ $? -eq 7 ] && [ $((i += 1)) -lt 100 ]; do sleep 0.05; done; }
	# get URL...: a page, and curl's exit code.
	get() { curl -g -sS "$@" 2>&1; echo "exit $?"; }
	# hundred HOST PORT: how many of a hundred clients at once got the page.
	hundred() { echo "pages $(curl -s --parallel --parallel-immediate --parallel-max 100 --no-progress-meter "http://$1:$2/page.txt?[1-100]" | grep -c page)"; }
	cd "$tmp" || exit 1
END
mkdir "$tmp/site"
echo page >"$tmp/site/page.txt"
chmod 755 "$tmp" "$tmp/site"
export tmp here
# under OPTION... COMMAND: a shell command with what the file lib has.
under() {
	command=$1
	shift
	supervised "$@" -- sh -c '. "$tmp/lib"; '"$command"
}
# has COUNT LINE: that many of them.
has() { [ "$(grep -cxF "$2" "$tmp/out")" -eq "$1" ]; }

# --- http.server: dual stack, a thread for each connection ---

if command -v curl >/dev/null; then
	under 'python3 -m http.server --directory site --bind :: 5001 >log 2>&1 & server=$!; until_up 5001
		get http://127.0.0.1:5003/page.txt; get "http://[::1]:5003/page.txt"; get http://127.0.0.1:5001/page.txt
		kill $server' $all $redirect --dump-maps "$windows"
	ok 'http.server and curl: redirected in IPv4 and IPv6' has 3 page
	ok 'http.server and curl: all is well' has 3 'exit 0'
	ok 'http.server: bind, listen and accept are seen' sh -c 'for what in 1 6 36 44 46; do grep -q "^  $what: [1-9]" "$1" || exit 1; done' sh "$tmp/out"
	for hook in bind bind6 listen6; do
		under 'timeout 5 python3 -m http.server --bind :: 5001; echo "exit $?"' --attach $hook --var verdict=0 --var bind_verdict=1 "$windows"
		ok "http.server: $hook refused" sh -c 'grep -qx "exit 1" "$1" && grep -q "^PermissionError" "$2"' sh "$tmp/out" "$tmp/err"
	done
	for hook in connect4 connect_authorization4 connect6 connect_authorization6; do
		host=127.0.0.1
		[ "${hook%6}" = "$hook" ] || host='[::1]'
		under "get http://$host:5001/" --attach $hook --var verdict=0 "$windows"
		ok "curl: $hook refused" has 1 'exit 7'
	done
else
	skip 'http.server and curl' 'no curl'
fi

# --- nc: poll, without blocking and with ---

# talk HOST LISTEN CONNECT: one nc says something to the other.
talk='talk() {
	i=0; : >client.err; nc -n -v -N -l "$1" "$2" </dev/null >got 2>server.err & server=$!
	until echo text | nc -n -v -N -w 2 "$1" "$3" 2>client.err; do
		if grep -q "Permission denied" server.err client.err || [ $((i += 1)) -gt 50 ]; then kill $server; break; fi; sleep 0.03; done
	wait $server; cat got; grep -h -o "Permission denied" server.err client.err; }
'
if command -v nc >/dev/null; then
	under "$talk"'talk 127.0.0.1 5001 5003; talk ::1 5001 5003' $all $redirect "$windows"
	ok 'nc: redirected in IPv4 and IPv6' lines text text
	under "$talk"'talk 127.0.0.1 5003 5001; talk ::1 5003 5001' --attach bind4 --attach bind6 $redirect "$linux"
	ok 'nc: bound elsewhere in IPv4 and IPv6, by Linux programs' lines text text
	for family in 4 6; do
		host=127.0.0.1
		[ $family = 4 ] || host=::1
		for hook in bind listen connect connect_authorization; do
			under "$talk talk $host 5001 5001" --attach $hook$family --var verdict=0 "$windows"
			ok "nc: $hook$family refused" lines 'Permission denied'
		done
		under 'nc -n -v -l '$host' 5001 >got 2>server.err & server=$!; i=0; until grep -q Listening server.err || [ $((i += 1)) -gt 50 ]; do sleep 0.03; done
			echo text | nc -n -N -w 1 '$host' 5001; kill -0 $server && echo waits; kill $server; wait; cat got' --attach recv_accept$family --var verdict=0 "$windows"
		ok "nc: recv_accept$family: what is refused is never seen" lines waits
		under 'nc -n -v -u -l '$host' 5001 >got 2>server.err & server=$!; i=0; until grep -q Bound server.err || [ $((i += 1)) -gt 50 ]; do sleep 0.03; done
			echo text | nc -n -u -w 1 -q 0 '$host' 5003; until [ -s got ] || [ $((i += 1)) -gt 50 ]; do sleep 0.03; done; kill $server; wait; cat got' \
			$all $redirect "$windows"
		ok "nc: a datagram is redirected in IPv$family" lines text
	done
else
	skip nc 'no nc'
fi

# --- nginx: a master that forks workers, epoll, connections of its own to where it passes requests on ---

if command -v nginx >/dev/null && command -v curl >/dev/null; then
	temporary=
	for what in client_body proxy fastcgi uwsgi scgi; do temporary="$temporary ${what}_temp_path $tmp/$what;"; done
	cat >"$tmp/nginx.conf" <<-END
		user root root; worker_processes 2; daemon off; pid $tmp/nginx.pid; error_log $tmp/nginx.log;
		events { worker_connections 512; use epoll; }
		http { access_log off; $temporary
			server { listen 127.0.0.1:5001; listen [::1]:5001 ipv6only=on; root $tmp/site;
				location /4/ { proxy_pass http://127.0.0.1:5003/; }
				location /6/ { proxy_pass http://[::1]:5003/; } } }
	END
	nginx='nginx -e "$tmp/nginx.log" -c "$tmp/nginx.conf" & server=$!; i=0; until [ -s nginx.pid ] || [ $((i += 1)) -gt 100 ]; do sleep 0.03; done;'
	under "$nginx"' hundred 127.0.0.1 5003; hundred "[::1]" 5003; get http://127.0.0.1:5001/4/page.txt; get http://127.0.0.1:5001/6/page.txt
		kill $server; wait $server; echo "nginx $?"' $all $redirect --dump-maps "$windows"
	ok 'nginx: a hundred clients at once in IPv4 and in IPv6, redirected' has 2 'pages 100'
	ok "nginx: workers' own connections, redirected in IPv4 and IPv6" has 2 page
	ok 'nginx: ends as it does' has 1 'nginx 0'
	ok 'nginx: each accept is seen' sh -c 'grep -q "^  44: 10[2-9]" "$1" && grep -q "^  46: 10[1-9]" "$1"' sh "$tmp/out"
	under "$nginx"' get http://127.0.0.1:5001/page.txt; get -o out -w "%{http_code}\n" http://127.0.0.1:5001/4/page.txt; kill $server; wait $server' \
		--attach connect4 --var refused_port=5003 "$linux"
	ok "nginx: a worker's connection refused" lines page 'exit 0' 502 'exit 0'
	under 'nginx -e "$tmp/nginx.log" -c "$tmp/nginx.conf"; echo "nginx $?"' --attach bind6 --var refused_port=5001 "$linux"
	ok 'nginx: bind6 refused' sh -c 'grep -qx "nginx 1" "$1" && grep -q "bind() to \[::1\]:5001 failed (1: Operation not permitted)" "$2"' sh "$tmp/out" "$tmp/err"
	under "$nginx"' get -v http://127.0.0.1:5001/page.txt; kill $server; wait $server' --attach recv_accept4 --var verdict=0 "$windows"
	ok 'nginx: recv_accept4: clients are cut off' grep -qE 'Connection reset by peer|Empty reply' "$tmp/out"
else
	skip nginx 'no nginx or no curl'
fi

# --- Go: static, system calls of its own, threads that come and go, epoll ---

if command -v go >/dev/null && CGO_ENABLED=0 GO111MODULE=off go build -o "$tmp/go" "$here/go.go" 2>"$tmp/go.err"; then
	under './go 5003' $all $redirect "$windows"
	ok 'Go: a hundred clients at once, and a datagram, redirected' lines '127.0.0.1 100 <nil> text' '::1 100 <nil> text'
	under './go 5001' --attach bind4 --attach connect6 --var refused_port=5001 "$linux"
	ok 'Go: bind4 and connect6 refused' lines '127.0.0.1 listen: operation not permitted' '::1 0 operation not permitted text'
	under './go 5001' --attach listen4 --attach recv_accept6 --var verdict=0 "$windows"
	ok 'Go: listen4 and recv_accept6 refused' lines '127.0.0.1 listen: permission denied' '::1 0 connection reset by peer text'
else
	skip Go 'no go'
fi

# --- Python: blocking calls and signals ---

cat >"$tmp/signals.py" <<'END'
import os, signal, socket, threading, time


class Late(Exception):
    pass


def late(*_):
    raise Late


def count(*_):
    global seen
    seen += 1


def attempt(what, call):
    try:
        print(what, call())
    except (Late, OSError) as error:
        print(what, type(error).__name__)


for family, host in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
    full = socket.socket(family)
    full.bind((host, 0))
    full.listen(0)
    clients = [socket.socket(family) for _ in range(2)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(full.getsockname())
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.06)
    attempt("connect", lambda: socket.socket(family).connect(full.getsockname()))
    signal.setitimer(signal.ITIMER_REAL, 0.06)
    empty = socket.create_server((host, 0), family=family)
    attempt("accept", empty.accept)
    seen = 0
    signal.signal(signal.SIGALRM, count)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    threading.Timer(0.1, lambda: socket.create_connection(empty.getsockname()[:2])).start()
    attempt("accept", lambda: bool(empty.accept()))
    signal.setitimer(signal.ITIMER_REAL, 0)
    print("handled", seen > 2)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 0.06)
        socket.socket(family).connect(full.getsockname())
    print("killed by", os.waitpid(child, 0)[1])
END
in_own python3 "$tmp/signals.py" >"$tmp/bare" 2>&1 &
under 'python3 signals.py' $all "$windows"
wait
ok 'Python: blocking calls and signals, as without a supervisor' diff "$tmp/bare" "$tmp/out"
ok 'Python: calls end, go on, and do not keep a process alive' sh -c '
	[ "$(grep -cE "^(connect Late|accept Late|accept True|handled True|killed by 14)$" "$1")" -eq 10 ]' sh "$tmp/out"
finish
