/* SPDX-License-Identifier: MIT */
/* See list.h. */
#include "object/list.h"

#include "base/le.h"
#include "base/str.h"
#include "isa/decode.h"
#include "object/index.h"

struct reloc_list {
	struct object *obj;
	VEC(struct object_reloc) items;
};

static const char *kind_name(enum object_reloc_kind kind)
{
	switch (kind) {
	case OBJECT_RELOC_MAP: return "map";
	case OBJECT_RELOC_GLOBAL: return "global";
	case OBJECT_RELOC_CONFIG: return "kconfig";
	case OBJECT_RELOC_VARIABLE: return "variable";
	case OBJECT_RELOC_FUNCTION: return "function";
	case OBJECT_RELOC_CALL: return "call";
	case OBJECT_RELOC_HELPER: return "helper";
	case OBJECT_RELOC_EXTERN: return "extern";
	case OBJECT_RELOC_VALUE: return "value";
	case OBJECT_RELOC_CORE:
	case OBJECT_RELOC_UNKNOWN: break;
	}
	return "unknown";
}

/* Why something cannot be resolved, kept. ERR_NOMEM is passed on. */
static int keep_error(struct object *obj, struct object_reloc *row, const struct error *why,
		      struct error *err)
{
	if (why->status == ERR_NOMEM)
		return error_set(err, ERR_NOMEM, "out of memory");
	row->error = arena_strndup(&obj->arena, why->text, strlen(why->text));
	return row->error == NULL ? error_set(err, ERR_NOMEM, "out of memory") : 0;
}

/* The function at a place and how far into it that is. */
static void set_function(const struct object *obj, u32 section, u64 off, struct object_reloc *row)
{
	u32 func = object_func_at(obj, section, off);

	if (func == PROG_NO_INDEX) {
		row->error = "its target is outside of the section";
		return;
	}
	row->target = obj->progs[func].name;
	row->target_off = off - obj->progs[func].off;
}

static void set_target(const struct object *obj, const struct reloc_target *to,
		       struct object_reloc *row)
{
	row->kind = to->kind;
	row->kind_name = kind_name(to->kind);
	switch (to->kind) {
	case OBJECT_RELOC_MAP:
	case OBJECT_RELOC_GLOBAL:
	case OBJECT_RELOC_CONFIG:
		row->target = obj->maps[to->idx].name;
		row->target_off = to->off;
		break;
	case OBJECT_RELOC_FUNCTION:
	case OBJECT_RELOC_CALL: set_function(obj, to->section, to->off, row); break;
	case OBJECT_RELOC_HELPER: row->target = to->helper->name; break;
	case OBJECT_RELOC_VARIABLE:
	case OBJECT_RELOC_EXTERN:
	case OBJECT_RELOC_VALUE:
	case OBJECT_RELOC_CORE:
	case OBJECT_RELOC_UNKNOWN: break;
	}
}

static int decode_at(const struct elf_section *section, u64 off, struct insn insns[2],
		     struct error *err)
{
	u32 count = 1;

	if (section->data == NULL || off % INSN_SLOT_SIZE != 0 ||
	    section->size - off < INSN_SLOT_SIZE)
		return error_set(err, ERR_NOEXEC, "it is not at an instruction");
	if (section->data[off] == 0x18 && section->size - off >= 2 * INSN_SLOT_SIZE)
		count = 2;
	return insn_decode_slots(section->data + off, count, insns, err);
}

static int describe_code(struct object *obj, u32 section, const struct elf_reloc *reloc,
			 struct object_reloc *row, struct error *err)
{
	struct insn insns[2] = { 0 };
	struct error why = { 0 };
	struct reloc_target to;

	row->prog = object_func_at(obj, section, reloc->offset);
	if (decode_at(&obj->elf.sections[section], reloc->offset, insns, &why) == 0 &&
	    reloc_find_target(obj, reloc, &insns[0], &to, &why) == 0) {
		set_target(obj, &to, row);
		return 0;
	}
	return keep_error(obj, row, &why, err);
}

/* In a map's definition: what the map holds. Whether it fits there is the map's own error. */
static void describe_value(const struct object *obj, u32 section, const struct elf_reloc *reloc,
			   struct object_reloc *row)
{
	const struct elf_symbol *symbol = &obj->elf.symbols[reloc->symbol];
	const struct elf_section *elf = &obj->elf.sections[section];
	u64 off = symbol->value + (u64)reloc->addend;
	u32 map;

	if (elf->data == NULL || elf->size - reloc->offset < 8 ||
	    symbol->section == ELF_SHN_UNDEF || symbol->section >= obj->elf.section_count) {
		row->error = "it is no address of this file";
		return;
	}
	off += le64_load(elf->data + reloc->offset);
	row->kind = OBJECT_RELOC_VALUE;
	row->kind_name = kind_name(row->kind);
	if (obj->index->sections[symbol->section].use == SECTION_CODE) {
		set_function(obj, symbol->section, off, row);
		return;
	}
	map = symbol->section == section ? object_map_at(obj, section, off) : PROG_NO_INDEX;
	if (map == PROG_NO_INDEX)
		row->error = "it is no map and no program";
	else
		row->target = obj->maps[map].name;
}

static int add_elf_relocs(struct reloc_list *list, u32 section, struct error *err)
{
	struct object *obj = list->obj;
	const struct section_info *info = &obj->index->sections[section];
	struct error ignored = { 0 };

	/* Who needs what cannot be read reports it. */
	if (object_read_relocs(obj, section, &ignored) != 0)
		return ignored.status == ERR_NOMEM ? error_set(err, ERR_NOMEM, "out of memory") : 0;
	for (u32 i = 0; i < info->reloc_count; i++) {
		const struct elf_reloc *reloc = &info->relocs[i];
		struct object_reloc row = {
			.kind_name = kind_name(OBJECT_RELOC_UNKNOWN),
			.section = section,
			.off = reloc->offset,
			.prog = PROG_NO_INDEX,
			.symbol = object_symbol_name(obj, &obj->elf.symbols[reloc->symbol]),
		};
		int status = 0;

		if (reloc->type == RELOC_NONE)
			continue;
		if (info->use == SECTION_CODE)
			status = describe_code(obj, section, reloc, &row, err);
		else if (info->use == SECTION_BTF_MAPS)
			describe_value(obj, section, reloc, &row);
		else
			row.error = "an address in data, which is not supported";
		if (status != 0)
			return status;
		if (vec_push(&list->items, row) != 0)
			return error_set(err, ERR_NOMEM, "out of memory");
	}
	return 0;
}

static int add_core_relocs(struct reloc_list *list, u32 section, struct error *err)
{
	struct object *obj = list->obj;
	const struct btf_ext_section *ext = obj->index->sections[section].ext;

	for (u32 i = 0; ext != NULL && i < ext->relo_count; i++) {
		struct object_reloc row = {
			.kind = OBJECT_RELOC_CORE,
			.section = section,
			.off = ext->relos[i].insn_off,
			.prog = object_func_at(obj, section, ext->relos[i].insn_off),
		};
		int status = core_describe(obj, section, i, &row, err);

		if (status != 0)
			return status;
		if (vec_push(&list->items, row) != 0)
			return error_set(err, ERR_NOMEM, "out of memory");
	}
	return 0;
}

int object_relocs(struct object *obj, const struct object_reloc **ret_relocs, u32 *ret_count,
		  struct error *err)
{
	struct reloc_list list = { .obj = obj };
	struct object_reloc *copy;
	int status = 0;

	for (u32 i = 1; status == 0 && i < obj->elf.section_count; i++)
		if (obj->index->sections[i].use != SECTION_OTHER)
			status = add_elf_relocs(&list, i, err);
	for (u32 i = 1; status == 0 && i < obj->elf.section_count; i++)
		if (obj->index->sections[i].use == SECTION_CODE)
			status = add_core_relocs(&list, i, err);
	if (status != 0)
		goto out_free;
	copy = arena_array(&obj->arena, list.items.count + 1, sizeof(*copy));
	if (copy == NULL) {
		status = error_set(err, ERR_NOMEM, "out of memory");
		goto out_free;
	}
	if (list.items.count > 0)
		memcpy(copy, list.items.items, list.items.count * sizeof(*copy));
	*ret_relocs = copy;
	*ret_count = (u32)list.items.count;
out_free:
	vec_free(&list.items);
	return status;
}

const char *object_map_error(const struct object *obj, u32 map)
{
	return map < obj->map_count ? obj->index->map_infos[map].bad : NULL;
}
