/* SPDX-License-Identifier: MIT */
/* An extension that does nothing useful in all ways an extension can: the program type `sample` of
 * the Windows dialect, with a context, helpers, a hook and functions that programs call by name. */
#pragma once

#include "runtime/hook.h"

/* sample_program_context_t, as programs see it. */
struct sample_context {
	u64 data_start, data_end;
	u32 uint32_data;
	u16 uint16_data;
	u32 helper_data_1, helper_data_2;
};

struct sample_extension {
	struct runtime *rt;
	struct provider *program, *functions;
	struct hook *hook;
};

/* Registers everything; ret is zeroed when it fails. */
int sample_extension_start(struct runtime *rt, struct sample_extension *ret,
			   struct error *err) MUST_CHECK;
void sample_extension_stop(struct sample_extension *extension); /* accepts a zeroed one */

/* An event: runs what is attached. Changes data and context as the programs do. *ret_verdict: the
 * greatest result. Tells how many programs ran. */
int sample_extension_event(struct sample_extension *extension, struct sample_context *context,
			   void *data, size_t size, u32 *ret_verdict);
