/* SPDX-License-Identifier: MIT */
/* What the operations compute, at any width that is a power of two, in 128-bit arithmetic that
 * shares nothing with the tables' expressions. */
#pragma once

#include "isa/insn.h"

typedef __int128 wide;

/* value as a number of width bits, with and without sign. */
static inline wide as_unsigned(u64 value, unsigned width)
{
	return (wide)value % ((wide)1 << width);
}

static inline wide as_signed(u64 value, unsigned width)
{
	wide number = as_unsigned(value, width);

	return number >= (wide)1 << (width - 1) ? number - ((wide)1 << width) : number;
}

static inline wide floor_div(wide a, wide b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

static inline u64 reference_alu(enum alu_op op, unsigned width, u64 d64, u64 s64_)
{
	wide d = as_unsigned(d64, width), s = as_unsigned(s64_, width);
	wide sd = as_signed(d64, width), ss = as_signed(s64_, width);
	wide power = (wide)1 << (unsigned)(s % width), result = 0;

	switch (op) {
	case ALU_ADD: result = d + s; break;
	case ALU_SUB: result = d - s; break;
	/* Only the low bits count, and the full product would not fit. */
	case ALU_MUL: result = (wide)((unsigned __int128)d * (unsigned __int128)s); break;
	case ALU_DIV: result = s == 0 ? 0 : d / s; break;
	case ALU_SDIV: result = ss == 0 ? 0 : sd / ss; break;
	case ALU_MOD: result = s == 0 ? d : d % s; break;
	case ALU_SMOD: result = ss == 0 ? d : sd % ss; break;
	case ALU_LSH: result = (wide)((unsigned __int128)d * (unsigned __int128)power); break;
	case ALU_RSH: result = d / power; break;
	case ALU_ARSH: result = floor_div(sd, power); break;
	case ALU_MOV: result = s; break;
	case ALU_OR:
	case ALU_AND:
	case ALU_XOR:
		for (unsigned bit = 0; bit < width; bit++) {
			unsigned a = (unsigned)(d64 >> bit & 1), b = (unsigned)(s64_ >> bit & 1);
			bool set = op == ALU_OR ? a + b > 0 : op == ALU_AND ? a + b == 2 : a != b;

			result += set ? (wide)1 << bit : 0;
		}
		break;
	case ALU_OP_COUNT: break;
	}
	return (u64)((unsigned __int128)result & (((unsigned __int128)1 << width) - 1));
}

static inline bool reference_jump(enum jump_op op, unsigned width, u64 d64, u64 s64_)
{
	wide d = as_unsigned(d64, width), s = as_unsigned(s64_, width);
	wide sd = as_signed(d64, width), ss = as_signed(s64_, width);

	switch (op) {
	case JUMP_EQ: return d == s;
	case JUMP_NE: return d != s;
	case JUMP_GT: return d - s > 0;
	case JUMP_GE: return d - s >= 0;
	case JUMP_LT: return s - d > 0;
	case JUMP_LE: return s - d >= 0;
	case JUMP_SGT: return sd - ss > 0;
	case JUMP_SGE: return sd - ss >= 0;
	case JUMP_SLT: return ss - sd > 0;
	case JUMP_SLE: return ss - sd >= 0;
	case JUMP_SET: return reference_alu(ALU_AND, width, d64, s64_) != 0;
	case JUMP_OP_COUNT: break;
	}
	return false;
}
