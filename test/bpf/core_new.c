/* SPDX-License-Identifier: MIT */
/* What clang can ask from version 15 on, and loads that extend signs (CPU version 4). */
#include "core_local.h"

typedef unsigned long long u64;

#define PROG(name, type) SEC("core/" #name) u64 name(__attribute__((unused)) type *p)

enum big {
	BIG_A = 0x100000000ull,
	BIG_C = 3,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct peer___mine {
	int x;
};
struct match_yes {
	unsigned number;
	struct peer___mine *next;
	enum color___few {
		COLOR_RED___mine,
		COLOR_GREEN___mine = 77,
	} color;
	int (*call)(struct peer___mine *peer, char c);
	short inside;
};
struct match_number {
	unsigned number;
};
struct match_sign {
	int number;
};
struct match_member {
	unsigned number;
};
struct match_call {
	int (*call)(struct peer___mine *peer, int more);
};
enum match_enum {
	MATCH_TWO,
	MATCH_ONE,
};
enum match_enum___lacks {
	MATCH_TWO___lacks,
	MATCH_THREE,
};
#pragma clang attribute pop

PROG(matches, void)
{
	return (u64)bpf_core_type_matches(struct match_yes) |
	       (u64)bpf_core_type_matches(struct match_number) << 1 |
	       (u64)bpf_core_type_matches(struct match_sign) << 2 |
	       (u64)bpf_core_type_matches(struct match_member) << 3 |
	       (u64)bpf_core_type_matches(struct match_call) << 4 |
	       (u64)bpf_core_type_matches(enum match_enum) << 5 |
	       (u64)bpf_core_type_matches(enum match_enum___lacks) << 6 |
	       (u64)bpf_core_type_matches(struct absent) << 7;
}

PROG(big_value, void)
{
	return bpf_core_enum_value(enum big, BIG_A);
}

PROG(big_exists, void)
{
	return (u64)bpf_core_enum_value_exists(enum big, BIG_A) |
	       (u64)bpf_core_enum_value_exists(enum big, BIG_C) << 1;
}

/* An instruction that extends the sign itself does so from the other size, too. */
PROG(shrunk_sign, struct sample)
{
	return (u64)(long long)p->sgn;
}
