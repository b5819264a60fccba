/* SPDX-License-Identifier: MIT */
/* Addresses of a subprogram's frame, followed forward: a register holds one at a known offset,
 * perhaps one, or an unknown one. What is stored in the frame is kept by granule, the same for the
 * whole subprogram. An address that gets where this cannot follow makes all of the frame live
 * everywhere; so does a subprogram that takes too long. Helpers read from an argument upwards and
 * keep no address; what callees and callbacks do with addresses is summed up.
 *
 * What is loaded through a pointer from outside is taken for no address: a frame whose address was
 * stored through one is lost already, and so is one that was passed to a callee which may store it.
 * What a subprogram keeps in its own frame and shows to a callee is the exception,
 * addresses_shared. */
#include "cfg/values.h"

#include "base/str.h"
#include "isa/semantics.h"

/* A value: none so far, in granules; no address; perhaps one of code; perhaps one of a caller's
 * frame; perhaps one of this frame at an unknown offset; from FIRST_OFFSET on, of this frame with a
 * known offset k: (k + PROG_FRAME_SIZE) * 2, plus 1 when it may be one of the others before ANY as
 * well. The higher of two up to ANY is their join. */
enum { NOTHING, PLAIN, CODE, FOREIGN, ANY, FIRST_OFFSET };

enum {
	VALUE_REGS = BPF_REG_FP, /* r10 is the frame's end */
	ARG_REGS = 0x3e,	 /* r1 to r5 */
	CALL_WRITES = 0x3f,
	MAX_ROUNDS = 4,
	MAX_VISITS = 16, /* of a slot, on average */
	STATE_SEEN = 1,
	STATE_DIRTY = 2,
};

struct frame {
	struct cfg_values *v;
	struct cfg_builder *b;
	u32 subprog;
	u16 arguments;	    /* value of r1 to r5 on entry */
	u16 loaded;	    /* value of what is loaded from elsewhere */
	bool has_callbacks; /* it refers to code */
	u8 callbacks;	    /* CFG_KEEPS and CFG_BELOW of what it refers to */
	u8 summary;
	bool is_lost, has_changed;
	u64 visits;
	u16 granules[CFG_GRANULES]; /* values that are stored in them */
};

/* On the way through a block. */
struct flow {
	struct frame *f;
	struct cfg_uses *uses;
	u16 value[BPF_REG_COUNT];
	struct cfg_value known[BPF_REG_COUNT]; /* numbers and maps */
};

static bool has_offset(u16 value)
{
	return value >= FIRST_OFFSET;
}

static bool is_certain(u16 value)
{
	return has_offset(value) && (value - FIRST_OFFSET) % 2 == 0;
}

static s32 offset_of(u16 value)
{
	return (value - FIRST_OFFSET) / 2 - PROG_FRAME_SIZE;
}

static u16 at_offset(s64 off, bool certain)
{
	if (off < -PROG_FRAME_SIZE || off > 0)
		return ANY;
	return (u16)(FIRST_OFFSET + (off + PROG_FRAME_SIZE) * 2 + !certain);
}

static bool may_be_own(u16 value)
{
	return value >= ANY;
}

static bool may_be_foreign(u16 value)
{
	return value > CODE && !is_certain(value);
}

/* Whether a value leads to a callback. */
static bool may_be_code(const struct frame *f, u16 value)
{
	if (value == CODE)
		return true;
	return value > CODE && !is_certain(value) &&
	       (f->v->code_escapes || (f->has_callbacks && value != FOREIGN));
}

/* The value goes where nobody looks for an address of code. */
static void let_go(const struct frame *f, u16 value)
{
	f->v->code_escapes |= may_be_code(f, value);
}

static u16 join(u16 a, u16 b)
{
	if (a == b)
		return a;
	if (a > b) {
		u16 swap = a;

		a = b;
		b = swap;
	}
	if (!has_offset(b) || a == NOTHING)
		return b;
	if (a == ANY || (has_offset(a) && offset_of(a) != offset_of(b)))
		return ANY;
	return at_offset(offset_of(b), false);
}

static u64 granules_at(u16 value, s64 off, u32 size)
{
	if (value == ANY)
		return CFG_ALL_GRANULES;
	return has_offset(value) ? cfg_granules(offset_of(value) + off, size) : 0;
}

static void read_stack(struct flow *flow, u64 granules)
{
	flow->uses->read_stack |= granules & ~flow->uses->written_stack;
}

static void set(struct flow *flow, unsigned reg, u16 value)
{
	flow->value[reg] = value;
	flow->known[reg] = (struct cfg_value){ CFG_VALUE_UNKNOWN, 0 };
}

static void set_known(struct flow *flow, unsigned reg, enum cfg_value_kind kind, s64 value)
{
	flow->value[reg] = PLAIN;
	flow->known[reg] = (struct cfg_value){ kind, value };
}

static void store_value(struct frame *f, u64 granules, u16 value)
{
	for (; granules != 0; granules &= granules - 1) {
		u16 *held = &f->granules[__builtin_ctzll(granules)];
		u16 joined = join(*held, value);

		f->has_changed |= joined != *held;
		*held = joined;
	}
}

/* Eight bytes, the only size in which an address survives. */
static u16 load_value(const struct flow *flow, u16 addr, s64 off)
{
	const struct frame *f = flow->f;
	u64 granules = granules_at(addr, off, 8);
	u16 value = is_certain(addr) ? NOTHING : f->loaded;

	for (; granules != 0; granules &= granules - 1)
		value = join(value, f->granules[__builtin_ctzll(granules)]);
	return MAX(value, (u16)PLAIN);
}

/* Access through a register: whether it goes below an address from outside. */
static void note_access(struct flow *flow, u16 addr, s32 off)
{
	if (off < 0 && may_be_foreign(addr))
		flow->f->summary |= CFG_BELOW;
}

static void load(struct flow *flow, const struct insn *insn)
{
	u16 addr = flow->value[insn->src];

	note_access(flow, addr, insn->off);
	read_stack(flow, granules_at(addr, insn->off, insn->size));
	set(flow, insn->dst, insn->size == 8 ? load_value(flow, addr, insn->off) : PLAIN);
}

static void store(struct flow *flow, const struct insn *insn, u16 value)
{
	struct frame *f = flow->f;
	u16 addr = flow->value[insn->dst];
	u64 granules = granules_at(addr, insn->off, insn->size);

	note_access(flow, addr, insn->off);
	flow->uses->changed_stack |= granules;
	if (insn->size != 8)
		value = PLAIN;
	let_go(f, value);
	store_value(f, granules, value);
	if (is_certain(addr))
		return;
	if (may_be_own(value))
		f->is_lost = true;
	if (may_be_foreign(value))
		f->summary |= CFG_KEEPS;
}

static void overwrite(struct flow *flow, const struct insn *insn)
{
	u16 addr = flow->value[insn->dst];

	if (is_certain(addr))
		flow->uses->written_stack |=
			cfg_whole_granules(offset_of(addr) + insn->off, insn->size);
}

static void atomic(struct flow *flow, const struct insn *insn)
{
	u16 addr = flow->value[insn->dst];
	u16 old = insn->size == 8 ? load_value(flow, addr, insn->off) : PLAIN;

	read_stack(flow, granules_at(addr, insn->off, insn->size));
	store(flow, insn, flow->value[insn->src]);
	if ((insn->flags & INSN_FETCH) != 0)
		set(flow, insn->op == ATOMIC_CMPXCHG ? BPF_REG_0 : insn->src, old);
}

/* dst OP= operand, where at least one is an address or may be one. */
static u16 moved_address(struct flow *flow, const struct insn *insn,
			 const struct cfg_value *operand)
{
	u16 dst = flow->value[insn->dst];
	u16 src = (insn->flags & INSN_IMM) != 0 ? PLAIN : flow->value[insn->src];
	bool is_sum = insn->op == ALU_ADD || insn->op == ALU_SUB;
	s64 by = operand->value;
	const struct cfg_value *known = &flow->known[insn->dst];

	if (insn->op == ALU_ADD && known->kind == CFG_VALUE_NUMBER && is_certain(src) &&
	    known->value > INT32_MIN && known->value <= INT32_MAX)
		return at_offset(offset_of(src) + known->value, true);
	if (is_sum && operand->kind == CFG_VALUE_NUMBER && by > INT32_MIN && by <= INT32_MAX) {
		by = insn->op == ALU_ADD ? by : -by;
		if (by < 0 && may_be_foreign(dst))
			flow->f->summary |= CFG_BELOW;
		return has_offset(dst) ? at_offset(offset_of(dst) + by, is_certain(dst)) : dst;
	}
	if (may_be_foreign(dst) || may_be_foreign(src))
		flow->f->summary |= CFG_BELOW;
	return may_be_own(dst) || may_be_own(src) ? ANY : FOREIGN;
}

static void alu(struct flow *flow, const struct insn *insn)
{
	struct cfg_value operand = { CFG_VALUE_NUMBER, insn->imm };
	u16 src = PLAIN, value = PLAIN;
	struct cfg_value *dst = &flow->known[insn->dst];

	if ((insn->flags & INSN_IMM) == 0) {
		operand = flow->known[insn->src];
		src = flow->value[insn->src];
	}
	if (insn->op == ALU_MOV && insn->width == 64) {
		set(flow, insn->dst, src);
		flow->known[insn->dst] = operand;
		return;
	}
	if (operand.kind == CFG_VALUE_NUMBER &&
	    (dst->kind == CFG_VALUE_NUMBER || insn->op == ALU_MOV)) {
		set_known(
			flow, insn->dst, CFG_VALUE_NUMBER,
			(s64)alu_eval(insn->op, insn->width, (u64)dst->value, (u64)operand.value));
		return;
	}
	if (insn->width == 64 && (flow->value[insn->dst] != PLAIN || src != PLAIN))
		value = moved_address(flow, insn, &operand);
	set(flow, insn->dst, value);
}

static void lddw(struct flow *flow, const struct insn *insn)
{
	set(flow, insn->dst, insn->op == LDDW_CODE ? CODE : PLAIN);
	if (insn->op == LDDW_IMM)
		set_known(flow, insn->dst, CFG_VALUE_NUMBER, insn->imm);
	else if (insn->op == LDDW_MAP)
		set_known(flow, insn->dst, CFG_VALUE_MAP, insn->imm);
}

/* What is read by one who reads these granules, and what is there as an address. */
static u64 follow(const struct frame *f, u64 granules)
{
	for (u64 left = granules; left != 0; left &= left - 1)
		if (may_be_own(f->granules[__builtin_ctzll(left)]))
			return CFG_ALL_GRANULES;
	return granules;
}

/* Others, who may do what summary says, see what is in these granules. Returns what they get at in
 * this way. */
static u64 share(struct frame *f, u64 granules, u8 summary)
{
	u64 reached = follow(f, granules);

	for (; granules != 0; granules &= granules - 1) {
		u16 held = f->granules[__builtin_ctzll(granules)];

		f->v->addresses_shared |= held > CODE;
		if (may_be_foreign(held))
			f->summary |= summary & (CFG_KEEPS | CFG_BELOW);
	}
	return reached;
}

static void after_call(struct flow *flow, u16 result)
{
	for (unsigned reg = BPF_REG_1; reg <= CFG_MAX_ARGS; reg++)
		set(flow, reg, PLAIN);
	set(flow, BPF_REG_0, result);
}

static void call_local(struct flow *flow, u32 callee)
{
	struct frame *f = flow->f;
	u8 summary = f->v->summaries[callee];
	u16 result = f->loaded;
	u16 args = f->b->subprogs[callee].args;

	flow->uses->read_regs |= args & (u16)~flow->uses->written_regs;
	for (unsigned reg = BPF_REG_1; reg <= CFG_MAX_ARGS; reg++) {
		u16 value = flow->value[reg];
		u64 granules = granules_at(value, 0, CFG_SIZE_UNKNOWN);

		if ((args >> reg & 1) == 0)
			continue;
		let_go(f, value);
		if (may_be_foreign(value)) {
			f->summary |= summary & (CFG_KEEPS | CFG_BELOW);
			result = MAX(result, (u16)FOREIGN);
		}
		if (!may_be_own(value))
			continue;
		if ((summary & CFG_BELOW) != 0)
			granules = CFG_ALL_GRANULES;
		if ((summary & CFG_KEEPS) != 0)
			f->is_lost = true;
		granules = share(f, granules, summary);
		read_stack(flow, granules);
		flow->uses->changed_stack |= granules;
		result = ANY;
	}
	after_call(flow, result);
}

/* What a helper does with one argument; and the callbacks that it may call with it. */
static void pass_argument(struct flow *flow, u16 value, u32 reads, u32 writes, bool calls_back)
{
	struct frame *f = flow->f;
	u64 read = reads == 0 ? 0 : granules_at(value, 0, reads);
	u64 changed = writes == 0 ? 0 : granules_at(value, 0, writes);

	if (calls_back && may_be_foreign(value))
		f->summary |= f->callbacks;
	if (calls_back && may_be_own(value)) {
		read = granules_at(value, 0, CFG_SIZE_UNKNOWN);
		if ((f->callbacks & CFG_BELOW) != 0)
			read = CFG_ALL_GRANULES;
		if ((f->callbacks & CFG_KEEPS) != 0)
			f->is_lost = true;
		read = share(f, read, f->callbacks);
		changed = read;
	} else if (read != 0 && may_be_own(value)) {
		read = follow(f, read);
	}
	read_stack(flow, read);
	flow->uses->changed_stack |= changed;
}

/* How many arguments may be code; all but one are given to the callback. */
static bool find_callback(struct flow *flow, u32 arg_count)
{
	bool found = false;

	for (u32 reg = BPF_REG_1; reg < BPF_REG_1 + arg_count; reg++) {
		if (!may_be_code(flow->f, flow->value[reg]))
			continue;
		if (found)
			flow->f->v->code_escapes = true;
		found = true;
	}
	return found;
}

static void call_helper(struct flow *flow, u32 slot)
{
	const struct cfg_options *options = flow->f->b->options;
	struct cfg_effect effect = { .arg_count = CFG_MAX_ARGS };
	struct cfg_value args[CFG_MAX_ARGS];
	u16 read = 0;
	bool calls_back;

	for (u32 i = 0; i < CFG_MAX_ARGS; i++) {
		u16 value = flow->value[BPF_REG_1 + i];

		effect.reads[i] = CFG_SIZE_UNKNOWN;
		effect.writes[i] = CFG_SIZE_UNKNOWN;
		args[i] = flow->known[BPF_REG_1 + i];
		if (is_certain(value))
			args[i] = (struct cfg_value){ CFG_VALUE_STACK, offset_of(value) };
	}
	if (options != NULL && options->call_effect != NULL)
		options->call_effect(options->arg, flow->f->b->prog, slot, args, &effect);
	effect.arg_count = MIN(effect.arg_count, (u32)CFG_MAX_ARGS);
	calls_back = find_callback(flow, effect.arg_count);
	for (u32 i = 0; i < effect.arg_count; i++) {
		read |= (u16)(1u << (BPF_REG_1 + i));
		pass_argument(flow, flow->value[BPF_REG_1 + i], effect.reads[i], effect.writes[i],
			      calls_back);
	}
	for (u32 i = 0; i < effect.arg_count; i++)
		if (args[i].kind == CFG_VALUE_STACK)
			flow->uses->written_stack |=
				cfg_whole_granules(args[i].value, effect.overwrites[i]);
	flow->f->v->live[slot] = read;
	flow->uses->read_regs |= read & (u16)~flow->uses->written_regs;
	after_call(flow, PLAIN);
}

static void step(struct flow *flow, u32 slot, const struct cfg_block *block)
{
	const struct insn *insn = &flow->f->b->prog->insns[slot];

	flow->uses->read_regs |= cfg_insn_reads(insn) & (u16)~flow->uses->written_regs;
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: alu(flow, insn); break;
	case INSN_NEG:
	case INSN_SWAP:
		if (may_be_foreign(flow->value[insn->dst]))
			flow->f->summary |= CFG_BELOW;
		set(flow, insn->dst,
		    may_be_own(flow->value[insn->dst]) ? ANY : flow->value[insn->dst]);
		break;
	case INSN_MOVSX: set(flow, insn->dst, PLAIN); break;
	case INSN_LDDW: lddw(flow, insn); break;
	case INSN_LOAD:
	case INSN_LOAD_ACQ: load(flow, insn); break;
	case INSN_STORE:
	case INSN_STORE_REL:
		store(flow, insn, (insn->flags & INSN_IMM) != 0 ? PLAIN : flow->value[insn->src]);
		overwrite(flow, insn);
		break;
	case INSN_ATOMIC: atomic(flow, insn); break;
	case INSN_LD_PACKET: set(flow, BPF_REG_0, PLAIN); break;
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX: call_helper(flow, slot); break;
	case INSN_CALL_LOCAL:
		call_local(flow, block->callee);
		flow->f->v->live[slot] = flow->f->b->subprogs[block->callee].args;
		break;
	case INSN_LDDW_HIGH:
	case INSN_JUMP_IF:
	case INSN_JUMP:
	case INSN_MAY_GOTO: break;
	case INSN_EXIT: let_go(flow->f, flow->value[BPF_REG_0]); break;
	}
	flow->uses->written_regs |= cfg_insn_writes(insn);
}

/* Through one block, and on to its successors. */
static void visit(struct frame *f, u32 idx)
{
	const struct cfg_block *block = &f->b->blocks[idx];
	const u16 *in = &f->v->in[(size_t)idx * VALUE_REGS];
	struct flow flow = { .f = f, .uses = &f->v->uses[idx] };

	*flow.uses = (struct cfg_uses){ 0 };
	memcpy(flow.value, in, VALUE_REGS * sizeof(*in));
	flow.value[BPF_REG_FP] = at_offset(0, true);
	for (u32 slot = block->start; slot < block->start + block->count; slot++)
		step(&flow, slot, block);
	f->visits += block->count;
	for (u32 k = 0; k < 2; k++) {
		u16 *next;
		u8 *state;

		if (block->succ[k] == CFG_NONE)
			continue;
		next = &f->v->in[(size_t)block->succ[k] * VALUE_REGS];
		state = &f->v->state[block->succ[k]];
		for (u32 reg = 0; reg < VALUE_REGS; reg++) {
			u16 joined = (*state & STATE_SEEN) != 0 ? join(next[reg], flow.value[reg])
								: flow.value[reg];

			if (joined != next[reg])
				*state |= STATE_DIRTY;
			next[reg] = joined;
		}
		if ((*state & STATE_SEEN) == 0)
			*state = STATE_SEEN | STATE_DIRTY;
	}
}

static bool is_too_long(const struct frame *f)
{
	return f->visits > (u64)f->b->prog->subprogs[f->subprog].count * MAX_VISITS ||
	       cfg_is_late(f->b);
}

/* Until nothing changes but, perhaps, what granules hold. */
static void run_round(struct frame *f)
{
	const struct cfg_subprog *subprog = &f->b->subprogs[f->subprog];
	bool again = true;

	for (u32 i = 0; i < subprog->order_count; i++)
		f->v->state[f->b->order[subprog->order + i].block] |= STATE_DIRTY;
	while (again && !is_too_long(f)) {
		again = false;
		for (u32 i = 0; i < subprog->order_count && !is_too_long(f); i++) {
			u32 block = f->b->order[subprog->order + i].block;
			u8 *state = &f->v->state[block];

			f->visits++;
			if (*state != (STATE_SEEN | STATE_DIRTY))
				continue;
			*state = STATE_SEEN;
			visit(f, block);
			again = true;
		}
	}
}

/* Registers only, and the arguments of calls, where addresses could not be followed to the end. */
static void give_up(struct frame *f)
{
	const struct cfg_subprog *subprog = &f->b->subprogs[f->subprog];

	f->is_lost = true;
	f->summary |= CFG_KEEPS | CFG_BELOW;
	f->v->addresses_shared |= f->arguments == FOREIGN;
	for (u32 i = 0; i < subprog->order_count; i++) {
		u32 block = f->b->order[subprog->order + i].block;
		u16 *in = &f->v->in[(size_t)block * VALUE_REGS];

		for (u32 reg = 0; reg < VALUE_REGS; reg++)
			in[reg] = ANY;
		visit(f, block);
	}
}

static void begin(struct frame *f)
{
	const struct cfg_subprog *subprog = &f->b->subprogs[f->subprog];
	u16 *in = &f->v->in[(size_t)subprog->block * VALUE_REGS];
	bool is_called = (f->v->summaries[f->subprog] & CFG_CALLED) != 0;

	f->arguments = is_called || f->v->code_escapes ? FOREIGN : PLAIN;
	f->loaded = (is_called && f->v->addresses_shared) || f->v->code_escapes ? FOREIGN : PLAIN;
	for (u32 i = 0; i < subprog->call_count; i++) {
		const struct cfg_call *call = &f->b->cfg->calls[subprog->call + i];

		if (!call->is_reference)
			continue;
		f->has_callbacks = true;
		f->callbacks |= f->v->summaries[call->callee] & (CFG_KEEPS | CFG_BELOW);
	}
	if (f->v->code_escapes)
		f->callbacks = CFG_KEEPS | CFG_BELOW;
	for (u32 reg = 0; reg < VALUE_REGS; reg++)
		in[reg] = (ARG_REGS >> reg & 1) != 0 ? f->arguments : PLAIN;
	f->v->state[subprog->block] = STATE_SEEN;
}

void cfg_values_subprog(struct cfg_values *v, u32 subprog)
{
	struct frame f = { .v = v, .b = v->b, .subprog = subprog };

	begin(&f);
	for (u32 round = 0; round < MAX_ROUNDS && (round == 0 || f.has_changed); round++) {
		f.has_changed = false;
		run_round(&f);
	}
	if (f.has_changed || is_too_long(&f))
		give_up(&f);
	v->b->subprogs[subprog].is_stack_lost = f.is_lost;
	v->summaries[subprog] = (v->summaries[subprog] & CFG_CALLED) | f.summary;
}

/* What is not known yet, in circles of references, is feared. */
void cfg_values_begin(struct cfg_values *v)
{
	struct cfg_builder *b = v->b;

	memset(v->summaries, CFG_KEEPS | CFG_BELOW, b->prog->subprog_count);
	for (u32 i = 0; i < b->cfg->call_count; i++)
		v->summaries[b->cfg->calls[i].callee] |= CFG_CALLED;
	memset(v->state, 0, b->cfg->block_count);
}

int cfg_values_init(struct cfg_values *v, struct cfg_builder *b, u16 *live)
{
	u32 count = b->cfg->block_count;

	v->b = b;
	v->live = live;
	v->uses = cfg_scratch(b, count, sizeof(*v->uses));
	v->summaries = cfg_scratch(b, b->prog->subprog_count, sizeof(*v->summaries));
	v->in = cfg_scratch(b, count, VALUE_REGS * sizeof(*v->in));
	v->state = cfg_scratch(b, count, sizeof(*v->state));
	if (v->uses == NULL || v->summaries == NULL || v->in == NULL || v->state == NULL)
		return ERR_NOMEM;
	return 0;
}
