/* SPDX-License-Identifier: MIT */
/* Random programs for tests of engines: any instruction, mostly inside of the memory, most of them
 * end. */
#pragma once

#include "insns.h"

#define LENGTH 30 /* slots of a function */

struct random {
	u64 state;
};

static u32 below(struct random *r, u32 n)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (u32)(r->state >> 33) % n;
}

static s64 number(struct random *r)
{
	static const s32 some[] = { 0, 1, -1, 2, 8, 31, 32, 63, 255, -128, INT32_MAX, INT32_MIN };

	return below(r, 3) == 0 ? (s32)r->state : some[below(r, ARRAY_COUNT(some))];
}

/* r8 and r9 keep what r1 and r10 were; accesses go there, mostly. */
static struct insn access(struct random *r, u8 kind)
{
	u8 size = (u8)(1 << below(r, 4));
	u8 base = below(r, 3) == 0 ? 8 : below(r, 2) == 0 ? 9 : 10;
	s32 off = (s32)below(r, 31) * 8 - (base == 8 ? 0 : 256);
	bool load = kind == INSN_LOAD || kind == INSN_LOAD_ACQ;
	struct insn insn = { .kind = kind, .size = size, .off = off };

	if (kind != INSN_ATOMIC && below(r, 8) == 0)
		insn.off += (s32)below(r, 8);
	if (below(r, 100) == 0)
		insn.off = (s32)below(r, 1200) - 600;
	insn.dst = load ? (u8)below(r, 8) : base;
	insn.src = load ? base : (u8)below(r, 8);
	if (kind == INSN_LOAD && size < 8 && below(r, 3) == 0)
		insn.flags = INSN_SIGNED;
	if (kind == INSN_STORE && below(r, 3) == 0) {
		insn.flags = INSN_IMM;
		insn.src = 0;
		insn.imm = number(r);
	}
	if (kind == INSN_ATOMIC) {
		insn.size = size < 4 ? 4 : 8;
		insn.op = (u8)below(r, ATOMIC_OP_COUNT);
		insn.flags = insn.op >= ATOMIC_XCHG || below(r, 2) == 0 ? INSN_FETCH : 0;
	}
	return insn;
}

static struct insn arithmetic(struct random *r)
{
	struct insn insn = { .kind = INSN_ALU,
			     .op = (u8)below(r, ALU_OP_COUNT),
			     .width = below(r, 2) == 0 ? 32 : 64,
			     .dst = (u8)below(r, 8) };

	if (below(r, 2) == 0) {
		insn.flags = INSN_IMM;
		insn.imm = number(r);
	} else {
		insn.src = (u8)below(r, 11);
		/* Addresses differ from run to run only between processes, but keep them rare. */
		if (insn.src >= 8 && below(r, 4) != 0)
			insn.src = (u8)below(r, 8);
	}
	return insn;
}

static struct insn move_of(struct random *r, u8 dst)
{
	struct insn insn = arithmetic(r);

	insn.op = below(r, 16) == 0 ? ALU_ADD : ALU_MOV;
	insn.dst = below(r, 16) == 0 ? (u8)below(r, 8) : dst;
	return insn;
}

/* A jump over one move, or one of two. */
static u32 choice(struct random *r, struct insn *out)
{
	u8 dst = (u8)below(r, 8);
	u32 count = below(r, 2) == 0 ? 2 : 4;

	out[0] = arithmetic(r);
	out[0].kind = INSN_JUMP_IF;
	out[0].op = (u8)below(r, JUMP_OP_COUNT);
	out[0].off = count == 2 ? 1 : 2;
	out[1] = move_of(r, dst);
	if (count == 2)
		return count;
	out[2] = (struct insn)GOTO(1);
	out[3] = move_of(r, dst);
	return count;
}

/* What the fused forms look for, and near misses. */
static u32 idiom(struct random *r, struct insn *out, u32 room)
{
	u8 dst = (u8)below(r, 8), idx = (u8)((dst + 1 + below(r, 7)) % 8);

	if (room < 6)
		return 0;
	if (below(r, 3) == 0)
		return choice(r, out);
	if (below(r, 3) != 0) {
		out[0] = (struct insn)MOV_IMM(idx, below(r, 20) == 0 ? 250 : below(r, 28) * 8);
		out[1] = (struct insn)MOV_REG(dst, 8);
		out[2] = (struct insn)ADD_REG(dst, idx);
		out[3] = access(r, below(r, 4) == 0 ? INSN_STORE : INSN_LOAD);
		out[3].off = (s32)below(r, 30);
		if (out[3].kind == INSN_LOAD)
			out[3].src = below(r, 8) == 0 ? 8 : dst;
		else
			out[3].dst = below(r, 8) == 0 ? 8 : dst;
		return 4;
	}
	out[0] = (struct insn)MOV_IMM(dst, 0);
	out[1] = (struct insn)ADD_IMM(dst, 1);
	out[2] = (struct insn)JEQ_IMM(dst, 5, 1);
	out[2].width = below(r, 2) == 0 ? 32 : 64;
	out[2].op = below(r, 2) == 0 ? JUMP_EQ : JUMP_SGT;
	out[3] = (struct insn)GOTO(-3);
	return 4;
}

static struct insn other(struct random *r, u32 slot, u32 end)
{
	static const u8 sizes[] = { 2, 4, 8 };
	struct insn insn = { .kind = INSN_NEG, .width = 64, .dst = (u8)below(r, 8) };
	u32 left = end - slot - 1;

	switch (below(r, 8)) {
	case 0: break;
	case 1:
		insn.kind = INSN_MOVSX;
		insn.size = (u8)(1 << below(r, 3));
		insn.width = insn.size < 4 && below(r, 2) == 0 ? 32 : 64;
		insn.src = (u8)below(r, 8);
		break;
	case 2:
		insn.kind = INSN_SWAP;
		insn.op = (u8)below(r, 3);
		insn.size = sizes[below(r, 3)];
		break;
	case 3: return (struct insn)CALL(1);
	default:
		/* Forwards mostly; what goes back is ended by the budget. */
		insn.kind = INSN_JUMP_IF;
		insn.op = (u8)below(r, JUMP_OP_COUNT);
		insn.width = below(r, 2) == 0 ? 32 : 64;
		if (below(r, 2) == 0) {
			insn.flags = INSN_IMM;
			insn.imm = number(r);
		} else {
			insn.src = (u8)below(r, 8);
		}
		insn.off = (s32)below(r, left == 0 ? 1 : MIN(left, 12));
		if (below(r, 20) == 0)
			insn.off = -(s32)below(r, MIN(slot - 4, 10) + 1);
		break;
	}
	return insn;
}

/* [start, end) becomes a function; calls go to callee unless that is 0. */
static void generate(struct random *r, struct insn *insns, u32 start, u32 end, u32 callee)
{
	u32 slot = start;

	insns[slot++] = (struct insn)MOV_REG(8, 1);
	insns[slot++] = (struct insn)MOV_REG(9, 10);
	insns[slot++] = (struct insn)MOV_IMM(3, number(r));
	insns[slot++] = (struct insn)MOV_IMM(5, number(r));
	while (slot < end - 1) {
		u32 choice = below(r, 20);

		if (choice < 8) {
			insns[slot] = arithmetic(r);
		} else if (choice < 12) {
			insns[slot] = access(r, below(r, 2) == 0 ? INSN_LOAD : INSN_STORE);
		} else if (choice == 12) {
			static const u8 kinds[] = { INSN_ATOMIC, INSN_LOAD_ACQ, INSN_STORE_REL };

			insns[slot] = access(r, kinds[below(r, 3)]);
		} else if (choice == 13 && callee != 0 && slot + 2 < end) {
			insns[slot++] = (struct insn)MOV_REG(1, 8);
			insns[slot] = (struct insn){ .kind = INSN_CALL_LOCAL };
			insns[slot].off = (s32)callee - (s32)slot - 1;
		} else if (choice < 17) {
			u32 count = idiom(r, insns + slot, end - 1 - slot);

			if (count > 0) {
				slot += count;
				continue;
			}
			insns[slot] = arithmetic(r);
		} else {
			insns[slot] = other(r, slot - start, end - start);
		}
		slot++;
	}
	insns[slot] = (struct insn)EXIT;
}
