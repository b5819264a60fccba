/* SPDX-License-Identifier: MIT */
/* Text to a program whose subprograms start where its calls and code addresses lead. */
#pragma once

#include "base/error.h"
#include "cfg/cfg.h"
#include "isa/asm.h"
#include "tap.h"

struct cfg_fixture {
	insn_vec insns;
	struct prog_subprog *subprogs;
	struct prog prog;
	struct arena arena;
	const struct cfg *cfg;
	struct error err;
};

static inline void fixture_fini(struct cfg_fixture *f)
{
	vec_free(&f->insns);
	mem_free(f->subprogs);
	arena_fini(&f->arena);
	memset(f, 0, sizeof(*f));
}

/* Cuts f->insns into subprograms and builds the graph. Names are a, b, ... */
static inline int fixture_build(struct cfg_fixture *f, const struct cfg_options *options)
{
	static const char letters[] =
		"a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q\0r\0s\0t\0u\0v\0w\0x\0y\0z";
	static const struct prog_map maps[20] = { { .name = "m0" }, { .name = "m1" } };
	static const struct prog_func funcs[] = {
		{ .name = "f0" },
		{ .name = "memset" },
		{ .name = "memcpy" },
		{ .name = "memmove" },
		{ .name = "memcmp" },
		{ .name = "bpf_xdp_metadata_rx_timestamp" },
		{ .name = "bpf_task_release" },
		{ .name = "bpf_task_from_pid" },
		{ .name = "bpf_iter_num_new" },
		{ .name = "bpf_iter_num_next" },
		{ .name = "bpf_iter_num_destroy" },
		{ .name = "bpf_iter_task_new" },
	};
	u32 count = (u32)f->insns.count;
	bool *starts = mem_zalloc_array(count + 1, sizeof(*starts));
	int status;

	f->subprogs = mem_zalloc_array(count + 1, sizeof(*f->subprogs));
	if (starts == NULL || f->subprogs == NULL) {
		mem_free(starts);
		return ERR_NOMEM;
	}
	f->prog = (struct prog){ .name = "a", .section = "", .insns = f->insns.items };
	f->prog.insn_count = count;
	f->prog.subprogs = f->subprogs;
	f->prog.maps = maps;
	f->prog.map_count = ARRAY_COUNT(maps);
	f->prog.funcs = funcs;
	f->prog.func_count = ARRAY_COUNT(funcs);
	starts[0] = true;
	for (u32 i = 0; i < count; i++) {
		const struct insn *insn = &f->insns.items[i];
		s64 target = (s64)i + 1 + insn->off;

		if ((insn->kind == INSN_CALL_LOCAL ||
		     (insn->kind == INSN_LDDW && insn->op == LDDW_CODE)) &&
		    target >= 0 && target < count)
			starts[target] = true;
	}
	for (u32 i = 0; i < count; i++) {
		if (starts[i]) {
			u32 at = f->prog.subprog_count++;

			f->subprogs[at].name = at < 26 ? &letters[2 * at] : "many";
			f->subprogs[at].start = i;
		}
		f->subprogs[f->prog.subprog_count - 1].count++;
	}
	mem_free(starts);
	status = prog_check(&f->prog, &f->err);
	if (status == 0)
		status = cfg_build(&f->arena, &f->prog, options, &f->cfg, &f->err);
	return status;
}

static inline int fixture_text(struct cfg_fixture *f, const char *text)
{
	int status = asm_parse(text, strlen(text), &f->insns, &f->err);

	return status == 0 ? fixture_build(f, NULL) : status;
}
