/* SPDX-License-Identifier: MIT */
/* Places that tracers of the host can attach to: an instruction that does nothing, and a note that
 * says where it is and where its arguments are, in the form of SystemTap's sys/sdt.h, which perf,
 * bpftrace and gdb read ("USDT"). On Windows they are events of Event Tracing for Windows, which
 * cost one load while nobody asks for them. Elsewhere there is nothing. */
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
#elif defined(_WIN32) && __STDC_HOSTED__
extern u32 os_probe_watched;
/* slot and program are 32 bits wide; text: len bytes. */
void os_probe_fire(const char *name, u64 slot, u64 prog, u64 text, u64 len);
#define OS_PROBE(name, a, b, c, d)                                             \
	do {                                                                   \
		if (__atomic_load_n(&os_probe_watched, __ATOMIC_RELAXED) != 0) \
			os_probe_fire(name, a, b, c, d);                       \
	} while (0)
#else
#define OS_PROBE(name, a, b, c, d) ((void)(a), (void)(b), (void)(c), (void)(d))
#endif
