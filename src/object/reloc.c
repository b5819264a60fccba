/* SPDX-License-Identifier: MIT */
/* What one relocation of code means: a map, a place in global variables, a function's address, a
 * call, or something outside of the file. */
#include "base/str.h"
#include "object/index.h"

struct target {
	const struct elf_reloc *reloc;
	const struct elf_symbol *symbol;
	const char
		*name; /* for messages: of the symbol or, for a section's symbol, of the section */
};

static int lddw_map(struct link *link, const struct target *target, struct insn *insn, u64 off,
		    struct error *err)
{
	const struct object *obj = link->obj;
	u32 map = object_map_at(obj, target->symbol->section, off);

	if (map == PROG_NO_INDEX)
		return error_set(err, ERR_NOEXEC, "no map is defined at 0x%llx of section %s", off,
				 obj->elf.sections[target->symbol->section].name);
	if (obj->index->map_infos[map].bad != NULL)
		return error_set(err, ERR_NOEXEC, "map %s: %s", obj->maps[map].name,
				 obj->index->map_infos[map].bad);
	insn->op = LDDW_MAP;
	insn->imm = map;
	insn->off = 0;
	return 0;
}

/* Pointers inside initialized variables would need addresses before there are any. */
static int check_global_relocs(struct link *link, u32 section, struct error *err)
{
	struct object *obj = link->obj;
	int status = object_read_relocs(obj, section, err);

	if (status != 0)
		return status;
	if (obj->index->sections[section].reloc_count == 0)
		return 0;
	return error_set(
		err, ERR_NOTSUP,
		"section %s holds an address (relocation at 0x%llx), which is not supported",
		obj->elf.sections[section].name, obj->index->sections[section].relocs[0].offset);
}

static int lddw_global(struct link *link, const struct target *target, struct insn *insn, u64 off,
		       struct error *err)
{
	const struct object *obj = link->obj;
	const struct elf_section *section = &obj->elf.sections[target->symbol->section];
	u32 map = obj->index->sections[target->symbol->section].first;

	if (obj->index->map_infos[map].bad != NULL)
		return error_set(err, ERR_NOEXEC, "section %s: %s", section->name,
				 obj->index->map_infos[map].bad);
	if (off > section->size) /* one past the end is an address too */
		return error_set(err, ERR_NOEXEC, "0x%llx is outside of section %s", off,
				 section->name);
	insn->op = LDDW_MAP_VALUE;
	insn->imm = map;
	insn->off = (s32)off;
	return check_global_relocs(link, target->symbol->section, err);
}

/* A value of a kernel's configuration that is known, or is weak and so 0. */
static int lddw_config(const struct link *link, const struct config *config, struct insn *insn,
		       struct error *err)
{
	if (config->bad != NULL)
		return error_set(err, ERR_NOEXEC, "variable %s: %s", config->name, config->bad);
	if ((u64)insn->imm > config->size)
		return error_set(err, ERR_NOEXEC, "0x%llx is outside of variable %s",
				 (u64)insn->imm, config->name);
	insn->off = (s32)(config->off + (u32)insn->imm);
	insn->imm = link->obj->index->config_map;
	insn->op = LDDW_MAP_VALUE;
	return 0;
}

/* Who runs the program supplies the variable, or refuses it by its name. */
static int lddw_extern(struct link *link, const struct target *target, struct insn *insn,
		       struct error *err)
{
	struct prog_var var = { .name = target->name,
				.is_weak = target->symbol->bind == ELF_STB_WEAK };
	const struct object_index *index = link->obj->index;
	u64 config;
	u32 idx = 0;

	if (var.name[0] == 0)
		return error_set(err, ERR_NOEXEC,
				 "the address of an undefined symbol without name");
	var.is_config = strmap_get(&index->configs, var.name, &config);
	if (var.is_config && (var.is_weak || index->config_list[config].has_value ||
			      index->config_list[config].bad != NULL))
		return lddw_config(link, &index->config_list[config], insn, err);
	insn->imm = 0;
	if (var.is_weak) { /* absent: its address is 0 */
		insn->op = LDDW_IMM;
		return 0;
	}
	insn->op = LDDW_VARIABLE;
	while (idx < link->vars.count && !str_eq(link->vars.items[idx].name, var.name))
		idx++;
	insn->imm = idx;
	if (idx < link->vars.count)
		return 0;
	if (idx == OBJECT_MAX_EXTERNS)
		return error_set(err, ERR_TOOBIG, "%s is one undefined variable more than %u",
				 var.name, OBJECT_MAX_EXTERNS);
	return vec_push(&link->vars, var) != 0 ? error_set(err, ERR_NOMEM, "out of memory") : 0;
}

static int reloc_lddw(struct link *link, const struct target *target, u32 slot, struct error *err)
{
	const struct object *obj = link->obj;
	struct insn *insn = &link->insns.items[slot];
	u32 section = target->symbol->section;
	u64 off;

	if (insn->kind != INSN_LDDW || (insn->op != LDDW_IMM && insn->op != LDDW_MAP))
		return error_set(err, ERR_NOEXEC, "an address of %s, but no LDDW to hold it",
				 target->name);
	if (section == ELF_SHN_UNDEF)
		return lddw_extern(link, target, insn, err);
	if (section >= obj->elf.section_count)
		return error_set(err, ERR_NOEXEC, "symbol %s is in no section", target->name);
	off = target->symbol->value + (u64)target->reloc->addend +
	      (insn->op == LDDW_IMM ? (u64)insn->imm : 0);
	switch (obj->index->sections[section].use) {
	case SECTION_LEGACY_MAPS:
	case SECTION_BTF_MAPS: return lddw_map(link, target, insn, off, err);
	case SECTION_GLOBALS: return lddw_global(link, target, insn, off, err);
	case SECTION_CODE:
		insn->op = LDDW_CODE;
		insn->imm = 0;
		return link_code_address(link, slot, section, off, err);
	case SECTION_OTHER: break;
	}
	return error_set(err, ERR_NOEXEC,
			 "symbol %s is in section %s, which holds nothing for programs",
			 target->name, obj->elf.sections[section].name);
}

/* Helpers go by number, but a program may declare one as a function and leave the number to us. */
static const struct spec_helper *helper_by_name(const struct object *obj, const char *name)
{
	const struct spec_helper *helper;

	for (size_t i = 0; (helper = spec_nth_helper(obj->spec, i)) != NULL; i++)
		if (helper->dialect == obj->dialect && helper->type == NULL &&
		    str_eq(helper->name, name))
			return helper;
	return NULL;
}

static int call_extern(struct link *link, const struct target *target, struct insn *insn,
		       struct error *err)
{
	const struct spec_helper *helper = helper_by_name(link->obj, target->name);
	struct prog_func func = { .name = target->name,
				  .is_weak = target->symbol->bind == ELF_STB_WEAK };
	u32 idx = 0;

	if (target->name[0] == 0)
		return error_set(err, ERR_NOEXEC, "a call of an undefined symbol without name");
	if (helper != NULL) {
		*insn = (struct insn){ .kind = INSN_CALL, .imm = helper->id };
		return 0;
	}
	while (idx < link->externs.count && !str_eq(link->externs.items[idx].name, func.name))
		idx++;
	if (idx == OBJECT_MAX_EXTERNS)
		return error_set(err, ERR_TOOBIG, "%s is one undefined function more than %u",
				 func.name, OBJECT_MAX_EXTERNS);
	if (idx == link->externs.count && vec_push(&link->externs, func) != 0)
		return error_set(err, ERR_NOMEM, "out of memory");
	*insn = (struct insn){ .kind = INSN_CALL_KFUNC, .imm = idx };
	return 0;
}

static int reloc_call(struct link *link, const struct target *target, u32 slot, struct error *err)
{
	struct insn *insn = &link->insns.items[slot];
	u32 section;
	u64 off;

	if (insn->kind != INSN_CALL_LOCAL && insn->kind != INSN_CALL_KFUNC)
		return error_set(err, ERR_NOEXEC,
				 "a call relocation to %s, but no call of a function",
				 target->name);
	if (target->symbol->section == ELF_SHN_UNDEF)
		return call_extern(link, target, insn, err);
	if (insn->kind != INSN_CALL_LOCAL ||
	    !object_call_target(link->obj, target->reloc, insn->off, &section, &off))
		return error_set(err, ERR_NOEXEC, "a call to %s, which is no code", target->name);
	return link_call(link, slot, section, off, err);
}

int link_reloc(struct link *link, const struct elf_reloc *reloc, u32 slot, struct error *err)
{
	const struct elf *elf = &link->obj->elf;
	struct target target = { .reloc = reloc, .symbol = &elf->symbols[reloc->symbol] };

	target.name = target.symbol->name;
	if (target.name[0] == 0 && target.symbol->section < elf->section_count)
		target.name = elf->sections[target.symbol->section].name;
	switch (reloc->type) {
	case RELOC_64_64: return reloc_lddw(link, &target, slot, err);
	case RELOC_64_32: return reloc_call(link, &target, slot, err);
	case RELOC_64_ABS64:
	case RELOC_64_ABS32:
	case RELOC_64_NODYLD32:
		return error_set(err, ERR_NOEXEC,
				 "relocation type %u (to %s) is for data and cannot be in code",
				 reloc->type, target.name);
	default:
		return error_set(err, ERR_NOEXEC, "relocation type %u (to %s) is unknown",
				 reloc->type, target.name);
	}
}
