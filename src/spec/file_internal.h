/* SPDX-License-Identifier: MIT */
/* What the parts of the reader of sets share. */
#pragma once

#include "base/json_read.h"
#include "spec/file.h"

#define SPEC_NAME_MAX 127 /* characters of any name */

struct spec_reader {
	struct json_doc doc;
	struct spec *spec; /* grows: there is room for all rows of the file */
	struct arena *arena;
	struct error *err;
	const char *kind; /* of the row that is read, and its name: for messages */
	const char *name;
};

/* "line 7: helper bpf_x: what" */
int spec_refuse(const struct spec_reader *r, u32 node, const char *what);
const struct json_node *spec_node(const struct spec_reader *r, u32 node);
/* The members of the object at node, by name; ret_values[i] is the index of keys[i]'s value. All
 * must be there, once, and nothing else. */
int spec_members(const struct spec_reader *r, u32 node, const char *const *keys, u32 count,
		 u32 *ret_values);
/* The same, but those from needed on may be missing: their index is 0 then. */
int spec_members_of(const struct spec_reader *r, u32 node, const char *const *keys, u32 needed,
		    u32 count, u32 *ret_values);

/* Values of members. Text is a word of printable characters, without blanks unless prose. */
int spec_take_word(const struct spec_reader *r, u32 node, const char **ret_word);
int spec_take_u32(const struct spec_reader *r, u32 node, u32 most, u32 *ret_value);
int spec_take_bool(const struct spec_reader *r, u32 node, bool *ret_value);
int spec_take_dialect(const struct spec_reader *r, u32 node, enum dialect *ret_dialect);
/* An array of names of flags, as next tells them. */
int spec_take_flags(const struct spec_reader *r, u32 node, const char *(*next)(u32 *flags),
		    u32 *ret_flags);

int spec_read_ctx(struct spec_reader *r, u32 node, const struct spec_ctx **ret_ctx);
bool spec_ctx_same(const struct spec_ctx *a, const struct spec_ctx *b);
int spec_read_helper(struct spec_reader *r, u32 node);
int spec_read_kfunc(struct spec_reader *r, u32 node);
int spec_read_function(struct spec_reader *r, u32 node);
