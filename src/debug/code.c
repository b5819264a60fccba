/* SPDX-License-Identifier: MIT */
/* What a compiled program is, as debuggers see it: functions and lines by offset of the code. Names
 * and files are what an object's maker wants; they get harmless here. */
#include "base/str.h"
#include "debug/internal.h"

/* No end of a line, no command for a terminal, and, in a name, no space. */
static void copy_text(char *dst, size_t size, const char *src, char first_allowed)
{
	size_t i = 0;

	for (; src[i] != '\0' && i + 1 < size; i++) {
		u8 c = (u8)src[i];

		dst[i] = c < (u8)first_allowed || c == 0x7f ? '_' : (char)c;
	}
	dst[i] = '\0';
}

static int no_memory(const struct prog *prog, struct error *err)
{
	return error_set(err, ERR_NOMEM, "no memory to describe the code of program '%.64s'",
			 prog->name);
}

static int describe_funcs(struct debug_code *code, struct arena *arena, struct error *err)
{
	const struct prog *prog = code->prog;
	struct debug_func *last = NULL;

	code->funcs = arena_array(arena, prog->subprog_count, sizeof(*code->funcs));
	if (code->funcs == NULL)
		return no_memory(prog, err);
	for (u32 i = 0; i < prog->subprog_count; i++) {
		const struct prog_subprog *sub = &prog->subprogs[i];
		const char *name = i == 0 ? prog->name : sub->name;
		u32 begin = jit_func_offset(code->jit, i);

		if (begin >= code->common || (last != NULL && begin <= last->begin))
			continue;
		if (last != NULL)
			last->end = begin;
		last = &code->funcs[code->func_count++];
		last->begin = begin;
		last->end = code->common;
		last->first = sub->start;
		last->last = sub->start + sub->count;
		copy_text(last->name, sizeof(last->name),
			  name == NULL || name[0] == '\0' ? "unnamed" : name, '!');
	}
	return 0;
}

/* Rows mostly have the file of the one before. */
static int find_file(struct debug_code *code, const char *name, u32 cap, u32 *last)
{
	char path[DEBUG_PATH_MAX];

	copy_text(path, sizeof(path), name == NULL || name[0] == '\0' ? "unknown" : name, ' ');
	if (code->file_count > 0 && str_eq(code->files[*last], path))
		return 0;
	for (u32 i = 0; i < code->file_count; i++) {
		if (!str_eq(code->files[i], path))
			continue;
		*last = i;
		return 0;
	}
	if (code->file_count == cap)
		return ERR_NOSPC;
	*last = code->file_count++;
	memcpy(code->files[*last], path, sizeof(path));
	return 0;
}

#define MAX_FILES 64

static void add_row(struct debug_code *code, u32 offset, u32 line, u32 col, u32 file)
{
	struct debug_row *row = &code->rows[code->row_count];

	/* Of several at one place the last one counts. */
	if (code->row_count > 0 && row[-1].offset == offset)
		row--;
	else
		code->row_count++;
	*row = (struct debug_row){ offset, line, col, file };
}

static int describe_lines(struct debug_code *code, struct arena *arena, struct error *err)
{
	const struct prog *prog = code->prog;
	u32 file = 0, next = 0; /* function */

	code->files = arena_array(arena, MAX_FILES, sizeof(*code->files));
	code->rows = arena_array(arena, (size_t)prog->line_count + code->func_count + 1,
				 sizeof(*code->rows));
	if (code->files == NULL || code->rows == NULL)
		return no_memory(prog, err);
	for (u32 i = 0; i < prog->line_count; i++) {
		const struct prog_line *line = &prog->lines[i];
		u32 slot = MIN(line->slot, prog->insn_count);
		u32 end = i + 1 < prog->line_count ? prog->lines[i + 1].slot : prog->insn_count;
		u32 offset = jit_offset(code->jit, slot);

		/* Without code, or of one file too many. */
		if (offset >= jit_offset(code->jit, MIN(end, prog->insn_count)) ||
		    offset >= code->common || find_file(code, line->file, MAX_FILES, &file) != 0)
			continue;
		if (code->row_count > 0 && offset < code->rows[code->row_count - 1].offset)
			continue;
		while (next < code->func_count && code->funcs[next].first < slot)
			next++;
		/* A function's first row holds from its first byte. */
		if (next < code->func_count && code->funcs[next].first == slot &&
		    code->funcs[next].begin < offset)
			add_row(code, code->funcs[next].begin, line->line, 0, file);
		add_row(code, offset, line->line, line->col, file);
	}
	if (code->row_count > 0)
		add_row(code, code->common, 0, 0, file);
	return 0;
}

int debug_code_describe(const struct prog *prog, const struct jit *jit, u64 address, size_t len,
			struct arena *arena, struct debug_code *ret_code, struct error *err)
{
	struct debug_code code = { .prog = prog, .jit = jit, .address = address };
	int status;

	if (len > UINT32_MAX)
		return error_set(err, ERR_TOOBIG, "code of %zu bytes", len);
	code.len = (u32)len;
	code.common = MIN(jit_offset(jit, prog->insn_count), code.len);
	status = describe_funcs(&code, arena, err);
	if (status == 0)
		status = describe_lines(&code, arena, err);
	if (status == 0)
		*ret_code = code;
	return status;
}
