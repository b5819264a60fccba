/* SPDX-License-Identifier: MIT */
/* The call graph of the code that is reachable inside its subprogram. Calls must not go in circles.
 * References to callbacks may: a timer's callback may start the timer again. The order of
 * subprograms is that of calls, and of references between different strongly connected components
 * of both. */
#include "cfg/cfg_internal.h"

#include "base/str.h"
#include "base/strbuf.h"

enum { SHOWN_NAMES = 8 }; /* of a long circle */

/* One depth-first search of subprograms. */
struct walk {
	struct cfg_builder *b;
	struct cfg_call *calls;
	u32 *parent; /* CFG_NONE: a root */
	u32 *next;   /* call to look at next */
	u32 *number; /* in preorder, from 1 on; 0: not seen */
	u32 *done;   /* place in postorder, CFG_NONE before that */
	u32 *order;  /* postorder */
	u32 seen, finished;
	/* Tarjan's components; the second walk only. */
	u32 *low, *stack, *component;
	u32 depth, components;
};

static u32 callee_of(const struct prog *prog, u32 slot)
{
	u32 target = (u32)((s64)slot + 1 + prog->insns[slot].off);

	return (u32)(prog_subprog_at(prog, target) - prog->subprogs);
}

static bool is_call(const struct insn *insn)
{
	return insn->kind == INSN_CALL_LOCAL || (insn->kind == INSN_LDDW && insn->op == LDDW_CODE);
}

/* Counts with calls NULL, else fills. */
static u32 collect(struct cfg_builder *b, struct cfg_call *calls)
{
	const struct prog *prog = b->prog;
	u32 count = 0;

	for (u32 i = 0; i < b->cfg->block_count; i++) {
		const struct cfg_block *block = &b->blocks[i];

		if ((block->flags & CFG_ENTRY) != 0)
			b->subprogs[block->subprog].call = count;
		if ((block->flags & CFG_REACHABLE) == 0)
			continue;
		for (u32 slot = block->start; slot < block->start + block->count; slot++) {
			if (!is_call(&prog->insns[slot]))
				continue;
			if (calls != NULL)
				calls[count] = (struct cfg_call){
					.slot = slot,
					.callee = callee_of(prog, slot),
					.is_reference = prog->insns[slot].kind == INSN_LDDW,
				};
			count++;
			b->subprogs[block->subprog].call_count =
				count - b->subprogs[block->subprog].call;
		}
	}
	return count;
}

static void enter(struct walk *w, u32 subprog, u32 parent)
{
	w->parent[subprog] = parent;
	w->number[subprog] = ++w->seen;
	w->next[subprog] = 0;
	if (w->low != NULL) {
		w->low[subprog] = w->number[subprog];
		w->stack[w->depth++] = subprog;
	}
}

static void leave(struct walk *w, u32 subprog)
{
	u32 parent = w->parent[subprog];

	w->done[subprog] = w->finished;
	w->order[w->finished++] = subprog;
	if (w->low == NULL)
		return;
	if (w->low[subprog] == w->number[subprog]) {
		u32 member;

		do {
			member = w->stack[--w->depth];
			w->component[member] = w->components;
		} while (member != subprog);
		w->components++;
	}
	if (parent != CFG_NONE)
		w->low[parent] = MIN(w->low[parent], w->low[subprog]);
}

static const char *name_of(const struct cfg_builder *b, u32 subprog)
{
	const char *name = b->prog->subprogs[subprog].name;

	return name != NULL ? name : "?";
}

/* "a -> b -> a": callee calls, on the way down to caller, which calls callee. */
static int refuse_cycle(struct walk *w, const struct cfg_call *call, u32 caller)
{
	struct cfg_builder *b = w->b;
	struct strbuf names = STRBUF_INIT;
	u32 len = 1, at = caller;
	int status;

	/* Turned round: next[] is not needed any more. */
	for (; at != call->callee; at = w->parent[at], len++)
		w->next[w->parent[at]] = at;
	strbuf_add(&names, name_of(b, at));
	for (u32 i = 1; i < len; i++) {
		at = w->next[at];
		if (i < SHOWN_NAMES)
			strbuf_printf(&names, " -> %s", name_of(b, at));
		else if (i == SHOWN_NAMES)
			strbuf_add(&names, " -> ...");
	}
	strbuf_printf(&names, " -> %s", name_of(b, call->callee));
	status = strbuf_status(&names);
	if (status == 0 && len == 1)
		status = error_set(b->err, ERR_LOOP, "slot %u: subprogram %s calls itself",
				   call->slot, name_of(b, caller));
	else if (status == 0)
		status = error_set(b->err, ERR_LOOP,
				   "slot %u: %u subprograms call each other in a circle: %s",
				   call->slot, len, strbuf_str(&names));
	strbuf_fini(&names);
	if (b->options != NULL && b->options->ret_cycle != NULL)
		*b->options->ret_cycle = call->slot;
	return status;
}

/* Follows calls, and references in the second walk, from what root leads to. */
static int walk_from(struct walk *w, u32 root)
{
	const struct cfg_subprog *subprogs = w->b->subprogs;
	u32 at = root;

	enter(w, root, CFG_NONE);
	while (at != CFG_NONE) {
		const struct cfg_call *call;

		if (w->next[at] == subprogs[at].call_count) {
			leave(w, at);
			at = w->parent[at];
			continue;
		}
		call = &w->calls[subprogs[at].call + w->next[at]++];
		if (w->low == NULL && call->is_reference)
			continue;
		if (w->number[call->callee] == 0) {
			enter(w, call->callee, at);
			at = call->callee;
		} else if (w->low == NULL) {
			if (w->done[call->callee] == CFG_NONE)
				return refuse_cycle(w, call, at);
		} else if (w->component[call->callee] == CFG_NONE) {
			w->low[at] = MIN(w->low[at], w->number[call->callee]);
		}
	}
	return 0;
}

static int alloc(struct walk *w, bool with_components)
{
	u32 count = w->b->prog->subprog_count;

	w->parent = cfg_scratch(w->b, count, sizeof(u32));
	w->next = cfg_scratch(w->b, count, sizeof(u32));
	w->number = cfg_scratch(w->b, count, sizeof(u32));
	w->done = cfg_scratch(w->b, count, sizeof(u32));
	w->order = cfg_scratch(w->b, count, sizeof(u32));
	if (w->parent == NULL || w->next == NULL || w->number == NULL || w->done == NULL ||
	    w->order == NULL)
		return ERR_NOMEM;
	memset(w->done, 0xff, count * sizeof(u32));
	if (!with_components)
		return 0;
	w->low = cfg_scratch(w->b, count, sizeof(u32));
	w->stack = cfg_scratch(w->b, count, sizeof(u32));
	w->component = cfg_scratch(w->b, count, sizeof(u32));
	if (w->low == NULL || w->stack == NULL || w->component == NULL)
		return ERR_NOMEM;
	memset(w->component, 0xff, count * sizeof(u32));
	return 0;
}

static int walk_all(struct walk *w, bool with_components)
{
	int status = alloc(w, with_components);

	for (u32 i = 0; i < w->b->prog->subprog_count && status == 0; i++) {
		if (w->number[i] == 0)
			status = walk_from(w, i);
		/* What the entry leads to is reachable. */
		if (i == 0 && with_components && status == 0)
			for (u32 k = 0; k < w->finished; k++)
				w->b->subprogs[w->order[k]].is_reachable = true;
	}
	return status;
}

/* Components in the order in which they were completed, and in each its members in the order of
 * calls. starts: scratch. */
static void sort_by_component(const struct walk *calls, const struct walk *all, u32 *starts)
{
	struct cfg_builder *b = all->b;
	u32 count = b->prog->subprog_count, sum = 0;

	memset(starts, 0, count * sizeof(u32));
	for (u32 i = 0; i < count; i++)
		starts[all->component[i]]++;
	for (u32 i = 0; i < all->components; i++) {
		u32 size = starts[i];

		starts[i] = sum;
		sum += size;
	}
	for (u32 i = 0; i < count; i++) {
		u32 subprog = calls->order[i];

		b->callees_first[starts[all->component[subprog]]++] = subprog;
	}
}

int cfg_calls(struct cfg_builder *b)
{
	u32 count = collect(b, NULL);
	struct cfg_call *calls = arena_array(b->arena, count, sizeof(*calls));
	struct walk only_calls = { .b = b, .calls = calls };
	struct walk all = { .b = b, .calls = calls };
	int status;

	b->callees_first = arena_array(b->arena, b->prog->subprog_count, sizeof(u32));
	if (calls == NULL || b->callees_first == NULL)
		return ERR_NOMEM;
	collect(b, calls);
	b->cfg->calls = calls;
	b->cfg->call_count = count;
	b->cfg->callees_first = b->callees_first;
	status = walk_all(&only_calls, false);
	if (status == 0)
		status = walk_all(&all, true);
	if (status != 0)
		return status;
	sort_by_component(&only_calls, &all, all.next);
	for (u32 i = 0; i < b->prog->subprog_count; i++)
		for (u32 k = 0; k < b->subprogs[i].call_count; k++) {
			struct cfg_call *call = &calls[b->subprogs[i].call + k];

			call->is_cycle = all.component[i] == all.component[call->callee] &&
					 call->is_reference;
		}
	return 0;
}
