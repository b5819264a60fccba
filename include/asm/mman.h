/* SPDX-License-Identifier: MIT */
/* <asm/mman.h> for BPF targets: the generic flags. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/mman.h>
#else
#include <asm-generic/mman.h>
#endif
