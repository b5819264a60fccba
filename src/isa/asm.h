/* SPDX-License-Identifier: MIT */
/* Text to instructions. Two syntaxes, told apart line by line: llvm-objdump's ("r1 += r2", "*(u32
 * *)(r10 - 8) = r1", "if r1 > r2 goto +3") as the disassembler prints it, and the conformance
 * vectors' ("add %r1, %r2", "stxw [%r10-8], %r1", "jgt %r1, %r2, label"). '#' and ';' start
 * comments; "name:" is a label. */
#pragma once

#include "base/error.h"
#include "base/vec.h"
#include "isa/insn.h"

typedef VEC(struct insn) insn_vec;

/* Appends to *ret_insns (the caller frees it with vec_free, also after an error), one entry a slot.
 * Errors name the line. Targets are checked as insn_check_targets does. As in the vectors, the
 * first exit also defines the label "exit". */
int asm_parse(const char *text, size_t len, insn_vec *ret_insns, struct error *err) MUST_CHECK;
