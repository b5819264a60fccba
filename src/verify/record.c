/* SPDX-License-Identifier: MIT */
/* Going through a program again, with notes. A path ends at its first failure, so that what follows
 * from one is no finding of its own; the others go on. Only what may be NULL is taken to have been
 * checked, as the path would go on then. */
#include "verify/record.h"

#include "base/error.h"
#include "base/str.h"
#include "verify/effect.h"
#include "verify/note.h"
#include "verify/report_trace.h"
#include "verify/search.h"

#define LEAST_STEPS 100000

/* --- findings --- */

static bool is_null_finding(u32 id)
{
	return id == FINDING_NULL_ACCESS || id == FINDING_ARG_NULL ||
	       id == FINDING_POINTER_NULL_ALU;
}

static bool is_same_line(const struct prog *prog, u32 a, u32 b)
{
	const struct prog_line *x = prog_line_at(prog, a), *y = prog_line_at(prog, b);

	return x != NULL && y != NULL && x->line != 0 && x->col != 0 && x->line == y->line &&
	       x->col == y->col && str_eq(x->file, y->file);
}

/* Whether both are there for the same reason, and mending that mends both. */
static bool is_same_cause(const struct record *record, const struct finding *a,
			  const struct finding *b)
{
	const struct prog *prog = record->prog;

	if (is_null_finding(a->id) && is_null_finding(b->id)) {
		u32 from = trace_origin(prog, record->cfg, a);

		if (from != PROG_NO_INDEX && from == trace_origin(prog, record->cfg, b))
			return true;
	}
	if (a->id != b->id)
		return false;
	switch ((enum finding_id)a->id) {
	case FINDING_LEAKED_REFERENCE: return a->other == b->other;
	case FINDING_UNINIT_STACK:
	case FINDING_ARG_UNINIT:
		if (a->lo == b->lo &&
		    prog_subprog_at(prog, a->slot) == prog_subprog_at(prog, b->slot))
			return true;
		break;
	default: break;
	}
	return (a->slot == b->slot && a->arg == b->arg && a->reg == b->reg) ||
	       is_same_line(prog, a->slot, b->slot);
}

static void add_finding(struct record *record, const struct finding *finding)
{
	u32 at = record->finding_count;

	for (u32 i = 0; i < at; i++)
		if (is_same_cause(record, &record->findings[i], finding))
			return;
	if (at == RECORD_FINDINGS) {
		record->more++;
		return;
	}
	for (; at > 0 && record->findings[at - 1].slot > finding->slot; at--)
		record->findings[at] = record->findings[at - 1];
	record->findings[at] = *finding;
	record->finding_count++;
}

void note_finding(struct walk *w)
{
	u32 id = w->transfer.finding.id;

	/* What was too much says nothing of what is wrong. */
	if (id != FINDING_NONE && id != FINDING_TOO_COMPLEX)
		add_finding(w->search->record, &w->transfer.finding);
}

u32 note_count(const struct search *s)
{
	return s->record != NULL ? s->record->finding_count + s->record->more : 0;
}

bool note_repair(struct walk *w)
{
	const struct finding *f = &w->transfer.finding;
	struct state *before = &w->spare;
	struct value *v;

	if (!is_null_finding(f->id) || f->reg >= BPF_REG_COUNT)
		return false;
	v = &before->regs[f->reg];
	if ((v->flags & VALUE_NULLABLE) == 0)
		return false;
	if (v->id != ID_NONE)
		state_resolve_null(before, v->id, false);
	v->flags &= (u8)~VALUE_NULLABLE;
	state_copy(w->now, before);
	return true;
}

/* --- states --- */

static struct record_block *block_of(struct record *record, const struct walk *w, u32 block)
{
	const struct instance *from = w->instance;

	for (u32 i = 0; i < record->instance_count; i++)
		if (record->instances[i].source == from)
			return &record->instances[i]
					.blocks[block - record->cfg->subprogs[from->subprog].block];
	return NULL;
}

void note_instance(struct search *s, const struct instance *instance)
{
	struct record *record = s->record;
	u32 count = s->cfg->subprogs[instance->subprog].block_count;
	struct record_instance *all;

	if (record->instance_count == record->instance_cap) {
		u32 cap = record->instance_cap == 0 ? 16 : record->instance_cap * 2;

		all = arena_array(s->arena, cap, sizeof(*all));
		if (all == NULL) {
			search_over(s, ERR_NOMEM);
			return;
		}
		if (record->instance_count > 0)
			memcpy(all, record->instances, record->instance_count * sizeof(*all));
		record->instances = all;
		record->instance_cap = cap;
	}
	all = &record->instances[record->instance_count];
	*all = (struct record_instance){ .kind = instance->kind,
					 .subprog = instance->subprog,
					 .func = instance->func,
					 .source = instance };
	all->blocks = arena_array(s->arena, (size_t)count + 1, sizeof(*all->blocks));
	if (all->blocks == NULL)
		search_over(s, ERR_NOMEM);
	else
		record->instance_count++;
}

void note_clear(struct walk *w, u32 block)
{
	struct record_block *to = block_of(w->search->record, w, block);

	if (to != NULL)
		*to = (struct record_block){ 0 };
}

void note_block(struct walk *w, u32 block)
{
	struct record_block *to = block_of(w->search->record, w, block);
	const struct packed *state;

	if (w->quiet > 0 || to == NULL)
		return;
	if (to->count < RECORD_STATES) {
		state_copy(&w->spare, w->now);
		state = keep(w, &w->spare);
		if (state == NULL)
			return;
		for (u32 i = 0; i < to->count; i++)
			if (packed_equal(to->states[i], state))
				return;
		to->states[to->count] = state;
	}
	to->count++;
}

static void note_pointer(struct record_pointer *to, bool is_first, const struct walk *w, u32 reg,
			 s32 off)
{
	const struct value *v = &w->now->regs[reg];
	bool is_stack = v->type == VALUE_STACK && v->region == w->now->frame_count - 1 &&
			v->n.smin >= -PROG_FRAME_SIZE * 2 && v->n.smax <= PROG_FRAME_SIZE * 2;

	to->is_map = v->type == VALUE_MAP;
	to->map = v->region;
	if (!is_stack) {
		to->is_stack = false;
		return;
	}
	if (is_first) {
		to->is_stack = true;
		to->lo = INT16_MAX;
		to->hi = INT16_MIN;
	}
	to->lo = (s16)MIN((s64)to->lo, v->n.smin + off);
	to->hi = (s16)MAX((s64)to->hi, v->n.smax + off);
}

void note_insn(struct walk *w, u32 slot)
{
	struct record_slot *to = &w->search->record->slots[slot];
	const struct insn *insn = &w->search->prog->insns[slot];
	bool is_first = !to->is_reached;

	state_copy(&w->spare, w->now);
	if (w->quiet > 0)
		return;
	to->is_reached = true;
	switch ((enum insn_kind)insn->kind) {
	case INSN_LOAD:
	case INSN_LOAD_ACQ:
		note_pointer(&to->pointers[0], is_first, w, insn->src, insn->off);
		break;
	case INSN_STORE:
	case INSN_STORE_REL:
	case INSN_ATOMIC: note_pointer(&to->pointers[0], is_first, w, insn->dst, insn->off); break;
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALL_LOCAL:
	case INSN_CALLX:
		for (u32 i = 0; i < 5; i++)
			note_pointer(&to->pointers[i], is_first, w, BPF_REG_1 + i, 0);
		break;
	default: break;
	}
}

/* --- the way through --- */

static int walk_again(struct record *record, const struct verify_options *options,
		      const struct verify_result *result)
{
	struct search *s = search_new(&record->arena, record->prog, record->cfg, options,
				      search_round_alone(result->round));

	if (s == NULL)
		return ERR_NOMEM;
	s->record = record;
	s->max_steps = MIN(s->max_steps, result->steps * 4 + LEAST_STEPS);
	return search_main(s) ? 0 : ERR_NOMEM;
}

int record_make(const struct prog *prog, const struct verify_options *options,
		const struct verify_result *result, struct record *ret_record, struct error *err)
{
	struct record *record = ret_record;
	struct cfg_options flow = { .call_effect = verify_call_effect, .budget = options->budget };
	int status;

	*record = (struct record){ .prog = prog };
	search_arena(&record->arena, options);
	status = cfg_build(&record->arena, prog, &flow, &record->cfg, err);
	if (status == 0) {
		record->slots =
			arena_array(&record->arena, prog->insn_count, sizeof(*record->slots));
		if (record->slots == NULL)
			status = error_set(err, ERR_NOMEM, "out of memory");
	}
	/* No control flow, no time or no room to look again: the verdict's own finding has to do.
	 */
	if (status == ERR_LOOP || status == ERR_TIME || (status != 0 && record->arena.is_full)) {
		*err = (struct error){ 0 };
		record->cfg = NULL;
		if (!result->is_safe)
			add_finding(record, &result->finding);
		return 0;
	}
	if (status != 0)
		return status;
	/* What there was no room for is not there: the verdict's own finding always is. */
	if (walk_again(record, options, result) != 0)
		record->instance_count = 0;
	/* Of a safe program there are none, whatever this way through it was too coarse for. */
	if (result->is_safe)
		record->finding_count = record->more = 0;
	else if (record->finding_count == 0)
		add_finding(record, &result->finding);
	return 0;
}

void record_fini(struct record *record)
{
	arena_fini(&record->arena);
	*record = (struct record){ 0 };
}
