/* SPDX-License-Identifier: MIT */
/* Helpers that ask the host: clocks, random numbers, who is running. */
#include "os/os.h"
#include "runtime/invocation.h"

#define HELPER_WITHOUT_ARGS(name)                                                     \
	u64 helper_##name(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, \
			  UNUSED u64 r5, UNUSED void *ctx)

HELPER_WITHOUT_ARGS(ktime_get_ns)
{
	return os_clock_monotonic();
}

HELPER_WITHOUT_ARGS(ktime_get_coarse_ns)
{
	return os_clock_monotonic();
}

HELPER_WITHOUT_ARGS(ktime_get_boot_ns)
{
	return os_clock_boot();
}

HELPER_WITHOUT_ARGS(ktime_get_ms)
{
	return os_clock_monotonic() / 1000000;
}

HELPER_WITHOUT_ARGS(ktime_get_boot_ms)
{
	return os_clock_boot() / 1000000;
}

/* xorshift64*: the slot is this invocation's alone, so its state needs no lock. */
HELPER_WITHOUT_ARGS(get_prandom_u32)
{
	struct invocation *inv = invocation_of(ctx);
	u64 *state = &inv->rt->slot_data[inv->exec.slot].random;

	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (u32)(*state * 0x2545f4914f6cdd1dull >> 32);
}

HELPER_WITHOUT_ARGS(get_smp_processor_id)
{
	return exec_of(ctx)->slot;
}

HELPER_WITHOUT_ARGS(get_numa_node_id)
{
	return 0;
}

/* Process (Linux: thread group) above, thread below. */
HELPER_WITHOUT_ARGS(get_current_pid_tgid)
{
	return (u64)os_process_id() << 32 | os_thread_id();
}
