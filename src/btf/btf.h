/* SPDX-License-Identifier: MIT */
/* BTF and BTF.ext, from hostile bytes: every type is validated once at opening, so that users
 * follow ids without looking. Format: kernel documentation, Documentation/bpf/btf.rst. */
#pragma once

#include "base/compiler.h"
#include "base/error.h"

struct arena;

enum btf_kind {
	BTF_VOID = 0,
	BTF_INT = 1,
	BTF_PTR = 2,
	BTF_ARRAY = 3,
	BTF_STRUCT = 4,
	BTF_UNION = 5,
	BTF_ENUM = 6,
	BTF_FWD = 7,
	BTF_TYPEDEF = 8,
	BTF_VOLATILE = 9,
	BTF_CONST = 10,
	BTF_RESTRICT = 11,
	BTF_FUNC = 12,
	BTF_FUNC_PROTO = 13,
	BTF_VAR = 14,
	BTF_DATASEC = 15,
	BTF_FLOAT = 16,
	BTF_DECL_TAG = 17,
	BTF_TYPE_TAG = 18,
	BTF_ENUM64 = 19,
	BTF_KIND_COUNT
};

/* Flags of an INT. */
enum { BTF_INT_SIGNED = 1, BTF_INT_CHAR = 2, BTF_INT_BOOL = 4 };

/* A struct member, enum value, parameter or section variable, in one shape. */
struct btf_member {
	const char *name;
	u32 type;  /* 0 for enum values */
	u32 off;   /* struct: bit offset; datasec: byte offset */
	u32 size;  /* datasec: bytes; struct: bits of a bit-field (either encoding), else 0 */
	s64 value; /* enum */
};

struct btf_type {
	const char *name; /* "" when anonymous */
	enum btf_kind kind;
	u32 count; /* members (vlen); ARRAY: elements */
	u32 size;  /* INT STRUCT UNION ENUM ENUM64 DATASEC FLOAT: bytes */
	u32 type;  /* PTR TYPEDEF VOLATILE CONST RESTRICT FUNC FUNC_PROTO VAR DECL_TAG TYPE_TAG: id;
		      ARRAY: element */
	u32 index_type; /* ARRAY */
	u32 flags; /* INT: encoding; FUNC, VAR: linkage; ENUM, ENUM64: 1 when signed; FWD: 1 for a
		      union */
	s32 component;	       /* DECL_TAG: member or -1 */
	u32 int_bits, int_off; /* INT */
	const struct btf_member *members;
	/* Worked out at opening. */
	u32 bare;	/* this type without modifiers: its own id when it is none */
	bool has_bytes; /* bytes is valid */
	u32 bytes;	/* what one of it occupies, through modifiers, arrays and variables */
	u32 record_off; /* where its record is in .BTF, for messages */
};

struct btf {
	struct btf_type *types; /* [0] is void */
	u32 type_count;
	const char *strings;
	u32 string_len;
};

/* Checked: the extent of everything; ids and string offsets; the size and place of members in their
 * structure; that no chain of modifiers, elements, members and variables comes back to where it
 * started. (Pointers and functions may.) Names may be anything. ERR_NOEXEC names type and offset.
 * Everything is linear in len. Types and members are in arena, names stay in bytes. */
int btf_open(const u8 *bytes, size_t len, struct arena *arena, struct btf *ret_btf,
	     struct error *err) MUST_CHECK;

/* Any id; an id out of range gives void, as any id of a zeroed btf does. */
const struct btf_type *btf_type(const struct btf *btf, u32 id);
/* Through typedefs and qualifiers, and type tags; takes one step however long the chain is. */
u32 btf_skip_modifiers(const struct btf *btf, u32 id);
/* Bytes of a type, through modifiers, arrays and variables; false for what has none (functions,
 * void, forward). */
bool btf_size_of(const struct btf *btf, u32 id, u64 *ret_size);
/* The first type of that kind and name; 0 when there is none. Looks through all types. */
u32 btf_find(const struct btf *btf, enum btf_kind kind, const char *name);
const char *btf_kind_name(enum btf_kind kind);

/* --- BTF.ext: records per section, offsets in bytes of the section --------------------------- */

struct btf_func_info {
	u32 insn_off, type;
};
struct btf_line_info {
	u32 insn_off;
	const char *file, *text;
	u32 line, col;
};
struct btf_core_relo {
	u32 insn_off, type;
	const char *access;
	u32 kind;
};
struct btf_ext_section {
	const char *name; /* of the ELF section */
	const struct btf_func_info *funcs;
	u32 func_count;
	const struct btf_line_info *lines;
	u32 line_count;
	const struct btf_core_relo *relos;
	u32 relo_count;
};
struct btf_ext {
	struct btf_ext_section *sections; /* sorted by name, each name once */
	u32 section_count;
};

/* The section of that name, or NULL. */
const struct btf_ext_section *btf_ext_section(const struct btf_ext *ext, const char *name);
/* Records are sorted by insn_off, which is a multiple of 8; function records lead to a FUNC; ids
 * and string offsets are in range. Whether an offset lies in its section is not known here. */
int btf_ext_open(const u8 *bytes, size_t len, const struct btf *btf, struct arena *arena,
		 struct btf_ext *ret_ext, struct error *err) MUST_CHECK;
