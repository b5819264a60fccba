#!/bin/sh
# SPDX-License-Identifier: MIT
# `oriel image` and `oriel key`, with osslsigncode as another signer and judge: what we sign it accepts with page hashes, and
# what it signs we accept. Keys and certificates are made here.
# shellcheck disable=SC2154 # tmp and others come from lib.sh
. "$(dirname "$0")/lib.sh"
[ "${ORIEL_SIGN:-}" = TRUE ] || skip_all 'no libcrypto'
command -v openssl >/dev/null || skip_all 'no openssl to make keys with'
"$ORIEL_BUILD/bin/make-image$ORIEL_EXE" "$tmp/plain.sys" || exit 1
cd "$tmp" || exit 1

root() { # NAME
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
	openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 3650 -addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign -out "$1.pem" 2>/dev/null
}
leaf() { # NAME ROOT EKU
	openssl req -new -key leaf.key -subj "/CN=$1" -out "$1.csr" 2>/dev/null
	printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\n' "$3" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 365 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
root one
root two
openssl genrsa -out leaf.key 2048 2>/dev/null
leaf signer one codeSigning
leaf server one serverAuth
verdict() { # NAME EXIT TEXT ARGUMENTS...: what `image verify` says
	verdict_name=$1 verdict_exit=$2 verdict_text=$3
	shift 3
	run oriel image verify "$@"
	ok "$verdict_name" exits "$verdict_exit"
	if [ "$verdict_exit" -eq 0 ]; then
		ok "$verdict_name: says who" out_has "$verdict_text"
	else
		ok "$verdict_name: says why" err_has "$verdict_text"
	fi
}

run oriel image sign plain.sys --key leaf.key --cert signer.pem --output ours.sys --name 'a test'
ok 'sign' exits 0
run oriel image sign plain.sys --key leaf.key --cert signer.pem --output again.sys --name 'a test'
ok 'sign twice: the same bytes' cmp ours.sys again.sys
verdict 'ours' 0 'CN=signer' ours.sys --root one.pem
verdict 'foreign root' 1 'neither a trusted root nor known' ours.sys --root two.pem
verdict 'nobody is trusted' 1 'neither a trusted root nor known' ours.sys
verdict 'expired' 1 'has expired' ours.sys --root one.pem --at 2099-01-01
verdict 'too early' 1 'is not valid yet' ours.sys --root one.pem --at 1999-12-31T23:59:59Z
verdict 'usage' 1 'is not for verified programs' ours.sys --root one.pem --eku verified
verdict 'unsigned' 1 'the image is not signed' plain.sys --root one.pem
verdict 'no list' 1 'no list of its issuer is there' ours.sys --root one.pem --require-crl
run oriel image sign ours.sys --key leaf.key --cert signer.pem
ok 'sign a signed one' exits 1
ok 'sign a signed one: it stays as it is' cmp ours.sys again.sys
cp plain.sys place.sys
run oriel image sign place.sys --key leaf.key --cert signer.pem --name 'a test'
ok 'sign in place' exits 0
ok 'sign in place: the same bytes' cmp ours.sys place.sys
ok 'sign in place: nothing is left over' [ ! -e place.sys.new ]
run oriel image sign place.sys --key leaf.key --cert signer.pem --name 'a test' --replace
ok 'sign again: the same bytes' cmp ours.sys place.sys
run oriel image sign plain.sys --key leaf.key --cert server.pem --output server.sys
verdict 'for something else' 1 "'CN=server' is not for code signing" server.sys --root one.pem
run oriel image sign plain.sys --key one.key --cert signer.pem --output x.sys
ok 'a key and a certificate of another' exits 2

# A list, by openssl's own authority.
mkdir -p ca && : >ca/index && echo 01 >ca/number
printf '[ca]\ndefault_ca=x\n[x]\ndatabase=ca/index\ncrlnumber=ca/number\ndefault_md=sha256\ndefault_crl_days=30\n' >ca.conf
openssl ca -config ca.conf -gencrl -keyfile one.key -cert one.pem -out none.crl 2>/dev/null
openssl ca -config ca.conf -revoke signer.pem -keyfile one.key -cert one.pem 2>/dev/null
openssl ca -config ca.conf -gencrl -keyfile one.key -cert one.pem -out some.crl 2>/dev/null
verdict 'a list of nobody' 0 'CN=signer' ours.sys --root one.pem --crl none.crl --require-crl
verdict 'revoked' 1 "'CN=signer' is revoked" ours.sys --root one.pem --crl some.crl
run oriel image verify ours.sys --root one.pem --crl one.pem
ok 'a list that is none' exits 2
run oriel image verify ours.sys --root none.pem
ok 'a root that is not there' exits 2
run oriel image verify ours.sys --at tomorrow
ok 'a time that is none' exits 64
run oriel image verify ours.sys --eku code
ok 'a usage that is none' exits 64
run oriel image verify one.pem --root one.pem
ok 'no image' exits 2
head -c 700 ours.sys >short.sys
run oriel image verify --json short.sys --root one.pem
ok 'an image that is cut off' exits 2
ok 'is a reason, too' out_has '"reason": "bad-image"'
run oriel image praise ours.sys
ok 'no such action' exits 64

if command -v osslsigncode >/dev/null; then
	run osslsigncode verify -CAfile one.pem -in ours.sys
	ok 'osslsigncode accepts ours' exits 0
	sed -n 's/^Page hash  *: //p' out | sort -u >declared
	sed -n 's/^Calculated page hash *: //p' out | sort -u >calculated
	ok 'osslsigncode: page hashes are there' [ -s declared ]
	ok 'osslsigncode: page hashes are those of the image' cmp declared calculated
	ok 'osslsigncode reads the name' out_has 'a test'
	osslsigncode sign -h sha256 -ph -n 'a name' -i http://example.org/ -certs signer.pem -key leaf.key -in plain.sys -out theirs.sys \
		>/dev/null 2>&1
	verdict 'we accept theirs' 0 'a name' theirs.sys --root one.pem
	osslsigncode sign -h sha256 -ph -certs signer.pem -ac one.pem -key leaf.key -in plain.sys -out root.sys >/dev/null 2>&1
	verdict 'with the root in it' 0 'CN=signer' root.sys --root one.pem
	verdict 'with a foreign root in it' 1 "'CN=one' is a root that is not among" root.sys --root two.pem
	osslsigncode sign -h sha256 -ph -certs signer.pem -ac two.pem -key leaf.key -in plain.sys -out extra.sys >/dev/null 2>&1
	verdict 'with a certificate that is of no use' 1 'not part of the chain' extra.sys --root one.pem
	osslsigncode sign -h sha256 -certs signer.pem -key leaf.key -in plain.sys -out pageless.sys >/dev/null 2>&1
	verdict 'no page hashes' 1 'the signature has no page hashes' pageless.sys --root one.pem
	verdict 'no page hashes wanted' 0 'CN=signer' pageless.sys --root one.pem --no-page-hashes
	osslsigncode sign -h sha1 -ph -certs signer.pem -key leaf.key -in plain.sys -out sha1.sys >/dev/null 2>&1
	verdict 'SHA-1' 1 'another digest than SHA-256' sha1.sys --root one.pem
	osslsigncode sign -nest -h sha256 -ph -certs signer.pem -key leaf.key -in ours.sys -out nested.sys >/dev/null 2>&1
	verdict 'two signatures' 1 'a further signature' nested.sys --root one.pem
else
	skip 'osslsigncode' 'no osslsigncode'
fi

run oriel image inspect ours.sys
ok 'inspect' exits 0
ok 'inspect: sections' grep -Eq '^  \.text +0x1000 ' out
ok 'inspect: page hashes' grep -Eq '^  0x200 +[0-9a-f]{64}$' out
ok 'inspect: what is not covered' out_has 'Not covered by the digest'
run oriel image inspect plain.sys
ok 'inspect an unsigned one' exits 0
ok 'inspect an unsigned one: says so' out_has 'unsigned: the image is not signed'
for file in ours.sys plain.sys; do
	run oriel image inspect --json $file
	if have_json_parser; then ok "inspect --json $file" json_parses; else skip "inspect --json $file" 'no parser'; fi
done
run oriel image verify --json ours.sys --root two.pem
ok 'verify --json: the reason' out_has '"reason": "untrusted"'

# Keys of one's own.
run oriel key new
ok 'key new' exits 0
ok 'key new: for its owner only' [ "$(stat -c %a data/oriel/keys/development.key)" = 600 ]
run oriel key new
ok 'key new: not over another' exits 2
run oriel image sign plain.sys --output own.sys
ok 'sign with it' exits 0
verdict 'trusted by its owner' 0 'CN=development' own.sys
verdict 'not in enforced mode' 1 'neither a trusted root nor known' own.sys --enforced
run oriel key untrust development
ok 'untrust' exits 0
verdict 'untrusted' 1 'neither a trusted root nor known' own.sys
run oriel key untrust development
ok 'untrust: nothing left' exits 2
run oriel key trust development
ok 'trust' exits 0
verdict 'trusted again' 0 'CN=development' own.sys
run oriel key trust one.pem
verdict 'others are trusted, too' 0 'CN=signer' ours.sys
run oriel key list
ok 'list: the key' grep -Eq '^key +development ' out
ok 'list: the roots' grep -Eq '^root +one ' out
run oriel key list --json
if have_json_parser; then ok 'list --json' json_parses; else skip 'list --json' 'no parser'; fi
run oriel key show one.pem
ok 'show a file' out_has 'CN=one'
run oriel key new ../evil
ok 'a name that is a path' exits 64
run oriel key trust plain.sys.pem
ok 'trust what is not there' exits 2
finish
