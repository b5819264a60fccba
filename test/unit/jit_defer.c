/* SPDX-License-Identifier: MIT */
/* Copies, sums, scaled indices and constants that the JIT computes where they are used, if at all:
 * random blocks of them against the interpreter, with and without facts. The first argument is how
 * many. */
#include "interp_fixture.h"

#include <stdlib.h>

#include "interp/interp.h"
#include "jit/jit.h"
#include "prog/facts.h"

#define MOST 60

static u64 seed = 88172645463325252;
static u32 programs = 1000;

static u32 draw(u32 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (u32)(seed >> 20) % below;
}

struct program {
	struct insn insns[MACHINE_SLOTS];
	u32 count;
};

static void put(struct program *p, struct insn insn)
{
	p->insns[p->count++] = insn;
}

static struct insn alu(u8 op, u32 width, u8 dst, u8 src)
{
	return (struct insn){
		.kind = INSN_ALU, .op = op, .width = (u8)width, .dst = dst, .src = src
	};
}

static struct insn alu_imm(u8 op, u32 width, u8 dst, s64 imm)
{
	return (struct insn){ .kind = INSN_ALU,
			      .op = op,
			      .width = (u8)width,
			      .flags = INSN_IMM,
			      .dst = dst,
			      .imm = imm };
}

/* r1 is the memory; the others are numbers. */
static u8 any(void)
{
	static const u8 regs[] = { 0, 2, 3, 4, 5, 6, 7 };

	return regs[draw(ARRAY_COUNT(regs))];
}

/* At a register's low bits, in memory. */
static void put_indexed(struct program *p)
{
	u8 index = any(), address = draw(2) != 0 ? any() : 8, value = any();
	u8 sizes[] = { 1, 2, 4, 8 }, size = sizes[draw(4)];

	put(p, alu_imm(ALU_AND, 32, index, 15));
	put(p, alu_imm(ALU_LSH, draw(2) != 0 ? 64 : 32, index, 1 + draw(3)));
	if (index == address)
		address = 8;
	put(p, alu(ALU_MOV, 64, address, 1));
	put(p, alu(ALU_ADD, 64, address, index));
	if (draw(3) == 0)
		put(p, alu_imm(ALU_ADD, 64, address, draw(32)));
	if (draw(2) != 0) {
		put(p, (struct insn)LOAD(size, value, address, (s16)draw(64)));
		return;
	}
	if (value == address)
		value = address == 2 ? 3 : 2;
	if (draw(2) != 0)
		put(p, alu_imm(ALU_MOV, draw(2) != 0 ? 64 : 32, value, (s32)draw(200) - 100));
	put(p, (struct insn)STORE(size, address, (s16)draw(64), value));
}

/* Neighbours put together, mostly: sometimes one is elsewhere, or something comes between. */
static void put_bytes(struct program *p)
{
	u32 count = draw(2) != 0 ? 2 : 4, first = draw(count), size = draw(3) == 0 ? 2 : 1;
	bool big = draw(2) != 0;
	u8 sum = any();

	for (u32 i = 0; i < count; i++) {
		u32 k = (first + i) % count;
		u8 part = i == 0 ? sum : any();
		s16 at = (s16)(32 + (big ? count - 1 - k : k) * size + (draw(12) == 0));

		put(p, (struct insn)LOAD((u8)size, part, 1, at));
		if (k != 0)
			put(p, alu_imm(ALU_LSH, draw(2) != 0 ? 64 : 32, part, 8 * size * k & 31));
		if (draw(8) == 0)
			put(p, (struct insn)STORE(1, 1, (s16)(32 + draw(8)), any()));
		if (i != 0)
			put(p, alu(draw(4) == 0 ? ALU_ADD : ALU_OR, draw(4) == 0 ? 32 : 64, sum,
				   part));
	}
	if (draw(2) != 0)
		put(p, (struct insn){ .kind = INSN_SWAP,
				      .op = SWAP_BE,
				      .width = 64,
				      .size = (u8)(2u << draw(3)),
				      .dst = sum });
}

static void put_simple(struct program *p)
{
	u32 width = draw(3) == 0 ? 32 : 64;

	switch (draw(4)) {
	case 0: put(p, alu(ALU_MOV, width, any(), any())); return;
	case 1: put(p, alu_imm(ALU_MOV, width, any(), (s32)draw(1000) - 500)); return;
	case 2: put(p, alu(ALU_ADD, 64, any(), any())); return;
	default: put(p, alu_imm(ALU_LSH, width, any(), 1 + draw(4))); return;
	}
}

/* A load that may be part of what comes next, where nobody else needs it. */
static void put_operand(struct program *p)
{
	static const u8 ops[] = { ALU_ADD, ALU_SUB, ALU_OR, ALU_AND, ALU_XOR, ALU_MUL };
	u32 width = draw(2) != 0 ? 32 : 64, size = draw(2) != 0 ? width / 8 : 1u << draw(4);
	u8 part = any(), other = any();
	struct insn insn;

	put(p, (struct insn){ .kind = INSN_LOAD,
			      .size = (u8)size,
			      .flags = draw(6) == 0 && size < 8 ? INSN_SIGNED : 0,
			      .dst = part,
			      .src = 1,
			      .off = (s32)draw(64) });
	if (draw(2) != 0) {
		put(p, alu(ops[draw(ARRAY_COUNT(ops))], width, other, part));
	} else {
		insn = draw(2) != 0 ? alu(0, width, part, other)
				    : alu_imm(0, width, part, (s32)draw(160) - 16);
		insn.kind = INSN_JUMP_IF;
		insn.op = (u8)draw(JUMP_OP_COUNT);
		insn.off = 1;
		put(p, insn);
		put(p, alu_imm(ALU_ADD, 64, 9, 1));
	}
	if (draw(3) != 0 && part != other)
		put(p, alu_imm(ALU_MOV, 64, part, 3));
}

static void put_move(struct program *p, u8 dst)
{
	u32 width = draw(2) != 0 ? 32 : 64;

	if (draw(2) != 0)
		put(p, alu(ALU_MOV, width, dst, any()));
	else
		put(p, alu_imm(ALU_MOV, width, dst, draw(4) == 0 ? 0 : (s32)draw(1000) - 500));
}

/* One of two numbers, with a jump to it from elsewhere at times. */
static void put_choice(struct program *p)
{
	u32 width = draw(2) != 0 ? 32 : 64;
	struct insn insn = draw(2) != 0 ? alu(0, width, any(), any())
					: alu_imm(0, width, any(), (s32)draw(160) - 16);
	bool both = draw(2) != 0, more = draw(6) == 0;
	u8 dst = any();

	insn.kind = INSN_JUMP_IF;
	if (more) {
		insn.op = JUMP_SGT;
		insn.off = 1 + (s32)draw(both ? 5 : 3);
		put(p, insn);
	}
	if (draw(3) == 0)
		put_simple(p);
	else if (draw(3) == 0)
		put(p, (struct insn)LOAD(1, insn.dst, 1, (s16)draw(64)));
	insn.op = (u8)draw(JUMP_OP_COUNT);
	insn.off = both ? 2 : 1;
	put(p, insn);
	put_move(p, dst);
	if (both) {
		put(p, (struct insn)GOTO(1));
		put_move(p, dst);
	}
	if (more) /* somewhere to land in any case */
		for (u32 i = 0; i < 3; i++)
			put_simple(p);
}

/* Bytes swapped, after a load, before a store, in a copy. */
static void put_swap(struct program *p)
{
	u8 size = (u8)(2u << draw(3)), reg = any(), base = draw(4) == 0 ? 8 : 1;

	if (draw(2) != 0)
		put(p, (struct insn)LOAD(draw(4) == 0 ? 4 : size, reg, 1, (s16)draw(64)));
	else if (draw(2) != 0)
		put(p, alu(ALU_MOV, 64, reg, any()));
	if (base == 8)
		put(p, alu(ALU_MOV, 64, 8, 1));
	put(p,
	    (struct insn){
		    .kind = INSN_SWAP, .op = (u8)draw(3), .width = 64, .size = size, .dst = reg });
	if (draw(3) != 0)
		put(p, (struct insn)STORE(draw(3) == 0 ? 4 : size, base, (s16)draw(64), reg));
	if (draw(2) != 0)
		put(p, alu_imm(ALU_MOV, 64, reg, 7));
}

static void put_any(struct program *p)
{
	static const u8 ops[] = { ALU_ADD, ALU_SUB, ALU_XOR, ALU_AND, ALU_MUL,
				  ALU_OR,  ALU_LSH, ALU_RSH, ALU_DIV, ALU_MOD };
	static const u8 jumps[] = { JUMP_EQ, JUMP_NE, JUMP_GT, JUMP_SLE, JUMP_SET };
	u32 width = draw(3) == 0 ? 32 : 64;
	struct insn insn;

	switch (draw(14)) {
	case 13: put_swap(p); return;
	case 11:
	case 12: put_choice(p); return;
	case 9: put_bytes(p); return;
	case 10: put_operand(p); return;
	case 0: put(p, alu_imm(ALU_ADD, 64, any(), (s32)draw(1000) - 500)); return;
	case 1: put(p, alu(ops[draw(ARRAY_COUNT(ops))], width, any(), any())); return;
	case 2:
		insn = alu(jumps[draw(ARRAY_COUNT(jumps))], width, any(), any());
		insn.kind = INSN_JUMP_IF;
		insn.off = 1 + (s32)draw(3);
		put(p, insn);
		for (s32 i = 0; i < insn.off; i++)
			put_simple(p);
		return;
	case 3:
	case 4: put_indexed(p); return;
	default: put_simple(p); return;
	}
}

static void build(struct program *p)
{
	p->count = 0;
	put(p, (struct insn)LOAD(8, 2, 1, 0));
	for (u8 i = 3; i < 10; i++)
		put(p, (struct insn)LOAD(8, i, 1, 8 * i));
	put(p, (struct insn)LOAD(8, 0, 1, 80));
	while (p->count < MOST)
		put_any(p);
	for (u8 i = 2; i < 10; i++) {
		put(p, alu_imm(ALU_MUL, 64, 0, 31));
		put(p, alu(ALU_ADD, 64, 0, i));
	}
	put(p, (struct insn)EXIT);
}

static int run(struct machine *m, u64 *ret_result)
{
	for (u32 i = 0; i < MACHINE_MEM; i++)
		m->mem[i] = (u8)(i * i * 37 + i);
	*ret_result = machine_go(m);
	return m->exec.fault.status;
}

/* mode: 0 interpreted, 1 without facts, 2 with, 3 blinded. */
static int prepare(struct machine *m, const struct program *p, u32 mode)
{
	static struct prog_fact rows[MACHINE_SLOTS];
	static struct prog_facts facts;
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .blind = mode == 3,
					     .blind_seed = 7 };

	machine_init(m, p->insns, p->count);
	for (u32 i = 0; i < p->count; i++)
		rows[i] = (struct prog_fact){ .flags = FACT_REACHED | FACT_TAKEN | FACT_NOT_TAKEN,
					      .hi = UINT64_MAX };
	facts = (struct prog_facts){ .rows = rows, .count = p->count };
	m->binding.facts = mode >= 2 ? &facts : NULL;
	return mode == 0 ? interp_prepare(&m->prog, &m->binding, &m->code, &m->err)
			 : jit_prepare(&m->prog, &m->binding, &options, &m->code, &m->err);
}

static void blocks(void)
{
	static u8 left[MACHINE_MEM];
	struct machine m = { 0 };
	struct program p;
	u64 want, result;

	for (u32 i = 0; i < programs; i++) {
		build(&p);
		for (u32 mode = 0; mode < 4; mode++) {
			machine_fini(&m);
			CHECK_EQ(prepare(&m, &p, mode), 0);
			CHECK_EQ(run(&m, &result), 0);
			if (mode == 0) {
				want = result;
				memcpy(left, m.mem, sizeof(left));
				continue;
			}
			if (result != want)
				printf("# program %u, mode %u\n", i, mode);
			CHECK_EQ(result, want);
			CHECK(memcmp(left, m.mem, sizeof(left)) == 0);
		}
	}
out:
	machine_fini(&m);
}

static const struct tap_test tests[] = { TAP_TEST(blocks) };

int main(int argc, char **argv)
{
	if (argc > 1)
		programs = (u32)atoi(argv[1]);
	return tap_main(tests, ARRAY_COUNT(tests), NULL);
}
