/* SPDX-License-Identifier: MIT */
/* Without libbpf there is nothing to compare with. */
#include "map_bench.h"

#include <stdio.h>

bool kernel_open(const char *object)
{
	(void)object;
	printf("the kernel's maps: not measured, built without libbpf\n");
	return false;
}

double kernel_run(const char *section, u32 threads)
{
	(void)section;
	(void)threads;
	return -1;
}

void kernel_close(void) {}
