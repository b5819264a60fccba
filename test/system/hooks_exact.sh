#!/bin/sh
# SPDX-License-Identifier: MIT
# A command cannot tell a supervisor whose programs permit everything, and cannot get around one that does not.
# ORIEL_HOOKS_CALLS (3000) random calls are compared, ORIEL_HOOKS_RACE (500) binds and ORIEL_HOOKS_RACING (500) random calls
# raced against.
# shellcheck disable=SC2154,SC2086 # tmp and others come from lib.sh; options are words
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"
need_own
all='--attach bind'
for hook in bind connect connect_authorization listen recv_accept; do all="$all --attach ${hook}4 --attach ${hook}6"; done
all="$all --attach sockops"
permit() { supervised $all "$windows" -- "$@"; }
# same NAME COMMAND...: bare and supervised, it prints the same.
same() {
	name=$1
	shift
	in_own "$@" >"$tmp/bare" 2>"$tmp/bare.err"
	permit "$@"
	ok "$name" diff "$tmp/bare" "$tmp/out"
}

# What takes seconds is done side by side. 14: whatever Linux 6.1 lacks.
in_own "$sockets" signals >"$tmp/signals" &
in_own "$ORIEL_BUILD/bin/supervised" 14 "$sockets" signals >"$tmp/signals.old" 2>&1 &
permit "$sockets" signals
wait
ok 'blocking calls and signals' diff "$tmp/signals" "$tmp/out"
ok 'blocking calls and signals, without features' diff "$tmp/signals" "$tmp/signals.old"

# As older kernels: 1 is WAIT_KILLABLE, 15 everything that may be missing.
for without in 0 1 15; do
	in_own "$sockets" random 1500 2 >"$tmp/bare"
	run in_own "$ORIEL_BUILD/bin/supervised" $without "$sockets" random 1500 2
	ok "random calls, without features $without" diff "$tmp/bare" "$tmp/out"
done
run in_own "$ORIEL_BUILD/bin/supervised" 15 "$sockets" many 100
ok 'a hundred clients, without features' lines 'echoes 100'
same 'random calls' "$sockets" random "${ORIEL_HOOKS_CALLS:-3000}" 1
same 'descriptors and arguments that go away meanwhile' "$sockets" racing "${ORIEL_HOOKS_RACING:-500}" 1
ok 'each call is before that or after it' out_has 'both orders 1, neither 0'
same 'a hundred clients, forked workers' "$sockets" many 100
ok 'all are answered' out_has 'echoes 100'

supervised --attach bind4 --var refused_port=4444 "$linux" -- "$sockets" race "${ORIEL_HOOKS_RACE:-500}"
ok 'an address that changes meanwhile' lines 'both 1' 'forbidden 0'
permit "$sockets" escape
ok 'other doors are shut' lines 'int80 Function not implemented' 'x32 Function not implemented' \
	'io_uring Function not implemented' 'sctp Operation not permitted'
supervised $all "$windows" -- "$ORIEL_BUILD/bin/oriel" run --attach bind "$samples/hello_world.o" -- true
ok 'there is one supervisor' err_has 'somebody else supervises this process already'

# Killed: its pid is that of the shell which became it.
mkfifo "$tmp/fifo"
in_own sh -c 'echo $$; exec "$@"' sh "$ORIEL_BUILD/bin/oriel" run $all "$windows" -- "$sockets" orphan >"$tmp/fifo" &
while read -r line; do
	case $line in
	ready) kill -9 "$pid" ;;
	[0-9]*) pid=$line ;;
	*) echo "$line" ;;
	esac
done <"$tmp/fifo" >"$tmp/out"
wait
ok 'without a supervisor calls fail' lines 'accept Function not implemented' 'bind Function not implemented' \
	'connect Function not implemented' 'traffic Function not implemented' 'traffic Function not implemented' \
	'traffic Function not implemented' 'traffic Function not implemented'
finish
