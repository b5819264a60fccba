/* SPDX-License-Identifier: MIT */
/* <stdio.h> for BPF targets: a program has no streams, but its sources include this. Any other
 * target gets its own. */
#ifndef __BPF__
#include_next <stdio.h>
#else
#include <stddef.h>
#endif
