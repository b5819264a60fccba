/* SPDX-License-Identifier: MIT */
/* Why a program or a proof is refused, as plain data; making text of it is others' work. */
#pragma once

#include "base/compiler.h"

enum finding_id {
	FINDING_NONE,
#define FINDING(NAME, id, message, hint) FINDING_##NAME,
#include "check/findings.def"
#undef FINDING
	FINDING_COUNT
};

#define FINDING_NO_REG 0xff

struct finding {
	u16 id;	      /* enum finding_id */
	u8 reg;	      /* the register that holds what is wrong; FINDING_NO_REG: none */
	u8 type;      /* enum value_type of what it holds; */
	u32 slot;     /* of the instruction */
	u32 region;   /* as in struct value */
	u32 size;     /* bytes of the access, or of what an argument needs */
	s64 lo, hi;   /* offsets or numbers that are possible there */
	s64 limit;    /* what hi + size, or the number, must not exceed */
	u32 arg;      /* 1 to 5: argument of a call; 0: none */
	u32 other;    /* slot of the acquiring call, instance, point ... as the message says */
	u32 instance; /* of the proof, where there is one */
	u32 flags;    /* enum value_flag of what the register holds */
};

/* The row of a finding: its stable id ("null-access"), text and hint. NULL: no such row. */
struct finding_text {
	const char *id, *message, *hint;
};
const struct finding_text *finding_text(enum finding_id id);
/* The row with this stable id; FINDING_NONE: there is none. */
enum finding_id finding_by_name(const char *id);
