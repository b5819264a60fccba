/* SPDX-License-Identifier: MIT */
/* <asm/signal.h> for BPF targets: the generic numbers. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/signal.h>
#else
#include <asm-generic/signal.h>
#endif
