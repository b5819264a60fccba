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

/* --- what it refers to ------------------------------------------------------------------------ */

static int find_map(const struct object *obj, u32 section, struct reloc_target *to,
		    struct error *err)
{
	u32 map = object_map_at(obj, section, to->off);

	if (map == PROG_NO_INDEX)
		return error_set(err, ERR_NOEXEC, "no map is defined at 0x%llx of section %s",
				 to->off, obj->elf.sections[section].name);
	if (obj->index->map_infos[map].bad != NULL)
		return error_set(err, ERR_NOEXEC, "map %s: %s", obj->maps[map].name,
				 obj->index->map_infos[map].bad);
	*to = (struct reloc_target){ .kind = OBJECT_RELOC_MAP, .idx = map };
	return 0;
}

static int find_global(const struct object *obj, u32 idx, struct reloc_target *to,
		       struct error *err)
{
	const struct elf_section *section = &obj->elf.sections[idx];
	u32 map = obj->index->sections[idx].first;

	if (obj->index->map_infos[map].bad != NULL)
		return error_set(err, ERR_NOEXEC, "section %s: %s", section->name,
				 obj->index->map_infos[map].bad);
	if (to->off > section->size) /* one past the end is an address too */
		return error_set(err, ERR_NOEXEC, "0x%llx is outside of section %s", to->off,
				 section->name);
	to->kind = OBJECT_RELOC_GLOBAL;
	to->idx = map;
	return 0;
}

/* A variable that the file does not define: a value of a kernel's configuration that is known, or
 * is weak and so 0; or one of who runs the program. */
static int find_extern(const struct object *obj, const struct target *target,
		       const struct insn *insn, struct reloc_target *to, struct error *err)
{
	const struct object_index *index = obj->index;
	const struct config *config;
	u64 idx;

	if (target->name[0] == 0)
		return error_set(err, ERR_NOEXEC,
				 "the address of an undefined symbol without name");
	to->kind = OBJECT_RELOC_VARIABLE;
	to->is_weak = target->symbol->bind == ELF_STB_WEAK;
	to->is_config = strmap_get(&index->configs, target->name, &idx);
	if (!to->is_config)
		return 0;
	config = &index->config_list[idx];
	to->size = config->size;
	if (!to->is_weak && !config->has_value && config->bad == NULL)
		return 0;
	if (config->bad != NULL)
		return error_set(err, ERR_NOEXEC, "variable %s: %s", config->name, config->bad);
	if ((u64)insn->imm > config->size)
		return error_set(err, ERR_NOEXEC, "0x%llx is outside of variable %s",
				 (u64)insn->imm, config->name);
	to->kind = OBJECT_RELOC_CONFIG;
	to->idx = index->config_map;
	to->off = config->off + (u64)insn->imm;
	return 0;
}

static int find_lddw(const struct object *obj, const struct target *target, const struct insn *insn,
		     struct reloc_target *to, struct error *err)
{
	u32 section = target->symbol->section;

	if (insn->kind != INSN_LDDW || (insn->op != LDDW_IMM && insn->op != LDDW_MAP))
		return error_set(err, ERR_NOEXEC, "an address of %s, but no LDDW to hold it",
				 target->name);
	if (section == ELF_SHN_UNDEF)
		return find_extern(obj, target, insn, to, err);
	if (section >= obj->elf.section_count)
		return error_set(err, ERR_NOEXEC, "symbol %s is in no section", target->name);
	to->section = section;
	to->off = target->symbol->value + (u64)target->reloc->addend +
		  (insn->op == LDDW_IMM ? (u64)insn->imm : 0);
	switch (obj->index->sections[section].use) {
	case SECTION_LEGACY_MAPS:
	case SECTION_BTF_MAPS: return find_map(obj, section, to, err);
	case SECTION_GLOBALS: return find_global(obj, section, to, err);
	case SECTION_CODE: to->kind = OBJECT_RELOC_FUNCTION; return 0;
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

static int find_call(const struct object *obj, const struct target *target, const struct insn *insn,
		     struct reloc_target *to, struct error *err)
{
	if (insn->kind != INSN_CALL_LOCAL && insn->kind != INSN_CALL_KFUNC)
		return error_set(err, ERR_NOEXEC,
				 "a call relocation to %s, but no call of a function",
				 target->name);
	if (target->symbol->section == ELF_SHN_UNDEF) {
		if (target->name[0] == 0)
			return error_set(err, ERR_NOEXEC,
					 "a call of an undefined symbol without name");
		to->helper = helper_by_name(obj, target->name);
		to->kind = to->helper != NULL ? OBJECT_RELOC_HELPER : OBJECT_RELOC_EXTERN;
		to->is_weak = target->symbol->bind == ELF_STB_WEAK;
		return 0;
	}
	if (insn->kind != INSN_CALL_LOCAL ||
	    !object_call_target(obj, target->reloc, insn->off, &to->section, &to->off))
		return error_set(err, ERR_NOEXEC, "a call to %s, which is no code", target->name);
	to->kind = OBJECT_RELOC_CALL;
	return 0;
}

int reloc_find_target(const struct object *obj, const struct elf_reloc *reloc,
		      const struct insn *insn, struct reloc_target *ret, struct error *err)
{
	struct target target = { .reloc = reloc, .symbol = &obj->elf.symbols[reloc->symbol] };
	struct reloc_target to = { 0 };
	int status;

	target.name = object_symbol_name(obj, target.symbol);
	to.name = target.name;
	switch (reloc->type) {
	case RELOC_64_64: status = find_lddw(obj, &target, insn, &to, err); break;
	case RELOC_64_32: status = find_call(obj, &target, insn, &to, err); break;
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
	if (status == 0)
		*ret = to;
	return status;
}

const char *object_symbol_name(const struct object *obj, const struct elf_symbol *symbol)
{
	return symbol->name[0] == 0 && symbol->section < obj->elf.section_count
		       ? obj->elf.sections[symbol->section].name
		       : symbol->name;
}

/* --- putting it into the instruction ---------------------------------------------------------- */

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

/* Who runs the program supplies the variable, or refuses it by its name. */
static int use_variable(struct link *link, const struct reloc_target *to, struct insn *insn,
			struct error *err)
{
	struct prog_var var = { to->name, to->is_weak, to->is_config, to->size };
	u32 idx = 0;

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

#define MODULE_TAG "module_id:"

/* The GUID of the module that has the function, as a tag of its declaration says:
 * "module_id:{...}". NULL: there is no such tag, or no memory. */
static const char *module_of(const struct object *obj, const char *name)
{
	const struct btf *btf = &obj->btf;

	for (u32 i = 1; i < btf->type_count; i++) {
		const struct btf_type *tag = &btf->types[i], *func;

		if (tag->kind != BTF_DECL_TAG || tag->component != -1 ||
		    !str_starts(tag->name, MODULE_TAG))
			continue;
		func = btf_type(btf, tag->type);
		if (func == NULL || func->kind != BTF_FUNC || !str_eq(func->name, name))
			continue;
		return tag->name + sizeof(MODULE_TAG) - 1;
	}
	return NULL;
}

static int use_extern(struct link *link, const struct reloc_target *to, struct insn *insn,
		      struct error *err)
{
	struct prog_func func = { .name = to->name, .is_weak = to->is_weak };
	u32 idx = 0;

	while (idx < link->externs.count && !str_eq(link->externs.items[idx].name, func.name))
		idx++;
	if (idx == OBJECT_MAX_EXTERNS)
		return error_set(err, ERR_TOOBIG, "%s is one undefined function more than %u",
				 func.name, OBJECT_MAX_EXTERNS);
	if (idx == link->externs.count)
		func.module = module_of(link->obj, func.name);
	if (idx == link->externs.count && vec_push(&link->externs, func) != 0)
		return error_set(err, ERR_NOMEM, "out of memory");
	*insn = (struct insn){ .kind = INSN_CALL_KFUNC, .imm = idx };
	return 0;
}

static void use_map(struct insn *insn, enum lddw_op op, const struct reloc_target *to)
{
	insn->op = (u8)op;
	insn->imm = to->idx;
	insn->off = (s32)to->off;
}

int link_reloc(struct link *link, const struct elf_reloc *reloc, u32 slot, struct error *err)
{
	struct insn *insn = &link->insns.items[slot];
	struct reloc_target to;
	int status = reloc_find_target(link->obj, reloc, insn, &to, err);

	if (status != 0)
		return status;
	switch (to.kind) {
	case OBJECT_RELOC_MAP: use_map(insn, LDDW_MAP, &to); return 0;
	case OBJECT_RELOC_GLOBAL:
		use_map(insn, LDDW_MAP_VALUE, &to);
		return check_global_relocs(link, to.section, err);
	case OBJECT_RELOC_CONFIG: use_map(insn, LDDW_MAP_VALUE, &to); return 0;
	case OBJECT_RELOC_VARIABLE: return use_variable(link, &to, insn, err);
	case OBJECT_RELOC_FUNCTION:
		insn->op = LDDW_CODE;
		insn->imm = 0;
		return link_code_address(link, slot, to.section, to.off, err);
	case OBJECT_RELOC_CALL: return link_call(link, slot, to.section, to.off, err);
	case OBJECT_RELOC_HELPER:
		*insn = (struct insn){ .kind = INSN_CALL, .imm = to.helper->id };
		return 0;
	case OBJECT_RELOC_EXTERN: return use_extern(link, &to, insn, err);
	case OBJECT_RELOC_VALUE:
	case OBJECT_RELOC_CORE:
	case OBJECT_RELOC_UNKNOWN: break;
	}
	return error_set(err, ERR_NOEXEC, "a relocation of no use in code (to %s)", to.name);
}
