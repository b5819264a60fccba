/* SPDX-License-Identifier: MIT */
/* The words and symbols of llvm-objdump's syntax, for the disassembler and the assembler. Each
 * returns NULL past the last one. */
#pragma once

#include "base/compiler.h"

const char *word_alu(unsigned op);	/* "+=", of enum alu_op */
const char *word_jump(unsigned op);	/* "s>", of enum jump_op */
const char *word_atomic(unsigned op);	/* "add", of enum atomic_op */
const char *symbol_atomic(unsigned op); /* "+=" */
const char *word_swap(unsigned op);	/* "le", of enum swap_op */
const char *word_lddw(unsigned op);	/* "map_value", of enum lddw_op; "" for a plain number */
