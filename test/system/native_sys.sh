#!/bin/sh
# SPDX-License-Identifier: MIT
# Windows drivers of native modules, run on this machine: every sample does what it does in the interpreter; an image that nobody
# vouches for, or that is not what was signed, does not run.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "$ORIEL_EMULATOR" ] && [ -z "$ORIEL_EXE" ] || skip_all 'images are made for this machine'
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'there is no interpreter to compare with'
[ -e "$samples/hello_world.o" ] || skip_all 'no clang with the bpf target'
oriel native --unsigned "$samples/hello_world.o" -o "$tmp/hello_world.sys" >"$tmp/out" 2>&1 || skip_all "$(head -n 1 "$tmp/out")"

# What differs: the dialect's evidence, times, the mode.
plain() { sed -e 's/ dialect: [^)]*)/)/' -e 's/, [0-9]* ns each//' "$tmp/out"; }
both() { # IMAGE OBJECT ARG...: of oriel run
	image=$1 object=$2
	shift 2
	oriel run --policy allow-leaks "$object" "$@" --mode interpret >"$tmp/out" 2>&1
	echo "$?" >>"$tmp/out"
	plain >"$tmp/interpreted"
	oriel run --unsigned "$image" "$@" >"$tmp/out" 2>&1
	echo "$?" >>"$tmp/out"
	plain >"$tmp/native"
	diff "$tmp/interpreted" "$tmp/native"
}
for object in "$samples"/*.o; do
	sample=$(basename "$object" .o)
	case $sample in
	percpu* | bind_limits | connection_log | *time* | *random*) continue ;; # never twice the same, or by CPU
	connect_redirect) continue ;; # needs its hook's helpers
	hello_world | globals | map_in_map | tail_calls*) ;;
	*) [ -z "${ORIEL_SANITIZE:-}" ] || continue ;; # a few of each kind
	esac
	oriel native --unsigned --policy allow-leaks "$object" -o "$tmp/$sample.sys" >"$tmp/out" 2>&1 || {
		ok "$sample is made" false
		sed 's/^/# /' "$tmp/out"
		continue
	}
	oriel verify --policy allow-leaks "$object" | sed -n 's/^PASS  *[^ ]*  *\([^ ]*\) .*/\1/p' >"$tmp/programs"
	while read -r program; do
		ok "$sample, $program" both "$tmp/$sample.sys" "$object" --program "$program" --repeat 3
	done <"$tmp/programs"
done
ok 'there are programs' [ "$count" -gt 5 ]
# Through maps and tail calls: Ethernet, IPv4, UDP to port 53.
packet=0102030405060a0b0c0d0e0f0800450000200000000040110000c0000201c000020204d20035000c0000deadbeef
for sample in tail_calls tail_calls_linux; do
	ok "$sample with a packet" both "$tmp/$sample.sys" "$samples/$sample.o" --program parse_ethernet --packet $packet
done

# On a real event.
if [ "$(uname -s)" = Linux ] && command -v python3 >/dev/null; then
	run oriel run --unsigned --attach bind "$tmp/hello_world.sys" -- python3 -c \
		'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print("bound")'
	if grep -q 'not permitted\|not supported\|cannot' "$tmp/err"; then
		skip 'attached to a hook' "$(head -n 1 "$tmp/err")"
	else
		ok 'attached to a hook' grep -qx 'Hello World!' "$tmp/out"
		ok 'and the command goes on' grep -qx bound "$tmp/out"
	fi
	run oriel run --unsigned --attach connect4 "$tmp/hello_world.sys" -- true
	ok 'not to one that it is not for' err_has 'no program for connect4'
fi

# What --unsigned stands in for.
run oriel run "$tmp/hello_world.sys"
ok 'an image that is not signed does not run' [ "$status" -ne 0 ]
ok 'and says so' err_has 'not signed'
run oriel run --unsigned --mode interpret "$tmp/hello_world.sys"
ok 'no other mode' err_has "mode 'interpret': a native module has machine code only"
run oriel run --unsigned --program absent "$tmp/hello_world.sys"
ok 'no other program' err_has "no program 'absent' (there are: HelloWorld)"
run oriel run --unsigned --type xdp "$tmp/hello_world.sys"
ok 'no other type' err_has 'is of type bind, not xdp'
run oriel run --unsigned --dialect linux "$tmp/hello_world.sys"
ok 'no other dialect' err_has 'a module of the windows dialect'
head -c 3000 "$tmp/hello_world.sys" >"$tmp/short.sys"
run oriel run --unsigned "$tmp/short.sys"
ok 'truncated' err_has 'truncated'
ok 'is input that cannot be read' [ "$status" -eq 2 ]

# A signature, by a certificate below a root.
if [ "${ORIEL_SIGN:-}" != TRUE ] || ! command -v openssl >/dev/null; then
	skip 'signed images' 'needs libcrypto and openssl'
	finish
	exit
fi
certificate() { # NAME: a root, and a key for code signing below it
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tmp/$1.root.key" -out "$tmp/$1.pem" -subj "/CN=$1" -days 30 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -keyout "$tmp/$1.key" -out "$tmp/$1.csr" -subj "/CN=$1 signer" 2>/dev/null
	printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n' >"$tmp/ext"
	openssl x509 -req -in "$tmp/$1.csr" -CA "$tmp/$1.pem" -CAkey "$tmp/$1.root.key" -CAcreateserial -days 20 -extfile "$tmp/ext" \
		-out "$tmp/$1.leaf.pem" 2>/dev/null
}
certificate ours
certificate others
oriel native --key "$tmp/ours.key" --cert "$tmp/ours.leaf.pem" "$samples/hello_world.o" -o "$tmp/signed.sys" >"$tmp/out" 2>&1
run oriel run --root "$tmp/ours.pem" "$tmp/signed.sys"
ok 'a signed image runs' grep -qx 'Hello World!' "$tmp/out"
run oriel run --root "$tmp/others.pem" "$tmp/signed.sys"
ok 'not below another root' [ "$status" -eq 1 ]
ok 'and says what to do' err_has 'hint: --root FILE'
# change OFFSET: another byte there, in a copy.
change() {
	cp "$tmp/signed.sys" "$tmp/changed.sys"
	byte=$(od -An -tu1 -j "$1" -N 1 "$tmp/changed.sys")
	printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$tmp/changed.sys" bs=1 seek="$1" conv=notrunc 2>/dev/null
	run oriel run --root "$tmp/ours.pem" "$tmp/changed.sys"
}
for offset in 700 1100 2100 3200 4000; do
	change $offset
	ok "a byte is another at $offset: it does not run" [ "$status" -ne 0 ]
done
finish
