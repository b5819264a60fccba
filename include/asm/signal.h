/* SPDX-License-Identifier: MIT */
/* <asm/signal.h> for BPF targets: the generic numbers. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/signal.h>
#else
#if __has_include(<asm-generic/signal.h>)
#include <asm-generic/signal.h>
#else
#include "/usr/include/asm-generic/signal.h"
#endif
#endif
