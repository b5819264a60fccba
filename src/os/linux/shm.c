/* SPDX-License-Identifier: MIT */
/* Shared memory: a memfd that cannot change its size. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/os.h"

static int fd_of(const struct os_shm *shm)
{
	return (int)(intptr_t)shm->host[0] - 1;
}

int os_shm_alloc(u64 size, struct os_shm *ret_shm)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE), rounded = (size + page - 1) & ~(page - 1);
	void *mem;
	int fd;

	if (size == 0 || size > (1ull << 40))
		return ERR_NOMEM;
	fd = memfd_create("map", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return ERR_NOMEM;
	mem = MAP_FAILED;
	if (ftruncate(fd, (off_t)rounded) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		mem = mmap(NULL, (size_t)rounded, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED) {
		close(fd);
		return ERR_NOMEM;
	}
	*ret_shm = (struct os_shm){ .mem = mem,
				    .size = rounded,
				    .host = { (void *)(intptr_t)(fd + 1) } };
	return 0;
}

void os_shm_free(struct os_shm *shm)
{
	if (shm->mem == NULL)
		return;
	munmap(shm->mem, (size_t)shm->size);
	close(fd_of(shm));
	*shm = (struct os_shm){ 0 };
}

void *os_shm_map(const struct os_shm *shm, bool write)
{
	void *view = mmap(NULL, (size_t)shm->size, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED,
			  fd_of(shm), 0);

	return view == MAP_FAILED ? NULL : view;
}

void os_shm_unmap(const struct os_shm *shm, void *view)
{
	munmap(view, (size_t)shm->size);
}
