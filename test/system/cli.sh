#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line's manners: help, completion, errors and exit codes. Needs no object file.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"

for command in run verify explain disasm cfg inspect spec btf cc image key extension completion; do
	run oriel $command --help
	ok "$command --help" exits 0
	ok "$command --help has a usage line" out_has "Usage: oriel $command [options]"
	ok "$command --help has examples" out_has 'Examples:'
	run oriel --help
	ok "--help lists $command" out_has "  $command"
	run oriel $command
	ok "$command without an operand is a usage error" exits 64
	ok "$command without an operand: says what is missing" err_has 'is missing'
	ok "$command without an operand: prints nothing" no_out
done

run oriel --version
ok 'version' out_has 'oriel 0'
run oriel -h
ok '-h' out_has 'Commands:'
run oriel
ok 'no command is a usage error' exits 64
run oriel inspct x.o
ok 'unknown command is a usage error' exits 64
ok 'unknown command: a guess' err_has "did you mean 'oriel inspect'?"
run oriel run --porgram x x.o
ok 'unknown option is a usage error' exits 64
ok 'unknown option: a guess' err_has "did you mean '--program'?"
run oriel run --verbosity 3 x.o
ok 'unknown option: where to look' err_has "'oriel run --help' lists the options"
run oriel run -x x.o
ok 'one dash' err_has 'two dashes'
run oriel run x.o --program
ok 'option without its argument is a usage error' exits 64
ok 'option without its argument: names it' err_has '--program needs an argument: NAME'
run oriel disasm --source=yes x.o
ok 'flag with an argument is a usage error' exits 64
run oriel inspect a.o b.o
ok 'second operand is a usage error' exits 64
run oriel inspect --color sometimes a.o
ok 'bad colour' exits 64
run oriel completion tcsh
ok 'completion for an unknown shell' exits 64

for command in run verify disasm cfg inspect; do
	run oriel $command "$tmp/none.o"
	ok "$command: missing file" exits 2
	ok "$command: missing file is named" err_has none.o
	: >"$tmp/empty.o"
	run oriel $command "$tmp/empty.o"
	ok "$command: empty file" exits 2
	ok "$command: empty file is named" err_has empty.o
	ok "$command: empty file, with a hint" err_has 'hint: '
	ok "$command: empty file prints nothing" no_out
	head -c 5000 "$ORIEL_SOURCE/LICENSE" >"$tmp/text.o"
	run oriel $command "$tmp/text.o"
	ok "$command: not an object" exits 2
	ok "$command: one line and a hint" [ "$(wc -l <"$tmp/err")" -eq 2 ]
	run oriel $command - <"$tmp/text.o"
	ok "$command: standard input is named" err_has 'standard input'
	run oriel $command --dialect solaris "$tmp/text.o"
	ok "$command: bad dialect" exits 64
	run oriel $command "$tmp"
	ok "$command: a directory" exits 2
done

if command -v bash >/dev/null; then
	oriel completion bash | tr -d '\r' >"$tmp/completion"
	cat >"$tmp/complete" <<-'SCRIPT'
		. "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_oriel
		echo "${COMPREPLY[*]}"
	SCRIPT
	completes() { bash "$tmp/complete" "$tmp/completion" "$@" >"$tmp/out" 2>"$tmp/err"; }
	completes oriel in
	ok 'completes commands' out_is 'inspect'
	completes oriel run --dump
	ok 'completes options' out_is '--dump-maps'
	completes oriel run --js
	ok 'completes global options' out_is '--json'
	completes oriel disasm --dialect l
	ok 'completes words of an option' out_is 'linux'
	completes oriel inspect --only rel
	ok 'completes parts' out_is 'relocations'
	completes oriel --color never ins
	ok 'global option before the command' out_is 'inspect'
	completes oriel run --type bin
	ok 'completes program types' out_is 'bind'
	completes oriel explain null-ac
	ok 'completes findings' out_is 'null-access'
	completes oriel verify --policy str
	ok 'completes policies' out_is 'strict'
	ok 'completion has no errors' quiet
else
	skip 'bash completion' 'no bash'
fi
finish
