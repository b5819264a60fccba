/* SPDX-License-Identifier: MIT */
/* Calls of functions of the program: a call takes from its caller's state what the function can
 * reach and leaves the rest alone; afterwards the function's state of exit is put in its place. */
#include "base/str.h"
#include "check/exact.h"
#include "check/internal.h"

/* The name for `from`, made with *next when it is new; 0: too many. */
static u32 rename_to(struct diff_name *names, u32 *count, u32 from, u32 *next)
{
	for (u32 i = 0; i < *count; i++) {
		if (names[i].to == from)
			return names[i].from;
	}
	if (*count == CALL_NAMES)
		return 0;
	names[*count] = (struct diff_name){ .from = (*next)++, .to = from };
	return names[(*count)++].from;
}

static u32 rename_back(const struct diff_name *names, u32 count, u32 from)
{
	for (u32 i = 0; i < count; i++) {
		if (names[i].from == from)
			return names[i].to;
	}
	return from;
}

/* Bits of the caller's frames that values reach, directly or through cells. */
static u32 reached_frames(const struct state *state, const struct value args[5])
{
	u32 frames = 0, before;

	for (u32 i = 0; i < 5; i++) {
		if (args[i].type == VALUE_STACK)
			frames |= 1u << args[i].region;
	}
	do {
		before = frames;
		for (u32 i = 0; i < state->cell_count; i++) {
			const struct cell *cell = &state->cells[i];

			if (cell->value.type == VALUE_STACK && (frames & 1u << cell->frame) != 0)
				frames |= 1u << cell->value.region;
		}
	} while (frames != before);
	return frames;
}

static void renumber_value(struct transfer *t, struct value *v, const u32 frame_to[STATE_FRAMES])
{
	struct call_link *link = &t->link;
	struct state *callee = t->callee;

	if (v->type == VALUE_STACK)
		v->region = frame_to[v->region];
	if (v->sym >= SYM_ANCHOR && v->sym < SYM_FREE) {
		u32 sym = rename_to(link->syms, &link->sym_count, v->sym, &callee->next_sym);

		if (sym != 0)
			v->sym = sym;
		else
			value_forget(v);
	}
	if (v->id >= ID_ENTRY && v->id < ID_FREE)
		v->id = rename_to(link->ids, &link->id_count, v->id, &callee->next_id);
	if (v->parent >= ID_ENTRY && v->parent < ID_FREE)
		v->parent = rename_to(link->ids, &link->id_count, v->parent, &callee->next_id);
}
_Static_assert(ID_FREE - ID_ENTRY < CALL_NAMES, "ids always have a name");

/* Symbols in the matrix follow those in values; the others mean nothing to the callee. */
static void renumber_diff(struct transfer *t)
{
	struct call_link *link = &t->link;
	struct diff_name names[DIFF_ROWS];
	size_t count = 0;

	for (u32 row = 0; row < DIFF_ROWS; row++) {
		u32 sym = t->callee->diff.sym[row], to = 0;

		if (sym < SYM_ANCHOR || sym >= SYM_FREE)
			continue;
		for (u32 i = 0; i < link->sym_count; i++) {
			if (link->syms[i].to == sym)
				to = link->syms[i].from;
		}
		names[count++] = (struct diff_name){ .from = sym, .to = to };
	}
	diff_rename(&t->callee->diff, names, count);
	state_forget_unused(t->callee);
}

static void move_frames(struct transfer *t, struct state *state, u32 frames,
			u32 frame_to[STATE_FRAMES])
{
	struct state *callee = t->callee;
	struct call_link *link = &t->link;
	u32 kept = 0;

	for (u32 f = 0; f < state->frame_count; f++) {
		if ((frames & 1u << f) == 0)
			continue;
		frame_to[f] = link->frame_count;
		callee->frames[link->frame_count] = state->frames[f];
		link->frames[link->frame_count++] = f;
	}
	for (u32 i = 0; i < state->cell_count; i++) {
		struct cell cell = state->cells[i];

		if ((frames & 1u << cell.frame) == 0) {
			state->cells[kept++] = cell;
			continue;
		}
		cell.frame = (u8)frame_to[cell.frame];
		callee->cells[callee->cell_count++] = cell;
	}
	state->cell_count = kept;
}

/* References that the callee's values hold go along. */
static void move_references(struct transfer *t, struct state *state)
{
	struct state *callee = t->callee;
	struct call_link *link = &t->link;
	u32 kept = 0;

	for (u32 r = 0; r < state->ref_count; r++) {
		struct reference ref = state->refs[r];
		u32 id = ref.id < ID_FREE ? 0 : ref.id;
		bool is_held = false;

		for (u32 i = 0; i < link->id_count; i++) {
			if (link->ids[i].to == ref.id)
				id = link->ids[i].from;
		}
		for (u32 i = BPF_REG_1; i < state_value_count(callee) && id != 0; i++) {
			const struct value *v = state_value_const(callee, i);

			is_held |= v->id == id || v->parent == id;
		}
		if (!is_held) {
			state->refs[kept++] = ref;
			continue;
		}
		link->refs[link->ref_count++] = ref.id;
		ref.id = id;
		callee->refs[callee->ref_count++] = ref;
	}
	memset(&state->refs[kept], 0, (state->ref_count - kept) * sizeof(struct reference));
	state->ref_count = kept;
}

enum transfer_result call_split(struct transfer *t, struct state *state, u32 slot, u32 subprog,
				const struct value args[5])
{
	struct state *callee = t->callee;
	u32 frames = reached_frames(state, args), frame_to[STATE_FRAMES] = { 0 };

	memset(&t->link, 0, sizeof(t->link));
	t->link.slot = slot;
	t->link.subprog = subprog;
	if (state->lock.held != 0)
		return transfer_fail(t, FINDING_LOCK_HELD, slot, state, FINDING_NO_REG);
	memset(callee, 0, offsetof(struct state, diff));
	diff_copy(&callee->diff, &state->diff);
	callee->next_sym = state->next_sym;
	callee->next_id = state->next_id;
	callee->cell_count = 0;
	move_frames(t, state, frames, frame_to);
	if (t->link.frame_count == STATE_FRAMES) {
		t->finding = (struct finding){ .id = FINDING_CALL_DEPTH,
					       .slot = slot,
					       .reg = FINDING_NO_REG,
					       .limit = STATE_FRAMES };
		return TRANSFER_FAIL;
	}
	callee->frame_count = t->link.frame_count + 1;
	for (u32 i = 0; i < 5; i++)
		callee->regs[BPF_REG_1 + i] = args[i];
	callee->regs[BPF_REG_FP] = value_none;
	for (u32 i = 0; i < state_value_count(callee); i++)
		renumber_value(t, state_value(callee, i), frame_to);
	callee->regs[BPF_REG_FP] = value_pointer(VALUE_STACK, callee->frame_count - 1);
	renumber_diff(t);
	move_references(t, state);
	callee->outer_refs = state->outer_refs != 0 || state->ref_count != 0;
	transfer_clobber(state);
	state->next_sym = callee->next_sym;
	state->next_id = callee->next_id;
	return TRANSFER_CALL;
}

enum transfer_result transfer_local(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct prog_subprog *callee = prog_subprog_at(t->prog, slot + 1 + (u32)insn->off);
	enum transfer_result result;
	struct value args[5];
	u32 subprog;

	if (callee == NULL)
		return transfer_fail(t, FINDING_PROOF_FORM, slot, state, FINDING_NO_REG);
	subprog = (u32)(callee - t->prog->subprogs);
	for (u32 i = 0; i < 5; i++) {
		bool is_read = (t->cfg->subprogs[subprog].args & 1u << (BPF_REG_1 + i)) != 0;

		args[i] = is_read ? state->regs[BPF_REG_1 + i] : value_none;
		if (value_is_number(&args[i])) {
			state_name(state, &state->regs[BPF_REG_1 + i]);
			args[i] = state->regs[BPF_REG_1 + i];
		}
	}
	result = call_split(t, state, slot, subprog, args);
	t->link.kind = INSTANCE_CALL;
	t->link.times = 1;
	return result;
}

/* Symbols and ids of a state of exit, as the caller has them. */
struct back {
	const struct state_map *map;
	const struct call_link *link;
	u32 sym_base, id_base; /* of those that are new to the caller */
};

static const struct state_map_entry *back_find(const struct state_map_entry *of, u32 count,
					       u32 from)
{
	for (u32 i = 0; i < count; i++) {
		if (of[i].from == from)
			return &of[i];
	}
	return NULL;
}

/* 0: it means nothing to the caller. */
static u32 back_sym(const struct back *back, u32 sym, s64 *ret_delta)
{
	const struct state_map_entry *entry;

	*ret_delta = 0;
	if (sym < SYM_ANCHOR)
		return sym;
	if (sym < SYM_ENTRY)
		return SYM_NONE;
	/* The symbols of a callback's state of entry are others in each run. */
	if (sym >= SYM_FREE || back->link->kind != INSTANCE_CALL)
		return back->sym_base + (sym - SYM_ENTRY);
	entry = back_find(back->map->syms, back->map->sym_count, sym);
	if (entry == NULL)
		return SYM_NONE;
	*ret_delta = entry->delta;
	return rename_back(back->link->syms, back->link->sym_count, entry->to);
}

/* What an id of the exit is; kind as in the map, MAPPED_MAYBE for new ones. */
static struct state_map_entry back_id(const struct back *back, u32 id)
{
	const struct state_map_entry *entry = NULL;
	struct state_map_entry ret = { .from = id, .kind = MAPPED_MAYBE };

	/* As with symbols: which pointers are null differs from run to run of a callback. */
	if (id >= ID_ENTRY && id < ID_FREE && back->link->kind == INSTANCE_CALL)
		entry = back_find(back->map->ids, back->map->id_count, id);
	if (id == ID_NONE || (entry != NULL && entry->kind == MAPPED_NULL))
		return entry != NULL ? *entry : ret;
	if (entry == NULL || entry->to == ID_NONE) {
		ret.to = back->id_base + (id - ID_ENTRY);
	} else {
		ret.to = rename_back(back->link->ids, back->link->id_count, entry->to);
	}
	if (entry != NULL && entry->kind == MAPPED_NONNULL) {
		ret.kind = MAPPED_NONNULL;
		if (entry->to == ID_NONE)
			ret.to = ID_NONE;
	}
	return ret;
}

/* False: the value contradicts what the caller knows. */
static bool back_value(const struct back *back, struct value *v)
{
	struct state_map_entry id = back_id(back, v->id);
	u32 sym;
	s64 delta;

	if (v->type == VALUE_NONE)
		return true;
	if (v->id != ID_NONE && id.kind == MAPPED_NULL) {
		if ((v->flags & VALUE_NULLABLE) == 0)
			return false;
		*v = value_const(0);
		return true;
	}
	if (id.kind == MAPPED_NONNULL)
		v->flags &= (u8)~VALUE_NULLABLE;
	v->id = id.to;
	v->parent = back_id(back, v->parent).to;
	if (v->type == VALUE_STACK)
		v->region = back->link->frames[v->region];
	v->flags &= (u8)~VALUE_HALVED;
	sym = back_sym(back, v->sym, &delta);
	if (sym == SYM_NONE || !exact_add_fits(v->dlo, delta, &v->dlo) ||
	    !exact_add_fits(v->dhi, delta, &v->dhi)) {
		value_forget(v);
		return true;
	}
	if (sym == SYM_ZERO && v->sym != SYM_ZERO) {
		struct scalar range = scalar_range_s(v->dlo, v->dhi);

		if (!scalar_meet(&v->n, &range, &v->n))
			return false;
	}
	v->sym = sym;
	value_fix(v);
	return true;
}

static bool back_diff(const struct back *back, struct state *state, const struct diff *diff)
{
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		s64 delta_i, delta_j, c;
		u32 a = back_sym(back, diff->sym[i], &delta_i);

		for (u32 j = 0; j < DIFF_ROWS && diff->sym[i] != 0 && a != SYM_NONE; j++) {
			u32 b;

			if (diff->sym[j] == 0 || i == j || diff->bound[i][j] == DIFF_NONE)
				continue;
			b = back_sym(back, diff->sym[j], &delta_j);
			if (b == SYM_NONE || a == b ||
			    !exact_sub_fits(diff->bound[i][j], delta_i, &c) ||
			    !exact_add_fits(c, delta_j, &c) || c == INT64_MAX)
				continue;
			if (!diff_add(&state->diff, a, b, c))
				return false;
		}
	}
	return true;
}

/* The frames that went along come back. */
static bool back_frames(const struct back *back, struct state *state, const struct state *exit)
{
	const struct call_link *link = back->link;

	for (u32 f = 0; f < link->frame_count; f++)
		state->frames[link->frames[f]] = exit->frames[f];
	for (u32 i = 0; i < exit->cell_count; i++) {
		struct cell cell = exit->cells[i];

		if (cell.frame >= link->frame_count)
			continue;
		if (!back_value(back, &cell.value))
			return false;
		state_store(state, link->frames[cell.frame], cell.off, cell.size, &cell.value);
	}
	return true;
}

static enum transfer_result back_references(struct transfer *t, const struct back *back,
					    struct state *state, const struct state *exit)
{
	const struct call_link *link = back->link;

	for (u32 i = 0; i < exit->ref_count; i++) {
		struct state_map_entry id = back_id(back, exit->refs[i].id);

		if (id.kind == MAPPED_NULL)
			continue;
		if (transfer_acquire(t, state, id.to, exit->refs[i].kind, exit->refs[i].slot) !=
		    TRANSFER_OK) {
			t->finding.slot = link->slot;
			return TRANSFER_FAIL;
		}
	}
	/* What was released there is void here, too. */
	for (u32 i = 0; i < link->ref_count; i++) {
		if (state_reference(state, link->refs[i]) == NULL)
			state_kill_id(state, link->refs[i]);
	}
	return TRANSFER_OK;
}

enum transfer_result transfer_return(struct transfer *t, struct state *state,
				     const struct state *exit, const struct state_map *map,
				     const struct call_link *link)
{
	struct back back = {
		.map = map,
		.link = link,
		.sym_base = state->next_sym,
		.id_base = state->next_id,
	};
	enum transfer_result result;
	struct value r0 = exit->regs[BPF_REG_0];

	state->next_sym += exit->next_sym - SYM_ENTRY + 1;
	state->next_id += exit->next_id - ID_ENTRY + 1;
	if (exit->packet_moved)
		state_kill_packet(state);
	result = back_references(t, &back, state, exit);
	if (result != TRANSFER_OK)
		return result;
	if (!back_frames(&back, state, exit))
		return TRANSFER_DEAD;
	if (link->kind == INSTANCE_CALL) {
		if (!back_value(&back, &r0))
			return TRANSFER_DEAD;
		state->regs[BPF_REG_0] = r0;
	}
	return back_diff(&back, state, &exit->diff) ? TRANSFER_OK : TRANSFER_DEAD;
}

/* A symbol of a canonical state has two values, or one and a row of the matrix. */
_Static_assert(STATE_NAMES / 2 <= SYM_FREE - SYM_ENTRY, "symbols always have a name");

void transfer_entry_names(struct state *callee)
{
	struct diff_name names[DIFF_ROWS];
	size_t count = 0;

	state_canonical(callee);
	for (u32 i = 0; i < state_value_count(callee); i++) {
		struct value *v = state_value(callee, i);

		if (v->sym >= SYM_FREE)
			v->sym -= SYM_FREE - SYM_ENTRY;
		if (v->id >= ID_FREE + (ID_FREE - ID_ENTRY) ||
		    v->parent >= ID_FREE + (ID_FREE - ID_ENTRY))
			*v = value_none;
		if (v->id >= ID_FREE)
			v->id -= ID_FREE - ID_ENTRY;
		if (v->parent >= ID_FREE)
			v->parent -= ID_FREE - ID_ENTRY;
	}
	for (u32 row = 0; row < DIFF_ROWS; row++) {
		u32 sym = callee->diff.sym[row];

		if (sym >= SYM_FREE)
			names[count++] = (struct diff_name){ .from = sym,
							     .to = sym - (SYM_FREE - SYM_ENTRY) };
	}
	diff_rename(&callee->diff, names, count);
	for (u32 i = 0; i < callee->ref_count; i++) {
		if (callee->refs[i].id >= ID_FREE)
			callee->refs[i].id -= ID_FREE - ID_ENTRY;
	}
}

void transfer_again(const struct transfer *t, const struct state *entry, const struct state *exit,
		    struct state *ret_state)
{
	(void)t;
	state_copy(ret_state, exit);
	ret_state->frame_count = entry->frame_count;
	memset(&ret_state->frames[entry->frame_count - 1], 0, sizeof(struct frame));
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++)
		ret_state->regs[reg] = entry->regs[reg];
}
