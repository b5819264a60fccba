/* SPDX-License-Identifier: MIT */
/* The assembler's cursor over one line, shared by the parsers of the two syntaxes. Every parser
 * returns 0 or ERR_INVAL with the line in the error, and stands behind what it took. */
#pragma once

#include "base/error.h"
#include "isa/insn.h"

/* A register as it was written. */
struct asm_reg {
	u8 num;
	u8 width; /* 64: r1, 32: w1 */
};

struct asm_line {
	const char *p, *end; /* what is left, without the comment */
	unsigned number;
	struct error *err;

	/* Result. label: the target's name when the target is not a number, else NULL. */
	struct insn insn;
	const char *label;
	size_t label_len;
};

/* "line 3: text near 'rest'" */
int asm_error(struct asm_line *line, const char *text) MUST_CHECK;
/* "line 3: text", about what is behind already */
int asm_refuse(struct asm_line *line, const char *text) MUST_CHECK;

/* Behind s when the line goes on with it, after blanks; a word only when it ends there. */
bool asm_eat(struct asm_line *line, const char *s);
int asm_expect(struct asm_line *line, const char *s) MUST_CHECK;
/* The next word without moving on: letters, digits, '_', '.', '$'. Its length may be 0. */
const char *asm_peek_word(struct asm_line *line, size_t *ret_len);
/* The entry of table (ended by NULL) with the longest symbol that comes next; -1 if none. */
int asm_eat_symbol(struct asm_line *line, const char *(*table)(unsigned i));

bool asm_eat_reg(struct asm_line *line, struct asm_reg *ret_reg);
int asm_reg(struct asm_line *line, struct asm_reg *ret_reg) MUST_CHECK;
int asm_reg64(struct asm_line *line, u8 *ret_num) MUST_CHECK;
/* Decimal or 0x hexadecimal, with an optional sign: up to 64 bits, signed or not. */
int asm_number(struct asm_line *line, s64 *ret_value) MUST_CHECK;
/* One that fits 32 bits, signed or unsigned; the result is sign-extended. */
int asm_number32(struct asm_line *line, s32 *ret_value) MUST_CHECK;
/* "r10 - 8", "r10": to the register and insn.off. */
int asm_address(struct asm_line *line, u8 *ret_num) MUST_CHECK;
/* A register to insn.src (its width as written to *ret_width), or a number to insn.imm. */
int asm_operand(struct asm_line *line, u8 *ret_width) MUST_CHECK;
/* "+3", "-0x1" or a label, to insn.off or label; "<...>" after it is skipped. */
int asm_target(struct asm_line *line) MUST_CHECK;

/* A whole instruction in either syntax, and nothing behind it. */
int asm_statement(struct asm_line *line) MUST_CHECK;
int asm_statement_objdump(struct asm_line *line) MUST_CHECK;
/* What begins with a mnemonic; also call, for both syntaxes. */
int asm_statement_vector(struct asm_line *line) MUST_CHECK;
/* "lock *" was taken. */
int asm_lock_objdump(struct asm_line *line) MUST_CHECK;
