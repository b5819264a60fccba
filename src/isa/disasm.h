/* SPDX-License-Identifier: MIT */
/* Instructions as text, in llvm-objdump's style: "r1 = 0x21646c72", "if r1 == 0x0 goto +0x2
 * <label>". */
#pragma once

#include "base/strbuf.h"
#include "isa/insn.h"

/* Names for what an instruction refers to; any may be NULL, and any function may return NULL. */
struct disasm_names {
	void *arg;
	const char *(*helper)(void *arg, u32 id);
	const char *(*map)(void *arg, u32 map_idx);   /* LDDW_MAP*, by prog map index */
	const char *(*func)(void *arg, u32 func_idx); /* INSN_CALL_KFUNC */
	const char *(*label)(void *arg, u32 slot);    /* of a target slot */
};

/* One line without a newline. slot: where insn stands, for targets. The text alone assembles back
 * to the same instruction as long as names is NULL. */
void disasm_insn(struct strbuf *out, const struct insn *insn, size_t slot,
		 const struct disasm_names *names);
