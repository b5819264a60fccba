/* SPDX-License-Identifier: MIT */
/* From an eBPF object file to programs: the one loader that every tool and library uses. The file
 * is parsed once; programs are linked one by one, on demand, so that a damaged one does not take
 * the others along. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "btf/btf.h"
#include "elf/elf.h"
#include "prog/prog.h"
#include "spec/spec.h"

struct kconfig; /* object/kconfig.h */

/* A FUNC symbol; or code of a section that is before its first one, which has the section's name.
 * It reaches to the next one or the section's end. */
struct object_prog {
	const char *name;
	const char *section;
	u32 section_idx;
	u64 off;	 /* bytes into the section */
	u32 count;	 /* slots of its own, callees not counted */
	bool is_subprog; /* called by others, or in .text beside an entry program: no program of its
			    own */
	bool optional;	 /* "?" before the section's name: loaded only when it is asked for */
	const struct spec_section
		*match; /* what the section name says, in the object's dialect; may be NULL */
};

/* A variable in a section of global data. */
struct object_global {
	const char *name;
	u32 map; /* the section's, in object.maps */
	u32 off, size;
	u32 type; /* BTF; 0: not known */
};

struct object_options {
	size_t size;	      /* sizeof(struct object_options) */
	const char *file;     /* for messages; NULL: "object" */
	enum dialect dialect; /* what the user says; DIALECT_UNKNOWN: find out */
	/* The layouts that the programs will meet: what CO-RE relocations are resolved against.
	 * NULL: the object's own, and what is asked for exists. Outlives the object. */
	const struct btf *target_btf;
	/* Values of a kernel's configuration; needed while the object is opened. NULL: none. */
	const struct kconfig *kconfig;
	/* What there is of program types, sections, helpers; the object keeps a reference. NULL:
	 * what is built in. */
	const struct spec *spec;
};

struct object {
	struct arena arena;
	const char *file;
	struct elf elf;
	struct btf btf; /* type_count 0 when there is none */
	struct btf_ext btf_ext;

	const struct btf *target_btf; /* from the options */
	struct spec *spec;	      /* as well */

	enum dialect dialect;	 /* DIALECT_UNKNOWN when there is no evidence or it conflicts */
	const char *dialect_why; /* one clause: "given with --dialect", "section \"bind\" exists in
				    the windows dialect only" */

	struct prog_map *maps;
	u32 map_count;
	struct object_prog *progs; /* in file order */
	u32 prog_count;
	const char *license;   /* NULL when there is none */
	const char **warnings; /* defects in what nothing loaded refers to */
	u32 warning_count;
	struct object_index *index; /* loader's own */
};

/* bytes outlive the object. */
int object_open(const u8 *bytes, size_t len, const struct object_options *options,
		struct object **ret_obj, struct error *err) MUST_CHECK;
/* One without a file, whose maps and programs the caller adds, in its arena: they cannot be linked.
 */
int object_new(const struct object_options *options, struct object **ret_obj,
	       struct error *err) MUST_CHECK;
void object_free(struct object *obj);

/* Decodes, appends the subprograms that it calls, resolves relocations. type NULL: what the section
 * says (may stay NULL in the prog). The prog lives in the object's arena. Errors name file,
 * section, symbol and offset. What the file does not define is no error: a function becomes the
 * helper of that name or an entry of prog->funcs, a variable one of prog->vars (a weak one 0), and
 * who prepares the program to run refuses it by name. Values of a kernel's configuration that are
 * known or weak are in a read-only map ".kconfig" of the object. */
int object_link(struct object *obj, u32 prog_idx, const struct spec_prog_type *type,
		const struct prog **ret_prog, struct error *err) MUST_CHECK;

/* The variables of the maps that are sections of global data, and the values of a kernel's
 * configuration, by map and place, in the object's arena. Symbols that are not wholly inside of
 * their section are left out. */
int object_globals(struct object *obj, const struct object_global **ret_globals, u32 *ret_count,
		   struct error *err) MUST_CHECK;

/* CO-RE relocations of all its code. */
u32 object_core_relo_count(const struct object *obj);
/* The BTF of a file: bare, as /sys/kernel/btf/vmlinux is, or the one of an object. bytes outlive
 * it.
 */
int object_btf_open(const u8 *bytes, size_t len, struct arena *arena, struct btf *ret_btf,
		    struct error *err) MUST_CHECK;

/* By symbol name, or by section name when that is unique; PROG_NO_INDEX when there is none. */
u32 object_find_prog(const struct object *obj, const char *name);
