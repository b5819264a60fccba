/* SPDX-License-Identifier: MIT */
/* Values as a person writes them on the command line, for places of known size:
 *
 *     7  -1  0x1f      a number, in this machine's byte order
 *     be16:443         a number in network byte order, of 16, 32 or 64 bits
 *     192.0.2.1        the 4 bytes of an IPv4 address, 2001:db8::1 the 16 of an IPv6 one
 *     192.0.2.0/24     an address and how many of its bits count, for places of 8 bytes, or of 20
 *                      (2001:db8::/32): as keys of longest-prefix tries are
 *     hex:00ff...      bytes
 *     text:hello       characters
 *
 * Behind all but numbers the rest of the place is zero. */
#pragma once

#include "base/compiler.h"

/* One line for hints. */
#define VALUE_FORMS                                                                            \
	"a value is a number, be16:NUMBER (network byte order), an IP address, ADDRESS/BITS, " \
	"hex:BYTES or text:CHARACTERS"

/* Fills all size bytes and returns NULL; or what is wrong with text: "does not fit". */
const char *value_parse(const char *text, u8 *ret_bytes, size_t size) MUST_CHECK;

/* Pairs of hexadecimal digits, at most cap of them; blanks, colons and dashes between them as one
 * likes. NULL or what is wrong. */
const char *value_parse_hex(const char *text, u8 *ret_bytes, size_t cap,
			    size_t *ret_len) MUST_CHECK;
