/* SPDX-License-Identifier: MIT */
/* <asm/statfs.h> for BPF targets: the generic layout. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/statfs.h>
#else
#if __has_include(<asm-generic/statfs.h>)
#include <asm-generic/statfs.h>
#else
#include "/usr/include/asm-generic/statfs.h"
#endif
#endif
