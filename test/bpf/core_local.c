/* SPDX-License-Identifier: MIT */
/* A program for each thing that CO-RE can ask. r1 is memory with the target's layout. */
#include "core_local.h"

typedef unsigned long long u64;

#define PROG(name, type) SEC("core/" #name) u64 name(__attribute__((unused)) type *p)

/* --- fields ---------------------------------------------------------------------------------- */

PROG(moved, struct sample)
{
	return (u64)p->x << 32 | p->y;
}

PROG(resized, struct sample)
{
	return (u64)p->wide << 32 | p->thin;
}

PROG(store_resized, struct sample)
{
	p->wide = 0x1234;
	p->thin = 0x89abcdef;
	p->x = 7;
	return 0;
}

PROG(shrunk_sign, struct sample)
{
	return (u64)(long long)p->sgn;
}

PROG(hidden, struct sample)
{
	return p->hidden;
}

PROG(lists, struct sample)
{
	return (u64)p->list[1].b << 32 | p->row[2];
}

PROG(second_element, struct sample)
{
	return p[1].y;
}

PROG(open_array, struct sample)
{
	return p->tail[5];
}

PROG(exists, struct sample)
{
	return (u64)bpf_core_field_exists(p->x) | (u64)bpf_core_field_exists(p->gone) << 1 |
	       (u64)bpf_core_field_exists(p->hidden) << 2 |
	       (u64)bpf_core_field_exists(p->kind_changed) << 3 |
	       (u64)bpf_core_field_exists(p->list[1].a) << 4 |
	       (u64)bpf_core_field_exists(p->renamed) << 5 |
	       (u64)bpf_core_field_exists(struct absent, v) << 6 |
	       (u64)bpf_core_field_exists(struct sample___second, fresh) << 7 |
	       (u64)bpf_core_field_exists(struct sample___second, never) << 8 |
	       (u64)bpf_core_field_exists(struct rival, v) << 9;
}

PROG(sizes, struct sample)
{
	return (u64)bpf_core_field_size(p->wide) | (u64)bpf_core_field_size(p->thin) << 8 |
	       (u64)bpf_core_field_size(p->list) << 16 |
	       (u64)bpf_core_field_size(p->list[0]) << 24 | (u64)bpf_core_field_size(p->sgn) << 32;
}

PROG(offsets, struct sample)
{
	return (u64)bpf_core_field_offset(p->x) | (u64)bpf_core_field_offset(p->hidden) << 16 |
	       (u64)bpf_core_field_offset(p->list[1].b) << 32;
}

PROG(signs, struct sample)
{
	return (u64)__builtin_preserve_field_info(p->x, BPF_FIELD_SIGNED) |
	       (u64)__builtin_preserve_field_info(p->sgn, BPF_FIELD_SIGNED) << 1 |
	       (u64)__builtin_preserve_field_info(p->now_signed, BPF_FIELD_SIGNED) << 2;
}

PROG(shifts, struct bits)
{
	return (u64)__builtin_preserve_field_info(p->wide, BPF_FIELD_LSHIFT_U64) |
	       (u64)__builtin_preserve_field_info(p->wide, BPF_FIELD_RSHIFT_U64) << 8 |
	       (u64)__builtin_preserve_field_info(p->whole, BPF_FIELD_LSHIFT_U64) << 16 |
	       (u64)__builtin_preserve_field_info(p->whole, BPF_FIELD_RSHIFT_U64) << 24;
}

PROG(bit_narrow, struct bits)
{
	return BPF_CORE_READ_BITFIELD(p, narrow);
}

PROG(bit_wide, struct bits)
{
	return BPF_CORE_READ_BITFIELD(p, wide);
}

PROG(bit_sgn, struct bits)
{
	return (u64)BPF_CORE_READ_BITFIELD(p, sgn);
}

PROG(bit_whole, struct bits)
{
	return BPF_CORE_READ_BITFIELD(p, whole);
}

PROG(bit_write, struct bits)
{
	BPF_CORE_WRITE_BITFIELD(p, wide, 0x15a5a);
	return BPF_CORE_READ_BITFIELD(p, wide);
}

/* Loads that the compiler makes for the bits itself: whether they fit is for the loader to say. */
PROG(bit_plain, struct bits)
{
	return p->narrow;
}

/* --- what is missing ------------------------------------------------------------------------- */

PROG(guarded, struct sample)
{
	if (bpf_core_field_exists(p->gone))
		return p->gone;
	return 77;
}

PROG(unguarded, struct sample)
{
	return p->gone;
}

PROG(other_kind, struct sample)
{
	return p->kind_changed;
}

PROG(absent_type, struct absent)
{
	return p->v;
}

PROG(too_far, struct huge)
{
	return *(volatile unsigned *)&p->v;
}

PROG(missing_enum, struct sample)
{
	return bpf_core_enum_value(enum color, COLOR_MAUVE);
}

PROG(guarded_enum, struct sample)
{
	if (bpf_core_enum_value_exists(enum color, COLOR_MAUVE))
		return bpf_core_enum_value(enum color, COLOR_MAUVE);
	return 78;
}

/* --- names ----------------------------------------------------------------------------------- */

PROG(flavor, struct sample)
{
	struct sample___second *second = (void *)p;

	if (bpf_core_field_exists(second->never))
		return second->never;
	return second->fresh;
}

PROG(same_twins, struct twin)
{
	return p->v;
}

PROG(ambiguous, struct rival)
{
	return p->v;
}

PROG(by_typedef, alias)
{
	return p->v;
}

/* --- types and enumerators ------------------------------------------------------------------- */

PROG(types, struct sample)
{
	return (u64)bpf_core_type_exists(struct sample) |
	       (u64)bpf_core_type_exists(struct absent) << 1 |
	       (u64)bpf_core_type_exists(alias) << 2 | (u64)bpf_core_type_exists(enum color) << 3 |
	       (u64)bpf_core_type_exists(enum absent_enum) << 4 |
	       (u64)bpf_core_type_exists(union choice) << 5;
}

PROG(type_sizes, struct sample)
{
	return (u64)bpf_core_type_size(struct sample_inner) |
	       (u64)bpf_core_type_size(struct absent) << 8 | (u64)bpf_core_type_size(alias) << 16 |
	       (u64)bpf_core_type_size(union choice) << 24;
}

PROG(id_local, struct sample)
{
	return bpf_core_type_id_local(struct sample);
}

PROG(id_target, struct sample)
{
	return bpf_core_type_id_kernel(struct sample);
}

PROG(id_absent, struct sample)
{
	return bpf_core_type_id_kernel(struct absent);
}

PROG(enumerators, struct sample)
{
	return (u64)bpf_core_enum_value_exists(enum color, COLOR_RED) |
	       (u64)bpf_core_enum_value_exists(enum color, COLOR_MAUVE) << 1 |
	       (u64)bpf_core_enum_value_exists(enum absent_enum, ABSENT_A) << 2 |
	       bpf_core_enum_value(enum color, COLOR_RED) << 8 |
	       bpf_core_enum_value(enum color, COLOR_GREEN) << 16 |
	       bpf_core_enum_value(enum color, COLOR_BLUE) << 24;
}
