/* SPDX-License-Identifier: MIT */
/* Code memory: pages that are written where they will run, and lose that right before they get the
 * other one. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "os/os.h"

#define PAGE 4096

int os_code_alloc(u64 size, struct os_code *ret_code)
{
	u64 rounded = (size + PAGE - 1) & ~(u64)(PAGE - 1);
	void *mem;

	if (size == 0 || size > (1ull << 32))
		return ERR_NOMEM;
	mem = VirtualAlloc(NULL, (SIZE_T)rounded, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
	if (mem == NULL)
		return ERR_NOMEM;
	*ret_code = (struct os_code){ .view = mem, .mem = mem, .size = rounded };
	return 0;
}

static bool are_parts(const struct os_code *code, const struct os_code_part *parts, u32 count)
{
	u64 end = 0;

	for (u32 i = 0; i < count; i++) {
		if (parts[i].offset % PAGE != 0 || parts[i].size % PAGE != 0 ||
		    parts[i].size == 0 || parts[i].offset < end || parts[i].offset > code->size ||
		    parts[i].size > code->size - parts[i].offset)
			return false;
		end = parts[i].offset + parts[i].size;
	}
	return true;
}

static bool protect(const struct os_code_part *part, u8 *at)
{
	static const DWORD access[] = {
		[OS_READ] = PAGE_READONLY,
		[OS_WRITE] = PAGE_READWRITE,
		[OS_EXEC] = PAGE_EXECUTE_READ,
	};
	DWORD old;

	return VirtualProtect(at, (SIZE_T)part->size, access[part->access], &old) &&
	       (part->access != OS_EXEC ||
		FlushInstructionCache(GetCurrentProcess(), at, (SIZE_T)part->size));
}

int os_code_seal_parts(struct os_code *code, const struct os_code_part *parts, u32 count)
{
	DWORD old;

	code->view = NULL;
	if (!are_parts(code, parts, count))
		return ERR_INVAL;
	if (!VirtualProtect(code->mem, (SIZE_T)code->size, PAGE_NOACCESS, &old))
		return ERR_ACCES;
	for (u32 i = 0; i < count; i++)
		if (!protect(&parts[i], code->mem + parts[i].offset))
			return ERR_ACCES;
	return 0;
}

int os_code_seal(struct os_code *code)
{
	const struct os_code_part all = { 0, code->size, OS_EXEC };

	return os_code_seal_parts(code, &all, 1);
}

int os_code_seal_open(struct os_code *code)
{
	return os_code_seal(code);
}

void os_code_free(struct os_code *code)
{
	if (code->mem != NULL)
		VirtualFree(code->mem, 0, MEM_RELEASE);
	*code = (struct os_code){ 0 };
}
