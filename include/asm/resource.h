/* SPDX-License-Identifier: MIT */
/* <asm/resource.h> for BPF targets: the generic limits. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/resource.h>
#else
#if __has_include(<asm-generic/resource.h>)
#include <asm-generic/resource.h>
#else
#include "/usr/include/asm-generic/resource.h"
#endif
#endif
