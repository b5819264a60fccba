/* SPDX-License-Identifier: MIT */
/* <asm/param.h> for BPF targets: the generic values. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/param.h>
#else
#if __has_include(<asm-generic/param.h>)
#include <asm-generic/param.h>
#else
#include "/usr/include/asm-generic/param.h"
#endif
#endif
