/* SPDX-License-Identifier: MIT */
/* The running kernel's verifier, as verify_bench.c asks for it. */
#pragma once

#include "base/compiler.h"

struct kernel_map {
	u32 type, key_size, value_size, max_entries, flags;
};

/* NULL, or why programs cannot be loaded. */
const char *kernel_why_not(void);
/* inner: of a template, for maps of maps, or -1. A descriptor, or -1. */
int kernel_map_new(const struct kernel_map *map, int inner);
void kernel_close(int descriptor);
/* Whether the kernel accepts the program, whose slots are as in a file; how long its verifier took.
 */
bool kernel_verify(u32 type, u32 attach, const void *slots, u32 count, u64 *ret_ns);
