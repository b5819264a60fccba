/* SPDX-License-Identifier: MIT */
/* <asm/stat.h> for BPF targets: the generic layout. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/stat.h>
#else
#include <asm-generic/stat.h>
#endif
