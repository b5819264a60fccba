/* SPDX-License-Identifier: MIT */
/* What is in an object beside its programs and maps, for those who show it: relocations and what is
 * wrong with a map. Linking needs none of this. */
#pragma once

#include "object/object.h"

enum object_reloc_kind {
	OBJECT_RELOC_UNKNOWN,  /* error says why */
	OBJECT_RELOC_MAP,      /* a map */
	OBJECT_RELOC_GLOBAL,   /* a place in global variables */
	OBJECT_RELOC_CONFIG,   /* a value of a kernel's configuration */
	OBJECT_RELOC_VARIABLE, /* a variable that the file does not define */
	OBJECT_RELOC_FUNCTION, /* a function's address */
	OBJECT_RELOC_CALL,     /* a call inside the file */
	OBJECT_RELOC_HELPER,   /* a call of a helper by its name */
	OBJECT_RELOC_EXTERN,   /* a call of another function that the file does not define */
	OBJECT_RELOC_VALUE,    /* what a map holds from the start */
	OBJECT_RELOC_CORE,     /* CO-RE: of the layout that a program meets */
};

struct object_reloc {
	enum object_reloc_kind kind;
	const char *kind_name; /* "map"; for CO-RE "field_byte_offset" ... */
	u32 section;	       /* ELF index of the section that it patches */
	u64 off;	       /* in that section */
	u32 prog;	       /* the function that holds it, PROG_NO_INDEX in data */
	const char *symbol;    /* CO-RE: the access, "struct flow.port (0:1)" */
	/* What it comes to: name and offset in bytes of a map, section or function; NULL when it is
	 * nothing of this file. */
	const char *target;
	u64 target_off;
	u64 value;	   /* CO-RE */
	const char *error; /* NULL when it can be resolved */
};

/* Of code and of maps, section by section in order of offsets, CO-RE last. In the object's arena,
 * each call anew. */
int object_relocs(struct object *obj, const struct object_reloc **ret_relocs, u32 *ret_count,
		  struct error *err) MUST_CHECK;

/* Why programs that refer to a map do not link; NULL when nothing is wrong with it. */
const char *object_map_error(const struct object *obj, u32 map);
