/* SPDX-License-Identifier: MIT */
/* <asm/socket.h> for BPF targets: the generic options. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/socket.h>
#else
#include <asm-generic/socket.h>
#endif
