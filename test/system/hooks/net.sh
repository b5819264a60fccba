# SPDX-License-Identifier: MIT
# For the tests of packets, before anything else: this shell's own network, with a peer at the other end of two cables:
# 10.9.0.1 on v0 here, 10.9.0.2 on v1 there; w0 here and w1 there.
if [ -z "${ORIEL_OWN_NET:-}" ]; then
	if unshare -Urn true 2>/dev/null; then
		ORIEL_OWN_NET=yes exec unshare -Urn sh "$0" "$@"
	fi
	echo '1..0 # SKIP no network namespace of our own'
	exit 77
fi
. "$ORIEL_SOURCE/test/system/lib.sh"
# shellcheck disable=SC2154,SC2034 # samples and others come from lib.sh
need_samples
[ -z "$ORIEL_EMULATOR" ] && [ "$(uname -s)" = Linux ] || skip_all 'packets are taken on Linux only, and not in an emulator'
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'
command -v python3 >/dev/null || skip_all 'needs python3'
command -v ip >/dev/null || skip_all 'needs ip, of iproute2'
here=$ORIEL_SOURCE/test/system/hooks
# The interpreter itself: what starts it may take its time.
python=$(python3 -c 'import sys; print(sys.executable)')
# On one processor packets come in the order in which they were sent.
taskset -pc 0 $$ >/dev/null 2>&1
unshare -n sleep 600 &
peer=$!
trap 'kill $peer; rm -rf "$tmp"' EXIT
there() { nsenter -t "$peer" -n "$@"; }
make_net() {
	ip link set lo up
	tries=0
	while [ "$(readlink /proc/$peer/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do
		tries=$((tries + 1))
		[ $tries -lt 50 ] || return 1
		sleep 0.1
	done
	for name in v w; do
		ip link add ${name}0 type veth peer name ${name}1 netns "$peer" || return 1
		for at in ${name}0 all; do
			echo 1 >/proc/sys/net/ipv6/conf/$at/disable_ipv6
		done 2>/dev/null
		ip link set ${name}0 up
		there ip link set ${name}1 up
	done
	ip addr add 10.9.0.1/24 dev v0
	there ip addr add 10.9.0.2/24 dev v1
}
make_net 2>"$tmp/err" || skip_all "no network of our own: $(head -n 1 "$tmp/err")"
# packets OPTION... -- WORD...: the tool with these words, while programs are attached to v0.
packets() { run timeout 30 "$ORIEL_BUILD/bin/oriel" run --attach xdp --interface v0 "$@"; }
traffic() { # OPTION... FILE -- WORD...
	set -- "$@"
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # options are words
	packets $options -- "$python" "$here/packets.py" "$peer" "$@"
}
lines() { printf '%s\n' "$@" | sort >"$tmp/wanted" && sort "$tmp/out" | diff "$tmp/wanted" -; }
# lines_of WORD TEXT...: those that begin so.
lines_of() {
	grep -a "^$1 " "$tmp/out" >"$tmp/some"
	shift
	printf '%s\n' "$@" | sort >"$tmp/wanted" && sort "$tmp/some" | diff "$tmp/wanted" -
}
# Nothing is left of it.
clean() { ! ip link | grep -F orl; }
packets "$samples/droppacket_linux.o" -- true
case $status:$(cat "$tmp/err") in
0:*) ;;
*'/dev/net/tun'* | *'cannot be used'*) skip_all "no packets here: $(head -n 1 "$tmp/err")" ;;
esac
