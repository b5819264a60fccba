#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel run --trace-to` and `oriel trace`: events while programs are attached.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"
export XDG_RUNTIME_DIR="$tmp/run"
mkdir "$XDG_RUNTIME_DIR"

# Nobody watches: the file grows while programs are attached, and a kill loses nothing that is in it.
for there in "$XDG_RUNTIME_DIR" "$tmp/nowhere"; do
	XDG_RUNTIME_DIR=$there "$ORIEL_BUILD/bin/oriel" run --attach bind "$samples/hello_world.o" --trace-to "$tmp/grows" --trace-format json -- \
		python3 -c 'import socket, time
for _ in range(2): socket.socket().bind(("127.0.0.1", 0))
time.sleep(20)' >"$tmp/log" 2>&1 &
	grower=$!
	i=0; until [ "$(grep -c 'Hello World!' "$tmp/grows" 2>/dev/null)" = 2 ] || [ $((i += 1)) -gt 500 ]; do sleep 0.02; done
	kill -9 $grower
	wait $grower 2>/dev/null
	ok 'trace-to: as it comes' python3 -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert [(row["pid"], row["program"], row["event"]) for row in rows] == [(int(sys.argv[2]), "HelloWorld", "print")] * 2, rows
assert rows[0]["command"].startswith("python3 -c") and list(rows[0]) == "pid command ns slot program event text".split(), rows' \
		"$tmp/grows" $grower
	rm "$tmp/grows"
done

# Whoever takes the events is slower than the program: that waits for nobody, and what is lost is counted.
mkfifo "$tmp/slow"
python3 -c 'import sys, time
with open(sys.argv[1]) as pipe:
    while not __import__("os").path.exists(sys.argv[2]): time.sleep(0.02)
    open(sys.argv[3], "w").write(pipe.read())' "$tmp/slow" "$tmp/over" "$tmp/slowly" &
reader=$!
# On one processor, which has one ring.
run python3 -c 'import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.execv(sys.argv[1], sys.argv[1:])' "$ORIEL_BUILD/bin/oriel" run --attach bind "$samples/hello_world.o" --trace-to "$tmp/slow" --trace-format json -- \
	python3 -c 'import socket, sys
for _ in range(9000):
    with socket.socket() as s: s.bind(("127.0.0.1", 0))
open(sys.argv[1], "w").close()' "$tmp/over"
wait $reader
ok 'trace-to: what did not fit is in the file' python3 -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
missed = sum(row["lines"] for row in rows if row["event"] == "missed")
prints = sum(row["event"] == "print" for row in rows)
assert missed > 0 and missed + prints == 9000, (missed, prints)' "$tmp/slowly"
ok 'trace-to: and told in the end' err_has 'events did not fit'

# Why one was stopped, and where.
if [ -n "${ORIEL_CLANG:-}" ]; then
	cat >"$tmp/reach.c" <<'EOF_C'
#include "bpf_helpers.h"
#include "ebpf_nethooks.h"
SEC("bind") int reach(bind_md_t *ctx)
{
	return *(volatile int *)ctx->process_id;
}
EOF_C
	"$ORIEL_CLANG" -target bpf -g -O2 -I "$ORIEL_SOURCE/include" -c "$tmp/reach.c" -o "$tmp/reach.o" || exit 1
	oriel trace --count 1 >"$tmp/trace" 2>&1 &
	one=$!
	run oriel run --no-verify --attach bind "$tmp/reach.o" -- python3 -c 'import socket, time
time.sleep(0.7)
try: socket.socket().bind(("127.0.0.1", 0))
except OSError: pass'
	wait $one
	ok 'trace: a fault' grep -qE ': reach: stopped at slot [0-9]+ \(reach\.c:5\): 4-byte read at 0x[0-9a-f]+ is outside' "$tmp/trace"
else
	skip 'trace: a fault' 'no clang with the bpf target'
fi

# Silence is explained to who sits there.
ok 'trace: that it waits' python3 -c 'import os, pty, subprocess, sys
ours, theirs = pty.openpty()
tracer = subprocess.Popen([sys.argv[1], "trace"], stdout=subprocess.DEVNULL, stderr=theirs, env=dict(os.environ, XDG_RUNTIME_DIR=sys.argv[2]))
line = os.read(ours, 200)
tracer.terminate(); tracer.wait()
assert line.startswith(b"Nothing is attached yet."), line' "$ORIEL_BUILD/bin/oriel" "$tmp"
finish
