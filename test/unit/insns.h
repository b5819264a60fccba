/* SPDX-License-Identifier: MIT */
/* Instructions and programs written down in C, for tests that stand above isa/. */
#pragma once

#include "prog/prog.h"

/* dst = imm; dst = src; dst += imm */
#define MOV_IMM(d, value)                                                                    \
	{                                                                                    \
		.kind = INSN_ALU, .op = ALU_MOV, .width = 64, .flags = INSN_IMM, .dst = (d), \
		.imm = (value)                                                               \
	}
#define MOV_REG(d, s)                                                                \
	{                                                                            \
		.kind = INSN_ALU, .op = ALU_MOV, .width = 64, .dst = (d), .src = (s) \
	}
#define ADD_IMM(d, value)                                                                    \
	{                                                                                    \
		.kind = INSN_ALU, .op = ALU_ADD, .width = 64, .flags = INSN_IMM, .dst = (d), \
		.imm = (value)                                                               \
	}
#define ADD_REG(d, s)                                                                \
	{                                                                            \
		.kind = INSN_ALU, .op = ALU_ADD, .width = 64, .dst = (d), .src = (s) \
	}
/* dst = *(bytes *)(src + offset) and the other way */
#define LOAD(bytes, d, s, offset)                                                           \
	{                                                                                   \
		.kind = INSN_LOAD, .size = (bytes), .dst = (d), .src = (s), .off = (offset) \
	}
#define STORE(bytes, d, offset, s)                                                           \
	{                                                                                    \
		.kind = INSN_STORE, .size = (bytes), .dst = (d), .src = (s), .off = (offset) \
	}
#define STORE_IMM(bytes, d, offset, value)                                          \
	{                                                                           \
		.kind = INSN_STORE, .size = (bytes), .flags = INSN_IMM, .dst = (d), \
		.off = (offset), .imm = (value)                                     \
	}
/* Two slots each. */
#define LOAD_IMM64(d, value)                                                    \
	{ .kind = INSN_LDDW, .op = LDDW_IMM, .dst = (d), .imm = (s64)(value) }, \
	{                                                                       \
		.kind = INSN_LDDW_HIGH                                          \
	}
#define LOAD_MAP(d, idx)                                                 \
	{ .kind = INSN_LDDW, .op = LDDW_MAP, .dst = (d), .imm = (idx) }, \
	{                                                                \
		.kind = INSN_LDDW_HIGH                                   \
	}
#define LOAD_VALUE(d, idx, offset)                                                              \
	{ .kind = INSN_LDDW, .op = LDDW_MAP_VALUE, .dst = (d), .imm = (idx), .off = (offset) }, \
	{                                                                                       \
		.kind = INSN_LDDW_HIGH                                                          \
	}
#define CALL(id)                               \
	{                                      \
		.kind = INSN_CALL, .imm = (id) \
	}
#define CALLX(reg)                               \
	{                                        \
		.kind = INSN_CALLX, .dst = (reg) \
	}
#define EXIT                      \
	{                         \
		.kind = INSN_EXIT \
	}
/* if r == imm goto off; goto off */
#define JEQ_IMM(d, value, offset)                                                                \
	{                                                                                        \
		.kind = INSN_JUMP_IF, .op = JUMP_EQ, .width = 64, .flags = INSN_IMM, .dst = (d), \
		.off = (offset), .imm = (value)                                                  \
	}
#define GOTO(offset)                               \
	{                                          \
		.kind = INSN_JUMP, .off = (offset) \
	}
