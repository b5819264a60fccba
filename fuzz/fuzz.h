/* SPDX-License-Identifier: MIT */
/* What a fuzz target defines. libFuzzer calls it, or replay.c where there is no libFuzzer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Returns 0. Whatever the bytes are it neither crashes nor hangs nor leaks; a property that does
 * not hold is an abort(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
