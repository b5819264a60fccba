/* SPDX-License-Identifier: MIT */
/* What a program of the Linux dialect includes, after <linux/bpf.h> or a vmlinux.h: sections, map
 * declarations, attributes, helpers and printing, by the names that libbpf gave them.
 *
 *     SEC("xdp")
 *     int drop_all(struct xdp_md *ctx) { return XDP_DROP; }
 *
 * Compile with: clang -target bpf -O2 -g -I <the folder above> -c program.c */
#pragma once

#include <oriel/bpf/dialect_linux.h>
#include <oriel/bpf/macros.h>
#include <bpf/bpf_helper_defs.h>

/* --- sections and maps --- */

/* A declaration that is not a definition may carry SEC too; clang then says that `used` means
 * nothing. */
#ifdef __clang__
#define SEC(name)                                                                                 \
	_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wignored-attributes\"") \
		__attribute__((section(name), used)) _Pragma("GCC diagnostic pop")
#else
#define SEC(name) __attribute__((section(name), used))
#endif

/* Fields of a map declaration. BTF carries the numbers as array lengths or enumerators, the types
 * as pointers. */
#define __uint(name, value)  int(*name)[value]
#define __type(name, type)   __typeof__(type) *name
#define __array(name, type)  __typeof__(type) *name[]
#define __ulong(name, value) enum { ORIEL_JOIN(oriel_value, __COUNTER__) = (value) } name

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME, /* under /sys/fs/bpf, by the map's name */
};

enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

/* --- attributes --- */

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
/* A subprogram that is verified with each of its callers instead of once for any arguments. */
#define __hidden __attribute__((visibility("hidden")))

/* Values that the loader supplies: the kernel's configuration and symbols. */
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym	  __attribute__((section(".ksyms")))

#if defined(__has_attribute)
#if __has_attribute(btf_type_tag)
#define ORIEL_TYPE_TAG(tag) __attribute__((btf_type_tag(tag)))
#endif
#if __has_attribute(btf_decl_tag)
#define ORIEL_DECL_TAG(tag) __attribute__((btf_decl_tag(tag)))
#endif
#endif
#ifndef ORIEL_TYPE_TAG
#define ORIEL_TYPE_TAG(tag)
#endif
#ifndef ORIEL_DECL_TAG
#define ORIEL_DECL_TAG(tag)
#endif

/* Pointers of the kernel's that a map value may hold. */
#define __kptr_untrusted ORIEL_TYPE_TAG("kptr_untrusted")
#define __kptr		 ORIEL_TYPE_TAG("kptr")
#define __percpu_kptr	 ORIEL_TYPE_TAG("percpu_kptr")
#define __uptr ORIEL_TYPE_TAG("uptr")

/* What a global subprogram demands of its arguments. */
#define __arg_ctx	ORIEL_DECL_TAG("arg:ctx")
#define __arg_nonnull	ORIEL_DECL_TAG("arg:nonnull")
#define __arg_nullable	ORIEL_DECL_TAG("arg:nullable")
#define __arg_trusted	ORIEL_DECL_TAG("arg:trusted")
#define __arg_untrusted ORIEL_DECL_TAG("arg:untrusted")
#define __arg_arena	ORIEL_DECL_TAG("arg:arena")

/* --- C that programs expect --- */

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(major, minor, patch) \
	(((major) << 16) + ((minor) << 8) + ((patch) > 255 ? 255 : (patch)))
#endif
#undef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#undef container_of
#define container_of(ptr, type, member)                                          \
	({                                                                       \
		const __typeof__(((type *)0)->member) *oriel_member = (ptr);     \
		(type *)(void *)((char *)oriel_member - offsetof(type, member)); \
	})

/* Memory, or one variable, is not what the compiler thinks it knows. */
#ifndef barrier
#define barrier() __asm__ volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) __asm__ volatile("" : "+r"(var))
#endif
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

/* True when the kernel has the symbol, a `__weak __ksym` declaration. */
#define bpf_ksym_exists(symbol)                                                              \
	({                                                                                   \
		_Static_assert(!__builtin_constant_p(!!(symbol)), #symbol " is not __weak"); \
		!!(symbol);                                                                  \
	})

/* --- calls --- */

/* A tail call whose map and index the compiler cannot merge with another's, so that loaders and
 * engines see both as constants. slot must be a compile-time constant. */
#if defined(__BPF__) && defined(__clang__)
static __always_inline void bpf_tail_call_static(void *ctx, const void *map,
						 const unsigned int slot)
{
	if (!__builtin_constant_p(slot))
		__bpf_unreachable();
	__asm__ volatile("r1 = %[ctx]\n\t"
			 "r2 = %[map]\n\t"
			 "r3 = %[slot]\n\t"
			 "call 12"
			 :
			 : [ctx] "r"(ctx), [map] "r"(map), [slot] "i"(slot)
			 : "r0", "r1", "r2", "r3", "r4", "r5");
}
#else
#define bpf_tail_call_static(ctx, map, slot) ((void)bpf_tail_call((ctx), (void *)(map), (slot)))
#endif

/* --- printing --- */

#define ___bpf_fill(array, args...)       \
	do {                              \
		ORIEL_FILL(array, ##args) \
	} while (0)

/* Formats and their arguments go to the helper as one string and one array. */
#define BPF_SEQ_PRINTF(seq, fmt, args...)                                              \
	({                                                                             \
		static const char oriel_fmt[] = fmt;                                   \
		unsigned long long oriel_args[ORIEL_COUNT(args) + !ORIEL_COUNT(args)]; \
		___bpf_fill(oriel_args, ##args);                                       \
		bpf_seq_printf(seq, oriel_fmt, sizeof(oriel_fmt), oriel_args,          \
			       ORIEL_COUNT(args) * sizeof(oriel_args[0]));             \
	})
#define BPF_SNPRINTF(out, out_size, fmt, args...)                                      \
	({                                                                             \
		static const char oriel_fmt[] = fmt;                                   \
		unsigned long long oriel_args[ORIEL_COUNT(args) + !ORIEL_COUNT(args)]; \
		___bpf_fill(oriel_args, ##args);                                       \
		bpf_snprintf(out, out_size, oriel_fmt, oriel_args,                     \
			     ORIEL_COUNT(args) * sizeof(oriel_args[0]));               \
	})

/* bpf_printk("fmt", up to twelve values). Up to three fit into registers, which every kernel can;
 * more take a helper that came later. */
#ifdef BPF_NO_GLOBAL_DATA
#define ORIEL_FORMAT_STORAGE
#else
#define ORIEL_FORMAT_STORAGE static const
#endif
#define ORIEL_PRINTK_FEW(fmt, args...)                                  \
	({                                                              \
		ORIEL_FORMAT_STORAGE char oriel_fmt[] = fmt;            \
		bpf_trace_printk(oriel_fmt, sizeof(oriel_fmt), ##args); \
	})
#define ORIEL_PRINTK_MANY(fmt, args...)                                                          \
	({                                                                                       \
		static const char oriel_fmt[] = fmt;                                             \
		unsigned long long oriel_args[ORIEL_COUNT(args)];                                \
		___bpf_fill(oriel_args, args);                                                   \
		bpf_trace_vprintk(oriel_fmt, sizeof(oriel_fmt), oriel_args, sizeof(oriel_args)); \
	})
#define ORIEL_PRINTK0		 ORIEL_PRINTK_FEW
#define ORIEL_PRINTK1		 ORIEL_PRINTK_FEW
#define ORIEL_PRINTK2		 ORIEL_PRINTK_FEW
#define ORIEL_PRINTK3		 ORIEL_PRINTK_FEW
#define ORIEL_PRINTK4		 ORIEL_PRINTK_MANY
#define ORIEL_PRINTK5		 ORIEL_PRINTK_MANY
#define ORIEL_PRINTK6		 ORIEL_PRINTK_MANY
#define ORIEL_PRINTK7		 ORIEL_PRINTK_MANY
#define ORIEL_PRINTK8		 ORIEL_PRINTK_MANY
#define ORIEL_PRINTK9		 ORIEL_PRINTK_MANY
#define ORIEL_PRINTK10		 ORIEL_PRINTK_MANY
#define ORIEL_PRINTK11		 ORIEL_PRINTK_MANY
#define ORIEL_PRINTK12		 ORIEL_PRINTK_MANY
#define bpf_printk(fmt, args...) ORIEL_BY_COUNT(ORIEL_PRINTK, ##args)(fmt, ##args)

/* --- loops by the kernel's iterators --- */

#ifdef __clang__
struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/* Each loop makes its iterator, asks it until it has no more, and destroys it however the loop is
 * left; oriel_made only gives the making a place in the loop's head. clang 14 forgets the type of a
 * function that nothing but `cleanup` names, so it is named once more. */
#define ORIEL_ITERATE(type, next, args...)                                                       \
	for (struct bpf_iter_##type oriel_it                                                     \
	     __attribute__((aligned(8), cleanup(bpf_iter_##type##_destroy))),                    \
	     *oriel_made __attribute__((unused)) =                                               \
		     (bpf_iter_##type##_new(&oriel_it, ##args), (void)bpf_iter_##type##_destroy, \
		      (struct bpf_iter_##type *)0);                                              \
	     (next);)

#define bpf_for_each(type, cur, args...) \
	ORIEL_ITERATE(type, (cur) = bpf_iter_##type##_next(&oriel_it), ##args)
#define bpf_repeat(count) ORIEL_ITERATE(num, bpf_iter_num_next(&oriel_it) != NULL, 0, (count))
/* The range is asked again, since the verifier does not know what the iterator returns. */
#define bpf_for(i, start, end)                                                            \
	ORIEL_ITERATE(num, ({                                                             \
			      int *oriel_next = bpf_iter_num_next(&oriel_it);             \
			      oriel_next != NULL &&                                       \
				      ((i) = *oriel_next, (i) >= (start) && (i) < (end)); \
		      }),                                                                 \
		      (start), (end))
#endif
