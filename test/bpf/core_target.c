/* SPDX-License-Identifier: MIT */
/* The target's types; nothing in here runs. */
#include "core_layout.h"

/* Starts at bit 13 where the program's begins at bit 0, in wider words. */
struct bits {
	unsigned char head;
	unsigned char pad : 5;
	unsigned narrow : 3;
	unsigned wide : 17;
	int sgn : 5;
	unsigned long long whole;
	unsigned loose : 4;
};

struct twin___a {
	unsigned pad, v;
};
struct twin___b {
	unsigned pad, v, more;
};
struct rival___a {
	unsigned v;
};
struct rival___b {
	unsigned pad, v;
};

typedef struct {
	unsigned pad[3];
	unsigned v;
} alias;

struct huge {
	char pad[40000];
	unsigned v;
};

enum color {
	COLOR_NONE,
	COLOR_GREEN = 20,
	COLOR_RED = 10,
	COLOR_BLUE___target = 30,
};

#if __clang_major__ >= 15
enum big {
	BIG_A = 0x1234567890ull,
	BIG_B = 2,
};
#else
enum big {
	BIG_A = 1,
	BIG_B = 2,
};
#endif

union choice {
	unsigned a;
	unsigned long long b;
};

/* For type_matches. */
struct peer;
struct match_yes {
	long long added;
	struct peer *next;
	unsigned number;
	enum color color;
	int (*call)(struct peer *peer, char c);
	struct {
		short inside;
	};
};
struct match_number {
	unsigned long long number;
};
struct match_sign {
	unsigned number;
};
struct match_member {
	unsigned other;
};
struct match_call {
	int (*call)(struct peer *peer);
};
enum match_enum {
	MATCH_ONE = 5,
	MATCH_TWO = 6,
	MATCH_MORE = 7,
};

/* Members that are pointers would leave the types themselves out. */
struct sample *sample;
struct bits *bits;
struct twin___a *twin_a;
struct twin___b *twin_b;
struct rival___a *rival_a;
struct rival___b *rival_b;
alias *used_alias;
struct huge *huge;
enum color used_color;
enum big used_big;
union choice *choice;
struct match_yes *yes;
struct match_number *number;
struct match_sign *sign;
struct match_member *member;
struct match_call *call;
enum match_enum used_enum;
