/* SPDX-License-Identifier: MIT */
/* The benchmark's programs in the running kernel, as engines_bench.c asks for it. */
#pragma once

#include "base/compiler.h"

struct kernel_program {
	int program, memory, values; /* descriptors, of maps the last two; -1: none */
	u32 bytes;		     /* of machine code */
};

/* NULL, or why programs cannot be run there by a JIT compiler. */
const char *kernel_open(void);
void kernel_close(void);
#define KERNEL_BEFORE 3 /* slots that are put in front of the program */
/* Slots as in a file; those that load a map's address get that of one with the values. The program
 * finds the address of `size` bytes of memory in r1 and how many in r2. False: the kernel refuses
 * it. */
bool kernel_load(const u8 *slots, u32 slot_count, u32 size, const u64 *values, u32 count,
		 struct kernel_program *ret_program);
void kernel_unload(struct kernel_program *program);
void kernel_set_memory(const struct kernel_program *program, const u8 *bytes);
void kernel_get_memory(const struct kernel_program *program, u8 *bytes);
/* Runs it that often. The lower half of its result, and the processor time of one run, less that of
 * as many of a program which does nothing. */
double kernel_run(const struct kernel_program *program, u32 times, u32 *ret_result);
