/* SPDX-License-Identifier: MIT */
/* <asm/posix_types.h> for BPF targets: the generic types. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/posix_types.h>
#else
#if __has_include(<asm-generic/posix_types.h>)
#include <asm-generic/posix_types.h>
#else
#include "/usr/include/asm-generic/posix_types.h"
#endif
#endif
