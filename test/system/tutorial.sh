#!/bin/sh
# SPDX-License-Identifier: MIT
# tutorial.sh PAGE: every command on the page is run, in order, in one folder, and gives what the page shows.
#
#     ```c NAME.c      this block becomes the file NAME.c
#     ```console       lines `$ command`, each followed by what it prints, errors included
#
# In what is shown, `...` stands for any characters, and a line of it alone for any lines.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
page=$ORIEL_SOURCE/docs/$1

# same WANT GOT: whether GOT is what WANT says; prints the first line that is not there.
same() {
	tr -d '\r' <"$2" | awk -v want="$1" '
	function fits(line, pattern,   parts, count, i, at) {
		count = split(pattern, parts, /\.\.\./)
		if (count <= 1)
			return line == pattern
		if (substr(line, 1, length(parts[1])) != parts[1])
			return 0
		line = substr(line, length(parts[1]) + 1)
		for (i = 2; i < count; i++) {
			at = index(line, parts[i])
			if (at == 0)
				return 0
			line = substr(line, at + length(parts[i]))
		}
		return length(line) >= length(parts[count]) &&
			substr(line, length(line) - length(parts[count]) + 1) == parts[count]
	}
	BEGIN { while ((getline line < want) > 0) wanted[++wants] = line; next_one = 1 }
	{
		skipping = 0
		while (next_one <= wants && wanted[next_one] == "...") {
			next_one++
			open_end = 1
		}
		if (next_one <= wants && fits($0, wanted[next_one])) {
			next_one++
			open_end = 0
		} else if (!open_end && !failed) {
			print "got:  " $0
			print "page: " (next_one <= wants ? wanted[next_one] : "(nothing more)")
			failed = 1
		}
	}
	END {
		while (next_one <= wants && wanted[next_one] == "...")
			next_one++
		if (!failed && next_one <= wants) {
			print "got:  (nothing more)"
			print "page: " wanted[next_one]
			failed = 1
		}
		exit failed
	}'
}
differs() { ! same "$@" >/dev/null; }

# The comparison itself.
lines() { printf '%s\n' "$@"; }
try() { # EXPECTED-RESULT WANT GOT, lines separated by |
	printf '%s' "$2" | tr '|' '\n' >"$tmp/want"
	printf '%s' "$3" | tr '|' '\n' >"$tmp/got"
	ok "comparing '$2' with '$3'" "$1" "$tmp/want" "$tmp/got"
}
try same 'a|b' 'a|b'
try differs 'a|b' 'a|c'
try differs 'a|b' 'a'
try differs 'a' 'a|b'
try differs '' 'a'
try same '' ''
try same 'a...d|x' 'abcd|x'
try same 'a...|x' 'a|x'
try differs 'a...e|x' 'abcd|x'
try same '...b...d...' 'abcde'
try differs '...d...b...' 'abcde'
try differs 'ab...bc' 'abc'
try same '...|b' 'a|a|b'
try same '...|b' 'b'
try same 'a|...' 'a|b|c'
try same 'a|...' 'a'
try differs 'a|...|d' 'a|b|c'
try differs '...|b|c' 'a|b|d'

# What the page needs on a system that cannot run the programs' compiler from inside.
need_samples
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'
workplace
mkdir "$tmp/tutorial"
if [ -n "$ORIEL_EXE$ORIEL_EMULATOR" ]; then
	mv "$tmp/bin/oriel" "$tmp/bin/oriel-there"
	cat >"$tmp/bin/oriel" <<-SCRIPT
		#!/bin/sh
		[ "\$1" = cc ] || exec oriel-there "\$@"
		shift
		exec "$ORIEL_CLANG" -target bpf -O2 -g -I "$ORIEL_SOURCE/include" "\$@" -c
	SCRIPT
	chmod +x "$tmp/bin/oriel"
fi

# The page in pieces: N.file with its name in N.name, N.command with its output in N.want.
awk -v dir="$tmp/tutorial" '
	function piece(kind) { return sprintf("%s/%03d.%s", dir, n, kind) }
	/^```c ./ { n++; kind = "file"; print $2 >piece("name"); printf "" >piece("file"); next }
	/^```console/ { kind = "console"; next }
	/^```/ { kind = kind == "" ? "other" : ""; next }
	kind == "file" { print >piece("file") }
	kind == "console" && /^\$ / { n++; print substr($0, 3) >piece("command"); printf "" >piece("want"); next }
	kind == "console" { print >piece("want") }
' "$page"
mkdir -m 755 "$tmp/page"
ln -s "$ORIEL_SOURCE/samples" "$tmp/page/samples"
# As where the headers are installed, and where nobody else may write to what is made.
export C_INCLUDE_PATH="$ORIEL_BUILD/include"
umask 022
commands=0
for piece in "$tmp"/tutorial/*.name "$tmp"/tutorial/*.command; do echo "$piece"; done | sort >"$tmp/pieces"
while IFS= read -r piece; do
	case $piece in
	*.name)
		cp "${piece%.name}.file" "$tmp/page/$(cat "$piece")"
		;;
	*)
		command=$(cat "$piece")
		commands=$((commands + 1))
		(cd "$tmp/page" && PATH="$tmp/bin:$PATH" ORIEL_SDK="$ORIEL_SOURCE/include" sh -c "$command") >"$tmp/got" 2>&1
		ok "$command" same "${piece%.command}.want" "$tmp/got"
		;;
	esac
done <"$tmp/pieces"
ok 'the page has commands' [ "$commands" -ge 8 ]
finish
