/* SPDX-License-Identifier: MIT */
/* Functions: which there are, where they begin and end, and which are only called by others. */
#include "base/le.h"
#include "base/sort.h"
#include "base/str.h"
#include "isa/insn.h"
#include "object/index.h"

/* A FUNC symbol on the way to a function. */
struct candidate {
	u32 section, symbol;
	u64 off;
	bool is_local;
};

static int candidate_compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->section != b->section)
		return a->section < b->section ? -1 : 1;
	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	if (a->is_local != b->is_local) /* of two names for one place the global one counts */
		return a->is_local ? 1 : -1;
	return a->symbol < b->symbol ? -1 : 1;
}

static bool is_code(const struct elf_section *section)
{
	return section->type == ELF_SHT_PROGBITS && (section->flags & ELF_SHF_EXECINSTR) != 0 &&
	       section->size > 0;
}

/* Counts the code sections too: each may need one more function for code before its first symbol.
 */
static u32 collect(struct object *obj, struct candidate *list)
{
	const struct elf *elf = &obj->elf;
	u32 count = 0;

	for (u32 i = 1; i < elf->symbol_count; i++) {
		const struct elf_symbol *symbol = &elf->symbols[i];

		if (symbol->type != ELF_STT_FUNC || symbol->section == ELF_SHN_UNDEF ||
		    symbol->section >= elf->section_count)
			continue;
		if (!is_code(&elf->sections[symbol->section])) {
			if (list != NULL)
				object_warn(obj,
					    "function %s is in section %s, which holds no code",
					    symbol->name, elf->sections[symbol->section].name);
			continue;
		}
		if (list != NULL)
			list[count] = (struct candidate){ symbol->section, i, symbol->value,
							  symbol->bind == ELF_STB_LOCAL };
		count++;
	}
	for (u32 i = 1; i < elf->section_count; i++) {
		if (!is_code(&elf->sections[i]))
			continue;
		if (list != NULL) /* sorts behind every real one at offset 0 */
			list[count] = (struct candidate){ i, UINT32_MAX, 0, true };
		count++;
	}
	return count;
}

/* end: where the next function begins, or the section's end. A function reaches up to there
 * whatever its symbol's size: what a linker dropped stays behind it, and no slot is without an
 * owner. */
static void add_func(struct object *obj, const struct candidate *from, u64 end)
{
	const struct elf_section *section = &obj->elf.sections[from->section];
	struct section_info *info = &obj->index->sections[from->section];
	u32 idx = obj->prog_count++;
	struct object_prog *prog = &obj->progs[idx];
	const char **bad = &obj->index->funcs[idx].bad;
	u64 size = end - from->off;

	prog->name = section->name;
	if (from->symbol != UINT32_MAX) {
		const struct elf_symbol *symbol = &obj->elf.symbols[from->symbol];

		if (symbol->name[0] != 0)
			prog->name = symbol->name;
		if (symbol->size > size)
			*bad = "its size reaches beyond the next function or the section's end";
	}
	prog->section = section->name;
	prog->section_idx = from->section;
	prog->off = from->off;
	prog->count = (u32)MIN(size / INSN_SLOT_SIZE, UINT32_MAX);
	obj->index->funcs[idx].is_local = from->is_local;
	if (section->data == NULL)
		*bad = section->bad;
	else if (from->off % INSN_SLOT_SIZE != 0)
		*bad = "it does not begin at an instruction";
	else if (size % INSN_SLOT_SIZE != 0)
		*bad = "its size is not a multiple of 8";
	else if (size / INSN_SLOT_SIZE > PROG_MAX_SLOTS)
		*bad = "it has more than 1000000 instructions";
	if (info->use != SECTION_CODE) {
		info->use = SECTION_CODE;
		info->first = idx;
	}
	info->count++;
}

static void add_funcs(struct object *obj, const struct candidate *list, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		const struct candidate *one = &list[i];
		u64 end = obj->elf.sections[one->section].size;
		u32 next = i + 1;

		if (i > 0 && list[i - 1].section == one->section && list[i - 1].off == one->off)
			continue; /* another name for the same place */
		if (one->off >= end) {
			object_warn(obj, "function %s begins outside of section %s",
				    obj->elf.symbols[one->symbol].name,
				    obj->elf.sections[one->section].name);
			continue;
		}
		while (next < count && list[next].section == one->section &&
		       list[next].off == one->off)
			next++;
		if (next < count && list[next].section == one->section && list[next].off < end)
			end = list[next].off;
		add_func(obj, one, end);
	}
}

int object_find_funcs(struct object *obj, struct error *err)
{
	u32 count = collect(obj, NULL);
	struct candidate *list = arena_array(&obj->arena, (size_t)count + 1, sizeof(*list));

	obj->progs = arena_array(&obj->arena, (size_t)count + 1, sizeof(*obj->progs));
	obj->index->funcs = arena_array(&obj->arena, (size_t)count + 1, sizeof(*obj->index->funcs));
	if (list == NULL || obj->progs == NULL || obj->index->funcs == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	collect(obj, list);
	if (sort_stable(list, count, sizeof(*list), candidate_compare) != 0)
		return error_set(err, ERR_NOMEM, "out of memory");
	add_funcs(obj, list, count);
	return 0;
}

u32 object_func_at(const struct object *obj, u32 section, u64 off)
{
	const struct section_info *info = &obj->index->sections[section];
	u32 low = 0, high = info->count;

	if (info->use != SECTION_CODE)
		return PROG_NO_INDEX;
	while (low < high) { /* the last one that begins at or before off */
		u32 mid = low + (high - low) / 2;

		if (obj->progs[info->first + mid].off <= off)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return PROG_NO_INDEX;
	low += info->first - 1;
	return off - obj->progs[low].off < (u64)obj->progs[low].count * INSN_SLOT_SIZE
		       ? low
		       : PROG_NO_INDEX;
}

int object_read_relocs(struct object *obj, u32 section, struct error *err)
{
	struct section_info *info = &obj->index->sections[section];
	struct elf_reloc *relocs;
	u32 count;
	int status;

	if (info->relocs_read)
		return 0;
	status = elf_relocs(&obj->elf, section, &obj->arena, &relocs, &count, err);
	if (status != 0)
		return status;
	info->relocs = relocs;
	info->reloc_count = count;
	info->relocs_read = true;
	return 0;
}

bool object_call_target(const struct object *obj, const struct elf_reloc *reloc, s64 imm,
			u32 *ret_section, u64 *ret_off)
{
	const struct elf_symbol *symbol = &obj->elf.symbols[reloc->symbol];

	if (reloc->type != RELOC_64_32 || symbol->section >= obj->elf.section_count ||
	    obj->index->sections[symbol->section].use != SECTION_CODE)
		return false;
	/* The immediate counts slots from the next instruction: -1 for a symbol's own start. */
	*ret_section = symbol->section;
	*ret_off = symbol->value + (u64)reloc->addend + (u64)((imm + 1) * INSN_SLOT_SIZE);
	return true;
}

/* Raw bytes on purpose: what cannot be decoded concerns the program that holds it, later. */
static void mark_calls(struct object *obj, u32 section)
{
	const struct elf_section *elf = &obj->elf.sections[section];
	const struct section_info *info = &obj->index->sections[section];
	u32 next = 0;

	for (u64 off = 0; off + INSN_SLOT_SIZE <= elf->size; off += INSN_SLOT_SIZE) {
		const u8 *slot = elf->data + off;
		u64 target;
		u32 to = section, func;
		s64 imm;

		while (next < info->reloc_count && info->relocs[next].offset < off)
			next++;
		if (slot[0] == 0x18)
			off += INSN_SLOT_SIZE;
		if (slot[0] != 0x85 || slot[1] >> 4 != 1)
			continue;
		imm = (s32)((u32)slot[4] | (u32)slot[5] << 8 | (u32)slot[6] << 16 |
			    (u32)slot[7] << 24);
		target = off + (u64)((imm + 1) * INSN_SLOT_SIZE);
		if (next < info->reloc_count && info->relocs[next].offset == off &&
		    !object_call_target(obj, &info->relocs[next], imm, &to, &target))
			continue;
		func = object_func_at(obj, to, target);
		if (func != PROG_NO_INDEX && func != object_func_at(obj, section, off))
			obj->index->funcs[func].is_called = true;
	}
}

int object_mark_calls(struct object *obj, struct error *err)
{
	bool has_entry = false;

	for (u32 i = 1; i < obj->elf.section_count; i++) {
		struct error detail = { 0 };

		if (obj->index->sections[i].use != SECTION_CODE ||
		    obj->elf.sections[i].data == NULL)
			continue;
		if (object_read_relocs(obj, i, &detail) == ERR_NOMEM)
			return error_set(err, ERR_NOMEM, "out of memory");
		if (detail.status != 0)
			object_warn(obj, "%s", detail.text);
		mark_calls(obj, i);
	}
	for (u32 i = 0; i < obj->prog_count; i++)
		has_entry |=
			!obj->index->funcs[i].is_called && !str_eq(obj->progs[i].section, ".text");
	for (u32 i = 0; i < obj->prog_count; i++)
		obj->progs[i].is_subprog = obj->index->funcs[i].is_called ||
					   (has_entry && str_eq(obj->progs[i].section, ".text"));
	return 0;
}
