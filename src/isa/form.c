/* SPDX-License-Identifier: MIT */
/* The rows of form.def as data, and the names that go with them. */
#include "isa/form.h"

#define R    ISA_FIELD(FIELD_REG, 0)
#define W    ISA_FIELD(FIELD_REG_WRITTEN, 0)
#define Z    ISA_FIELD(FIELD_FIXED, 0)
#define V(n) ISA_FIELD(FIELD_FIXED, n)
#define O    ISA_FIELD(FIELD_OFF, 0)
#define I    ISA_FIELD(FIELD_IMM, 0)
#define H    ISA_FIELD(FIELD_IMM_HIGH, 0)

#define GROUP_base_32		GROUP_BASE32
#define GROUP_base_64		GROUP_BASE64
#define GROUP_divmul_32		GROUP_DIVMUL32
#define GROUP_divmul_64		GROUP_DIVMUL64
#define ALU_GROUP(group, width) GROUP_##group##_##width
#define SIZE_GROUP(bytes)	((bytes) == 8 ? GROUP_BASE64 : GROUP_BASE32)

/* clang-format off */
static const struct isa_form forms[] = {
#define FORM(name, opcode, kind, op, width, size, flags, dst, src, off, imm, next, group, cpu, text) \
	{ name, opcode, INSN_##kind, op, width, size, flags, group, cpu, { dst, src, off, imm, next } },
#include "isa/form.def"
#undef FORM
};
/* clang-format on */

const struct isa_form *isa_form_at(size_t i)
{
	return i < ARRAY_COUNT(forms) ? &forms[i] : NULL;
}

const char *isa_group_name(enum isa_group group)
{
	switch (group) {
	case GROUP_BASE32: return "base32";
	case GROUP_BASE64: return "base64";
	case GROUP_ATOMIC32: return "atomic32";
	case GROUP_ATOMIC64: return "atomic64";
	case GROUP_DIVMUL32: return "divmul32";
	case GROUP_DIVMUL64: return "divmul64";
	case GROUP_PACKET: return "packet";
	case GROUP_CALLX: return "callx";
	case GROUP_LINUX: return "Linux";
	case GROUP_COUNT: break;
	}
	return "";
}

const char *isa_field_name(unsigned id)
{
	switch ((enum isa_field_id)id) {
	case FIELD_ID_DST: return "dst";
	case FIELD_ID_SRC: return "src";
	case FIELD_ID_OFF: return "off";
	case FIELD_ID_IMM: return "imm";
	case FIELD_ID_NEXT_IMM: return "next imm";
	case FIELD_ID_COUNT: break;
	}
	return "";
}
