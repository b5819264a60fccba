/* SPDX-License-Identifier: MIT */
/* A program as every engine, the verifier and the translator see it: decoded, linked, resolved.
 * Plain data that its owner (an object's arena, a test) keeps alive; nothing here changes after it
 * was built. */
#pragma once

#include "base/compiler.h"
#include "isa/insn.h"

enum dialect {
	DIALECT_UNKNOWN,
	DIALECT_WINDOWS,
	DIALECT_LINUX,
};

/* "windows", "linux", "unknown". */
const char *dialect_name(enum dialect dialect);

struct spec;
struct spec_prog_type;
struct spec_attach_type;
struct spec_map_type;

#define PROG_FRAME_SIZE	    512 /* bytes of stack a frame */
#define PROG_MAX_FRAMES	    8
#define PROG_MAX_TAIL_CALLS 33
#define PROG_MAX_SLOTS	    1000000
#define PROG_NO_INDEX	    UINT32_MAX

/* What one place of an array of programs, or of a map of maps, holds from the start. */
struct prog_map_value {
	u32 index;	  /* its key */
	u32 map;	  /* index into the same table; PROG_NO_INDEX: a program */
	u32 prog;	  /* index into the object's programs; PROG_NO_INDEX: a map */
	const char *name; /* of that map or program */
};

/* A part of a map's values that is the host's: programs get at it by helpers only. */
enum prog_map_field_kind {
	MAP_FIELD_OTHER, /* not described: pointers to kernel objects, lists ... */
	MAP_FIELD_LOCK,	 /* struct bpf_spin_lock, the only one of the value */
	MAP_FIELD_TIMER, /* struct bpf_timer, likewise */
};
struct prog_map_field {
	u32 off, size;
	enum prog_map_field_kind kind;
};

/* What a program asks of a map. Instructions refer to these by index. */
struct prog_map {
	const char *name;
	const struct spec_map_type *type; /* NULL: unknown, or its dialect is */
	u32 type_number;		  /* as the file has it; 0 when it is not from a file */
	u32 key_size, value_size, max_entries, flags;
	u32 inner;   /* index of the template for maps of maps, else PROG_NO_INDEX */
	u32 id;	     /* legacy id in the file, 0 if none */
	u32 pinning; /* 0 none, 1 by name */
	u64 extra;   /* map_extra */
	/* What keys and values are, for people: ids in the BTF of the file; 0: not known. */
	u32 key_type, value_type;
	/* Global sections and static initial contents of the first value; NULL and 0 otherwise. */
	const u8 *initial;
	u32 initial_len;
	/* Maps and programs in it from the start, by rising index; each index once. */
	const struct prog_map_value *values;
	u32 value_count;
	const struct prog_map_field *fields;
	u32 field_count;
	bool is_global; /* made from .data*, .rodata*, .bss* */
	bool read_only; /* programs may not write (.rodata) */
};

/* A function outside the program that the host resolves: a kfunc, a BTF-resolved function, or one
 * that its file does not define. Where the host has none, the program is refused unless it is weak.
 */
struct prog_func {
	const char *name;
	u32 btf_id;
	bool is_weak;
	const char *module; /* the GUID, as text, maybe in braces, of the module that has it; NULL:
			       not said */
};

/* A variable outside of the program: of the host, or a value of a kernel's configuration. */
struct prog_var {
	const char *name;
	bool is_weak;
	bool is_config;
	u32 size; /* of a configuration's value; 0: not known */
};

struct prog_subprog {
	const char *name;
	u32 start, count; /* slots */
	bool is_callback; /* its address is taken */
};

/* Line table, ordered by slot; a row holds until the next one. */
struct prog_line {
	u32 slot;
	u32 line, col;
	const char *file;
	const char *text; /* the source line, "" when not in the object */
};

/* An instruction that could not be adjusted to the layouts which the program will meet. In its
 * place stands a call of PROG_UNRESOLVED_HELPER, which no host has, so that only getting there is
 * an error; the second half of an LDDW is a second one. */
#define PROG_UNRESOLVED_HELPER 0xbad2310
struct prog_unresolved {
	u32 slot;
	const char *text; /* which access, and why */
};

struct prog {
	const char *name;    /* of the FUNC symbol */
	const char *section; /* ELF section, "" for bare instructions */
	enum dialect dialect;
	const struct spec *spec; /* what it may do is looked up there; NULL: the built-in rows */
	const struct spec_prog_type *type;     /* NULL until one is chosen */
	const struct spec_attach_type *attach; /* NULL when unknown */

	/* One entry a slot. References are resolved: LDDW_MAP and LDDW_MAP_VALUE have the index
	 * into maps in imm (and the offset in off), LDDW_CODE has a target slot as jumps have it
	 * (in off), INSN_CALL_KFUNC an index into funcs, LDDW_VARIABLE one into
	 * vars. The _IDX forms do not occur. */
	const struct insn *insns;
	u32 insn_count;
	/* insns stand in for machine code that was made of so many, and only name the maps and
	 * helpers that it refers to. 0: they are the program's own. */
	u32 translated;
	/* The first slots: the entry and what it reaches by calls. Functions that only callbacks
	 * need follow. 0: not worked out. */
	u32 called_count;

	const struct prog_subprog *subprogs; /* [0] is the entry, at slot 0 */
	u32 subprog_count;
	const struct prog_map *maps; /* the object's maps, shared by its programs */
	u32 map_count;
	const struct prog_func *funcs;
	u32 func_count;
	const struct prog_var *vars;
	u32 var_count;
	const struct prog_line *lines;
	u32 line_count;
	const struct prog_unresolved *unresolved; /* ordered by slot */
	u32 unresolved_count;
};

/* The subprogram that holds slot; NULL outside. */
const struct prog_subprog *prog_subprog_at(const struct prog *prog, u32 slot);
/* The line table's row for slot; NULL when there is none. */
const struct prog_line *prog_line_at(const struct prog *prog, u32 slot);

/* Why the call at slot stands where another instruction should; NULL when it is the program's own.
 */
const char *prog_unresolved_at(const struct prog *prog, u32 slot);

/* Structure that engines rely on: targets inside their own subprogram, local calls to subprogram
 * starts, indices in range, the last instruction of each subprogram does not fall out of it. 0 or
 * ERR_NOEXEC with text. Needs no memory.
 */
struct error;
int prog_check(const struct prog *prog, struct error *err) MUST_CHECK;
