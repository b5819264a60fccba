/* SPDX-License-Identifier: MIT */
/* Instructions of a linked program as text, with names for what they refer to. */
#pragma once

#include "base/strbuf.h"
#include "prog/prog.h"

struct prog_text {
	const struct prog *prog;
	const struct prog_line *line; /* given out last; NULL: none */
	struct strbuf text, label;
	bool failed;
};

/* Nothing is taken yet; prog_text_fini accepts a zeroed one. */
void prog_text_init(struct prog_text *text, const struct prog *prog);
void prog_text_fini(struct prog_text *text);

/* The instruction at slot, in one line; valid until the next call. */
const char *prog_text_insn(struct prog_text *text, u32 slot);
/* The source line that begins at slot. NULL: none, or still the one that was given out last. */
const struct prog_line *prog_text_new_line(struct prog_text *text, u32 slot);
/* The subprogram whose first instruction is at slot; NULL: none. */
const struct prog_subprog *prog_text_label(const struct prog *prog, u32 slot);
/* 0, or ERR_NOMEM when one of the texts so far is not whole. */
int prog_text_status(const struct prog_text *text) MUST_CHECK;
