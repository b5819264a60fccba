/* SPDX-License-Identifier: MIT */
/* Global variables: numbers that a program keeps from one run to the next.
 *
 * Teaches: the three kinds, by the section that the compiler puts them into. Each section becomes
 * an array map with one value, so an application can read and write the variables while the program
 * runs.
 *
 *     oriel run --repeat 5 --dump-maps globals.o
 *     oriel run --var last_port=49152 --repeat 5 --dump-maps globals.o */
#include "bpf_helpers.h"

/* .rodata: constants. An application may change them before the program is loaded, not later; then
 * the program cannot, and what depends on them can be worked out once. `volatile` keeps the
 * compiler from doing that already, with the value that stands here. */
const volatile uint32_t first_port = 49152;
const volatile uint32_t last_port = 49154;

/* .data: variables that start with a value. */
uint32_t next_port = 49152;

/* .bss: variables that start with zero. */
uint64_t given_out;
uint64_t wrapped;

SEC("bind")
bind_action_t GiveOutPort(bind_md_t *ctx)
{
	uint32_t port = next_port;

	if (ctx->operation != BIND_OPERATION_BIND)
		return BIND_PERMIT_SOFT;
	if (port >= last_port) {
		next_port = first_port;
		wrapped++;
	} else {
		next_port = port + 1;
	}
	/* Programs run on several processors at a time. Where every event matters, add atomically.
	 */
	__sync_fetch_and_add(&given_out, 1);
	bpf_printk("port %u", port);
	return BIND_PERMIT_SOFT;
}
