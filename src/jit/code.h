/* SPDX-License-Identifier: MIT */
/* A compiled program as its support functions see it. */
#pragma once

#include "jit/internal.h"
#include "os/os.h"

/* What a callback may be. */
struct jit_callback {
	u32 start; /* slot */
	u32 charge;
	u32 offset;
	bool framed;
};

struct jit_program {
	struct prog_code base;
	struct helper_binding (*helper)(const void *arg, u32 id);
	const void *arg;
	struct os_code code;
	/* Runs a callback: (exec, function, frame, args). NULL: there are none. */
	u64 (*thunk)(struct exec *exec, const u8 *function, u64 frame, const u64 *args);
	bool checked, zero_frames;
	const struct jit_watch *watch; /* NULL: nobody, or it does not know the code */
	void *token;		       /* its own */
	u32 callback_count;
	struct jit_callback callbacks[]; /* by rising start */
};

bool jit_call(struct exec *exec, u64 func, const u64 args[5], u64 *ret_result);
