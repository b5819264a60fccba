/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "base/mem.h"
#include "base/str.h"

#define ARENA_CHUNK_SIZE ((size_t)16 * 1024)
#define ARENA_ALIGN	 ((size_t)16)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	_Alignas(16) u8 data[];
};

void arena_init(struct arena *arena, size_t limit)
{
	*arena = (struct arena){ .limit = limit };
}

void arena_fini(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk != NULL) {
		struct arena_chunk *next = chunk->next;

		mem_free(chunk);
		chunk = next;
	}
	arena_init(arena, arena->limit);
}

/* Chunks double with the arena, so that n bytes cost O(log n) calls. */
static bool arena_grow(struct arena *arena, size_t need)
{
	size_t size = MAX(need, MAX(ARENA_CHUNK_SIZE, MIN(arena->total, (size_t)1 << 20)));
	struct arena_chunk *chunk;

	if (arena->limit != 0 && size > arena->limit - arena->total)
		size = need;
	if (size > SIZE_MAX - sizeof(*chunk))
		return false;
	if (arena->limit != 0 && size > arena->limit - arena->total) {
		arena->is_full = true;
		return false;
	}
	chunk = mem_alloc(sizeof(*chunk) + size);
	if (chunk == NULL)
		return false;
	chunk->next = arena->chunks;
	chunk->size = size;
	arena->chunks = chunk;
	arena->used = 0;
	arena->cap = size;
	arena->total += size;
	return true;
}

static void *take(struct arena *arena, size_t size)
{
	void *ptr;

	if (size > SIZE_MAX - ARENA_ALIGN)
		return NULL;
	size = (MAX(size, (size_t)1) + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	if (size > arena->cap - arena->used && !arena_grow(arena, size))
		return NULL;
	ptr = arena->chunks->data + arena->used;
	arena->used += size;
	return ptr;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *ptr = take(arena, size);

	if (ptr != NULL)
		memset(ptr, 0, size);
	return ptr;
}

void *arena_array_raw(struct arena *arena, size_t count, size_t size)
{
	size_t len;

	return mem_array_size(count, size, &len) ? take(arena, len) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t len;

	return mem_array_size(count, size, &len) ? arena_alloc(arena, len) : NULL;
}

char *arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

	if (copy != NULL)
		memcpy(copy, s, len);
	return copy;
}
