#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""corpus.py DIRECTORY N ORIEL...: inspects every N-th file of a directory of third-party objects and compares with its
expected.csv (file, section, program, dialect, type, slots, label, note). TAP output; ORIEL... is the command."""
import csv
import json
import os
import re
import subprocess
import sys

SANITIZER = re.compile(rb'Sanitizer|runtime error:')
count = bad = 0


def ok(name, why):
    global count, bad
    count += 1
    bad += why is not None
    print(f'{"not " if why else ""}ok {count} - {name}')
    for line in (why or '').splitlines()[:10]:
        print(f'#   {line}')


def run(command, path):
    done = subprocess.run(command + [path], capture_output=True, check=False)
    if done.returncode not in (0, 2) or SANITIZER.search(done.stderr):
        raise ValueError(f'exit code {done.returncode}: {done.stderr[-2000:].decode("utf-8", "replace")}')
    return done


def inspect(oriel, path, dialect):
    """The answer; None where the whole file is refused, which takes one message."""
    done = run(oriel + ['inspect', '--json', '--dialect', dialect], path)
    if done.stdout:
        return json.loads(done.stdout)
    lines = [line for line in done.stderr.splitlines() if not line.startswith(b'hint: ')]
    if done.returncode != 2 or len(lines) != 1 or os.fsencode(path) not in lines[0]:
        raise ValueError(f'refused without one clear message: {done.stderr.decode("utf-8", "replace")}')
    return None


def each_call(oriel, path, row):
    """Slots when a function counts as often as it is called. Functions are told apart by label."""
    done = run(oriel + ['disasm', '--json', '--dialect', row['dialect'], '--program', row['program']], path)
    size, calls, label = {}, {}, None
    insns = json.loads(done.stdout)['programs'][0]['insns']
    for at, insn in enumerate(insns):
        if 'label' in insn:
            label = insn['label']
            size[label], calls[label] = 0, []
        size[label] += insns[at + 1]['slot'] - insn['slot'] if at + 1 < len(insns) else 1
        called = re.match(r'call [+-]\S+ <([^>]+)>$', insn['text'])
        if called:
            calls[label].append(called[1])
    total = dict(size)
    for _ in range(8):  # as deep as frames go
        total = {name: size[name] + sum(total.get(to, 0) for to in calls[name]) for name in size}
    return total[next(iter(size))]


def check_row(oriel, path, answer, row, totals):
    """None, or what is wrong."""
    if answer is None:
        totals['in refused files'] += 1
        return f'{row["program"]}: the file is refused' if row['label'] == 'must-accept' else None
    found = [p for p in answer['programs'] if (p['section'], p['name']) == (row['section'], row['program'])]
    if not row['slots']:
        totals['without a count'] += 1
        return None
    if len(found) != 1:
        return f'{row["program"]} in {row["section"]}: found {len(found)} times'
    if 'error' in found[0]:
        totals['damaged'] += 1
        return f'{row["program"]}: {found[0]["error"]}' if row['label'] == 'must-accept' else None
    slots = int(row['slots'])
    if found[0]['insns'] == slots:
        totals['right'] += 1
        return None
    if each_call(oriel, path, row) == slots:
        totals['right when a function counts as often as it is called'] += 1
        return None
    return f'{row["program"]}: {found[0]["insns"]} slots, not {slots}'


def check_file(oriel, directory, name, rows, totals):
    path = os.path.join(directory, name)
    wrong = []
    try:
        for dialect in sorted({row['dialect'] for row in rows}) or ['linux', 'windows']:
            answer = inspect(oriel, path, dialect)
            for row in rows:
                if row['dialect'] == dialect:
                    wrong.append(check_row(oriel, path, answer, row, totals))
    except (ValueError, KeyError) as error:
        wrong.append(str(error))
    ok(name, '\n'.join(filter(None, wrong)) or None)


def main():
    directory, every, oriel = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    rows = {}
    with open(os.path.join(directory, 'expected.csv'), encoding='utf-8', newline='') as table:
        for row in csv.DictReader(table):
            rows.setdefault(row['file'], []).append(row)
    names = sorted(os.path.relpath(os.path.join(folder, name), directory)
                   for folder, _, files in os.walk(directory) for name in files)
    totals = dict.fromkeys(['right', 'right when a function counts as often as it is called', 'without a count',
                            'damaged', 'in refused files'], 0)
    for name in names[::every]:
        check_file(oriel, directory, name, rows.pop(name, []), totals)
    if every == 1:
        ok('every file of the table is there', ', '.join(rows) or None)
    ok('most rows are right', None if totals['right'] > 600 / every / 3 else 'no')
    print(f'1..{count}')
    print('# rows: ' + ', '.join(f'{number} {what}' for what, number in totals.items()))
    return bad != 0


sys.exit(main())
