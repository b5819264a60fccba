#!/bin/sh
# SPDX-License-Identifier: MIT
# The hook of packets on a network of our own: each verdict, what programs change, several interfaces, what is left behind.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/hooks/net.sh"
linux=$ORIEL_BUILD/bpf/packets_linux.o windows=$ORIEL_BUILD/bpf/packets_windows.o
ok 'attached and detached' exits 0
ok 'nothing is left' clean

for mode in interpret jit native; do
	traffic --mode $mode "$linux" -- 7000 7001 7002 7003 7006 7013
	ok "Linux, $mode: passed, dropped, sent back, changed" lines 'host 7000 text7000' 'host 7001 text7001' 'peer text7003' 'host 7001 text7006'
	traffic --mode $mode "$windows" -- 7000 7001 7002 7003
	ok "Windows, $mode: passed, dropped, sent back" lines 'host 7000 text7000' 'host 7001 text7001' 'peer text7003'
done
ok 'nothing is left' clean
finish
