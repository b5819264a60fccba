/* SPDX-License-Identifier: MIT */
/* The interpreter: the reference semantics that every other engine is held against. Not part of
 * production builds. */
#pragma once

/* What it decides where RFC 9669 is silent, for every engine:
 * - Registers are zero at entry, but for r1 (the context), r2 (exec->arg2) and r10. A frame is zero
 *   when its function starts. A function that does not use r10 and calls none has no frame: its
 *   addresses are outside.
 * - A call sets r0 and leaves r1 to r5 as they were; the verifier lets nobody read them.
 * - Plain accesses may be unaligned. Atomics, also load-acquire and store-release, must be
 *   naturally aligned and are ERR_FAULT otherwise, for verified programs too.
 * - A packet load outside the packet ends the whole program with result 0, one without a packet
 *   is ERR_NOTSUP.
 * - A backward jump costs its distance of the budget, a local call the length of the callee, a
 *   helper 1. A callback costs what a local call costs. may_goto jumps from its 8388609th time on,
 * all of a program's together.
 * - A callback has a frame of its own below the one of whoever called the helper; of r1 to r5 those
 *   that it is not given are 0, and the caller's are what they were when the helper returns.
 * - Programs that write r10 are refused. */

#include "base/error.h"
#include "prog/exec.h"

/* Pre-decodes a program. Fails when the program refers to what the binding lacks: ERR_NOTSUP names
 * the helper and the slot. The code keeps no pointer into prog or binding's tables, but calls
 * binding->helper at run time (for callx). Its entry runs checked unless exec->unchecked. */
int interp_prepare(const struct prog *prog, const struct prog_binding *binding,
		   struct prog_code **ret_code, struct error *err) MUST_CHECK;
