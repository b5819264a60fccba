# SPDX-License-Identifier: MIT
"""Prints `LINE=HASH` as info-hash does, for each Windows program type with several sets of helpers.

Follows the contract byte by byte with tables of its own; shares nothing with the tree's.
"""
import hashlib
import itertools
import random
import struct
import uuid

INTEGER, VALUE_OR_NULL, NO_RETURN = 0, 1, 2
ANY, SIZE, SIZE0, CTX, MAP, PROGMAP, KEY, VALUE, READ, READ_OR_NULL, WRITE = range(1, 12)

# name: (size, data, data_end, data_meta), GUID, number
TYPES = {
    "xdp": ((32, 0, 8, 16), "f1832a85-85d5-45b0-98a0-7069d63013b0", 1),
    "bind": ((56, 0, 8, -1), "608c517c-6c52-4a26-b677-bb1c34425adf", 2),
    "sock_addr": ((64, -1, -1, -1), "92ec8e39-aeec-11ec-9a30-18602489beee", 3),
    "sockops": ((64, -1, -1, -1), "43fb224d-68f8-46d6-aa3f-c856518cbb32", 4),
    "netevent": ((24, 8, 16, 0), "fc4adc85-49c3-4f0a-8393-facce89cde91", 5),
    "process": ((144, 0, 8, -1), "22ea7b37-1043-4d0d-b60d-cafa1c7b638e", 6),
    "sample": ((32, 0, 8, -1), "f788ef4a-207d-4dc3-85cf-0f2ea107213c", 999),
}

# id: name, return class, argument classes
GENERAL = {
    1: ("bpf_map_lookup_elem", VALUE_OR_NULL, MAP, KEY),
    2: ("bpf_map_update_elem", INTEGER, MAP, KEY, VALUE, ANY),
    3: ("bpf_map_delete_elem", INTEGER, MAP, KEY),
    4: ("bpf_map_lookup_and_delete_elem", VALUE_OR_NULL, MAP, KEY),
    5: ("bpf_tail_call", NO_RETURN, CTX, PROGMAP, ANY),
    6: ("bpf_get_prandom_u32", INTEGER),
    7: ("bpf_ktime_get_boot_ns", INTEGER),
    8: ("bpf_get_smp_processor_id", INTEGER),
    9: ("bpf_ktime_get_ns", INTEGER),
    10: ("bpf_csum_diff", INTEGER, READ_OR_NULL, SIZE0, READ_OR_NULL, SIZE0, ANY),
    11: ("bpf_ringbuf_output", INTEGER, MAP, READ, SIZE, ANY),
    12: ("bpf_trace_printk2", INTEGER, READ, SIZE),
    13: ("bpf_trace_printk3", INTEGER, READ, SIZE, ANY),
    14: ("bpf_trace_printk4", INTEGER, READ, SIZE, ANY, ANY),
    15: ("bpf_trace_printk5", INTEGER, READ, SIZE, ANY, ANY, ANY),
    16: ("bpf_map_push_elem", INTEGER, MAP, VALUE, ANY),
    17: ("bpf_map_pop_elem", INTEGER, MAP, VALUE),
    18: ("bpf_map_peek_elem", INTEGER, MAP, VALUE),
    19: ("bpf_get_current_pid_tgid", INTEGER),
    20: ("bpf_get_current_logon_id", INTEGER, CTX),
    21: ("bpf_is_current_admin", INTEGER, CTX),
    22: ("bpf_memcpy", INTEGER, WRITE, SIZE0, READ, SIZE0),
    23: ("bpf_memcmp", INTEGER, READ, SIZE0, READ, SIZE0),
    24: ("bpf_memset", INTEGER, WRITE, SIZE0, ANY),
    25: ("bpf_memmove", INTEGER, WRITE, SIZE0, READ, SIZE0),
    26: ("bpf_get_socket_cookie", INTEGER, CTX),
    27: ("bpf_strncpy_s", INTEGER, WRITE, SIZE0, READ, SIZE0),
    28: ("bpf_strncat_s", INTEGER, WRITE, SIZE0, READ, SIZE0),
    29: ("bpf_strnlen_s", INTEGER, READ, SIZE0),
    30: ("bpf_ktime_get_boot_ms", INTEGER),
    31: ("bpf_ktime_get_ms", INTEGER),
    32: ("bpf_perf_event_output", INTEGER, CTX, MAP, ANY, READ, SIZE),
    33: ("bpf_get_current_process_start_key", INTEGER),
    34: ("bpf_get_current_thread_create_time", INTEGER),
    35: ("bpf_redirect_map", INTEGER, MAP, ANY, ANY),
}
OWN = {
    "xdp": {0x10000: ("bpf_xdp_adjust_head", INTEGER, CTX, ANY)},
    "sockops": {0x10000: ("bpf_sock_ops_get_flow_id", INTEGER, CTX)},
    "sock_addr": {
        0x10001: ("bpf_sock_addr_set_redirect_context", INTEGER, CTX, READ, SIZE),
        0x10002: ("bpf_sock_addr_get_network_context", INTEGER, CTX, WRITE, SIZE),
    },
    "netevent": {0x10000: ("bpf_netevent_push_event", INTEGER, CTX)},
    "process": {
        0x10000: ("bpf_process_get_image_path", INTEGER, CTX, WRITE, SIZE),
        0x10001: ("bpf_process_get_account_name", INTEGER, CTX, WRITE, SIZE),
        0x10002: ("bpf_process_get_account_domain", INTEGER, CTX, WRITE, SIZE),
    },
}
MOVES_PACKET = {("xdp", 0x10000)}
FUNCS = [
    ("8f6c1f83-ce4c-4b58-8b91-654a29e23b7c", "sample_lookup", INTEGER, (READ, SIZE, 0, 0, 0), 0),
    ("8f6c1f83-ce4c-4b58-8b91-654a29e23b7c", "sample_lookup2", INTEGER, (CTX, 0, 0, 0, 0), 1),
    ("00000001-0203-0405-0607-08090a0b0c0d", "other", VALUE_OR_NULL, (MAP, KEY, 0, 0, 0), 7),
]


def classes(ret, args):
    return struct.pack("<6i", ret, *(tuple(args) + (0,) * 5)[:5])


def encode(name, ids, funcs):
    context, guid, number = TYPES[name]
    out = name.encode() + struct.pack("<4i", *context) + uuid.UUID(guid).bytes_le
    out += struct.pack("<I", number) + b"\0" + struct.pack("<Q", len(ids))
    for helper in sorted(ids):
        text, ret, *args = OWN.get(name, {}).get(helper) or GENERAL[helper]
        out += struct.pack("<I", helper) + text.encode() + classes(ret, args)
        if (name, helper) in MOVES_PACKET:
            out += b"\1"
    if funcs:
        out += struct.pack("<Q", len(funcs))
        for module, text, ret, args, flags in funcs:
            out += uuid.UUID(module).bytes_le + text.encode() + classes(ret, args) + struct.pack("<I", flags)
    return out


def show(name, ids, funcs=()):
    funcs = sorted(funcs, key=lambda f: (uuid.UUID(f[0]).bytes_le, f[1]))
    words = [name] + [str(i) for i in sorted(ids)]
    for module, text, ret, args, flags in funcs:
        numbers = ":".join(str(n) for n in (ret, *args, flags))
        words.append(f"{uuid.UUID(module).hex}:{text}:{numbers}")
    print(" ".join(words) + "=" + hashlib.sha256(encode(name, ids, funcs)).hexdigest())


def main():
    rng = random.Random(1)
    for name in TYPES:
        every = sorted(GENERAL) + sorted(OWN.get(name, {}))
        show(name, [])
        show(name, every)
        for helper in every:
            show(name, [helper])
        for _ in range(20):
            show(name, rng.sample(every, rng.randrange(2, len(every))))
        for count in range(1, len(FUNCS) + 1):
            for funcs in itertools.combinations(FUNCS, count):
                show(name, rng.sample(every, 3), funcs)
                show(name, [], funcs)


if __name__ == "__main__":
    main()
