/* SPDX-License-Identifier: MIT */
/* <asm/param.h> for BPF targets: the generic values. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/param.h>
#else
#include <asm-generic/param.h>
#endif
