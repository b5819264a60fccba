/* SPDX-License-Identifier: MIT */
/* Code memory: a memfd that is written through a view of its own. To seal it the view goes, then
 * the file becomes unwritable for good, and only then it is mapped over the addresses that were
 * kept for it. So it also works where a process may not make its own writable pages executable. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "os/os.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* not a program to execute; its pages may be executed all the same */
#endif

static int fd_of(const struct os_code *code)
{
	return (int)(intptr_t)code->host[0] - 1;
}

static int make_file(u64 size)
{
	int fd = memfd_create("code", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* older than that flag */
		fd = memfd_create("code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && ftruncate(fd, (off_t)size) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int os_code_alloc(u64 size, struct os_code *ret_code)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE), rounded = (size + page - 1) & ~(page - 1);
	struct os_code code = { .size = rounded };
	void *view, *mem;
	int fd;

	if (size == 0 || size > (1ull << 32))
		return ERR_NOMEM;
	fd = make_file(rounded);
	if (fd < 0)
		return ERR_NOMEM;
	view = mmap(NULL, (size_t)rounded, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	mem = mmap(NULL, (size_t)rounded, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	code.host[0] = (void *)(intptr_t)(fd + 1);
	code.view = view == MAP_FAILED ? NULL : view;
	code.mem = mem == MAP_FAILED ? NULL : mem;
	/* A child that has the view, too, would keep the file writable. */
	if (code.view == NULL || code.mem == NULL ||
	    madvise(view, (size_t)rounded, MADV_DONTFORK) != 0) {
		os_code_free(&code);
		return ERR_NOMEM;
	}
	*ret_code = code;
	return 0;
}

/* A private mapping of a sealed file may be written: its pages are copies. */
static int map_part(const struct os_code *code, const struct os_code_part *part)
{
	static const int access[] = {
		[OS_READ] = PROT_READ,
		[OS_WRITE] = PROT_READ | PROT_WRITE,
		[OS_EXEC] = PROT_READ | PROT_EXEC,
	};
	u8 *at = code->mem + part->offset;
	void *got = mmap(at, (size_t)part->size, access[part->access],
			 MAP_FIXED | (part->access == OS_WRITE ? MAP_PRIVATE : MAP_SHARED),
			 fd_of(code), (off_t)part->offset);

	if (got == MAP_FAILED)
		return errno == ENOMEM ? ERR_NOMEM : ERR_ACCES;
	if (part->access == OS_EXEC)
		__builtin___clear_cache((char *)at, (char *)at + part->size);
	return 0;
}

static bool are_parts(const struct os_code *code, const struct os_code_part *parts, u32 count)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE), end = 0;

	for (u32 i = 0; i < count; i++) {
		if (parts[i].offset % page != 0 || parts[i].size % page != 0 ||
		    parts[i].size == 0 || parts[i].offset < end || parts[i].offset > code->size ||
		    parts[i].size > code->size - parts[i].offset)
			return false;
		end = parts[i].offset + parts[i].size;
	}
	return true;
}

int os_code_seal_parts(struct os_code *code, const struct os_code_part *parts, u32 count)
{
	int status = 0;

	munmap(code->view, (size_t)code->size);
	code->view = NULL;
	if (!are_parts(code, parts, count))
		return ERR_INVAL;
	if (fcntl(fd_of(code), F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return ERR_ACCES;
	for (u32 i = 0; status == 0 && i < count; i++)
		status = map_part(code, &parts[i]);
	close(fd_of(code)); /* the mappings keep it */
	code->host[0] = NULL;
	return status;
}

int os_code_seal(struct os_code *code)
{
	const struct os_code_part all = { 0, code->size, OS_EXEC };

	return os_code_seal_parts(code, &all, 1);
}

int os_code_seal_open(struct os_code *code)
{
	size_t size = (size_t)code->size;
	void *got = mmap(code->mem, size, PROT_READ | PROT_WRITE,
			 MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status = got == MAP_FAILED ? ERR_NOMEM : 0;

	if (status == 0)
		memcpy(code->mem, code->view, size);
	munmap(code->view, size);
	code->view = NULL;
	close(fd_of(code));
	code->host[0] = NULL;
	if (status == 0 && mprotect(code->mem, size, PROT_READ | PROT_EXEC) != 0)
		status = ERR_ACCES;
	if (status == 0)
		__builtin___clear_cache((char *)code->mem, (char *)code->mem + size);
	return status;
}

void os_code_free(struct os_code *code)
{
	if (code->view != NULL)
		munmap(code->view, (size_t)code->size);
	if (code->mem != NULL)
		munmap(code->mem, (size_t)code->size);
	if (code->host[0] != NULL)
		close(fd_of(code));
	*code = (struct os_code){ 0 };
}
