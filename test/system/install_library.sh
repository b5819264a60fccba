#!/bin/sh
# SPDX-License-Identifier: MIT
# install_library.sh CMAKE GENERATOR MAKE_PROGRAM: installs the build, moves what was installed elsewhere and embeds the library
# from there in projects outside of the tree, by CMake and by pkg-config.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
cmake=$1 generator=$2 make_program=$3
[ -z "${ORIEL_SANITIZE:-}" ] && [ "${ORIEL_COVERAGE:-}" != ON ] || skip_all 'a library with a sanitizer is not for others'
prefix="$tmp/moved here"
object=$ORIEL_SOURCE/fuzz/corpus/object/legacy.o

run "$cmake" --install "$ORIEL_BUILD" --prefix "$tmp/first"
ok 'installs' exits 0
mv "$tmp/first" "$prefix" || finish
for file in oriel.h error.h object.h runtime.h load.h extension.h; do
	ok "include/oriel/$file" cmp "$ORIEL_SOURCE/include/oriel/$file" "$prefix/include/oriel/$file"
	ok "$file is not among the headers for programs" [ ! -e "$prefix/share/oriel/include/oriel/$file" ]
done
(cd "$prefix/include" && find . -type f | grep -vE '^\./oriel/[a-z_]+\.h$') >"$tmp/got"
ok 'no header for programs beside them' diff /dev/null "$tmp/got"
ok 'nothing but the folder oriel in include' [ "$(ls "$prefix/include")" = oriel ]
lib=$prefix/lib
version=$("$prefix/bin/oriel" --version | sed -n '1s/^oriel //p')
ok 'the shared library' [ -f "$lib/liboriel.so.$version" ]
ok 'its name for programs' [ "$(readlink "$lib/liboriel.so.${version%%.*}")" = "liboriel.so.$version" ]
ok 'its name for linking' [ "$(readlink "$lib/liboriel.so")" = "liboriel.so.${version%%.*}" ]
ok 'the static library' [ -f "$lib/liboriel.a" ]
ok 'no path of the tree or of the build' sh -c \
	"! grep -rlF -e '$ORIEL_SOURCE/' -e '$ORIEL_BUILD/' -e '$tmp/first' '$lib/cmake' '$lib/pkgconfig'"
ok 'no path of the build in the shared library' sh -c "! readelf -d '$lib/liboriel.so' | grep -E 'RPATH|RUNPATH'"

# --- CMake ---
sample=$prefix/share/doc/oriel/samples/embed/list_programs.c
project="$tmp/a project"
cp -r "$ORIEL_SOURCE/test/system/install/library" "$project"
configure() { # FOLDER LANGUAGES
	run "$cmake" -S "$project" -B "$project/$1" -G "$generator" "-DCMAKE_MAKE_PROGRAM=$make_program" \
		"-DCMAKE_PREFIX_PATH=$prefix" "-DLANGUAGES=$2" "-DSAMPLE=$sample" \
		"-DBINDS=$prefix/share/doc/oriel/samples/embed/count_binds.c"
}
"$ORIEL_BUILD/bin/list_programs_static" "$object" >"$tmp/want"
configure c C
ok 'C: configures' exits 0
ok 'C: configures: no warning' quiet
run "$cmake" --build "$project/c"
ok 'C: builds' exits 0
binds=$ORIEL_BUILD/samples/bind_count.o
if [ "${ORIEL_PRODUCTION:-}" = ON ]; then
	skip 'C: programs on events' 'a production build runs no object files'
elif [ -e "$binds" ]; then
	for form in shared static; do
		run "$project/c/binds_$form" "$binds"
		ok "C: programs on events, $form" out_has 'counted 5'
	done
else
	skip 'C: programs on events' 'no clang with the bpf target'
fi
for form in shared static; do
	run "$project/c/list_$form" "$object"
	ok "C: runs, $form" diff "$tmp/want" "$tmp/out"
done
ok 'C: the shared form needs the library' sh -c "readelf -d '$project/c/list_shared' | grep -F '[liboriel.so.0]'"
ok 'C: the static form does not' sh -c "! readelf -d '$project/c/list_static' | grep -F liboriel"

# --- an extension ---
umask 022 # what others may write to is refused
cp -r "$prefix/share/doc/oriel/samples/line" "$tmp/an extension"
if [ -n "${ORIEL_CLANG:-}" ]; then
	run "$cmake" -S "$tmp/an extension" -B "$tmp/an extension/build" -G "$generator" "-DCMAKE_MAKE_PROGRAM=$make_program" \
		"-DCMAKE_PREFIX_PATH=$prefix" "-DORIEL_CLANG=$ORIEL_CLANG"
	ok 'an extension: configures' exits 0
	ok 'an extension: configures: no warning' quiet
	run "$cmake" --build "$tmp/an extension/build"
	ok 'an extension: builds, and its program is verified' exits 0
	mkdir -p "$lib/oriel/extensions"
	cp "$tmp/an extension/build/line.so" "$lib/oriel/extensions/"
	run "$prefix/bin/oriel" extension list
	ok 'an extension: found where it is installed' out_has 'line  1.0'
	if [ "${ORIEL_PRODUCTION:-}" != ON ]; then
		echo 'an error' >"$tmp/line.txt"
		run "$prefix/bin/oriel" run --extension line --attach line "$tmp/an extension/build/line_filter.o" <"$tmp/line.txt"
		ok 'an extension: runs' out_is 'an error'
	fi
else
	skip 'an extension' 'no clang with the bpf target'
fi

if command -v c++ >/dev/null; then
	configure plus CXX
	ok 'C++: configures' exits 0
	run "$cmake" --build "$project/plus"
	ok 'C++: builds' exits 0
	for form in shared static; do
		run "$project/plus/plus_$form" "$object"
		ok "C++: runs, $form" grep -Eq '^[1-9][0-9]* functions, dialect (windows|linux|unknown)$' "$tmp/out"
		run "$project/plus/plus_$form" "$tmp/none.o"
		ok "C++: reports, $form" err_has 'none.o: '
	done
else
	skip 'C++' 'no c++'
fi

# --- pkg-config ---
command -v pkg-config >/dev/null || { skip 'pkg-config' 'no pkg-config'; finish; }
flags() { PKG_CONFIG_PATH=$lib/pkgconfig:$prefix/share/pkgconfig pkg-config "$@"; }
ok 'pkg-config: version' [ "$(flags --modversion oriel)" = "$version" ]
# The folder's name has a space, which pkg-config escapes for a shell.
eval "set -- $(flags --cflags --libs oriel)"
run cc -std=c11 -Wall -Wextra -pedantic -Werror "$sample" "$@" -o "$tmp/list"
ok 'pkg-config: builds' exits 0
LD_LIBRARY_PATH=$lib run "$tmp/list" "$object"
ok 'pkg-config: runs' diff "$tmp/want" "$tmp/out"
eval "set -- $(flags --static --cflags oriel) $(flags --static --libs oriel | sed 's/-loriel/-l:liboriel.a/')"
run cc "$sample" "$@" -o "$tmp/list"
ok 'pkg-config, static: builds' exits 0
run "$tmp/list" "$object"
ok 'pkg-config, static: runs' diff "$tmp/want" "$tmp/out"
finish
