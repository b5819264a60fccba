/* SPDX-License-Identifier: MIT */
/* <asm/siginfo.h> for BPF targets: the generic layout. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/siginfo.h>
#else
#if __has_include(<asm-generic/siginfo.h>)
#include <asm-generic/siginfo.h>
#else
#include "/usr/include/asm-generic/siginfo.h"
#endif
#endif
