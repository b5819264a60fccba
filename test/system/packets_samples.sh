#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples for packets that have a page of their own, on a network.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/hooks/net.sh"

mkfifo "$tmp/blocklist"
traffic --var limit=20 --updates "$tmp/blocklist" --map blocked:10.9.0.77=0 --dump-maps "$samples/syn_flood.o" -- flood "$tmp/blocklist"
ok 'syn_flood: as many as the limit get through' out_has 'attacker: 20 of 50'
ok 'syn_flood: who is blocked from the start' out_has 'blocked from the start: 0 of 3'
ok 'syn_flood: others get through meanwhile' out_has 'before: connected'
ok 'syn_flood: an entry that comes while it runs' out_has 'blocked: timed out'
ok 'syn_flood: and goes' out_has 'taken out: connected'
ok 'syn_flood: the map has who is blocked' out_has '{bytes: 0a 09 00 42}'
ok 'syn_flood: what is wrong is said' err_has "no map 'nothere'"
ok 'syn_flood: all goes on' exits 0

traffic --map rules4:10.9.0.0/24=1 --map rules4:10.9.0.2/32=0 --map rules6:2001:db8::/32=1 --dump-maps "$samples/packet_rules.o" -- rules
ok 'packet_rules: by the longest prefix' lines_of passed 'passed 10.9.0.2' 'passed 192.0.2.1' 'passed 2001:db9::1'
# shellcheck disable=SC2016 # a pattern
ok 'packet_rules: counted by rule' grep -q '{bits: 24, address: 0a 09 00 00}: {drop: 1, hits: 2}' "$tmp/out"
ok 'packet_rules: counted by source' grep -q '{address: 0a 09 00 42.*version: 4}: {packets: 1, bytes: 50, dropped: 1}' "$tmp/out"
ok 'packet_rules: IPv6' grep -q 'version: 6}: {packets: 1, bytes: [0-9]*, dropped: 1}' "$tmp/out"
traffic --map rules4:10.9.0.0/33=1 "$samples/packet_rules.o" -- rules
ok 'a prefix that is too long' exits 64
finish
