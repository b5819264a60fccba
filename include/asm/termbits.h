/* SPDX-License-Identifier: MIT */
/* <asm/termbits.h> for BPF targets: the generic layout. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/termbits.h>
#else
#include <asm-generic/termbits.h>
#endif
