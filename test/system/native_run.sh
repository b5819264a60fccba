#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel run --mode native`: every sample does what it does in the interpreter; what is not verified does not run.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "$ORIEL_EMULATOR" ] && [ -z "$ORIEL_EXE" ] || skip_all 'programs are compiled for this machine'
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'there is no interpreter to compare with'
[ -z "${ORIEL_SANITIZE:-}" ] || skip_all 'what is compiled has none of the sanitizers'
command -v cc >/dev/null || skip_all 'no C compiler'
[ -e "$samples/hello_world.o" ] || skip_all 'no clang with the bpf target'

# What differs from run to run, and what says which mode it is.
plain() { sed -e 's/, [0-9]* ns each//' -e 's/"[a-z_]*ns":[0-9]*,*//g' -e 's/"mode":"[a-z]*",*//' "$tmp/out"; }
both() { # ARG...: of oriel run
	oriel run --policy allow-leaks "$@" --mode interpret >"$tmp/out" 2>&1
	echo "$?" >>"$tmp/out"
	plain >"$tmp/interpreted"
	oriel run --policy allow-leaks "$@" --mode native >"$tmp/out" 2>&1
	echo "$?" >>"$tmp/out"
	plain >"$tmp/native"
	diff "$tmp/interpreted" "$tmp/native"
}
for object in "$samples"/*.o; do
	name=$(basename "$object" .o)
	case $name in
	ring_buffer* | percpu* | bind_limits | connection_log | *time* | *random*) continue ;; # never twice the same, or by CPU
	esac
	oriel verify --policy allow-leaks "$object" | sed -n 's/^PASS  *[^ ]*  *\([^ ]*\) .*/\1/p' >"$tmp/programs"
	while read -r program; do
		ok "$name, $program" both "$object" --program "$program" --dump-maps --repeat 3
	done <"$tmp/programs"
done
ok 'there are programs' [ "$count" -gt 15 ]

run oriel run --mode native --no-verify "$samples/hello_world.o"
ok 'what is not verified is refused' [ "$status" -ne 0 ]
ok 'and says why' err_has 'mode native runs only what the verifier has proven safe'
mkdir "$tmp/empty"
TMPDIR=$tmp/empty
export TMPDIR
run oriel run --mode native "$samples/hello_world.o"
ok 'it runs' grep -qx 'Hello World!' "$tmp/out"
ok 'nothing is left of what was made' rmdir "$tmp/empty"
run oriel run --mode native "$samples/hello_world.o"
ok 'no place for temporary files: an error' err_has 'cannot make a folder for temporary files'
finish
