/* SPDX-License-Identifier: MIT */
/* <asm/resource.h> for BPF targets: the generic limits. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/resource.h>
#else
#include <asm-generic/resource.h>
#endif
