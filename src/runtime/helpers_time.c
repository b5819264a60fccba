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
	return os_clock_coarse();
}

HELPER_WITHOUT_ARGS(ktime_get_tai_ns)
{
	return os_clock_tai();
}

/* Ticks of 4 ms, as of a kernel with 250 of them a second, since the boot. */
HELPER_WITHOUT_ARGS(jiffies64)
{
	return os_clock_coarse() / 4000000;
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

HELPER_WITHOUT_ARGS(get_current_uid_gid)
{
	return (u64)os_group_id() << 32 | os_user_id();
}

u64 helper_get_current_comm(u64 buf, u64 size, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			    void *ctx)
{
	struct invocation *inv = invocation_of(ctx);

	if (!exec_check(&inv->exec, buf, (u32)size, true))
		return (u64)ERR_FAULT;
	if ((u32)size == 0)
		return (u64)ERR_INVAL;
	os_task_name((char *)(uintptr_t)buf, (u32)size);
	return 0;
}

HELPER_WITHOUT_ARGS(get_current_logon_id)
{
	return os_session_id();
}

HELPER_WITHOUT_ARGS(is_current_admin)
{
	return os_is_admin();
}

/* Two processes of one number were not created in the same 10 ms. */
HELPER_WITHOUT_ARGS(get_current_process_start_key)
{
	return os_process_created() / 100000 << 22 | (os_process_id() & 0x3fffff);
}

HELPER_WITHOUT_ARGS(get_current_thread_create_time)
{
	return os_thread_created();
}
