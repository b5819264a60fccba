/* SPDX-License-Identifier: MIT */
/* Windows dialect: each helper that the tables list is called once, by a function named for the
 * number that the call must carry.
 *
 * needs clang: calls past the prototype */
#include "bpf_helpers.h"
#include "ebpf_netevent_hooks.h"
#include "ebpf_ntos_hooks.h"
#include "sample_ext_helpers.h"

/* The tables have the names that the contract's hash wants. */
#define bpf_memcpy  bpf_memcpy_s
#define bpf_memcmp  bpf_memcmp_s
#define bpf_memmove bpf_memmove_s

#define CALL(function, name)                                  \
	SEC("calls") int function(void)                       \
	{                                                     \
		return (int)((long (*)(void))(void *)name)(); \
	}
#define CALL_WINDOWS(id, name) CALL(id_##id, name)
#define CALL_LINUX(id, name)
#define HELPER(dialect, id, name, ...)	 CALL_##dialect(id, name)
#define PROG_HELPER(type, id, name, ...) CALL(id_##id##_##type, name)
#include "../../src/spec/helpers.def"
