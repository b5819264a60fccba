/* SPDX-License-Identifier: MIT */
/* From operations to arm64 code: encoded for jumps that are near, again if they are not. */
#include "jit/arm64/a64.h"

struct a64_when a64_not(struct a64_when when)
{
	switch ((enum a64_insn)when.insn) {
	case A64_CBZ: when.insn = A64_CBNZ; break;
	case A64_CBNZ: when.insn = A64_CBZ; break;
	case A64_TBZ: when.insn = A64_TBNZ; break;
	case A64_TBNZ: when.insn = A64_TBZ; break;
	default: when.cc ^= 1; break;
	}
	return when;
}

/* The jump without its distance. */
static void put_when(struct a64 *a, struct a64_when when)
{
	switch ((enum a64_insn)when.insn) {
	case A64_B_CC: a64_put(&a->sites.out, A64_B_CC, 64, when.cc, 0, 0, 0); return;
	case A64_CBZ:
	case A64_CBNZ:
		a64_put(&a->sites.out, (enum a64_insn)when.insn, when.width, when.reg, 0, 0, 0);
		return;
	case A64_TBZ:
	case A64_TBNZ:
		a64_put(&a->sites.out, (enum a64_insn)when.insn, when.bit >= 32 ? 64 : 32, when.reg,
			0, (when.bit & 31u) << 3, 0);
		return;
	default: a64_put(&a->sites.out, (enum a64_insn)when.insn, 64, 0, 0, 0, 0); return;
	}
}

static bool reaches(const struct a64 *a, struct a64_when when)
{
	switch ((enum a64_insn)when.insn) {
	case A64_B: return true;
	case A64_TBZ:
	case A64_TBNZ: return a->reach == REACH_14;
	default: return a->reach != REACH_26;
	}
}

u32 a64_skip(struct a64 *a, struct a64_when when)
{
	u32 at = a->sites.out.len;

	put_when(a, when);
	return at;
}

void a64_here(struct a64 *a, u32 from, struct a64_when when)
{
	a->sites.failed |= !a64_patch(&a->sites.out, from, (enum a64_insn)when.insn,
				      (s64)a->sites.out.len - from);
}

/* Puts the jump, of the kind that reaches everything; which one it is then. */
static enum a64_insn put_far(struct a64 *a, struct a64_when when, u32 *ret_at)
{
	bool far = !reaches(a, when);
	u32 around = 0;

	if (far)
		around = a64_skip(a, a64_not(when));
	*ret_at = a->sites.out.len;
	put_when(a, far ? a64_always() : when);
	if (far)
		a64_here(a, around, when);
	return far ? A64_B : (enum a64_insn)when.insn;
}

static void add_fixup(struct a64 *a, u32 at, enum a64_insn insn, enum jit_fixup_kind kind,
		      u32 target)
{
	jit_add_fixup(&a->sites, (struct jit_fixup){ .at = at,
						     .target = target,
						     .kind = (u8)kind,
						     .form = (u8)insn,
						     .size = 4 });
}

void a64_jump_to(struct a64 *a, struct a64_when when, enum jit_fixup_kind kind, u32 target)
{
	u32 at;
	enum a64_insn insn = put_far(a, when, &at);

	add_fixup(a, at, insn, kind, target);
}

void a64_call_to(struct a64 *a, enum jit_fixup_kind kind, u32 target)
{
	add_fixup(a, a->sites.out.len, A64_BL, kind, target);
	a64_put(&a->sites.out, A64_BL, 64, 0, 0, 0, 0);
}

/* Where code is long: of a jump there, which is near. */
void a64_address_of(struct a64 *a, u8 d, enum jit_fixup_kind kind, u32 target)
{
	u32 around, at = a->sites.out.len;

	a64_put(&a->sites.out, A64_ADR, 64, d, 0, 0, 0);
	if (a->reach != REACH_26) {
		add_fixup(a, at, A64_ADR, kind, target);
		return;
	}
	around = a64_skip(a, a64_always());
	a->sites.failed |= !a64_patch(&a->sites.out, at, A64_ADR, 8);
	a64_jump_to(a, a64_always(), kind, target);
	a64_here(a, around, a64_always());
}

void a64_stub(struct a64 *a, struct a64_when when, struct jit_stub stub)
{
	u32 index = jit_add_stub(&a->sites, stub);

	a64_jump_to(a, when, FIX_STUB, index);
	if (!a->sites.no_memory)
		a->sites.stubs[index].back = jit_here(&a->sites);
}

static void put_stub(struct a64 *a, u32 index)
{
	struct jit_stub *stub = &a->sites.stubs[index];

	stub->place = jit_here(&a->sites);
	a64_const(a, T2, stub->value);
	if (stub->kind == STUB_ACCESS) {
		a64_call_to(a, FIX_COMMON, COMMON_ACCESS);
		if ((stub->value & 1) == 0) /* what is not aligned is not allowed */
			a64_jump_to(a, a64_always(), FIX_BACK, index);
		return;
	}
	if (stub->kind == STUB_FAULT)
		a64_const(a, T1, (u32)-stub->status);
	a64_jump_to(a, a64_always(), FIX_COMMON, jit_stub_common(stub->kind));
}

static void put_alu(struct a64 *a, const struct jit_op *op)
{
	if (a->pending != NULL) {
		a64_fused(a, a->pending, op);
		a->pending = NULL;
	} else if (a->op + 1 < a->j->op_count && a64_fuses(a, op, op + 1)) {
		a->pending = op;
	} else {
		a64_alu(a, op);
	}
}

static void put_op(struct a64 *a, const struct jit_op *op)
{
	switch ((enum jit_code)op->code) {
	case JIT_NOP:
	case JIT_LABEL: return;
	case JIT_FUNC: a64_func(a, op); return;
	case JIT_MOV:
	case JIT_CONST:
	case JIT_NEG:
	case JIT_SEXT:
	case JIT_ZEXT:
	case JIT_BSWAP:
	case JIT_ROL: a64_unary(a, op); return;
	case JIT_ALU: put_alu(a, op); return;
	case JIT_LEA: a64_lea(a, op); return;
	case JIT_LOAD:
	case JIT_LOAD_ACQ: a64_load(a, op); return;
	case JIT_STORE:
	case JIT_STORE_REL: a64_store(a, op); return;
	case JIT_ATOMIC: a64_atomic(a, op); return;
	case JIT_BRANCH: a64_branch(a, op); return;
	case JIT_JUMP: a64_jump(a, op); return;
	case JIT_SELECT: a64_select(a, op); return;
	case JIT_MAY_GOTO: a64_may_goto(a, op); return;
	case JIT_CALL: a64_call(a, op); return;
	case JIT_CALLX: a64_callx(a, op); return;
	case JIT_CALL_FUNC: a64_call_func(a, op); return;
	case JIT_PACKET: a64_packet(a, op); return;
	case JIT_LOOKUP: a64_lookup(a, op); return;
	case JIT_SLOT: a64_slot(a); return;
	case JIT_STOP: a64_stop(a, op); return;
	case JIT_EXIT: a64_exit(a, op); return;
	}
}

static void run_pass(struct a64 *a)
{
	struct jit *j = a->j;
	struct jit_sites *sites = &a->sites;

	a->pending = NULL;
	jit_sites_begin(sites);
	for (a->op = 0; a->op < j->op_count; a->op++) {
		const struct jit_op *op = &j->ops[a->op];

		jit_make_room(sites);
		if (op->code != JIT_FUNC)
			jit_place_slot(sites, op->slot);
		put_op(a, op);
	}
	jit_sites_end(sites);
	a64_common_code(a);
	for (u32 i = 0; i < sites->stub_count; i++) {
		jit_make_room(sites);
		put_stub(a, i);
	}
}

/* Whether all of the code is nearer than what a calls with BL from all of it. */
static bool calls_reach(u64 address, u32 len, u64 host)
{
	const s64 limit = 1ll << 27;
	s64 first = (s64)(host - address), last = first - len;

	return address != 0 && first % 4 == 0 && first < limit && last >= -limit;
}

static void choose_calls(struct a64 *a, u64 address)
{
	struct jit_sites *sites = &a->sites;

	for (u32 i = 0; i < sites->fixup_count && sites->host_count != 0; i++) {
		struct jit_fixup *fixup = &sites->fixups[i];

		if (fixup->kind == FIX_HOST)
			fixup->gain =
				calls_reach(address, sites->out.len, sites->hosts[fixup->target])
					? (u8)(fixup->size - 4)
					: 0;
	}
	jit_sum_gains(sites);
}

static bool put_fixups(struct a64 *a, u8 *bytes, u64 address, u32 len)
{
	struct jit_sites *sites = &a->sites;
	struct jit_out out = { bytes, len, len };
	bool reach = true;

	for (u32 i = 0; i < sites->fixup_count; i++) {
		const struct jit_fixup *fixup = &sites->fixups[i];
		u32 at = fixup->at - sites->gains[i];
		struct jit_place place = jit_place_of(sites, fixup);
		s64 distance;

		if (fixup->kind == FIX_HOST) {
			if (fixup->gain == 0)
				continue;
			out.len = at;
			a64_put(&out, A64_BL, 64, 0, 0, 0, 0);
			distance = (s64)(sites->hosts[fixup->target] - (address + at));
		} else {
			reach &= place.offset != JIT_UNKNOWN;
			if (!reach)
				break;
			distance = (s64)jit_moved(sites, place) - at;
		}
		/* ADR counts bytes, in four parts: its lowest two bits are elsewhere, and 0. */
		reach &= a64_patch(&out, at, (enum a64_insn)fixup->form, distance);
	}
	return reach;
}

static int measure(struct jit *j)
{
	struct a64 *a = arena_alloc(j->arena, sizeof(*a));

	if (a == NULL || jit_sites_init(j, &a->sites) != 0)
		goto no_memory;
	j->target = a;
	a->j = j;
	a->blind = j->options.blind;
	a->checked = j->checked;
	a->lse = j->options.atomics == JIT_ATOMICS_LSE;
	a->support = *j->options.support;
	run_pass(a);
	if (a->sites.out.len >= 1u << 15) {
		a->reach = REACH_19;
		run_pass(a);
	}
	if (a->sites.out.len >= 1u << 20) {
		a->reach = REACH_26;
		run_pass(a);
	}
	a->sites.gains =
		arena_array(j->arena, (size_t)a->sites.fixup_count + 1, sizeof(*a->sites.gains));
	if (a->sites.no_memory || a->sites.gains == NULL)
		goto no_memory;
	j->size = a->sites.out.len;
	if (j->size >= 1u << 27)
		return error_set(j->err, ERR_TOOBIG, "the code is too long");
	return 0;
no_memory:
	return error_set(j->err, ERR_NOMEM, "no memory to compile %u instructions",
			 j->prog->insn_count);
}

static int write(struct jit *j, u8 *out, size_t cap, u64 address, size_t *ret_len)
{
	struct a64 *a = j->target;
	size_t len;

	choose_calls(a, address);
	if (!jit_sites_copy(&a->sites, out, cap, &len) || !put_fixups(a, out, address, (u32)len) ||
	    a->sites.failed)
		return error_set(j->err, ERR_TOOBIG, "the code does not fit");
	*ret_len = len;
	return 0;
}

static u32 thunk(const struct jit *j)
{
	const struct a64 *a = j->target;

	return jit_moved(&a->sites, a->sites.common[COMMON_THUNK]);
}

static u32 dwarf_register(u8 reg)
{
	return a64_host(reg);
}

const struct jit_backend jit_a64_backend = { measure, write, thunk, dwarf_register };
