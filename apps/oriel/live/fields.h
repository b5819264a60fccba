/* SPDX-License-Identifier: MIT */
/* What processes with attached programs say: lines of fields with a tab between two. */
#pragma once

#include "base/compiler.h"

/* Ends each field of text, which is terminated, and gives where it begins; the last one of room
 * keeps its tabs. Others' words on a terminal: no other controls stay. How many there are. */
u32 fields_split(char *text, size_t len, const char **ret_fields, u32 room);
