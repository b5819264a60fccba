/* SPDX-License-Identifier: MIT */
/* Text of Windows' calls as the rest of the code has it. */
#pragma once

#include "base/compiler.h"

/* UTF-8 in mem_alloc'd memory; NULL: there is none. */
char *wide_to_utf8(const wchar_t *wide) MUST_CHECK;
/* The other way. */
wchar_t *wide_from_utf8(const char *text) MUST_CHECK;
