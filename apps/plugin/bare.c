/* SPDX-License-Identifier: MIT */
/* From bare instructions to a program. */
#include "plugin.h"

#include "base/arena.h"
#include "isa/decode.h"

/* The slot that insn names as the start of a function; PROG_NO_INDEX when it names none. */
static u32 function_start(const struct insn *insn, u32 slot)
{
	if (insn->kind == INSN_CALL_LOCAL)
		return (u32)((s64)slot + 1 + insn->off);
	return PROG_NO_INDEX;
}

static int check_insn(const struct insn *insn, u32 slot, struct error *err)
{
	if (insn->kind == INSN_CALL_KFUNC)
		return error_set(err, ERR_NOTSUP, "slot %u: bare instructions call no functions",
				 slot);
	if (insn->kind == INSN_LDDW && insn->op != LDDW_IMM)
		return error_set(err, ERR_NOTSUP,
				 "slot %u: bare instructions refer to no map, variable or code",
				 slot);
	return 0;
}

static int find_subprogs(struct prog *prog, struct arena *arena)
{
	bool *starts = arena_array(arena, prog->insn_count, sizeof(*starts));
	struct prog_subprog *subs;
	u32 count = 0;

	if (starts == NULL)
		return ERR_NOMEM;
	starts[0] = true;
	for (u32 i = 0; i < prog->insn_count; i++) {
		u32 start = function_start(&prog->insns[i], i);

		if (start < prog->insn_count)
			starts[start] = true;
	}
	for (u32 i = 0; i < prog->insn_count; i++)
		count += starts[i];
	subs = arena_array(arena, count, sizeof(*subs));
	if (subs == NULL)
		return ERR_NOMEM;
	count = 0;
	for (u32 i = 0; i < prog->insn_count; i++) {
		if (starts[i])
			subs[count++] = (struct prog_subprog){
				.name = i == 0 ? "main" : "subprogram",
				.start = i,
			};
		subs[count - 1].count++;
	}
	prog->subprogs = subs;
	prog->subprog_count = count;
	return 0;
}

int bare_prog(const u8 *bytes, size_t len, struct arena *arena, struct prog *ret_prog,
	      struct error *err)
{
	struct prog prog = { .name = "main", .section = "" };
	size_t count = len / INSN_SLOT_SIZE;
	struct insn *insns;
	int status;

	if (len % INSN_SLOT_SIZE != 0)
		return error_set(err, ERR_INVAL, "%zu bytes are not whole instructions", len);
	if (count > PROG_MAX_SLOTS)
		return error_set(err, ERR_TOOBIG, "%zu slots, at most %u are allowed", count,
				 PROG_MAX_SLOTS);
	insns = arena_array(arena, count, sizeof(*insns));
	if (insns == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	status = insn_decode_all(bytes, count, insns, err);
	for (u32 i = 0; status == 0 && i < count; i++)
		status = check_insn(&insns[i], i, err);
	if (status != 0)
		return status;
	prog.insns = insns;
	prog.insn_count = (u32)count;
	if (find_subprogs(&prog, arena) != 0)
		return error_set(err, ERR_NOMEM, "out of memory");
	status = prog_check(&prog, err);
	if (status != 0)
		return status;
	*ret_prog = prog;
	return 0;
}
