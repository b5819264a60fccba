/* SPDX-License-Identifier: MIT */
/* One program of an object: its own slots, then once each the functions that it calls, then those
 * whose address it takes and what they call. References between them are patched when all have
 * their place. No recursion: functions that are found on the way wait in a list. */
#include "base/mem.h"
#include "base/str.h"
#include "isa/decode.h"
#include "object/index.h"

/* Finds the function that holds a target and how far into it the target is. */
static int find_target(struct link *link, u32 section, u64 off, struct link_ref *ref,
		       struct error *err)
{
	const struct object *obj = link->obj;
	const char *name = obj->elf.sections[section].name;

	ref->func = object_func_at(obj, section, off);
	if (ref->func == PROG_NO_INDEX)
		return error_set(err, ERR_NOEXEC, "target 0x%llx is outside of section \"%s\"", off,
				 name);
	if ((off - obj->progs[ref->func].off) % INSN_SLOT_SIZE != 0)
		return error_set(err, ERR_NOEXEC,
				 "target 0x%llx in section \"%s\" is not at an instruction", off,
				 name);
	ref->delta = (u32)((off - obj->progs[ref->func].off) / INSN_SLOT_SIZE);
	return 0;
}

static int place(struct link *link, u32 func, struct error *err)
{
	const struct object_prog *prog = &link->obj->progs[func];
	struct link_func one = { .func = func, .start = (u32)link->insns.count };

	if (link->obj->index->placed[func] != PROG_NO_INDEX)
		return 0;
	if (link->obj->index->funcs[func].bad != NULL)
		return error_set(err, ERR_NOEXEC, "function %s in section \"%s\": %s", prog->name,
				 prog->section, link->obj->index->funcs[func].bad);
	if (prog->count > PROG_MAX_SLOTS - link->insns.count)
		return error_set(err, ERR_TOOBIG, "more than %u instructions with %s",
				 PROG_MAX_SLOTS, prog->name);
	if (prog->count > OBJECT_MAX_LINKED - link->obj->index->linked)
		return error_set(err, ERR_TOOBIG, "more than %u instructions in all programs",
				 OBJECT_MAX_LINKED);
	link->obj->index->linked += prog->count;
	if (vec_push(&link->funcs, one) != 0 || vec_reserve(&link->insns, prog->count) != 0)
		return error_set(err, ERR_NOMEM, "out of memory");
	link->obj->index->placed[func] = (u32)link->funcs.count - 1;
	/* Filled when its turn comes; the room is taken now so that starts are known. */
	memset(link->insns.items + link->insns.count, 0, prog->count * sizeof(struct insn));
	link->insns.count += prog->count;
	return 0;
}

int link_call(struct link *link, u32 slot, u32 section, u64 off, struct error *err)
{
	struct link_ref ref = { .slot = slot };
	int status = find_target(link, section, off, &ref, err);

	if (status == 0)
		status = place(link, ref.func, err);
	if (status == 0 && vec_push(&link->refs, ref) != 0)
		status = error_set(err, ERR_NOMEM, "out of memory");
	return status;
}

int link_code_address(struct link *link, u32 slot, u32 section, u64 off, struct error *err)
{
	struct link_ref ref = { .slot = slot };
	int status = find_target(link, section, off, &ref, err);

	if (status != 0)
		return status;
	if (!link->obj->index->wanted[ref.func]) {
		if (vec_push(&link->callbacks, ref.func) != 0)
			return error_set(err, ERR_NOMEM, "out of memory");
		link->obj->index->wanted[ref.func] = 1;
	}
	return vec_push(&link->refs, ref) != 0 ? error_set(err, ERR_NOMEM, "out of memory") : 0;
}

/* The first relocation at or behind off. */
static u32 first_reloc(const struct section_info *info, u64 off)
{
	u32 low = 0, high = info->reloc_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (info->relocs[mid].offset < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int decode_func(struct link *link, const struct link_func *func, struct error *err)
{
	const struct object_prog *prog = &link->obj->progs[func->func];
	const u8 *bytes = link->obj->elf.sections[prog->section_idx].data + prog->off;

	return insn_decode_slots(bytes, prog->count, link->insns.items + func->start, err);
}

/* Without a relocation: the assembler knew the distance, in the section's own slots. */
static int plain_target(struct link *link, const struct link_func *func, u32 i, struct error *err)
{
	const struct object_prog *prog = &link->obj->progs[func->func];
	const struct insn *insn = &link->insns.items[func->start + i];
	s64 target = (s64)(prog->off / INSN_SLOT_SIZE) + i + 1 + insn->off;
	u64 off = (u64)target * INSN_SLOT_SIZE;

	if (target < 0)
		return error_set(err, ERR_NOEXEC, "the target is before the section's start");
	return insn->kind == INSN_CALL_LOCAL
		       ? link_call(link, func->start + i, prog->section_idx, off, err)
		       : link_code_address(link, func->start + i, prog->section_idx, off, err);
}

static int resolve_plain(struct link *link, const struct link_func *func, u32 i, struct error *err)
{
	const struct insn *insn = &link->insns.items[func->start + i];

	if (insn->kind == INSN_CALL_KFUNC)
		return error_set(err, ERR_NOEXEC, "a call by BTF id without a relocation");
	if (insn->kind == INSN_CALL_LOCAL || (insn->kind == INSN_LDDW && insn->op == LDDW_CODE))
		return plain_target(link, func, i, err);
	if (insn->kind == INSN_LDDW && insn->op != LDDW_IMM)
		return error_set(err, ERR_NOEXEC,
				 "an LDDW of a map or variable without a relocation");
	return 0;
}

/* Resolves what one function refers to. at: the slot, for messages. */
static int resolve_func(struct link *link, const struct link_func *func, u32 *at, struct error *err)
{
	const struct object_prog *prog = &link->obj->progs[func->func];
	const struct section_info *info = &link->obj->index->sections[prog->section_idx];
	u64 end = prog->off + (u64)prog->count * INSN_SLOT_SIZE;
	u32 next = first_reloc(info, prog->off);
	int status = 0;

	for (u32 i = 0; i < prog->count && status == 0; i++) {
		u64 off = prog->off + (u64)i * INSN_SLOT_SIZE;
		bool is_relocated;

		while (next < info->reloc_count && info->relocs[next].type == RELOC_NONE)
			next++;
		is_relocated = next < info->reloc_count && info->relocs[next].offset == off;

		*at = i;
		status = is_relocated
				 ? link_reloc(link, &info->relocs[next++], func->start + i, err)
				 : resolve_plain(link, func, i, err);
		/* The next one, if any, is behind this slot and not inside it. */
		if (status == 0 && next < info->reloc_count && info->relocs[next].offset < end &&
		    info->relocs[next].offset < off + INSN_SLOT_SIZE)
			status = error_set(err, ERR_NOEXEC, "%s relocation at 0x%llx",
					   info->relocs[next].offset == off ? "a second"
									    : "an unaligned",
					   info->relocs[next].offset);
	}
	return status;
}

static int link_func(struct link *link, u32 idx, struct error *err)
{
	const struct link_func func = link->funcs.items[idx];
	const struct object_prog *prog = &link->obj->progs[func.func];
	u32 at = 0;
	int status = object_read_relocs(link->obj, prog->section_idx, err);

	if (status != 0)
		return status;
	status = decode_func(link, &func, err);
	if (status == 0) {
		status = resolve_func(link, &func, &at, err);
		if (status == 0)
			status = link_core_relos(link, &func, &at, err);
		if (status != 0)
			error_prefix(err, "slot %u", at);
	}
	if (status != 0)
		error_prefix(err, "section \"%s\", function %s at 0x%llx", prog->section,
			     prog->name, prog->off);
	return status;
}

/* Everything reachable from the entry by calls, then callbacks, each with what it calls. */
static int link_all(struct link *link, u32 entry, u32 *ret_called, struct error *err)
{
	int status = place(link, entry, err);
	u32 done = 0, callbacks = 0;

	while (status == 0) {
		if (done < link->funcs.count) {
			status = link_func(link, done++, err);
			continue;
		}
		if (callbacks == 0)
			*ret_called = (u32)link->insns.count;
		if (callbacks == link->callbacks.count)
			return 0;
		status = place(link, link->callbacks.items[callbacks++], err);
	}
	return status;
}

/* Sets the distances. Targets inside a function begin a subprogram of their own; *cuts gets them
 * (one byte a slot, 2: its address is taken). */
static int patch(struct link *link, u8 *cuts, struct error *err)
{
	for (u32 i = 0; i < link->funcs.count; i++)
		cuts[link->funcs.items[i].start] = 1;
	for (u32 i = 0; i < link->refs.count; i++) {
		const struct link_ref *ref = &link->refs.items[i];
		u32 target =
			link->funcs.items[link->obj->index->placed[ref->func]].start + ref->delta;
		struct insn *insn = &link->insns.items[ref->slot];

		if (link->insns.items[target].kind == INSN_LDDW_HIGH)
			return error_set(err, ERR_NOEXEC,
					 "function %s: a call into the second half of an LDDW",
					 link->obj->progs[ref->func].name);
		insn->off = (s32)((s64)target - ref->slot - 1);
		if (insn->kind == INSN_LDDW)
			cuts[target] = 2;
		else if (cuts[target] == 0)
			cuts[target] = 1;
	}
	return 0;
}

static int make_subprogs(struct link *link, const u8 *cuts, struct prog *prog)
{
	struct object *obj = link->obj;
	struct prog_subprog *subs;
	u32 count = 0, func = 0;

	for (u32 slot = 0; slot < prog->insn_count; slot++)
		count += cuts[slot] != 0;
	subs = arena_array(&obj->arena, count, sizeof(*subs));
	if (subs == NULL)
		return ERR_NOMEM;
	prog->subprogs = subs;
	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		const struct link_func *in;

		if (cuts[slot] == 0) {
			subs[prog->subprog_count - 1].count++;
			continue;
		}
		while (func + 1 < link->funcs.count && link->funcs.items[func + 1].start <= slot)
			func++;
		in = &link->funcs.items[func];
		subs[prog->subprog_count] = (struct prog_subprog){
			.name = obj->progs[in->func].name,
			.start = slot,
			.count = 1,
			.is_callback = cuts[slot] == 2,
		};
		if (in->start != slot)
			subs[prog->subprog_count].name = object_text(
				obj, "%s+%u", obj->progs[in->func].name, slot - in->start);
		if (subs[prog->subprog_count++].name == NULL)
			return ERR_NOMEM;
	}
	return 0;
}

static int keep(struct link *link, struct prog *prog)
{
	struct arena *arena = &link->obj->arena;
	struct insn *insns = arena_array(arena, link->insns.count, sizeof(*insns));
	struct prog_func *funcs = arena_array(arena, link->externs.count + 1, sizeof(*funcs));
	struct prog_var *vars = arena_array(arena, link->vars.count + 1, sizeof(*vars));
	struct prog_unresolved *unresolved =
		arena_array(arena, link->unresolved.count + 1, sizeof(*unresolved));

	if (insns == NULL || funcs == NULL || vars == NULL || unresolved == NULL)
		return ERR_NOMEM;
	if (link->insns.count > 0)
		memcpy(insns, link->insns.items, link->insns.count * sizeof(*insns));
	if (link->externs.count > 0)
		memcpy(funcs, link->externs.items, link->externs.count * sizeof(*funcs));
	if (link->vars.count > 0)
		memcpy(vars, link->vars.items, link->vars.count * sizeof(*vars));
	if (link->unresolved.count > 0)
		memcpy(unresolved, link->unresolved.items,
		       link->unresolved.count * sizeof(*unresolved));
	prog->unresolved = unresolved;
	prog->unresolved_count = (u32)link->unresolved.count;
	prog->insns = insns;
	prog->insn_count = (u32)link->insns.count;
	prog->funcs = funcs;
	prog->func_count = (u32)link->externs.count;
	prog->vars = vars;
	prog->var_count = (u32)link->vars.count;
	return link_lines(link, prog);
}

static int finish(struct link *link, struct prog *prog, struct error *err)
{
	u8 *cuts = mem_zalloc(link->insns.count);
	int status = ERR_NOMEM;

	if (cuts == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	status = patch(link, cuts, err);
	if (status == 0 && (keep(link, prog) != 0 || make_subprogs(link, cuts, prog) != 0))
		status = error_set(err, ERR_NOMEM, "out of memory");
	mem_free(cuts);
	if (status == 0)
		status = prog_check(prog, err);
	if (status != 0 && status != ERR_NOMEM)
		error_prefix(err, "section \"%s\", program %s", prog->section, prog->name);
	return status;
}

static void link_fini(struct link *link)
{
	struct object_index *index = link->obj->index;

	for (u32 i = 0; i < link->funcs.count; i++)
		index->placed[link->funcs.items[i].func] = PROG_NO_INDEX;
	for (u32 i = 0; i < link->callbacks.count; i++)
		index->wanted[link->callbacks.items[i]] = 0;
	vec_free(&link->insns);
	vec_free(&link->funcs);
	vec_free(&link->refs);
	vec_free(&link->externs);
	vec_free(&link->vars);
	vec_free(&link->unresolved);
	vec_free(&link->callbacks);
}

int object_link(struct object *obj, u32 prog_idx, const struct spec_prog_type *type,
		const struct prog **ret_prog, struct error *err)
{
	struct link link = { .obj = obj };
	struct prog *prog;
	int status = ERR_NOMEM;

	if (prog_idx >= obj->prog_count)
		return error_set(err, ERR_INVAL, "%s: there is no program %u", obj->file, prog_idx);
	prog = arena_alloc(&obj->arena, sizeof(*prog));
	if (prog == NULL) {
		error_set(err, ERR_NOMEM, "out of memory");
		goto out_fini;
	}
	prog->name = obj->progs[prog_idx].name;
	prog->section = obj->progs[prog_idx].section;
	prog->dialect = obj->dialect;
	prog->spec = obj->spec;
	prog->type = type;
	if (obj->progs[prog_idx].match != NULL) {
		const struct spec_section *match = obj->progs[prog_idx].match;

		prog->type = type != NULL ? type : match->type;
		prog->attach = prog->type == match->type ? match->attach : NULL;
	}
	prog->maps = obj->maps;
	prog->map_count = obj->map_count;
	status = link_all(&link, prog_idx, &prog->called_count, err);
	if (status == 0)
		status = finish(&link, prog, err);
	if (status == 0)
		*ret_prog = prog;
out_fini:
	if (status != 0)
		error_prefix(err, "%s", obj->file);
	link_fini(&link);
	return status;
}
