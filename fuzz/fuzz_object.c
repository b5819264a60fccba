/* SPDX-License-Identifier: MIT */
/* Any bytes as an object file: opened in each dialect, every program linked and printed. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "isa/disasm.h"
#include "object/kconfig.h"
#include "object/object.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_prog(const struct prog *prog)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = { 0 };

	require(prog_check(prog, &err) == 0);
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

static void check_object(const u8 *data, size_t size, enum dialect dialect,
			 const struct kconfig *kconfig)
{
	struct object_options options = { .size = sizeof(options),
					  .dialect = dialect,
					  .kconfig = kconfig };
	struct error err = { 0 };
	struct object *obj;

	if (object_open(data, size, &options, &obj, &err) != 0) {
		require(err.status != 0 && err.text[0] != '\0');
		return;
	}
	require(obj->dialect_why != NULL);
	require(dialect == DIALECT_UNKNOWN || obj->dialect == dialect);
	check_maps(obj);
	for (u32 i = 0; i < obj->prog_count; i++) {
		const struct prog *prog;

		err = (struct error){ 0 };
		if (object_link(obj, i, NULL, &prog, &err) == 0)
			check_prog(prog);
		else
			require(err.status != 0 && strncmp(err.text, "object: ", 8) == 0);
	}
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
