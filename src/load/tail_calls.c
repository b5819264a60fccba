/* SPDX-License-Identifier: MIT */
/* The programs that a program can reach by tail calls: an object's file says which programs its
 * arrays of programs hold from the start. Only arrays that a loaded program refers to are filled,
 * so that a damaged program takes those along that can call it and no others. Circles are normal;
 * a list of what waits takes the place of recursion. */
#include "load/tail_calls.h"

#include "base/mem.h"

struct filling {
	struct load *load;
	u32 entry;		     /* index into the object's programs */
	struct runtime_prog **ready; /* by program of the object */
	const struct prog **waiting; /* whose references have not been looked at */
	u32 waiting_count, next;
	bool *filled; /* by map */
};

static const struct spec_prog_type *section_type(const struct object *obj, u32 idx)
{
	const struct spec_section *match = obj->progs[idx].match;

	return match != NULL ? match->type : NULL;
}

/* Whoever tail-calls hands its context on, so all have the entry's type. A section may leave it
 * open; and where the user overrules the entry's section, that counts for its like, too. */
static int check_type(const struct filling *filling, u32 idx, struct error *err)
{
	const struct object *obj = filling->load->object;
	const struct prog *caller = filling->load->prog;
	const struct spec_prog_type *type = section_type(obj, idx);

	if (type == NULL || type == caller->type || type == section_type(obj, filling->entry))
		return 0;
	return error_set(
		err, ERR_INVAL,
		"program '%.64s' is of type %s, but program '%.64s', which can reach it by "
		"tail calls, is of type %s",
		obj->progs[idx].name, type->name, caller->name, caller->type->name);
}

static int add_prog(struct filling *filling, u32 idx, struct error *err)
{
	struct load *load = filling->load;
	const struct prog_facts *facts = NULL;
	const struct prog *prog;
	int r;

	if (filling->ready[idx] != NULL)
		return 0;
	r = check_type(filling, idx, err);
	if (r == 0)
		r = load_link(load, idx, load->prog->type, &prog, &facts, err);
	if (r != 0)
		return r;
	r = runtime_add_prog(load->runtime, prog, load->engine, facts, &filling->ready[idx], err);
	if (r < 0) {
		error_prefix(err, "program '%.64s'", prog->name);
		return r;
	}
	filling->waiting[filling->waiting_count++] = prog;
	return 0;
}

static int fill_array(struct filling *filling, u32 map_idx, struct error *err)
{
	const struct prog_map *map = &filling->load->object->maps[map_idx];

	if (filling->filled[map_idx])
		return 0;
	filling->filled[map_idx] = true;
	for (u32 i = 0; i < map->value_count; i++) {
		const struct prog_map_value *value = &map->values[i];
		int r;

		if (value->prog == PROG_NO_INDEX)
			continue; /* a map of maps: who creates it fills it */
		r = add_prog(filling, value->prog, err);
		if (r == 0)
			r = runtime_set_prog(filling->load->runtime, map_idx, value->index,
					     filling->ready[value->prog], err);
		if (r != 0) {
			error_prefix(err, "value %u of map '%.64s'", value->index, map->name);
			return r;
		}
	}
	return 0;
}

static int fill_arrays_of(struct filling *filling, const struct prog *prog, struct error *err)
{
	int r = 0;

	for (u32 slot = 0; r == 0 && slot < prog->insn_count; slot++) {
		const struct insn *insn = &prog->insns[slot];

		if (insn->kind == INSN_LDDW && insn->op == LDDW_MAP)
			r = fill_array(filling, (u32)insn->imm, err);
	}
	return r;
}

int load_tail_calls(struct load *load, u32 prog_idx, struct error *err)
{
	const struct object *obj = load->object;
	struct filling filling = {
		.load = load,
		.entry = prog_idx,
		.ready = mem_zalloc_array(obj->prog_count, sizeof(struct runtime_prog *)),
		.waiting = mem_zalloc_array(obj->prog_count, sizeof(struct prog *)),
		.filled = mem_zalloc_array((size_t)obj->map_count + 1, sizeof(bool)),
	};
	int r = 0;

	if (filling.ready == NULL || filling.waiting == NULL || filling.filled == NULL) {
		r = error_set(err, ERR_NOMEM, "%s: out of memory", obj->file);
		goto out_free;
	}
	filling.ready[prog_idx] = load->runtime_prog;
	filling.waiting[filling.waiting_count++] = load->prog;
	while (r == 0 && filling.next < filling.waiting_count)
		r = fill_arrays_of(&filling, filling.waiting[filling.next++], err);
out_free:
	mem_free(filling.ready);
	mem_free(filling.waiting);
	mem_free(filling.filled);
	return r;
}
