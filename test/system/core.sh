#!/bin/sh
# SPDX-License-Identifier: MIT
# --btf: a program that was compiled against one layout, adjusted to another one.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${ORIEL_CLANG:-}" ] || skip_all 'no clang with the bpf target'
compile() { # NAME, source on standard input
	"$ORIEL_CLANG" -target bpf -O2 -g -I "$ORIEL_SOURCE/include" -c -x c - -o "$tmp/$1.o" || exit 1
}

compile local <<'EOF_C'
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
struct thing {
	unsigned a, gone;
} __attribute__((preserve_access_index));
SEC("test") int moved(struct thing *thing)
{
	return bpf_core_field_exists(thing->gone) ? 99 : thing->a;
}
SEC("test") int missing(struct thing *thing)
{
	return thing->gone;
}
EOF_C
compile target <<'EOF_C'
struct thing {
	unsigned pad[2], a;
} *thing;
EOF_C
printf '\001\0\0\0\002\0\0\0\003\0\0\0' >"$tmp/data"

run oriel inspect "$tmp/local.o"
ok 'inspect: own types' out_has "CO-RE: 3 relocations, resolved against the object's own BTF"
run oriel inspect --btf "$tmp/target.o" "$tmp/local.o"
ok 'inspect --btf' exits 0
ok 'inspect --btf: says which' out_has "CO-RE: 3 relocations, resolved against $tmp/target.o"
ok 'inspect --btf: what is unresolved' out_has 'struct thing.gone (0:1)'
run oriel inspect --json --btf "$tmp/target.o" "$tmp/local.o"
ok 'inspect --btf --json parses' json_parses
ok 'inspect --btf --json: relocations' out_has '"relocations": 3'
run oriel disasm --btf "$tmp/target.o" --program moved "$tmp/local.o"
ok 'disasm --btf: the other offset' out_has '+ 0x8)'
run oriel disasm --btf "$tmp/target.o" --program missing "$tmp/local.o"
ok 'disasm --btf: the reason' out_has 'has no such field'
run oriel inspect --btf "$tmp/none" "$tmp/local.o"
ok 'no such file' exits 2
ok 'no such file: says which option' err_has '--btf'
run oriel inspect --btf "$tmp/data" "$tmp/local.o"
ok 'no BTF' exits 2
ok 'no BTF: names the file' err_has "$tmp/data"
ok 'no BTF: with a hint' err_has 'hint: '
if [ "${ORIEL_PRODUCTION:-}" != ON ]; then
	run oriel run --no-verify --type raw --program moved --data "$tmp/data" "$tmp/local.o"
	ok 'run: own types' out_has 'returned 99'
	run oriel run --no-verify --type raw --program moved --data "$tmp/data" --btf "$tmp/target.o" "$tmp/local.o"
	ok 'run --btf' out_has 'returned 3'
	run oriel run --no-verify --type raw --program missing --data "$tmp/data" --btf "$tmp/target.o" "$tmp/local.o"
	ok 'run --btf: unresolved' exits 1
	ok 'run --btf: says what' err_has 'CO-RE relocation field_byte_offset of struct thing.gone'
fi
finish
