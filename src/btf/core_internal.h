/* SPDX-License-Identifier: MIT */
/* What the files of CO-RE share. */
#pragma once

#include "btf/core.h"

enum {
	CORE_PATH_MAX = 64, /* numbers in an access string */
	CORE_NEST_MAX = 32, /* anonymous structures in each other */
};

/* A step on the way to a field: a named member, or an element (name NULL). */
struct core_step {
	const char *name;
	u32 index; /* of the element */
	u32 type;  /* what is reached, modifiers included */
};

struct core_path {
	struct core_step steps[CORE_PATH_MAX];
	u32 count;
	u64 bit_off;
	u32 bit_size; /* of a bit-field, else 0 */
	u32 type;     /* what is reached; modifiers included */
};

struct core_numbers {
	u32 items[CORE_PATH_MAX];
	u32 count;
};

/* Counts work; ERR_TOOBIG when the budget is used up. */
int core_work(struct btf_core *core, u64 steps, struct error *err) MUST_CHECK;

/* "0:1:2" */
int core_numbers_read(const char *access, struct core_numbers *ret_numbers,
		      struct error *err) MUST_CHECK;
/* Follows a record's numbers through the local types. */
int core_path_read(const struct btf *local, u32 root, const struct core_numbers *numbers,
		   struct core_path *ret_path, struct error *err) MUST_CHECK;
/* The same path by names from another root: *ret_found false when it does not exist there. */
int core_path_find(struct btf_core *core, const struct core_path *local, u32 root, bool *ret_found,
		   struct core_path *ret_path, struct error *err) MUST_CHECK;
/* False when the field cannot be read with one load of at most 8 bytes: a bit-field that spans
 * nine. */
bool core_field_of(const struct btf *btf, const struct core_path *path,
		   struct btf_core_field *ret_field);

/* ENUM64 is ENUM. */
static inline enum btf_kind core_plain_kind(const struct btf_type *type)
{
	return type->kind == BTF_ENUM64 ? BTF_ENUM : type->kind;
}

/* Names over 511 bytes equal none. */
bool core_equal_name(struct btf_core *core, const char *a, const char *b);
/* Equal apart from flavors. */
bool core_same_name(struct btf_core *core, const char *a, const char *b);
/* The same, or one is anonymous. */
bool core_names_fit(struct btf_core *core, const char *a, const char *b);

/* The type of the member of that name of a target's structure. */
int core_member_type(struct btf_core *core, u32 root, const char *name, bool *ret_found,
		     u32 *ret_type, struct error *err) MUST_CHECK;
/* The first id of the chain with types of that name (and others); 0: none. */
u32 core_index_first(const struct btf_index *index, const char *name);

enum core_strictness {
	CORE_COMPATIBLE, /* for its existence, size and id to be meant */
	CORE_MATCHES,	 /* for TYPE_MATCHES */
};
int core_type_match(struct btf_core *core, u32 local, u32 target, enum core_strictness strictness,
		    bool *ret_match, struct error *err) MUST_CHECK;
