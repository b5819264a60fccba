/* SPDX-License-Identifier: MIT */
/* Ring buffers' memory: a memfd of two pages and the data, whose data is mapped twice. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "os/os.h"

/* host[0]: the mapping's length; host[1]: the descriptor plus one. */
static bool map_all(struct os_ring *ring, int fd, size_t page, size_t size)
{
	const int prot = PROT_READ | PROT_WRITE;
	size_t head = 2 * page, total = head + 2 * size;
	u8 *base = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return false;
	/* Both replace a part of what was reserved. */
	if (mmap(base, head + size, prot, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
	    mmap(base + head + size, size, prot, MAP_SHARED | MAP_FIXED, fd, (off_t)head) ==
		    MAP_FAILED) {
		munmap(base, total);
		return false;
	}
	ring->consumer = base;
	ring->producer = base + page;
	ring->data = base + head;
	ring->size = size;
	ring->host[0] = (void *)(uintptr_t)total;
	ring->host[1] = (void *)(intptr_t)(fd + 1);
	return true;
}

int os_ring_alloc(u64 size, struct os_ring *ret_ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	u64 rounded = (size + page - 1) & ~((u64)page - 1);
	int fd;

	if (size == 0 || size > (1ull << 40))
		return ERR_NOMEM;
	fd = memfd_create("ring", MFD_CLOEXEC);
	if (fd < 0)
		return ERR_NOMEM;
	if (ftruncate(fd, (off_t)(2 * page + rounded)) != 0 ||
	    !map_all(ret_ring, fd, page, (size_t)rounded)) {
		close(fd);
		return ERR_NOMEM;
	}
	return 0;
}

void os_ring_free(struct os_ring *ring)
{
	if (ring->data == NULL)
		return;
	munmap(ring->consumer, (size_t)(uintptr_t)ring->host[0]);
	close((int)(intptr_t)ring->host[1] - 1);
	*ring = (struct os_ring){ 0 };
}
