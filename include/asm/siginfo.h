/* SPDX-License-Identifier: MIT */
/* <asm/siginfo.h> for BPF targets: the generic layout. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/siginfo.h>
#else
#include <asm-generic/siginfo.h>
#endif
