/* SPDX-License-Identifier: MIT */
/* Pairs of operations that one handler executes. */
#include "interp/code.h"

void interp_fuse(UNUSED const struct op *ops, UNUSED u16 *codes, UNUSED u32 count) {}
