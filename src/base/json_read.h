/* SPDX-License-Identifier: MIT */
/* JSON reader for configuration: the whole text becomes nodes in an arena, in the order of the
 * text. Strict (RFC 8259), and narrower where it must be safe: integers only, no NUL in strings, a
 * limited depth. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

enum json_kind {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_node {
	enum json_kind kind;
	u32 line;
	u32 next;	  /* index of the first node behind it and all that is in it */
	const char *text; /* STRING: terminated */
	bool negative;	  /* NUMBER: the value is -number */
	u64 number;
};

/* nodes[0] is the text's value. In an object each member is two nodes: its name, a STRING, and its
 * value; an array has its elements; what is inside a node follows it. */
struct json_doc {
	const struct json_node *nodes;
	u32 count;
};

int json_read(const char *text, size_t len, struct arena *arena, struct json_doc *ret_doc,
	      struct error *err) MUST_CHECK;

/* "object", "number", ... */
const char *json_kind_name(enum json_kind kind);
/* False when it is no number or does not fit. */
bool json_node_u32(const struct json_node *node, u32 *ret_value);
bool json_node_s32(const struct json_node *node, s32 *ret_value);
