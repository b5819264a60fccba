/* SPDX-License-Identifier: MIT */
/* What the files of translate/ share. */
#pragma once

#include "object/prog_text.h"
#include "prog/exec.h"
#include "spec/spec.h"
#include "translate/translate.h"

/* What a program refers to, in the order in which the module's tables have it. */
struct references {
	u32 *helpers; /* ids, ascending, each once */
	u32 helper_count;
	bool *maps; /* by index */
};

/* One program while it is written. */
struct writer {
	struct strbuf *out;
	const struct prog *prog;
	const struct prog_facts *facts; /* may be NULL */
	const struct translate_options *options;
	const struct references *refs;
	struct prog_text text;
	const char **names;    /* C names of the subprograms */
	const u32 *sections;   /* by map index: its place among the sections of global data */
	const char *module;    /* C name */
	const char *section;   /* of a PE image, for its code; a C literal */
	const char *line_file; /* of the line that the last instruction came from */
	u32 line;
	u8 *labels;	       /* by slot: something jumps there */
	bool has_run;	       /* its functions share what they must know of each other */
	bool zero_frames;      /* somebody may read what the program did not write */
	u32 newlines, counted; /* in out, up to counted */
	struct error *err;
};

/* names.c */
/* A C name of our own, from any text: letters, digits and underscores, no keyword. */
void name_add(struct strbuf *out, const char *text);
/* A C string literal. */
void literal_add(struct strbuf *out, const char *text);

/* function.c */
int write_functions(struct writer *w) MUST_CHECK;
/* Whether some execution may get to slot. */
bool is_reached(const struct writer *w, u32 slot);

/* arguments.c */
void write_arguments(struct writer *w, u32 sub);

/* insn.c */
/* Each writes what one instruction does. slot is where it stands; sub the function around it. */
int write_insn(struct writer *w, u32 sub, u32 slot) MUST_CHECK;
int refuse(const struct writer *w, u32 slot, const char *what) MUST_CHECK;
/* Whether conditional jump at slot may be taken, and may not be. */
bool may_take(const struct writer *w, u32 slot);
bool may_pass(const struct writer *w, u32 slot);

/* references.c */
int references_init(struct references *refs, const struct prog *prog,
		    const struct prog_facts *facts) MUST_CHECK;
void references_fini(struct references *refs); /* accepts a zeroed one */
/* The place of a helper in the program's table. */
u32 references_helper(const struct references *refs, u32 id);
