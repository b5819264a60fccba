/* SPDX-License-Identifier: MIT */
#include "isa/words.h"

#include "isa/insn.h"

#define WORD_AT(words, i) ((i) < ARRAY_COUNT(words) ? (words)[i] : NULL)

const char *word_alu(unsigned op)
{
	static const char *const words[] = {
#define ALU(NAME, name, code, off, group, symbol, expr) symbol,
#include "isa/alu.def"
#undef ALU
	};

	return WORD_AT(words, op);
}

const char *word_jump(unsigned op)
{
	static const char *const words[] = {
#define JUMP(NAME, name, code, symbol, expr) symbol,
#include "isa/jump.def"
#undef JUMP
	};

	return WORD_AT(words, op);
}

const char *word_atomic(unsigned op)
{
	static const char *const words[] = {
#define ATOMIC(NAME, name, imm, symbol, expr) #name,
#include "isa/atomic.def"
#undef ATOMIC
	};

	return WORD_AT(words, op);
}

const char *symbol_atomic(unsigned op)
{
	static const char *const words[] = {
#define ATOMIC(NAME, name, imm, symbol, expr) symbol,
#include "isa/atomic.def"
#undef ATOMIC
	};

	return WORD_AT(words, op);
}

const char *word_swap(unsigned op)
{
	static const char *const words[] = {
		[SWAP_LE] = "le",
		[SWAP_BE] = "be",
		[SWAP_ALWAYS] = "bswap",
	};

	return WORD_AT(words, op);
}

const char *word_lddw(unsigned op)
{
	static const char *const words[] = {
		[LDDW_IMM] = "",
		[LDDW_MAP] = "map",
		[LDDW_MAP_VALUE] = "map_value",
		[LDDW_VARIABLE] = "variable",
		[LDDW_CODE] = "code",
		[LDDW_MAP_IDX] = "map_idx",
		[LDDW_MAP_IDX_VALUE] = "map_idx_value",
	};

	_Static_assert(ARRAY_COUNT(words) == LDDW_OP_COUNT, "a word for each");
	return WORD_AT(words, op);
}
