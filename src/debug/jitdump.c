/* SPDX-License-Identifier: MIT */
/* perf's jitdump: functions with their code and lines. `perf record -k 1` sees that the file is
 * mapped, `perf inject --jit` makes an ELF file of each function. In the folder where perf.data is
 * written, too; the file stays, as perf reads it afterwards. */
#include "base/format.h"
#include "debug/internal.h"

enum {
	DUMP_MAGIC = 0x4a695444,
	DUMP_VERSION = 1,
	DUMP_HEADER = 40,
	DUMP_LOAD = 0,
	DUMP_LINES = 2,
};

static int jitdump_open(struct debug *debug, struct error *err)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	format(debug->path, sizeof(debug->path), "jit-%u.dump", os_process_id());
	debug_u32(&out, DUMP_MAGIC);
	debug_u32(&out, DUMP_VERSION);
	debug_u32(&out, DUMP_HEADER);
	debug_u32(&out, debug_elf_machine());
	debug_u32(&out, 0);
	debug_u32(&out, os_process_id());
	debug_u64(&out, os_clock_monotonic());
	debug_u64(&out, 0);
	status = debug_open_log(debug, true, err);
	if (status == 0)
		status = debug_log(debug, &out, err);
	strbuf_fini(&out);
	return status;
}

static size_t begin(struct strbuf *out, u32 id)
{
	size_t at = out->len;

	debug_u32(out, id);
	debug_u32(out, 0); /* its size */
	debug_u64(out, os_clock_monotonic());
	return at;
}

static void end(struct strbuf *out, size_t at)
{
	debug_patch_u32(out, at + 4, out->len - at);
}

/* Before the function that they are of. */
static void put_lines(struct strbuf *out, const struct debug_code *code,
		      const struct debug_func *func)
{
	size_t at = begin(out, DUMP_LINES), count_at;
	u32 count = 0;

	debug_u64(out, code->address + func->begin);
	count_at = out->len;
	debug_u64(out, 0);
	for (u32 i = 0; i < code->row_count; i++) {
		const struct debug_row *row = &code->rows[i];

		if (row->offset < func->begin || row->offset >= func->end)
			continue;
		debug_u64(out, code->address + row->offset);
		debug_u32(out, row->line);
		debug_u32(out, 0);
		debug_str(out, code->files[row->file]);
		count++;
	}
	debug_patch_u32(out, count_at, count);
	end(out, at);
}

static void put_code(struct strbuf *out, struct debug *debug, const struct debug_code *code,
		     u32 from, u32 to, const char *suffix)
{
	size_t at = begin(out, DUMP_LOAD);
	u64 address = code->address + from;

	debug_u32(out, os_process_id());
	debug_u32(out, os_thread_id());
	debug_u64(out, address);
	debug_u64(out, address);
	debug_u64(out, to - from);
	debug_u64(out, debug->index++);
	strbuf_add(out, code->funcs[0].name);
	strbuf_add(out, suffix[0] != '\0' ? "." : "");
	debug_str(out, suffix);
	strbuf_add_len(out, (const char *)(uintptr_t)address, to - from);
	end(out, at);
}

static int jitdump_made(struct debug *debug, const struct debug_code *code, UNUSED void **ret_token,
			struct error *err)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	for (u32 i = 0; i < code->func_count; i++) {
		const struct debug_func *func = &code->funcs[i];

		if (code->row_count > 0)
			put_lines(&out, code, func);
		put_code(&out, debug, code, func->begin, func->end, i > 0 ? func->name : "");
	}
	if (code->common < code->len && code->func_count > 0)
		put_code(&out, debug, code, code->common, code->len, "(common)");
	status = debug_log(debug, &out, err);
	strbuf_fini(&out);
	return status;
}

const struct debug_form_ops debug_jitdump = { jitdump_open, jitdump_made, NULL };
