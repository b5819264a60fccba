/* SPDX-License-Identifier: MIT */
/* Sets of rows from files: what `oriel spec export` writes, or parts of it. A row that is built in
 * must say the same; others are added. */
#pragma once

#include "base/error.h"
#include "spec/spec.h"

/* text is JSON, as oriel-spec(1) describes it. Errors say the line. The set has one reference,
 * which is the caller's. */
int spec_read(const char *text, size_t len, struct spec **ret_spec, struct error *err) MUST_CHECK;
