/* SPDX-License-Identifier: MIT */
/* Code memory: none. The kernel itself loads what may run in it. */
#include "os/os.h"

int os_code_alloc(UNUSED u64 size, UNUSED struct os_code *ret_code)
{
	return ERR_NOTSUP;
}

int os_code_seal_parts(UNUSED struct os_code *code, UNUSED const struct os_code_part *parts,
		       UNUSED u32 count)
{
	return ERR_NOTSUP;
}

int os_code_seal(UNUSED struct os_code *code)
{
	return ERR_NOTSUP;
}

int os_code_seal_open(struct os_code *code)
{
	return os_code_seal(code);
}

void os_code_free(struct os_code *code)
{
	*code = (struct os_code){ 0 };
}
