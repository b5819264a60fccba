/* SPDX-License-Identifier: MIT */
/* States for people: a line for each register and each piece of stack that is known. */
#pragma once

#include "base/strbuf.h"
#include "check/state.h"

/* "r0 = a value of map 'starts' or NULL"; symbols that several share are called s1, s2 ...; len is
 * the packet's length, meta that of what is before it. */
void state_text(const struct prog *prog, const struct state *state, struct strbuf *out);
