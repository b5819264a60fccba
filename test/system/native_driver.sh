#!/bin/sh
# SPDX-License-Identifier: MIT
# The driver that `oriel native` makes, under Wine: the service manager starts it, it registers with a netio.sys of ours and
# hands its table over, and it stops.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "$ORIEL_EMULATOR" ] && [ -z "$ORIEL_EXE" ] || skip_all 'the tools run on the machine itself'
[ "$(uname -m)" = x86_64 ] || skip_all 'Wine runs code of this machine'
[ -e "$samples/bind_count.o" ] || skip_all 'no clang with the bpf target'
[ -z "${ORIEL_SANITIZE:-}" ] && [ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'the image is the same in every build'
cc=x86_64-w64-mingw32-gcc
command -v $cc >/dev/null || skip_all "no $cc"
command -v wine >/dev/null || skip_all 'no wine'
command -v lld-link-19 >/dev/null || command -v lld-link >/dev/null || skip_all 'no lld'
unset ORIEL_CLANG # it would choose the compiler of images
tools=$ORIEL_SOURCE/tools
cd "$tmp" || exit 1
mkdir include
cp "$ORIEL_SOURCE"/include/bpf2c*.h include/
$cc -O1 -Wall -Werror -shared -I include "$ORIEL_SOURCE/test/wine/netio.c" -o netio.sys || exit 1
$cc -O1 -Wall -Werror "$ORIEL_SOURCE/test/wine/start_driver.c" -o start_driver.exe || exit 1
run oriel native --unsigned --arch x86-64 "$samples/bind_count.o" -o module.sys
ok 'a driver is made' exits 0

drive=${ORIEL_WINEPREFIX:-$ORIEL_SOURCE/build/wine}/drive_c
log=$drive/oriel-nmr.txt
rm -f "$log"
run timeout 60 "$tools/wine-run" start_driver.exe module.sys
ok 'Windows starts and stops it' out_is 'started
stopped'
[ "$status" -eq 0 ] || cat out err
[ -e "$log" ] || { echo "# no netio.sys of ours was loaded"; : >"$log"; }
tr -d '\r' <"$log" >out
rm -f "$log"
has() { ok "$1" grep -qx -e "$2" out; }
has 'it registers as a client of native modules' 'npi c847aac8-a6f2-4b53-aea3-f4a94b9a80cb'
has 'under the GUID of its service' 'module 04030201-0605-0807-090a-0b0c0d0e0f10'
has 'with a structure of the right size' 'client length \([0-9]*\) of \1'
has 'it attaches' 'attach 00000000'
has 'and hands over its table' 'binding 0*1234, table of 56'
has 'the program is in it' 'program [a-zA-Z_]* in bind'
has 'and the map' 'map [a-z_]*'
has 'it deregisters' 'deregister 1'
has 'and waits for that' 'wait 1'
finish
