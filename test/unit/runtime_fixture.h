/* SPDX-License-Identifier: MIT */
/* A runtime with one program of written-down instructions, and what it printed. */
#pragma once

#include "tap.h"

#include "base/str.h"
#include "insns.h"
#include "runtime/runtime.h"

struct fixture {
	struct runtime *rt;
	struct runtime_prog *prog;
	struct error err;
	char lines[8][1100];
	size_t line_count;
	struct prog progs[4];
	struct prog_subprog subprogs[4];
	u32 prog_count;
	const struct prog_facts *facts; /* of what is added; NULL: it is not verified */
};

static inline void fixture_trace(void *arg, const char *text, size_t len)
{
	struct fixture *f = arg;

	if (f->line_count < ARRAY_COUNT(f->lines) && len < sizeof(f->lines[0]))
		memcpy(f->lines[f->line_count], text, len + 1);
	f->line_count++;
}

static inline int fixture_new(struct fixture *f, enum dialect dialect)
{
	struct runtime_options options = {
		.size = sizeof(options), .dialect = dialect, .trace = fixture_trace, .trace_arg = f
	};

	return runtime_new(&options, &f->rt, &f->err);
}

/* The insns, and maps, outlive the fixture. The first program is f->prog. */
static inline int fixture_add(struct fixture *f, enum dialect dialect, const char *type,
			      const struct prog_map *maps, u32 map_count, const struct insn *insns,
			      size_t count, struct runtime_prog **ret_prog)
{
	struct prog *prog = &f->progs[f->prog_count];
	struct prog_subprog *subprog = &f->subprogs[f->prog_count];
	struct runtime_prog *made = NULL;
	int r;

	*subprog = (struct prog_subprog){ .name = "test", .count = (u32)count };
	*prog = (struct prog){ .name = "test",
			       .section = "",
			       .dialect = dialect,
			       .type = spec_prog_type_by_name(dialect, type),
			       .insns = insns,
			       .insn_count = (u32)count,
			       .subprogs = subprog,
			       .subprog_count = 1,
			       .maps = maps,
			       .map_count = map_count };
	f->prog_count++;
	if (engine_default() == NULL)
		return ERR_NOTSUP;
	r = runtime_add_prog(f->rt, prog, engine_default(), f->facts, &made, &f->err);
	if (r == 0 && f->prog == NULL)
		f->prog = made;
	if (r == 0 && ret_prog != NULL)
		*ret_prog = made;
	return r;
}

static inline void fixture_fini(struct fixture *f)
{
	runtime_free(f->rt);
	f->rt = NULL;
	f->prog = NULL;
	f->prog_count = 0;
	f->line_count = 0;
}

static inline const struct spec_map_type *map_type(enum map_kind kind)
{
	return spec_map_type_by_kind(kind);
}
