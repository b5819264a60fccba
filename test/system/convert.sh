#!/bin/sh
# SPDX-License-Identifier: MIT
# convert-bpf-to-native: each parameter of the original's script, handed to a program that shows what it was given.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "$ORIEL_EXE" ] || skip_all 'what stands in for oriel is a shell script'
convert() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/convert-bpf-to-native" "$@"; }
mkdir "$tmp/tools"
printf '#!/bin/sh\necho "$@"\nexit 7\n' >"$tmp/tools/oriel"
chmod +x "$tmp/tools/oriel"
given() { # EXPECTED ARG...: of convert-bpf-to-native
	expected=$1
	shift
	run convert -BinDir "$tmp/tools" "$@"
	ok "$*" out_is "$expected"
}
given 'native --format sys --arch x86-64 --output a.sys -- dir/a.b.o' -FileName dir/a.b.o
ok 'the exit code is that of oriel' exits 7
given 'native --format sys --arch x86-64 --output out/a.sys --type bind -- a.o' a.o -type bind -OUTDIR out
given 'native --format dll --arch arm64 --output a_um.dll -- a.o' a.o -KernelMode '$false' -Platform arm64
given 'native --format dll --arch x86-64 --output a_um.dll --include inc --debug -- a.o' -k:0 --inc inc -Conf Debug a.o
given 'native --format sys --arch x86-64 --output a.sys --unsigned -- a.o' a.o -Unsigned -Configuration NativeOnlyRelease -KernelMode True
given 'native --format sys --arch x86-64 --output a.sys -- a.o' a.o -ResourceFile '' -SpdFile ''
refused() { # MESSAGE ARG...
	expected=$1
	shift
	run convert "$@"
	ok "$*: usage" exits 64
	ok "$*: is said" err_has "$expected"
}
refused "a parameter is missing: '-FileName'"
refused 'no such parameter, or more than one' a.o -Frobnicate 1
refused 'no such parameter, or more than one' a.o -:x
refused 'one object file only' a.o -
refused 'a value is missing' a.o -Type
refused "given twice: 'Type'" a.o -Type a -t b
refused 'one object file only' a.o b.o
refused '-Platform is x64 or ARM64' a.o -Platform x86
refused 'no such configuration' a.o -Configuration Fast
refused '-KernelMode is $true or $false' a.o -KernelMode maybe
refused "not possible here: 'SpdFile'" a.o -SpdFile p.spd
refused "not possible here: 'ResourceFile'" a.o -ResourceFile p.rc
if [ -z "$ORIEL_EMULATOR" ]; then
	run convert -BinDir "$tmp/nowhere" a.o
	ok 'no oriel there' err_has 'cannot start'
	ok 'is a failure' exits 1
else
	skip 'no oriel there' 'under an emulator a program that is not there starts and fails'
fi
run convert -help
ok 'help' out_has 'usage: convert-bpf-to-native [-FileName] FILE'
finish
