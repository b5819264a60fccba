/* SPDX-License-Identifier: MIT */
/* What the parts of `oriel inspect` share: cmd_inspect.c gathers, text.c and json.c
 * show it, in the same words (words.c). */
#pragma once

#include "cli.h"

#include "object/list.h"
#include "prog/stats.h"

/* Parts of the answer. */
enum {
	INSPECT_SECTIONS = 1,
	INSPECT_PROGRAMS = 2,
	INSPECT_MAPS = 4,
	INSPECT_GLOBALS = 8,
	INSPECT_RELOCATIONS = 16,
	INSPECT_BTF = 32,
	INSPECT_ALL = 63,
};

struct inspect_prog {
	const struct prog *prog; /* NULL where linking failed */
	const char *error;	 /* NULL where it went well */
	u32 groups[PROG_GROUP_COUNT];
};

struct inspect {
	struct cli *cli;
	struct cli_file file;
	u32 parts;
	u32 only;		    /* PROG_NO_INDEX, or the one program that is asked for */
	bool stats;		    /* text: show groups of instructions */
	struct inspect_prog *progs; /* by program */
	bool *maps;		    /* which are shown */
	const struct object_reloc *relocs;
	u32 reloc_count;
	const struct object_global *globals;
	u32 global_count;
	bool damaged;
};

/* Whether a program or relocation is asked for. */
static inline bool inspect_shows_prog(const struct inspect *in, u32 prog)
{
	return in->only == PROG_NO_INDEX || in->only == prog;
}

/* Slots of the program and what it calls. */
static inline u32 inspect_slots(const struct prog *prog)
{
	return prog->called_count;
}

/* Slots of functions that it hands to helpers, and what only these call. */
static inline u32 inspect_callback_slots(const struct prog *prog)
{
	return prog->insn_count - prog->called_count;
}

static inline const struct prog_map *inspect_inner(const struct object *object,
						   const struct prog_map *map)
{
	return map->inner < object->map_count ? &object->maps[map->inner] : NULL;
}

/* Flags of a section as letters, as readelf has them. */
const char *inspect_section_flags(const struct elf_section *section, char text[8]);
const char *inspect_section_type(const struct elf_section *section, char text[16]);
void inspect_count_btf(const struct btf *btf, u32 counts[BTF_KIND_COUNT]);
u32 inspect_lines(const struct object *object);

void inspect_text(struct inspect *in);
void inspect_json(struct inspect *in);
