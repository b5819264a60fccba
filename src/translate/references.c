/* SPDX-License-Identifier: MIT */
/* What a program refers to. Code that is never reached refers to nothing. */
#include "translate/internal.h"

#include "base/mem.h"
#include "base/sort.h"

static bool counts(const struct prog_facts *facts, u32 slot)
{
	return facts == NULL || (facts->rows[slot].flags & FACT_REACHED) != 0;
}

#define NO_HELPER UINT32_MAX

/* The helper that an instruction's C calls. Two are needed by callx. */
static u32 helper_of(const struct prog *prog, u32 slot, u32 which)
{
	const struct insn *insn = &prog->insns[slot];

	if (insn->kind == INSN_CALLX)
		return which == 0 ? NATIVE_FIND_HELPER : NATIVE_STOP;
	if (which != 0)
		return NO_HELPER;
	if (insn->kind == INSN_LD_PACKET)
		return NATIVE_LOAD_PACKET;
	if (insn->kind == INSN_CALL)
		return prog_unresolved_at(prog, slot) != NULL ? NATIVE_STOP : (u32)insn->imm;
	return NO_HELPER;
}

static int compare_ids(const void *a, const void *b)
{
	u32 left = *(const u32 *)a, right = *(const u32 *)b;

	return left < right ? -1 : left > right;
}

int references_init(struct references *refs, const struct prog *prog,
		    const struct prog_facts *facts)
{
	u32 count = 0, kept = 0;

	*refs = (struct references){ 0 };
	for (u32 i = 0; i < prog->insn_count; i++)
		for (u32 k = 0; k < 2; k++)
			count += counts(facts, i) && helper_of(prog, i, k) != NO_HELPER;
	refs->helpers = mem_zalloc_array(count + 1, sizeof(*refs->helpers));
	refs->maps = mem_zalloc_array(prog->map_count + 1, sizeof(*refs->maps));
	if (refs->helpers == NULL || refs->maps == NULL)
		return ERR_NOMEM;
	count = 0;
	for (u32 i = 0; i < prog->insn_count; i++) {
		const struct insn *insn = &prog->insns[i];

		for (u32 k = 0; k < 2 && counts(facts, i); k++)
			if (helper_of(prog, i, k) != NO_HELPER)
				refs->helpers[count++] = helper_of(prog, i, k);
		if (insn->kind == INSN_LDDW && counts(facts, i) &&
		    (insn->op == LDDW_MAP || insn->op == LDDW_MAP_VALUE))
			refs->maps[insn->imm] = true;
	}
	if (sort_stable(refs->helpers, count, sizeof(*refs->helpers), compare_ids) != 0)
		return ERR_NOMEM;
	for (u32 i = 0; i < count; i++)
		if (i == 0 || refs->helpers[i] != refs->helpers[kept - 1])
			refs->helpers[kept++] = refs->helpers[i];
	refs->helper_count = kept;
	return 0;
}

void references_fini(struct references *refs)
{
	mem_free(refs->helpers);
	mem_free(refs->maps);
	*refs = (struct references){ 0 };
}

u32 references_helper(const struct references *refs, u32 id)
{
	u32 low = 0, high = refs->helper_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (refs->helpers[mid] < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
