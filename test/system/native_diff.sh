#!/bin/sh
# SPDX-License-Identifier: MIT
# Random programs as native code against the interpreter. ORIEL_DIFF_BATCHES=500 runs that many times 200 programs;
# ORIEL_DIFF_SEED begins elsewhere.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
diff=$ORIEL_BUILD/bin/oriel-native-diff
[ -z "${ORIEL_SANITIZE:-}" ] || skip_all 'what is compiled has none of the sanitizers'
for cc in clang-19 clang clang-14; do
	command -v $cc >/dev/null && break
	cc=
done
[ -n "$cc" ] || skip_all 'no clang'
programs=50
[ -z "${ORIEL_DIFF_BATCHES:-}" ] || programs=200
run "$diff" --dir "$tmp" --cc "$cc -O2" --programs $programs --batches "${ORIEL_DIFF_BATCHES:-1}" --seed "${ORIEL_DIFF_SEED:-1}"
sed -n 's/^not ok/# &/p; /^#/p' "$tmp/out"
ok 'native code does what the interpreter does' exits 0
if [ -z "${ORIEL_DIFF_BATCHES:-}" ]; then
	run "$diff" --dir "$tmp" --cc "gcc -O1" --programs 20 --seed 5000
	ok 'by gcc, too' exits 0
fi
# Code that is wrong is found.
cat >"$tmp/wrong-cc" <<EOF_CC
#!/bin/sh
for file; do :; done
sed -i 's/bpf2c_plain_load64(/1 + &/' "\$file"
exec $cc -O1 "\$@"
EOF_CC
chmod +x "$tmp/wrong-cc"
run "$diff" --dir "$tmp" --cc "$tmp/wrong-cc" --programs 50 --seed 100
ok 'a load that is wrong is found' exits 1
ok 'with the program that shows it' grep -q '^not ok - program of seed' "$tmp/out"
finish
