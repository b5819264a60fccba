/* SPDX-License-Identifier: MIT */
/* What does not fit together: records of .BTF.ext and relocations for sections that cannot be told
 * or are not there. A program that may be meant does not link; about the rest there is a warning.
 */
#include "base/str.h"
#include "object/index.h"

static void refuse_funcs(struct object *obj, u32 section, const char *why)
{
	const struct section_info *info = &obj->index->sections[section];

	for (u32 i = info->first; i < info->first + info->count; i++)
		if (obj->index->funcs[i].bad == NULL)
			obj->index->funcs[i].bad = why;
}

/* CO-RE records that no function's code can take. */
static void check_ext(struct object *obj, u32 section, const struct btf_ext_section *ext)
{
	u64 size = obj->elf.sections[section].size;

	if (ext->relo_count > 0 && ext->relos[ext->relo_count - 1].insn_off >= size)
		object_warn(obj,
			    "section .BTF.ext: CO-RE relocation at 0x%x of section %s (0x%llx)",
			    ext->relos[ext->relo_count - 1].insn_off,
			    obj->elf.sections[section].name, size);
}

/* Records of BTF.ext name their section: of two sections with one name nobody knows whose they are.
 * Without lines one can live, without CO-RE relocations not. */
static void refuse_same_name(struct object *obj, u32 section)
{
	struct section_info *info = &obj->index->sections[section];

	if (info->ext != NULL && info->ext->relo_count > 0)
		refuse_funcs(obj, section,
			     "two sections have its section's name, and CO-RE relocations could be "
			     "either's");
	info->ext = NULL;
}

int object_find_ext(struct object *obj)
{
	struct strmap names; /* to the last section of that name */
	int status = 0;
	u64 other;

	strmap_init(&names, obj->index->symbols.seed);
	for (u32 i = 1; i < obj->elf.section_count && status == 0; i++) {
		struct section_info *info = &obj->index->sections[i];
		const char *name = obj->elf.sections[i].name;

		if (info->use != SECTION_CODE)
			continue;
		info->ext = btf_ext_section(&obj->btf_ext, name);
		if (info->ext == NULL)
			continue;
		check_ext(obj, i, info->ext);
		if (strmap_get(&names, name, &other)) {
			object_warn(obj, "two sections %s: records of .BTF.ext are not used", name);
			refuse_same_name(obj, (u32)other);
			refuse_same_name(obj, i);
		}
		status = strmap_put(&names, name, i);
	}
	strmap_fini(&names);
	return status;
}

static bool is_lost(const struct object *obj, u32 section)
{
	const struct elf_section *elf = &obj->elf.sections[section];

	return (elf->type == ELF_SHT_REL || elf->type == ELF_SHT_RELA) && elf->size > 0 &&
	       (elf->info == 0 || elf->info >= obj->elf.section_count);
}

/* Relocations of a section that does not exist: by convention the name tells which was meant. */
static void refuse_lost(struct object *obj, u32 section, const struct strmap *code)
{
	const char *name = obj->elf.sections[section].name;
	u64 meant;

	object_warn(obj, "relocation section %s patches section %u of %u", name,
		    obj->elf.sections[section].info, obj->elf.section_count);
	if (str_starts(name, ".rela") && strmap_get(code, name + 5, &meant))
		refuse_funcs(obj, (u32)meant, "its relocations patch no section");
	else if (str_starts(name, ".rel") && strmap_get(code, name + 4, &meant))
		refuse_funcs(obj, (u32)meant, "its relocations patch no section");
}

static int check_lost_relocs(struct object *obj)
{
	struct strmap code;
	int status = 0;
	bool any = false;

	for (u32 i = 1; i < obj->elf.section_count && !any; i++)
		any = is_lost(obj, i);
	if (!any)
		return 0;
	strmap_init(&code, obj->index->symbols.seed);
	for (u32 i = 1; i < obj->elf.section_count && status == 0; i++)
		if (obj->index->sections[i].use == SECTION_CODE)
			status = strmap_put(&code, obj->elf.sections[i].name, i);
	for (u32 i = 1; i < obj->elf.section_count && status == 0; i++)
		if (is_lost(obj, i))
			refuse_lost(obj, i, &code);
	strmap_fini(&code);
	return status;
}

/* Maps of functions, whose definition is a variable's contents. */
static void warn_struct_ops(struct object *obj)
{
	for (u32 i = 1; i < obj->elf.section_count; i++)
		if (elf_name_is(obj->elf.sections[i].name, ".struct_ops"))
			object_warn(obj, "section %s: maps of type struct_ops are not supported",
				    obj->elf.sections[i].name);
}

int object_find_defects(struct object *obj)
{
	warn_struct_ops(obj);
	return check_lost_relocs(obj);
}
