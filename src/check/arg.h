/* SPDX-License-Identifier: MIT */
/* A call of a helper while its arguments are looked at. */
#pragma once

#include "check/internal.h"

struct call {
	struct spec_helper helper; /* as it is for this program and this map */
	u32 slot;
	/* The map among the arguments; NULL: none. is_inner: map is the template of what came out
	 * of a map of maps. */
	const struct prog_map *map;
	u32 map_idx, map_id;
	bool is_inner;
	s64 alloc_size;	   /* of ARG_ALLOC_SIZE */
	s64 size_max;	   /* the greatest value of the last ARG_SIZE; -1: there is none */
	u32 release;	   /* id of what a RELEASES helper takes; ID_NONE: none yet */
	u32 iter, iter_id; /* register and id of an iterator; 0: there is none */
	/* Of a callback: its argument number and class, and the register behind it. */
	u32 func_reg, func_ctx;
	/* Stack that the helper writes: done when all arguments have been seen, as it may be an
	 * argument twice. */
	struct {
		u32 reg;
		s64 size, sure; /* bytes it may write, and bytes it surely does */
	} writes[5];
	u32 write_count;
};

/* Memory arguments. what: how the helper uses it; size: bytes it may touch, sure: bytes that it
 * surely writes. */
enum transfer_result arg_memory(struct transfer *t, struct state *state, struct call *call, u32 reg,
				s64 size, s64 sure, bool is_read, bool is_written);
/* Argument arg (1 to 5, also its register) by its class. */
enum transfer_result arg_check(struct transfer *t, struct state *state, struct call *call, u32 arg);
/* The field of that kind; NULL: values have none. Not for OTHER, of which there may be several. */
const struct prog_map_field *map_field(const struct prog_map *map, enum prog_map_field_kind kind);
/* Makes the written stack initialised and unknown. */
void arg_write_stack(struct state *state, const struct call *call);

/* Memory of size bytes, aligned when on the stack, that is written. */
enum transfer_result arg_aligned(struct transfer *t, struct state *state, struct call *call,
				 u32 arg, u32 size, bool is_read);
enum transfer_result arg_iter(struct transfer *t, struct state *state, struct call *call, u32 arg,
			      bool is_new);
/* What a call of an iterator's functions does. element: id of what next() returns. */
enum transfer_result iter_new(struct transfer *t, struct state *state, const struct call *call);
void iter_next(struct state *state, const struct call *call, u32 element);

enum transfer_result arg_fail(struct transfer *t, enum finding_id id, const struct call *call,
			      const struct state *state, u32 arg);
