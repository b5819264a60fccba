/* SPDX-License-Identifier: MIT */
/* A table of what the compiler made of context structures, in a section that the checker compares
 * with the specification. */
#pragma once

struct layout {
	char context[32], field[32];
	unsigned int off, size;
};

#define LAYOUT_FIELD(type, name, member)                                                    \
	{                                                                                   \
#type, #name, __builtin_offsetof(type, member), sizeof(((type *)0)->member) \
	}
#define LAYOUT_END(type)                   \
	{                                  \
#type, "", sizeof(type), 0 \
	}
