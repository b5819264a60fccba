/* SPDX-License-Identifier: MIT */
/* What clang makes of two sources (fuzz/corpus/object). */
#include "tap.h"

#include "isa/insn.h"
#include "object/object.h"
#include "os/os.h"

#define SEEDS TEST_SOURCE_DIR "/fuzz/corpus/object/"

static int open_bytes(const u8 *bytes, size_t len, enum dialect dialect, struct object **obj)
{
	struct object_options options = { .size = sizeof(options), .dialect = dialect };
	struct error err = { 0 };

	return object_open(bytes, len, &options, obj, &err);
}

static const struct prog *link_named(struct object *obj, const char *name)
{
	const struct prog *prog = NULL;
	struct error err = { 0 };
	u32 idx = object_find_prog(obj, name);

	return idx != PROG_NO_INDEX && object_link(obj, idx, NULL, &prog, &err) == 0 ? prog : NULL;
}

static void test_btf_seed(void)
{
	struct object *obj = NULL;
	const struct prog *prog;
	u8 *bytes = NULL;
	struct error err = { 0 };
	size_t len;

	CHECK_EQ(os_file_read(SEEDS "btf.o", 1 << 20, &bytes, &len, &err), 0);
	CHECK_EQ(open_bytes(bytes, len, DIALECT_UNKNOWN, &obj), 0);
	CHECK_EQ(obj->warning_count, 0);
	CHECK_EQ(obj->dialect, DIALECT_LINUX);
	CHECK_EQ(obj->prog_count, 3); /* step, prog, prog2 */
	CHECK(obj->progs[0].is_subprog);
	CHECK_EQ(obj->map_count, 5); /* outer, h, in1, outer.inner, .kconfig */
	CHECK_STR(obj->maps[0].name, "outer");
	CHECK_EQ(obj->maps[0].inner, 3);
	CHECK_EQ(obj->maps[3].value_size, 8);
	CHECK_EQ(obj->maps[1].pinning, 1);
	prog = link_named(obj, "prog");
	CHECK(prog != NULL);
	CHECK_STR(prog->type->name, "xdp");
	CHECK_EQ(prog->called_count, 24);
	CHECK_EQ(prog->insn_count, 29);
	CHECK_EQ(prog->subprog_count, 2);
	CHECK(prog->subprogs[1].is_callback);
	CHECK_EQ(prog->func_count, 2);
	CHECK_STR(prog->funcs[0].name, "kfunc");
	CHECK(prog->funcs[1].is_weak);
	CHECK(prog->line_count > 4);
	CHECK_STR(prog->lines[0].file + strlen(prog->lines[0].file) - 5, "btf.c");
	prog = link_named(obj, "prog2");
	CHECK(prog != NULL);
	CHECK_STR(prog->attach->name, "xdp_devmap");
	CHECK_EQ(prog->var_count, 1);
	CHECK_STR(prog->vars[0].name, "CONFIG_HZ");
	CHECK(prog->vars[0].is_config);
out:
	object_free(obj);
	mem_free(bytes);
}

static void test_legacy_seed(void)
{
	struct object *obj = NULL;
	const struct prog *prog;
	u8 *bytes = NULL;
	struct error err = { 0 };
	size_t len;

	CHECK_EQ(os_file_read(SEEDS "legacy.o", 1 << 20, &bytes, &len, &err), 0);
	CHECK_EQ(open_bytes(bytes, len, DIALECT_UNKNOWN, &obj), 0);
	CHECK_EQ(obj->dialect, DIALECT_WINDOWS);
	CHECK_STR(obj->license, "MIT");
	CHECK_EQ(obj->prog_count, 3);
	CHECK(obj->progs[0].is_subprog);
	CHECK_EQ(obj->map_count, 5); /* first, second, .bss, .data, .rodata.cst16 */
	CHECK_EQ(obj->maps[1].inner, 0);
	prog = link_named(obj, "prog");
	CHECK(prog != NULL);
	CHECK_EQ(prog->insn_count, 32 + 6);
	CHECK_STR(prog->subprogs[1].name, "sub");
	prog = link_named(obj, "prog2");
	CHECK(prog != NULL);
	CHECK_EQ(prog->insn_count, 12 + 6);
out:
	object_free(obj);
	mem_free(bytes);
}

TAP_MAIN(TAP_TEST(test_btf_seed), TAP_TEST(test_legacy_seed))
