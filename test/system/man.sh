#!/bin/sh
# SPDX-License-Identifier: MIT
# The man pages against the programs: same options, and the examples run.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
man=$ORIEL_SOURCE/docs/man

help_options() { sed -n 's/^  --\([a-z-]*\).*/\1/p' "$tmp/out" | sort -u; }
man_options() { # PAGE: those that begin a list item
	sed -n 's/^\.It Fl -//p' "$man/$1" | tr ',' '\n' | sed -e 's/^ *Fl -//' -e 's/ .*//' | sort -u
}
for command in run top trace verify explain disasm cfg inspect spec btf cc native image key extension; do
	run oriel $command --help
	help_options >"$tmp/help"
	man_options oriel-$command.1 >"$tmp/page"
	ok "oriel-$command(1) has the options of --help" diff "$tmp/help" "$tmp/page"
	sed -n 's/^\.Op Fl -\([a-z-]*\).*/\1/p' "$man/oriel-$command.1" | sort -u >"$tmp/synopsis"
	grep -vxE 'color|help|version' "$tmp/help" >"$tmp/own"
	ok "oriel-$command(1) has them in its synopsis" diff "$tmp/own" "$tmp/synopsis"
done
run oriel --help
help_options >"$tmp/help"
man_options oriel.1 >"$tmp/page"
ok 'oriel(1) has the options of every command' diff "$tmp/help" "$tmp/page"
if [ "${ORIEL_PRODUCTION:-}" != ON ]; then
	run plugin --help
	help_options >"$tmp/help"
	man_options oriel-plugin.1 >"$tmp/page"
	ok 'oriel-plugin(1) has the options of --help' diff "$tmp/help" "$tmp/page"
fi

run $ORIEL_EMULATOR "$ORIEL_BUILD/bin/bpf2c$ORIEL_EXE" --help
help_options >"$tmp/help"
man_options bpf2c.1 >"$tmp/page"
ok 'bpf2c(1) has the options of --help' diff "$tmp/page" "$tmp/help"

if command -v mandoc >/dev/null; then
	for page in "$man"/*.[1-9]; do
		mandoc -T lint -W warning "$page" >"$tmp/lint" 2>&1
		ok "$(basename "$page") is clean" diff /dev/null "$tmp/lint"
	done
else
	skip 'mandoc lint' 'no mandoc'
fi

# Examples are lines `.Dl $ command`. They find the programs by name and the samples where they are.
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || finish
workplace
for page in "$man"/*.1; do
	sed -n 's/^\.Dl \$ //p' "$page" | sed 's/\\e/\\/g' >"$tmp/examples"
	while IFS= read -r example; do
		case $example in
		'oriel top '*) [ -z "$ORIEL_EXE" ] || continue ;; # programs are attached on Linux only
		'oriel key '*) [ "${ORIEL_SIGN:-}" = TRUE ] || continue ;; # needs libcrypto
		esac
		run there "$example"
		ok "$(basename "$page"): $example" exits 0
	done <"$tmp/examples"
done
finish
