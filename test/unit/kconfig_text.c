/* SPDX-License-Identifier: MIT */
/* Reading values of a kernel's configuration: every form, and text that is none. */
#include "tap.h"

#include "base/compiler.h"
#include "object/kconfig.h"

static int read_text(struct kconfig *config, const char *text, size_t len, struct error *err)
{
	return kconfig_read(config, (const u8 *)text, len, err);
}

static void test_file(void)
{
	static const char text[] = "#\n# Kernel Configuration\n#\n\nCONFIG_A=y\r\n"
				   "  CONFIG_B=m \nCONFIG_C=n\n# CONFIG_D is not set\n"
				   "CONFIG_HZ=250\nCONFIG_NEG=-1\nCONFIG_HEX=0xffffffff80000000\n"
				   "CONFIG_S=\"(none)\"\nCONFIG_E=\"\"\nCONFIG_Q=\"a\\\"b\\\\c\"\n"
				   "LINUX_KERNEL_VERSION=1\nCONFIG_A=n\nCONFIG_LAST=7";
	struct kconfig config;
	struct error err = { 0 };
	const struct kconfig_value *value;

	kconfig_init(&config);
	CHECK_EQ(read_text(&config, text, sizeof(text) - 1, &err), 0);
	value = kconfig_get(&config, "CONFIG_A"); /* the last one counts */
	CHECK(value != NULL && value->kind == KCONFIG_LETTER && value->letter == 'n');
	value = kconfig_get(&config, "CONFIG_B");
	CHECK(value != NULL && value->kind == KCONFIG_LETTER && value->letter == 'm');
	CHECK(kconfig_get(&config, "CONFIG_D") == NULL);
	value = kconfig_get(&config, "CONFIG_HZ");
	CHECK(value != NULL && value->kind == KCONFIG_NUMBER && !value->is_negative);
	CHECK_EQ(value->number, 250);
	value = kconfig_get(&config, "CONFIG_NEG");
	CHECK(value != NULL && value->is_negative);
	CHECK_EQ(value->number, UINT64_MAX);
	value = kconfig_get(&config, "CONFIG_HEX");
	CHECK(value != NULL && !value->is_negative);
	CHECK_EQ(value->number, 0xffffffff80000000);
	value = kconfig_get(&config, "CONFIG_S");
	CHECK(value != NULL && value->kind == KCONFIG_STRING);
	CHECK_STR(value->text, "(none)");
	CHECK_EQ(value->len, 6);
	value = kconfig_get(&config, "CONFIG_E");
	CHECK(value != NULL && value->kind == KCONFIG_STRING && value->len == 0);
	value = kconfig_get(&config, "CONFIG_Q");
	CHECK(value != NULL);
	CHECK_STR(value->text, "a\"b\\c");
	CHECK(kconfig_get(&config, "LINUX_KERNEL_VERSION") != NULL);
	value = kconfig_get(&config, "CONFIG_LAST");
	CHECK(value != NULL);
	CHECK_EQ(value->number, 7);
	CHECK(kconfig_get(&config, "CONFIG_LAS") == NULL);
out:
	kconfig_fini(&config);
}

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *text;
	size_t len;
	const char *why;
} bad[] = {
	{ TEXT("CONFIG_A"), "line 1: not of the form CONFIG_NAME=value" },
	{ TEXT("\n\nA=y"), "line 3: not of the form" },
	{ TEXT("CONFIG_=y=\nx"), "line 1: CONFIG_: the value is none of" },
	{ TEXT("CONFIG_A =y"), "line 1: not of the form" },
	{ TEXT("CONFIG_A-B=y"), "line 1: not of the form" },
	{ TEXT("CONFIG_A\0=y"), "line 1: not of the form" },
	{ TEXT("config_a=y"), "line 1: not of the form" },
	{ TEXT("CONFIG_A="), "line 1: CONFIG_A: the value is none of" },
	{ TEXT("CONFIG_A=Y"), "the value is none of" },
	{ TEXT("CONFIG_A=yes"), "the value is none of" },
	{ TEXT("CONFIG_A=y\0"), "the value is none of" },
	{ TEXT("CONFIG_A=1\0"), "the value is none of" },
	{ TEXT("CONFIG_A=1 2"), "the value is none of" },
	{ TEXT("CONFIG_A=0x"), "the value is none of" },
	{ TEXT("CONFIG_A=-"), "the value is none of" },
	{ TEXT("CONFIG_A=--1"), "the value is none of" },
	{ TEXT("CONFIG_A=18446744073709551616"), "the value is none of" },
	{ TEXT("CONFIG_A=-9223372036854775809"), "the value is none of" },
	{ TEXT("CONFIG_A=0000000000000000000000000000000000001"), "the value is none of" },
	{ TEXT("CONFIG_A=\""), "the value is none of" },
	{ TEXT("CONFIG_A=\"x"), "the value is none of" },
	{ TEXT("CONFIG_A=\"x\"y"), "the value is none of" },
	{ TEXT("CONFIG_A=\"x\"y\""), "a quote inside of the string" },
	{ TEXT("CONFIG_A=\"x\\\""), "escapes nothing" },
	{ TEXT("CONFIG_A=\"\\x\""), "escapes nothing" },
	{ TEXT("CONFIG_A=\"x\0y\""), "a zero byte inside of the string" },
};

static void test_bad(void)
{
	struct kconfig config = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct error err = { 0 };

		kconfig_init(&config);
		CHECK_EQ(read_text(&config, bad[i].text, bad[i].len, &err), ERR_INVAL);
		if (strstr(err.text, bad[i].why) == NULL)
			CHECK_STR(err.text, bad[i].why);
		kconfig_fini(&config);
		config = (struct kconfig){ 0 };
	}
	return;
out:
	kconfig_fini(&config);
}

/* Every text of up to five of these characters behind NAME= is a value or an error; what is a value
 * is what the rule says. */
static void test_all_short(void)
{
	static const char alphabet[] = "y1-\"\\x";
	enum { MAX_LEN = 5, LETTERS = sizeof(alphabet) - 1 };
	struct kconfig config;
	u32 accepted = 0;

	kconfig_init(&config);
	for (u32 len = 0; len <= MAX_LEN; len++) {
		u32 total = 1;

		for (u32 i = 0; i < len; i++)
			total *= LETTERS;
		for (u32 n = 0; n < total; n++) {
			char line[20] = "CONFIG_A=";
			struct error err = { 0 };
			int status;

			for (u32 i = 0, rest = n; i < len; i++, rest /= LETTERS)
				line[9 + i] = alphabet[rest % LETTERS];
			status = kconfig_set(&config, line, 9 + len, &err);
			CHECK(status == 0 || (status == ERR_INVAL && err.text[0] != 0));
			accepted += status == 0;
		}
	}
	/* y; 1 to 11111 and those with a minus: 5 + 4; strings with 0 to 3 characters inside: of y,
	 * 1, -, x and the two escapes: 1 + 4 + (16 + 2) + (64 + 2 * 2 * 4). */
	CHECK_EQ(accepted, 1 + 9 + 1 + 4 + 18 + 80);
out:
	kconfig_fini(&config);
}

TAP_MAIN(TAP_TEST(test_file), TAP_TEST(test_bad), TAP_TEST(test_all_short))
