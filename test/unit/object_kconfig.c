/* SPDX-License-Identifier: MIT */
/* Values of a kernel's configuration: where they get their place, and files that say nonsense. */
#include "tap.h"

#include "base/le.h"
#include "object_fixture.h"

static const u8 load_it[] = { LDDW(1, 0), EXIT };
static const u8 load_4[] = { LDDW(1, 4), EXIT };
static const u8 load_5[] = { LDDW(1, 5), EXIT };
static const u8 load_far[] = { LDDW(1, 0x100000000), EXIT };

enum { MAX_VARS = 4 };

struct config {
	struct fixture f;
	u32 vars[MAX_VARS];
	u32 count;
};

static void add_var(struct config *c, const char *name, u32 type)
{
	u32 id = btf_builder_type(&c->f.btf, name, BTF_VAR, 0, false, type);

	btf_builder_word(&c->f.btf, 2);
	c->vars[c->count++] = id;
}

static void finish_btf(struct config *c)
{
	btf_builder_type(&c->f.btf, ".kconfig", BTF_DATASEC, c->count, false, 0);
	for (u32 i = 0; i < c->count; i++) {
		btf_builder_word(&c->f.btf, c->vars[i]);
		btf_builder_word(&c->f.btf, 0);
		btf_builder_word(&c->f.btf, 4);
	}
}

static void add_program(struct config *c, const char *name, const u8 *code, size_t len,
			const char *variable, u8 bind)
{
	u32 section = fixture_code(&c->f, name, code, len);

	fixture_func(&c->f, name, section, 0, len);
	elf_builder_reloc(&c->f.elf, section, 0,
			  elf_builder_symbol(&c->f.elf, variable, 0, 0, 0, ELF_STT_NOTYPE, bind),
			  RELOC_LDDW);
}

static void config_init(struct config *c)
{
	memset(c, 0, sizeof(*c));
	fixture_init(&c->f);
}

static void test_places(void)
{
	struct config c;
	const struct prog_map *map;
	u32 u32_id, u64_id;

	config_init(&c);
	u32_id = btf_builder_int(&c.f.btf, "u32", 4);
	u64_id = btf_builder_int(&c.f.btf, "u64", 8);
	add_var(&c, "CONFIG_NAME", btf_builder_array(&c.f.btf, u32_id, u32_id, 0));
	add_var(&c, "LINUX_KERNEL_VERSION", u32_id);
	add_var(&c, "CONFIG_HZ", u64_id);
	finish_btf(&c);
	add_program(&c, "tc/1", load_it, sizeof(load_it), "LINUX_KERNEL_VERSION", ELF_STB_GLOBAL);
	add_program(&c, "tc/2", load_4, sizeof(load_4), "LINUX_KERNEL_VERSION", ELF_STB_GLOBAL);
	add_program(&c, "tc/3", load_5, sizeof(load_5), "LINUX_KERNEL_VERSION", ELF_STB_GLOBAL);
	add_program(&c, "tc/4", load_far, sizeof(load_far), "CONFIG_HZ", ELF_STB_WEAK);
	add_program(&c, "tc/5", load_it, sizeof(load_it), "CONFIG_HZ", ELF_STB_WEAK);
	add_program(&c, "tc/6", load_it, sizeof(load_it), "CONFIG_HZ", ELF_STB_GLOBAL);
	add_program(&c, "tc/7", load_it, sizeof(load_it), "CONFIG_NAME", ELF_STB_WEAK);
	CHECK_EQ(fixture_open(&c.f, DIALECT_LINUX), 0);
	CHECK_EQ(c.f.obj->warning_count, 0);
	CHECK_EQ(c.f.obj->map_count, 1);
	map = &c.f.obj->maps[0];
	CHECK_STR(map->name, ".kconfig");
	CHECK(map->is_global && map->read_only);
	CHECK_EQ(map->value_size, 24);
	CHECK_EQ(map->initial_len, 24);
	CHECK_EQ(le32_load(map->initial + 8), 6 << 16 | 18 << 8);
	CHECK_EQ(le64_load(map->initial + 16), 0);
	CHECK_EQ(fixture_link(&c.f, "tc/1"), 0);
	CHECK_EQ(c.f.prog->insns[0].op, LDDW_MAP_VALUE);
	CHECK_EQ(c.f.prog->insns[0].imm, 0);
	CHECK_EQ(c.f.prog->insns[0].off, 8);
	CHECK_EQ(fixture_link(&c.f, "tc/2"), 0);
	CHECK_EQ(c.f.prog->insns[0].off, 12); /* one past the end is an address, too */
	CHECK_EQ(fixture_link(&c.f, "tc/3"), ERR_NOEXEC);
	CHECK(strstr(c.f.err.text, "0x5 is outside of variable LINUX_KERNEL_VERSION") != NULL);
	CHECK_EQ(fixture_link(&c.f, "tc/4"), ERR_NOEXEC);
	CHECK_EQ(fixture_link(&c.f, "tc/5"), 0);
	CHECK_EQ(c.f.prog->insns[0].off, 16);
	CHECK_EQ(fixture_link(&c.f, "tc/6"), 0); /* who runs it refuses it by name */
	CHECK_EQ(c.f.prog->insns[0].op, LDDW_VARIABLE);
	CHECK(c.f.prog->vars[0].is_config);
	CHECK_EQ(fixture_link(&c.f, "tc/7"), 0);
	CHECK_EQ(c.f.prog->insns[0].off, 0);
out:
	fixture_fini(&c.f);
}

/* The Windows dialect has no kernel version; a size that cannot hold one gets none either. */
static void test_no_value(void)
{
	static const u32 sizes[] = { 4, 2 };
	static const enum dialect dialects[] = { DIALECT_WINDOWS, DIALECT_LINUX };
	struct config c;

	for (u32 i = 0; i < 2; i++) {
		config_init(&c);
		add_var(&c, "LINUX_KERNEL_VERSION", btf_builder_int(&c.f.btf, "int", sizes[i]));
		finish_btf(&c);
		add_program(&c, "xdp", load_it, sizeof(load_it), "LINUX_KERNEL_VERSION",
			    ELF_STB_GLOBAL);
		CHECK_EQ(fixture_open(&c.f, dialects[i]), 0);
		CHECK_EQ(fixture_link(&c.f, "xdp"), 0);
		CHECK_EQ(c.f.prog->insns[0].op, LDDW_VARIABLE);
		fixture_fini(&c.f);
	}
	return;
out:
	fixture_fini(&c.f);
}

static void test_too_large(void)
{
	static const u32 counts[] = { 0x40001, 0x3ffff, 0xffffffff };
	struct config c;
	u32 int_id;

	for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
		config_init(&c);
		int_id = btf_builder_int(&c.f.btf, "int", 4);
		for (u32 k = 0; k < MAX_VARS; k++)
			add_var(&c, "CONFIG_X",
				btf_builder_array(&c.f.btf, int_id, int_id, counts[i]));
		finish_btf(&c);
		add_program(&c, "tc", load_it, sizeof(load_it), "CONFIG_X", ELF_STB_WEAK);
		CHECK_EQ(fixture_open(&c.f, DIALECT_LINUX), 0);
		CHECK_EQ(c.f.obj->map_count, 0);
		CHECK(c.f.obj->warning_count > 0);
		CHECK_EQ(fixture_link(&c.f, "tc"), 0);
		CHECK_EQ(c.f.prog->insns[0].op, LDDW_IMM);
		CHECK_EQ(c.f.prog->insns[0].imm, 0);
		fixture_fini(&c.f);
	}
	return;
out:
	fixture_fini(&c.f);
}

TAP_MAIN(TAP_TEST(test_places), TAP_TEST(test_no_value), TAP_TEST(test_too_large))
