#!/bin/sh
# SPDX-License-Identifier: MIT
# hooks_redirect.sh LIBRARY: what a proxy learns of the connections that a program has sent to it.
# shellcheck disable=SC2154,SC2016 # tmp and others come from lib.sh; sh -c has variables of its own
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"
library=$1
need_own
export XDG_RUNTIME_DIR="$tmp/run"
mkdir "$XDG_RUNTIME_DIR"
addresses='ip addr add 192.0.2.1/32 dev lo && ip -6 addr add 2001:db8::1/128 dev lo nodad'
in_own sh -c "$addresses" 2>"$tmp/err" || skip_all "no addresses of our own: $(head -n 1 "$tmp/err")"
# with_addresses COMMAND...
with_addresses() { run in_own sh -c "$addresses"' && exec "$@"' sh "$@"; }
redirect="--attach connect4 --attach connect6 --var proxy_port=8080 --map ports:80=7 $samples/connect_redirect.o"

# shellcheck disable=SC2086 # options are words
with_addresses "$ORIEL_BUILD/bin/oriel" run $redirect -- python3 "$here/original.py"
ok 'SO_ORIGINAL_DST of a supervised proxy' lines '127.0.0.1 192.0.2.1 80 16' '::1 2001:db8::1 80 28' ':: 192.0.2.1 80 16' \
	'Invalid argument' 'Invalid argument' 'Invalid argument' 'True none' 'True none' 'True none' none none none

# A sanitizer has to be there first, which Python is not built with.
if [ -z "$ORIEL_SANITIZE" ]; then
	with_addresses python3 "$here/redirect.py" "$library" "$ORIEL_BUILD/bin/oriel" "$samples/connect_redirect.o"
	{
		for each in '127.0.0.1 192.0.2.1' '::1 2001:db8::1' ':: 192.0.2.1' '127.0.0.1 192.0.2.1'; do
			echo "$each 200"
			echo "no program has redirected this connection | of the other side: no program has redirected this connection | of the last: ${each#* } 80"
		done
		echo 'no socket with a connection of IPv4 or IPv6'
	} >"$tmp/wanted"
	ok 'liboriel: each connection, at once; none that has the addresses of one before' diff "$tmp/wanted" "$tmp/out"
else
	skip 'liboriel from Python' 'a sanitizer'
fi

if command -v curl >/dev/null; then
	mkdir "$tmp/site"
	echo page >"$tmp/site/page.txt"
	# shellcheck disable=SC2086 # options are words
	with_addresses sh -c 'python3 -m http.server --directory "$1/site" --bind :: 80 >/dev/null 2>&1 & site=$!
		"$2" 8080 & proxy=$!; shift 2
		i=0; until curl -s -o /dev/null http://192.0.2.1/ || [ $((i += 1)) -gt 100 ]; do sleep 0.05; done
		for url in http://192.0.2.1/page.txt "http://[2001:db8::1]/page.txt"; do curl -sS http://127.0.0.1:8080/; "$@" curl -g -sS "$url"; done
		kill $site $proxy; wait' sh "$tmp" "$ORIEL_BUILD/bin/redirect_proxy_shared" "$ORIEL_BUILD/bin/oriel" run $redirect --
	sed 's/^process [0-9]*/process/' "$tmp/out" | sort >"$tmp/was"
	printf '%s\n' 'port 8080' page page 'process: to 192.0.2.1 port 80, number 7' 'process: to 2001:db8::1 port 80, number 7' \
		'no program has redirected this connection' 'no program has redirected this connection' | sort >"$tmp/wanted"
	ok 'redirect_proxy passes on what was meant for others' diff "$tmp/wanted" "$tmp/was"
else
	skip 'redirect_proxy' 'no curl'
fi
finish
