# SPDX-License-Identifier: MIT
# For test/system/*.sh: TAP output and the programs under test. The build sets ORIEL_SOURCE (the tree), ORIEL_BUILD,
# ORIEL_EXE (".exe" or nothing) and ORIEL_EMULATOR (what runs the programs when the host cannot).
set -u
: "${ORIEL_SOURCE:?}" "${ORIEL_BUILD:?}"
: "${ORIEL_EXE:=}" "${ORIEL_EMULATOR:=}"
samples=$ORIEL_BUILD/samples
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
count=0 bad=0 status=0
# Keys and roots are made and looked for here.
export XDG_DATA_HOME="$tmp/data"

# Programs under test, by name.
oriel() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/oriel$ORIEL_EXE" "$@"; }
plugin() { $ORIEL_EMULATOR "$ORIEL_BUILD/bin/oriel-plugin$ORIEL_EXE" "$@"; }

# Makes a folder with the programs under test in $tmp/bin (for PATH) and one with the samples, their objects and the
# headers in $tmp/here, for commands as people type them.
workplace() {
	mkdir "$tmp/bin" "$tmp/here"
	for program in oriel oriel-plugin; do
		printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$ORIEL_EMULATOR" "$ORIEL_BUILD/bin/$program$ORIEL_EXE" >"$tmp/bin/$program"
		chmod +x "$tmp/bin/$program"
	done
	cp "$samples"/*.o "$tmp/here/"
	cp -r "$ORIEL_SOURCE/include" "$ORIEL_SOURCE/samples" "$tmp/here/"
	command -v clang >/dev/null || { [ -n "${ORIEL_CLANG:-}" ] && ln -s "$ORIEL_CLANG" "$tmp/bin/clang"; }
}
# there COMMAND: as typed in that place.
there() { (cd "$tmp/here" && PATH="$tmp/bin:$PATH" sh -c "$1"); }

# run COMMAND...: leaves $status and the files $tmp/out and $tmp/err.
run() {
	"$@" >"$tmp/out.raw" 2>"$tmp/err.raw"
	status=$?
	tr -d '\r' <"$tmp/out.raw" >"$tmp/out"
	tr -d '\r' <"$tmp/err.raw" >"$tmp/err"
}

# ok NAME COMMAND...: the test passes when the command succeeds.
ok() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >"$tmp/why" 2>&1; then
		echo "ok $count - $name"
	else
		bad=$((bad + 1))
		echo "not ok $count - $name"
		printf '# failed: %s\n' "$*"
		sed 's/^/#   /' "$tmp/why" | head -n 20
		[ ! -e "$tmp/err" ] || sed 's/^/#   stderr: /' "$tmp/err" | head -n 5
	fi
}
skip() { # NAME REASON
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}
skip_all() { # REASON
	echo "1..0 # SKIP $1"
	exit 77
}
need_samples() { [ -e "$samples/hello_world.o" ] || skip_all "no clang with the bpf target"; }

exits() { [ "$status" -eq "$1" ] || { echo "exit code $status, not $1"; false; }; }
out_has() { grep -qF -e "$1" "$tmp/out" || { cat "$tmp/out"; false; }; }
err_has() { grep -qF -e "$1" "$tmp/err" || { cat "$tmp/err"; false; }; }
out_is() { printf '%s\n' "$1" | diff - "$tmp/out"; }
quiet() { [ ! -s "$tmp/err" ] || { cat "$tmp/err"; false; }; }
no_out() { [ ! -s "$tmp/out" ] || { cat "$tmp/out"; false; }; }

# Whether $tmp/out is one JSON value.
json_parses() {
	if command -v python3 >/dev/null; then
		python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8"))' "$tmp/out"
	else
		jq -e . "$tmp/out" >/dev/null
	fi
}
have_json_parser() { command -v python3 >/dev/null || command -v jq >/dev/null; }

finish() {
	echo "1..$count"
	[ "$bad" -eq 0 ]
	exit $?
}
