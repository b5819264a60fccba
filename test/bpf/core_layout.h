/* SPDX-License-Identifier: MIT */
/* The layouts that the programs of core_local.c meet: what they know under the same names, but with
 * members moved, resized, nested and gone. For the target's BTF and for the test that fills the
 * memory. Padding is explicit. */
#pragma once

struct sample_inner {
	char label[3];
	unsigned char pad;
	unsigned b;
	unsigned a;
};

struct sample {
	unsigned y;
	unsigned wide; /* was short */
	unsigned thin; /* was long long */
	short sgn;     /* was int */
	short pad;
	unsigned x;
	struct {
		unsigned fresh;
		struct {
			unsigned deeper;
			union {
				unsigned hidden; /* was in a union of its own */
				float unused;
			};
		};
	};
	struct sample_inner list[4]; /* smaller elements then */
	unsigned row[6];
	unsigned kind_changed[2]; /* was one number */
	unsigned renamed___old;	  /* only types have flavors */
	int now_signed;		  /* was unsigned */
	unsigned far_pad[5];
	unsigned tail_count;
	unsigned tail[]; /* behind fewer members then */
};
