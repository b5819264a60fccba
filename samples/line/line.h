/* SPDX-License-Identifier: MIT */
/* The program type `line`, as programs and the extension see it: programs in sections "line" get
 * each line of standard input and say whether it goes on to standard output. */
#pragma once

#include <stdint.h>

/* A program's context. The line is at [data, data_end), without the newline, to be read. */
struct line_context {
	uint8_t *data;
	uint8_t *data_end;
	uint64_t number; /* of the line, from 1 on */
};

enum line_verdict {
	LINE_PASS = 0,
	LINE_DROP = 1, /* whatever other programs say */
};

#define LINE_HELPER_FIND 0x10000
#define LINE_HELPER_HIDE 0x10001

#ifdef __BPF__
#include "bpf_helpers.h"

/* Where a text begins in the line; negative: nowhere. */
ORIEL_HELPER(int64_t, line_find, (struct line_context * context, const char *text, uint32_t size),
	     LINE_HELPER_FIND);
/* Stars in place of a part of the line, as far as that goes; tells how many. It has the context
 * without being given it. */
ORIEL_HELPER(int64_t, line_hide, (uint64_t at, uint32_t size), LINE_HELPER_HIDE);
#endif
