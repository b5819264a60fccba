#!/bin/sh
# SPDX-License-Identifier: MIT
# sockops: connections that are there later than the call that began them has ended, and the end of each.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hooks/lib.sh"
need_own
# begin DIALECT FAMILY WHAT: in a network of its own, so that all can go on side by side.
begin() {
	file=$tmp/$1.$2.$3
	case $1 in windows) set -- "$2" "$3" --var loud=1 "$windows" ;; *) set -- "$2" "$3" "$linux" ;; esac
	family=$1 what=$2
	shift 2
	in_own "$ORIEL_BUILD/bin/oriel" run --attach sockops --dump-maps "$@" -- python3 "$here/flows.py" "$family" "$what" >"$file" 2>&1 &
}
# told NAME DIALECT.FAMILY.WHAT MADE TAKEN [LINE...]: how many active and passive connections there were, each with an end that has
# the same numbers, and what the command says.
told() {
	name=$1 file=$tmp/$2 made=$3 taken=$4
	shift 4
	both=$((made + taken)) first=50
	case $file in *linux*) first=54 ;; esac
	{
		printf '%s\n' "$@"
		[ "$made" -eq 0 ] || echo "  $first: $made"
		[ "$taken" -eq 0 ] || echo "  $((first + 1)): $taken"
		[ $first -eq 54 ] || printf '%s\n' "  52: $both" "  53: $both" "  55: $both"
	} | sed '/^$/d' | sort >"$tmp/wanted"
	sed -n '/^connection/d; /^told/q; /^seen/d; p' "$file" | sort >"$tmp/was"
	ok "$name" diff "$tmp/wanted" "$tmp/was"
}
all='late short refused again brief prompt left fast'
for family in 4 6; do
	for what in $all; do begin windows $family "$what"; done
	for what in late short again; do begin linux $family "$what"; done
done
wait
for family in 4 6; do
	for dialect in windows linux; do
		told "$dialect, IPv$family: there later; closed before; interrupted; asked for twice" $dialect.$family.late 3 3 \
			interrupted Success Success 0 'no other'
		told "$dialect, IPv$family: there and gone between two looks" $dialect.$family.short 2 1 Success
		told "$dialect, IPv$family: one socket, two connections" $dialect.$family.again 2 2 \
			'EINPROGRESS Connection refused' 'EINPROGRESS Connection refused' ECONNABORTED ECONNABORTED 0 Success Success
	done
	told "IPv$family: refused later" windows.$family.refused 1 0 'Connection refused'
	told "IPv$family: many" windows.$family.brief 300 300
	told "IPv$family: begun with data" windows.$family.fast 1 1 4 text
	told "IPv$family: left to the kernel" windows.$family.left 10 10
	told "IPv$family: at once" windows.$family.prompt 1 1 afterwards
	printf '%s\n' 'connection 0' 'connection 1' 'connection 2' 'connection 2' afterwards >"$tmp/wanted"
	ok "IPv$family: at once, one after the other" sh -c 'head -n 5 "$1" | diff "$2" -' sh "$tmp/windows.$family.prompt" "$tmp/wanted"
done
finish
