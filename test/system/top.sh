#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel top`: what attached programs do, from another process.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"
export XDG_RUNTIME_DIR="$tmp/run"
mkdir "$XDG_RUNTIME_DIR"
folder=$XDG_RUNTIME_DIR/oriel

run oriel top --once
ok 'nothing is attached: it says so' out_has 'Nothing is attached.'
run oriel top --once --json
ok 'nothing is attached: no object' cmp -s "$tmp/out" /dev/null
run oriel top --once --maps
ok 'nothing is attached: no maps' out_has 'Nothing is attached.'

# Three may be bound, then one is refused; the command waits until it has been looked at.
mkfifo "$tmp/go" "$tmp/at"
# Nobody waits for ever for the other side.
await_at() { timeout 20 cat "$tmp/at"; }
let_go() { timeout 20 sh -c ': >"$1"' sh "$tmp/go"; }
"$ORIEL_BUILD/bin/oriel" run --attach bind --map limits:0=3 "$samples/bind_monitor.o" --attach connect4@self "$windows" -- \
	python3 -c 'import os, socket, sys
def attempt():
    try: socket.socket().bind(("127.0.0.1", 0))
    except OSError: pass
for _ in range(2): attempt()
open(sys.argv[1], "w").close()
open(sys.argv[2]).read()
for _ in range(3): attempt()
open(sys.argv[1], "w").close()
open(sys.argv[2]).read()' "$tmp/at" "$tmp/go" >"$tmp/log" 2>&1 &
pid=$!
await_at
run oriel top --once
ok 'a row for each program and hook' [ "$(grep -c "^$pid " "$tmp/out")" -eq 2 ]
ok 'runs and verdicts' grep -qE "^$pid +python3 .* bind +BindMonitor +interpret +2 +- +[1-9][0-9]* +0 +.*=2$" "$tmp/out"
ok 'a compartment, and nothing has run' grep -qE " connect4@[0-9]+ +connect4 +interpret +0 +- +0 +0$" "$tmp/out"
run oriel top --once --json
ok 'JSON: an object a line' python3 -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert len(rows) == 2 and all(row["pid"] == int(sys.argv[2]) and row["failures"] == 0 for row in rows), rows
bind = next(row for row in rows if row["hook"] == "bind")
assert bind["runs"] == 2 and list(bind["verdicts"].values()) == [2] and bind["type"] == "bind", bind
assert bind["file"].endswith("bind_monitor.o") and bind["command"].startswith("python3 -c import os"), bind
' "$tmp/out" "$pid"
run oriel top --once --maps
ok 'maps: a process and its files' [ "$(grep -c "^process $pid, python3 -c import os" "$tmp/out")" -eq 2 ]
ok 'maps: as they are now' sh -c 'sed -n "/^ports /,/^[^ ]/p" "$1" | grep -q "^  [0-9]*: 2$"' sh "$tmp/out"
run oriel top --once --maps --json
ok 'maps: an object for each file' python3 -c 'import json, sys
files = [json.loads(line) for line in open(sys.argv[1])]
maps = {each["name"]: each for file in files if file["file"].endswith("bind_monitor.o") for each in file["maps"]}
assert len(files) == 2 and all(file["pid"] == int(sys.argv[2]) for file in files), files
assert [entry["formatted"]["value"] for entry in maps["ports"]["entries"]] == [2], maps' "$tmp/out" "$pid"
oriel top --json --count 2 --interval 300 >"$tmp/stream" 2>&1 &
watcher=$!
i=0; until [ -s "$tmp/stream" ] || [ $((i += 1)) -gt 500 ]; do sleep 0.02; done
let_go
await_at
wait $watcher
ok 'a stream of them, with rates' python3 -c 'import json, sys
rows = [row for row in map(json.loads, open(sys.argv[1])) if row["hook"] == "bind"]
assert [row["runs"] for row in rows] == [2, 5], rows
assert "runs_per_second" not in rows[0] and rows[1]["runs_per_second"] > 0, rows
assert sorted(rows[1]["verdicts"].values()) == [2, 3], rows' "$tmp/stream"
ok 'nobody else may ask' sh -c '[ "$(stat -c %a "$1")" = 700 ] && [ "$(stat -c %a "$1"/*.sock)" = 600 ]' sh "$folder"

# What programs print is seen from outside as it comes, by all who watch, of processes that begin later too.
oriel trace --count 2 >"$tmp/trace" 2>&1 &
one=$!
oriel trace --json --count 2 >"$tmp/trace.json" 2>&1 &
two=$!
run oriel run --attach bind "$samples/hello_world.o" --trace-to "$tmp/events" -- python3 -c 'import socket, time
time.sleep(0.7)
for _ in range(2): socket.socket().bind(("127.0.0.1", 0))'
wait $one $two
ok 'trace: lines' [ "$(grep -cE '^[0-9]+ python3 .* \[[0-9]+\] [0-9]+\.[0-9]{6}: HelloWorld: Hello World!' "$tmp/trace")" -eq 2 ]
ok 'trace: JSON' python3 -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert [(row["program"], row["event"], row["text"][:5]) for row in rows] == [("HelloWorld", "print", "Hello")] * 2, rows
assert rows[0]["ns"] < rows[1]["ns"] and rows[0]["command"].startswith("python3 -c"), rows
assert list(rows[0]) == "pid command ns slot program event text".split(), rows' "$tmp/trace.json"
ok 'trace: what is to be written is, though others watched' [ "$(grep -c 'Hello World!' "$tmp/events")" -eq 2 ]

# One that is killed leaves its socket; whoever looks next removes it.
kill -9 $pid
let_go
wait $pid 2>/dev/null
ok 'a killed process leaves its socket' sh -c 'ls "$1"/*.sock' sh "$folder"
run oriel top --once
ok 'it is not shown' out_has 'Nothing is attached.'
ok 'and removed' sh -c '! ls "$1"/*.sock' sh "$folder"
run oriel run --attach bind "$samples/hello_world.o" -- true
ok 'one that ends removes its own' sh -c '! ls "$1"/*.sock' sh "$folder"

# Records are for whoever takes them: here for the end.
run oriel run --attach bind --dump-maps "$samples/bind_limits.o" -- sh -c 'python3 -c "import socket; socket.socket().bind((\"127.0.0.1\", 0))"
	"$1" top --once --maps >"$2"' sh "$ORIEL_BUILD/bin/oriel" "$tmp/seen"
ok 'maps: no records of ring buffers' sh -c 'grep -q "^bound " "$1" && ! grep -q "^attempts " "$1"' sh "$tmp/seen"
ok 'maps: they are there afterwards' sh -c 'sed -n "/^attempts /,/^[^ ]/p" "$1" | grep -q "73 6f 63\|70 79 74 68 6f 6e"' sh "$tmp/out"

# A folder that others may write to is not used, nor is one that is not there.
chmod 777 "$folder"
run oriel run --attach bind "$samples/hello_world.o" -- sh -c 'ls "$1"/*.sock' sh "$folder"
ok "others' folder: no socket, but it runs" [ "$status" -ne 0 ]
export XDG_RUNTIME_DIR="$tmp/nothing"
run oriel run --attach bind "$samples/hello_world.o" -- sh -c 'exit 5'
ok 'no folder: it runs' exits 5
run oriel top --once
ok 'no folder: nothing is there' out_has 'Nothing is attached.'
run oriel trace 7
ok 'trace: no operand is taken' exits 64
run oriel trace --count 0
ok 'trace: something to wait for' exits 64
ok 'trace: from how many on' err_has '--count: from 1'
run oriel top 7
ok 'no operand is taken' exits 64
run oriel top --count x
ok 'a number is needed' exits 64
finish
