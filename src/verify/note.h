/* SPDX-License-Identifier: MIT */
/* Where the search tells what it sees, when somebody wants to know (struct search's record). */
#pragma once

#include "base/compiler.h"

struct search;
struct walk;
struct instance;

void note_instance(struct search *s, const struct instance *instance);
/* A block starts with w->now. What was there before, in a loop that is gone through anew, does not
 * count. */
void note_block(struct walk *w, u32 block);
void note_clear(struct walk *w, u32 block);
/* An instruction meets w->now; w->spare keeps that until it is done. */
void note_insn(struct walk *w, u32 slot);
/* It failed: w->transfer.finding. */
void note_finding(struct walk *w);
/* Findings so far; 0 without a record. */
u32 note_count(const struct search *s);
/* True: w->now is again as it was before, as if the check were there that was missing. */
bool note_repair(struct walk *w);
