/* SPDX-License-Identifier: MIT */
/* <asm/socket.h> for BPF targets: the generic options. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/socket.h>
#else
#if __has_include(<asm-generic/socket.h>)
#include <asm-generic/socket.h>
#else
#include "/usr/include/asm-generic/socket.h"
#endif
#endif
