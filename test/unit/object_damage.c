/* SPDX-License-Identifier: MIT */
/* Objects from clang (fuzz/corpus/object) with each byte damaged, and cut short. These are tens of
 * thousands of files: run with TAP_NO_SWEEP=1. */
#include "tap.h"

#include "object/object.h"
#include "os/os.h"

#define SEEDS TEST_SOURCE_DIR "/fuzz/corpus/object/"

static void open_and_link(const u8 *bytes, size_t len, enum dialect dialect)
{
	struct object_options options = { .size = sizeof(options), .dialect = dialect };
	struct object *obj = NULL;
	struct error opening = { 0 };

	if (object_open(bytes, len, &options, &obj, &opening) != 0) {
		if (opening.text[0] == 0)
			tap_fail(__FILE__, __LINE__, "an error without a text");
		return;
	}
	for (u32 i = 0; i < obj->prog_count; i++) {
		const struct prog *prog;
		struct error err = { 0 };

		if (object_link(obj, i, NULL, &prog, &err) != 0 && err.text[0] == 0)
			tap_fail(__FILE__, __LINE__, "an error without a text");
	}
	object_free(obj);
}

/* Nothing to compare with: what counts is that it ends, in bounds and with everything released. */
static void damage(const char *path)
{
	static const u8 flips[] = { 0x01, 0x80, 0xff };
	u8 *bytes = NULL;
	struct error err = { 0 };
	size_t len;

	CHECK_EQ(os_file_read(path, 1 << 20, &bytes, &len, &err), 0);
	for (size_t i = 0; i < len; i++)
		for (size_t f = 0; f < sizeof(flips); f++) {
			bytes[i] ^= flips[f];
			open_and_link(bytes, len, i % 2 == 0 ? DIALECT_LINUX : DIALECT_WINDOWS);
			bytes[i] ^= flips[f];
		}
	for (size_t cut = 0; cut < len; cut += 7)
		open_and_link(bytes, cut, DIALECT_UNKNOWN);
out:
	mem_free(bytes);
}

static void test_damage(void)
{
	damage(SEEDS "btf.o");
	damage(SEEDS "legacy.o");
}

TAP_MAIN(TAP_TEST(test_damage))
