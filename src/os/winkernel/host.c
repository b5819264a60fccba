/* SPDX-License-Identifier: MIT */
/* base/mem.h and the kernel's part of os.h in the Windows kernel. Non-paged pool only: programs run
 * at DISPATCH_LEVEL. ExAllocatePoolWithTag is on every supported release; ExAllocatePool2 is not.
 */
#include <ntddk.h>
/* must follow ntddk.h */
#include <bcrypt.h>

#include "base/mem.h"
#include "base/str.h"
#include "os/lock.h"
#include "os/os.h"

#define POOL_TAG 0x6c69724fu /* "Oril" */

/* The size stands in front of each block, for mem_realloc; 16 bytes keep the alignment. */
struct mem_block {
	size_t size;
	u64 pad;
};

void *mem_alloc(size_t size)
{
	struct mem_block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*block) + size, POOL_TAG);
	if (block == NULL)
		return NULL;
	block->size = size;
	return block + 1;
}

void *mem_zalloc(size_t size)
{
	void *ptr = mem_alloc(size);

	if (ptr != NULL)
		memset(ptr, 0, size);
	return ptr;
}

void *mem_realloc(void *ptr, size_t size)
{
	void *grown = mem_alloc(size);

	if (grown == NULL || ptr == NULL)
		return grown;
	memcpy(grown, ptr, MIN(size, ((struct mem_block *)ptr - 1)->size));
	mem_free(ptr);
	return grown;
}

void mem_free(void *ptr)
{
	if (ptr != NULL)
		ExFreePoolWithTag((struct mem_block *)ptr - 1, POOL_TAG);
}

u64 os_clock_monotonic(void)
{
	return KeQueryInterruptTime() * 100;
}

u64 os_clock_boot(void)
{
	return KeQueryInterruptTime() * 100;
}

u64 os_clock_coarse(void)
{
	return KeQueryInterruptTime() * 100;
}

#define UNIX_EPOCH 116444736000000000ull /* in units of 100 ns since 1601 */

u64 os_clock_tai(void)
{
	LARGE_INTEGER now;

	KeQuerySystemTime(&now);
	return ((u64)now.QuadPart - UNIX_EPOCH) * 100;
}

void os_random(void *buf, size_t len)
{
	if (BCryptGenRandom(NULL, buf, (ULONG)len, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
		KeBugCheck(0xe0f1u); /* no entropy, no secrets: nothing sensible can follow */
}

u32 os_cpu_current(void)
{
	return KeGetCurrentProcessorNumberEx(NULL);
}

u32 os_cpu_count(void)
{
	return KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS);
}

bool os_cpu_has_lse(void)
{
	return false; /* there is no build for arm64 */
}

void os_relax(UNUSED u32 round)
{
	YieldProcessor();
}

u8 os_preempt_off(void)
{
	return KeRaiseIrqlToDpcLevel();
}

void os_preempt_on(u8 state)
{
	KeLowerIrql(state);
}

u32 os_process_id(void)
{
	return (u32)(uintptr_t)PsGetCurrentProcessId();
}

u32 os_thread_id(void)
{
	return (u32)(uintptr_t)PsGetCurrentThreadId();
}

u32 os_user_id(void)
{
	return OS_NOBODY;
}

u32 os_group_id(void)
{
	return OS_NOBODY;
}

/* Hooks know on whose behalf they run, and their providers say it: at DISPATCH_LEVEL tokens cannot
 * be read. */
bool os_is_admin(void)
{
	return false;
}

u64 os_session_id(void)
{
	return 0;
}

/* ntddk.h leaves it to ntifs.h. */
NTKERNELAPI LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS process);

u64 os_process_created(void)
{
	return (u64)PsGetProcessCreateTimeQuadPart(IoGetCurrentProcess());
}

/* The import libraries that this is built with do not have it. */
u64 os_thread_created(void)
{
	return 0;
}

void os_task_name(char *buf, size_t size)
{
	memset(buf, 0, size);
}

/* No context of the Windows dialect needs it. */
void *os_low_alloc(UNUSED size_t size)
{
	return NULL;
}

void os_low_free(UNUSED void *ptr, UNUSED size_t size) {}

/* Pool: what maps it into a process is with whoever has that process. */
int os_shm_alloc(u64 size, struct os_shm *ret_shm)
{
	void *mem = size == 0 || size > (1ull << 40) ? NULL : mem_zalloc((size_t)size);

	if (mem == NULL)
		return ERR_NOMEM;
	*ret_shm = (struct os_shm){ .mem = mem, .size = size };
	return 0;
}

void os_shm_free(struct os_shm *shm)
{
	mem_free(shm->mem);
	*shm = (struct os_shm){ 0 };
}

void *os_shm_map(UNUSED const struct os_shm *shm, UNUSED bool write)
{
	return NULL;
}

void os_shm_unmap(UNUSED const struct os_shm *shm, UNUSED void *view) {}
