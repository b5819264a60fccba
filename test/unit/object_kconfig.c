/* SPDX-License-Identifier: MIT */
/* Values of a kernel's configuration: where they get their place, and files that say nonsense. */
#include "tap.h"

#include "base/le.h"
#include "object/kconfig.h"
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

/* --- values that the user gives --------------------------------------------------------------- */

enum { TYPE_BOOL, TYPE_TRISTATE, TYPE_CHAR, TYPE_U32, TYPE_S16, TYPE_U64, TYPE_TEXT, TYPE_ODD };

static u32 add_int(struct btf_builder *btf, const char *name, u32 size, u32 flags)
{
	u32 id = btf_builder_type(btf, name, BTF_INT, 0, false, size);

	btf_builder_word(btf, flags << 24 | size * 8);
	return id;
}

static u32 add_type(struct btf_builder *btf, u32 type)
{
	u32 id;

	switch (type) {
	case TYPE_BOOL: return add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	case TYPE_TRISTATE:
		id = btf_builder_type(btf, "libbpf_tristate", BTF_ENUM, 0, false, 4);
		return id;
	case TYPE_CHAR: return add_int(btf, "char", 1, BTF_INT_SIGNED);
	case TYPE_U32: return add_int(btf, "u32", 4, 0);
	case TYPE_S16: return add_int(btf, "s16", 2, BTF_INT_SIGNED);
	case TYPE_U64: return add_int(btf, "u64", 8, 0);
	case TYPE_TEXT:
		id = add_int(btf, "char", 1, BTF_INT_SIGNED);
		id = btf_builder_array(btf, id, id, 4);
		return btf_builder_type(btf, "", BTF_CONST, 0, false, id);
	default: return add_int(btf, "odd", 16, 0);
	}
}

static const struct {
	u32 type;
	const char *value;
	u64 expected;
	const char *bad;
} given[] = {
	{ TYPE_BOOL, "y", 1, NULL },
	{ TYPE_BOOL, "n", 0, NULL },
	{ TYPE_BOOL, "m", 0, "m does not fit a bool" },
	{ TYPE_BOOL, "1", 0, "a number does not fit its type" },
	{ TYPE_TRISTATE, "n", 0, NULL },
	{ TYPE_TRISTATE, "y", 1, NULL },
	{ TYPE_TRISTATE, "m", 2, NULL },
	{ TYPE_TRISTATE, "2", 0, "a number does not fit its type" },
	{ TYPE_CHAR, "m", 'm', NULL },
	{ TYPE_CHAR, "-128", 0x80, NULL },
	{ TYPE_CHAR, "128", 0, "the number does not fit its type" },
	{ TYPE_CHAR, "\"a\"", 0, "a string does not fit its type" },
	{ TYPE_U32, "4294967295", 0xffffffff, NULL },
	{ TYPE_U32, "4294967296", 0, "the number does not fit its type" },
	{ TYPE_U32, "-1", 0, "the number does not fit its type" },
	{ TYPE_U32, "y", 0, "y, m and n do not fit its type" },
	{ TYPE_S16, "-32768", 0x8000, NULL },
	{ TYPE_S16, "32767", 0x7fff, NULL },
	{ TYPE_S16, "32768", 0, "the number does not fit its type" },
	{ TYPE_S16, "-32769", 0, "the number does not fit its type" },
	{ TYPE_U64, "0xffffffffffffffff", UINT64_MAX, NULL },
	{ TYPE_TEXT, "\"abc\"", 'a' | 'b' << 8 | 'c' << 16, NULL },
	{ TYPE_TEXT, "\"abcdef\"", 'a' | 'b' << 8 | 'c' << 16, NULL },
	{ TYPE_TEXT, "\"\"", 0, NULL },
	{ TYPE_TEXT, "1", 0, "a number does not fit its type" },
	{ TYPE_TEXT, "y", 0, "y, m and n do not fit its type" },
	{ TYPE_ODD, "1", 0, "a number does not fit its type" },
	{ TYPE_ODD, "y", 0, "y, m and n do not fit its type" },
};

static void run_given(size_t i)
{
	struct kconfig values;
	struct config c;
	char line[64];
	const u8 *place;

	kconfig_init(&values);
	config_init(&c);
	snprintf(line, sizeof(line), "CONFIG_X=%s", given[i].value);
	CHECK_EQ(kconfig_set(&values, line, strlen(line), NULL), 0);
	add_var(&c, "CONFIG_X", add_type(&c.f.btf, given[i].type));
	add_var(&c, "CONFIG_Y", add_type(&c.f.btf, given[i].type));
	finish_btf(&c);
	add_program(&c, "xdp", load_it, sizeof(load_it), "CONFIG_X", ELF_STB_GLOBAL);
	add_program(&c, "tc", load_it, sizeof(load_it), "CONFIG_Y", ELF_STB_GLOBAL);
	c.f.kconfig = &values;
	CHECK_EQ(fixture_open(&c.f, DIALECT_LINUX), 0);
	place = c.f.obj->maps[0].initial;
	CHECK_EQ(le64_load(place), given[i].expected);
	CHECK_EQ(le64_load(place + 8), 0); /* what is given to one changes no other */
	CHECK_EQ(fixture_link(&c.f, "tc"), 0);
	CHECK_EQ(c.f.prog->insns[0].op, LDDW_VARIABLE);
	CHECK_EQ(fixture_link(&c.f, "xdp"), given[i].bad != NULL ? ERR_NOEXEC : 0);
	if (given[i].bad == NULL) {
		CHECK_EQ(c.f.prog->insns[0].op, LDDW_MAP_VALUE);
		CHECK_EQ(c.f.obj->warning_count,
			 strlen(given[i].value) > 5 && given[i].value[0] == '"');
	} else {
		CHECK(fixture_warned(&c.f, given[i].bad));
		CHECK(strstr(c.f.err.text, given[i].bad) != NULL);
	}
out:
	kconfig_fini(&values);
	fixture_fini(&c.f);
}

static void test_given(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(given); i++)
		run_given(i);
}

/* What the user says goes before what the loader knows, in any dialect. */
static void test_given_before_known(void)
{
	static const char line[] = "LINUX_KERNEL_VERSION=5";
	struct kconfig values;
	struct config c;

	kconfig_init(&values);
	config_init(&c);
	CHECK_EQ(kconfig_set(&values, line, strlen(line), NULL), 0);
	add_var(&c, "LINUX_KERNEL_VERSION", btf_builder_int(&c.f.btf, "int", 4));
	finish_btf(&c);
	add_program(&c, "xdp", load_it, sizeof(load_it), "LINUX_KERNEL_VERSION", ELF_STB_WEAK);
	c.f.kconfig = &values;
	CHECK_EQ(fixture_open(&c.f, DIALECT_WINDOWS), 0);
	CHECK_EQ(le32_load(c.f.obj->maps[0].initial), 5);
	CHECK_EQ(fixture_link(&c.f, "xdp"), 0);
out:
	kconfig_fini(&values);
	fixture_fini(&c.f);
}

TAP_MAIN(TAP_TEST(test_places), TAP_TEST(test_no_value), TAP_TEST(test_too_large),
	 TAP_TEST(test_given), TAP_TEST(test_given_before_known))
