/* SPDX-License-Identifier: MIT */
/* What the programs know of the target's types. */
#pragma once

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sample_inner {
	unsigned a;
	unsigned b;
};

struct sample {
	unsigned x;
	unsigned y;
	unsigned short wide;
	unsigned long long thin;
	int sgn;
	union {
		unsigned hidden;
		unsigned other;
	};
	struct sample_inner list[2];
	unsigned row[3];
	unsigned kind_changed;
	unsigned renamed;
	unsigned now_signed;
	unsigned gone;
	unsigned tail_count;
	unsigned tail[];
};

struct sample___second {
	unsigned fresh;
	unsigned never;
};

struct bits {
	unsigned narrow : 3;
	unsigned wide : 17;
	int sgn : 5;
	unsigned whole : 9;
	unsigned loose;
};

struct twin {
	unsigned v;
};
struct rival {
	unsigned v;
};
typedef struct {
	unsigned v;
} alias;
struct huge {
	unsigned v;
};
struct absent {
	unsigned v;
};
union choice {
	unsigned char a;
};

#pragma clang attribute pop

enum color {
	COLOR_NONE,
	COLOR_RED,
	COLOR_GREEN,
	COLOR_BLUE,
	COLOR_MAUVE,
};
enum absent_enum {
	ABSENT_A,
	ABSENT_B,
};
