/* SPDX-License-Identifier: MIT */
/* Shared memory: a section of the paging file. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "os/os.h"

#define PAGE 4096

int os_shm_alloc(u64 size, struct os_shm *ret_shm)
{
	u64 rounded = (size + PAGE - 1) & ~(u64)(PAGE - 1);
	HANDLE section;
	void *mem;

	if (size == 0 || size > (1ull << 40))
		return ERR_NOMEM;
	section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
				     (DWORD)(rounded >> 32), (DWORD)rounded, NULL);
	if (section == NULL)
		return ERR_NOMEM;
	mem = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, (SIZE_T)rounded);
	if (mem == NULL) {
		CloseHandle(section);
		return ERR_NOMEM;
	}
	*ret_shm = (struct os_shm){ .mem = mem, .size = rounded, .host = { section } };
	return 0;
}

void os_shm_free(struct os_shm *shm)
{
	if (shm->mem == NULL)
		return;
	UnmapViewOfFile(shm->mem);
	CloseHandle(shm->host[0]);
	*shm = (struct os_shm){ 0 };
}

void *os_shm_map(const struct os_shm *shm, bool write)
{
	return MapViewOfFile(shm->host[0], write ? FILE_MAP_WRITE : FILE_MAP_READ, 0, 0,
			     (SIZE_T)shm->size);
}

void os_shm_unmap(UNUSED const struct os_shm *shm, void *view)
{
	UnmapViewOfFile(view);
}
