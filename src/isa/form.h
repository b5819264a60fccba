/* SPDX-License-Identifier: MIT */
/* The encoding as data: a row for each way in which bytes can make an instruction. The decoder, the
 * encoder, the assembler, the tests' negative vectors and the ISA page all walk these rows. For
 * isa/ and its tools; everybody else sees struct insn. */
#pragma once

#include "isa/insn.h"

/* What an encoded field holds and where that goes in struct insn. */
enum field_rule {
	FIELD_FIXED,	   /* must be `value`; 0 where the field is unused */
	FIELD_REG,	   /* a register that is read */
	FIELD_REG_WRITTEN, /* a register other than r10 */
	FIELD_OFF,	   /* insn.off */
	FIELD_IMM,	   /* insn.imm, sign-extended */
	FIELD_IMM_HIGH,	   /* the upper half of insn.imm */
};

/* A rule and its value in one number, so that a table row can pass it through macros. */
#define ISA_FIELD(rule, value) ((rule) | (value) << 3)

static inline enum field_rule isa_field_rule(u16 field)
{
	return field & 7;
}

static inline s32 isa_field_value(u16 field)
{
	return field >> 3;
}

/* The fields in the order in which errors are looked for. */
enum isa_field_id {
	FIELD_ID_DST,
	FIELD_ID_SRC,
	FIELD_ID_OFF,
	FIELD_ID_IMM,
	FIELD_ID_NEXT_IMM, /* of the second slot; two-slot forms only */
	FIELD_ID_COUNT,
};

/* RFC 9669 section 2.4. LINUX: what the RFC does not have. */
enum isa_group {
	GROUP_BASE32,
	GROUP_BASE64,
	GROUP_ATOMIC32,
	GROUP_ATOMIC64,
	GROUP_DIVMUL32,
	GROUP_DIVMUL64,
	GROUP_PACKET,
	GROUP_CALLX,
	GROUP_LINUX,
	GROUP_COUNT,
};

struct isa_form {
	const char *name; /* the mnemonic of the conformance vectors */
	u8 opcode;
	u8 kind, op, width, size, flags; /* as in struct insn */
	u8 group;			 /* enum isa_group */
	u8 cpu;				 /* BPF CPU version that has it, 1 to 4 */
	u16 fields[FIELD_ID_COUNT];	 /* ISA_FIELD() */
	;
};

/* NULL from the end of the table on. */
const struct isa_form *isa_form_at(size_t i);
/* "base32" ... */
const char *isa_group_name(enum isa_group group);
/* Of enum isa_field_id: "dst", "src", "off", "imm", "next imm". */
const char *isa_field_name(unsigned id);

/* An encoded slot (or two), field by field. */
struct isa_raw {
	u8 opcode;
	s32 fields[FIELD_ID_COUNT];
};
