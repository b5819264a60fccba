/* SPDX-License-Identifier: MIT */
/* <inttypes.h> for BPF targets: conversions for bpf_printk. Any other target gets its own. */
#ifndef __BPF__
#include_next <inttypes.h>
#elif !defined(ORIEL_INTTYPES_H)
#define ORIEL_INTTYPES_H

#include <stdint.h>

#define PRId8  "d"
#define PRId16 "d"
#define PRId32 "d"
#define PRId64 "ld"
#define PRIi8  "i"
#define PRIi16 "i"
#define PRIi32 "i"
#define PRIi64 "li"
#define PRIu8  "u"
#define PRIu16 "u"
#define PRIu32 "u"
#define PRIu64 "lu"
#define PRIx8  "x"
#define PRIx16 "x"
#define PRIx32 "x"
#define PRIx64 "lx"

#endif
