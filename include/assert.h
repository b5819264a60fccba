/* SPDX-License-Identifier: MIT */
/* <assert.h> for BPF targets: what is checked when compiling; a program cannot abort. Any other
 * target gets its own. */
#ifndef __BPF__
#include_next <assert.h>
#elif !defined(ORIEL_ASSERT_H)
#define ORIEL_ASSERT_H

#define static_assert _Static_assert

#endif
