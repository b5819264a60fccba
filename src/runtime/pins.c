/* SPDX-License-Identifier: MIT */
/* Paths that keep objects: one name space, whichever way a path is written. */
#include "base/mem.h"
#include "base/str.h"
#include "runtime/invocation.h"
#include "spec/spec.h"

#define ROOT "BPF:"

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

struct path {
	char *text; /* RUNTIME_PATH bytes */
	size_t len;
};

static void pop(struct path *path)
{
	while (path->text[--path->len] != '\\')
		;
	path->text[path->len] = '\0';
}

static int push(struct path *path, const char *name, size_t len, struct error *err)
{
	if (path->len + 1 + len >= RUNTIME_PATH)
		return error_set(err, ERR_TOOBIG, "the path is longer than %u characters",
				 RUNTIME_PATH - 1);
	path->text[path->len++] = '\\';
	memcpy(path->text + path->len, name, len);
	path->len += len;
	path->text[path->len] = '\0';
	return 0;
}

static int take_name(struct path *path, const char *name, size_t len, struct error *err)
{
	if (len == 0 || (len == 1 && name[0] == '.'))
		return 0;
	for (size_t i = 0; i < len; i++)
		if (name[i] == ':')
			return error_set(err, ERR_INVAL, "a ':' inside the path");
	if (len != 2 || name[0] != '.' || name[1] != '.')
		return push(path, name, len, err);
	if (path->len == sizeof(ROOT) - 1)
		return error_set(err, ERR_INVAL, "'..' leads out of the root");
	pop(path);
	return 0;
}

/* The root's other names. */
static void strip(struct path *path)
{
	static const char *const names[] = { ROOT "\\ebpf\\global", ROOT "\\sys\\fs\\bpf" };

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		size_t len = strlen(names[i]);

		if (path->len <= len || path->text[len] != '\\' ||
		    memcmp(path->text, names[i], len) != 0)
			continue;
		memmove(path->text + sizeof(ROOT) - 1, path->text + len, path->len - len + 1);
		path->len -= len - (sizeof(ROOT) - 1);
		return;
	}
}

int pin_canonical(const char *path, char ret_path[RUNTIME_PATH], struct error *err)
{
	char text[RUNTIME_PATH] = ROOT;
	struct path out = { text, sizeof(ROOT) - 1 };
	const char *at = str_starts(path, ROOT) ? path + sizeof(ROOT) - 1 : path;
	int r = 0;

	while (r == 0 && *at != '\0') {
		const char *name = at;

		while (*at != '\0' && !is_slash(*at))
			at++;
		r = take_name(&out, name, (size_t)(at - name), err);
		if (*at != '\0')
			at++;
	}
	strip(&out);
	if (r == 0 && out.len == sizeof(ROOT) - 1)
		r = error_set(err, ERR_INVAL, "the path names no object");
	if (r < 0) {
		(void)error_prefix(err, "path '%.200s'", path);
		return r;
	}
	memcpy(ret_path, text, sizeof(text));
	return 0;
}

/* --- the table: a list in order --- */

/* Negative, 0 or positive, as a is before b. */
static int compare(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (int)(u8)*a - (int)(u8)*b;
}

/* Where the first pin is that is not before the path. */
static struct pin **place_of(struct runtime *rt, const char *path)
{
	struct pin **place = &rt->pins;

	while (*place != NULL && compare((*place)->path, path) < 0)
		place = &(*place)->next;
	return place;
}

static bool holds(struct pin *const *place, const char *path)
{
	return *place != NULL && str_eq((*place)->path, path);
}

int runtime_pin(struct runtime *rt, const char *path, struct core_object *object, struct error *err)
{
	struct pin *pin = mem_zalloc(sizeof(*pin)), **place;
	int r;

	if (pin == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a pin");
	r = pin_canonical(path, pin->path, err);
	if (r < 0)
		goto out_free;
	os_mutex_take(&rt->admin);
	place = place_of(rt, pin->path);
	if (holds(place, pin->path)) {
		os_mutex_give(&rt->admin);
		r = error_set(err, ERR_EXIST, "path %s is taken", pin->path);
		goto out_free;
	}
	core_get_user(object);
	__atomic_add_fetch(&object->pins, 1, __ATOMIC_RELAXED);
	pin->object = object;
	pin->next = *place;
	*place = pin;
	os_mutex_give(&rt->admin);
	return 0;
out_free:
	mem_free(pin);
	return r;
}

static void drop(struct pin *pin)
{
	__atomic_sub_fetch(&pin->object->pins, 1, __ATOMIC_RELAXED);
	core_put_user(pin->object);
	mem_free(pin);
}

int runtime_unpin(struct runtime *rt, const char *path, struct error *err)
{
	char canonical[RUNTIME_PATH];
	struct pin **place, *pin = NULL;
	int r = pin_canonical(path, canonical, err);

	if (r < 0)
		return r;
	os_mutex_take(&rt->admin);
	place = place_of(rt, canonical);
	if (holds(place, canonical)) {
		pin = *place;
		*place = pin->next;
	}
	os_mutex_give(&rt->admin);
	if (pin == NULL)
		return error_set(err, ERR_NOENT, "nothing is pinned at %s", canonical);
	drop(pin); /* may detach a link, which waits */
	return 0;
}

void runtime_unpin_all(struct runtime *rt)
{
	while (rt->pins != NULL) {
		struct pin *pin = rt->pins;

		rt->pins = pin->next;
		drop(pin);
	}
}

int runtime_pinned(struct runtime *rt, const char *path, struct core_object **ret_object,
		   struct error *err)
{
	char canonical[RUNTIME_PATH];
	struct core_object *object = NULL;
	struct pin **place;
	int r = pin_canonical(path, canonical, err);

	if (r < 0)
		return r;
	os_mutex_take(&rt->admin);
	place = place_of(rt, canonical);
	if (holds(place, canonical)) {
		object = (*place)->object;
		core_get_user(object);
	}
	os_mutex_give(&rt->admin);
	if (object == NULL)
		return error_set(err, ERR_NOENT, "nothing is pinned at %s", canonical);
	*ret_object = object;
	return 0;
}

int runtime_next_pin(struct runtime *rt, const char *after, u32 kinds, char ret_path[RUNTIME_PATH],
		     enum core_kind *ret_kind)
{
	const struct pin *pin;

	os_mutex_take(&rt->admin);
	pin = rt->pins;
	while (pin != NULL &&
	       (compare(pin->path, after) <= 0 || (kinds & (1u << pin->object->kind)) == 0))
		pin = pin->next;
	if (pin != NULL) {
		memcpy(ret_path, pin->path, sizeof(pin->path));
		*ret_kind = pin->object->kind;
	}
	os_mutex_give(&rt->admin);
	return pin == NULL ? ERR_NOENT : 0;
}

/* --- maps that are there already --- */

static int differs(struct error *err, const char *what, u32 has, u32 wants)
{
	return error_set(err, ERR_EXIST, "the pinned map has %s %u, the definition %u", what, has,
			 wants);
}

static int check_same(const struct map *map, const struct runtime_map_options *options,
		      struct error *err)
{
	const struct prog_map *has = &map->def, *wants = options->def, *inner = options->inner;

	if (wants->type == NULL || has->type->kind != wants->type->kind)
		return error_set(err, ERR_EXIST, "the pinned map is a %s, the definition's is a %s",
				 has->type->name, wants->type == NULL ? "?" : wants->type->name);
	if (has->key_size != wants->key_size)
		return differs(err, "key_size", has->key_size, wants->key_size);
	if (has->value_size != wants->value_size)
		return differs(err, "value_size", has->value_size, wants->value_size);
	if (has->max_entries != wants->max_entries)
		return differs(err, "max_entries", has->max_entries, wants->max_entries);
	if (has->flags != wants->flags)
		return differs(err, "flags", has->flags, wants->flags);
	if ((has->type->flags & MAP_TYPE_OF_MAPS) == 0)
		return 0;
	if ((inner == NULL) != (map->inner.type == NULL) ||
	    (inner != NULL &&
	     (inner->type != map->inner.type || inner->key_size != map->inner.key_size ||
	      inner->value_size != map->inner.value_size ||
	      inner->max_entries != map->inner.max_entries)))
		return error_set(err, ERR_EXIST,
				 "the pinned map's inner maps are not as the definition says");
	return 0;
}

static int reuse(struct core_object *object, const struct runtime_map_options *options,
		 struct map **ret_map, struct error *err)
{
	struct map *map = core_to_map(object);
	int r = map == NULL ? error_set(err, ERR_EXIST, "what is pinned there is no map")
			    : check_same(map, options, err);

	if (r < 0)
		core_put_user(object);
	else
		*ret_map = map;
	return r;
}

/* Somebody else may be about to do the same: who comes second starts again. */
static int find_or_make(struct runtime *rt, const struct runtime_map_options *options,
			const char *path, struct map **ret_map, bool *ret_reused, struct error *err)
{
	struct error ignored;
	struct core_object *object;
	struct map *map;
	int r = runtime_pinned(rt, path, &object, &ignored);

	if (r == 0) {
		*ret_reused = true;
		return reuse(object, options, ret_map, err);
	}
	r = runtime_create_map(rt, options, &map, err);
	if (r < 0)
		return r;
	r = runtime_pin(rt, path, &map->core, err);
	if (r < 0) {
		map_free(map);
		if (r == ERR_EXIST && err != NULL)
			*err = (struct error){ 0 };
		return r == ERR_EXIST ? ERR_AGAIN : r;
	}
	*ret_reused = false;
	*ret_map = map;
	return 0;
}

int runtime_reuse_map(struct runtime *rt, const struct runtime_map_options *options,
		      const char *path, struct map **ret_map, bool *ret_reused, struct error *err)
{
	char canonical[RUNTIME_PATH];
	bool reused = false;
	int r;

	if (path == NULL)
		path = options->def->name;
	if (path == NULL)
		return error_set(err, ERR_INVAL, "a map without a name cannot be pinned by it");
	r = pin_canonical(path, canonical, err);
	if (r < 0)
		return r;
	do
		r = find_or_make(rt, options, canonical, ret_map, &reused, err);
	while (r == ERR_AGAIN);
	if (r < 0) {
		(void)error_prefix(err, "path %s", canonical);
		return r;
	}
	if (ret_reused != NULL)
		*ret_reused = reused;
	return 0;
}
