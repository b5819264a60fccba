/* SPDX-License-Identifier: MIT */
/* The verifier's place between linking and the runtime. */
#pragma once

#include "load/load.h"

/* 0 when the program is safe or nobody asked. ERR_ACCES: it is not; err says where and why. */
int load_judge(struct load *load, const struct prog *prog, struct error *err) MUST_CHECK;
