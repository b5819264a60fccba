/* SPDX-License-Identifier: MIT */
/* Values of a kernel's configuration: undefined variables that BTF places in .kconfig. They become
 * the fields of one more read-only map of global variables, laid out here, as the file gives them
 * no places. Without a kernel only few have a value, and those that the user gives; weak ones
 * without are 0, and what needs another does not run. */
#include "base/le.h"
#include "base/str.h"
#include "object/index.h"
#include "object/kconfig.h"

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

/* --- what the user gives ---------------------------------------------------------------------- */

/* What a variable can hold, from its type. */
enum shape { SHAPE_OTHER, SHAPE_BOOL, SHAPE_TRISTATE, SHAPE_CHAR, SHAPE_NUMBER, SHAPE_STRING };

static enum shape shape_of(const struct btf *btf, u32 id)
{
	const struct btf_type *type = btf_type(btf, btf_skip_modifiers(btf, id));
	const struct btf_type *element;

	switch (type->kind) {
	case BTF_INT:
		if ((type->flags & BTF_INT_BOOL) != 0)
			return type->size == 1 ? SHAPE_BOOL : SHAPE_OTHER;
		if (type->size == 1)
			return SHAPE_CHAR;
		return type->size == 2 || type->size == 4 || type->size == 8 ? SHAPE_NUMBER
									     : SHAPE_OTHER;
	case BTF_ENUM: return str_eq(type->name, "libbpf_tristate") ? SHAPE_TRISTATE : SHAPE_OTHER;
	case BTF_ARRAY:
		element = btf_type(btf, btf_skip_modifiers(btf, type->type));
		return element->kind == BTF_INT && element->size == 1 ? SHAPE_STRING : SHAPE_OTHER;
	default: return SHAPE_OTHER;
	}
}

static bool number_fits(const struct btf_type *type, u32 size, const struct kconfig_value *value)
{
	u64 top = value->number >> (size * 8 - 1); /* from the sign bit on */

	if ((type->flags & BTF_INT_SIGNED) == 0)
		return !value->is_negative && (size == 8 || top <= 1);
	return value->is_negative ? top == UINT64_MAX >> (size * 8 - 1) : top == 0;
}

static const char *set_letter(enum shape shape, char letter, u8 *place)
{
	switch (shape) {
	case SHAPE_BOOL:
		if (letter == 'm')
			return "m does not fit a bool";
		*place = letter == 'y';
		return NULL;
	case SHAPE_TRISTATE: /* n, y, m; little endian as everything */
		*place = letter == 'm' ? 2 : letter == 'y';
		return NULL;
	case SHAPE_CHAR: *place = (u8)letter; return NULL;
	case SHAPE_NUMBER:
	case SHAPE_STRING:
	case SHAPE_OTHER: break;
	}
	return "y, m and n do not fit its type";
}

static void set_string(struct object *obj, const struct config *config,
		       const struct kconfig_value *value, u8 *place)
{
	size_t len = MIN(value->len, config->size - 1); /* a zero byte ends it */

	if (len < value->len)
		object_warn(obj, "%s is cut off after %llu bytes", config->name, (u64)len);
	memcpy(place, value->text, len);
}

/* NULL, or why the variable cannot hold it. */
static const char *set_given(struct object *obj, const struct config *config, u32 type,
			     const struct kconfig_value *value, u8 *place)
{
	enum shape shape = shape_of(&obj->btf, type);
	u8 bytes[8];

	switch (value->kind) {
	case KCONFIG_LETTER: return set_letter(shape, value->letter, place);
	case KCONFIG_NUMBER:
		if ((shape != SHAPE_NUMBER && shape != SHAPE_CHAR) || config->size == 0 ||
		    config->size > sizeof(bytes))
			return "a number does not fit its type";
		if (!number_fits(btf_type(&obj->btf, btf_skip_modifiers(&obj->btf, type)),
				 config->size, value))
			return "the number does not fit its type";
		le64_store(bytes, value->number);
		memcpy(place, bytes, config->size);
		return NULL;
	case KCONFIG_STRING:
		if (shape != SHAPE_STRING || config->size == 0)
			return "a string does not fit its type";
		set_string(obj, config, value, place);
		return NULL;
	}
	return "its value is of no known kind";
}

/* --- places ----------------------------------------------------------------------------------- */

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

static void set_value(struct object *obj, struct config *config, u32 type,
		      const struct kconfig *given, u8 *place)
{
	const struct kconfig_value *value = given != NULL ? kconfig_get(given, config->name) : NULL;

	if (value == NULL) {
		config->has_value = set_known(obj, config->name, place, config->size);
		return;
	}
	config->bad = set_given(obj, config, type, value, place);
	config->has_value = config->bad == NULL;
	if (config->bad != NULL)
		object_warn(obj, "%s: %s", config->name, config->bad);
}

int object_read_kconfig(struct object *obj, const struct kconfig *given)
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
		set_value(obj, &configs[i], btf_type(&obj->btf, section->members[i].type)->type,
			  given, bytes + configs[i].off);
		if (strmap_put(&index->configs, configs[i].name, i) != 0)
			return ERR_NOMEM;
	}
	index->config_list = configs;
	index->config_count = section->count;
	return add_map(obj, size, bytes);
}
