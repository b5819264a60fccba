/* SPDX-License-Identifier: MIT */
/* Tables of handles. A handle names a place and how often that was taken, so that one that was
 * closed is told from the one that is there now. Places come in chunks, which stay. */
#include "runtime/client.h"

#include "base/mem.h"
#include "runtime/invocation.h"

#define CHUNK  256u
#define CHUNKS (CLIENT_MAX_HANDLES / CHUNK)
#define NOBODY UINT32_MAX

struct held {
	struct core_object *object; /* NULL: free */
	u32 access;
	u32 taken; /* how often; counts up when it is given back */
	u32 next;  /* of the free ones */
};

struct client {
	struct runtime *rt;
	struct os_lock lock; /* of all below */
	u32 max, used;
	u32 places; /* in chunks */
	u32 free;   /* NOBODY: none */
	struct held *chunks[CHUNKS];
};

static u64 handle_of(u32 place, u32 taken)
{
	return (u64)(taken + 1) << 32 | place;
}

static struct held *place_at(const struct client *client, u32 place)
{
	return &client->chunks[place / CHUNK][place % CHUNK];
}

/* NULL: no such handle. The lock is taken. */
static struct held *find(const struct client *client, u64 handle)
{
	u32 place = (u32)handle;
	struct held *held = place < client->places ? place_at(client, place) : NULL;

	return held != NULL && held->object != NULL && handle == handle_of(place, held->taken)
		       ? held
		       : NULL;
}

int client_new(struct runtime *rt, const struct client_options *options, struct client **ret_client,
	       struct error *err)
{
	u32 max = options->max_handles == 0 ? CLIENT_HANDLES : options->max_handles;
	struct client *client;

	if (max > CLIENT_MAX_HANDLES)
		return error_set(err, ERR_INVAL, "%u handles are more than %u", max,
				 CLIENT_MAX_HANDLES);
	client = mem_zalloc(sizeof(*client));
	if (client == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a client");
	client->rt = rt;
	client->max = max;
	client->free = NOBODY;
	*ret_client = client;
	return 0;
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	for (u32 i = 0; i < client->places; i++)
		core_put_user(place_at(client, i)->object);
	for (u32 i = 0; i < client->places / CHUNK; i++)
		mem_free(client->chunks[i]);
	mem_free(client);
}

/* --- places --- */

/* Another chunk, unless somebody has made one meanwhile. */
static int grow(struct client *client)
{
	struct held *chunk = mem_zalloc(CHUNK * sizeof(*chunk));
	bool used = false;
	u8 state;

	if (chunk == NULL)
		return ERR_NOMEM;
	state = os_lock_take(&client->lock);
	if (client->free == NOBODY && client->places < CLIENT_MAX_HANDLES) {
		used = true;
		client->chunks[client->places / CHUNK] = chunk;
		for (u32 i = CHUNK; i-- > 0;) {
			chunk[i].next = client->free;
			client->free = client->places + i;
		}
		client->places += CHUNK;
	}
	os_lock_give(&client->lock, state);
	if (!used)
		mem_free(chunk);
	return 0;
}

/* ERR_AGAIN: there is no place yet. */
static int put(struct client *client, struct core_object *object, u32 access, u64 *ret_handle)
{
	u8 state = os_lock_take(&client->lock);
	int r = client->used >= client->max ? ERR_NOSPC : client->free == NOBODY ? ERR_AGAIN : 0;

	if (r == 0) {
		u32 place = client->free;
		struct held *held = place_at(client, place);

		client->free = held->next;
		client->used++;
		held->object = object;
		held->access = access;
		*ret_handle = handle_of(place, held->taken);
	}
	os_lock_give(&client->lock, state);
	return r;
}

static bool is_access(u32 access)
{
	return (access & ~(u32)(CLIENT_READ | CLIENT_WRITE)) == 0;
}

int client_add(struct client *client, struct core_object *object, u32 access, u64 *ret_handle)
{
	int r;

	if (!is_access(access))
		return ERR_INVAL;
	while ((r = put(client, object, access, ret_handle)) == ERR_AGAIN) {
		r = grow(client);
		if (r < 0)
			break;
	}
	return r;
}

int client_open(struct client *client, enum core_kind kind, u32 id, u32 access, u64 *ret_handle)
{
	struct core_object *object = runtime_get_object(client->rt, kind, id);
	int r;

	if (object == NULL)
		return ERR_NOENT;
	r = client_add(client, object, access, ret_handle);
	if (r < 0)
		core_put_user(object);
	return r;
}

static int get(struct client *client, u64 handle, u32 access, struct core_object **ret_object)
{
	u8 state = os_lock_take(&client->lock);
	const struct held *held = find(client, handle);
	int r = held == NULL ? ERR_BADF : (access & ~held->access) != 0 ? ERR_PERM : 0;

	if (r == 0) {
		core_get_user(held->object);
		*ret_object = held->object;
	}
	os_lock_give(&client->lock, state);
	return r;
}

int client_get(struct client *client, u64 handle, enum core_kind kind, u32 access,
	       struct core_object **ret_object)
{
	struct core_object *object;
	int r = get(client, handle, access, &object);

	if (r < 0)
		return r;
	if (object->kind != kind) {
		core_put_user(object);
		return ERR_INVAL;
	}
	*ret_object = object;
	return 0;
}

/* A place that was taken as often as can be told is not taken again. */
int client_close(struct client *client, u64 handle)
{
	u8 state = os_lock_take(&client->lock);
	struct held *held = find(client, handle);
	struct core_object *object = NULL;

	if (held != NULL) {
		object = held->object;
		held->object = NULL;
		held->taken++;
		client->used--;
		if (held->taken != UINT32_MAX) {
			held->next = client->free;
			client->free = (u32)handle;
		}
	}
	os_lock_give(&client->lock, state);
	core_put_user(object);
	return object == NULL ? ERR_BADF : 0;
}

int client_share(struct client *client, u64 handle, struct client *with, u32 access,
		 u64 *ret_handle)
{
	struct core_object *object;
	int r;

	if (client->rt != with->rt)
		return ERR_INVAL;
	r = get(client, handle, access, &object);
	if (r < 0)
		return r;
	r = client_add(with, object, access, ret_handle);
	if (r < 0)
		core_put_user(object);
	return r;
}

/* --- listing --- */

int client_next(struct client *client, u64 after, struct client_handle *ret_handle)
{
	u32 place = after == 0 ? 0 : (u32)after + 1;
	u8 state = os_lock_take(&client->lock);
	int r = ERR_NOENT;

	for (; r != 0 && place < client->places; place++) {
		const struct held *held = place_at(client, place);

		if (held->object == NULL)
			continue;
		*ret_handle =
			(struct client_handle){ handle_of(place, held->taken), held->object->kind,
						held->object->id, held->access };
		r = 0;
	}
	os_lock_give(&client->lock, state);
	return r;
}

u32 client_count(const struct client *client)
{
	return __atomic_load_n(&client->used, __ATOMIC_RELAXED);
}
