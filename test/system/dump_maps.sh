#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel run --dump-maps`: keys, values and global variables as what C says they are.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'
typed=$ORIEL_BUILD/bpf/typed.o

run oriel run --dump-maps "$typed"
cat >"$tmp/want" <<'WANT'
values (hash)
  GREEN: {negative: -7, large: 18446744073709551615, yes: true, color: RED, no_color: 77, far: FAR, text: "seven", no_text: 61 00 62 00, bytes: 01 02 ff, inner: {small: -128, pair: [1, 65535]}, list: [{small: 1, pair: [2, 3]}, {small: 4, pair: [5, 6]}], as_number: 67305985, as_bytes: 01 02 03 04, bits: {low: 5, high: -2}, pointer: 0x1234, nothing: [], qualified: 11}
plain (hash)
  258: 01 02 03
.data (array)
  minus: -5
  record: {small: -1, pair: [1, 2]}
  hidden: 10
  greeting: "hello"
WANT
# In the order that the compiler has chosen.
sed 1d "$tmp/out" | sort >"$tmp/maps"
sort "$tmp/want" >"$tmp/sorted"
ok 'text' diff "$tmp/sorted" "$tmp/maps"
run oriel run --json --dump-maps "$typed"
if command -v python3 >/dev/null; then
	cat >"$tmp/check.py" <<-'CHECK'
		import json, sys
		maps = {m["name"]: m["entries"][0] for m in json.load(open(sys.argv[1], encoding="utf-8"))["maps"]}
		value = maps["values"]["formatted"]
		assert value["key"] == "GREEN", value
		value = value["value"]
		assert value["negative"] == -7 and value["large"] == 2**64 - 1 and value["yes"] is True
		assert value["color"] == "RED" and value["no_color"] == 77 and value["far"] == "FAR"
		assert value["text"] == "seven" and value["no_text"] == "61006200" and value["bytes"] == "0102ff"
		assert value["list"] == [{"small": 1, "pair": [2, 3]}, {"small": 4, "pair": [5, 6]}]
		assert value["as_number"] == 0x04030201 and value["bits"] == {"low": 5, "high": -2}
		assert value["nothing"] == [] and value["qualified"] == 11
		assert maps["plain"] == {"key": "0201", "value": "010203"}
		assert maps[".data"]["formatted"] == {"minus": -5, "record": {"small": -1, "pair": [1, 2]}, "hidden": 10, "greeting": "hello"}
		assert maps[".data"]["value"].startswith("fbffffff")
	CHECK
	ok 'JSON' python3 "$tmp/check.py" "$tmp/out"
else
	skip 'JSON' 'no python3'
fi
run oriel run --var greeting=text:x --var minus=-100 --map values:1=hex:00 --dump-maps "$typed"
ok 'another text' out_has '  greeting: "x"'
ok 'another number' out_has '  minus: -100'
ok 'an entry of zeros' out_has '  RED: {negative: 0, large: 0, yes: false, color: 0, '
finish
