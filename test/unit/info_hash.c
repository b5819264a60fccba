/* SPDX-License-Identifier: MIT */
/* What the program-information hash refuses, and what it depends on. That it is the right one is
 * shown by system/info_hash. */
#include "tap.h"

#include "spec/info_hash.h"

static const struct spec_prog_type *type_of(const char *name)
{
	return spec_prog_type_by_name(DIALECT_WINDOWS, name);
}

static int hash(const struct info_hash_input *input, u8 digest[SHA256_SIZE])
{
	struct error err = { 0 };
	int status = info_hash_sha256(input, &err, digest);

	return status == err.status && (status == 0) == (err.text[0] == '\0') ? status : 1;
}

static void test_refused(void)
{
	static const u32 falling[] = { 1, 5, 2 }, twice[] = { 3, 3 }, unknown[] = { 1, 36 };
	static const u32 others[] = { 0x10000 };
	struct info_hash_input input = { .type = type_of("bind"), .helper_count = 3 };
	struct info_hash_func funcs[2] = { { .name = "b" }, { .name = "a" } };
	u8 digest[SHA256_SIZE] = { 0xaa };

	input.helpers = falling;
	CHECK_EQ(hash(&input, digest), ERR_INVAL);
	input.helpers = twice;
	input.helper_count = 2;
	CHECK_EQ(hash(&input, digest), ERR_INVAL);
	input.helpers = unknown;
	CHECK_EQ(hash(&input, digest), ERR_NOENT);
	input.helpers = others;
	input.helper_count = 1;
	CHECK_EQ(hash(&input, digest), ERR_NOENT);
	input.helper_count = 0;
	input.funcs = funcs;
	input.func_count = 2;
	CHECK_EQ(hash(&input, digest), ERR_INVAL);
	funcs[1].name = "b";
	CHECK_EQ(hash(&input, digest), ERR_INVAL);
	funcs[1].module.data4[7] = 1;
	CHECK_EQ(digest[0], 0xaa);
	CHECK_EQ(hash(&input, digest), 0);
	input.type = type_of("raw");
	CHECK_EQ(hash(&input, digest), ERR_NOTSUP);
	input.type = spec_prog_type_by_name(DIALECT_LINUX, "xdp");
	CHECK_EQ(hash(&input, digest), ERR_NOTSUP);
out:;
}

static void count_bytes(void *arg, const void *bytes, size_t len)
{
	(void)bytes;
	*(size_t *)arg += len;
}

static void test_length(void)
{
	static const u32 ids[] = { 6 };
	struct info_hash_input input = { .type = type_of("sample"), .helpers = ids };
	size_t len = 0;

	CHECK_EQ(info_hash_encode(&input, count_bytes, &len, NULL), 0);
	CHECK_EQ(len, strlen("sample") + 16 + 16 + 4 + 1 + 8);
	len = 0;
	input.helper_count = 1;
	CHECK_EQ(info_hash_encode(&input, count_bytes, &len, NULL), 0);
	CHECK_EQ(len, strlen("sample") + 45 + 4 + strlen("bpf_get_prandom_u32") + 24);
out:;
}

/* A third party's type: every part of the row counts. */
static void test_depends(void)
{
	struct spec_ctx ctx = { .size = 8, .data = -1, .data_end = -1, .data_meta = -1 };
	struct spec_prog_type type = { .name = "own", .dialect = DIALECT_WINDOWS, .ctx = &ctx };
	struct info_hash_input input = { .type = &type };
	u8 seen[9][SHA256_SIZE];
	size_t n = 0;

	CHECK_EQ(hash(&input, seen[n++]), 0);
	type.name = "owm";
	CHECK_EQ(hash(&input, seen[n++]), 0);
	type.number = 0x01000000;
	CHECK_EQ(hash(&input, seen[n++]), 0);
	type.guid.data4[7] = 1;
	CHECK_EQ(hash(&input, seen[n++]), 0);
	type.flags = PROG_TYPE_PRIVILEGED;
	CHECK_EQ(hash(&input, seen[n++]), 0);
	ctx.size = 16;
	CHECK_EQ(hash(&input, seen[n++]), 0);
	ctx.data = 0;
	CHECK_EQ(hash(&input, seen[n++]), 0);
	ctx.data_end = 0;
	CHECK_EQ(hash(&input, seen[n++]), 0);
	ctx.data_meta = 0;
	CHECK_EQ(hash(&input, seen[n++]), 0);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			CHECK(memcmp(seen[i], seen[j], SHA256_SIZE) != 0);
out:;
}

TAP_MAIN(TAP_TEST(test_refused), TAP_TEST(test_length), TAP_TEST(test_depends))
