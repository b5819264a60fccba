/* SPDX-License-Identifier: MIT */
/* <asm/errno.h> for BPF targets: the generic error numbers. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/errno.h>
#else
#if __has_include(<asm-generic/errno.h>)
#include <asm-generic/errno.h>
#else
#include "/usr/include/asm-generic/errno.h"
#endif
#endif
