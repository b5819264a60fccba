/* SPDX-License-Identifier: MIT */
/* States for people. */
#include "verify/state_text.h"

#include "base/str.h"

struct state_printer {
	const struct prog *prog;
	const struct state *state;
	struct strbuf *out;
};

static bool is_shared(const struct state *state, u32 sym)
{
	u32 count = 0;

	for (u32 i = 0; i < state_value_count(state); i++) {
		const struct value *v = state_value_const(state, i);

		count += v->type != VALUE_NONE && v->sym == sym;
	}
	return count > 1 || sym == SYM_LEN || sym == SYM_META ||
	       (sym >= SYM_ANCHOR && sym < SYM_ENTRY);
}

static void add_sym(struct strbuf *out, u32 sym)
{
	if (sym == SYM_ZERO)
		strbuf_add(out, "0");
	else if (sym == SYM_LEN)
		strbuf_add(out, "len");
	else if (sym == SYM_META)
		strbuf_add(out, "meta");
	else
		strbuf_printf(out, "s%u", sym);
}

/* " + 4", " - 4", " + 0 to 64"; nothing for 0. */
static void add_offset(struct strbuf *out, s64 lo, s64 hi)
{
	if (lo == hi && lo < 0)
		strbuf_printf(out, " - %llu", 0 - (u64)lo);
	else if (lo == hi && lo > 0)
		strbuf_printf(out, " + %lld", lo);
	else if (lo != hi)
		strbuf_printf(out, " + %lld to %lld", lo, hi);
}

static void add_relation(struct state_printer *p, const struct value *v)
{
	if (v->sym <= SYM_ZERO || !is_shared(p->state, v->sym))
		return;
	strbuf_add(p->out, ", is ");
	add_sym(p->out, v->sym);
	add_offset(p->out, v->dlo, v->dhi);
}

static void add_number(struct state_printer *p, const struct value *v)
{
	const struct scalar *n = &v->n;
	u64 known = ~n->bits.mask & ~n->bits.value;
	u64 step = ~known & (known + 1); /* lowest bit that may be set */

	if (n->umin == n->umax) {
		strbuf_printf(p->out, "%lld", n->smin);
		return;
	}
	if (n->umin == 0 && n->umax == UINT64_MAX && n->smin == INT64_MIN && n->smax == INT64_MAX)
		strbuf_add(p->out, "any number");
	else if (n->smin < 0)
		strbuf_printf(p->out, "%lld to %lld", n->smin, n->smax);
	else
		strbuf_printf(p->out, "%llu to %llu", n->umin, n->umax);
	if (step > 1)
		strbuf_printf(p->out, ", a multiple of %llu", step);
}

static const char *map_name(const struct state_printer *p, const struct value *v)
{
	return v->region < p->prog->map_count && p->prog->maps[v->region].name != NULL
		       ? p->prog->maps[v->region].name
		       : "?";
}

static void add_base(struct state_printer *p, const struct value *v)
{
	bool is_inner = (v->flags & VALUE_INNER) != 0;

	switch ((enum value_type)v->type) {
	case VALUE_CTX: strbuf_add(p->out, "context"); break;
	case VALUE_STACK:
		if (v->region == p->state->frame_count - 1)
			strbuf_add(p->out, "stack");
		else
			strbuf_printf(p->out, "stack of caller %u", v->region);
		break;
	case VALUE_PACKET: strbuf_add(p->out, "packet"); break;
	case VALUE_META: strbuf_add(p->out, "packet's metadata"); break;
	case VALUE_PACKET_END: strbuf_add(p->out, "packet's end"); break;
	case VALUE_PACKET_LOW: strbuf_add(p->out, "low half of a packet address"); break;
	case VALUE_MAP:
		strbuf_printf(p->out, "%smap '%s'", is_inner ? "inner map like " : "",
			      map_name(p, v));
		break;
	case VALUE_MAP_VALUE:
		strbuf_printf(p->out, "value (%u bytes) of %smap '%s'", v->size,
			      is_inner ? "an inner map like " : "", map_name(p, v));
		break;
	case VALUE_MEM: strbuf_printf(p->out, "memory (%u bytes)", v->size); break;
	case VALUE_OBJECT: strbuf_add(p->out, "host object"); break;
	case VALUE_ITER: strbuf_add(p->out, "iterator"); break;
	case VALUE_CODE:
		strbuf_printf(p->out, "function %s",
			      v->region < p->prog->subprog_count ? p->prog->subprogs[v->region].name
								 : "?");
		break;
	case VALUE_NONE:
	case VALUE_NUMBER:
	case VALUE_TYPE_COUNT: break;
	}
}

static void add_value(struct state_printer *p, const struct value *v)
{
	if (v->type == VALUE_NUMBER) {
		add_number(p, v);
	} else {
		add_base(p, v);
		add_offset(p->out, v->n.smin, v->n.smax);
		if ((v->flags & VALUE_NULLABLE) != 0)
			strbuf_add(p->out, " or NULL");
		if ((v->flags & VALUE_READ_ONLY) != 0)
			strbuf_add(p->out, ", read-only");
		if ((v->flags & VALUE_ACQUIRED) != 0)
			strbuf_add(p->out, ", to be released");
	}
	add_relation(p, v);
	strbuf_add_char(p->out, '\n');
}

static void add_place(struct state_printer *p, u32 frame, s32 off, s32 end)
{
	if (frame + 1 == p->state->frame_count)
		strbuf_add(p->out, "stack ");
	else
		strbuf_printf(p->out, "stack of caller %u ", frame);
	if (off + 1 == end)
		strbuf_printf(p->out, "%d", off);
	else
		strbuf_printf(p->out, "%d to %d", off, end - 1);
}

static bool is_plain(const struct state *state, u32 frame, s32 off)
{
	for (u32 i = 0; i < state->cell_count; i++) {
		const struct cell *cell = &state->cells[i];

		if (cell->frame == frame && off >= cell->off && off < cell->off + cell->size)
			return false;
	}
	return state_is_init(state, frame, off, 1);
}

/* Bytes that were written, and of which no more is known. */
static void add_written(struct state_printer *p, u32 frame)
{
	s32 off = -PROG_FRAME_SIZE, end;

	while (off < 0) {
		if (!is_plain(p->state, frame, off)) {
			off++;
			continue;
		}
		for (end = off + 1; end < 0 && is_plain(p->state, frame, end);)
			end++;
		add_place(p, frame, off, end);
		strbuf_add(p->out, ": written\n");
		off = end;
	}
}

static void add_differences(struct state_printer *p)
{
	const struct state *state = p->state;
	s64 least = state_sym_bound(state, SYM_ZERO, SYM_LEN);

	if (least < 0)
		strbuf_printf(p->out, "len is at least %lld\n", -least);
	for (u32 i = 0; i < state_value_count(state); i++) {
		const struct value *v = state_value_const(state, i);
		s64 most;

		if (v->type == VALUE_NONE || v->sym < SYM_ENTRY)
			continue;
		most = state_sym_bound(state, v->sym, SYM_LEN);
		if (most >= VALUE_MAX_OFFSET || most <= -VALUE_MAX_OFFSET)
			continue;
		add_sym(p->out, v->sym);
		strbuf_printf(p->out, " is at most len %c %lld\n", most < 0 ? '-' : '+',
			      most < 0 ? -most : most);
	}
}

void state_text(const struct prog *prog, const struct state *state, struct strbuf *out)
{
	struct state_printer p = { .prog = prog, .state = state, .out = out };

	for (u32 i = 0; i < BPF_REG_FP; i++) {
		if (state->regs[i].type == VALUE_NONE)
			continue;
		strbuf_printf(out, "r%u = ", i);
		add_value(&p, &state->regs[i]);
	}
	for (u32 i = 0; i < state->cell_count; i++) {
		const struct cell *cell = &state->cells[i];

		add_place(&p, cell->frame, cell->off, cell->off + cell->size);
		strbuf_add(out, " = ");
		add_value(&p, &cell->value);
	}
	for (u32 frame = 0; frame < state->frame_count; frame++)
		add_written(&p, frame);
	add_differences(&p);
	for (u32 i = 0; i < state->ref_count; i++)
		strbuf_printf(out, "to be released: what slot %u gave\n", state->refs[i].slot);
	if (state->lock.held != 0)
		strbuf_add(out, "a lock is held\n");
}
