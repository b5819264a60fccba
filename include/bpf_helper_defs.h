/* SPDX-License-Identifier: MIT */
/* The helpers that programs of every type may call, Windows dialect. Errors are negative results.
 * A declaration is a constant function pointer whose value is the helper's number; the compiler
 * turns a call through it into a helper call. */
#pragma once

#include "ebpf_structs.h"

/* --- maps --- */

/* The value of key, or NULL. */
ORIEL_HELPER(void *, bpf_map_lookup_elem, (void *map, const void *key), BPF_FUNC_map_lookup_elem);
/* flags: BPF_ANY, BPF_NOEXIST or BPF_EXIST. */
ORIEL_HELPER(int64_t, bpf_map_update_elem,
	     (void *map, const void *key, const void *value, uint64_t flags),
	     BPF_FUNC_map_update_elem);
ORIEL_HELPER(int64_t, bpf_map_delete_elem, (void *map, const void *key), BPF_FUNC_map_delete_elem);
/* Takes the entry out of the map; its value, or NULL. */
ORIEL_HELPER(void *, bpf_map_lookup_and_delete_elem, (void *map, const void *key),
	     BPF_FUNC_map_lookup_and_delete_elem);
/* Queues and stacks. BPF_EXIST overwrites the oldest value of a full one. */
ORIEL_HELPER(int64_t, bpf_map_push_elem, (void *map, const void *value, uint64_t flags),
	     BPF_FUNC_map_push_elem);
ORIEL_HELPER(int64_t, bpf_map_pop_elem, (void *map, void *value), BPF_FUNC_map_pop_elem);
ORIEL_HELPER(int64_t, bpf_map_peek_elem, (void *map, void *value), BPF_FUNC_map_peek_elem);

/* Goes on in program `index` of the array with the same ctx; returns only when it cannot. */
ORIEL_HELPER(int64_t, bpf_tail_call, (const void *ctx, const void *prog_array_map, uint32_t index),
	     BPF_FUNC_tail_call);

/* Copies data into a ring buffer. */
ORIEL_HELPER(int, bpf_ringbuf_output,
	     (void *ring_buffer, const void *data, uint64_t size, uint64_t flags),
	     BPF_FUNC_ringbuf_output);
ORIEL_HELPER(int, bpf_perf_event_output,
	     (void *ctx, void *map, uint64_t flags, const void *data, uint64_t size),
	     BPF_FUNC_perf_event_output);
ORIEL_HELPER(intptr_t, bpf_redirect_map, (void *map, uint64_t key, uint64_t flags),
	     BPF_FUNC_redirect_map);

/* --- time, chance, identity --- */

ORIEL_HELPER(uint32_t, bpf_get_prandom_u32, (void), BPF_FUNC_get_prandom_u32);
/* Since boot; the boot forms count the time that the machine slept. */
ORIEL_HELPER(uint64_t, bpf_ktime_get_boot_ns, (void), BPF_FUNC_ktime_get_boot_ns);
ORIEL_HELPER(uint64_t, bpf_ktime_get_ns, (void), BPF_FUNC_ktime_get_ns);
ORIEL_HELPER(uint64_t, bpf_ktime_get_boot_ms, (void), BPF_FUNC_ktime_get_boot_ms);
ORIEL_HELPER(uint64_t, bpf_ktime_get_ms, (void), BPF_FUNC_ktime_get_ms);
ORIEL_HELPER(uint64_t, bpf_get_smp_processor_id, (void), BPF_FUNC_get_smp_processor_id);
/* Process in the upper half, thread in the lower. */
ORIEL_HELPER(uint64_t, bpf_get_current_pid_tgid, (void), BPF_FUNC_get_current_pid_tgid);
ORIEL_HELPER(uint64_t, bpf_get_current_logon_id, (const void *ctx), BPF_FUNC_get_current_logon_id);
/* 1 or 0; negative when it cannot be told. */
ORIEL_HELPER(int32_t, bpf_is_current_admin, (const void *ctx), BPF_FUNC_is_current_admin);
ORIEL_HELPER(uint64_t, bpf_get_current_process_start_key, (void),
	     BPF_FUNC_get_current_process_start_key);
ORIEL_HELPER(int64_t, bpf_get_current_thread_create_time, (void),
	     BPF_FUNC_get_current_thread_create_time);
ORIEL_HELPER(int64_t, bpf_get_socket_cookie, (const void *ctx), BPF_FUNC_get_socket_cookie);

/* --- memory, strings, checksums --- */

ORIEL_HELPER(long, bpf_memcpy_s, (void *dst, size_t dst_size, const void *src, size_t src_size),
	     BPF_FUNC_memcpy_s);
ORIEL_HELPER(long, bpf_memmove_s, (void *dst, size_t dst_size, const void *src, size_t src_size),
	     BPF_FUNC_memmove_s);
ORIEL_HELPER(int, bpf_memcmp_s, (const void *a, size_t a_size, const void *b, size_t b_size),
	     BPF_FUNC_memcmp_s);
ORIEL_HELPER(long, bpf_memset, (void *mem, size_t size, int value), BPF_FUNC_memset);
ORIEL_HELPER(int, bpf_strncpy_s, (char *dst, size_t dst_size, const char *src, size_t count),
	     BPF_FUNC_strncpy_s);
ORIEL_HELPER(int, bpf_strncat_s, (char *dst, size_t dst_size, const char *src, size_t count),
	     BPF_FUNC_strncat_s);
ORIEL_HELPER(size_t, bpf_strnlen_s, (const char *str, size_t size), BPF_FUNC_strnlen_s);
/* Difference of two Internet checksums; sizes are multiples of 4. */
ORIEL_HELPER(int, bpf_csum_diff,
	     (const void *from, int from_size, const void *to, int to_size, int seed),
	     BPF_FUNC_csum_diff);

/* C's names for them. What the compiler can write out in place it does, once it knows that the size
 * is a small constant; anything else is a call of the helper. gcc leaves more to a library that a
 * program does not have. */
#ifdef __clang__
#define ORIEL_WRITTEN_OUT(size) (__builtin_constant_p(size) && (size) <= 128)
#define ORIEL_MOVED_OUT(size)	ORIEL_WRITTEN_OUT(size)
#else
#define ORIEL_WRITTEN_OUT(size) (__builtin_constant_p(size) && (size) <= 64)
#define ORIEL_MOVED_OUT(size)	0
#endif
#define ORIEL_INLINE static inline __attribute__((always_inline, unused))

ORIEL_INLINE void *oriel_memcpy(void *dst, const void *src, size_t size)
{
	if (ORIEL_WRITTEN_OUT(size))
		return __builtin_memcpy(dst, src, size);
	bpf_memcpy_s(dst, size, src, size);
	return dst;
}

ORIEL_INLINE void *oriel_memmove(void *dst, const void *src, size_t size)
{
	if (ORIEL_MOVED_OUT(size))
		return __builtin_memmove(dst, src, size);
	bpf_memmove_s(dst, size, src, size);
	return dst;
}

ORIEL_INLINE void *oriel_memset(void *mem, int value, size_t size)
{
	if (ORIEL_WRITTEN_OUT(size))
		return __builtin_memset(mem, value, size);
	bpf_memset(mem, size, value);
	return mem;
}

ORIEL_INLINE int oriel_memcmp(const void *a, const void *b, size_t size)
{
	return bpf_memcmp_s(a, size, b, size);
}

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#define memcpy	oriel_memcpy
#define memmove oriel_memmove
#define memset	oriel_memset
#define memcmp	oriel_memcmp

/* --- printing --- */

ORIEL_HELPER(long, bpf_trace_printk2, (const char *fmt, uint32_t fmt_size), BPF_FUNC_trace_printk2);
ORIEL_HELPER(long, bpf_trace_printk3, (const char *fmt, uint32_t fmt_size, uint64_t a),
	     BPF_FUNC_trace_printk3);
ORIEL_HELPER(long, bpf_trace_printk4, (const char *fmt, uint32_t fmt_size, uint64_t a, uint64_t b),
	     BPF_FUNC_trace_printk4);
ORIEL_HELPER(long, bpf_trace_printk5,
	     (const char *fmt, uint32_t fmt_size, uint64_t a, uint64_t b, uint64_t c),
	     BPF_FUNC_trace_printk5);

/* bpf_printk("fmt", up to three numbers): the format goes to the stack, since a program has no
 * other place for it that every loader accepts. */
#define ORIEL_PRINTK_SELECT(none, a, b, c, helper, ...) helper
#undef bpf_printk
#define bpf_printk(fmt, ...)                                                                \
	({                                                                                  \
		char oriel_fmt[] = fmt;                                                     \
		ORIEL_PRINTK_SELECT(0, ##__VA_ARGS__, bpf_trace_printk5, bpf_trace_printk4, \
				    bpf_trace_printk3, bpf_trace_printk2)                   \
		(oriel_fmt, sizeof(oriel_fmt), ##__VA_ARGS__);                              \
	})
