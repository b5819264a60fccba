/* SPDX-License-Identifier: MIT */
/* <asm/mman.h> for BPF targets: the generic flags. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/mman.h>
#else
#if __has_include(<asm-generic/mman.h>)
#include <asm-generic/mman.h>
#else
#include "/usr/include/asm-generic/mman.h"
#endif
#endif
