/* SPDX-License-Identifier: MIT */
/* Handles of clients: what they name, what they allow, how many there are, and that nothing is held
 * by a client that is gone. */
#include "runtime_fixture.h"

#include "map/map.h"
#include "runtime/client.h"
#include "runtime/invocation.h"

#define L  DIALECT_LINUX
#define RW (CLIENT_READ | CLIENT_WRITE)

static int make_map(struct fixture *f, struct map **ret_map)
{
	struct prog_map def = { .name = "m",
				.type = map_type(MAP_KIND_ARRAY),
				.key_size = 4,
				.value_size = 8,
				.max_entries = 1,
				.inner = PROG_NO_INDEX };
	struct runtime_map_options options = { .size = sizeof(options), .def = &def };

	return runtime_create_map(f->rt, &options, ret_map, &f->err);
}

static int open_both(struct fixture *f, u32 max, struct client **ret_client)
{
	struct client_options options = { .size = sizeof(options), .max_handles = max };
	int r = fixture_new(f, L);

	return r < 0 ? r : client_new(f->rt, &options, ret_client, &f->err);
}

/* lint: long-function, one life of an object */
static void lives(void)
{
	struct fixture f = { 0 };
	struct client *client = NULL;
	struct map *map = NULL;
	struct core_object *object = NULL;
	u64 handle = 0, again = 0;
	u32 id;

	CHECK_EQ(open_both(&f, 0, &client), 0);
	CHECK_EQ(make_map(&f, &map), 0);
	id = map->core.id;
	CHECK_EQ(client_add(client, &map->core, 4, &handle), ERR_INVAL);
	CHECK_EQ(client_add(client, &map->core, RW, &handle), 0);
	map = NULL; /* the client's */
	CHECK(handle != 0 && client_count(client) == 1);
	CHECK_EQ(client_get(client, handle, CORE_MAP, RW, &object), 0);
	CHECK_EQ(object->id, id);
	CHECK_EQ(object->users, 2);
	core_put_user(object);
	CHECK_EQ(client_get(client, handle, CORE_PROG, 0, &object), ERR_INVAL);
	CHECK_EQ(client_get(client, handle + 1, CORE_MAP, 0, &object), ERR_BADF);
	CHECK_EQ(client_get(client, handle + (1ull << 32), CORE_MAP, 0, &object), ERR_BADF);
	CHECK_EQ(client_get(client, 0, CORE_MAP, 0, &object), ERR_BADF);
	CHECK_EQ(client_get(client, UINT64_MAX, CORE_MAP, 0, &object), ERR_BADF);
	/* By its id, with fewer rights. */
	CHECK_EQ(client_open(client, CORE_MAP, id, CLIENT_READ, &again), 0);
	CHECK(again != handle);
	CHECK_EQ(client_get(client, again, CORE_MAP, CLIENT_WRITE, &object), ERR_PERM);
	CHECK_EQ(client_get(client, again, CORE_MAP, CLIENT_READ, &object), 0);
	core_put_user(object);
	CHECK_EQ(client_open(client, CORE_PROG, id, RW, &again), ERR_NOENT);
	CHECK_EQ(client_close(client, handle), 0);
	CHECK_EQ(client_close(client, handle), ERR_BADF);
	CHECK_EQ(client_get(client, handle, CORE_MAP, 0, &object), ERR_BADF);
	CHECK_EQ(runtime_next_id(f.rt, CORE_MAP, 0), id);
	CHECK_EQ(client_close(client, again), 0);
	CHECK_EQ(runtime_next_id(f.rt, CORE_MAP, 0), 0);
	CHECK_EQ(client_count(client), 0);
	/* The same place, another handle. */
	CHECK_EQ(make_map(&f, &map), 0);
	CHECK_EQ(client_add(client, &map->core, RW, &again), 0);
	map = NULL;
	CHECK(again != handle);
	CHECK_EQ(client_get(client, handle, CORE_MAP, 0, &object), ERR_BADF);
out:
	map_free(map);
	client_free(client);
	if (f.rt != NULL && runtime_next_id(f.rt, CORE_MAP, 0) != 0)
		abort(); /* the client has kept something */
	fixture_fini(&f);
}

static void bounds(void)
{
	struct fixture f = { 0 };
	struct client *client = NULL, *small = NULL;
	struct client_options options = { .size = sizeof(options),
					  .max_handles = CLIENT_MAX_HANDLES + 1 };
	struct client_handle listed = { 0 };
	struct map *map = NULL;
	u64 handle = 0, first = 0;
	u32 count = 0;

	CHECK_EQ(open_both(&f, 700, &client), 0);
	CHECK_EQ(client_new(f.rt, &options, &small, &f.err), ERR_INVAL);
	CHECK(strstr(f.err.text, "65537 handles") != NULL);
	CHECK_EQ(client_next(client, 0, &listed), ERR_NOENT);
	CHECK_EQ(make_map(&f, &map), 0);
	for (u32 i = 0; i < 700; i++) {
		CHECK_EQ(client_open(client, CORE_MAP, map->core.id, CLIENT_READ, &handle), 0);
		if (i == 0)
			first = handle;
	}
	CHECK_EQ(client_open(client, CORE_MAP, map->core.id, RW, &handle), ERR_NOSPC);
	CHECK_EQ(map->core.users, 701);
	CHECK_EQ(client_close(client, first), 0);
	CHECK_EQ(client_open(client, CORE_MAP, map->core.id, RW, &handle), 0);
	while (client_next(client, listed.handle, &listed) == 0) {
		CHECK(listed.kind == CORE_MAP && listed.id == map->core.id);
		CHECK(listed.handle != first);
		CHECK_EQ(listed.access, listed.handle == handle ? RW : CLIENT_READ);
		count++;
	}
	CHECK_EQ(count, 700);
	client_free(client);
	client = NULL;
	CHECK_EQ(map->core.users, 1);
out:
	client_free(client);
	client_free(small);
	map_free(map);
	fixture_fini(&f);
}

static void shared(void)
{
	struct fixture f = { 0 }, elsewhere = { 0 };
	struct client *from = NULL, *to = NULL, *other = NULL;
	struct client_options options = { .size = sizeof(options), .max_handles = 1 };
	struct core_object *object = NULL;
	struct map *map = NULL;
	u64 handle = 0, theirs = 0, full = 0;

	CHECK_EQ(open_both(&f, 0, &from), 0);
	CHECK_EQ(open_both(&elsewhere, 0, &other), 0);
	CHECK_EQ(client_new(f.rt, &options, &to, &f.err), 0);
	CHECK_EQ(make_map(&f, &map), 0);
	CHECK_EQ(client_open(from, CORE_MAP, map->core.id, CLIENT_READ, &handle), 0);
	CHECK_EQ(client_share(from, handle, to, RW, &theirs), ERR_PERM);
	CHECK_EQ(client_share(from, handle, other, CLIENT_READ, &theirs), ERR_INVAL);
	CHECK_EQ(client_share(from, handle + 1, to, CLIENT_READ, &theirs), ERR_BADF);
	CHECK_EQ(client_share(from, handle, to, CLIENT_READ, &theirs), 0);
	CHECK_EQ(client_share(from, handle, to, CLIENT_READ, &full), ERR_NOSPC);
	CHECK_EQ(map->core.users, 3);
	/* Each closes its own. */
	CHECK_EQ(client_close(from, handle), 0);
	CHECK_EQ(client_get(to, theirs, CORE_MAP, CLIENT_READ, &object), 0);
	core_put_user(object);
out:
	client_free(from);
	client_free(to);
	client_free(other);
	map_free(map);
	fixture_fini(&f);
	fixture_fini(&elsewhere);
}

TAP_MAIN(TAP_TEST(lives), TAP_TEST(bounds), TAP_TEST(shared))
