/* SPDX-License-Identifier: MIT */
/* Linux dialect: each helper that the tables list is called once, by a function named for the
 * number that the call must carry; the kernel's own list must agree with the tables.
 *
 * needs clang: calls past the prototype */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define CALL(id, name)                                        \
	SEC("calls") int id_##id(void)                        \
	{                                                     \
		return (int)((long (*)(void))(void *)name)(); \
	}
#define CALL_WINDOWS(id, name)
#define CALL_LINUX(id, name)	       CALL(id, name)
#define HELPER(dialect, id, name, ...) CALL_##dialect(id, name)
#include "../../src/spec/helpers.def"
#undef HELPER

#define ROW_WINDOWS(id, name)
#define ROW_LINUX(id, name)	       ROW_##name = (id),
#define HELPER(dialect, id, name, ...) ROW_##dialect(id, name)
enum {
	ROW_bpf_unspec = 0,
#include "../../src/spec/helpers.def"
};
#undef HELPER

/* Not a number of the tables: a division by zero. */
#define AGREES(name) AGREED_##name = 1 / ((int)ROW_bpf_##name == (int)BPF_FUNC_##name)
enum { __BPF_FUNC_MAPPER(AGREES) };
