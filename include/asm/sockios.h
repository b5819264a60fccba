/* SPDX-License-Identifier: MIT */
/* <asm/sockios.h> for BPF targets: the generic numbers. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/sockios.h>
#else
#if __has_include(<asm-generic/sockios.h>)
#include <asm-generic/sockios.h>
#else
#include "/usr/include/asm-generic/sockios.h"
#endif
#endif
