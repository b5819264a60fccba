#!/bin/sh
# SPDX-License-Identifier: MIT
# Program-information hashes against others that made them: printf with sha256sum, and a script that follows the contract.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
info_hash() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/info-hash$ORIEL_EXE"; }

# XDP with map lookup (1), tail call (5) and its own adjust_head (0x10000), which moves the packet.
bytes_by_hand() {
	printf 'xdp'
	printf '\040\0\0\0' # context: 32 bytes, data 0, data_end 8, data_meta 16
	printf '\0\0\0\0'
	printf '\010\0\0\0'
	printf '\020\0\0\0'
	printf '\205\052\203\361\325\205\260\105\230\240\160\151\326\060\023\260' # f1832a85-85d5-45b0-98a0-7069d63013b0
	printf '\001\0\0\0'                                                      # bpf_prog_type
	printf '\0'                                                              # not privileged
	printf '\003\0\0\0\0\0\0\0'                                              # helpers
	printf '\001\0\0\0'
	printf 'bpf_map_lookup_elem'
	printf '\001\0\0\0' # map value or NULL
	printf '\005\0\0\0\007\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf '\005\0\0\0'
	printf 'bpf_tail_call'
	printf '\002\0\0\0' # integer or no return
	printf '\004\0\0\0\006\0\0\0\001\0\0\0\0\0\0\0\0\0\0\0'
	printf '\0\0\001\0'
	printf 'bpf_xdp_adjust_head'
	printf '\0\0\0\0' # integer
	printf '\004\0\0\0\001\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf '\001' # reallocate_packet
}
# Bind without helpers: no data_meta.
bind_by_hand() {
	printf 'bind'
	printf '\070\0\0\0\0\0\0\0\010\0\0\0\377\377\377\377'
	printf '\174\121\214\140\122\154\046\112\266\167\273\034\064\102\132\337' # 608c517c-6c52-4a26-b677-bb1c34425adf
	printf '\002\0\0\0\0\0\0\0\0\0\0\0\0'
}
if command -v sha256sum >/dev/null; then
	{
		printf 'xdp 1 5 65536=%s\n' "$(bytes_by_hand | sha256sum | cut -d ' ' -f 1)"
		printf 'bind=%s\n' "$(bind_by_hand | sha256sum | cut -d ' ' -f 1)"
	} >"$tmp/by_hand"
	cut -d = -f 1 "$tmp/by_hand" >"$tmp/in"
	run info_hash <"$tmp/in"
	ok 'bytes written by hand' diff "$tmp/by_hand" "$tmp/out"
else
	skip 'bytes written by hand' 'no sha256sum'
fi

if command -v python3 >/dev/null; then
	python3 "$ORIEL_SOURCE/test/tool/info_hash.py" >"$tmp/expected"
	cut -d = -f 1 "$tmp/expected" >"$tmp/in"
	run info_hash <"$tmp/in"
	ok 'the script makes many' [ "$(wc -l <"$tmp/expected")" -gt 400 ]
	ok 'each Windows type, many helper sets' diff "$tmp/expected" "$tmp/out"
else
	skip 'each Windows type, many helper sets' 'no python3'
fi
finish
