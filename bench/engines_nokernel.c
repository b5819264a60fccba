/* SPDX-License-Identifier: MIT */
/* Without Linux there is nothing to compare with. */
#include "engines_kernel.h"

const char *kernel_open(void)
{
	return "not a Linux host";
}

void kernel_close(void) {}

bool kernel_load(UNUSED const u8 *slots, UNUSED u32 slot_count, UNUSED u32 size,
		 UNUSED const u64 *values, UNUSED u32 count,
		 UNUSED struct kernel_program *ret_program)
{
	return false;
}

void kernel_unload(UNUSED struct kernel_program *program) {}
void kernel_set_memory(UNUSED const struct kernel_program *program, UNUSED const u8 *bytes) {}
void kernel_get_memory(UNUSED const struct kernel_program *program, UNUSED u8 *bytes) {}

double kernel_run(UNUSED const struct kernel_program *program, UNUSED u32 times,
		  UNUSED u32 *ret_result)
{
	return 0;
}
