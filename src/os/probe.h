/* SPDX-License-Identifier: MIT */
/* Places that tracers of the host can attach to: an instruction that does nothing, and a note that
 * says where it is and where its arguments are, in the form of SystemTap's sys/sdt.h, which perf,
 * bpftrace and gdb read ("USDT"). Elsewhere there is nothing. */
#pragma once

#include "base/compiler.h"

#if defined(__linux__) && __STDC_HOSTED__ && defined(__x86_64__)
/* Four words: unsigned numbers and addresses of 8 bytes. */
#define OS_PROBE(name, a, b, c, d)                                                           \
	__asm__ volatile(                                                                    \
		"990: nop\n"                                                                 \
		"\t.pushsection .note.stapsdt,\"?\",\"note\"\n"                              \
		"\t.balign 4\n"                                                              \
		"\t.4byte 992f-991f, 994f-993f, 3\n"                                         \
		"991: .asciz \"stapsdt\"\n"                                                  \
		"992: .balign 4\n"                                                           \
		"993: .8byte 990b\n"                                                         \
		"\t.8byte oriel_probe_base\n"                                                \
		"\t.8byte 0\n"                                                               \
		"\t.asciz \"oriel\"\n"                                                       \
		"\t.asciz \"" name "\"\n"                                                    \
		"\t.asciz \"8@%0 8@%1 8@%2 8@%3\"\n"                                         \
		"994: .balign 4\n"                                                           \
		"\t.popsection\n"                                                            \
		"\t.ifndef oriel_probe_base\n"                                               \
		"\t.pushsection .stapsdt.base,\"aG\",\"progbits\",oriel_probe_base,comdat\n" \
		"\t.weak oriel_probe_base\n"                                                 \
		"\t.hidden oriel_probe_base\n"                                               \
		"oriel_probe_base: .space 1\n"                                               \
		"\t.size oriel_probe_base, 1\n"                                              \
		"\t.popsection\n"                                                            \
		"\t.endif\n"                                                                 \
		:                                                                            \
		: "r"((u64)(a)), "r"((u64)(b)), "r"((u64)(c)), "r"((u64)(d)))
#else
#define OS_PROBE(name, a, b, c, d) ((void)(a), (void)(b), (void)(c), (void)(d))
#endif
