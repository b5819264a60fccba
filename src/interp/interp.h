/* SPDX-License-Identifier: MIT */
/* The interpreter: the reference semantics that every other engine is held against. Not part of
 * production builds. */
#pragma once

#include "base/error.h"
#include "prog/exec.h"

/* Pre-decodes a program. Fails when the program refers to what the binding lacks: ERR_NOTSUP names
 * the helper and the slot. The code keeps no pointer into prog or binding's tables, but calls
 * binding->helper at run time (for callx). Its entry runs checked unless exec->unchecked. */
int interp_prepare(const struct prog *prog, const struct prog_binding *binding,
		   struct prog_code **ret_code, struct error *err) MUST_CHECK;
