/* SPDX-License-Identifier: MIT */
/* What the files of this module share: findings, and the steps of transfer_insn(). */
#pragma once

#include "check/transfer.h"

/* Fills in t->finding for a register of the state and returns TRANSFER_FAIL. reg may be
 * FINDING_NO_REG. */
enum transfer_result transfer_fail(struct transfer *t, enum finding_id id, u32 slot,
				   const struct state *state, u32 reg);

/* id, which the call at slot gave, has to be released. */
enum transfer_result transfer_acquire(struct transfer *t, struct state *state, u32 id, u32 kind,
				      u32 slot);

/* r0 to r5 are lost. */
void transfer_clobber(struct state *state);

/* Whether addresses may become numbers or go where others see them. */
bool transfer_may_leak(const struct transfer *t);

/* The low size bytes of a number. */
struct value value_truncate(const struct value *v, u32 size);

/* The parts, each for its kinds of instruction. */
enum transfer_result transfer_alu(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_neg(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_movsx(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_swap(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_lddw(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_load(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_store(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_atomic(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_ld_packet(struct transfer *t, struct state *state, u32 slot);
/* CALL, CALLX (whose register holds a constant: transfer_insn() has seen to that), CALL_KFUNC. */
enum transfer_result transfer_helper_call(struct transfer *t, struct state *state, u32 slot);
enum transfer_result transfer_local(struct transfer *t, struct state *state, u32 slot);

/* A register that is read: has to hold something. */
enum transfer_result transfer_readable(struct transfer *t, const struct state *state, u32 slot,
				       u32 reg);
/* A register that is written: not r10. */
enum transfer_result transfer_writable(struct transfer *t, const struct state *state, u32 slot,
				       u32 reg);

/* Whether all pointers of v's type and region are into the same object, a section of global data.
 */
bool value_is_only_one(const struct prog *prog, const struct value *v);

/* The difference of two positions, a - b, as a number; with the relation when there is one. Both
 * are NUMBER, or both pointers into the same object. False: not of the same object. */
bool value_difference(const struct prog *prog, const struct state *state, const struct value *a,
		      const struct value *b, struct value *ret);

/* The pointer `element` was compared with NULL: what that says of the iterator that gave it. False:
 * it has no such element. */
bool iter_tested(struct state *state, u32 element, bool is_null);

/* How an access may be made. */
enum access_kind { ACCESS_READ, ACCESS_WRITE, ACCESS_ATOMIC };

/* Whether [off, off + size) from the pointer reg holds is there, for all offsets that it may have,
 * and may be accessed so. For STACK it does not look at what is initialised; not for CTX and
 * OBJECT. arg: of a call, 1 to 5, or 0. */
enum transfer_result access_check(struct transfer *t, const struct state *state, u32 slot, u32 reg,
				  s64 off, s64 size, enum access_kind kind, u32 arg);

/* A finding with the range that the access has. */
enum transfer_result access_fail(struct transfer *t, enum finding_id id, u32 slot,
				 const struct state *state, u32 reg, s64 off, s64 size, s64 limit,
				 u32 arg);
/* All of [off, off + size) from v on lies in [lo, hi), whatever v's offset is. */
bool access_is_inside(const struct value *v, s64 off, s64 size, s64 lo, s64 hi);

/* Loads from and stores to what has fields: the context, host objects. */
enum transfer_result field_load(struct transfer *t, struct state *state, u32 slot,
				struct value *ret);
enum transfer_result field_store(struct transfer *t, struct state *state, u32 slot,
				 const struct value *value);

/* Makes the callee's state in t->callee, with args as r1 to r5 and the frames that these reach,
 * which *state loses; fills in t->link. r0 to r5 of *state become NONE: what a helper with a
 * callback returns is put into r0 afterwards, and link.kind and link.func are the helper's to set.
 * Returns TRANSFER_CALL or FAIL. */
enum transfer_result call_split(struct transfer *t, struct state *state, u32 slot, u32 subprog,
				const struct value args[5]);

static inline const struct insn *transfer_insn_at(const struct transfer *t, u32 slot)
{
	return &t->prog->insns[slot];
}
