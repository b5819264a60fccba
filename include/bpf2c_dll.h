/* SPDX-License-Identifier: MIT */
/* What makes a DLL of a native module, for user mode on Windows: without a C library, it exports
 * get_metadata_table(). */
#pragma once

#include "bpf2c.h"

#define BPF2C_DLL(name)                                                    \
	BPF2C_MEMSET                                                       \
	BPF2C_EXPORT_TABLE(name)                                           \
	int DllMain(void *instance, unsigned long reason, void *reserved); \
	int DllMain(void *instance, unsigned long reason, void *reserved)  \
	{                                                                  \
		(void)instance;                                            \
		(void)reason;                                              \
		(void)reserved;                                            \
		return 1;                                                  \
	}
