/* SPDX-License-Identifier: MIT */
/* What Event Tracing for Windows is given for a probe. Events describe themselves (TraceLogging),
 * so that no manifest has to be installed: before the values come the names and types of the
 * provider and the event. */
#pragma once

#include "os/probe.h"

#define PROBE_PARTS 6 /* provider, event, slot, program, text's length, text */

/* A provider's traits: their size, the name. */
extern const char probe_traits[];
#define PROBE_TRAITS_SIZE 8

struct probe_part {
	const void *data;
	u32 size, type;
};

/* values: what the parts point to; good as long as they are. False: there is no such event. */
struct probe_values {
	u32 slot, prog;
	u16 len;
};
bool probe_describe(const char *name, const struct probe_values *values, const char *text,
		    struct probe_part ret_parts[PROBE_PARTS]) MUST_CHECK;
