#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh CMAKE CPACK GENERATOR MAKE_PROGRAM: installs the build, moves what was installed elsewhere and uses it from
# there as a project outside of the tree would; then the .deb.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
cmake=$1 cpack=$2 generator=$3 make_program=$4
prefix=$tmp/moved
sdk=$prefix/share/oriel/include

has() { [ -s "$prefix/$1" ] || { echo "$1 is not there"; false; }; }
# The files below a folder, without what precedes its name.
files_of() { (cd "$1" && find . -type f | sort); }

run "$cmake" --install "$ORIEL_BUILD" --prefix "$tmp/first"
ok 'installs' exits 0
mv "$tmp/first" "$prefix" || finish
installed_oriel() { "$prefix/bin/oriel" "$@"; }
run installed_oriel --version
ok 'the program runs' exits 0
if [ "${ORIEL_PRODUCTION:-}" = ON ]; then
	ok 'production: no plugin, no page of it' sh -c "! ls '$prefix'/bin/oriel-plugin '$prefix'/share/man/man1/oriel-plugin.1"
else
	ok 'the plugin' [ -x "$prefix/bin/oriel-plugin" ]
	files_of "$ORIEL_SOURCE/docs/man" | sed 's,^\./\(.*\.\)\([1-9]\)$,./man\2/\1\2,' | sort >"$tmp/want"
	files_of "$prefix/share/man" >"$tmp/got"
	ok 'every man page' diff "$tmp/want" "$tmp/got"
fi
for file in share/man/man1/oriel.1 share/man/man1/oriel-run.1 share/doc/oriel/LICENSE share/doc/oriel/README.md \
	share/doc/oriel/docs/architecture.md share/doc/oriel/samples/hello_world.c share/pkgconfig/oriel-sdk.pc \
	lib/cmake/oriel/orielConfig.cmake lib/cmake/oriel/orielConfigVersion.cmake; do
	ok "$file" has "$file"
done
for shell in bash:bash-completion/completions/oriel fish:fish/vendor_completions.d/oriel.fish; do
	installed_oriel completion "${shell%%:*}" >"$tmp/completion"
	ok "completion for ${shell%%:*}" cmp "$tmp/completion" "$prefix/share/${shell#*:}"
done
files_of "$ORIEL_SOURCE/include" | grep -v '^\./oriel/[^/]*$' >"$tmp/want"
files_of "$sdk" >"$tmp/got"
ok 'every header' diff "$tmp/want" "$tmp/got"
ok 'no header of them where other compilers look' [ "$(files_of "$prefix/include" | grep -v '^\./oriel/[^/]*$')" = '' ]
ok 'no path of the tree or of the build' sh -c \
	"! grep -rlF -e '$ORIEL_SOURCE/' -e '$ORIEL_BUILD/' -e '$tmp/first' '$prefix/share' '$prefix/lib/cmake'"

# The project, in a folder whose name takes quoting.
project="$tmp/a project"
cp -r "$ORIEL_SOURCE/test/system/install" "$project"
configure() { # FOLDER ARGUMENT...
	folder=$1
	shift
	run "$cmake" -S "$project" -B "$project/$folder" -G "$generator" "-DCMAKE_MAKE_PROGRAM=$make_program" \
		"-DCMAKE_PREFIX_PATH=$prefix" "$@"
	tr '\n' ' ' <"$tmp/err" | tr -s ' ' >"$tmp/flat"
	mv "$tmp/flat" "$tmp/err" # the lines break anywhere
}
configure version -DCASE=version
ok 'a newer version than this is not found' err_has 'requested version "99"'
configure none "-DORIEL_CLANG=$tmp/none"
ok 'without clang' [ "$status" -ne 0 ]
ok 'without clang: names the package' err_has 'Install the package clang'
[ -n "${ORIEL_CLANG:-}" ] || { skip 'builds the project' 'no clang with the bpf target'; finish; }

configure argument -DCASE=argument "-DORIEL_CLANG=$ORIEL_CLANG"
ok 'an unknown argument is refused' err_has 'oriel_add_program(limit): unknown arguments: FLAGS'
configure dialect -DCASE=dialect "-DORIEL_CLANG=$ORIEL_CLANG"
ok 'an unknown dialect is refused' err_has "DIALECT is windows or linux, not 'solaris'"
configure mixed -DCASE=mixed "-DORIEL_CLANG=$ORIEL_CLANG"
run "$cmake" --build "$project/mixed" --target limit
ok 'headers of the other dialect are refused' [ "$status" -ne 0 ]
ok 'headers of the other dialect: says so' grep -q 'headers of both dialects' "$tmp/out" "$tmp/err"

configure unsafe -DCASE=unsafe "-DORIEL_CLANG=$ORIEL_CLANG"
run "$cmake" --build "$project/unsafe" --target unsafe
ok 'an unsafe program fails the build' [ "$status" -ne 0 ]
line=$(grep -n HERE "$project/unsafe.c" | cut -d: -f1)
ok 'an unsafe program: at its line' grep -Eq "/unsafe\.c:$line:[0-9]+: error: 'start' \(r[0-9]\) may be NULL" "$tmp/out" "$tmp/err"
ok 'an unsafe program: what to add' grep -q 'note: add before line [0-9]*: if ([a-z]* == NULL) return' "$tmp/out" "$tmp/err"
run "$cmake" --build "$project/unsafe" --target unsafe
ok 'an unsafe program fails the next build, too' [ "$status" -ne 0 ]
run "$cmake" --build "$project/unsafe" --target unjudged
ok 'NO_VERIFY' exits 0
sed -i 's,^\(\t\)\(.* // HERE\),\1if (start)\n\1\1\2,' "$project/unsafe.c"
run "$cmake" --build "$project/unsafe" --target unsafe
ok 'with the check it builds' exits 0

configure build "-DORIEL_CLANG=$ORIEL_CLANG"
ok 'the project configures' exits 0
ok 'the project configures: no warning' quiet
run "$cmake" --build "$project/build"
ok 'the project builds' exits 0
limit=$project/build/limit.o
run "$cmake" --build "$project/build" --target show
ok 'ORIEL_OBJECT and oriel::cli' out_has 'Limit'
run installed_oriel inspect "$limit"
ok 'the object: program' grep -Eq '^  bind +Limit +bind ' "$tmp/out"
run installed_oriel inspect --json "$project/build/pass.o"
ok 'DIALECT linux' out_has '"dialect": "linux"'
run installed_oriel inspect --json "$project/build/sub/plain.o"
ok 'no DIALECT, no mark' sh -c "! grep -F '.oriel.dialect' '$project/build/sub/plain.o'"
run_limit() {
	run installed_oriel run "$limit"
	[ "${ORIEL_PRODUCTION:-}" = ON ] && return
	ok "the program runs: limit $1" out_has "a limit of $1"
	ok "the program runs: limit $1: verdict" out_has 'returned 1 DENY'
}
run_limit 41
touch "$tmp/before"
run "$cmake" --build "$project/build"
ok 'nothing to do, nothing done' [ ! "$limit" -nt "$tmp/before" ]
sleep 1
sed -i 's/41/42/' "$project/limit.h"
run "$cmake" --build "$project/build"
ok 'a changed header builds it again' [ "$limit" -nt "$tmp/before" ]
run_limit 42
ok 'a changed header builds what includes it, no more' [ ! "$project/build/pass.o" -nt "$tmp/before" ]

unset ORIEL_SDK
run installed_oriel cc "$project/limit.c" -o "$tmp/limit.o" -MD -MF "$tmp/limit.d"
ok 'oriel cc' exits 0
ok 'oriel cc takes the installed headers' grep -F "$prefix/bin/../share/oriel/include/bpf_helpers.h" "$tmp/limit.d"
ok 'oriel cc takes no other headers' sh -c "! grep -F '$ORIEL_SOURCE/' '$tmp/limit.d'"

if command -v pkg-config >/dev/null; then
	flags=$(PKG_CONFIG_PATH=$prefix/share/pkgconfig pkg-config --cflags oriel-sdk)
	# shellcheck disable=SC2086 # several words
	run "$ORIEL_CLANG" -target bpf -O2 -g $flags -c "$prefix/share/doc/oriel/samples/hello_world.c" -o "$tmp/hello.o"
	ok 'a sample with the flags of pkg-config' exits 0
else
	skip 'pkg-config' 'no pkg-config'
fi

command -v dpkg-deb >/dev/null || { skip 'the .deb' 'no dpkg-deb'; finish; }
run "$cpack" --config "$ORIEL_BUILD/CPackConfig.cmake" -G DEB -B "$tmp/deb"
ok 'cpack' exits 0
deb=$(echo "$tmp"/deb/*.deb)
ok 'its file name' sh -c "echo '${deb##*/}' | grep -Ex 'oriel_[0-9.]+_[a-z0-9]+\.deb'"
field() { dpkg-deb -f "$deb" "$1"; }
ok 'Package' [ "$(field Package)" = oriel ]
version=$(installed_oriel --version | sed -n '1s/^oriel //p')
ok 'Version' [ "$(field Version)" = "$version" ]
ok 'Architecture' [ "$(field Architecture)" = "$(dpkg --print-architecture)" ]
ok 'Section' [ "$(field Section)" = devel ]
ok 'Recommends' [ "$(field Recommends)" = clang ]
ok 'Depends' sh -c "echo '$(field Depends)' | grep -E '^libc6( |,|\$)'"
ok 'Description' [ "$(field Description | wc -l)" -gt 4 ]
ok 'Maintainer' [ -n "$(field Maintainer)" ]
mkdir "$tmp/unpacked" "$tmp/control"
dpkg-deb -e "$deb" "$tmp/control"
ok 'ldconfig is triggered' grep -qx 'activate-noawait ldconfig' "$tmp/control/triggers"
ok 'shlibs: who links the library needs this package' \
	grep -qx "liboriel ${version%%.*} oriel (>= $version)" "$tmp/control/shlibs"
run dpkg-deb -x "$deb" "$tmp/unpacked"
files_of "$prefix" >"$tmp/want"
files_of "$tmp/unpacked/usr" >"$tmp/got"
ok 'it holds what is installed' diff "$tmp/want" "$tmp/got"
ok 'it holds nothing outside /usr' [ "$(ls "$tmp/unpacked")" = usr ]
dpkg-deb -c "$deb" >"$tmp/listing"
ok 'all belongs to root' sh -c "! grep -v ' root/root ' '$tmp/listing'"
ok 'folders anyone can read' sh -c "! grep '^d' '$tmp/listing' | grep -v '^drwxr-xr-x'"
run "$tmp/unpacked/usr/bin/oriel" --version
ok 'its program runs' exits 0
finish
