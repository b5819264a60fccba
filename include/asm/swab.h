/* SPDX-License-Identifier: MIT */
/* <asm/swab.h> for BPF targets: one instruction swaps. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/swab.h>
#elif !defined(ORIEL_ASM_SWAB_H)
#define ORIEL_ASM_SWAB_H

#define __arch_swab16(x) __builtin_bswap16(x)
#define __arch_swab32(x) __builtin_bswap32(x)
#define __arch_swab64(x) __builtin_bswap64(x)

#endif
