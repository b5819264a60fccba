/* SPDX-License-Identifier: MIT */
/* One instruction after the other. What values are is computed by the plain functions of the second
 * interpreter; what they mean is followed here. */
#include "base/str.h"
#include "interp_ref.h"
#include "machine.h"

static const struct word none = { 0 };

static bool read_reg(struct machine *m, u32 reg, struct word *ret)
{
	*ret = m->r[reg];
	return ret->tag != TAG_NONE || machine_fail(m, "r%u is read and was never written", reg);
}

static bool operand(struct machine *m, const struct insn *insn, struct word *ret)
{
	if ((insn->flags & INSN_IMM) == 0)
		return read_reg(m, insn->src, ret);
	*ret = word_number((u64)insn->imm);
	return true;
}

static bool is_address(const struct word *w)
{
	return w->tag == TAG_POINTER || w->tag == TAG_MIXED;
}

/* What the result is, as far as addresses go. */
static struct word mix(const struct machine *m, const struct insn *insn, const struct word *d,
		       const struct word *s, u64 v)
{
	struct word w = word_number(v);
	bool is_same = is_address(d) && is_address(s) && d->obj == s->obj;

	if (!is_address(d) && !is_address(s))
		return w;
	if ((is_same && insn->op == ALU_SUB) ||
	    (insn->src == insn->dst && (insn->flags & INSN_IMM) == 0 && insn->op == ALU_XOR))
		return w;
	w.tag = machine_hidden(m);
	w.obj = is_address(d) ? d->obj : s->obj;
	if (insn->width == 64 &&
	    ((insn->op == ALU_ADD && (d->tag == TAG_NUMBER || s->tag == TAG_NUMBER) &&
	      (d->tag == TAG_POINTER || s->tag == TAG_POINTER)) ||
	     (insn->op == ALU_SUB && d->tag == TAG_POINTER && s->tag == TAG_NUMBER)))
		w.tag = TAG_POINTER;
	return w;
}

static bool do_alu(struct machine *m, const struct insn *insn)
{
	struct word *d = &m->r[insn->dst], s;
	u64 v;

	if (!operand(m, insn, &s))
		return false;
	if (insn->op == ALU_MOV) {
		*d = s;
		if (insn->width == 32) {
			d->v = (u32)s.v;
			if (is_address(&s))
				d->tag = machine_hidden(m);
		}
		return true;
	}
	if (d->tag == TAG_NONE)
		return machine_fail(m, "r%u is read and was never written", insn->dst);
	if (m->policy->no_division_by_zero && (insn->width == 32 ? (u32)s.v : s.v) == 0 &&
	    (insn->op == ALU_DIV || insn->op == ALU_MOD || insn->op == ALU_SDIV ||
	     insn->op == ALU_SMOD))
		return machine_fail(m, "division by zero");
	v = ref_alu((enum alu_op)insn->op, insn->width, d->v, s.v);
	*d = mix(m, insn, d, &s, v);
	return true;
}

static u64 extend(u64 v, u32 size)
{
	u64 top = 1ull << (8 * size - 1);

	v = size == 8 ? v : v & (top * 2 - 1);
	return (v ^ top) - top;
}

static bool do_unary(struct machine *m, const struct insn *insn)
{
	struct word *d = &m->r[insn->dst], s;

	if (!read_reg(m, insn->kind == INSN_MOVSX ? insn->src : insn->dst, &s))
		return false;
	if (is_address(&s))
		s.tag = machine_hidden(m);
	if (insn->kind == INSN_NEG) {
		s.v = ref_alu(ALU_SUB, insn->width, 0, s.v);
	} else if (insn->kind == INSN_MOVSX) {
		s.v = extend(s.v, insn->size);
		if (insn->width == 32)
			s.v = (u32)s.v;
	} else {
		u64 v = 0;

		for (u32 i = 0; i < insn->size; i++)
			v |= (s.v >> (8 * i) & 0xff)
			     << 8 * (insn->op == SWAP_LE ? i : insn->size - 1u - i);
		s.v = v;
	}
	*d = s;
	return true;
}

/* A value of the kernel's configuration; others count as numbers. */
static bool variable(struct machine *m, const struct prog_var *var, struct word *ret)
{
	u8 *bytes;
	u32 obj;

	if (!var->is_config) {
		*ret = word_number(choice_number(m->choice));
		return true;
	}
	bytes = machine_alloc(m, var->size);
	obj = bytes != NULL ? machine_object(m, OBJECT_MEM, var->size, bytes) : MACHINE_NO_OBJECT;
	if (obj == MACHINE_NO_OBJECT)
		return machine_give_up(m);
	choice_fill(m->choice, bytes, var->size);
	m->objects[obj].is_writable = false;
	*ret = word_pointer(m, obj, 0);
	return true;
}

static bool do_lddw(struct machine *m, const struct insn *insn)
{
	struct word *d = &m->r[insn->dst];
	u32 obj;

	switch ((enum lddw_op)insn->op) {
	case LDDW_MAP: *d = word_pointer(m, m->maps[insn->imm], 0); return true;
	case LDDW_MAP_VALUE:
		obj = machine_value(m, (u32)insn->imm, 0);
		*d = word_pointer(m, obj, (u32)insn->off);
		return obj != MACHINE_NO_OBJECT || machine_fail(m, "no memory for a map's value");
	case LDDW_CODE:
		obj = machine_object(m, OBJECT_CODE, 1, NULL);
		if (obj == MACHINE_NO_OBJECT)
			return machine_give_up(m);
		m->objects[obj].region =
			(u32)(prog_subprog_at(m->prog, m->pc + 1 + (u32)insn->off) -
			      m->prog->subprogs);
		*d = word_pointer(m, obj, 0);
		return true;
	case LDDW_VARIABLE: return variable(m, &m->prog->vars[insn->imm], d);
	default: *d = word_number((u64)insn->imm); return true;
	}
}

/* A pointer that a field of the context stands for. */
static struct word field_pointer(struct machine *m, const struct spec_field *field)
{
	u32 obj;

	switch ((enum spec_field_kind)field->kind) {
	case FIELD_DATA: return word_pointer(m, m->packet, 0);
	case FIELD_DATA_END: return word_pointer(m, m->packet, (s64)m->len);
	case FIELD_DATA_META: return word_pointer(m, m->packet, -(s64)m->meta);
	case FIELD_POINTER:
	case FIELD_SCALAR:
	case FIELD_PACKET_LEN: break;
	}
	if (field->gives != RET_FLOW_KEYS && field->gives != RET_BTF && flip(m->choice))
		return word_number(0);
	obj = machine_object(m, OBJECT_HOST, 4096, NULL);
	if (obj == MACHINE_NO_OBJECT) {
		machine_give_up(m);
		return word_number(0);
	}
	m->objects[obj].region = (u32)field->gives;
	return word_pointer(m, obj, 0);
}

/* The context, or an object of the host, by what spec says of its fields. */
static bool field_access(struct machine *m, const struct insn *insn, const struct word *at,
			 bool store, struct word *ret)
{
	const struct object *o = &m->objects[at->obj];
	const struct spec_ctx *layout = o->kind == OBJECT_CTX
						? spec_ctx_of(m->prog->type, m->prog->attach)
						: spec_ret_layout((enum spec_ret)o->region);
	u64 off = at->v + (u64)(s64)insn->off - o->base;
	const struct spec_field *field = NULL;
	const char *why = "nothing is described";

	if (o->is_alive && layout != NULL && off <= layout->size)
		why = spec_ctx_access(layout, (u32)off, insn->size, store, &field);
	if (why != NULL)
		return machine_fail(m, "context at %lld: %s", (s64)off, why);
	if (field != NULL && field->kind != FIELD_SCALAR && field->kind != FIELD_PACKET_LEN) {
		if (store || insn->size != field->size || o->kind != OBJECT_CTX ||
		    (insn->flags & INSN_SIGNED) != 0)
			return machine_fail(m, "a pointer field in part");
		*ret = field_pointer(m, field);
		return true;
	}
	if (store && ret->tag != TAG_NUMBER)
		return machine_fail(m, "an address is stored to the context");
	if (store && o->bytes != NULL)
		memcpy(o->bytes + off, &ret->v, insn->size);
	if (store)
		return true;
	*ret = word_number(choice_number(m->choice));
	if (o->bytes != NULL) {
		ret->v = 0;
		memcpy(&ret->v, o->bytes + off, insn->size);
	}
	if (insn->size < 8)
		ret->v &= (1ull << (8 * insn->size)) - 1;
	return true;
}

static bool has_fields(const struct machine *m, const struct word *at)
{
	return at->tag == TAG_POINTER &&
	       (m->objects[at->obj].kind == OBJECT_CTX || m->objects[at->obj].kind == OBJECT_HOST);
}

static bool is_aligned(const struct machine *m, const struct word *at, const struct insn *insn)
{
	u64 from = word_pointer(m, at->obj, 0).v;

	return (at->v - from + (u64)(s64)insn->off) % insn->size == 0;
}

static bool is_aligned_enough(struct machine *m, const struct word *at, const struct insn *insn)
{
	return !m->policy->strict_alignment || at->tag != TAG_POINTER || is_aligned(m, at, insn) ||
	       machine_fail(m, "a misaligned access");
}

static bool do_load(struct machine *m, const struct insn *insn)
{
	struct word at, w = none;

	if (!read_reg(m, insn->src, &at) || !is_aligned_enough(m, &at, insn))
		return false;
	if (has_fields(m, &at)) {
		if (!field_access(m, insn, &at, false, &w))
			return false;
	} else {
		w = machine_load(m, &at, insn->off, insn->size);
	}
	if (insn->kind == INSN_LOAD_ACQ && (has_fields(m, &at) || !is_aligned(m, &at, insn)))
		return machine_fail(m, "an atomic load of what is misaligned, or a field");
	if ((insn->flags & INSN_SIGNED) != 0)
		w.v = extend(w.v, insn->size);
	m->r[insn->dst] = w;
	return m->what == NULL;
}

static bool do_store(struct machine *m, const struct insn *insn)
{
	struct word at, s;

	if (!read_reg(m, insn->dst, &at) || !operand(m, insn, &s) ||
	    !is_aligned_enough(m, &at, insn))
		return false;
	if (insn->kind == INSN_STORE_REL && (has_fields(m, &at) || !is_aligned(m, &at, insn)))
		return machine_fail(m, "an atomic store of what is misaligned, or a field");
	if (has_fields(m, &at))
		return field_access(m, insn, &at, true, &s);
	return machine_store(m, &at, insn->off, insn->size, &s);
}

static u64 atomic_result(enum atomic_op op, u64 old, u64 s, u64 expected)
{
	switch (op) {
	case ATOMIC_ADD: return old + s;
	case ATOMIC_OR: return old | s;
	case ATOMIC_AND: return old & s;
	case ATOMIC_XOR: return old ^ s;
	case ATOMIC_XCHG: return s;
	case ATOMIC_CMPXCHG: return old == expected ? s : old;
	case ATOMIC_OP_COUNT: break;
	}
	return old;
}

static bool do_atomic(struct machine *m, const struct insn *insn)
{
	struct word at, s, old, new, r0 = m->r[0];
	u64 low = insn->size == 4 ? UINT32_MAX : UINT64_MAX;

	if (!read_reg(m, insn->dst, &at) || !read_reg(m, insn->src, &s) ||
	    (insn->op == ATOMIC_CMPXCHG && !read_reg(m, 0, &r0)))
		return false;
	if (has_fields(m, &at) || !is_aligned(m, &at, insn))
		return machine_fail(m, "an atomic access of what is misaligned, or a field");
	old = machine_load(m, &at, insn->off, insn->size);
	if (m->what != NULL)
		return false;
	if (old.tag == TAG_NONE)
		return machine_fail(m, "an atomic operation on bytes that were never written");
	new = word_number(atomic_result((enum atomic_op)insn->op, old.v, s.v, r0.v & low));
	if (s.tag != TAG_NUMBER || old.tag != TAG_NUMBER)
		new.tag = machine_hidden(m);
	if (!machine_store(m, &at, insn->off, insn->size, &new))
		return false;
	if (insn->op == ATOMIC_CMPXCHG)
		m->r[0] = old;
	else if ((insn->flags & INSN_FETCH) != 0 || insn->op == ATOMIC_XCHG)
		m->r[insn->src] = old;
	return true;
}

/* Too short a packet ends the program. */
static void do_packet(struct machine *m, const struct insn *insn)
{
	if (pick(m->choice, 4) == 0) {
		m->r[0] = word_number(0);
		m->is_over = true;
		return;
	}
	m->r[0] = word_number(choice_number(m->choice));
	if (insn->size < 8)
		m->r[0].v &= (1ull << (8 * insn->size)) - 1;
	for (u32 reg = 1; reg < 6; reg++)
		m->r[reg] = none;
}

bool machine_enter(struct machine *m, u32 subprog, bool is_callback)
{
	struct activation *a;
	u32 obj;

	if (m->lock != 0)
		return machine_fail(m, "a function is called with a lock");
	if (m->depth + 1 == PROG_MAX_FRAMES)
		return machine_fail(m, "more than %u frames", PROG_MAX_FRAMES);
	a = &m->active[++m->depth];
	obj = machine_object(m, OBJECT_FRAME, PROG_FRAME_SIZE, m->frames[m->depth].bytes);
	if (obj == MACHINE_NO_OBJECT)
		return machine_give_up(m);
	a->frame = obj;
	a->lowest = 0;
	a->return_slot = m->pc;
	a->is_callback = is_callback;
	m->objects[obj].region = m->depth;
	memcpy(a->saved, &m->r[6], sizeof(a->saved));
	frame_clear(&m->frames[m->depth]);
	memset(a->visits, 0, m->prog->insn_count * sizeof(u64));
	m->r[0] = none;
	for (u32 reg = 6; reg < 10; reg++)
		m->r[reg] = none;
	m->r[BPF_REG_FP] = word_pointer(m, obj, 0);
	m->pc = m->prog->subprogs[subprog].start;
	return m->claims == NULL || claims_enter(m->claims, m);
}

static bool end_main(struct machine *m)
{
	struct spec_range range = spec_result_of(m->prog->type, m->prog->attach);
	const struct word *r0 = &m->r[0];

	m->is_over = true;
	if (r0->tag == TAG_NONE)
		return machine_fail(m, "the program ends without a value in r0");
	if (r0->tag != TAG_NUMBER && !m->may_leak)
		return machine_fail(m, "the program returns an address");
	if ((s32)r0->v < range.least || (s32)r0->v > range.most)
		return machine_fail(m, "the program returns %d", (s32)r0->v);
	for (u32 i = MACHINE_KEPT; i < m->object_count; i++) {
		if (m->objects[i].is_alive && m->objects[i].is_acquired)
			return machine_fail(m, "the program ends with something acquired");
	}
	return true;
}

static bool do_exit(struct machine *m)
{
	struct activation *a = &m->active[m->depth];
	u32 exit = 0;

	if (m->lock != 0)
		return machine_fail(m, "a function ends with a lock");
	if (m->depth == 0)
		return end_main(m);
	if (m->claims != NULL && !claims_leave(m->claims, m, &exit))
		return false;
	m->objects[a->frame].is_alive = false;
	memcpy(&m->r[6], a->saved, sizeof(a->saved));
	for (u32 reg = 1; reg < 6; reg++)
		m->r[reg] = none;
	m->depth--;
	m->r[BPF_REG_FP] = word_pointer(m, m->active[m->depth].frame, 0);
	m->pc = a->return_slot;
	if (a->is_callback)
		return machine_callback(m);
	if (m->claims != NULL && !claims_return(m->claims, m, exit))
		return false;
	m->pc++;
	return true;
}

/* Inside of one object all may compare; with a number only whether it is one where no address is.
 */
static bool reveals(const struct insn *insn, const struct word *d, const struct word *s)
{
	const struct word *number = d->tag == TAG_POINTER ? s : d;

	if (d->tag != TAG_POINTER && s->tag != TAG_POINTER)
		return false;
	if (number->tag != TAG_NUMBER)
		return d->obj != s->obj;
	return number->v >= 4096 || insn->width != 64 ||
	       (insn->op != JUMP_EQ && insn->op != JUMP_NE);
}

static bool do_jump_if(struct machine *m, const struct insn *insn, bool *ret_taken)
{
	struct word d, s;

	if (insn->kind == INSN_MAY_GOTO) {
		*ret_taken = m->budget == 0;
		m->budget -= m->budget > 0;
		return true;
	}
	if (!read_reg(m, insn->dst, &d) || !operand(m, insn, &s))
		return false;
	if (!m->may_leak && reveals(insn, &d, &s))
		return machine_fail(m, "a comparison shows an address");
	*ret_taken = ref_jump((enum jump_op)insn->op, insn->width, d.v, s.v);
	return true;
}

static bool facts_after(struct machine *m, const struct insn *insn, const struct prog_fact *fact,
			bool taken)
{
	u64 dst = m->r[insn->dst].v;

	if (insn->kind == INSN_JUMP_IF) {
		if ((fact->flags & (taken ? FACT_TAKEN : FACT_NOT_TAKEN)) == 0)
			return machine_fail(m, "fact: never %s", taken ? "taken" : "not taken");
		return true;
	}
	if ((insn->kind != INSN_ALU && insn->kind != INSN_LOAD && insn->kind != INSN_NEG &&
	     insn->kind != INSN_MOVSX && insn->kind != INSN_SWAP) ||
	    m->r[insn->dst].tag == TAG_NONE)
		return true;
	if (dst < fact->lo || dst > fact->hi)
		return machine_fail(m, "fact: 0x%llx, told 0x%llx to 0x%llx", dst, fact->lo,
				    fact->hi);
	if ((fact->flags & FACT_DST_CONST) != 0 && dst != fact->value)
		return machine_fail(m, "fact: 0x%llx, told 0x%llx", dst, fact->value);
	return true;
}

static bool step_pure(struct machine *m, const struct insn *insn)
{
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: return do_alu(m, insn);
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_SWAP: return do_unary(m, insn);
	case INSN_LDDW: return do_lddw(m, insn);
	case INSN_LOAD:
	case INSN_LOAD_ACQ: return do_load(m, insn);
	case INSN_STORE:
	case INSN_STORE_REL: return do_store(m, insn);
	case INSN_ATOMIC: return do_atomic(m, insn);
	case INSN_LD_PACKET: do_packet(m, insn); return true;
	case INSN_LDDW_HIGH:
	case INSN_JUMP_IF:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_CALL:
	case INSN_CALL_LOCAL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX:
	case INSN_EXIT: break;
	}
	return machine_fail(m, "no instruction");
}

/* Moves the machine and the claims on. */
static bool step(struct machine *m, const struct insn *insn)
{
	u32 slot = m->pc, next = slot + insn_slots(insn);
	bool taken = false;

	switch ((enum insn_kind)insn->kind) {
	case INSN_EXIT: return do_exit(m);
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX: return machine_call(m, insn);
	case INSN_CALL_LOCAL:
		return machine_enter(m,
				     (u32)(prog_subprog_at(m->prog, slot + 1 + (u32)insn->off) -
					   m->prog->subprogs),
				     false);
	case INSN_JUMP: next = slot + 1 + (u32)insn->off; break;
	case INSN_JUMP_IF:
	case INSN_MAY_GOTO:
		if (!do_jump_if(m, insn, &taken))
			return false;
		if (taken)
			next = slot + 1 + (u32)insn->off;
		break;
	default:
		if (!step_pure(m, insn))
			return false;
	}
	if (m->is_over)
		return true;
	if (m->facts != NULL && !facts_after(m, insn, &m->facts->rows[slot], taken))
		return false;
	if (m->claims != NULL && !claims_step(m->claims, m, taken))
		return false;
	m->pc = next;
	return true;
}

static bool facts_key(struct machine *m, const struct prog_fact *fact)
{
	const struct word *map = &m->r[1];
	struct word key;

	if ((fact->flags & FACT_MAP) != 0) {
		if (map->tag != TAG_POINTER || m->objects[map->obj].kind != OBJECT_MAP)
			map = &m->r[2];
		if (map->tag != TAG_POINTER || m->objects[map->obj].kind != OBJECT_MAP ||
		    m->objects[map->obj].region != fact->map || m->objects[map->obj].is_inner)
			return machine_fail(m, "fact: another map than %u", fact->map);
	}
	if ((fact->flags & (FACT_KEY | FACT_KEY_BELOW)) == 0)
		return true;
	key = machine_load(m, &m->r[2], 0, 4);
	if ((fact->flags & FACT_KEY) != 0 && key.v != fact->value)
		return machine_fail(m, "fact: key %llu, told %llu", key.v, fact->value);
	if ((fact->flags & FACT_KEY_BELOW) != 0 && key.v >= m->prog->maps[fact->map].max_entries)
		return machine_fail(m, "fact: key %llu is not below the array's size", key.v);
	return m->what == NULL;
}

static bool facts_before(struct machine *m, const struct insn *insn)
{
	const struct prog_fact *fact = &m->facts->rows[m->pc];
	u64 *visits = &m->active[m->depth].visits[m->pc];
	u64 divisor = (insn->flags & INSN_IMM) != 0 ? (u64)insn->imm : m->r[insn->src].v;

	if ((fact->flags & FACT_REACHED) == 0)
		return machine_fail(m, "fact: dead code");
	for (u32 reg = 0; reg < BPF_REG_COUNT && insn->kind != INSN_JUMP_IF; reg++) {
		if ((fact->nonnull >> reg & 1) != 0 &&
		    (m->r[reg].v == 0 || m->r[reg].tag != TAG_POINTER))
			return machine_fail(m, "fact: r%u is a pointer and not null", reg);
	}
	if ((fact->flags & FACT_DIVISOR_NONZERO) != 0 &&
	    (insn->width == 32 ? (u32)divisor : divisor) == 0)
		return machine_fail(m, "fact: the divisor is not 0");
	if (fact->visits != 0 && ++*visits > fact->visits)
		return machine_fail(m, "fact: visited %llu times at most", fact->visits);
	return insn->kind != INSN_CALL || facts_key(m, fact);
}

static bool start(struct machine *m)
{
	const struct spec_ctx *layout = spec_ctx_of(m->prog->type, m->prog->attach);
	bool is_raw = (m->prog->type->flags & PROG_TYPE_RAW) != 0;
	u8 *bytes;

	m->base = flip(m->choice) ? 0x0000100000000000ull : 0xffff800000000000ull;
	m->what = NULL;
	m->is_over = false;
	m->object_count = MACHINE_KEPT;
	m->memory_used = m->callback_count = m->depth = m->pc = 0;
	m->steps = 0;
	m->budget = pick(m->choice, 300);
	m->packet = MACHINE_NO_OBJECT;
	m->lock = MACHINE_NO_OBJECT;
	m->objects[0].is_alive = false;
	for (u32 i = 0; i < m->prog->map_count; i++) {
		m->maps[i] = machine_object(m, OBJECT_MAP, 1, NULL);
		m->objects[m->maps[i]].region = i;
	}
	machine_new_packet(m);
	bytes = machine_alloc(m, layout != NULL ? layout->size : 8);
	if (bytes == NULL)
		return machine_fail(m, "no memory for the context");
	choice_fill(m->choice, bytes, layout != NULL ? layout->size : 8);
	m->ctx = machine_object(m, OBJECT_CTX, layout != NULL ? layout->size : 0, bytes);
	memset(m->r, 0, sizeof(m->r));
	m->active[0].lowest = 0;
	m->active[0].frame = machine_object(m, OBJECT_FRAME, PROG_FRAME_SIZE, m->frames[0].bytes);
	m->objects[m->active[0].frame].region = 0;
	frame_clear(&m->frames[0]);
	memset(m->active[0].visits, 0, m->prog->insn_count * sizeof(u64));
	m->r[1] = word_pointer(m, is_raw ? m->packet : m->ctx, 0);
	if (is_raw)
		m->r[2] = word_number(m->len);
	m->r[BPF_REG_FP] = word_pointer(m, m->active[0].frame, 0);
	return m->claims == NULL || claims_start(m->claims, m);
}

bool machine_run(struct machine *m, struct choice *choice)
{
	m->choice = choice;
	m->stats->runs++;
	if (!start(m))
		return false;
	while (!m->is_over) {
		const struct insn *insn = &m->prog->insns[m->pc];

		if (m->steps++ >= m->max_steps) {
			m->stats->limited++;
			break;
		}
		if (m->stats->insn != NULL)
			m->stats->insn(m->stats->arg, m, insn);
		if ((m->facts != NULL && !facts_before(m, insn)) ||
		    (m->claims != NULL && !claims_hold(m->claims, m)) || !step(m, insn) ||
		    m->what != NULL)
			return false;
	}
	m->stats->steps += m->steps;
	m->stats->ended += m->is_over;
	return true;
}
