/* SPDX-License-Identifier: MIT */
/* Times as people write them: 2027-01-15, 2027-01-15T08:00:00Z. All UTC. */
#pragma once

#include "base/compiler.h"

#define CALENDAR_TEXT 24

/* Seconds since 1970 as 2027-01-15T08:00:00Z. */
void calendar_text(s64 time, char ret_text[CALENDAR_TEXT]);
/* The two forms above, or seconds since 1970 behind an @. False: none of these, or no such day. */
bool calendar_parse(const char *text, s64 *ret_time);
