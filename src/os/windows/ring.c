/* SPDX-License-Identifier: MIT */
/* Ring buffers' memory: views of one section. Views begin at multiples of 64 KiB, so smaller rings
 * get that much; what would map pages side by side is not on every supported release. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "os/os.h"

#define GRANULE	 0x10000
#define ATTEMPTS 16

/* Three views side by side: head, data, data. Another thread may take the place between its release
 * and its use: then again. host[0]: the section. */
static bool map_all(struct os_ring *ring, HANDLE section, SIZE_T size)
{
	const SIZE_T head = GRANULE;
	u8 *base = VirtualAlloc(NULL, head + 2 * size, MEM_RESERVE, PAGE_NOACCESS);
	u8 *first = NULL, *second = NULL;

	if (base == NULL)
		return false;
	VirtualFree(base, 0, MEM_RELEASE);
	first = MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, head + size, base);
	if (first != NULL)
		second = MapViewOfFileEx(section, FILE_MAP_WRITE, 0, (DWORD)head, size,
					 base + head + size);
	if (second == NULL) {
		if (first != NULL)
			UnmapViewOfFile(first);
		return false;
	}
	ring->consumer = base;
	ring->producer = base + GRANULE / 2;
	ring->data = base + head;
	ring->size = size;
	ring->host[0] = section;
	ring->host[1] = first;
	ring->host[2] = second;
	return true;
}

int os_ring_alloc(u64 size, struct os_ring *ret_ring)
{
	u64 rounded = (size + GRANULE - 1) & ~(u64)(GRANULE - 1);
	u64 total = rounded + GRANULE;
	HANDLE section;

	if (size == 0 || size > (1ull << 40))
		return ERR_NOMEM;
	section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
				     (DWORD)(total >> 32), (DWORD)total, NULL);
	if (section == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; i < ATTEMPTS; i++)
		if (map_all(ret_ring, section, (SIZE_T)rounded))
			return 0;
	CloseHandle(section);
	return ERR_NOMEM;
}

void os_ring_free(struct os_ring *ring)
{
	if (ring->data == NULL)
		return;
	UnmapViewOfFile(ring->host[1]);
	UnmapViewOfFile(ring->host[2]);
	CloseHandle(ring->host[0]);
	*ring = (struct os_ring){ 0 };
}
