/* SPDX-License-Identifier: MIT */
/* See program.h. What registers hold is followed roughly; only the verifier knows better. */
#include "program.h"

#include "base/str.h"
#include "spec/spec.h"

enum kind { K_NONE, K_NUMBER, K_CTX, K_STACK, K_PACKET, K_END, K_VALUE };

struct gen {
	const u8 *at;
	size_t left;
	struct program *out;
	u32 count;
	u8 kinds[BPF_REG_COUNT];
	u16 locked; /* registers that random instructions leave alone: counters of loops */
	u16 init;   /* of the highest 16 double words of the stack */
	u32 depth;
	bool is_main, is_windows, is_xdp;
	u32 calls[PROGRAM_CALLS];
	u32 call_subprogs[PROGRAM_CALLS];
	u32 call_count, subprog_count;
	u8 entries[PROGRAM_SUBPROGS][BPF_REG_COUNT]; /* what a function gets */
};

static u8 byte(struct gen *g)
{
	if (g->left == 0)
		return 0;
	g->left--;
	return *g->at++;
}

static u32 pick(struct gen *g, u32 n)
{
	return byte(g) % n;
}

static bool is_full(const struct gen *g)
{
	return g->count + 40 > PROGRAM_SLOTS || g->left == 0;
}

static u32 emit(struct gen *g, struct insn insn)
{
	if (g->count < PROGRAM_SLOTS)
		g->out->insns[g->count++] = insn;
	return g->count - 1;
}

static s64 number(struct gen *g)
{
	static const s64 values[] = {
		0,	   1,	 2,   3,      4,      7,	  8,	       15,
		16,	   31,	 32,  63,     64,     -1,	  -2,	       -8,
		-16,	   255,	 256, 0x7fff, 0xffff, 0x7fffffff, -0x7fffffff, -0x8000,
		INT32_MIN, 1000, 12,  14,     20,     0x55555555, -0x7ffffff0
	};
	u8 choice = byte(g);

	if (choice < 128)
		return values[choice % ARRAY_COUNT(values)];
	return choice < 200 ? (s64)(s8)byte(g) : (s64)(s16)(byte(g) << 8 | byte(g));
}

static u8 size(struct gen *g)
{
	return (u8)(1u << pick(g, 4));
}

/* A register that holds kind, beginning with a random one; BPF_REG_COUNT: there is none. */
static u8 holding(struct gen *g, enum kind kind)
{
	u32 from = pick(g, BPF_REG_COUNT);

	for (u32 i = 0; i < BPF_REG_COUNT; i++)
		if (g->kinds[(from + i) % BPF_REG_COUNT] == kind)
			return (u8)((from + i) % BPF_REG_COUNT);
	return BPF_REG_COUNT;
}

/* A register that may be written. */
static u8 target(struct gen *g)
{
	u32 from = pick(g, 10);

	for (u32 i = 0; i < 10; i++)
		if ((g->locked >> (from + i) % 10 & 1) == 0)
			return (u8)((from + i) % 10);
	return 0;
}

static void set(struct gen *g, u8 reg, enum kind kind)
{
	g->kinds[reg] = (u8)kind;
}

static void mov_imm(struct gen *g, u8 dst, s64 imm)
{
	emit(g, (struct insn){ .kind = INSN_ALU,
			       .op = ALU_MOV,
			       .width = 64,
			       .flags = INSN_IMM,
			       .dst = dst,
			       .imm = imm });
	set(g, dst, K_NUMBER);
}

static void mov(struct gen *g, u8 dst, u8 src)
{
	emit(g,
	     (struct insn){ .kind = INSN_ALU, .op = ALU_MOV, .width = 64, .dst = dst, .src = src });
	set(g, dst, (enum kind)g->kinds[src]);
}

static void alu_imm(struct gen *g, enum alu_op op, u8 dst, s64 imm)
{
	emit(g, (struct insn){ .kind = INSN_ALU,
			       .op = (u8)op,
			       .width = 64,
			       .flags = INSN_IMM,
			       .dst = dst,
			       .imm = imm });
}

static void add_reg(struct gen *g, u8 dst, u8 src)
{
	emit(g,
	     (struct insn){ .kind = INSN_ALU, .op = ALU_ADD, .width = 64, .dst = dst, .src = src });
}

static void load(struct gen *g, u8 bytes, u8 dst, u8 src, s32 off, bool is_signed)
{
	emit(g, (struct insn){ .kind = INSN_LOAD,
			       .size = bytes,
			       .flags = is_signed && bytes < 8 ? INSN_SIGNED : 0,
			       .dst = dst,
			       .src = src,
			       .off = off });
	set(g, dst, K_NUMBER);
}

static void store(struct gen *g, u8 bytes, u8 dst, s32 off, u8 src)
{
	emit(g, (struct insn){
			.kind = INSN_STORE, .size = bytes, .dst = dst, .src = src, .off = off });
}

static void lddw(struct gen *g, enum lddw_op op, u8 dst, s64 imm, s32 off)
{
	emit(g,
	     (struct insn){ .kind = INSN_LDDW, .op = (u8)op, .dst = dst, .imm = imm, .off = off });
	emit(g, (struct insn){ .kind = INSN_LDDW_HIGH });
}

static u32 jump_if(struct gen *g, enum jump_op op, u8 width, u8 dst, s64 imm)
{
	return emit(g, (struct insn){ .kind = INSN_JUMP_IF,
				      .op = (u8)op,
				      .width = width,
				      .flags = INSN_IMM,
				      .dst = dst,
				      .imm = imm });
}

/* The jump at slot leads to here. */
static void land(struct gen *g, u32 slot)
{
	g->out->insns[slot].off = (s32)(g->count - slot - 1);
}

static void forget_arguments(struct gen *g)
{
	for (u8 reg = 1; reg < 6; reg++)
		set(g, reg, K_NONE);
}

/* A register with a number that no analysis can know. */
static u8 unknown(struct gen *g)
{
	u8 reg = holding(g, K_NUMBER), ctx = holding(g, K_CTX);

	if (reg < 10 && (byte(g) & 1) != 0)
		return reg;
	reg = target(g);
	if (ctx == BPF_REG_COUNT || reg == ctx)
		mov_imm(g, reg, number(g));
	else if (g->is_xdp)
		load(g, 4, reg, ctx, g->is_windows ? 24 : 12, false);
	else
		load(g, size(g), reg, ctx, (s32)pick(g, 9), (byte(g) & 1) != 0);
	return reg;
}

static void do_alu(struct gen *g)
{
	struct insn insn = { .kind = INSN_ALU, .op = (u8)pick(g, ALU_OP_COUNT) };
	u8 dst = holding(g, K_NUMBER), src = holding(g, K_NUMBER);

	if (dst >= 10 || (g->locked >> dst & 1) != 0)
		dst = unknown(g);
	if ((g->locked >> dst & 1) != 0)
		return;
	insn.dst = dst;
	insn.width = (byte(g) & 1) != 0 ? 32 : 64;
	if ((byte(g) & 1) != 0 || src >= 10) {
		insn.flags = INSN_IMM;
		insn.imm = number(g);
		if (insn.op == ALU_LSH || insn.op == ALU_RSH || insn.op == ALU_ARSH)
			insn.imm &= insn.width - 1;
		if (insn.imm == 0 && (insn.op == ALU_DIV || insn.op == ALU_MOD ||
				      insn.op == ALU_SDIV || insn.op == ALU_SMOD))
			insn.imm = 3;
	} else {
		insn.src = src;
	}
	emit(g, insn);
}

static void do_unary(struct gen *g)
{
	u8 dst = target(g), src = holding(g, K_NUMBER), width = (byte(g) & 1) != 0 ? 32 : 64;

	if (src >= 10)
		src = unknown(g);
	switch (pick(g, 3)) {
	case 0:
		mov(g, dst, src);
		emit(g, (struct insn){ .kind = INSN_NEG, .width = width, .dst = dst });
		break;
	case 1:
		emit(g, (struct insn){ .kind = INSN_MOVSX,
				       .size = (u8)(1u << pick(g, width == 64 ? 3 : 2)),
				       .width = width,
				       .dst = dst,
				       .src = src });
		set(g, dst, K_NUMBER);
		break;
	default:
		mov(g, dst, src);
		emit(g, (struct insn){ .kind = INSN_SWAP,
				       .op = (u8)pick(g, 3),
				       .size = (u8)(2u << pick(g, 3)),
				       .dst = dst });
	}
}

static void do_constant(struct gen *g)
{
	u8 dst = target(g);
	s64 high = number(g);

	if ((byte(g) & 3) != 0) {
		mov_imm(g, dst, high);
		return;
	}
	lddw(g, LDDW_IMM, dst, (s64)((u64)high << 32 | (u32)number(g)), 0);
	set(g, dst, K_NUMBER);
}

static void do_stack_store(struct gen *g)
{
	u32 place = pick(g, 16);
	s32 off = -8 * (s32)(place + 1);
	u8 src = (u8)pick(g, 11), bytes = size(g);

	if ((byte(g) & 3) == 0) {
		emit(g, (struct insn){ .kind = INSN_STORE,
				       .size = bytes,
				       .flags = INSN_IMM,
				       .dst = BPF_REG_FP,
				       .off = off + (s32)pick(g, 8) / bytes * bytes,
				       .imm = number(g) });
		g->init |= (u16)((bytes == 8) << place);
		return;
	}
	if (g->kinds[src] == K_NONE)
		src = unknown(g);
	if (g->kinds[src] != K_NUMBER || (byte(g) & 1) != 0)
		bytes = 8;
	store(g, bytes, BPF_REG_FP, off + (s32)(pick(g, 8) / bytes * bytes), src);
	g->init |= (u16)((bytes == 8) << place);
}

static void do_stack_load(struct gen *g)
{
	u32 place = pick(g, 16);
	u8 bytes = size(g), dst = target(g);
	s32 off;

	for (u32 i = 0; i < 16 && (g->init >> place & 1) == 0; i++)
		place = (place + 1) % 16;
	if ((g->init >> place & 1) == 0)
		return;
	off = -8 * (s32)(place + 1);
	load(g, bytes, dst, BPF_REG_FP, off + (s32)(pick(g, 8) / bytes * bytes),
	     (byte(g) & 1) != 0);
}

/* index = number & mask; pointer += index: loads, stores and atomics through it. */
static void use_memory(struct gen *g, u8 base, s32 from, u32 room)
{
	u8 pointer = target(g), index, bytes = size(g), value;
	u32 what = pick(g, 5);
	s32 off;

	mov(g, pointer, base);
	if ((byte(g) & 1) != 0) {
		u16 locked = g->locked;

		g->locked |= (u16)(1u << pointer);
		index = unknown(g);
		g->locked = locked;
		if (index == pointer || (g->locked >> index & 1) != 0)
			return;
		switch (pick(g, 4)) {
		case 0: alu_imm(g, ALU_AND, index, (s64)pick(g, room)); break;
		case 1: alu_imm(g, ALU_MOD, index, 1 + (s64)pick(g, room)); break;
		case 2: alu_imm(g, ALU_RSH, index, 64 - (s64)pick(g, 8) - 1); break;
		default: alu_imm(g, ALU_AND, index, (s64)(room - 1) & ~(s64)(bytes - 1)); break;
		}
		add_reg(g, pointer, index);
	}
	if (room >= bytes)
		room = room - bytes + 1;
	off = from + (s32)pick(g, room);
	if ((byte(g) & 3) != 0)
		off = off / bytes * bytes;
	value = holding(g, K_NUMBER);
	if (value >= 10)
		value = pointer;
	if (what == 0) {
		store(g, bytes, pointer, off, value);
	} else if (what == 1 && bytes >= 4) {
		emit(g, (struct insn){ .kind = INSN_ATOMIC,
				       .op = (u8)pick(g, ATOMIC_OP_COUNT),
				       .size = bytes,
				       .flags = INSN_FETCH,
				       .dst = pointer,
				       .src = value,
				       .off = off });
	} else {
		load(g, bytes, target(g), pointer, off, (byte(g) & 1) != 0);
	}
	if (g->kinds[0] != K_NUMBER && (byte(g) & 1) != 0)
		mov_imm(g, 0, 0);
}

static void do_stack_variable(struct gen *g)
{
	u32 places = 1 + pick(g, 8);

	for (u32 i = 0; i < places; i++) {
		emit(g, (struct insn){ .kind = INSN_STORE,
				       .size = 8,
				       .flags = INSN_IMM,
				       .dst = BPF_REG_FP,
				       .off = -8 * (s32)(i + 1),
				       .imm = i == 0 ? number(g) : 0 });
		g->init |= (u16)(1u << i);
	}
	use_memory(g, BPF_REG_FP, -8 * (s32)places, 8 * places);
}

static void block(struct gen *g, u32 most);

struct saved {
	u8 kinds[BPF_REG_COUNT];
	u16 init;
};

static struct saved save(const struct gen *g)
{
	struct saved s = { .init = g->init };

	memcpy(s.kinds, g->kinds, sizeof(s.kinds));
	return s;
}

static void meet(struct gen *g, const struct saved *s)
{
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++)
		if (g->kinds[reg] != s->kinds[reg])
			g->kinds[reg] = K_NONE;
	g->init &= s->init;
}

static u32 random_jump(struct gen *g)
{
	u8 dst = holding(g, K_NUMBER), src = holding(g, K_NUMBER);
	u32 slot;

	if (dst >= 10)
		dst = unknown(g);
	slot = jump_if(g, (enum jump_op)pick(g, JUMP_OP_COUNT), (byte(g) & 1) != 0 ? 32 : 64, dst,
		       number(g));
	if (src < 10 && (byte(g) & 3) == 0) {
		g->out->insns[slot].flags = 0;
		g->out->insns[slot].imm = 0;
		g->out->insns[slot].src = src;
	}
	return slot;
}

static void do_if(struct gen *g)
{
	u32 over = random_jump(g), past = 0;
	struct saved before = save(g), after;
	bool has_else = (byte(g) & 1) != 0;

	block(g, 3);
	after = save(g);
	if (has_else)
		past = emit(g, (struct insn){ .kind = INSN_JUMP });
	land(g, over);
	memcpy(g->kinds, before.kinds, sizeof(before.kinds));
	g->init = before.init;
	if (has_else) {
		block(g, 3);
		land(g, past);
	}
	meet(g, &after);
}

/* A counter that goes up or down, or is shifted; in some of them the body may change it. */
static void do_loop(struct gen *g)
{
	u8 counter = (u8)(6 + pick(g, 4)), form = (u8)pick(g, 6);
	u32 head, out = 0;
	u16 locked = g->locked;
	s64 bound = 1 + (s64)pick(g, 40), step = 1 + (s64)pick(g, 3);
	u8 width = (byte(g) & 3) == 0 ? 32 : 64;
	struct saved before;

	if ((locked >> counter & 1) != 0 || g->kinds[counter] == K_CTX)
		return;
	if ((byte(g) & 1) != 0) {
		mov_imm(g, counter, (form & 1) != 0 ? bound : number(g));
	} else {
		mov(g, counter, unknown(g));
		alu_imm(g, ALU_AND, counter, bound);
	}
	if ((byte(g) & 15) != 0)
		g->locked |= (u16)(1u << counter);
	before = save(g);
	head = g->count;
	if (form == 0)
		out = jump_if(g, JUMP_GE, width, counter, bound);
	else if (form == 1)
		out = jump_if(g, JUMP_SLE, width, counter, (s64)pick(g, 3));
	else if (form == 2)
		out = jump_if(g, JUMP_EQ, width, counter, bound);
	block(g, 3);
	emit(g, (struct insn){ .kind = INSN_ALU,
			       .op = form == 3	       ? ALU_RSH
				     : (form & 1) != 0 ? ALU_SUB
						       : ALU_ADD,
			       .width = width,
			       .flags = INSN_IMM,
			       .dst = counter,
			       .imm = step });
	if (form < 3)
		emit(g, (struct insn){ .kind = INSN_JUMP, .off = (s32)head - (s32)g->count - 1 });
	else
		emit(g, (struct insn){ .kind = INSN_JUMP_IF,
				       .op = (u8)pick(g, JUMP_OP_COUNT),
				       .width = width,
				       .flags = INSN_IMM,
				       .dst = counter,
				       .imm = form == 4 ? bound : 0,
				       .off = (s32)head - (s32)g->count - 1 });
	if (form < 3)
		land(g, out);
	meet(g, &before);
	g->locked = locked;
}

static void call(struct gen *g, s64 id)
{
	emit(g, (struct insn){ .kind = INSN_CALL, .imm = id });
	forget_arguments(g);
	set(g, 0, K_NUMBER);
}

static void key_on_stack(struct gen *g, u8 reg)
{
	u8 src = holding(g, K_NUMBER);

	if (src < 10 && (byte(g) & 1) != 0)
		store(g, 4, BPF_REG_FP, -4, src);
	else
		emit(g, (struct insn){ .kind = INSN_STORE,
				       .size = 4,
				       .flags = INSN_IMM,
				       .dst = BPF_REG_FP,
				       .off = -4,
				       .imm = (s64)pick(g, 6) });
	mov(g, reg, BPF_REG_FP);
	alu_imm(g, ALU_ADD, reg, -4);
}

static void do_map(struct gen *g)
{
	u32 map = pick(g, 2), what = pick(g, 6), out;
	struct saved before;

	if ((g->locked & 0x3f) != 0)
		return;
	key_on_stack(g, 2);
	lddw(g, LDDW_MAP, 1, map, 0);
	if (what == 0 && (g->init & 6) == 6) {
		mov(g, 3, BPF_REG_FP);
		alu_imm(g, ALU_ADD, 3, -24);
		mov_imm(g, 4, 0);
		call(g, 2);
		return;
	}
	if (what == 1) {
		call(g, 3);
		return;
	}
	call(g, 1);
	set(g, 0, K_NONE);
	if ((byte(g) & 1) != 0) {
		u8 copy = (u8)(6 + pick(g, 4));

		if ((g->locked >> copy & 1) == 0 && g->kinds[copy] != K_CTX)
			mov(g, copy, 0);
	}
	before = save(g);
	before.kinds[0] = K_NONE;
	out = jump_if(g, JUMP_EQ, 64, 0, 0);
	set(g, 0, K_VALUE);
	g->locked |= 1;
	use_memory(g, 0, 0, PROGRAM_VALUE);
	if ((byte(g) & 1) != 0)
		block(g, 2);
	g->locked &= (u16)~1u;
	land(g, out);
	meet(g, &before);
	mov_imm(g, 0, 1);
}

static void do_global(struct gen *g)
{
	u8 reg = target(g);
	u32 off = pick(g, PROGRAM_GLOBAL_SIZE);
	u16 locked = g->locked;
	bool is_const = (byte(g) & 3) == 0;

	lddw(g, LDDW_MAP_VALUE, reg, is_const ? PROGRAM_CONST : PROGRAM_GLOBAL, (s32)off);
	set(g, reg, K_VALUE);
	g->locked |= (u16)(1u << reg);
	use_memory(g, reg, 0, PROGRAM_GLOBAL_SIZE - off);
	g->locked = locked;
}

static void do_packet(struct gen *g)
{
	u8 ctx = holding(g, K_CTX), data = (u8)(2 + pick(g, 2)), end = (u8)(4 + pick(g, 2));
	u8 bytes = g->is_windows ? 8 : 4, cursor = (u8)(7 + pick(g, 2));
	u32 room = 1 + pick(g, 40), out;
	u16 locked = g->locked;
	struct saved before;

	if (!g->is_xdp || ctx == BPF_REG_COUNT || ctx == data || ctx == end || ctx == cursor ||
	    (g->locked & (1u << data | 1u << end | 1u << cursor)) != 0)
		return;
	load(g, bytes, data, ctx, 0, false);
	load(g, bytes, end, ctx, bytes, false);
	if ((byte(g) & 1) != 0) {
		u8 index;

		g->locked |= (u16)(1u << data | 1u << end);
		index = unknown(g);
		if (index != data && index != end && (g->locked >> index & 1) == 0) {
			alu_imm(g, ALU_AND, index, number(g));
			add_reg(g, data, index);
		}
	}
	set(g, data, K_PACKET);
	set(g, end, K_END);
	mov(g, cursor, data);
	alu_imm(g, ALU_ADD, cursor, (byte(g) & 7) != 0 ? (s64)room : number(g));
	before = save(g);
	out = emit(g, (struct insn){ .kind = INSN_JUMP_IF,
				     .op = (byte(g) & 7) != 0 ? JUMP_GT : (u8)pick(g, 12) % 11,
				     .width = 64,
				     .dst = cursor,
				     .src = end });
	if ((byte(g) & 7) == 0) { /* the other way round */
		g->out->insns[out].dst = end;
		g->out->insns[out].src = cursor;
		g->out->insns[out].op = JUMP_LT;
	}
	g->locked |= (u16)(1u << data | 1u << end);
	use_memory(g, data, 0, room);
	if ((byte(g) & 1) != 0)
		use_memory(g, cursor, -(s32)room, room);
	if ((byte(g) & 1) != 0)
		block(g, 2);
	land(g, out);
	meet(g, &before);
	g->locked = locked;
}

static void do_call(struct gen *g)
{
	u32 callee;

	if ((g->locked & 0x3f) != 0 || g->call_count == PROGRAM_CALLS || !g->is_main)
		return;
	callee = pick(g, PROGRAM_SUBPROGS - 1);
	if (callee >= g->subprog_count) {
		if (g->subprog_count == PROGRAM_SUBPROGS - 1)
			return;
		callee = g->subprog_count++;
		for (u8 reg = 1; reg < 6; reg++) {
			if (g->kinds[reg] == K_NONE && (byte(g) & 1) != 0)
				mov(g, reg, (byte(g) & 1) != 0 ? BPF_REG_FP : unknown(g));
		}
		memcpy(g->entries[callee], g->kinds, BPF_REG_COUNT);
	}
	g->calls[g->call_count] = emit(g, (struct insn){ .kind = INSN_CALL_LOCAL });
	g->call_subprogs[g->call_count++] = callee;
	forget_arguments(g);
	set(g, 0, K_NUMBER);
}

static void do_helper(struct gen *g)
{
	if ((g->locked & 0x3f) != 0)
		return;
	switch (pick(g, 3)) {
	case 0: call(g, g->is_windows ? 6 : 7); break;
	case 1: call(g, g->is_windows ? 9 : 5); break;
	default: call(g, 8); break;
	}
}

/* Anything, to get what nobody thought of. */
static void do_wild(struct gen *g)
{
	struct insn insn = { 0 };
	u8 kind = (u8)pick(g, 5), dst = target(g);

	if (kind == 0) {
		mov(g, dst, (u8)pick(g, 11));
		return;
	}
	if (kind == 1 && g->kinds[dst] == K_STACK) {
		use_memory(g, dst, -16, 16);
		return;
	}
	insn.kind = kind < 4 ? INSN_ALU : INSN_JUMP_IF;
	insn.op = (u8)pick(g, kind < 4 ? ALU_OP_COUNT : JUMP_OP_COUNT);
	insn.width = (byte(g) & 1) != 0 ? 32 : 64;
	insn.dst = dst;
	if (kind < 4 || (byte(g) & 1) != 0) {
		insn.src = (u8)pick(g, 11);
	} else {
		insn.flags = INSN_IMM;
		insn.imm = number(g);
	}
	emit(g, insn);
	if (kind == 4)
		mov_imm(g, 0, 0);
	if (kind == 4)
		g->out->insns[g->count - 2].off = 1;
}

static void statement(struct gen *g)
{
	static void (*const list[])(struct gen *) = { do_alu,
						      do_alu,
						      do_alu,
						      do_alu,
						      do_unary,
						      do_constant,
						      do_stack_store,
						      do_stack_store,
						      do_stack_load,
						      do_stack_load,
						      do_stack_variable,
						      do_if,
						      do_if,
						      do_if,
						      do_loop,
						      do_map,
						      do_map,
						      do_global,
						      do_packet,
						      do_packet,
						      do_call,
						      do_helper,
						      do_wild };

	list[pick(g, ARRAY_COUNT(list))](g);
}

static void block(struct gen *g, u32 most)
{
	u32 count = 1 + pick(g, most);

	if (g->depth >= 4)
		return;
	g->depth++;
	for (u32 i = 0; i < count && !is_full(g); i++)
		statement(g);
	g->depth--;
}

static void function(struct gen *g, u32 index)
{
	u32 start = g->count, statements = 2 + pick(g, 14);

	g->is_main = index == 0;
	g->init = 0;
	g->locked = 0;
	memset(g->kinds, K_NONE, sizeof(g->kinds));
	if (index == 0) {
		set(g, 1, K_CTX);
		mov(g, 6, 1);
	} else {
		memcpy(g->kinds, g->entries[index - 1], 6);
		set(g, 0, K_NONE);
		for (u8 reg = 1; reg < 6; reg++)
			if (g->kinds[reg] == K_CTX)
				mov(g, 6, reg);
	}
	set(g, 10, K_STACK);
	for (u32 i = 0; i < statements && !is_full(g); i++)
		statement(g);
	if (g->kinds[0] != K_NUMBER || (byte(g) & 3) == 0)
		mov_imm(g, 0, number(g));
	emit(g, (struct insn){ .kind = INSN_EXIT });
	g->out->subprogs[index] = (struct prog_subprog){ .name = index == 0 ? "main" : "function",
							 .start = start,
							 .count = g->count - start };
}

static void make_maps(struct program *p)
{
	static u8 initial[PROGRAM_GLOBAL_SIZE] = { 1, 2, 3, 4, 0xff, 0xfe, 0x80, 0x7f, 0, 0, 0, 1 };
	static const char *const names[] = { "hash", "array", "global", "constants" };

	for (u32 i = 0; i < PROGRAM_MAPS; i++) {
		bool is_hash = i == PROGRAM_HASH, is_global = i >= PROGRAM_GLOBAL;

		p->maps[i] = (struct prog_map){
			.name = names[i],
			.type = spec_map_type_by_kind(is_hash ? MAP_KIND_HASH : MAP_KIND_ARRAY),
			.key_size = 4,
			.value_size = is_global ? PROGRAM_GLOBAL_SIZE : PROGRAM_VALUE,
			.max_entries = is_global ? 1 : 4,
			.inner = PROG_NO_INDEX,
			.initial = is_global ? initial : NULL,
			.initial_len = is_global ? PROGRAM_GLOBAL_SIZE : 0,
			.is_global = is_global,
			.read_only = i == PROGRAM_CONST
		};
	}
}

void program_make(const u8 **data, size_t *len, struct program *ret_program)
{
	struct gen gen = { .at = *data, .left = *len, .out = ret_program }, *g = &gen;
	u32 type;

	memset(ret_program, 0, sizeof(*ret_program));
	make_maps(ret_program);
	type = pick(g, 4);
	g->is_windows = (type & 1) != 0;
	g->is_xdp = type < 3;
	function(g, 0);
	for (u32 i = 0; i < g->subprog_count; i++)
		function(g, i + 1);
	for (u32 i = 0; i < g->call_count; i++)
		ret_program->insns[g->calls[i]].off =
			(s32)ret_program->subprogs[g->call_subprogs[i] + 1].start -
			(s32)g->calls[i] - 1;
	ret_program->prog = (struct prog){
		.name = "fuzz",
		.section = "",
		.dialect = g->is_windows ? DIALECT_WINDOWS : DIALECT_LINUX,
		.insns = ret_program->insns,
		.insn_count = g->count,
		.subprogs = ret_program->subprogs,
		.subprog_count = g->subprog_count + 1,
		.maps = ret_program->maps,
		.map_count = PROGRAM_MAPS,
	};
	ret_program->prog.type =
		spec_prog_type_by_name(ret_program->prog.dialect, g->is_xdp ? "xdp" : "raw");
	*data = g->at;
	*len = g->left;
}
