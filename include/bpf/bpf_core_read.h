/* SPDX-License-Identifier: MIT */
/* Reading structures whose layout is known only when the program is loaded, by the names that
 * libbpf gave the macros. The compiler notes each access; the loader puts the target's numbers in.
 */
#pragma once

#include <bpf/bpf_helpers.h>

/* What may be asked about a field, a type or an enumerator: the numbers that the compiler writes
 * into the relocation. */
enum bpf_field_info_kind {
	BPF_FIELD_BYTE_OFFSET = 0,
	BPF_FIELD_BYTE_SIZE = 1,
	BPF_FIELD_EXISTS = 2,
	BPF_FIELD_SIGNED = 3,
	BPF_FIELD_LSHIFT_U64 = 4,
	BPF_FIELD_RSHIFT_U64 = 5,
};
enum bpf_type_id_kind {
	BPF_TYPE_ID_LOCAL = 0,
	BPF_TYPE_ID_TARGET = 1,
};
enum bpf_type_info_kind {
	BPF_TYPE_EXISTS = 0,
	BPF_TYPE_SIZE = 1,
	BPF_TYPE_MATCHES = 2,
};
enum bpf_enum_value_kind {
	BPF_ENUMVAL_EXISTS = 0,
	BPF_ENUMVAL_VALUE = 1,
};

/* --- questions --- */

/* A field is named as an expression, p->a.b, or as a type and a path, (struct t, a.b). */
#define ORIEL_FIELD1(field)	  field
#define ORIEL_FIELD2(type, field) ((__typeof__(type) *)0)->field
#define ORIEL_FIELD(field...)	  ORIEL_BY_COUNT(ORIEL_FIELD, field)(field)
#define ORIEL_FIELD_INFO(kind, field...) \
	__builtin_preserve_field_info(ORIEL_FIELD(field), BPF_FIELD_##kind)

#define bpf_core_field_exists(field...) ORIEL_FIELD_INFO(EXISTS, field)
#define bpf_core_field_size(field...)	ORIEL_FIELD_INFO(BYTE_SIZE, field)
#define bpf_core_field_offset(field...) ORIEL_FIELD_INFO(BYTE_OFFSET, field)

#define ORIEL_TYPE_INFO(type, kind) __builtin_preserve_type_info(*(__typeof__(type) *)0, kind)
#define bpf_core_type_exists(type)  ORIEL_TYPE_INFO(type, BPF_TYPE_EXISTS)
#define bpf_core_type_size(type)    ORIEL_TYPE_INFO(type, BPF_TYPE_SIZE)
#define bpf_core_type_matches(type) ORIEL_TYPE_INFO(type, BPF_TYPE_MATCHES)

#define bpf_core_type_id_local(type) \
	__builtin_btf_type_id(*(__typeof__(type) *)0, BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) \
	__builtin_btf_type_id(*(__typeof__(type) *)0, BPF_TYPE_ID_TARGET)

#define bpf_core_enum_value_exists(type, value) \
	__builtin_preserve_enum_value(*(__typeof__(type) *)value, BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(type, value) \
	__builtin_preserve_enum_value(*(__typeof__(type) *)value, BPF_ENUMVAL_VALUE)

#ifdef __clang__
extern void *bpf_rdonly_cast(const void *object, unsigned int btf_id) __weak __ksym;
#endif
/* ptr as a pointer of that type which may be followed without a helper, for reading. */
#define bpf_core_cast(ptr, type) \
	((__typeof__(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))

/* --- one access --- */

#define bpf_core_read(dst, size, src) \
	bpf_probe_read_kernel(dst, size, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user(dst, size, src) \
	bpf_probe_read_user(dst, size, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_str(dst, size, src) \
	bpf_probe_read_kernel_str(dst, size, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user_str(dst, size, src) \
	bpf_probe_read_user_str(dst, size, (const void *)__builtin_preserve_access_index(src))

/* --- a walk: READ(p, a, b, c.d) is p->a->b->c.d, each arrow one read --- */

/* The type of what has been reached so far. */
#define ORIEL_AT1(src)				   __typeof__(src)
#define ORIEL_AT2(src, a)			   __typeof__((src)->a)
#define ORIEL_AT3(src, a, b)			   __typeof__((src)->a->b)
#define ORIEL_AT4(src, a, b, c)			   __typeof__((src)->a->b->c)
#define ORIEL_AT5(src, a, b, c, d)		   __typeof__((src)->a->b->c->d)
#define ORIEL_AT6(src, a, b, c, d, e)		   __typeof__((src)->a->b->c->d->e)
#define ORIEL_AT7(src, a, b, c, d, e, f)	   __typeof__((src)->a->b->c->d->e->f)
#define ORIEL_AT8(src, a, b, c, d, e, f, g)	   __typeof__((src)->a->b->c->d->e->f->g)
#define ORIEL_AT9(src, a, b, c, d, e, f, g, h)	   __typeof__((src)->a->b->c->d->e->f->g->h)
#define ORIEL_AT10(src, a, b, c, d, e, f, g, h, i) __typeof__((src)->a->b->c->d->e->f->g->h->i)
#define ORIEL_AT(path...)			   ORIEL_BY_COUNT(ORIEL_AT, path)(path)

/* The value at the end of a path. */
#define ORIEL_VALUE1(src, a)			     (src)->a
#define ORIEL_VALUE2(src, a, b)			     (src)->a->b
#define ORIEL_VALUE3(src, a, b, c)		     (src)->a->b->c
#define ORIEL_VALUE4(src, a, b, c, d)		     (src)->a->b->c->d
#define ORIEL_VALUE5(src, a, b, c, d, e)	     (src)->a->b->c->d->e
#define ORIEL_VALUE6(src, a, b, c, d, e, f)	     (src)->a->b->c->d->e->f
#define ORIEL_VALUE7(src, a, b, c, d, e, f, g)	     (src)->a->b->c->d->e->f->g
#define ORIEL_VALUE8(src, a, b, c, d, e, f, g, h)    (src)->a->b->c->d->e->f->g->h
#define ORIEL_VALUE9(src, a, b, c, d, e, f, g, h, i) (src)->a->b->c->d->e->f->g->h->i

/* Follows `next` from the place of the given path; oriel_p always holds that place. */
#define ORIEL_FOLLOW(read, next, path...) \
	read(&oriel_p, sizeof(oriel_p), &((ORIEL_AT(path))oriel_p)->next);
#define ORIEL_WALK1(read, src, a)	oriel_p = (const void *)(src);
#define ORIEL_WALK2(read, src, a, b)	ORIEL_WALK1(read, src, a) ORIEL_FOLLOW(read, a, src)
#define ORIEL_WALK3(read, src, a, b, c) ORIEL_WALK2(read, src, a, b) ORIEL_FOLLOW(read, b, src, a)
#define ORIEL_WALK4(read, src, a, b, c, d) \
	ORIEL_WALK3(read, src, a, b, c) ORIEL_FOLLOW(read, c, src, a, b)
#define ORIEL_WALK5(read, src, a, b, c, d, e) \
	ORIEL_WALK4(read, src, a, b, c, d) ORIEL_FOLLOW(read, d, src, a, b, c)
#define ORIEL_WALK6(read, src, a, b, c, d, e, f) \
	ORIEL_WALK5(read, src, a, b, c, d, e) ORIEL_FOLLOW(read, e, src, a, b, c, d)
#define ORIEL_WALK7(read, src, a, b, c, d, e, f, g) \
	ORIEL_WALK6(read, src, a, b, c, d, e, f) ORIEL_FOLLOW(read, f, src, a, b, c, d, e)
#define ORIEL_WALK8(read, src, a, b, c, d, e, f, g, h) \
	ORIEL_WALK7(read, src, a, b, c, d, e, f, g) ORIEL_FOLLOW(read, g, src, a, b, c, d, e, f)
#define ORIEL_WALK9(read, src, a, b, c, d, e, f, g, h, i) \
	ORIEL_WALK8(read, src, a, b, c, d, e, f, g, h)    \
	ORIEL_FOLLOW(read, h, src, a, b, c, d, e, f, g)

/* The last name of a path, and its place. */
#define ORIEL_LAST1(src, a)			 &((ORIEL_AT(src))oriel_p)->a
#define ORIEL_LAST2(src, a, b)			 &((ORIEL_AT(src, a))oriel_p)->b
#define ORIEL_LAST3(src, a, b, c)		 &((ORIEL_AT(src, a, b))oriel_p)->c
#define ORIEL_LAST4(src, a, b, c, d)		 &((ORIEL_AT(src, a, b, c))oriel_p)->d
#define ORIEL_LAST5(src, a, b, c, d, e)		 &((ORIEL_AT(src, a, b, c, d))oriel_p)->e
#define ORIEL_LAST6(src, a, b, c, d, e, f)	 &((ORIEL_AT(src, a, b, c, d, e))oriel_p)->f
#define ORIEL_LAST7(src, a, b, c, d, e, f, g)	 &((ORIEL_AT(src, a, b, c, d, e, f))oriel_p)->g
#define ORIEL_LAST8(src, a, b, c, d, e, f, g, h) &((ORIEL_AT(src, a, b, c, d, e, f, g))oriel_p)->h
#define ORIEL_LAST9(src, a, b, c, d, e, f, g, h, i) \
	&((ORIEL_AT(src, a, b, c, d, e, f, g, h))oriel_p)->i

#define ORIEL_READ_INTO(read, last, dst, src, path...)                                          \
	({                                                                                      \
		const void *oriel_p;                                                            \
		ORIEL_BY_COUNT(ORIEL_WALK, path)                                                \
		(read, src, path)                                                               \
			last(dst, sizeof(*(dst)), ORIEL_BY_COUNT(ORIEL_LAST, path)(src, path)); \
	})
/* The statement expression drops `const`, which the member of a pointer to const has. */
#define ORIEL_READ(into, src, path...)                                                       \
	({                                                                                   \
		__typeof__(({ ORIEL_BY_COUNT(ORIEL_VALUE, path)(src, path); })) oriel_value; \
		into(&oriel_value, (src), path);                                             \
		oriel_value;                                                                 \
	})

#define BPF_CORE_READ_INTO(dst, src, path...) \
	ORIEL_READ_INTO(bpf_core_read, bpf_core_read, dst, src, path)
#define BPF_CORE_READ_STR_INTO(dst, src, path...) \
	ORIEL_READ_INTO(bpf_core_read, bpf_core_read_str, dst, src, path)
#define BPF_CORE_READ_USER_INTO(dst, src, path...) \
	ORIEL_READ_INTO(bpf_core_read_user, bpf_core_read_user, dst, src, path)
#define BPF_CORE_READ_USER_STR_INTO(dst, src, path...) \
	ORIEL_READ_INTO(bpf_core_read_user, bpf_core_read_user_str, dst, src, path)
#define BPF_CORE_READ(src, path...)	 ORIEL_READ(BPF_CORE_READ_INTO, src, path)
#define BPF_CORE_READ_USER(src, path...) ORIEL_READ(BPF_CORE_READ_USER_INTO, src, path)

/* The same walks with the layouts that the compiler saw. */
#define BPF_PROBE_READ_INTO(dst, src, path...) \
	ORIEL_READ_INTO(bpf_probe_read_kernel, bpf_probe_read_kernel, dst, src, path)
#define BPF_PROBE_READ_STR_INTO(dst, src, path...) \
	ORIEL_READ_INTO(bpf_probe_read_kernel, bpf_probe_read_kernel_str, dst, src, path)
#define BPF_PROBE_READ_USER_INTO(dst, src, path...) \
	ORIEL_READ_INTO(bpf_probe_read_user, bpf_probe_read_user, dst, src, path)
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, path...) \
	ORIEL_READ_INTO(bpf_probe_read_user, bpf_probe_read_user_str, dst, src, path)
#define BPF_PROBE_READ(src, path...)	  ORIEL_READ(BPF_PROBE_READ_INTO, src, path)
#define BPF_PROBE_READ_USER(src, path...) ORIEL_READ(BPF_PROBE_READ_USER_INTO, src, path)

/* --- bit fields --- */

/* The loader gives the size and place of the word that holds the field, and the two shifts that
 * leave the field alone in 64 bits, its sign extended or not. */
#define ORIEL_BITFIELD_VALUE(s, field, word)                                     \
	({                                                                       \
		unsigned long long oriel_bits = (word);                          \
		oriel_bits <<= ORIEL_FIELD_INFO(LSHIFT_U64, (s)->field);         \
		ORIEL_FIELD_INFO(SIGNED, (s)->field)                             \
		? (unsigned long long)((long long)oriel_bits >>                  \
				       ORIEL_FIELD_INFO(RSHIFT_U64, (s)->field)) \
		: oriel_bits >> ORIEL_FIELD_INFO(RSHIFT_U64, (s)->field);        \
	})

/* From memory that a helper must read. */
#define BPF_CORE_READ_BITFIELD_PROBED(s, field)                                           \
	({                                                                                \
		unsigned long long oriel_word = 0;                                        \
		unsigned int oriel_size = ORIEL_FIELD_INFO(BYTE_SIZE, (s)->field);        \
		char *oriel_dst = (char *)&oriel_word;                                    \
		if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)                               \
			oriel_dst += sizeof(oriel_word) - oriel_size;                     \
		bpf_probe_read_kernel(oriel_dst, oriel_size,                              \
				      (const char *)(s) +                                 \
					      ORIEL_FIELD_INFO(BYTE_OFFSET, (s)->field)); \
		ORIEL_BITFIELD_VALUE(s, field, oriel_word);                               \
	})

/* From memory that the program may read itself. The place passes through the asm so that the
 * compiler does not merge it into the load, whose offset the loader does not patch. */
#define ORIEL_BITFIELD_PLACE(s, field)                                                       \
	({                                                                                   \
		char *oriel_place = (char *)(s) + ORIEL_FIELD_INFO(BYTE_OFFSET, (s)->field); \
		barrier_var(oriel_place);                                                    \
		(void *)oriel_place;                                                         \
	})
#define BPF_CORE_READ_BITFIELD(s, field)                                             \
	({                                                                           \
		const void *oriel_from = ORIEL_BITFIELD_PLACE(s, field);             \
		unsigned long long oriel_word = 0;                                   \
		switch (ORIEL_FIELD_INFO(BYTE_SIZE, (s)->field)) {                   \
		case 1: oriel_word = *(const unsigned char *)oriel_from; break;      \
		case 2: oriel_word = *(const unsigned short *)oriel_from; break;     \
		case 4: oriel_word = *(const unsigned int *)oriel_from; break;       \
		case 8: oriel_word = *(const unsigned long long *)oriel_from; break; \
		}                                                                    \
		ORIEL_BITFIELD_VALUE(s, field, oriel_word);                          \
	})

/* The field's bits lie between `rshift - lshift` from the low end and `lshift` from the high end of
 * the word seen as 64 bits. */
#define BPF_CORE_WRITE_BITFIELD(s, field, value)                                      \
	({                                                                            \
		void *oriel_to = ORIEL_BITFIELD_PLACE(s, field);                      \
		unsigned int oriel_left = ORIEL_FIELD_INFO(LSHIFT_U64, (s)->field);   \
		unsigned int oriel_right = ORIEL_FIELD_INFO(RSHIFT_U64, (s)->field);  \
		unsigned long long oriel_mask = (~0ULL << oriel_right) >> oriel_left; \
		unsigned long long oriel_new =                                        \
			((unsigned long long)(value) << oriel_right) >> oriel_left;   \
		switch (ORIEL_FIELD_INFO(BYTE_SIZE, (s)->field)) {                    \
		case 1: ORIEL_BITS_SET(unsigned char); break;                         \
		case 2: ORIEL_BITS_SET(unsigned short); break;                        \
		case 4: ORIEL_BITS_SET(unsigned int); break;                          \
		case 8: ORIEL_BITS_SET(unsigned long long); break;                    \
		}                                                                     \
	})
#define ORIEL_BITS_SET(type) \
	(*(type *)oriel_to = (type)((*(type *)oriel_to & ~oriel_mask) | oriel_new))
