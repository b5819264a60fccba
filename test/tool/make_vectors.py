#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_vectors.py DIRECTORY: writes the vectors that are tables of operands and results.

What is expected comes from Python's integers and RFC 9669, not from any engine. Each vector returns 0, or the
number of the first check that failed."""
import itertools
import pathlib
import sys

VALUES = [0, 1, 2, 7, 31, 32, 33, 63, 64, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
          0x100000000, 0x123456789ABCDEF0, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFF80000000,
          0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF]
PAIRS = [(a, b) for a, b in itertools.product(VALUES, VALUES) if (VALUES.index(a) * 7 + VALUES.index(b)) % 5 == 0]
IMMEDIATES = [0, 1, 2, 31, 32, 63, 64, 0x7FFFFFFF, -1, -2, -0x80000000]


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def quotient(a, b):  # towards zero
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


ALU = {
    'add': lambda d, s, n: d + s,
    'sub': lambda d, s, n: d - s,
    'mul': lambda d, s, n: d * s,
    'div': lambda d, s, n: d // s if s else 0,
    'sdiv': lambda d, s, n: quotient(signed(d, n), signed(s, n)) if s else 0,
    'mod': lambda d, s, n: d % s if s else d,
    'smod': lambda d, s, n: signed(d, n) - signed(s, n) * quotient(signed(d, n), signed(s, n)) if s else d,
    'or': lambda d, s, n: d | s,
    'and': lambda d, s, n: d & s,
    'xor': lambda d, s, n: d ^ s,
    'mov': lambda d, s, n: s,
    'lsh': lambda d, s, n: d << (s & (n - 1)),
    'rsh': lambda d, s, n: d >> (s & (n - 1)),
    'arsh': lambda d, s, n: signed(d, n) >> (s & (n - 1)),
}
JUMPS = {
    'jeq': lambda d, s, n: d == s,
    'jne': lambda d, s, n: d != s,
    'jgt': lambda d, s, n: d > s,
    'jge': lambda d, s, n: d >= s,
    'jlt': lambda d, s, n: d < s,
    'jle': lambda d, s, n: d <= s,
    'jset': lambda d, s, n: d & s != 0,
    'jsgt': lambda d, s, n: signed(d, n) > signed(s, n),
    'jsge': lambda d, s, n: signed(d, n) >= signed(s, n),
    'jslt': lambda d, s, n: signed(d, n) < signed(s, n),
    'jsle': lambda d, s, n: signed(d, n) <= signed(s, n),
}
ATOMICS = {
    'add': lambda m, s: m + s,
    'or': lambda m, s: m | s,
    'and': lambda m, s: m & s,
    'xor': lambda m, s: m ^ s,
    'xchg': lambda m, s: s,
}


class Vector:
    """Lines of assembly, check by check."""

    def __init__(self):
        self.lines = []
        self.checks = 0

    def add(self, *lines):
        self.lines += lines

    def begin(self):
        self.checks += 1
        self.add(f'mov %r0, {self.checks}')

    def expect(self, register, value):
        self.add(f'lddw %r5, {value:#x}', f'jne %{register}, %r5, exit')

    def write(self, directory, name):
        text = ['# SPDX-License-Identifier: MIT', '-- asm', *self.lines, 'mov %r0, 0', 'exit', '-- result', '0x0']
        (directory / f'{name}.data').write_text('\n'.join(text) + '\n')


def alu(directory):
    for name, bits in itertools.product(ALU, (32, 64)):
        mask = (1 << bits) - 1
        mnemonic = name + ('32' if bits == 32 else '')
        vector = Vector()
        for a, b in PAIRS:
            vector.begin()
            vector.add(f'lddw %r1, {a:#x}', f'lddw %r2, {b:#x}', f'{mnemonic} %r1, %r2')
            vector.expect('r1', ALU[name](a & mask, b & mask, bits) & mask)
            vector.expect('r2', b)
        for a, b in itertools.product(VALUES[::3], IMMEDIATES):
            if name in ('lsh', 'rsh', 'arsh') and not 0 <= b < bits:
                continue
            vector.begin()
            vector.add(f'lddw %r1, {a:#x}', f'{mnemonic} %r1, {b}')
            vector.expect('r1', ALU[name](a & mask, b & mask, bits) & mask)
        vector.write(directory, 'alu_' + mnemonic)
    for bits in (32, 64):
        mask = (1 << bits) - 1
        mnemonic = 'neg' + ('32' if bits == 32 else '')
        vector = Vector()
        for a in VALUES:
            vector.begin()
            vector.add(f'lddw %r1, {a:#x}', f'{mnemonic} %r1')
            vector.expect('r1', -a & mask)
        vector.write(directory, 'alu_' + mnemonic)


def swaps(directory):
    for name, size in itertools.product(('le', 'be', 'bswap'), (16, 32, 64)):
        vector = Vector()
        for a in VALUES:
            low = (a & ((1 << size) - 1)).to_bytes(size // 8, 'little')
            vector.begin()
            vector.add(f'lddw %r1, {a:#x}', f'{name}{size} %r1')
            vector.expect('r1', int.from_bytes(low, 'little' if name == 'le' else 'big'))
        vector.write(directory, f'swap_{name}{size}')
    for size, bits in ((8, 32), (16, 32), (8, 64), (16, 64), (32, 64)):
        vector = Vector()
        for a in VALUES:
            vector.begin()
            vector.add(f'lddw %r2, {a:#x}', 'mov %r1, -1', f'movsx{size}{bits} %r1, %r2')
            vector.expect('r1', signed(a, size) & ((1 << bits) - 1))
        vector.write(directory, f'movsx_{size}_{bits}')


def jumps(directory):
    for name, bits in itertools.product(JUMPS, (32, 64)):
        mask = (1 << bits) - 1
        mnemonic = name + ('32' if bits == 32 else '')
        vector = Vector()

        def check(a, b, operand):
            if JUMPS[name](a & mask, b & mask, bits):
                vector.add(f'{mnemonic} %r1, {operand}, +1', 'ja exit')
            else:
                vector.add(f'{mnemonic} %r1, {operand}, exit')

        for a, b in PAIRS:
            vector.begin()
            vector.add(f'lddw %r1, {a:#x}', f'lddw %r2, {b:#x}')
            check(a, b, '%r2')
        for a, b in itertools.product(VALUES[::3], IMMEDIATES):
            vector.begin()
            vector.add(f'lddw %r1, {a:#x}')
            check(a, b, str(b))
        vector.write(directory, 'jump_' + mnemonic)


def memory(directory):
    suffixes = {'b': 8, 'h': 16, 'w': 32, 'dw': 64}
    for suffix, size in suffixes.items():
        mask = (1 << size) - 1
        around = 0xA5A5A5A5A5A5A5A5
        vector = Vector()
        for a, off in itertools.product(VALUES, (-16, -13)):  # aligned and not
            vector.begin()
            vector.add(f'lddw %r1, {a:#x}', f'lddw %r2, {around:#x}', f'stxdw [%r10{off}], %r2',
                       f'stx{suffix} [%r10{off}], %r1', f'ldx{suffix} %r3, [%r10{off}]')
            vector.expect('r3', a & mask)
            vector.add(f'ldxdw %r3, [%r10{off}]')
            vector.expect('r3', around & ~mask & (1 << 64) - 1 | a & mask)
            if size < 64:
                vector.add(f'ldxs{suffix} %r3, [%r10{off}]')
                vector.expect('r3', signed(a, size) & (1 << 64) - 1)
        for value in IMMEDIATES:
            vector.begin()
            vector.add(f'st{suffix} [%r10-8], {value}', f'ldx{suffix} %r3, [%r10-8]')
            vector.expect('r3', value & mask)
        vector.write(directory, 'memory_' + suffix)


def atomics(directory):
    for bits in (32, 64):
        mask = (1 << bits) - 1
        suffix = '32' if bits == 32 else ''
        pairs = PAIRS[::3]

        def memory_is(vector, m, value):
            keep = m & ~mask & (1 << 64) - 1
            vector.add('ldxdw %r3, [%r10-8]')
            vector.expect('r3', keep | value & mask)

        for name, fetch in [(n, f) for n in ATOMICS for f in (False, True) if f or n != 'xchg']:
            vector = Vector()
            word = ('fetch ' if fetch and name != 'xchg' else '') + name + suffix
            for m, s in pairs:
                vector.begin()
                vector.add(f'lddw %r1, {m:#x}', f'lddw %r2, {s:#x}', 'stxdw [%r10-8], %r1',
                           f'lock {word} [%r10-8], %r2')
                memory_is(vector, m, ATOMICS[name](m, s))
                vector.expect('r2', m & mask if fetch else s)
            vector.write(directory, 'atomic_' + ('fetch_' if fetch else '') + name + suffix)
        vector = Vector()
        for m, s in pairs:
            for guess in (m, m ^ 1, m ^ 1 << 32):
                equal = guess & mask == m & mask
                vector.begin()
                vector.add(f'mov %r6, {vector.checks}', f'lddw %r1, {m:#x}', f'lddw %r2, {s:#x}',
                           f'lddw %r0, {guess:#x}', 'stxdw [%r10-8], %r1', f'lock cmpxchg{suffix} [%r10-8], %r2',
                           'mov %r4, %r0', 'mov %r0, %r6')
                memory_is(vector, m, s if equal else m)
                vector.expect('r4', m & mask)
                vector.expect('r2', s)
        vector.write(directory, 'atomic_cmpxchg' + suffix)


def main():
    directory = pathlib.Path(sys.argv[1])
    for family in (alu, swaps, jumps, memory, atomics):
        family(directory)


main()
