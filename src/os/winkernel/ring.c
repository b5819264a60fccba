/* SPDX-License-Identifier: MIT */
/* Ring buffers' memory: pages that a list of their numbers, the data's twice over, maps in a row.
 */
#include <ntddk.h>

#include "base/str.h"
#include "os/os.h"

#define HEAD_PAGES 2

/* host[0]: who owns the pages; host[1]: who maps them. */
static bool map_all(struct os_ring *ring, MDL *pages, SIZE_T size)
{
	SIZE_T count = size >> PAGE_SHIFT;
	MDL *twice =
		IoAllocateMdl(NULL, (ULONG)(HEAD_PAGES * PAGE_SIZE + 2 * size), FALSE, FALSE, NULL);
	PFN_NUMBER *to;
	const PFN_NUMBER *from = MmGetMdlPfnArray(pages);
	u8 *base;

	if (twice == NULL)
		return false;
	to = MmGetMdlPfnArray(twice);
	memcpy(to, from, (HEAD_PAGES + count) * sizeof(*to));
	memcpy(to + HEAD_PAGES + count, from + HEAD_PAGES, count * sizeof(*to));
	twice->MdlFlags |= MDL_PAGES_LOCKED;
	base = MmMapLockedPagesSpecifyCache(twice, KernelMode, MmCached, NULL, FALSE,
					    NormalPagePriority);
	if (base == NULL) {
		IoFreeMdl(twice);
		return false;
	}
	ring->consumer = base;
	ring->producer = base + PAGE_SIZE;
	ring->data = base + HEAD_PAGES * PAGE_SIZE;
	ring->size = size;
	ring->host[0] = pages;
	ring->host[1] = twice;
	return true;
}

int os_ring_alloc(u64 size, struct os_ring *ret_ring)
{
	const PHYSICAL_ADDRESS low = { .QuadPart = 0 }, high = { .QuadPart = -1 };
	u64 rounded = (size + PAGE_SIZE - 1) & ~((u64)PAGE_SIZE - 1);
	u64 total = HEAD_PAGES * PAGE_SIZE + rounded;
	MDL *pages;

	/* The length of a list of pages has 32 bits. */
	if (size == 0 || size > (1ull << 30))
		return ERR_NOMEM;
	pages = MmAllocatePagesForMdl(low, high, low, (SIZE_T)total);
	if (pages == NULL)
		return ERR_NOMEM;
	/* It may have got fewer pages. */
	if (pages->ByteCount < total || !map_all(ret_ring, pages, (SIZE_T)rounded)) {
		MmFreePagesFromMdl(pages);
		ExFreePool(pages);
		return ERR_NOMEM;
	}
	return 0;
}

void os_ring_free(struct os_ring *ring)
{
	if (ring->data == NULL)
		return;
	MmUnmapLockedPages(ring->consumer, ring->host[1]);
	IoFreeMdl(ring->host[1]);
	MmFreePagesFromMdl(ring->host[0]);
	ExFreePool(ring->host[0]);
	memset(ring, 0, sizeof(*ring));
}
