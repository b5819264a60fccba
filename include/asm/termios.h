/* SPDX-License-Identifier: MIT */
/* <asm/termios.h> for BPF targets: the generic layout. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/termios.h>
#else
#if __has_include(<asm-generic/termios.h>)
#include <asm-generic/termios.h>
#else
#include "/usr/include/asm-generic/termios.h"
#endif
#endif
