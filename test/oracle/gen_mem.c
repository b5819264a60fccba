/* SPDX-License-Identifier: MIT */
/* Stack, context, packets, globals. */
#include "gen.h"

/* A word of the frame that random statements may use. */
static u32 some_word(struct gen *g)
{
	u32 word = pick(g->c, GEN_WORDS);

	return word == 0 && g->no_first_word != 0 ? 1 : word;
}

void gen_stack_store(struct gen *g)
{
	u32 word = some_word(g);
	s32 off = -8 * (s32)(word + 1);
	u8 src = (u8)pick(g->c, 11), bytes = gen_size(g);

	if (rarely(g, 4)) {
		store_imm(g, bytes, BPF_REG_FP, off + (s32)pick(g->c, 8) / bytes * bytes,
			  choice_imm(g->c));
		g->init |= (u16)((bytes == 8) << word);
		return;
	}
	if (g->kinds[src] == K_NONE)
		src = gen_unknown(g);
	if (g->kinds[src] != K_NUMBER || flip(g->c))
		bytes = 8;
	store(g, bytes, BPF_REG_FP, off + (s32)(pick(g->c, 8) / bytes * bytes), src);
	if (bytes == 8 && g->kinds[src] == K_NUMBER)
		g->init |= (u16)(1u << word);
	else if (g->kinds[src] != K_NUMBER)
		g->init &= (u16) ~(1u << word);
	/* A pointer comes back whole. */
	if (g->kinds[src] > K_NUMBER && flip(g->c)) {
		u8 dst = gen_target(g);
		enum kind kind = (enum kind)g->kinds[src];

		if (dst == src || (kind == K_CTX && dst >= 6))
			return;
		if (flip(g->c))
			gen_block(g, 1);
		if (is_locked(g, dst))
			return;
		load(g, 8, dst, BPF_REG_FP, off, false);
		gen_set(g, dst, K_NONE);
	}
}

void gen_stack_load(struct gen *g)
{
	u32 word = some_word(g);
	u8 bytes = gen_size(g), dst = gen_target(g);

	for (u32 i = 0; i < GEN_WORDS && (g->init >> word & 1) == 0; i++)
		word = (word + 1) % GEN_WORDS;
	if ((g->init >> word & 1) == 0)
		return;
	load(g, bytes, dst, BPF_REG_FP, -8 * (s32)(word + 1) + (s32)(pick(g->c, 8) / bytes * bytes),
	     flip(g->c));
}

/* A number below room in a register; BPF_REG_COUNT: no register. */
static u8 bounded(struct gen *g, u32 room, u8 bytes)
{
	u8 index = gen_target(g), from;

	g->locked |= (u16)(1u << index);
	from = gen_unknown(g);
	g->locked &= (u16) ~(1u << index);
	if (from != index)
		mov(g, index, from);
	switch (has_rule(g, RULE_ALIGNED) ? 3 : pick(g->c, 5)) {
	case 0: alu_imm(g, ALU_AND, index, (s64)((1u << (31 - __builtin_clz(room))) - 1)); break;
	case 1: alu_imm(g, ALU_MOD, index, room); break;
	case 2: alu_imm(g, ALU_RSH, index, 64 - (31 - __builtin_clz(room))); break;
	case 3:
		alu_imm(g, ALU_AND, index,
			(s64)((1u << (31 - __builtin_clz(room))) - 1) & ~(s64)(bytes - 1));
		break;
	default:
		alu_imm(g, ALU_MOD, index, room);
		g->out->insns[g->count - 1].width = 32;
		break;
	}
	return index;
}

static void atomic(struct gen *g, u8 pointer, s32 off, u8 bytes, u8 value)
{
	u32 op = pick(g->c, ATOMIC_OP_COUNT + 2);

	if (op == ATOMIC_OP_COUNT || op == ATOMIC_OP_COUNT + 1) {
		u8 dst = gen_target(g);
		bool is_load = op == ATOMIC_OP_COUNT;

		emit(g, (struct insn){ .kind = is_load ? INSN_LOAD_ACQ : INSN_STORE_REL,
				       .size = bytes,
				       .dst = is_load ? dst : pointer,
				       .src = is_load ? pointer : value,
				       .off = off });
		if (is_load)
			gen_set(g, dst, K_NUMBER);
		return;
	}
	if (op == ATOMIC_CMPXCHG && (is_locked(g, 0) || pointer == 0 || value == 0))
		return;
	if (op == ATOMIC_CMPXCHG && g->kinds[0] != K_NUMBER)
		mov_imm(g, 0, choice_imm(g->c));
	if (is_locked(g, value))
		return;
	emit(g, (struct insn){ .kind = INSN_ATOMIC,
			       .op = (u8)op,
			       .size = bytes,
			       .flags = flip(g->c) || op >= ATOMIC_XCHG ? INSN_FETCH : 0,
			       .dst = pointer,
			       .src = value,
			       .off = off });
}

void gen_use_memory(struct gen *g, u8 base, s32 from, u32 room, bool may_write)
{
	u8 pointer, bytes = gen_size(g), value, index = BPF_REG_COUNT;
	u32 what = pick(g->c, may_write ? 6 : 2);
	u16 locked = g->locked;
	s32 off;

	while (bytes > room)
		bytes /= 2;
	if (g->kinds[base] != K_CTX)
		g->locked |= (u16)(1u << base);
	pointer = gen_target(g);
	g->locked |= (u16)(1u << pointer);
	off = (s32)pick(g->c, room - bytes + 1);
	if (flip(g->c) || what == 4 || what == 5 || has_rule(g, RULE_ALIGNED))
		off = off / bytes * bytes;
	if (room - (u32)off - bytes > 0 && what < 4 && flip(g->c))
		index = bounded(g, room - (u32)off - bytes + 1, bytes);
	value = gen_holding(g, K_NUMBER);
	if (value >= 10)
		value = gen_unknown(g);
	/* In what remains may be what this wrote. */
	if (value == pointer || value == index || is_locked(g, value) ||
	    g->kinds[value] != K_NUMBER || index == pointer || (bytes < 4 && what > 3)) {
		g->locked = locked;
		return;
	}
	alu_reg(g, ALU_MOV, 64, pointer, base);
	gen_set(g, pointer, K_NONE);
	if (index < BPF_REG_COUNT)
		alu_reg(g, ALU_ADD, 64, pointer, index);
	if (flip(g->c)) {
		alu_imm(g, ALU_ADD, pointer, from + off);
		from = off = 0;
	}
	if (what < 2)
		load(g, bytes, gen_target(g), pointer, from + off, flip(g->c));
	else if (what < 4)
		store(g, bytes, pointer, from + off, value);
	else
		atomic(g, pointer, from + off, bytes, value);
	g->locked = locked;
}

void gen_stack_variable(struct gen *g)
{
	u32 words = 1 + pick(g->c, GEN_WORDS);

	if (g->no_first_word != 0)
		return;
	for (u32 i = 0; i < words; i++) {
		if ((g->init >> i & 1) == 0 || rarely(g, 8))
			store_imm(g, 8, BPF_REG_FP, -8 * (s32)(i + 1), choice_imm(g->c));
		g->init |= (u16)(1u << i);
	}
	gen_use_memory(g, BPF_REG_FP, -8 * (s32)words, 8 * words, true);
}

void gen_ctx(struct gen *g)
{
	u8 ctx = gen_holding(g, K_CTX), dst = gen_target(g);
	const struct spec_field *f;

	if (ctx == BPF_REG_COUNT || ctx == dst || g->ctx == NULL || g->ctx->field_count == 0)
		return;
	f = &g->ctx->fields[pick(g->c, g->ctx->field_count)];
	if (f->kind == FIELD_POINTER && f->size == 8) {
		load(g, 8, dst, ctx, f->off, false);
		gen_set(g, dst, K_NONE);
		return;
	}
	if (f->kind != FIELD_SCALAR || f->unit > 8 || (f->unit & (f->unit - 1)) != 0)
		return;
	if (f->writable && flip(g->c)) {
		u8 value = gen_unknown(g);

		if (value != ctx && g->kinds[value] == K_NUMBER)
			store(g, f->unit, ctx, f->off, value);
		return;
	}
	load(g, f->unit, dst, ctx, f->off, f->unit < 8 && rarely(g, 4));
}

void gen_global(struct gen *g)
{
	u8 reg = gen_target(g);
	u32 off = pick(g->c, PROGRAM_GLOBAL_SIZE);
	u16 locked = g->locked;
	bool is_const = rarely(g, 4);

	if (has_rule(g, RULE_ALIGNED))
		off &= ~7u;

	if (g->kinds[reg] == K_CTX)
		return;
	lddw(g, LDDW_MAP_VALUE, reg, is_const ? PROGRAM_CONST : PROGRAM_GLOBAL, (s32)off);
	gen_set(g, reg, K_OTHER);
	g->locked |= (u16)(1u << reg);
	gen_use_memory(g, reg, 0, PROGRAM_GLOBAL_SIZE - off, !is_const);
	g->locked = locked;
	gen_set(g, reg, K_NONE);
}

/* Registers for a packet's start and end, loaded; false: there is none. */
static bool packet_start(struct gen *g, u8 *ret_data, u8 *ret_end)
{
	u8 ctx = gen_holding(g, K_CTX), bytes, data, end;

	if (g->ctx == NULL || g->ctx->data < 0 || g->ctx->data_end < 0 || ctx == BPF_REG_COUNT)
		return false;
	data = gen_saved(g);
	end = (u8)(2 + pick(g->c, 4));
	if (data == BPF_REG_COUNT || is_locked(g, end) || ctx == end || ctx == data)
		return false;
	bytes = g->dialect == DIALECT_WINDOWS ? 8 : 4;
	load(g, bytes, data, ctx, g->ctx->data, false);
	load(g, bytes, end, ctx, g->ctx->data_end, false);
	gen_set(g, data, K_PACKET);
	gen_set(g, end, K_END);
	*ret_data = data;
	*ret_end = end;
	return true;
}

/* The packet has room bytes more from data on, or the jump that is returned is taken. */
static u32 packet_check(struct gen *g, u8 data, u8 end, u8 cursor, u32 room)
{
	mov(g, cursor, data);
	alu_imm(g, ALU_ADD, cursor, (s64)room);
	if (flip(g->c))
		return jump_reg(g, JUMP_GT, 64, cursor, end);
	return jump_reg(g, flip(g->c) ? JUMP_LT : JUMP_LE, 64, end, cursor);
}

void gen_packet(struct gen *g)
{
	u8 data, end, cursor;
	u32 room = 1 + pick(g->c, 60), out;
	u16 locked = g->locked;
	bool may_write = g->type->number == 6 || g->type->number == 3 ||
			 (g->dialect == DIALECT_WINDOWS && g->type->number == 1);
	struct gen_saved_state before;

	if (!packet_start(g, &data, &end))
		return;
	g->locked |= (u16)(1u << data | 1u << end);
	if (rarely(g, 3) && room > 8) {
		u8 index = bounded(g, 1 + pick(g->c, 64), 1);

		if (index != data && index != end)
			alu_reg(g, ALU_ADD, 64, data, index);
	}
	if (has_rule(g, RULE_ALIGNED))
		room = (room + 7) & ~7u;
	cursor = gen_target(g);
	before = gen_save(g);
	out = packet_check(g, data, end, cursor, room);
	g->locked |= (u16)(1u << cursor);
	gen_set(g, cursor, K_PACKET);
	gen_use_memory(g, data, 0, room, may_write && flip(g->c));
	for (u32 i = 0; i < 4; i++)
		gen_leak_of(g, flip(g->c) ? data : cursor);
	if (flip(g->c))
		gen_use_memory(g, cursor, -(s32)room, room, false);
	if (flip(g->c)) {
		gen_block(g, 2);
		/* What was moved meanwhile is void. */
		if (flip(g->c))
			gen_use_memory(g, data, 0, room, false);
	}
	land(g, out);
	gen_meet(g, &before);
	g->locked = locked;
	gen_set(g, data, K_NONE);
	gen_set(g, end, K_NONE);
	gen_set(g, cursor, K_NONE);
}

/* The packet's length as a number, of 32 or 64 bits, says what may be loaded. */
void gen_packet_length(struct gen *g)
{
	u8 data, end, length;
	u32 room = 1 + pick(g->c, 40), out;
	u16 locked = g->locked;
	struct gen_saved_state before;

	if (!packet_start(g, &data, &end))
		return;
	g->locked |= (u16)(1u << data | 1u << end);
	length = gen_target(g);
	if (flip(g->c)) {
		mov(g, length, end);
		alu_reg(g, ALU_SUB, flip(g->c) ? 64 : 32, length, data);
	} else {
		alu_reg(g, ALU_MOV, 32, length, end);
		alu_reg(g, ALU_SUB, 32, length, data);
	}
	gen_set(g, length, K_NUMBER);
	if (rarely(g, 3))
		alu_imm(g, ALU_AND, length, 0xffff);
	before = gen_save(g);
	out = jump_if(g, flip(g->c) ? JUMP_LT : JUMP_SLT, flip(g->c) ? 64 : 32, length, room);
	gen_set(g, data, K_PACKET);
	gen_use_memory(g, data, 0, room, false);
	land(g, out);
	gen_meet(g, &before);
	g->locked = locked;
	gen_set(g, data, K_NONE);
	gen_set(g, end, K_NONE);
}

/* Headers one after another: the cursor moves by a constant, or by what the packet says. */
void gen_packet_loop(struct gen *g)
{
	u8 data, end, cursor, counter, value;
	u32 step = 1 + pick(g->c, 20), head, out, back, enough = UINT32_MAX;
	u16 locked = g->locked;

	if (g->loops >= 2 || !packet_start(g, &data, &end))
		return;
	g->locked |= (u16)(1u << data | 1u << end);
	cursor = gen_target(g);
	g->locked |= (u16)(1u << cursor);
	counter = gen_saved(g);
	value = gen_target(g);
	if (counter != BPF_REG_COUNT && counter != value)
		mov_imm(g, counter, 0);
	head = g->count;
	if (counter != BPF_REG_COUNT && counter != value && flip(g->c))
		enough = jump_if(g, JUMP_GE, 64, counter, 1 + pick(g->c, 10));
	out = packet_check(g, data, end, cursor, step);
	load(g, 1, value, data, (s32)pick(g->c, step), false);
	if (enough != UINT32_MAX)
		alu_imm(g, ALU_ADD, counter, 1);
	if (enough != UINT32_MAX && flip(g->c)) {
		alu_imm(g, ALU_AND, value, pick(g->c, 64));
		alu_reg(g, ALU_ADD, 64, data, value);
	}
	alu_imm(g, ALU_ADD, data, 1 + pick(g->c, step));
	back = jump(g);
	jump_back(g, back, head);
	land(g, out);
	if (enough != UINT32_MAX)
		land(g, enough);
	g->locked = locked;
	gen_set(g, value, K_NONE);
	gen_set(g, data, K_NONE);
	gen_set(g, end, K_NONE);
	gen_set(g, cursor, K_NONE);
}

/* Packet loads of the old kind. */
void gen_legacy(struct gen *g)
{
	u8 index;

	if ((g->type->flags & PROG_TYPE_LEGACY_PACKET) == 0 || g->rank != 0 ||
	    g->kinds[6] != K_CTX || !gen_args_free(g) || g->held != 0)
		return;
	if (flip(g->c)) {
		emit(g, (struct insn){ .kind = INSN_LD_PACKET,
				       .flags = INSN_IMM,
				       .size = (u8)(1u << pick(g->c, 3)),
				       .imm = pick(g->c, 80) });
	} else {
		index = gen_unknown(g);
		if (g->kinds[index] != K_NUMBER)
			return;
		emit(g, (struct insn){ .kind = INSN_LD_PACKET,
				       .size = (u8)(1u << pick(g->c, 3)),
				       .src = index,
				       .imm = pick(g->c, 20) });
	}
	for (u8 reg = 1; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
	gen_set(g, 0, K_NUMBER);
}

void gen_init_memory(struct gen *g, s32 off, u32 bytes)
{
	for (u32 i = 0; i < bytes; i += 8)
		store_imm(g, 8, BPF_REG_FP, off + (s32)i, choice_imm(g->c));
}

void gen_move(struct gen *g, u8 ctx)
{
	bool is_xdp = g->type == spec_prog_type_by_name(g->dialect, "xdp");

	alu_reg(g, ALU_MOV, 64, 1, ctx);
	mov_imm(g, 2, (s64)pick(g->c, 16) - 8);
	if (g->dialect == DIALECT_WINDOWS)
		gen_call(g, 0x10000);
	else
		gen_call(g, is_xdp ? 44 : 39);
}

/* A packet that is moved between check and use: those who check again may use it. */
void gen_moved(struct gen *g)
{
	bool is_xdp = g->type == spec_prog_type_by_name(g->dialect, "xdp");
	bool is_tc = g->type == spec_prog_type_by_name(g->dialect, "sched_cls");
	u8 data, end, ctx = gen_holding(g, K_CTX);
	u32 out, again = UINT32_MAX, room = 1 + pick(g->c, 30);
	u16 locked = g->locked;
	struct gen_saved_state before;

	if ((!is_xdp && !is_tc) || g->is_plain || ctx < 6 || !gen_args_free(g) || g->loops > 0 ||
	    !packet_start(g, &data, &end))
		return;
	before = gen_save(g);
	g->locked |= (u16)(1u << data);
	out = packet_check(g, data, end, end == 5 ? 4 : 5, room);
	if (flip(g->c) || g->rank != 0 || g->call_count == PROGRAM_CALLS ||
	    g->subprog_count == PROGRAM_SUBPROGS) {
		gen_move(g, ctx);
	} else {
		u32 callee = g->subprog_count++;

		g->entries[callee][1] = K_CTX;
		g->movers |= (u8)(1u << callee);
		alu_reg(g, ALU_MOV, 64, 1, ctx);
		g->calls[g->call_count] = emit(g, (struct insn){ .kind = INSN_CALL_LOCAL });
		g->call_subprogs[g->call_count++] = (u8)callee;
	}
	if (!g->out->is_bad) {
		u8 bytes = g->dialect == DIALECT_WINDOWS ? 8 : 4;

		load(g, bytes, data, ctx, g->ctx->data, false);
		load(g, bytes, end, ctx, g->ctx->data_end, false);
		again = packet_check(g, data, end, end == 5 ? 4 : 5, room);
	}
	load(g, 1, 0, data, (s32)pick(g->c, room), false);
	land(g, out);
	if (again != UINT32_MAX)
		land(g, again);
	g->locked = locked;
	gen_meet(g, &before);
	for (u8 reg = 0; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
	gen_set(g, data, K_NONE);
	mov_imm(g, 0, 0);
}
