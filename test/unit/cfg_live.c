/* SPDX-License-Identifier: MIT */
/* Liveness: random programs are walked, taking branches at random and following every address, and
 * what is read later must be live; without derived addresses, exactly what some path reads is live.
 */
#include "cfg_fixture.h"

enum { MAX_EVENTS = 4000, MAX_FRAMES = 200, MAX_STEPS = 400, OUTSIDE = 4 };

static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 16;
}

static u32 below(u64 *seed, u32 count)
{
	return (u32)(next_random(seed) % count);
}

/* --- random programs --- */

static s32 random_offset(u64 *seed)
{
	return -(s32)(8 * (1 + below(seed, 6))) + (below(seed, 4) == 0 ? (s32)below(seed, 5) : 0);
}

static u8 random_size(u64 *seed)
{
	return below(seed, 3) == 0 ? (u8)(1 << below(seed, 3)) : 8;
}

/* Registers r0 to r9, low ones more often. */
static u8 random_reg(u64 *seed)
{
	return (u8)(below(seed, 3) == 0 ? below(seed, 10) : below(seed, 4));
}

/* Directly in the frame, or through a register. */
static struct insn random_memory(u64 *seed, enum insn_kind kind, bool direct)
{
	struct insn insn = { .kind = (u8)kind, .dst = random_reg(seed), .src = random_reg(seed) };
	u8 *addr = kind == INSN_LOAD ? &insn.src : &insn.dst;

	insn.size = random_size(seed);
	insn.off = below(seed, 2) == 0 ? 0 : (s32)below(seed, 3) * 8 - 8;
	if (direct) {
		*addr = BPF_REG_FP;
		insn.off = random_offset(seed);
	}
	if (kind == INSN_STORE && below(seed, 4) == 0) {
		insn.flags = INSN_IMM;
		insn.src = 0;
	}
	if (kind == INSN_ATOMIC) {
		insn.size = 8;
		insn.op = (u8)below(seed, ATOMIC_OP_COUNT);
		insn.flags = insn.op >= ATOMIC_XCHG || below(seed, 2) == 0 ? INSN_FETCH : 0;
		insn.off &= ~7;
	}
	return insn;
}

/* addresses: whether registers may point to the frame. */
static struct insn random_insn(u64 *seed, bool addresses)
{
	struct insn insn = { .kind = INSN_ALU, .op = ALU_MOV, .width = 64 };
	bool direct = !addresses || below(seed, 2) == 0;

	insn.dst = random_reg(seed);
	switch (below(seed, addresses ? 14 : 9)) {
	case 0:
	case 1: return random_memory(seed, INSN_STORE, direct);
	case 2:
	case 3: return random_memory(seed, INSN_LOAD, direct);
	case 4: return random_memory(seed, INSN_ATOMIC, direct);
	case 5: insn.src = random_reg(seed); break;
	case 6:
		insn.src = random_reg(seed);
		insn.op = (u8)below(seed, ALU_OP_COUNT);
		insn.width = below(seed, 3) == 0 ? 32 : 64;
		break;
	case 7:
		insn.flags = INSN_IMM;
		insn.imm = 8;
		break;
	case 8: return (struct insn){ .kind = INSN_CALL, .imm = 1 };
	case 9:
	case 10:
	case 11: insn.src = BPF_REG_FP; break;
	default:
		insn.op = ALU_ADD;
		insn.flags = INSN_IMM;
		insn.imm = (s32)(8 * below(seed, 5)) - 24;
		break;
	}
	return insn;
}

/* subprograms of count slots each; those behind are called by those before. */
static int random_program(insn_vec *insns, u32 subprograms, u32 count, bool addresses, u64 *seed)
{
	for (u32 sub = 0; sub < subprograms; sub++) {
		for (u32 i = 0; i < count; i++) {
			struct insn insn = random_insn(seed, addresses);
			u32 dice = below(seed, 16), at = sub * count + i;

			if (i + 1 == count)
				insn = (struct insn){ .kind = INSN_EXIT };
			else if (dice < 3)
				insn = (struct insn){
					.kind = dice == 0 ? INSN_MAY_GOTO : INSN_JUMP_IF,
					.width = dice == 0 ? 0 : 64,
					.dst = dice == 0 ? 0 : insn.dst,
					.src = dice == 0 ? 0 : random_reg(seed),
					.off = (s32)below(seed, count) - (s32)i - 1,
				};
			else if (dice == 3 && sub + 1 < subprograms)
				insn = (struct insn){
					.kind = INSN_CALL_LOCAL,
					.src = 1,
					.off = (s32)((sub + 1 +
						      below(seed, subprograms - sub - 1)) *
						     count) -
					       (s32)at - 1,
				};
			else if (dice == 4)
				insn = (struct insn){ .kind = INSN_EXIT };
			/* Callbacks in two slots, when the next one is free. */
			if (dice == 5 && sub + 1 < subprograms && i + 2 < count) {
				insn = (struct insn){
					.kind = INSN_LDDW,
					.op = LDDW_CODE,
					.dst = (u8)(1 + below(seed, 3)),
					.off = (s32)((subprograms - 1) * count) - (s32)at - 1,
				};
				if (vec_push(insns, insn) != 0)
					return ERR_NOMEM;
				insn = (struct insn){ .kind = INSN_LDDW_HIGH };
				i++;
			}
			if (vec_push(insns, insn) != 0)
				return ERR_NOMEM;
		}
	}
	/* A jump into the second half of a pair goes to the first. */
	for (u32 at = 0; at < insns->count; at++) {
		struct insn *insn = &insns->items[at];
		s64 target = (s64)at + 1 + insn->off;

		if ((insn->kind == INSN_JUMP_IF || insn->kind == INSN_MAY_GOTO) &&
		    insns->items[target].kind == INSN_LDDW_HIGH)
			insn->off--;
	}
	return 0;
}

/* --- one walk --- */

struct value {
	enum { NUMBER, ADDRESS, CODE } kind;
	u32 frame; /* instance */
	s32 off;   /* from its r10; slot of CODE */
};

struct frame {
	u32 slot;     /* to run next */
	u32 caller;   /* instance */
	bool is_gone; /* it returned: addresses in it lead nowhere */
	struct value regs[BPF_REG_COUNT];
	struct value granules[CFG_GRANULES];
};

/* In the order of their happening. */
struct event {
	enum { READ_REG, WRITE_REG, READ_BYTES, WRITE_BYTES, BLOCK, AFTER_SLOT, ENTER } kind;
	u32 frame;
	s32 a; /* register, offset from r10, block, slot, frame entered */
	u32 b; /* size */
};

struct walk {
	const struct cfg *cfg;
	u64 *seed;
	struct frame frames[MAX_FRAMES];
	u32 frame_count;
	struct value outside[OUTSIDE];
	struct event events[MAX_EVENTS];
	u32 event_count;
};

static void note(struct walk *w, int kind, u32 frame, s64 a, u32 b)
{
	if (w->event_count < MAX_EVENTS)
		w->events[w->event_count++] = (struct event){ (unsigned)kind, frame, (s32)a, b };
}

static bool in_frame(const struct walk *w, struct value addr, s32 off, u32 size)
{
	s64 at = (s64)addr.off + off;

	return at >= -PROG_FRAME_SIZE && at + size <= 0 && !w->frames[addr.frame].is_gone;
}

static struct value load(struct walk *w, struct value addr, s32 off, u32 size)
{
	s64 at = (s64)addr.off + off;

	if (addr.kind != ADDRESS)
		return size == 8 ? w->outside[below(w->seed, OUTSIDE)] : (struct value){ 0 };
	if (!in_frame(w, addr, off, size))
		return (struct value){ 0 };
	note(w, READ_BYTES, addr.frame, at, size);
	if (size != 8 || at % 8 != 0)
		return (struct value){ 0 };
	return w->frames[addr.frame].granules[(at + PROG_FRAME_SIZE) / 8];
}

static void store(struct walk *w, struct value addr, s32 off, u32 size, struct value value)
{
	s64 at = (s64)addr.off + off;
	struct value *granules;

	if (addr.kind != ADDRESS) {
		if (size == 8)
			w->outside[below(w->seed, OUTSIDE)] = value;
		return;
	}
	if (!in_frame(w, addr, off, size))
		return;
	note(w, WRITE_BYTES, addr.frame, at, size);
	granules = w->frames[addr.frame].granules;
	granules[(at + PROG_FRAME_SIZE) / 8] = (struct value){ 0 };
	granules[(at + size - 1 + PROG_FRAME_SIZE) / 8] = (struct value){ 0 };
	if (size == 8 && at % 8 == 0)
		granules[(at + PROG_FRAME_SIZE) / 8] = value;
}

static struct value read_reg(struct walk *w, u32 frame, u32 reg)
{
	note(w, READ_REG, frame, (s64)reg, 0);
	return w->frames[frame].regs[reg];
}

static void write_reg(struct walk *w, u32 frame, u32 reg, struct value value)
{
	note(w, WRITE_REG, frame, (s64)reg, 0);
	w->frames[frame].regs[reg] = value;
}

/* A new frame that starts at slot; arguments are the caller's. */
static u32 enter(struct walk *w, u32 caller, u32 slot)
{
	u32 idx = w->frame_count++;
	struct frame *frame = &w->frames[idx];

	memset(frame, 0, sizeof(*frame));
	frame->slot = slot;
	frame->caller = caller;
	frame->regs[BPF_REG_FP] = (struct value){ ADDRESS, idx, 0 };
	return idx;
}

static void run_alu(struct walk *w, u32 frame, const struct insn *insn)
{
	struct value value = { 0 }, src = { 0 };

	if ((insn->flags & INSN_IMM) == 0)
		src = read_reg(w, frame, insn->src);
	if (insn->op != ALU_MOV)
		value = read_reg(w, frame, insn->dst);
	if (insn->op == ALU_MOV && insn->width == 64)
		value = src;
	else if (insn->op == ALU_ADD && insn->width == 64 && (insn->flags & INSN_IMM) != 0 &&
		 value.kind == ADDRESS)
		value.off += (s32)insn->imm;
	else if ((insn->op == ALU_ADD || insn->op == ALU_OR) && insn->width == 64 &&
		 (value.kind == ADDRESS) != (src.kind == ADDRESS)) {
		/* Added to a number that nobody knows. */
		value = value.kind == ADDRESS ? value : src;
		value.off = -(s32)below(w->seed, PROG_FRAME_SIZE);
	} else
		value = (struct value){ 0 };
	write_reg(w, frame, insn->dst, value);
}

static void run_atomic(struct walk *w, u32 frame, const struct insn *insn)
{
	struct value addr = read_reg(w, frame, insn->dst);
	struct value src = read_reg(w, frame, insn->src);
	struct value old;

	if (insn->op == ATOMIC_CMPXCHG)
		read_reg(w, frame, BPF_REG_0);
	old = load(w, addr, insn->off, insn->size);
	/* A plain operation on an address makes none, and cmpxchg may store nothing. */
	if (insn->op < ATOMIC_XCHG)
		src = (struct value){ 0 };
	if (insn->op == ATOMIC_CMPXCHG && below(w->seed, 2) == 0)
		src = old;
	store(w, addr, insn->off, insn->size, src);
	if ((insn->flags & INSN_FETCH) != 0)
		write_reg(w, frame, insn->op == ATOMIC_CMPXCHG ? BPF_REG_0 : insn->src, old);
}

/* Reads and writes memory from addresses on; returns a callback to call, or 0. */
static u32 run_helper(struct walk *w, u32 frame)
{
	u32 callback = 0;

	for (u32 reg = 1; reg <= 5; reg++) {
		struct value value = read_reg(w, frame, reg);
		u32 from = below(w->seed, 4) == 0 ? below(w->seed, 40) : 0;

		if (value.kind == CODE)
			callback = (u32)value.off;
		if (value.kind != ADDRESS)
			continue;
		value = load(w, value, (s32)from,
			     below(w->seed, 2) == 0 ? 8 : 1 + below(w->seed, 20));
		load(w, value, 0, 1 + below(w->seed, 20)); /* what is there may be an address */
		value = w->frames[frame].regs[reg];
		if (below(w->seed, 2) == 0)
			store(w, value, (s32)from, 8, (struct value){ 0 });
	}
	return callback;
}

/* Returns the frame that goes on. A callback gets some of the helper's arguments, but not its own
 * address. */
static u32 call(struct walk *w, u32 frame, u32 target, bool is_callback)
{
	u32 callee = enter(w, frame, target);
	u32 shift = is_callback ? below(w->seed, 3) : 0, codes = 0;
	const struct value *from = w->frames[frame].regs;
	struct value *to = w->frames[callee].regs;

	for (u32 reg = 1; reg <= 5; reg++)
		codes += from[reg].kind == CODE;
	for (u32 reg = 1; reg <= 5; reg++) {
		to[reg] = from[MIN(reg + shift, 5u)];
		if (is_callback && codes == 1 && to[reg].kind == CODE)
			to[reg] = (struct value){ 0 };
	}
	note(w, ENTER, frame, (s64)callee, is_callback);
	return callee;
}

static void forget_args(struct walk *w, u32 frame, struct value result)
{
	write_reg(w, frame, 0, result);
	for (u32 reg = 1; reg <= 5; reg++)
		write_reg(w, frame, reg, (struct value){ 0 });
}

/* Returns the caller and the slot of its call; or MAX_FRAMES. */
static u32 leave(struct walk *w, u32 idx, u32 *ret_slot)
{
	struct value result = read_reg(w, idx, 0);
	u32 caller = w->frames[idx].caller;

	w->frames[idx].is_gone = true;
	if (caller == MAX_FRAMES)
		return MAX_FRAMES;
	*ret_slot = w->frames[caller].slot - 1;
	if (w->cfg->prog->insns[*ret_slot].kind == INSN_CALL)
		result = (struct value){ 0 };
	forget_args(w, caller, result);
	return caller;
}

/* Runs one slot of frame. Returns the frame that goes on, MAX_FRAMES at the end. */
static u32 run_slot(struct walk *w, u32 idx)
{
	struct frame *frame = &w->frames[idx];
	u32 slot = frame->slot;
	const struct insn *insn = &w->cfg->prog->insns[slot];
	u32 block = w->cfg->slot_blocks[slot];
	u32 target = (u32)((s64)slot + 1 + insn->off);

	if (w->cfg->blocks[block].start == slot)
		note(w, BLOCK, idx, (s64)block, 0);
	frame->slot++;
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: run_alu(w, idx, insn); break;
	case INSN_LOAD:
		write_reg(w, idx, insn->dst,
			  load(w, read_reg(w, idx, insn->src), insn->off, insn->size));
		break;
	case INSN_STORE: {
		struct value value = (insn->flags & INSN_IMM) != 0 ? (struct value){ 0 }
								   : read_reg(w, idx, insn->src);

		store(w, read_reg(w, idx, insn->dst), insn->off, insn->size, value);
		break;
	}
	case INSN_ATOMIC: run_atomic(w, idx, insn); break;
	case INSN_LDDW:
		write_reg(w, idx, insn->dst, (struct value){ CODE, 0, (s32)target });
		frame->slot++;
		break;
	case INSN_JUMP_IF:
		read_reg(w, idx, insn->dst);
		read_reg(w, idx, insn->src);
		FALLTHROUGH;
	case INSN_MAY_GOTO:
		if (below(w->seed, 2) == 0)
			frame->slot = target;
		break;
	case INSN_CALL: {
		u32 callback = run_helper(w, idx);

		if (callback != 0)
			return call(w, idx, callback, true);
		forget_args(w, idx, (struct value){ 0 });
		break;
	}
	case INSN_CALL_LOCAL: return call(w, idx, target, false);
	case INSN_EXIT:
		idx = leave(w, idx, &slot);
		if (idx == MAX_FRAMES)
			return idx;
		break;
	default: break;
	}
	note(w, AFTER_SLOT, idx, (s64)slot, 0);
	return idx;
}

/* Backwards: what is needed is live. */
static bool is_live(struct walk *w)
{
	static u16 regs[MAX_FRAMES];
	static u8 bytes[MAX_FRAMES][PROG_FRAME_SIZE];

	memset(regs, 0, sizeof(regs));
	memset(bytes, 0, sizeof(bytes));
	for (u32 i = w->event_count; i-- > 0;) {
		const struct event *event = &w->events[i];
		u32 frame = event->frame;
		const struct cfg_block *block = &w->cfg->blocks[event->a];

		switch (event->kind) {
		case READ_REG: regs[frame] |= (u16)(1u << event->a); break;
		case WRITE_REG: regs[frame] &= (u16) ~(1u << event->a); break;
		case READ_BYTES:
			memset(&bytes[frame][event->a + PROG_FRAME_SIZE], 1, event->b);
			break;
		case WRITE_BYTES:
			memset(&bytes[frame][event->a + PROG_FRAME_SIZE], 0, event->b);
			break;
		case AFTER_SLOT:
			if ((regs[frame] & ~w->cfg->live[event->a]) != 0)
				return false;
			break;
		case BLOCK:
			if ((regs[frame] & ~block->live_regs) != 0)
				return false;
			for (u32 at = 0; at < PROG_FRAME_SIZE; at++)
				if (bytes[frame][at] && (block->live_stack >> at / 8 & 1) == 0)
					return false;
			break;
		case ENTER:
			/* A helper's arguments are read by the helper. */
			if (event->b == 0)
				regs[frame] |= regs[event->a] & 0x3e;
			break;
		}
	}
	return true;
}

static void test_walks(void)
{
	static struct walk walk;
	struct cfg_fixture f = { 0 };
	u64 seed = 0x9e3779b97f4a7c15ull;
	u32 lost = 0, kept = 0, dead = 0;

	for (u32 round = 0; round < 15000; round++) {
		CHECK(random_program(&f.insns, 1 + round % 4, 4 + below(&seed, 18), true, &seed) ==
		      0);
		CHECK_EQ(fixture_build(&f, NULL), 0);
		lost += f.cfg->subprogs[0].is_stack_lost;
		kept += !f.cfg->subprogs[0].is_stack_lost;
		dead += (u32)__builtin_popcountll(~f.cfg->blocks[0].live_stack);
		for (u32 k = 0; k < 10; k++) {
			u32 frame;

			memset(&walk, 0, offsetof(struct walk, events));
			walk.event_count = 0;
			walk.cfg = f.cfg;
			walk.seed = &seed;
			frame = enter(&walk, MAX_FRAMES, 0);
			for (u32 step = 0;
			     step < MAX_STEPS && frame != MAX_FRAMES &&
			     walk.frame_count < MAX_FRAMES && walk.event_count + 20 < MAX_EVENTS;
			     step++)
				frame = run_slot(&walk, frame);
			CHECK(is_live(&walk));
		}
		fixture_fini(&f);
	}
	/* It is about something: neither all is lost nor nothing dead. */
	CHECK(lost > 100 && kept > 100 && dead > 10000);
out:
	fixture_fini(&f);
}

/* --- exactly --- */

/* What one slot does to one register, or granule (from 16 on): read, or written whole. */
static void slot_does(const struct insn *insn, u32 thing, bool *ret_reads, bool *ret_writes)
{
	*ret_reads = false;
	*ret_writes = false;
	if (thing < BPF_REG_COUNT) {
		u16 reg = (u16)(1u << thing);
		u16 reads = 0, writes = 0;
		bool has_src = (insn->flags & INSN_IMM) == 0;
		u16 dst = (u16)(1u << insn->dst), src = has_src ? (u16)(1u << insn->src) : 0;

		if (insn->kind == INSN_ALU) {
			reads = insn->op == ALU_MOV ? src : src | dst;
			writes = dst;
		} else if (insn->kind == INSN_LOAD) {
			reads = src;
			writes = dst;
		} else if (insn->kind == INSN_STORE || insn->kind == INSN_JUMP_IF) {
			reads = src | dst;
		} else if (insn->kind == INSN_ATOMIC) {
			reads = src | dst;
			if (insn->op == ATOMIC_CMPXCHG)
				reads |= 1;
			if ((insn->flags & INSN_FETCH) != 0)
				writes = insn->op == ATOMIC_CMPXCHG ? 1 : src;
		} else if (insn->kind == INSN_CALL) {
			reads = 0x3e;
			writes = 0x3f;
		} else if (insn->kind == INSN_EXIT) {
			reads = 1;
		}
		*ret_reads = (reads & reg) != 0;
		*ret_writes = (writes & reg) != 0;
		return;
	}
	if (insn->kind == INSN_LOAD || insn->kind == INSN_STORE || insn->kind == INSN_ATOMIC) {
		u32 addr = insn->kind == INSN_LOAD ? insn->src : insn->dst;
		s32 first = ((s32)thing - 16) * 8 - PROG_FRAME_SIZE;

		if (addr != BPF_REG_FP)
			return;
		*ret_reads = insn->kind != INSN_STORE && insn->off < first + 8 &&
			     insn->off + insn->size > first;
		*ret_writes = insn->kind == INSN_STORE && insn->off == first && insn->size == 8;
	}
}

/* Whether some path from before slot reads thing before it is written, by looking along them. */
static bool path_reads(const struct prog *prog, u32 slot, u32 thing)
{
	bool seen[64] = { false };
	u32 todo[64], count = 0;

	todo[count++] = slot;
	seen[slot] = true;
	while (count > 0) {
		const struct insn *insn = &prog->insns[slot = todo[--count]];
		bool reads, writes;
		u32 next[2] = { slot + 1, slot };

		slot_does(insn, thing, &reads, &writes);
		if (reads)
			return true;
		if (writes || insn->kind == INSN_EXIT)
			continue;
		if (insn->kind == INSN_JUMP_IF || insn->kind == INSN_MAY_GOTO)
			next[1] = (u32)((s32)slot + 1 + insn->off);
		for (u32 i = 0; i < 2; i++) {
			if (!seen[next[i]])
				todo[count++] = next[i];
			seen[next[i]] = true;
		}
	}
	return false;
}

static bool is_exact(const struct cfg *cfg)
{
	for (u32 i = 0; i < cfg->block_count; i++) {
		const struct cfg_block *block = &cfg->blocks[i];
		u16 regs = 0;
		u64 stack = 0;

		if ((block->flags & CFG_REACHABLE) == 0)
			continue;
		for (u32 reg = 0; reg < BPF_REG_COUNT; reg++)
			regs |= (u16)(path_reads(cfg->prog, block->start, reg) << reg);
		for (u32 g = 0; g < CFG_GRANULES; g++)
			stack |= (u64)path_reads(cfg->prog, block->start, 16 + g) << g;
		if (regs != block->live_regs || stack != block->live_stack)
			return false;
		for (u32 slot = block->start; slot + 1 < block->start + block->count; slot++)
			for (u32 reg = 0; reg < BPF_REG_COUNT; reg++)
				if (path_reads(cfg->prog, slot + 1, reg) !=
				    (cfg->live[slot] >> reg & 1))
					return false;
	}
	return true;
}

static void test_exact(void)
{
	struct cfg_fixture f = { 0 };
	u64 seed = 4711;

	for (u32 round = 0; round < 3000; round++) {
		CHECK(random_program(&f.insns, 1, 2 + below(&seed, 30), false, &seed) == 0);
		CHECK_EQ(fixture_build(&f, NULL), 0);
		CHECK(!f.cfg->subprogs[0].is_stack_lost);
		CHECK(is_exact(f.cfg));
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_walks), TAP_TEST(test_exact))
