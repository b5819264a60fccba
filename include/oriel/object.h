/* SPDX-License-Identifier: MIT */
/* liboriel: eBPF object files. Open one, see what is in it, link its programs.
 *
 *     struct oriel_object *object;
 *     struct oriel_error error;
 *
 *     if (oriel_object_open_file("monitor.o", NULL, &object, &error) != 0)
 *             fprintf(stderr, "%s\n", error.text);
 *
 * Files may be hostile: everything is checked, unknown things are refused, and a defect in what
 * nothing loaded refers to is a warning. */
#pragma once

#include <oriel/error.h>
#include <oriel/oriel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- the layouts that programs will meet ------------------------------------------------------ */

/* Types in BTF that programs are adjusted to (CO-RE). Shared by any number of objects. */
struct oriel_btf;

/* From a bare BTF file, as /sys/kernel/btf/vmlinux is, or from an object that has BTF. The bytes
 * are copied. */
ORIEL_API int oriel_btf_open(const void *bytes, size_t byte_count, struct oriel_btf **ret_btf,
			     struct oriel_error *error) ORIEL_MUST_CHECK;
ORIEL_API int oriel_btf_open_file(const char *path, struct oriel_btf **ret_btf,
				  struct oriel_error *error) ORIEL_MUST_CHECK;
/* Objects that were opened with it keep what they need. */
ORIEL_API void oriel_btf_free(struct oriel_btf *btf);

/* --- objects ---------------------------------------------------------------------------------- */

struct oriel_object;

struct oriel_object_options {
	size_t size;
	/* What messages call the file. NULL: its path, or "object". */
	const char *file;
	/* NULL: the object's own types, and what a program asks for exists. */
	struct oriel_btf *target_btf;
	/* Values of the kernel's configuration: lines CONFIG_NAME=value, as in a kernel's .config.
	 * NULL: none. */
	const char *kconfig;
	/* ORIEL_DIALECT_UNKNOWN: find out from evidence in the file. */
	enum oriel_dialect dialect;
	uint32_t reserved;
};

/* The bytes are copied. options may be NULL. */
ORIEL_API int oriel_object_open(const void *bytes, size_t byte_count,
				const struct oriel_object_options *options,
				struct oriel_object **ret_object,
				struct oriel_error *error) ORIEL_MUST_CHECK;
/* The file may have up to 256 MiB. */
ORIEL_API int oriel_object_open_file(const char *path, const struct oriel_object_options *options,
				     struct oriel_object **ret_object,
				     struct oriel_error *error) ORIEL_MUST_CHECK;
/* Its programs go with it. */
ORIEL_API void oriel_object_free(struct oriel_object *object);

struct oriel_object_info {
	size_t size;
	const char *file;
	const char *dialect_why;    /* one clause: what told the dialect, or what is missing */
	const char *license;	    /* NULL: none */
	enum oriel_dialect dialect; /* UNKNOWN: no evidence, or it conflicts */
	uint32_t section_count;	    /* with the null section 0 */
	uint32_t program_count;
	uint32_t map_count;
	uint32_t global_count;
	uint32_t warning_count;
	uint32_t btf_type_count;	/* without void */
	uint32_t core_relocation_count; /* of all code */
};

ORIEL_API int oriel_object_get_info(const struct oriel_object *object,
				    struct oriel_object_info *ret_info) ORIEL_MUST_CHECK;

/* What was found to be damaged or unusual; NULL past the last one. */
ORIEL_API const char *oriel_object_warning(const struct oriel_object *object, uint32_t index);

/* --- what is in one --------------------------------------------------------------------------- */

/* The functions below take an index from 0 to the count in struct oriel_object_info less one;
 * ORIEL_ERR_RANGE past that. */

struct oriel_section_info {
	size_t size;
	const char *name;
	const void *bytes;   /* NULL: none in the file, or their place is wrong */
	const char *bad;     /* why the contents cannot be used; NULL: they can */
	uint64_t byte_count; /* as the file says */
	uint64_t flags;	     /* ELF's SHF_... */
	uint32_t type;	     /* ELF's SHT_... */
	uint32_t link;	     /* ELF's sh_link */
};

ORIEL_API int oriel_object_get_section(const struct oriel_object *object, uint32_t index,
				       struct oriel_section_info *ret_info) ORIEL_MUST_CHECK;

enum oriel_program_flag {
	/* Called by others, or in .text beside programs: none of its own. */
	ORIEL_PROGRAM_SUBPROGRAM = 1,
};

/* A function of the file. */
struct oriel_program_info {
	size_t size;
	const char *name;
	const char *section;
	const char *type;	 /* by its section's name: "xdp"; NULL: that does not tell */
	const char *attach_type; /* likewise */
	uint64_t offset;	 /* in its section */
	uint32_t section_index;
	uint32_t insn_count;  /* slots of its own, without what it calls */
	uint32_t type_number; /* in the object's dialect, 0 when type is NULL */
	uint32_t attach_type_number;
	uint32_t flags; /* enum oriel_program_flag */
	uint32_t reserved;
};

ORIEL_API int oriel_object_get_program(const struct oriel_object *object, uint32_t index,
				       struct oriel_program_info *ret_info) ORIEL_MUST_CHECK;
/* By function name, or by section name when one program is in it; ORIEL_NO_INDEX: none. */
ORIEL_API uint32_t oriel_object_find_program(const struct oriel_object *object, const char *name);

enum oriel_map_property {
	ORIEL_MAP_GLOBAL = 1,	 /* global variables, or the kernel's configuration */
	ORIEL_MAP_READ_ONLY = 2, /* programs may not write */
};

enum oriel_pinning {
	ORIEL_PIN_NONE = 0,
	ORIEL_PIN_BY_NAME = 1,
};

struct oriel_map_info {
	size_t size;
	const char *name;
	const char *type;    /* "hash"; NULL: unknown, or the map is damaged */
	const void *initial; /* what its one value starts with; NULL: zeros */
	uint64_t initial_size;
	uint64_t extra;	      /* map_extra */
	uint32_t type_number; /* as the file has it; 0 for ORIEL_MAP_GLOBAL */
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags;	     /* map_flags, as the file has them */
	uint32_t inner_map;  /* index of the template of maps of maps, else ORIEL_NO_INDEX */
	uint32_t pinning;    /* enum oriel_pinning */
	uint32_t properties; /* enum oriel_map_property */
};

ORIEL_API int oriel_object_get_map(const struct oriel_object *object, uint32_t index,
				   struct oriel_map_info *ret_info) ORIEL_MUST_CHECK;

/* A global variable, by map and place in it. */
struct oriel_global_info {
	size_t size;
	const char *name;
	uint32_t map;	 /* index of the map that holds it */
	uint32_t offset; /* in the map's value */
	uint32_t byte_count;
	uint32_t properties; /* its map's */
};

ORIEL_API int oriel_object_get_global(const struct oriel_object *object, uint32_t index,
				      struct oriel_global_info *ret_info) ORIEL_MUST_CHECK;

/* --- linked programs -------------------------------------------------------------------------- */

/* A program as it would run: decoded, checked in its structure, followed by the functions that it
 * calls, relocated. It belongs to its object. */
struct oriel_program;

struct oriel_link_options {
	size_t size;
	const char *type; /* "xdp"; NULL: what the section's name says */
};

/* options may be NULL. The same index and type give the same program again. One damaged program
 * does not keep the others from being linked. */
ORIEL_API int oriel_object_link(struct oriel_object *object, uint32_t index,
				const struct oriel_link_options *options,
				const struct oriel_program **ret_program,
				struct oriel_error *error) ORIEL_MUST_CHECK;

struct oriel_code_info {
	size_t size;
	const char *name;
	const char *section;
	const char *type;	 /* NULL: unknown */
	const char *attach_type; /* NULL: unknown */
	/* insn_count slots of 8 bytes, as RFC 9669 has them. What they refer to is an index: that
	 * of a map in the object (a 64-bit immediate with src 5; with src 6, and an offset in its
	 * value), of a variable (src 3) or a function (a call with src 2) below. */
	const void *insns;
	enum oriel_dialect dialect;
	uint32_t insn_count;
	uint32_t called_count;	   /* the first slots: what calls reach; callbacks follow */
	uint32_t subprogram_count; /* [0] is the program itself */
	uint32_t function_count;   /* outside of the file */
	uint32_t variable_count;   /* outside of the file */
	uint32_t unresolved_count; /* accesses to what the target's types do not have */
	uint32_t reserved;
};

ORIEL_API int oriel_program_get_code(const struct oriel_program *program,
				     struct oriel_code_info *ret_info) ORIEL_MUST_CHECK;

struct oriel_subprogram_info {
	size_t size;
	const char *name;
	uint32_t start; /* slots */
	uint32_t insn_count;
	uint32_t is_callback; /* 1: its address is taken */
	uint32_t reserved;
};

ORIEL_API int oriel_program_get_subprogram(const struct oriel_program *program, uint32_t index,
					   struct oriel_subprogram_info *ret_info) ORIEL_MUST_CHECK;

enum oriel_extern_flag {
	ORIEL_EXTERN_WEAK = 1,	 /* the program copes where the host has none */
	ORIEL_EXTERN_CONFIG = 2, /* a variable: a value of the kernel's configuration */
};

/* What a program takes from its host by name. */
struct oriel_extern_info {
	size_t size;
	const char *name;
	uint32_t btf_id; /* of a function, in the object's BTF; else 0 */
	uint32_t flags;	 /* enum oriel_extern_flag */
};

ORIEL_API int oriel_program_get_function(const struct oriel_program *program, uint32_t index,
					 struct oriel_extern_info *ret_info) ORIEL_MUST_CHECK;
ORIEL_API int oriel_program_get_variable(const struct oriel_program *program, uint32_t index,
					 struct oriel_extern_info *ret_info) ORIEL_MUST_CHECK;

struct oriel_line_info {
	size_t size;
	const char *file;
	const char *text; /* of the line; "": the object does not have it */
	uint32_t slot;	  /* where the line begins */
	uint32_t line, column;
	uint32_t reserved;
};

/* The source line of an instruction; ORIEL_ERR_NOENT: it has none. */
ORIEL_API int oriel_program_get_line(const struct oriel_program *program, uint32_t slot,
				     struct oriel_line_info *ret_info) ORIEL_MUST_CHECK;
/* Why a call of a helper that no host has stands at slot, in the place of an access to what the
 * target's types do not have. NULL: the instruction is the program's own. */
ORIEL_API const char *oriel_program_unresolved_at(const struct oriel_program *program,
						  uint32_t slot);

enum oriel_disasm_flag {
	ORIEL_DISASM_SOURCE = 1, /* source lines between the instructions */
};

struct oriel_disasm_options {
	size_t size;
	uint32_t flags; /* enum oriel_disasm_flag */
	uint32_t first; /* slot */
	uint32_t count; /* slots; 0: to the end */
	uint32_t reserved;
};

/* The instructions in llvm-objdump's syntax, a line each: "       3:\tr1 = 0x2a", with subprograms'
 * names before their first one. The text is the caller's: oriel_free. options may be NULL. */
ORIEL_API int oriel_program_disasm(const struct oriel_program *program,
				   const struct oriel_disasm_options *options, char **ret_text,
				   struct oriel_error *error) ORIEL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
