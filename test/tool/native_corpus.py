#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""native_corpus.py DIRECTORY N BPF2C WORK COMPILERS OPTION...: translates every N-th program of a directory of third-party objects
(its expected.csv names them) that is proven safe, and compiles the C without a warning with each of COMPILERS, which commas
separate. TAP output; the C comes behind the last option."""
import csv
import os
import subprocess
import sys


def main():
    directory, step, bpf2c, work = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    compilers = [[name] + sys.argv[6:] for name in sys.argv[5].split(',')]
    source = os.path.join(work, 'module.c')
    with open(os.path.join(directory, 'expected.csv'), encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    done = bad = refused = unsaid = 0
    for row in rows[::step]:
        path = os.path.join(directory, row['file'])
        command = [bpf2c, '--bpf', path, '--program', row['program'], '--dialect', row['dialect'],
                   '--type', row['type'], '--so', source]
        result = subprocess.run(command, capture_output=True, text=True, errors='replace', check=False)
        name = f"{row['file']} {row['program']}"
        if result.returncode != 0:
            if 'verification failed' in result.stderr or row['label'] != 'must-accept':
                refused += 1
            else:
                unsaid += 1
                print(f'# {name}: {result.stderr.strip().splitlines()[-1][:200]}')
            continue
        done += 1
        for compiler in compilers:
            result = subprocess.run(compiler + [source], capture_output=True, text=True, errors='replace', check=False)
            if result.returncode != 0 or result.stderr:
                bad += 1
                print(f'not ok - {name}, {compiler[0]}')
                for line in result.stderr.splitlines()[:5]:
                    print(f'#   {line}')
    print(f'# {len(rows[::step])} programs: {done} compiled by {sys.argv[5]}, {refused} refused, {unsaid} with no form in C, '
          f'{bad} with a warning')
    failed = bad or unsaid or done == 0
    print(f'{"not " if failed else ""}ok 1 - programs of the corpus compile')
    print('1..1')
    return 1 if failed else 0


sys.exit(main())
