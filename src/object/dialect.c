/* SPDX-License-Identifier: MIT */
/* Which dialect an object speaks. The same section name, program type or map number means different
 * things on Windows and on Linux, and a wrong guess is dangerous (a program that drops there passes
 * here): so only evidence counts, and evidence that conflicts is none. */
#include "base/le.h"
#include "base/str.h"
#include "object/index.h"

/* The first piece of evidence for each side, as a clause. */
struct evidence {
	const char *why[3]; /* by enum dialect */
	u32 last_windows;   /* the last number of the Windows dialect's general helpers */
};

static void add(struct object *obj, struct evidence *evidence, enum dialect dialect,
		const char *why)
{
	if (why == NULL)
		obj->index->no_memory = true;
	else if (evidence->why[dialect] == NULL)
		evidence->why[dialect] = why;
}

/* Bytes that are nothing but copies of one text: several translation units linked together leave it
 * several times. */
static bool repeats(const struct elf_section *section, const char *text, size_t len)
{
	u64 off = 0;

	if (section->data == NULL || section->size == 0)
		return false;
	while (section->size - off >= len && memcmp(section->data + off, text, len) == 0)
		off += len;
	return off == section->size;
}

/* The marks that headers leave: those of the SDK, and those of eBPF for Windows. */
static const struct {
	const char *section, *content;
	size_t len;
	enum dialect dialect;
	const char *why;
} marks[] = {
	{ ".oriel.dialect", "windows", 8, DIALECT_WINDOWS, "section .oriel.dialect says so" },
	{ ".oriel.dialect", "linux", 6, DIALECT_LINUX, "section .oriel.dialect says so" },
	{ ".ebpf_for_windows", "\1", 1, DIALECT_WINDOWS, "section .ebpf_for_windows says so" },
};

static const char *bad_mark(const char *section)
{
	return str_eq(section, ".oriel.dialect")
		       ? "section .oriel.dialect holds neither \"windows\" nor \"linux\""
		       : "section .ebpf_for_windows holds something else than 1";
}

/* A mark that says something else than those known makes the dialect unknown: whoever made it may
 * know more than this loader. */
static void from_mark(struct object *obj, struct evidence *evidence, u32 section)
{
	const char *name = obj->elf.sections[section].name;
	bool is_mark = false;

	for (size_t i = 0; i < ARRAY_COUNT(marks); i++) {
		if (!str_eq(marks[i].section, name))
			continue;
		is_mark = true;
		if (repeats(&obj->elf.sections[section], marks[i].content, marks[i].len)) {
			add(obj, evidence, marks[i].dialect, marks[i].why);
			return;
		}
	}
	if (!is_mark)
		return;
	obj->dialect_why = bad_mark(name);
	object_warn(obj, "%s", obj->dialect_why);
}

static void from_marks(struct object *obj, struct evidence *evidence)
{
	for (u32 i = 1; i < obj->elf.section_count; i++)
		if (obj->elf.sections[i].type != ELF_SHT_NULL)
			from_mark(obj, evidence, i);
}

/* The names on the way from a parameter's pointer to its struct: a few, unless someone means harm.
 */
static void from_param(struct object *obj, struct evidence *evidence, u32 id)
{
	const struct btf_type *type = btf_type(&obj->btf, btf_skip_modifiers(&obj->btf, id));

	if (type->kind != BTF_PTR)
		return;
	id = type->type;
	for (u32 step = 0; step < 16; step++) {
		enum dialect dialect = DIALECT_UNKNOWN;
		u64 size = 0;

		type = btf_type(&obj->btf, id);
		if (!btf_size_of(&obj->btf, id, &size))
			size = 0;
		if (type->name[0] != 0 && (type->kind == BTF_TYPEDEF || type->kind == BTF_STRUCT))
			dialect = spec_find_ctx_dialect(obj->spec, type->name, size);
		if (dialect != DIALECT_UNKNOWN) {
			if (evidence->why[dialect] == NULL)
				add(obj, evidence, dialect,
				    object_text(obj, "context type %s is the %s dialect's",
						type->name, dialect_name(dialect)));
			return;
		}
		if (type->kind != BTF_TYPEDEF && type->kind != BTF_CONST &&
		    type->kind != BTF_VOLATILE && type->kind != BTF_RESTRICT &&
		    type->kind != BTF_TYPE_TAG)
			return;
		id = type->type;
	}
}

static void from_contexts(struct object *obj, struct evidence *evidence)
{
	for (u32 i = 1; i < obj->btf.type_count; i++) {
		const struct btf_type *func = &obj->btf.types[i], *proto;

		if (func->kind != BTF_FUNC)
			continue;
		proto = btf_type(&obj->btf, func->type);
		if (proto->kind == BTF_FUNC_PROTO && proto->count > 0)
			from_param(obj, evidence, proto->members[0].type);
	}
}

static void from_sections(struct object *obj, struct evidence *evidence)
{
	const char *last = NULL;

	for (u32 i = 0; i < obj->prog_count; i++) {
		const char *name = obj->progs[i].section;
		bool windows, lnx;
		enum dialect dialect;

		if (name == last)
			continue;
		last = name;
		windows = spec_find_section(obj->spec, DIALECT_WINDOWS, name) != NULL;
		lnx = spec_find_section(obj->spec, DIALECT_LINUX, name) != NULL;
		dialect = windows ? DIALECT_WINDOWS : DIALECT_LINUX;
		if (windows == lnx || evidence->why[dialect] != NULL)
			continue;
		add(obj, evidence, dialect,
		    object_text(obj, "section \"%s\" exists in the %s dialect only", name,
				dialect_name(dialect)));
	}
}

/* The Windows dialect has few general helpers and numbers those of a program type from 0x10000.
 * What neither has may be an extension's. */
static u32 last_windows_helper(void)
{
	const struct spec_helper *helper;
	u32 last = 0;

	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++)
		if (helper->dialect == DIALECT_WINDOWS && helper->type == NULL)
			last = MAX(last, helper->id);
	return last;
}

static void from_helper(struct object *obj, struct evidence *evidence, u32 section, u64 off, u32 id)
{
	enum dialect dialect = id >= 0x10000 ? DIALECT_WINDOWS : DIALECT_LINUX;

	if (id <= evidence->last_windows || id > INT32_MAX || evidence->why[dialect] != NULL)
		return;
	if (dialect == DIALECT_LINUX && spec_find_helper(NULL, DIALECT_LINUX, NULL, id) == NULL)
		return;
	add(obj, evidence, dialect,
	    object_text(obj, "helper %u, called in section %s at 0x%llx, is the %s dialect's", id,
			obj->elf.sections[section].name, off, dialect_name(dialect)));
}

static void from_helpers(struct object *obj, struct evidence *evidence)
{
	for (u32 i = 1; i < obj->elf.section_count; i++) {
		const struct elf_section *section = &obj->elf.sections[i];

		if (obj->index->sections[i].use != SECTION_CODE || section->data == NULL)
			continue;
		for (u64 off = 0; off + INSN_SLOT_SIZE <= section->size; off += INSN_SLOT_SIZE) {
			const u8 *slot = section->data + off;

			if (slot[0] == 0x85 && slot[1] == 0)
				from_helper(obj, evidence, i, off, le32_load(slot + 4));
			if (slot[0] == 0x18)
				off += INSN_SLOT_SIZE;
		}
	}
}

static void judge(struct object *obj, const struct evidence *evidence)
{
	const char *windows = evidence->why[DIALECT_WINDOWS], *lnx = evidence->why[DIALECT_LINUX];
	const struct object_prog *prog = obj->prog_count > 0 ? &obj->progs[0] : NULL;

	if (windows != NULL && lnx != NULL) {
		obj->dialect_why = object_text(obj, "%s, but %s", windows, lnx);
	} else if (windows != NULL || lnx != NULL) {
		obj->dialect = windows != NULL ? DIALECT_WINDOWS : DIALECT_LINUX;
		obj->dialect_why = windows != NULL ? windows : lnx;
	} else if (prog != NULL &&
		   spec_find_section(obj->spec, DIALECT_WINDOWS, prog->section) != NULL) {
		obj->dialect_why =
			object_text(obj, "\"%s\" exists in both dialects", prog->section);
	} else {
		obj->dialect_why = "nothing in it tells";
	}
}

int object_choose_dialect(struct object *obj, enum dialect asked)
{
	struct evidence evidence = { .last_windows = last_windows_helper() };

	if (asked != DIALECT_UNKNOWN) {
		obj->dialect = asked;
		obj->dialect_why = "given with --dialect";
		return 0;
	}
	from_marks(obj, &evidence);
	if (obj->dialect_why != NULL) /* a damaged mark */
		return 0;
	from_contexts(obj, &evidence);
	from_sections(obj, &evidence);
	from_helpers(obj, &evidence);
	judge(obj, &evidence);
	return obj->dialect_why == NULL || obj->index->no_memory ? ERR_NOMEM : 0;
}
