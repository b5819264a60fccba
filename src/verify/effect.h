/* SPDX-License-Identifier: MIT */
/* For struct cfg_options; arg is not looked at. */
#pragma once

#include "cfg/cfg.h"

void verify_call_effect(void *arg, const struct prog *prog, u32 slot,
			const struct cfg_value args[CFG_MAX_ARGS], struct cfg_effect *effect);
