/* SPDX-License-Identifier: MIT */
/* The x86-64 code that some sequences of instructions become, byte for byte: what is made of
 * several of them, and what is not. */
#include "insns.h"
#include "jit/jit.h"
#include "prog/facts.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

#define ALU_I(o, w, d, value)                                                                 \
	{                                                                                     \
		.kind = INSN_ALU, .op = ALU_##o, .width = (w), .flags = INSN_IMM, .dst = (d), \
		.imm = (value)                                                                \
	}
#define ALU_R(o, w, d, s)                                                             \
	{                                                                             \
		.kind = INSN_ALU, .op = ALU_##o, .width = (w), .dst = (d), .src = (s) \
	}
#define JUMP_I(o, w, d, value, to)                                                                 \
	{                                                                                          \
		.kind = INSN_JUMP_IF, .op = JUMP_##o, .width = (w), .flags = INSN_IMM, .dst = (d), \
		.imm = (value), .off = (to)                                                        \
	}
#define JUMP_R(o, w, d, s, to)                                                              \
	{                                                                                   \
		.kind = INSN_JUMP_IF, .op = JUMP_##o, .width = (w), .dst = (d), .src = (s), \
		.off = (to)                                                                 \
	}

#define SWAP(o, bytes, d)                                                                 \
	{                                                                                 \
		.kind = INSN_SWAP, .op = SWAP_##o, .width = 64, .size = (bytes), .dst = d \
	}

/* dst of that slot is known to be `value` */
#define NO_SLOT UINT32_MAX

static const struct code_case {
	const char *name;
	struct insn insns[12];
	const char *code; /* without the last ret; facts are there */
	u32 known;
	u64 value;
} cases[] = {
	{ "a constant becomes part of the store",
	  { MOV_IMM(2, 5), STORE(8, 1, 8, 2), MOV_IMM(0, 0), EXIT },
	  "4889f7 48c7470805000000 31c0",
	  NO_SLOT,
	  0 },
	{ "unless it is used again",
	  { MOV_IMM(2, 5), STORE(8, 1, 8, 2), MOV_REG(0, 2), EXIT },
	  "4889f7 be05000000 48897708 89f0",
	  NO_SLOT,
	  0 },
	{ "a constant is compared with",
	  { LOAD(8, 0, 1, 0), MOV_IMM(2, 7), JUMP_R(SGT, 64, 0, 2, 1), ADD_IMM(0, 2), EXIT },
	  "4889f7 488b07 4883f807 7f04 4883c002",
	  NO_SLOT,
	  0 },
	{ "two bytes are one load",
	  { LOAD(1, 0, 1, 3), ALU_I(LSH, 64, 0, 8), LOAD(1, 2, 1, 2), ALU_R(OR, 64, 0, 2), EXIT },
	  "4889f7 0fb74702",
	  NO_SLOT,
	  0 },
	{ "four are",
	  { LOAD(1, 2, 1, 1), ALU_I(LSH, 64, 2, 8), LOAD(1, 3, 1, 0), ALU_R(OR, 64, 2, 3),
	    LOAD(1, 3, 1, 2), ALU_I(LSH, 64, 3, 16), LOAD(1, 0, 1, 3), ALU_I(LSH, 64, 0, 24),
	    ALU_R(OR, 64, 0, 3), ALU_R(OR, 64, 0, 2), EXIT },
	  "4889f7 8b07",
	  NO_SLOT,
	  0 },
	{ "also the other way round",
	  { LOAD(1, 0, 1, 2), ALU_I(LSH, 64, 0, 8), LOAD(1, 2, 1, 3), ALU_R(OR, 64, 0, 2), EXIT },
	  "4889f7 0fb74702 66c1c008",
	  NO_SLOT,
	  0 },
	{ "but not where one of them is needed",
	  { LOAD(1, 0, 1, 3), ALU_I(LSH, 64, 0, 8), LOAD(1, 2, 1, 2), ALU_R(OR, 64, 0, 2),
	    ADD_REG(0, 2), EXIT },
	  "4889f7 0fb64703 48c1e008 0fb67702 4809f0 4801f0",
	  NO_SLOT,
	  0 },
	{ "or memory changes",
	  { LOAD(1, 0, 1, 3), ALU_I(LSH, 64, 0, 8), STORE(1, 1, 2, 0), LOAD(1, 2, 1, 2),
	    ALU_R(OR, 64, 0, 2), EXIT },
	  "4889f7 0fb64703 48c1e008 884702 0fb67702 4809f0",
	  NO_SLOT,
	  0 },
	{ "a load is an operand",
	  { MOV_IMM(0, 1), LOAD(4, 2, 1, 4), ALU_R(ADD, 32, 0, 2), LOAD(8, 2, 1, 8),
	    ALU_R(XOR, 64, 0, 2), EXIT },
	  "4889f7 b801000000 034704 48334708",
	  NO_SLOT,
	  0 },
	{ "not of another width",
	  { MOV_IMM(0, 1), LOAD(4, 2, 1, 4), ALU_R(ADD, 64, 0, 2), EXIT },
	  "4889f7 b801000000 8b7704 4801f0",
	  NO_SLOT,
	  0 },
	{ "nor when it is needed again",
	  { MOV_IMM(0, 1), LOAD(8, 2, 1, 8), ALU_R(ADD, 64, 0, 2), ADD_REG(0, 2), EXIT },
	  "4889f7 b801000000 488b7708 4801f0 4801f0",
	  NO_SLOT,
	  0 },
	{ "memory is compared",
	  { MOV_IMM(0, 1), LOAD(1, 2, 1, 9), JUMP_I(GT, 64, 2, 17, 1), ADD_IMM(0, 2), EXIT },
	  "4889f7 b801000000 807f0911 7704 4883c002",
	  NO_SLOT,
	  0 },
	{ "or tested",
	  { MOV_IMM(0, 1), LOAD(1, 2, 1, 9), JUMP_I(SET, 64, 2, 3, 1), ADD_IMM(0, 2), EXIT },
	  "4889f7 b801000000 f6470903 7504 4883c002",
	  NO_SLOT,
	  0 },
	{ "not with a sign that it has not",
	  { MOV_IMM(0, 1), LOAD(1, 2, 1, 9), JUMP_I(SGT, 64, 2, 17, 1), ADD_IMM(0, 2), EXIT },
	  "4889f7 b801000000 0fb67709 4883fe11 7f04 4883c002",
	  NO_SLOT,
	  0 },
	{ "nor when one way needs it",
	  { MOV_IMM(0, 1), LOAD(1, 2, 1, 9), JUMP_I(EQ, 64, 2, 17, 1), ADD_REG(0, 2), EXIT },
	  "4889f7 b801000000 0fb67709 83fe11 7403 4801f0",
	  NO_SLOT,
	  0 },
	{ "a load and a swap",
	  { LOAD(2, 0, 1, 12),
	    { .kind = INSN_SWAP, .op = SWAP_BE, .width = 64, .size = 2, .dst = 0 },
	    EXIT },
	  "4889f7 0fb7470c 66c1c008",
	  NO_SLOT,
	  0 },
	{ "or of zeros above it",
	  { LOAD(2, 0, 1, 12), SWAP(LE, 2, 0), EXIT },
	  "4889f7 0fb7470c",
	  NO_SLOT,
	  0 },
	{ "not of less of it",
	  { LOAD(4, 0, 1, 12), SWAP(LE, 2, 0), EXIT },
	  "4889f7 8b470c 0fb7c0",
	  NO_SLOT,
	  0 },
	{ "a swap and a store",
	  { LOAD(4, 2, 1, 0), ALU_I(ADD, 64, 2, 7), SWAP(BE, 2, 2), STORE(2, 1, 8, 2),
	    MOV_IMM(0, 0), EXIT },
	  "4889f7 8b37 4883c607 66c1c608 66897708 31c0",
	  NO_SLOT,
	  0 },
	{ "of a copy",
	  { LOAD(4, 0, 1, 0), MOV_REG(2, 0), SWAP(BE, 2, 2), STORE(2, 1, 8, 2), EXIT },
	  "4889f7 8b07 89c1 66c1c108 66894f08",
	  NO_SLOT,
	  0 },
	{ "unless it is needed",
	  { LOAD(4, 0, 1, 0), MOV_REG(2, 0), SWAP(BE, 2, 2), STORE(2, 1, 8, 2), ADD_REG(0, 2),
	    EXIT },
	  "4889f7 8b07 0fb7f0 66c1c608 66897708 4801f0",
	  NO_SLOT,
	  0 },
	{ "a shift scales an index",
	  { LOAD(4, 2, 1, 0), ALU_I(LSH, 64, 2, 3), MOV_REG(3, 1), ADD_REG(3, 2), LOAD(8, 0, 3, 16),
	    EXIT },
	  "4889f7 8b37 488b44f710",
	  NO_SLOT,
	  0 },
	{ "and is done where the number is used, too",
	  { LOAD(4, 2, 1, 0), ALU_I(LSH, 64, 2, 3), MOV_REG(3, 1), ADD_REG(3, 2), LOAD(8, 0, 3, 16),
	    ADD_REG(0, 2), EXIT },
	  "4889f7 8b37 488b44f710 488d04f0",
	  NO_SLOT,
	  0 },
	{ "a loop ends with one jump",
	  { MOV_IMM(0, 0),
	    ADD_IMM(0, 3),
	    JUMP_I(GT, 64, 0, 50, 1),
	    { .kind = INSN_JUMP, .off = -3 },
	    EXIT },
	  "31c0 4883c003 4883f832 76f6",
	  NO_SLOT,
	  0 },
	{ "also when it is left for elsewhere",
	  { MOV_IMM(0, 0),
	    ADD_IMM(0, 3),
	    JUMP_I(GT, 64, 0, 50, 2),
	    { .kind = INSN_JUMP, .off = -3 },
	    MOV_IMM(0, 1),
	    EXIT },
	  "31c0 4883c003 4883f832 76f6 eb05 b801000000",
	  NO_SLOT,
	  0 },
	{ "a choice has no jump",
	  { LOAD(8, 0, 1, 0), LOAD(8, 2, 1, 8), JUMP_R(GT, 64, 0, 2, 1), MOV_REG(0, 2), EXIT },
	  "4889f7 488b07 488b7708 4839f0 480f46c6",
	  NO_SLOT,
	  0 },
	{ "of halves it has 32 bits",
	  { LOAD(4, 0, 1, 0), LOAD(4, 2, 1, 8), JUMP_R(LT, 32, 0, 2, 1), ALU_R(MOV, 32, 0, 2),
	    EXIT },
	  "4889f7 8b07 8b7708 39f0 0f43c6",
	  NO_SLOT,
	  0 },
	{ "of a half and a whole it has not",
	  { LOAD(8, 0, 1, 0), LOAD(8, 2, 1, 8), JUMP_R(LT, 64, 0, 2, 1), ALU_R(MOV, 32, 0, 2),
	    EXIT },
	  "4889f7 488b07 488b7708 4189f3 4839f0 490f43c3",
	  NO_SLOT,
	  0 },
	{ "one is a constant",
	  { LOAD(4, 0, 1, 0), JUMP_I(LT, 64, 0, 9, 1), MOV_IMM(0, 8), EXIT },
	  "4889f7 8b07 41bb08000000 83f809 410f43c3",
	  NO_SLOT,
	  0 },
	{ "which comes before the comparison",
	  { LOAD(8, 0, 1, 0), JUMP_I(SLT, 64, 0, 9, 1), MOV_IMM(0, 0), EXIT },
	  "4889f7 488b07 4531db 4883f809 490f4dc3",
	  NO_SLOT,
	  0 },
	{ "or leaves the flags as they are",
	  { LOAD(8, 0, 1, 0), LOAD(8, 2, 1, 8), ALU_I(AND, 64, 2, 6), JUMP_I(EQ, 64, 2, 0, 1),
	    MOV_IMM(0, 0), EXIT },
	  "4889f7 488b07 488b7708 83e606 41bb00000000 490f45c3",
	  NO_SLOT,
	  0 },
	{ "memory is compared there, too",
	  { LOAD(8, 0, 1, 0), LOAD(1, 2, 1, 9), JUMP_I(GT, 64, 2, 17, 1), MOV_IMM(0, 0), EXIT },
	  "4889f7 488b07 4531db 807f0911 490f46c3",
	  NO_SLOT,
	  0 },
	{ "a choice of two moves, with which the block goes on",
	  { LOAD(8, 2, 1, 0), JUMP_I(EQ, 64, 2, 9, 2), MOV_IMM(0, 3), GOTO(1), MOV_IMM(0, 5),
	    MOV_REG(2, 1), LOAD(8, 2, 2, 8), ADD_REG(0, 2), EXIT },
	  "4889f7 488b37 b805000000 41bb03000000 4883fe09 410f45c3 48034708",
	  NO_SLOT,
	  0 },
	{ "in a loop as well",
	  { LOAD(8, 2, 1, 0), MOV_IMM(0, 3), JUMP_I(EQ, 64, 2, 9, 1), MOV_IMM(0, 5), ADD_REG(2, 0),
	    JUMP_I(GT, 64, 2, 50, -5), EXIT },
	  "4889f7 488b37 b803000000 41bb05000000 4883fe09 410f45c3 4801c6 4883fe32 77e4",
	  NO_SLOT,
	  0 },
	{ "but not of numbers that may come from the round before",
	  { LOAD(8, 2, 1, 0), MOV_REG(0, 2), JUMP_I(EQ, 64, 2, 9, 1), MOV_IMM(0, 5), ADD_REG(2, 0),
	    JUMP_I(GT, 64, 2, 50, -5), EXIT },
	  "4889f7 488b37 4889f0 4883fe09 7405 b805000000 4801c6 4883fe32 77e9",
	  NO_SLOT,
	  0 },
	{ "also of a register's whole and its half",
	  { LOAD(8, 2, 1, 0), MOV_REG(0, 2), JUMP_I(EQ, 32, 2, 9, 2), MOV_REG(0, 0), GOTO(1),
	    ALU_R(MOV, 32, 0, 2), EXIT },
	  "4889f7 488b37 89f0 83fe09 480f45c6",
	  NO_SLOT,
	  0 },
	{ "not where the first one would be compared",
	  { LOAD(8, 0, 1, 0), JUMP_I(EQ, 64, 0, 9, 2), MOV_IMM(0, 3), GOTO(1), MOV_IMM(0, 5),
	    EXIT },
	  "4889f7 48833f09 7407 b803000000 eb05 b805000000",
	  NO_SLOT,
	  0 },
	{ "or others come to it",
	  { LOAD(8, 2, 1, 0), LOAD(8, 0, 1, 8), JUMP_I(EQ, 64, 2, 7, 1), JUMP_I(EQ, 64, 2, 9, 1),
	    MOV_IMM(0, 3), EXIT },
	  "4889f7 488b37 488b4708 4883fe07 7406 4883fe09 7405 b803000000",
	  NO_SLOT,
	  0 },
	{ "what the verifier knows is not computed",
	  { LOAD(8, 2, 1, 0), ALU_I(AND, 64, 2, 8), ALU_R(XOR, 64, 2, 2), MOV_REG(0, 2), EXIT },
	  "b834120000",
	  2,
	  0x1234 },
	{ "nor what it would take more for",
	  { LOAD(8, 2, 1, 0), ALU_I(OR, 64, 2, 8), MOV_REG(0, 2), EXIT },
	  "4889f7 488b37 4883ce08 4889f0",
	  1,
	  0x123456789a },
};

static u32 count_of(const struct insn *insns)
{
	u32 count = 0;

	while (insns[count++].kind != INSN_EXIT)
		;
	return count;
}

static struct helper_binding no_helper(UNUSED const void *arg, UNUSED u32 id)
{
	return (struct helper_binding){ 0 };
}

static int compile(const struct code_case *c, u8 *out, size_t cap, size_t *ret_len)
{
	const u32 count = count_of(c->insns);
	const struct prog_subprog sub = { .name = "f", .count = count };
	const struct prog prog = { .name = "f",
				   .section = "",
				   .insns = c->insns,
				   .insn_count = count,
				   .subprogs = &sub,
				   .subprog_count = 1 };
	struct prog_fact rows[ARRAY_COUNT(c->insns)] = { 0 };
	const struct prog_facts facts = { .rows = rows, .count = count };
	const struct prog_binding binding = { .helper = no_helper, .facts = &facts };
	const struct jit_options options = { .size = sizeof(options), .target = JIT_X86_64_SYSV };
	struct arena arena;
	struct jit *jit;
	int status;

	for (u32 i = 0; i < count; i++)
		rows[i] = (struct prog_fact){ .flags = FACT_REACHED | FACT_TAKEN | FACT_NOT_TAKEN,
					      .hi = UINT64_MAX };
	if (c->known != NO_SLOT) {
		rows[c->known].flags |= FACT_DST_CONST;
		rows[c->known].value = c->value;
	}
	arena_init(&arena, 0);
	status = jit_compile(&prog, &binding, &options, &arena, &jit, NULL);
	if (status == 0)
		status = jit_write(jit, out, cap, 0x10000, ret_len, NULL);
	arena_fini(&arena);
	return status;
}

/* As in the table, without spaces. */
static void as_text(const u8 *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	out[2 * len] = '\0';
}

static bool is_same(const char *text, const char *code)
{
	for (; *code != '\0'; code++)
		if (*code != ' ' && *code != *text++)
			return false;
	return strcmp(text, "c3") == 0;
}

static void code(void)
{
	char text[2 * 256 + 1];
	u8 out[256];
	u32 others = 0;
	size_t len;

	for (u32 i = 0; i < ARRAY_COUNT(cases); i++) {
		CHECK_EQ(compile(&cases[i], out, sizeof(out), &len), 0);
		as_text(out, len, text);
		if (is_same(text, cases[i].code))
			continue;
		printf("# %s: %s\n", cases[i].name, text);
		others++;
	}
	CHECK_EQ(others, 0);
out:
	return;
}

TAP_MAIN(TAP_TEST(code))
