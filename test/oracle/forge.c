/* SPDX-License-Identifier: MIT */
/* See forge.h. */
#include "forge.h"

#include "base/str.h"

struct forge {
	struct arena *arena;
	struct choice *c;
	const struct prog *prog;
	struct state *state;
	/* Copies, to be changed. */
	struct proof_instance *instances;
	u32 instance_count;
};

/* Kinds of changes; those behind: a point's state. */
enum { DROP_POINT, DROP_INSTANCE, FORM, DROP_EXIT, EXIT, ENTRY, RANK, SWAP, EDITS = 10 };

static struct scalar some_range(struct choice *c)
{
	s64 a = (s64)choice_number(c), b = (s64)choice_number(c);

	return scalar_range_s(MIN(a, b), MAX(a, b));
}

static void edit_number(struct choice *c, struct value *v)
{
	struct scalar n = v->n;
	struct scalar by = scalar_const(1ull << pick(c, 5));

	switch (pick(c, 6)) {
	case 0: n = some_range(c); break;
	case 1: n = scalar_const(choice_number(c)); break;
	case 2: n = scalar_alu(flip(c) ? ALU_ADD : ALU_SUB, 64, &n, &by); break;
	case 3: n = scalar_const(flip(c) ? n.umin : n.umax); break;
	case 4: v->dhi = v->dlo; break;
	default: n = scalar_range_s(n.smin, n.smax - (n.smax > n.smin)); break;
	}
	v->n = n;
	if (pick(c, 4) != 0)
		value_fix(v);
}

static void edit_value(struct choice *c, struct value *v, const struct value *other)
{
	switch (pick(c, 12)) {
	case 0: *v = *other; break;
	case 1: *v = value_none; break;
	case 2: v->flags &= (u8)~VALUE_NULLABLE; break;
	case 3: v->flags ^= (u8)(1u << pick(c, 6)); break;
	case 4: v->type = (u8)pick(c, VALUE_TYPE_COUNT); break;
	case 5: v->id = other->id; break;
	case 6: v->sym = other->sym; break;
	case 7: v->size += 1u << pick(c, 5); break;
	case 8: *v = value_const(choice_number(c)); break;
	default: edit_number(c, v); break;
	}
	if (v->type != VALUE_NONE && v->sym == SYM_NONE)
		v->sym = SYM_ZERO;
}

static void edit_state(struct choice *c, struct state *s)
{
	u32 count = state_value_count(s);

	switch (pick(c, 9)) {
	case 0: s->lock.held ^= 1; break;
	case 1: s->ref_count -= s->ref_count > 0; break;
	case 2:
		(void)!diff_add(&s->diff, flip(c) ? SYM_ZERO : SYM_FREE,
				flip(c) ? SYM_LEN : SYM_META, -(s64)pick(c, 40));
		break;
	case 3:
		s->frames[pick(c, MAX(s->frame_count, 1u))].init[pick(c, 8)] |= 1ull << pick(c, 64);
		break;
	case 4: s->outer_refs ^= 1; break;
	default:
		edit_value(c, state_value(s, pick(c, count)), state_value_const(s, pick(c, count)));
		break;
	}
}

/* Another state in place of *packed, or bytes of it that differ. */
static bool edit_packed(struct forge *f, const struct packed **packed)
{
	struct choice *c = f->c;
	u8 *bytes;

	if (*packed == NULL)
		return true;
	if (pick(c, 3) != 0) {
		state_unpack(*packed, f->state);
		for (u32 i = 1 + pick(c, 2); i > 0; i--)
			edit_state(c, f->state);
		state_canonical(f->state);
		bytes = arena_alloc(f->arena, state_pack_size(f->state));
		if (bytes == NULL)
			return false;
		*packed = state_pack(f->state, bytes);
		return true;
	}
	bytes = arena_alloc(f->arena, (*packed)->bytes);
	if (bytes == NULL)
		return false;
	memcpy(bytes, *packed, (*packed)->bytes);
	for (u32 i = 1 + pick(c, 3); i > 0 && (*packed)->bytes > sizeof(**packed); i--)
		bytes[sizeof(**packed) + pick(c, (*packed)->bytes - (u32)sizeof(**packed))] ^=
			(u8)(1u << pick(c, 8));
	*packed = (const struct packed *)(const void *)bytes;
	return true;
}

static void edit_rank(struct choice *c, struct proof_rank *rank)
{
	switch (pick(c, 5)) {
	case 0: rank->direction = (u8)pick(c, 4); break;
	case 1: rank->reg = (u8)pick(c, 12); break;
	case 2: rank->anchor = (u16)(SYM_ANCHOR + pick(c, 4)); break;
	case 3: rank->off = (s16)(-8 * (s32)pick(c, 10)); break;
	default: *rank = (struct proof_rank){ 0 }; break;
	}
}

/* What is wrong at a glance. */
static void edit_form(struct forge *f, struct proof_instance *in, struct proof_point *points)
{
	struct choice *c = f->c;

	switch (pick(c, 6)) {
	case 0: in->kind = pick(c, 5); break;
	case 1: in->subprog = f->prog->subprog_count + pick(c, 3); break;
	case 2:
		if (in->point_count > 0)
			points[pick(c, in->point_count)].block += 1 + pick(c, 1000);
		break;
	case 3:
		if (in->point_count > 1)
			points[0].block = points[in->point_count - 1].block + 1;
		break;
	case 4:
		if (in->point_count > 0)
			points[pick(c, in->point_count)].rank.anchor = (u16)pick(c, 200);
		break;
	default: in->func = pick(c, 120); break;
	}
}

static void drop_point(struct choice *c, struct proof_instance *in, struct proof_point *points)
{
	u32 at;

	if (in->point_count == 0)
		return;
	at = pick(c, in->point_count);
	for (in->point_count--; at < in->point_count; at++)
		points[at] = points[at + 1];
}

static void drop_instance(struct forge *f)
{
	u32 at;

	if (f->instance_count < 2)
		return;
	at = 1 + pick(f->c, f->instance_count - 1);
	for (f->instance_count--; at < f->instance_count; at++)
		f->instances[at] = f->instances[at + 1];
}

/* What to change. */
static u32 choose(struct forge *f, u32 finding)
{
	switch ((enum finding_id)finding) {
	case FINDING_PROOF_POINT: return DROP_POINT;
	case FINDING_PROOF_INSTANCE: return DROP_INSTANCE;
	case FINDING_PROOF_EXIT: return DROP_EXIT;
	case FINDING_PROOF_FORM: return FORM;
	default: return pick(f->c, EDITS);
	}
}

/* One change. */
static bool edit(struct forge *f, u32 finding)
{
	struct choice *c = f->c;
	struct proof_instance *in = &f->instances[pick(c, f->instance_count)];
	struct proof_point *points = arena_array(f->arena, in->point_count + 1, sizeof(*points));
	const struct packed **exits =
		arena_array(f->arena, in->exit_count + 1, sizeof(const struct packed *));
	u32 at, other;

	if (points == NULL || exits == NULL)
		return false;
	if (in->point_count > 0)
		memcpy(points, in->points, in->point_count * sizeof(*points));
	if (in->exit_count > 0)
		memcpy(exits, in->exits, in->exit_count * sizeof(const struct packed *));
	in->points = points;
	in->exits = exits;
	at = pick(c, in->point_count + 1);
	other = pick(c, in->point_count + 1);
	switch (choose(f, finding)) {
	case DROP_POINT: drop_point(c, in, points); return true;
	case DROP_INSTANCE: drop_instance(f); return true;
	case FORM: edit_form(f, in, points); return true;
	case DROP_EXIT:
		if (in->exit_count > 0)
			in->exit_count--;
		return true;
	case EXIT:
		if (in->exit_count > 0)
			return edit_packed(f, &exits[pick(c, in->exit_count)]);
		return true;
	case ENTRY: return edit_packed(f, &in->entry);
	case RANK: edit_rank(c, &points[at].rank); return true;
	case SWAP:
		points[at].state =
			points[other].state != NULL ? points[other].state : points[at].state;
		return true;
	default: return at == in->point_count || edit_packed(f, &points[at].state);
	}
}

bool forge_proof(struct arena *arena, struct choice *choice, const struct prog *prog,
		 const struct proof *proof, u32 finding, struct proof *ret_proof)
{
	struct forge f = { .arena = arena,
			   .c = choice,
			   .prog = prog,
			   .state = arena_alloc(arena, sizeof(struct state)),
			   .instance_count = proof->instance_count };

	f.instances = arena_array(arena, (size_t)proof->instance_count + 1, sizeof(*f.instances));
	if (f.instances == NULL || f.state == NULL || proof->instance_count == 0)
		return false;
	memcpy(f.instances, proof->instances, proof->instance_count * sizeof(*f.instances));
	for (u32 i = 1 + pick(choice, 2); i > 0; i--) {
		if (!edit(&f, finding))
			return false;
	}
	*ret_proof = (struct proof){ .instances = f.instances, .instance_count = f.instance_count };
	return true;
}
