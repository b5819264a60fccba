/* SPDX-License-Identifier: MIT */
/* Bytes to instructions and back. The encoding is little-endian on every host. */
#pragma once

#include "base/compiler.h"
#include "base/error.h"
#include "isa/insn.h"

/* Strict: every reserved field must be zero, every register must exist, and the error names the
 * slot, the field and its value ("slot 3: opcode 0x07 (add): src must be 0, not 4"). count slots
 * are readable at bytes; on success ret_insn[0] is the instruction and insn_slots() tells how far
 * to go on (the caller fills the second slot with INSN_LDDW_HIGH). slot is for the messages only.
 */
int insn_decode(const u8 *bytes, size_t count, size_t slot, struct insn *ret_insn,
		struct error *err) MUST_CHECK;

/* A whole program: count slots at bytes to count instructions. Also checks what needs the whole:
 * jumps and local calls land inside and not in the second half of an LDDW. An empty program is an
 * error. */
int insn_decode_all(const u8 *bytes, size_t count, struct insn *ret_insns,
		    struct error *err) MUST_CHECK;

/* The same without looking at targets: for functions that call others outside of these bytes. */
int insn_decode_slots(const u8 *bytes, size_t count, struct insn *ret_insns,
		      struct error *err) MUST_CHECK;

/* The same checks on instructions that came from elsewhere (assembled, linked). */
int insn_check_targets(const struct insn *insns, size_t count, struct error *err) MUST_CHECK;

/* Writes insn_slots() * 8 bytes. ERR_INVAL for what has no encoding (an unknown op, a register over
 * 10, an offset that does not fit...). An INSN_JUMP that does not fit 16 bits needs INSN_LONG. */
int insn_encode(const struct insn *insn, u8 *ret_bytes, struct error *err) MUST_CHECK;
