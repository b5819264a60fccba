/* SPDX-License-Identifier: MIT */
/* Values of a kernel's configuration: undefined variables that BTF places in .kconfig. They become
 * the fields of one more read-only map of global variables, laid out here, as the file gives them
 * no places. Without a kernel only few have a value; weak ones without are 0, and what needs
 * another does not run. */
#include "base/le.h"
#include "base/str.h"
#include "object/index.h"

#define KCONFIG_MAX	(1u << 20) /* bytes */
#define KCONFIG_ALIGN	8
#define KERNEL(a, b, c) ((a) << 16 | (b) << 8 | (c))

/* Those that libbpf makes up itself, as they are for the kernel whose interface the Linux dialect
 * describes. */
static const struct {
	const char *name;
	u32 min_size;
	u64 value;
} known[] = {
	{ "LINUX_KERNEL_VERSION", 4, KERNEL(6, 18, 0) },
	{ "LINUX_HAS_BPF_COOKIE", 1, 1 },
	{ "LINUX_HAS_SYSCALL_WRAPPER", 1, 1 },
};

static bool set_known(const struct object *obj, const char *name, u8 *place, u32 size)
{
	u8 bytes[8];

	if (obj->dialect != DIALECT_LINUX || (size != 1 && size != 2 && size != 4 && size != 8))
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
		if (!str_eq(known[i].name, name) || size < known[i].min_size)
			continue;
		le64_store(bytes, known[i].value);
		memcpy(place, bytes, size);
		return true;
	}
	return false;
}

/* Room for each; false when it is too much in all. */
static bool lay_out(const struct object *obj, const struct btf_type *section,
		    struct config *configs, u32 *ret_size)
{
	u64 at = 0;

	for (u32 i = 0; i < section->count; i++) {
		const struct btf_type *var = btf_type(&obj->btf, section->members[i].type);
		u64 size;

		if (!btf_size_of(&obj->btf, section->members[i].type, &size))
			size = 0;
		if (size > KCONFIG_MAX || at > KCONFIG_MAX)
			return false;
		configs[i] =
			(struct config){ .name = var->name, .off = (u32)at, .size = (u32)size };
		/* An array of unknown length has a first element, too, which ends it. */
		at += MAX((size + KCONFIG_ALIGN - 1) / KCONFIG_ALIGN * KCONFIG_ALIGN,
			  KCONFIG_ALIGN);
	}
	*ret_size = (u32)at;
	return at <= KCONFIG_MAX;
}

static int add_map(struct object *obj, u32 size, const u8 *bytes)
{
	struct prog_map *map;

	if (object_add_map(obj, ".kconfig", 0, 0, &obj->index->config_map) != 0)
		return ERR_NOMEM;
	map = &obj->maps[obj->index->config_map];
	map->type = spec_map_type_by_kind(MAP_KIND_ARRAY);
	map->key_size = 4;
	map->value_size = size;
	map->max_entries = 1;
	map->is_global = true;
	map->read_only = true;
	map->initial = bytes;
	map->initial_len = size;
	return 0;
}

int kconfig_read(struct object *obj)
{
	u32 id = btf_find(&obj->btf, BTF_DATASEC, ".kconfig"), size;
	const struct btf_type *section = btf_type(&obj->btf, id);
	struct object_index *index = obj->index;
	struct config *configs;
	u8 *bytes;

	index->config_map = PROG_NO_INDEX;
	if (id == 0 || section->count == 0)
		return 0;
	configs = arena_array(&obj->arena, section->count, sizeof(*configs));
	if (configs == NULL)
		return ERR_NOMEM;
	if (!lay_out(obj, section, configs, &size)) {
		object_warn(obj, "section .kconfig is ignored: it is larger than 0x%x bytes",
			    KCONFIG_MAX);
		return 0;
	}
	bytes = arena_alloc(&obj->arena, size);
	if (bytes == NULL)
		return ERR_NOMEM;
	for (u32 i = 0; i < section->count; i++) {
		configs[i].has_value =
			set_known(obj, configs[i].name, bytes + configs[i].off, configs[i].size);
		if (strmap_put(&index->configs, configs[i].name, i) != 0)
			return ERR_NOMEM;
	}
	index->config_list = configs;
	return add_map(obj, size, bytes);
}
