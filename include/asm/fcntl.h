/* SPDX-License-Identifier: MIT */
/* <asm/fcntl.h> for BPF targets: the generic flags. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/fcntl.h>
#else
#if __has_include(<asm-generic/fcntl.h>)
#include <asm-generic/fcntl.h>
#else
#include "/usr/include/asm-generic/fcntl.h"
#endif
#endif
