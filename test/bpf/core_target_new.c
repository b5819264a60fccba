/* SPDX-License-Identifier: MIT */
/* The same target from a compiler that knows 64-bit enumerations. */
#include "core_target.c"
