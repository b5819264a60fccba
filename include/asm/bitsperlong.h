/* SPDX-License-Identifier: MIT */
/* <asm/bitsperlong.h> for BPF targets, which are 64-bit whatever the host is. Any other target gets
 * its own. */
#ifndef __BPF__
#include_next <asm/bitsperlong.h>
#else
#ifndef __BITS_PER_LONG
#define __BITS_PER_LONG 64
#endif
#if __has_include(<asm-generic/bitsperlong.h>)
#include <asm-generic/bitsperlong.h>
#else
#include "/usr/include/asm-generic/bitsperlong.h"
#endif
#endif
