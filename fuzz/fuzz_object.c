/* SPDX-License-Identifier: MIT */
/* Any bytes as an object file: opened in each dialect, every program linked and printed. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "isa/disasm.h"
#include "object/kconfig.h"
#include "object/list.h"
#include "object/object.h"
#include "btf/text.h"
#include "prog/stats.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_groups(const struct prog *prog)
{
	u32 counts[PROG_GROUP_COUNT], sum = 0;

	prog_count_groups(prog, 0, prog->insn_count, counts);
	for (u32 i = 0; i < PROG_GROUP_COUNT; i++)
		sum += counts[i];
	require(sum + counts[PROG_LDDW] == prog->insn_count);
}

static void check_prog(const struct prog *prog)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = { 0 };

	require(prog_check(prog, &err) == 0);
	check_groups(prog);
	require(prog->called_count > 0 && prog->called_count <= prog->insn_count);
	for (u32 i = 0; i < prog->line_count; i++) {
		require(prog->lines[i].slot < prog->insn_count);
		require(i == 0 || prog->lines[i - 1].slot <= prog->lines[i].slot);
		require(prog->lines[i].file != NULL && prog->lines[i].text != NULL);
	}
	for (u32 i = 0; i < prog->subprog_count; i++)
		require(prog->subprogs[i].name != NULL);
	for (u32 i = 0; i < prog->insn_count && text.len < 1u << 20; i++) {
		const struct insn *insn = &prog->insns[i];

		if (insn->kind == INSN_LDDW_HIGH)
			continue;
		if (insn->kind == INSN_LDDW && insn->op == LDDW_MAP_VALUE)
			require((u32)insn->off <= prog->maps[insn->imm].value_size);
		disasm_insn(&text, insn, i, NULL);
	}
	strbuf_fini(&text);
}

static void check_maps(const struct object *obj)
{
	for (u32 i = 0; i < obj->map_count; i++) {
		const struct prog_map *map = &obj->maps[i];
		u8 sum = 0;

		require(map->name != NULL);
		require(map->inner == PROG_NO_INDEX || map->inner < obj->map_count);
		require(map->initial_len == 0 || map->initial_len == map->value_size);
		for (u32 b = 0; b < map->initial_len; b++)
			sum ^= map->initial[b];
		require(sum == 0 || map->initial_len > 0);
	}
}

/* What is listed of a function that links makes sense. */
static void check_relocs(struct object *obj, const bool *linked)
{
	const struct object_reloc *rows;
	struct error err = { 0 };
	u32 count;

	if (object_relocs(obj, &rows, &count, &err) != 0) {
		require(err.status == ERR_NOMEM);
		return;
	}
	for (u32 i = 0; i < count; i++) {
		require(rows[i].kind_name != NULL && rows[i].symbol != NULL);
		require(rows[i].section < obj->elf.section_count);
		require(rows[i].error != NULL || rows[i].kind != OBJECT_RELOC_UNKNOWN);
		if (rows[i].prog != PROG_NO_INDEX && linked[rows[i].prog])
			require(rows[i].error == NULL || rows[i].kind == OBJECT_RELOC_CORE);
	}
}

static void check_vars(struct object *obj)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = { 0 };
	const struct object_global *vars;
	u32 count;

	if (object_globals(obj, &vars, &count, &err) != 0)
		return;
	for (u32 i = 0; i < count && text.len < 1u << 16; i++) {
		require(vars[i].map < obj->map_count && obj->maps[vars[i].map].is_global);
		require(vars[i].off <= obj->maps[vars[i].map].value_size);
		require(i == 0 || vars[i - 1].map < vars[i].map || vars[i - 1].off <= vars[i].off);
		btf_type_text(&obj->btf, vars[i].type, &text);
	}
	strbuf_fini(&text);
}

static void check_object(const u8 *data, size_t size, enum dialect dialect,
			 const struct kconfig *kconfig)
{
	struct object_options options = { .size = sizeof(options),
					  .dialect = dialect,
					  .kconfig = kconfig };
	struct error err = { 0 };
	struct object *obj;
	bool *linked;

	if (object_open(data, size, &options, &obj, &err) != 0) {
		require(err.status != 0 && err.text[0] != '\0');
		return;
	}
	require(obj->dialect_why != NULL);
	require(dialect == DIALECT_UNKNOWN || obj->dialect == dialect);
	check_maps(obj);
	check_vars(obj);
	linked = calloc((size_t)obj->prog_count + 1, sizeof(*linked));
	require(linked != NULL);
	for (u32 i = 0; i < obj->prog_count; i++) {
		const struct prog *prog;

		err = (struct error){ 0 };
		linked[i] = object_link(obj, i, NULL, &prog, &err) == 0;
		if (linked[i])
			check_prog(prog);
		else
			require(err.status != 0 && strncmp(err.text, "object: ", 8) == 0);
	}
	check_relocs(obj, linked);
	free(linked);
	object_free(obj);
}

/* Names as in the seeds. */
static void check_with_kconfig(const u8 *data, size_t size)
{
	static const char text[] = "CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=\"text\"\nCONFIG_D=-5";
	struct kconfig kconfig;

	kconfig_init(&kconfig);
	require(kconfig_read(&kconfig, (const u8 *)text, strlen(text), NULL) == 0);
	check_object(data, size, DIALECT_LINUX, &kconfig);
	kconfig_fini(&kconfig);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_object(data, size, DIALECT_UNKNOWN, NULL);
	check_object(data, size, DIALECT_WINDOWS, NULL);
	check_with_kconfig(data, size);
	return 0;
}
