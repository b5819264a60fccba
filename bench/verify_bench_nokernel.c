/* SPDX-License-Identifier: MIT */
/* Without Linux there is nothing to compare with. */
#include "verify_bench.h"

const char *kernel_why_not(void)
{
	return "not a Linux host";
}

int kernel_map_new(const struct kernel_map *map, int inner)
{
	(void)map;
	(void)inner;
	return -1;
}

void kernel_close(int descriptor)
{
	(void)descriptor;
}

bool kernel_verify(u32 type, u32 attach, const void *slots, u32 count, u64 *ret_ns)
{
	(void)type;
	(void)attach;
	(void)slots;
	(void)count;
	(void)ret_ns;
	return false;
}
