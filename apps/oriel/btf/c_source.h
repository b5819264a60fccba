/* SPDX-License-Identifier: MIT */
/* What the parts of the C dump share: c_source.c decides the order, c_source_names.c names,
 * c_source_layout.c what a structure needs to get its layout, c_source_text.c writes declarations.
 */
#pragma once

#include "dump.h"

#include "base/arena.h"
#include "base/strmap.h"
#include "base/vec.h"

struct btf_c_type {
	const char *name; /* in C; NULL: anonymous */
	u32 align;	  /* bytes, once it is complete */
	u32 aligned;	  /* what its attribute has to say, 0: nothing */
	bool packed;
	bool done; /* an enumeration whose values are out */
};

/* A piece of work for the writer, which has a stack of them in place of recursion. */
struct btf_c_op {
	enum { OP_DECLARATOR, OP_SUFFIX, OP_PARAMS, OP_BODY, OP_MEMBER_END } op;
	u32 id, i, depth;
	u64 pos; /* BODY: bits so far */
	const char *name;
};

/* A step from a declared name to its base type. */
struct btf_c_step {
	u32 id;
	enum btf_kind kind; /* PTR, ARRAY, FUNC_PROTO */
	u32 quals;
};

struct btf_c {
	const struct btf *btf;
	struct strbuf *out;
	struct error *err;
	struct arena arena;
	struct btf_c_type *types;
	struct strmap tags, tag_ids, ordinary;
	VEC(struct btf_c_op) ops;
	VEC(struct btf_c_step) chain;
	u64 steps;
};

/* --- c_source_names.c --- */

/* A name that C takes and that map does not have yet; NULL without memory. */
const char *btf_c_unique(struct btf_c *c, struct strmap *map, const char *name);
/* The same without the second condition. */
const char *btf_c_identifier(struct btf_c *c, const char *name);
/* ERR_TOOBIG when too much was written or done, ERR_NOMEM when memory ran out. */
int btf_c_check(struct btf_c *c) MUST_CHECK;

/* --- c_source_layout.c --- */

/* Needs the members' layouts. */
int btf_c_layout(struct btf_c *c, u32 id) MUST_CHECK;
/* Where C puts a member when pos bits are taken. */
u64 btf_c_place(const struct btf_c *c, u32 id, const struct btf_member *member, u64 pos);

/* --- c_source_text.c --- */

/* "int (*name)(void)", without what ends it. */
int btf_c_declare(struct btf_c *c, u32 id, const char *name) MUST_CHECK;
int btf_c_define(struct btf_c *c, u32 id) MUST_CHECK; /* a structure or union with a name */
int btf_c_enum(struct btf_c *c, u32 id, u32 depth) MUST_CHECK;
