/* SPDX-License-Identifier: MIT */
/* From operations to x86-64 code: encoded with every jump long, then with those short that can be.
 */
#include "jit/x86_64/x86.h"

#include "base/le.h"

static void fixup(struct x86 *x, enum x86_fixup_form form, u32 size, enum jit_fixup_kind kind,
		  u32 target)
{
	jit_add_fixup(&x->sites, (struct jit_fixup){ .at = x->sites.out.len,
						     .target = target,
						     .kind = (u8)kind,
						     .form = (u8)form,
						     .size = (u8)size });
}

void x86_jump_to(struct x86 *x, u32 cc, enum jit_fixup_kind kind, u32 target)
{
	struct jit_out *out = &x->sites.out;

	if (kind == FIX_SLOT)
		x86_loop_ends(x, target);
	switch (cc) {
	case CC_INSIDE:
		fixup(x, FORM_SHORT, 1, kind, target);
		x86_byte(out, 0);
		return;
	case CC_NO_JUMP: fixup(x, FORM_DISTANCE, 4, kind, target); break;
	case CC_ALWAYS:
		fixup(x, FORM_JUMP, 5, kind, target);
		x86_byte(out, 0xe9);
		break;
	default:
		fixup(x, FORM_BRANCH, 6, kind, target);
		x86_bytes(out, 0x800f + (cc << 8), 2);
		break;
	}
	x86_bytes(out, 0, 4);
}

void x86_call_to(struct x86 *x, enum jit_fixup_kind kind, u32 target)
{
	x86_byte(&x->sites.out, 0xe8);
	x86_jump_to(x, CC_NO_JUMP, kind, target);
}

void x86_call_host(struct x86 *x, u64 address)
{
	fixup(x, FORM_CALL, 6, FIX_HOST, jit_add_host(&x->sites, address));
	x86_bytes(&x->sites.out, 0x15ff, 6); /* call [rip + 0] */
}

/* These jumps stay long: what they lead to is far, mostly. */
void x86_stub(struct x86 *x, enum x86_cc cc, struct jit_stub stub)
{
	u32 index = jit_add_stub(&x->sites, stub);

	if ((u32)cc != CC_ALWAYS)
		x86_byte(&x->sites.out, 0x0f);
	x86_byte(&x->sites.out, (u32)cc == CC_ALWAYS ? 0xe9 : 0x80u + cc);
	x86_jump_to(x, CC_NO_JUMP, FIX_STUB, index);
	if (!x->sites.no_memory)
		x->sites.stubs[index].back = jit_here(&x->sites);
}

static void put_stub(struct x86 *x, u32 index)
{
	struct jit_stub *stub = &x->sites.stubs[index];

	stub->place = jit_here(&x->sites);
	x86_const(x, RCX, stub->value);
	if (stub->kind == STUB_ACCESS) {
		x86_call_to(x, FIX_COMMON, COMMON_ACCESS);
		if ((stub->value & 1) != 0)
			return; /* what is not aligned is not allowed */
		x86_byte(&x->sites.out, 0xe9);
		x86_jump_to(x, CC_NO_JUMP, FIX_BACK, index);
		return;
	}
	if (stub->kind == STUB_FAULT)
		x86_const(x, RAX, (u32)-stub->status);
	x86_jump_to(x, CC_ALWAYS, FIX_COMMON, jit_stub_common(stub->kind));
}

static void put_op(struct x86 *x, const struct jit_op *op)
{
	switch ((enum jit_code)op->code) {
	case JIT_NOP: return;
	case JIT_LABEL: x->flags_at = JIT_UNKNOWN; return;
	case JIT_FUNC: x86_func(x, op); return;
	case JIT_MOV:
	case JIT_CONST:
	case JIT_NEG:
	case JIT_SEXT:
	case JIT_ZEXT:
	case JIT_BSWAP:
	case JIT_ROL: x86_unary(x, op); return;
	case JIT_ALU: x86_alu(x, op); return;
	case JIT_LEA: x86_lea(x, op); return;
	case JIT_LOAD:
	case JIT_LOAD_ACQ: x86_load(x, op); return;
	case JIT_STORE:
	case JIT_STORE_REL: x86_store(x, op); return;
	case JIT_ATOMIC: x86_atomic(x, op); return;
	case JIT_BRANCH: x86_branch(x, op); return;
	case JIT_JUMP: x86_jump(x, op); return;
	case JIT_SELECT: x86_select(x, op); return;
	case JIT_MAY_GOTO: x86_may_goto(x, op); return;
	case JIT_CALL: x86_call(x, op); return;
	case JIT_CALLX: x86_callx(x, op); return;
	case JIT_CALL_FUNC: x86_call_func(x, op); return;
	case JIT_PACKET: x86_packet(x, op); return;
	case JIT_LOOKUP: x86_lookup(x, op); return;
	case JIT_SLOT: x86_slot(x); return;
	case JIT_STOP: x86_stop(x, op); return;
	case JIT_EXIT: x86_exit(x); return;
	}
}

static void run_pass(struct x86 *x)
{
	const struct jit_op *op = x->j->ops;
	u32 count = x->j->op_count;
	struct jit_sites *sites = &x->sites;

	x->flags_at = JIT_UNKNOWN;
	x->loops = 0;
	jit_sites_begin(sites);
	for (u32 i = 0; i < count; i++, op++) {
		x->op = i;
		jit_make_room(sites);
		if (op->code == JIT_LABEL && (x->j->slots[op->slot].flags & SLOT_LOOP) != 0)
			x86_loop_begins(x);
		if (op->code != JIT_FUNC)
			jit_place_slot(sites, op->slot);
		put_op(x, op);
	}
	jit_sites_end(sites);
	x86_common_code(x);
	for (u32 i = 0; i < sites->stub_count; i++) {
		jit_make_room(sites);
		put_stub(x, i);
	}
}

/* --- jumps become short --------------------------------------------------------------------------
 */

/* What the jump takes less, if its target is near. was: the fixup's gains before; gains of what is
 * behind are not smaller than they were then, so forwards it is the greatest distance. */
static u32 gain_of(const struct jit_sites *sites, const struct jit_fixup *fixup, u32 was, u32 now)
{
	struct jit_place place = jit_place_of(sites, fixup);
	s64 target;

	if (place.offset == JIT_UNKNOWN)
		return 0;
	target = (s64)place.offset - sites->gains[place.fixups];
	if (place.offset > fixup->at ? target - (fixup->at - was + fixup->size) > 127
				     : target - (fixup->at - now + 2) < -128)
		return 0;
	return fixup->size - 2u;
}

/* Once more, as what has become short brings other targets near. */
#define ROUNDS 3

static void shorten(struct jit_sites *sites)
{
	bool changed = true;

	for (u32 round = 0; round < ROUNDS && changed; round++) {
		u32 sum = 0;

		changed = false;
		for (u32 i = 0; i < sites->fixup_count; i++) {
			struct jit_fixup *fixup = &sites->fixups[i];
			u32 was = sites->gains[i];

			sites->gains[i] = sum;
			if ((fixup->form == FORM_JUMP || fixup->form == FORM_BRANCH) &&
			    fixup->gain == 0) {
				fixup->gain = (u8)gain_of(sites, fixup, was, sum);
				changed |= fixup->gain != 0;
			}
			sum += fixup->gain;
		}
		sites->gains[sites->fixup_count] = sum;
	}
}

static int measure(struct jit *j)
{
	struct x86 *x = arena_alloc(j->arena, sizeof(*x));

	if (x == NULL || jit_sites_init(j, &x->sites) != 0)
		goto no_memory;
	j->target = x;
	x->j = j;
	x->ms = j->options.target == JIT_X86_64_MS;
	x->blind = j->options.blind;
	x->checked = j->checked;
	x->support = *j->options.support;
	run_pass(x);
	x->sites.gains =
		arena_array(j->arena, (size_t)x->sites.fixup_count + 1, sizeof(*x->sites.gains));
	x->slots = arena_array(j->arena, x->sites.host_count, sizeof(*x->slots));
	if (x->sites.no_memory || x->sites.gains == NULL || x->slots == NULL)
		goto no_memory;
	shorten(&x->sites);
	j->size = x->sites.out.len - x->sites.gains[x->sites.fixup_count] +
		  8 * ((size_t)x->sites.host_count + 1);
	return 0;
no_memory:
	return error_set(j->err, ERR_NOMEM, "no memory to compile %u instructions",
			 j->prog->insn_count);
}

/* --- writing -------------------------------------------------------------------------------------
 */

static bool reaches(u64 address, u32 len, u64 host)
{
	s64 first = (s64)(host - address), last = (s64)(host - (address + len));

	return address != 0 && first <= INT32_MAX && first >= INT32_MIN && last <= INT32_MAX &&
	       last >= INT32_MIN;
}

/* Calls of what is near are direct. */
static void choose_calls(struct x86 *x, u64 address)
{
	struct jit_sites *sites = &x->sites;

	if (sites->host_count == 0)
		return;
	for (u32 i = 0; i < sites->fixup_count; i++)
		if (sites->fixups[i].kind == FIX_HOST)
			sites->fixups[i].gain = reaches(address, sites->out.len,
							sites->hosts[sites->fixups[i].target]);
	jit_sum_gains(sites);
}

/* at: where it is now. False: too far. */
static bool put_fixup(u8 *at, const struct jit_fixup *fixup, u32 distance)
{
	u32 size = fixup->size - (u32)fixup->gain;

	if (fixup->form == FORM_CALL && fixup->gain != 0)
		at[0] = 0xe8;
	if (size > 2) {
		le32_store(at + size - 4, distance);
		return true;
	}
	if (fixup->form == FORM_JUMP)
		at[0] = 0xeb;
	else if (fixup->form == FORM_BRANCH)
		at[0] = (u8)(at[1] - 0x10);
	at[size - 1] = (u8)distance;
	return (s32)distance >= -128 && (s32)distance <= 127;
}

/* Behind the code, the addresses that calls go through. */
static u32 put_slot(struct x86 *x, u8 *out, u32 host, size_t *len)
{
	if (x->slots[host] == JIT_UNKNOWN) {
		while (*len % 8 != 0)
			out[(*len)++] = 0xcc;
		le64_store(out + *len, x->sites.hosts[host]);
		x->slots[host] = (u32)*len;
		*len += 8;
	}
	return x->slots[host];
}

/* There is room for all, by j->size. */
static bool put_fixups(struct x86 *x, u8 *out, u64 address, size_t *len)
{
	struct jit_sites *sites = &x->sites;
	bool reach = true;

	for (u32 i = 0; i < sites->host_count; i++)
		x->slots[i] = JIT_UNKNOWN;
	for (u32 i = 0; i < sites->fixup_count; i++) {
		const struct jit_fixup *fixup = &sites->fixups[i];
		u32 at = fixup->at - sites->gains[i], end = at + fixup->size - fixup->gain, to;
		struct jit_place place = jit_place_of(sites, fixup);

		if (fixup->kind == FIX_PAD) {
			x86_put_nops(out + at, end - at);
			continue;
		}
		if (fixup->kind != FIX_HOST) {
			reach &= place.offset != JIT_UNKNOWN;
			to = place.offset != JIT_UNKNOWN ? jit_moved(sites, place) : 0;
		} else if (fixup->gain != 0) {
			to = (u32)(sites->hosts[fixup->target] - address);
		} else {
			to = put_slot(x, out, fixup->target, len);
		}
		reach &= put_fixup(out + at, fixup, to - end);
	}
	return reach;
}

static int write(struct jit *j, u8 *out, size_t cap, u64 address, size_t *ret_len)
{
	struct x86 *x = j->target;
	size_t len;

	choose_calls(x, address);
	x86_place_loops(x, address);
	if (cap < j->size || !jit_sites_copy(&x->sites, out, cap, &len) ||
	    !put_fixups(x, out, address, &len))
		return error_set(j->err, ERR_TOOBIG, "the code does not fit");
	*ret_len = len;
	return 0;
}

static u32 thunk(const struct jit *j)
{
	const struct x86 *x = j->target;

	return jit_moved(&x->sites, x->sites.common[COMMON_THUNK]);
}

static u32 dwarf_register(u8 reg)
{
	/* DWARF begins with rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp. */
	static const u8 first[] = { 0, 2, 1, 3, 7, 6, 4, 5 };
	u8 host = x86_host(reg);

	return host < ARRAY_COUNT(first) ? first[host] : host;
}

const struct jit_backend jit_x86_backend = { measure, write, thunk, dwarf_register };
