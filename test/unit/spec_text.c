/* SPDX-License-Identifier: MIT */
/* Every word that the tables can ask for is there, and no two say the same. */
#include "tap.h"

#include "spec/text.h"

static const enum spec_arg args[] = {
#define SPEC_ARG(NAME, number, name, text) ARG_##NAME,
#include "spec/args.def"
#undef SPEC_ARG
};

static void test_args(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(args); i++) {
		CHECK(strcmp(spec_arg_name(args[i]), "?") != 0);
		CHECK(strcmp(spec_arg_text(args[i]), "?") != 0);
		for (size_t j = 0; j < i; j++) {
			CHECK(strcmp(spec_arg_name(args[i]), spec_arg_name(args[j])) != 0);
			CHECK(strcmp(spec_arg_text(args[i]), spec_arg_text(args[j])) != 0);
		}
	}
	CHECK_STR(spec_arg_name((enum spec_arg)1000), "?");
out:;
}

static int flags_named(u32 flags, const char *(*next)(u32 *flags))
{
	const char *name;
	u32 bits = 0, named = 0;

	for (u32 left = flags; left != 0; left &= left - 1)
		bits++;
	while ((name = next(&flags)) != NULL) {
		if (strcmp(name, "?") == 0)
			return 0;
		named++;
	}
	return named == bits && flags == 0;
}

static void test_rows(void)
{
	const struct spec_prog_type *type;
	const struct spec_map_type *map;
	const struct spec_helper *helper;
	u32 unknown = 1u << 31;

	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++) {
		CHECK(flags_named(type->flags, spec_prog_flag_next));
		CHECK(type->ctx == NULL || flags_named(type->ctx->flags, spec_ctx_flag_next));
		for (u32 j = 0; type->ctx != NULL && j < type->ctx->field_count; j++) {
			enum spec_field_kind kind = (enum spec_field_kind)type->ctx->fields[j].kind;

			CHECK(strcmp(spec_field_kind_name(kind), "?") != 0);
			CHECK(flags_named(type->ctx->fields[j].flags, spec_field_flag_next));
		}
	}
	for (size_t i = 0; (map = spec_map_type_at(i)) != NULL; i++)
		CHECK(flags_named(map->flags, spec_map_flag_next));
	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++) {
		CHECK(flags_named(helper->flags, spec_helper_flag_next));
		CHECK(strcmp(spec_ret_name(helper->ret), "?") != 0);
		CHECK(strcmp(spec_ret_text(helper->ret), "?") != 0);
		/* What is offered has a contract. */
		CHECK(!helper->offered || helper->ret != RET_UNSUPPORTED);
	}
	CHECK_STR(spec_helper_flag_next(&unknown), "?");
	CHECK_EQ(unknown, 0);
out:;
}

static void test_guid(void)
{
	static const struct guid guid = {
		0x00000001, 0x0203, 0x0405, { 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0xfc, 0xfd }
	};
	struct strbuf text = STRBUF_INIT;

	spec_guid_text(&text, &guid);
	CHECK_STR(strbuf_str(&text), "00000001-0203-0405-0607-08090a0bfcfd");
	CHECK_STR(spec_dialect_text(DIALECT_UNKNOWN), "both");
	CHECK_STR(spec_dialect_text(DIALECT_LINUX), "linux");
out:
	strbuf_fini(&text);
}

TAP_MAIN(TAP_TEST(test_args), TAP_TEST(test_rows), TAP_TEST(test_guid))
