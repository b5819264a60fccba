# SPDX-License-Identifier: MIT
"""Checks a native image (.sys, .dll) against the contract, with a PE reader of its own.

usage: native_image.py IMAGE [OBJECT]: prints what is in it, one line each, or what is wrong. With OBJECT the module's hash
is compared with that file's.
"""
import hashlib
import struct
import sys
import uuid

import info_hash

NPI = uuid.UUID("c847aac8-a6f2-4b53-aea3-f4a94b9a80cb").bytes_le
HEADER = struct.Struct("<H6xQQ")


class Image:
    def __init__(self, data):
        self.data = data
        pe = struct.unpack_from("<I", data, 0x3C)[0]
        assert data[:2] == b"MZ" and data[pe : pe + 4] == b"PE\0\0", "no PE file"
        self.machine, count = struct.unpack_from("<HH", data, pe + 4)
        self.characteristics = struct.unpack_from("<H", data, pe + 22)[0]
        self.optional = pe + 24
        assert struct.unpack_from("<H", data, self.optional)[0] == 0x20B, "no PE32+ file"
        self.entry = struct.unpack_from("<I", data, self.optional + 16)[0]
        self.base = struct.unpack_from("<Q", data, self.optional + 24)[0]
        self.alignment = struct.unpack_from("<I", data, self.optional + 32)[0]
        self.subsystem, self.dll_flags = struct.unpack_from("<HH", data, self.optional + 68)
        size = struct.unpack_from("<H", data, pe + 20)[0]
        self.sections = []
        for i in range(count):
            at = self.optional + size + 40 * i
            name = data[at : at + 8].rstrip(b"\0").decode()
            vsize, rva, raw, offset = struct.unpack_from("<4I", data, at + 8)
            flags = struct.unpack_from("<I", data, at + 36)[0]
            self.sections.append((name, rva, vsize, offset, raw, flags))

    def section_of(self, va):
        for section in self.sections:
            if section[1] <= va - self.base < section[1] + max(section[2], section[4]):
                return section
        raise AssertionError(f"address {va:#x} is in no section")

    def section(self, name):
        found = [s for s in self.sections if s[0] == name]
        assert len(found) == 1, f"{len(found)} sections '{name}'"
        return found[0]

    def at(self, va, size):
        _, rva, _, offset, raw, _ = self.section_of(va)
        begin = va - self.base - rva
        assert begin + size <= raw, f"address {va:#x} is not in the file"
        return self.data[offset + begin : offset + begin + size]

    def text(self, va):
        _, rva, _, offset, raw, _ = self.section_of(va)
        begin = offset + va - self.base - rva
        return self.data[begin : self.data.index(b"\0", begin, offset + raw)].decode()

    def rows(self, name, size):
        _, rva, vsize, _, _, _ = self.section(name)
        return [(self.base + rva + i, self.at(self.base + rva + i, size)) for i in range(0, vsize, size)]

    def directory(self, index):
        return struct.unpack_from("<II", self.data, self.optional + 112 + 8 * index)

    def exports(self):
        rva, _ = self.directory(0)
        fields = struct.unpack("<IIHHIIIIIII", self.at(self.base + rva, 40))
        count, names = fields[7], self.base + fields[9]
        return [self.text(self.base + struct.unpack("<I", self.at(names + 4 * i, 4))[0]) for i in range(count)]

    def imports(self):
        rva, _ = self.directory(1)
        found = {}
        while rva:
            lookup, _, _, name, _ = struct.unpack("<5I", self.at(self.base + rva, 20))
            if name == 0:
                break
            names = []
            while True:
                hint = struct.unpack("<Q", self.at(self.base + lookup, 8))[0]
                if hint == 0:
                    break
                names.append(self.text(self.base + hint + 2))
                lookup += 8
            found[self.text(self.base + name)] = sorted(names)
            rva += 20
        return found


def check_header(data, at, size, total):
    assert HEADER.unpack_from(data, at) == (1, size, total), f"header {HEADER.unpack_from(data, at)}, not {(1, size, total)}"


def helpers(image, va, count):
    ids = []
    for i in range(count):
        row = image.at(va + 40 * i, 40)
        check_header(row, 0, 40, 40)
        helper, name = struct.unpack_from("<I4xQ", row, 24)
        ids.append((helper, image.text(name)))
    return ids


def program(image, row):
    assert row[:8] == bytes(8), "no zero marker before a program"
    check_header(row, 8, 154, 160)
    function, pe_section, section, name, _, maps = struct.unpack_from("<QQQQQH", row, 32)
    helper_va, helper_count = struct.unpack_from("<QH", row, 80)
    insns, type_va, _, hash_va, hash_len, hash_type = struct.unpack_from("<6Q", row, 96)
    found = image.section_of(function)
    assert found[0] == image.text(pe_section), f"code in {found[0]}, which the table calls {image.text(pe_section)}"
    assert found[5] & 0xE0000020 == 0x60000020, f"section {found[0]} is not read and execute"
    guid = str(uuid.UUID(bytes_le=image.at(type_va, 16)))
    type_name = [n for n, t in info_hash.TYPES.items() if t[1] == guid]
    assert type_name, f"type {guid} is none of Windows'"
    used = helpers(image, helper_va, helper_count)
    names = {i: text for i, (text, *_) in {**info_hash.GENERAL, **info_hash.OWN.get(type_name[0], {})}.items()}
    for helper, text in used:
        assert names[helper] == text, f"helper {helper} is called {text}"
    ids = [helper for helper, _ in used]
    assert image.text(hash_type) == "SHA256" and hash_len == 32, "no hash of program information"
    expected = hashlib.sha256(info_hash.encode(type_name[0], ids, [])).digest()
    assert image.at(hash_va, 32) == expected, f"{image.text(name)}: another hash of program information"
    print("program", type_name[0], image.text(section), image.text(name), found[0], f"insns={insns}", f"maps={maps}",
          "helpers=" + ",".join(str(i) for i in ids))


def main():
    image = Image(open(sys.argv[1], "rb").read())
    print("machine", hex(image.machine), "subsystem", image.subsystem)
    assert image.alignment == 4096 and image.dll_flags & 0x140 == 0x140, "not relocatable, or its data may be executed"
    for name, rva, _, _, _, flags in image.sections:
        assert flags & 0xA0000000 != 0xA0000000, f"section {name} is writable and executable"
        assert rva % 4096 == 0
    for _, row in image.rows("programs", 160):
        program(image, row)
    for _, row in image.rows("maps", 80):
        assert row[:16] == bytes(16), "no zero marker before a map"
        check_header(row, 16, 80, 80)
        kind, key, value, entries = struct.unpack_from("<4I", row, 40)
        print("map", image.text(struct.unpack_from("<Q", row, 72)[0]), kind, key, value, entries)
    for _, row in image.rows("global_v", 48):
        check_header(row, 0, 48, 48)
        name, size, _ = struct.unpack_from("<3Q", row, 24)
        print("global", image.text(name), size)
    _, rva, size, _, _, _ = image.section("hash")
    digest = image.at(image.base + rva, size)
    if len(sys.argv) > 2:
        assert digest == hashlib.sha256(open(sys.argv[2], "rb").read()).digest(), "another hash of the object"
    print("exports", *image.exports())
    for module, names in image.imports().items():
        print("imports", module, *names)
    print("npi", NPI in image.data)


main()
