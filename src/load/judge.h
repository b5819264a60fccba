/* SPDX-License-Identifier: MIT */
/* The verifier's place between linking and the runtime. */
#pragma once

#include "load/load.h"

/* 0 when the program is safe, with what is known of it in the object's arena, or nobody asked
 * (NULL). ERR_ACCES: it is not; err says where and why. */
int load_judge(struct load *load, const struct prog *prog, const struct prog_facts **ret_facts,
	       struct error *err) MUST_CHECK;
