/* SPDX-License-Identifier: MIT */
/* Machine code while it is made. */
#pragma once

#include "base/compiler.h"

/* What does not fit is counted only. */
struct jit_out {
	u8 *bytes;
	u32 len, cap;
};
