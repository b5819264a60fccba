/* SPDX-License-Identifier: MIT */
/* The pieces of oriel-plugin. */
#pragma once

#include "base/error.h"
#include "prog/exec.h"

struct arena;

/* The helpers that the conformance vectors call: numbers of the suite, not of any dialect. */
struct helper_binding plugin_helper(const void *arg, u32 id);

/* A program from bare instructions: subprograms begin where local calls and code addresses lead. In
 * arena. */
int bare_prog(const u8 *bytes, size_t len, struct arena *arena, struct prog *ret_prog,
	      struct error *err) MUST_CHECK;
