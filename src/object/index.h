/* SPDX-License-Identifier: MIT */
/* The loader's own: what was learned about sections, functions and maps when the file was opened,
 * and the functions that the files of this module share. */
#pragma once

#include "base/strmap.h"
#include "base/vec.h"
#include "btf/core.h"
#include "object/list.h"
#include "object/object.h"

#define OBJECT_MEMORY_LIMIT ((size_t)1 << 30)
#define OBJECT_MAX_WARNINGS 64
/* Slots of all links together: n programs that all call the same n functions would cost n * n. */
#define OBJECT_MAX_LINKED  (16u << 20)
#define OBJECT_MAX_EXTERNS 256	/* functions, and variables, of one program */
#define OBJECT_MAX_VALUES  4096 /* initial values of one map */

/* ELF relocation types of BPF. */
enum reloc_type {
	RELOC_NONE = 0,
	RELOC_64_64 = 1,
	RELOC_64_ABS64 = 2,
	RELOC_64_ABS32 = 3,
	RELOC_64_NODYLD32 = 4,
	RELOC_64_32 = 10,
};

enum section_use {
	SECTION_OTHER,
	SECTION_CODE,
	SECTION_LEGACY_MAPS,
	SECTION_BTF_MAPS,
	SECTION_GLOBALS,
};

struct section_info {
	enum section_use use;
	u32 first, count; /* CODE: functions; maps and globals: maps, ordered by offset */
	const struct elf_reloc *relocs;
	u32 reloc_count;
	bool relocs_read; /* false when they could not be: who needs them reads again and reports */
	const struct btf_ext_section *ext;
	u32 first_symbol, symbol_count; /* in object_index.by_section */
};

/* What is not in the public struct; parallel to object.progs and object.maps. */
struct func_info {
	const char *bad; /* why it cannot be linked */
	bool is_local;
	bool is_called;
};

struct map_info {
	const char *bad;
	u32 section;
	u64 off;		 /* of its definition; globals: 0 */
	u32 inner_idx, inner_id; /* legacy references, before they are resolved */
	bool has_values;	 /* its definition ends in an array of initial values */
	u64 values_off;		 /* of that array, in the section */
};

struct core_state;

/* A value of a kernel's configuration. */
struct config {
	const char *name;
	u32 off, size; /* in the map of them */
	bool has_value;
	const char *bad; /* why it cannot have the value that the user gives */
};

struct object_index {
	struct section_info *sections; /* by ELF section */
	struct func_info *funcs;
	struct map_info *map_infos;
	u32 map_cap;
	struct strmap symbols; /* OBJECT and NOTYPE symbols in sections of BTF maps, by name */
	struct strmap configs; /* values of a kernel's configuration: index into config_list */
	struct config *config_list;
	u32 config_count;
	u32 config_map;	 /* PROG_NO_INDEX: none */
	u32 *by_section; /* symbols, section by section, in file order */
	/* For linking, by function; between two links as they were made. */
	u32 *placed; /* index into link.funcs, PROG_NO_INDEX: not there */
	u8 *wanted;  /* its address is taken */
	u32 linked;  /* slots so far */
	u32 warnings_dropped;
	bool no_memory;
	struct core_state *core; /* core_relo.c; NULL until there is something to relocate */
};

/* Keeps a warning; what does not fit is counted. Lack of memory is remembered in the index. */
void object_warn(struct object *obj, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A formatted text in the arena, NULL when out of memory. */
const char *object_text(struct object *obj, const char *fmt, ...) PRINTF_LIKE(2, 3);

bool elf_name_is(const char *name, const char *base); /* base, or base.something */

/* The i-th symbol of a section. */
static inline const struct elf_symbol *object_symbol(const struct object *obj, u32 section, u32 i)
{
	const struct section_info *info = &obj->index->sections[section];

	return &obj->elf.symbols[obj->index->by_section[info->first_symbol + i]];
}

/* programs.c: functions from symbols. */
int object_find_funcs(struct object *obj, struct error *err) MUST_CHECK;
int object_read_relocs(struct object *obj, u32 section, struct error *err) MUST_CHECK;
/* The function that holds offset off of a section; PROG_NO_INDEX when none does. */
u32 object_func_at(const struct object *obj, u32 section, u64 off);
/* Which are called by others; needs the relocations of all code sections. */
int object_mark_calls(struct object *obj, struct error *err) MUST_CHECK;
/* Where a call goes whose relocation is reloc and whose immediate is imm; false when it is not to
 * code of this file. */
bool object_call_target(const struct object *obj, const struct elf_reloc *reloc, s64 imm,
			u32 *ret_section, u64 *ret_off);

/* maps.c and its two readers. */
int object_find_maps(struct object *obj, const struct kconfig *kconfig,
		     struct error *err) MUST_CHECK;
/* Room for one more map; the new entry is zeroed and its index returned through ret_idx. */
int object_add_map(struct object *obj, const char *name, u32 section, u64 off,
		   u32 *ret_idx) MUST_CHECK;
void object_map_set_type(struct object *obj, u32 idx, u32 number);
/* Forgets nothing but makes the map unusable, with a warning; text in the arena. */
void object_map_bad(struct object *obj, u32 idx, const char *text);
/* The template that map idx names by an id, among the maps that are defined in the same way. */
void object_find_inner(struct object *obj, u32 idx);
int legacy_maps_read(struct object *obj, u32 section) MUST_CHECK;
/* When all such sections are read: the templates of maps of maps. */
int legacy_maps_find_inner(struct object *obj) MUST_CHECK;
int btf_maps_read(struct object *obj, u32 section) MUST_CHECK;
int object_find_map_fields(struct object *obj) MUST_CHECK;
/* The map defined at offset off of section; PROG_NO_INDEX when there is none. */
u32 object_map_at(const struct object *obj, u32 section, u64 off);

/* map_values.c: what the relocations of section .maps put into its maps. */
int map_values_read(struct object *obj, u32 section) MUST_CHECK;

/* kconfig.c: the map of a kernel's configuration; given may be NULL. */
int object_read_kconfig(struct object *obj, const struct kconfig *given) MUST_CHECK;

/* defects.c: the records of .BTF.ext for each code section; whatever fits nowhere. */
int object_find_ext(struct object *obj) MUST_CHECK;
int object_find_defects(struct object *obj) MUST_CHECK;

/* dialect.c */
int object_choose_dialect(struct object *obj, enum dialect asked) MUST_CHECK;

/* --- linking one program --------------------------------------------------------------------- */

struct link_func {
	u32 func;  /* index into object.progs */
	u32 start; /* slot */
	bool is_callback;
};

/* A reference between functions, patched when all have their place. */
struct link_ref {
	u32 slot;
	u32 func;
	u32 delta; /* slots into func */
};

struct link {
	struct object *obj;
	VEC(struct insn) insns;
	VEC(struct link_func) funcs;
	VEC(struct link_ref) refs;
	VEC(struct prog_func) externs;
	VEC(struct prog_var) vars;
	VEC(struct prog_unresolved) unresolved;
	VEC(u32) callbacks; /* functions whose address is taken, not placed yet */
};

/* link.c: these record the reference and see to it that the function gets linked. */
int link_call(struct link *link, u32 slot, u32 section, u64 off, struct error *err) MUST_CHECK;
int link_code_address(struct link *link, u32 slot, u32 section, u64 off,
		      struct error *err) MUST_CHECK;
/* reloc.c: resolves one relocation; slot is where its instruction stands now. */
int link_reloc(struct link *link, const struct elf_reloc *reloc, u32 slot,
	       struct error *err) MUST_CHECK;
/* What a relocation of code refers to. */
struct reloc_target {
	enum object_reloc_kind kind;
	const char *name; /* of the symbol, or of its section */
	u32 idx;	  /* MAP, GLOBAL, CONFIG: the map */
	u32 section;	  /* FUNCTION, CALL, GLOBAL */
	u64 off;	  /* FUNCTION, CALL: in that section; GLOBAL, CONFIG: in the map's value */
	const struct spec_helper *helper;
	bool is_weak, is_config; /* VARIABLE, EXTERN */
	u32 size;		 /* of a configuration's value */
};
/* insn: as it was decoded. Errors are those of a program that holds it. */
int reloc_find_target(const struct object *obj, const struct elf_reloc *reloc,
		      const struct insn *insn, struct reloc_target *ret,
		      struct error *err) MUST_CHECK;
/* The symbol's name; for the symbol of a section that section's. */
const char *object_symbol_name(const struct object *obj, const struct elf_symbol *symbol);
/* core_relo.c: what one CO-RE record comes to; in ret->error why it does not. */
int core_describe(struct object *obj, u32 section, u32 record, struct object_reloc *ret,
		  struct error *err) MUST_CHECK;
/* core_relo.c: the CO-RE relocations of one function; *ret_at is the slot of an error. */
int link_core_relos(struct link *link, const struct link_func *func, u32 *ret_at,
		    struct error *err) MUST_CHECK;
/* lines.c */
int link_lines(const struct link *link, struct prog *prog) MUST_CHECK;
