/* SPDX-License-Identifier: MIT */
/* Cache lines: what several processors write has one for itself. Some processors have lines of 128
 * bytes, or fetch pairs; there two such things may come to share one. */
#pragma once

#include "base/compiler.h"

#define LINE_SIZE 64

/* Room for something of that size on lines that nothing else is on, wherever the room is. */
#define LINE_SPACE(size) (((size) + LINE_SIZE - 1) / LINE_SIZE * LINE_SIZE + LINE_SIZE)

static inline void *line_in(void *space)
{
	return (void *)(((uintptr_t)space + LINE_SIZE - 1) & ~(uintptr_t)(LINE_SIZE - 1));
}
