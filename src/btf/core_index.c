/* SPDX-License-Identifier: MIT */
/* Types by name: a chain of ids for each hash. A kernel has over a hundred thousand types and each
 * relocation asks for one name. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "btf/core_internal.h"

/* Longer names are not found: what is hostile could make each of its types cost a long one. */
enum { NAME_MAX_LEN = 511 };

static size_t bounded_len(const char *name)
{
	size_t len = 0;

	while (len <= NAME_MAX_LEN && name[len] != '\0')
		len++;
	return len;
}

/* The last "___" with something else on both sides begins the flavor. */
static size_t plain_len(const char *name, size_t len)
{
	for (size_t i = len; i-- > 4;) {
		if (name[i] != '_' && name[i - 1] == '_' && name[i - 2] == '_' &&
		    name[i - 3] == '_' && name[i - 4] != '_')
			return i - 3;
	}
	return len;
}

size_t btf_core_name_len(const char *name)
{
	return plain_len(name, strlen(name));
}

/* Long names are paid for. */
static void spend(struct btf_core *core, size_t bytes)
{
	core->steps -= core->steps < bytes / 8 ? core->steps : bytes / 8;
}

static size_t common_len(struct btf_core *core, const char *a, const char *b)
{
	size_t len = 0;

	while (len <= NAME_MAX_LEN && a[len] == b[len] && a[len] != '\0')
		len++;
	spend(core, len);
	return len;
}

bool core_equal_name(struct btf_core *core, const char *a, const char *b)
{
	size_t len = common_len(core, a, b);

	return len <= NAME_MAX_LEN && a[len] == b[len];
}

bool core_same_name(struct btf_core *core, const char *a, const char *b)
{
	size_t len = common_len(core, a, b), a_len, b_len;

	if (len > NAME_MAX_LEN)
		return false;
	if (a[len] == b[len])
		return true;
	a_len = bounded_len(a);
	b_len = bounded_len(b);
	if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN)
		return false;
	spend(core, a_len + b_len);
	a_len = plain_len(a, a_len);
	b_len = plain_len(b, b_len);
	return a_len == b_len && a_len <= len;
}

bool core_names_fit(struct btf_core *core, const char *a, const char *b)
{
	return a[0] == '\0' || b[0] == '\0' || core_same_name(core, a, b);
}

/* False for names that are not looked for. */
static bool name_hash(const struct btf_index *index, const char *name, u32 *ret_hash)
{
	size_t len = bounded_len(name);

	if (len == 0 || len > NAME_MAX_LEN)
		return false;
	*ret_hash = (u32)hash_bytes(name, plain_len(name, len), index->seed) & index->mask;
	return true;
}

/* Whether a relocation can begin at such a type. */
static bool is_root(const struct btf_type *type)
{
	switch (type->kind) {
	case BTF_INT:
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_ENUM:
	case BTF_ENUM64:
	case BTF_FWD:
	case BTF_TYPEDEF:
	case BTF_FLOAT: return true;
	default: return false;
	}
}

int btf_index_open(const struct btf *btf, u64 seed, struct arena *arena,
		   struct btf_index *ret_index, struct error *err)
{
	struct btf_index index = { .btf = btf, .seed = seed };
	u32 size = 1;

	while (size < btf->type_count && size < 1u << 31)
		size *= 2;
	index.mask = size - 1;
	index.heads = arena_array(arena, size, sizeof(*index.heads));
	index.next = arena_array(arena, (size_t)btf->type_count + 1, sizeof(*index.next));
	if (index.heads == NULL || index.next == NULL)
		return error_set(err, ERR_NOMEM, "no memory for the names of %u BTF types",
				 btf->type_count);
	for (u32 id = btf->type_count; id-- > 1;) {
		const struct btf_type *type = &btf->types[id];
		u32 hash;

		if (!is_root(type) || !name_hash(&index, type->name, &hash))
			continue;
		index.next[id] = index.heads[hash];
		index.heads[hash] = id;
	}
	*ret_index = index;
	return 0;
}

u32 core_index_first(const struct btf_index *index, const char *name)
{
	u32 hash;

	return name_hash(index, name, &hash) ? index->heads[hash] : 0;
}
