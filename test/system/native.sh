#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel native`: images of each form, what is in them, the same bytes wherever they are made; what is refused.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "$ORIEL_EMULATOR" ] && [ -z "$ORIEL_EXE" ] || skip_all 'the tools run on the machine itself'
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang with the bpf target'
command -v lld-link-19 >/dev/null || command -v lld-link >/dev/null || skip_all 'no lld'
clang=$ORIEL_CLANG
unset ORIEL_CLANG # it would choose the compiler of images
cd "$ORIEL_SOURCE/test/bpf" || exit 1
"$clang" -target bpf -g -O2 -fdebug-compilation-dir=. -I ../../include -c native.c -o "$tmp/native.o" || exit 1
cd "$tmp" || exit 1

run oriel native --unsigned native.o
ok 'a driver' exits 0
ok 'is made' [ -s native.sys -a -s native.pdb ]
ok 'and spoken of' out_has 'native.sys: 7 programs, '
run oriel native --unsigned --json -o native.dll native.o
ok 'a DLL, after its name' out_has '"format": "dll"'
run oriel native native.o -o native.so
ok 'a Linux library' exits 0
run oriel native --unsigned --arch arm64 --dwarf --keep native.o -o arm64.sys
ok 'for arm64' exits 0
ok 'with its C and a twin' [ -s arm64.native.c -a -s arm64.sys.debug ]
run oriel native --debug native.o -o debug.so
ok 'for a debugger' exits 0
ok 'is another one' sh -c '! cmp -s native.so debug.so'
if [ "$(uname -m)" = x86_64 ] && command -v ld.lld-19 >/dev/null; then
	run oriel native --arch arm64 native.o -o arm64.so
	ok 'a library for another machine' exits 0
fi

# The same bytes, in other folders and at other times.
mkdir -p there/far
cp native.o there/far/
for image in native.sys native.so; do
	(cd there/far && TMPDIR=$tmp/there oriel native --unsigned --dwarf native.o -o $image >/dev/null)
	oriel native --unsigned --dwarf native.o -o $image >/dev/null
	ok "$image is the same again" cmp $image there/far/$image
done
ok 'and the PDB' cmp native.pdb there/far/native.pdb
ok 'and the twin' cmp native.sys.debug there/far/native.sys.debug
run env ORIEL_CLANG="$clang" "$ORIEL_BUILD/bin/oriel" native --unsigned native.o -o other.sys
ok 'the compiler can be chosen' exits 0
ok 'no path of this machine is in it' sh -c '! grep -qa "$1" native.sys native.pdb native.so native.sys.debug' - "$tmp"

if command -v python3 >/dev/null; then
	image() { python3 "$ORIEL_SOURCE/test/tool/native_image.py" "$@"; }
	for file in native.sys native.dll arm64.sys; do
		run image $file native.o
		ok "$file keeps the contract" exits 0
		ok 'with a program of each type' [ "$(grep -c '^program' out)" -eq 7 ]
		ok 'and its table exported' grep -qx 'exports get_metadata_table' out
	done
	run image native.sys native.o
	ok 'the driver is one' grep -qx 'machine 0x8664 subsystem 1' out
	ok 'which knows where to register' grep -qx 'npi True' out
	ok 'by these functions' grep -qx 'imports netio.sys NmrClientAttachProvider NmrDeregisterClient NmrRegisterClient NmrWaitForClientDeregisterComplete' out
	ok 'code has sections by program' grep -q '^program sample sample_ext on_sample sample~3 ' out
	run image native.dll native.o
	ok 'the DLL imports nothing' sh -c '! grep -q ^imports out'
	run image arm64.sys native.o
	ok 'arm64 is one' grep -qx 'machine 0xaa64 subsystem 1' out
else
	skip 'the contract' 'no python3'
fi
if command -v llvm-pdbutil-19 >/dev/null; then
	run llvm-pdbutil-19 dump -symbols -l native.pdb
	for program in on_packet on_bind on_connect on_flow on_event on_process on_sample; do
		ok "the PDB lists $program" grep -q "S_[GL]PROC32.*\`$program\`" out
	done
	ok 'and lines of the eBPF source' grep -q '^native\.c (' out
else
	skip 'what is in the PDB' 'no llvm-pdbutil-19'
fi

# More programs than an image has sections.
{
	printf '#include "bpf_helpers.h"\n#include "ebpf_nethooks.h"\n'
	i=0
	while [ $i -lt 100 ]; do
		printf 'SEC("bind/some%d") int number_%d(bind_md_t *ctx)\n{\n\treturn ctx->process_id == %d;\n}\n' $i $i $i
		i=$((i + 1))
	done
} >many.c
"$clang" -target bpf -O2 -g -I "$ORIEL_SOURCE/include" -c many.c -o many.o || exit 1
run oriel native --unsigned many.o
ok 'an image of 100 programs' exits 0
run oriel image inspect many.sys
ok 'can be loaded' exits 0
if [ "$(uname -m)" = x86_64 ] && [ "${ORIEL_PRODUCTION:-}" != ON ]; then
	run oriel run --unsigned --program number_97 --set process_id=97 many.sys
	ok 'and its programs run' out_has 'returned 1 '
fi

# Signed.
if command -v openssl >/dev/null && command -v osslsigncode >/dev/null && case ${ORIEL_SIGN:-OFF} in OFF | FALSE) false ;; esac; then
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -days 30 -keyout key.pem -out cert.pem \
		-addext extendedKeyUsage=codeSigning -addext keyUsage=digitalSignature >openssl.log 2>&1
	run oriel native --key key.pem --cert cert.pem native.o -o signed.sys
	ok 'a signed driver' exits 0
	ok 'is called so' out_has ', signed'
	run osslsigncode verify -CAfile cert.pem -in signed.sys
	ok 'osslsigncode agrees' exits 0
	ok 'also on its page hashes' grep -q 'Page hash algorithm *: SHA256' out
	cp signed.sys again.sys
	oriel native --key key.pem --cert cert.pem native.o -o signed.sys >/dev/null
	ok 'it is the same again' cmp again.sys signed.sys
	run oriel native --key cert.pem --cert cert.pem native.o -o signed2.sys
	ok 'what is no key' [ "$status" -ne 0 -a ! -e signed2.sys ]
	run oriel native native.o -o mine.sys
	ok 'no key of development' exits 2
	ok 'is said, and how there is one' err_has "'oriel key new' makes one"
	oriel key new >/dev/null
	run oriel native native.o -o mine.sys
	ok 'signed with the key of development' out_has ', signed'
	run osslsigncode verify -CAfile "$XDG_DATA_HOME/oriel/roots/development.pem" -in mine.sys
	ok 'below its root' exits 0
	run oriel native --key colleague native.o -o mine.sys
	ok 'no key of that name' exits 2
	run oriel native --cert cert.pem native.o
	ok 'a certificate without a key: usage' exits 64
	run oriel native --key key.pem --cert cert.pem --unsigned native.o
	ok 'signed and unsigned: usage' exits 64
	run oriel native --key key.pem --cert cert.pem native.o -o native.so
	ok 'a signed library: usage' exits 64
else
	skip 'signed images' 'no openssl or osslsigncode, or this build does not sign'
fi

# What is refused.
printf '#include "bpf_helpers.h"\n#include "ebpf_nethooks.h"\nSEC("bind") int bad(bind_md_t *ctx)\n{\n\treturn *(int *)ctx->app_id_start;\n}\n' >bad.c
"$clang" -target bpf -g -O2 -I "$ORIEL_SOURCE/include" -c bad.c -o bad.o || exit 1
run oriel native --unsigned bad.o
ok 'a program that is not safe' exits 1
ok 'its line is named' grep -q 'bad.c:5:.*error:' err
ok 'and nothing is made' [ ! -e bad.sys ]
echo nothing >text.o
run oriel native --unsigned text.o
ok 'what is no object' exits 2
run oriel native --unsigned native.o -o "$tmp/absent/native.sys"
ok 'no such folder' exits 2
ORIEL_CLANG=$tmp/no-clang
export ORIEL_CLANG
run oriel native --unsigned native.o
ok 'no compiler' exits 1
ok 'is said' err_has 'native modules need the compiler clang, and there is no '
ok 'with what to do' err_has 'hint: '
unset ORIEL_CLANG
run env ORIEL_LLD="$tmp/no-lld" "$ORIEL_BUILD/bin/oriel" native --unsigned native.o
ok 'no linker' err_has 'native modules need the linker lld-link, and there is no '
mkdir empty
run env TMPDIR="$tmp/empty" PATH="$tmp/empty" "$ORIEL_BUILD/bin/oriel" native --unsigned native.o
ok 'neither' err_has 'native modules need the compiler clang'
ok 'nothing is left of a failure' rmdir empty
finish
