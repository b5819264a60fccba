/* SPDX-License-Identifier: MIT */
/* Line information of the linked functions, moved to the slots where they stand now. */
#include "object/index.h"

static u32 first_line(const struct btf_ext_section *ext, u64 off)
{
	u32 low = 0, high = ext->line_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (ext->lines[mid].insn_off < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Rows of one function; with lines NULL they are only counted. */
static u32 take_lines(const struct object *obj, const struct link_func *func,
		      struct prog_line *lines)
{
	const struct object_prog *prog = &obj->progs[func->func];
	const struct btf_ext_section *ext = obj->index->sections[prog->section_idx].ext;
	u64 end = prog->off + (u64)prog->count * INSN_SLOT_SIZE;
	u32 count = 0;

	if (ext == NULL)
		return 0;
	for (u32 i = first_line(ext, prog->off);
	     i < ext->line_count && ext->lines[i].insn_off < end; i++, count++) {
		const struct btf_line_info *from = &ext->lines[i];

		if (lines != NULL)
			lines[count] = (struct prog_line){
				.slot = func->start +
					(u32)((from->insn_off - prog->off) / INSN_SLOT_SIZE),
				.line = from->line,
				.col = from->col,
				.file = from->file,
				.text = from->text,
			};
	}
	return count;
}

int link_lines(const struct link *link, struct prog *prog)
{
	struct prog_line *lines;
	u32 count = 0;

	for (u32 i = 0; i < link->funcs.count; i++)
		count += take_lines(link->obj, &link->funcs.items[i], NULL);
	lines = arena_array(&link->obj->arena, (size_t)count + 1, sizeof(*lines));
	if (lines == NULL)
		return ERR_NOMEM;
	count = 0;
	for (u32 i = 0; i < link->funcs.count; i++)
		count += take_lines(link->obj, &link->funcs.items[i], lines + count);
	prog->lines = lines;
	prog->line_count = count;
	return 0;
}
