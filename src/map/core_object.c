/* SPDX-License-Identifier: MIT */
/* References and ids. Whoever drops the last reference takes the object out of its table, under the
 * table's lock; so what the table holds while the lock is held has not been released, though its
 * count may be 0 already. */
#include "map/core_object.h"

#include "base/mem.h"
#include "base/str.h"

void core_object_init(struct core_object *object, enum core_kind kind, const char *name,
		      void (*release)(struct core_object *object))
{
	object->refs = 1;
	object->users = 1;
	object->kind = kind;
	object->release = release;
	(void)str_copy(object->name, sizeof(object->name), name == NULL ? "" : name);
}

void core_get(struct core_object *object)
{
	__atomic_fetch_add(&object->refs, 1, __ATOMIC_RELAXED);
}

bool core_try_get(struct core_object *object)
{
	u64 refs = __atomic_load_n(&object->refs, __ATOMIC_RELAXED);

	do {
		if (refs == 0)
			return false;
	} while (!__atomic_compare_exchange_n(&object->refs, &refs, refs + 1, false,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return true;
}

static void unlist(struct core_object *object)
{
	struct core_table *table = object->table;
	struct core_chunk *chunk;
	u8 state;

	if (table == NULL)
		return;
	chunk = table->chunks[object->id / CORE_IDS_CHUNK];
	state = os_lock_take(&table->lock);
	__atomic_store_n(&chunk->objects[object->id % CORE_IDS_CHUNK], NULL, __ATOMIC_RELEASE);
	__atomic_sub_fetch(&chunk->live, 1, __ATOMIC_RELAXED);
	os_lock_give(&table->lock, state);
}

void core_put(struct core_object *object)
{
	if (object == NULL || __atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	unlist(object);
	object->release(object);
}

void core_get_user(struct core_object *object)
{
	core_get(object);
	__atomic_fetch_add(&object->users, 1, __ATOMIC_RELAXED);
}

void core_put_user(struct core_object *object)
{
	if (object == NULL)
		return;
	if (__atomic_sub_fetch(&object->users, 1, __ATOMIC_ACQ_REL) == 0 && object->abandon != NULL)
		object->abandon(object);
	core_put(object);
}

void core_table_fini(struct core_table *table)
{
	for (u32 i = 0; i < ARRAY_COUNT(table->chunks); i++) {
		mem_free(table->chunks[i]);
		table->chunks[i] = NULL;
	}
}

/* The first free id after the last one that was given, round the end. */
static u32 free_id(const struct core_table *table)
{
	u32 id = table->last;

	for (u32 i = 0; i < CORE_IDS_MAX; i++) {
		const struct core_chunk *chunk;

		id = id + 1 < CORE_IDS_MAX ? id + 1 : 1;
		chunk = table->chunks[id / CORE_IDS_CHUNK];
		if (chunk == NULL || chunk->objects[id % CORE_IDS_CHUNK] == NULL)
			return id;
	}
	return 0;
}

static int add(struct core_table *table, struct core_object *object)
{
	u32 id = free_id(table);
	struct core_chunk *chunk;

	if (id == 0)
		return ERR_NOSPC;
	chunk = table->chunks[id / CORE_IDS_CHUNK];
	if (chunk == NULL) {
		chunk = mem_zalloc(sizeof(*chunk));
		if (chunk == NULL)
			return ERR_NOMEM;
		__atomic_store_n(&table->chunks[id / CORE_IDS_CHUNK], chunk, __ATOMIC_RELEASE);
	}
	object->id = id;
	object->table = table;
	table->last = id;
	if (id >= table->limit)
		__atomic_store_n(&table->limit, id + 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&chunk->live, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&chunk->objects[id % CORE_IDS_CHUNK], object, __ATOMIC_RELEASE);
	return 0;
}

int core_table_add(struct core_table *table, struct core_object *object)
{
	u8 state = os_lock_take(&table->lock);
	int r = add(table, object);

	os_lock_give(&table->lock, state);
	return r;
}

struct core_object *core_table_get(struct core_table *table, u32 id)
{
	struct core_object *object = NULL;
	u8 state;

	if (id >= CORE_IDS_MAX)
		return NULL;
	state = os_lock_take(&table->lock);
	if (table->chunks[id / CORE_IDS_CHUNK] != NULL)
		object = table->chunks[id / CORE_IDS_CHUNK]->objects[id % CORE_IDS_CHUNK];
	if (object != NULL && !core_try_get(object))
		object = NULL;
	os_lock_give(&table->lock, state);
	if (object != NULL)
		__atomic_fetch_add(&object->users, 1, __ATOMIC_RELAXED);
	return object;
}

struct core_object *core_table_walk(const struct core_table *table, u32 *id)
{
	u32 limit = __atomic_load_n(&table->limit, __ATOMIC_RELAXED);

	for (u32 at = *id < limit ? *id + 1 : limit; at < limit;) {
		const struct core_chunk *chunk =
			__atomic_load_n(&table->chunks[at / CORE_IDS_CHUNK], __ATOMIC_ACQUIRE);
		struct core_object *object;

		if (chunk == NULL || __atomic_load_n(&chunk->live, __ATOMIC_RELAXED) == 0) {
			at = (at / CORE_IDS_CHUNK + 1) * CORE_IDS_CHUNK;
			continue;
		}
		object = __atomic_load_n(&chunk->objects[at % CORE_IDS_CHUNK], __ATOMIC_ACQUIRE);
		if (object != NULL) {
			*id = at;
			return object;
		}
		at++;
	}
	return NULL;
}

/* What it finds may be gone: an id is a hint in any case. */
u32 core_table_next(struct core_table *table, u32 id)
{
	return core_table_walk(table, &id) == NULL ? 0 : id;
}
