# SPDX-License-Identifier: MIT
# For test/system/*.sh: packets. bytes HEX...: those bytes on standard output. The functions below give a packet's
# beginning in hexadecimal.
bytes() {
	# shellcheck disable=SC2059 # the format is made of octal escapes
	printf "$(printf '%s' "$*" | tr -d ' \n' | awk '{
		for (i = 1; i < length($0); i += 2) {
			byte = 16 * (index("0123456789abcdef", substr($0, i, 1)) - 1) + index("0123456789abcdef", substr($0, i + 1, 1)) - 1
			printf "\\%03o", byte
		}
	}')"
}
ethernet() { echo "020000000001 020000000002 $1"; } # TYPE
ipv4() { echo "45000000 00000000 40${1}0000 c0000201 c6336401"; } # PROTOCOL; from 192.0.2.1 to 198.51.100.1
ipv4_options() { echo "46000000 00000000 40${1}0000 c0000201 c6336401 01010101"; }
ipv6() { echo "60000000 0000${1}40 20010db8000000000000000000000001 20010db8000000000000000000000002"; }
udp() { echo "3039 $1 $2 0000"; } # PORT LENGTH
