/* SPDX-License-Identifier: MIT */
/* Any bytes as .BTF and .BTF.ext: the first two say how many are the former's. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/le.h"
#include "btf/btf.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Everything that users rely on without looking. */
static void check_type(const struct btf *btf, u32 id)
{
	const struct btf_type *type = btf_type(btf, id);
	u32 bare = btf_skip_modifiers(btf, id);
	u64 size = 0;

	check(type->name >= btf->strings || id == 0);
	check(strlen(type->name) < btf->string_len || id == 0);
	check(type->type < btf->type_count && type->index_type < btf->type_count);
	check(bare < btf->type_count && btf_skip_modifiers(btf, bare) == bare);
	check(btf_size_of(btf, id, &size) || size == 0);
	if (type->members == NULL)
		return;
	for (u32 i = 0; i < type->count; i++) {
		const struct btf_member *member = &type->members[i];

		check(member->type < btf->type_count);
		check(strlen(member->name) < btf->string_len);
		if (type->kind != BTF_STRUCT && type->kind != BTF_UNION)
			continue;
		check(btf_size_of(btf, member->type, &size));
		check(member->off + (member->size != 0 ? member->size : size * 8) <=
		      (u64)type->size * 8);
	}
}

static void check_ext(const struct btf *btf, const struct btf_ext *ext)
{
	for (u32 i = 0; i < ext->section_count; i++) {
		const struct btf_ext_section *section = &ext->sections[i];

		check(btf_ext_section(ext, section->name) == section);
		check(section->func_count + section->line_count + section->relo_count > 0);
		for (u32 k = 0; k < section->func_count; k++)
			check(btf_type(btf, section->funcs[k].type)->kind == BTF_FUNC);
		for (u32 k = 1; k < section->line_count; k++)
			check(section->lines[k - 1].insn_off <= section->lines[k].insn_off);
		for (u32 k = 0; k < section->relo_count; k++)
			check(section->relos[k].type < btf->type_count &&
			      strlen(section->relos[k].access) < btf->string_len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct error err = { 0 };
	struct btf_ext ext;
	struct btf btf;
	size_t len;

	if (size < 2)
		return 0;
	len = le16_load(data);
	data += 2;
	size -= 2;
	if (len > size)
		len = size;
	arena_init(&arena, 0);
	if (btf_open(data, len, &arena, &btf, &err) != 0) {
		check(err.status != 0 && err.text[0] != '\0');
		goto out;
	}
	for (u32 id = 0; id < btf.type_count; id++)
		check_type(&btf, id);
	if (btf_ext_open(data + len, size - len, &btf, &arena, &ext, &err) == 0)
		check_ext(&btf, &ext);
	else
		check(err.status != 0 && err.text[0] != '\0');
out:
	arena_fini(&arena);
	return 0;
}
