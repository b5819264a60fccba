/* SPDX-License-Identifier: MIT */
#include "base/vec.h"

#include "base/error.h"
#include "base/mem.h"

int vec_reserve_raw(void **raw, size_t *cap, size_t count, size_t extra, size_t item_size)
{
	size_t need, new_cap, size;
	void *grown;

	if (__builtin_add_overflow(count, extra, &need))
		return ERR_NOMEM;
	if (need <= *cap)
		return 0;
	new_cap = MAX(need, *cap < SIZE_MAX / 2 ? *cap * 2 : need);
	new_cap = MAX(new_cap, (size_t)8);
	if (!mem_array_size(new_cap, item_size, &size))
		return ERR_NOMEM;
	grown = mem_realloc(*raw, size);
	if (grown == NULL)
		return ERR_NOMEM;
	*raw = grown;
	*cap = new_cap;
	return 0;
}

void vec_free_raw(void **raw)
{
	mem_free(*raw);
	*raw = NULL;
}

int vec_no_memory(void)
{
	return ERR_NOMEM;
}
