/* SPDX-License-Identifier: MIT */
/* Numbers from text, bounded copies, error texts, and JSON that stays JSON whatever goes in. */
#include "tap.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"

static void test_to_u64(void)
{
	static const struct {
		const char *text;
		u64 value;
	} good[] = {
		{ "0", 0 },
		{ "00", 0 },
		{ "18446744073709551615", UINT64_MAX },
		{ "0xffffffffffffffff", UINT64_MAX },
		{ "0XfF", 255 },
		{ "0x0000000000000000000001", 1 },
		{ "4294967296", 1ull << 32 },
	};
	static const char *const bad[] = { "",
					   "0x",
					   "-1",
					   "+1",
					   " 1",
					   "1 ",
					   "1a",
					   "0xg",
					   "x1",
					   "1.0",
					   "0b1",
					   "--1",
					   "18446744073709551616",
					   "0x10000000000000000",
					   "99999999999999999999999" };
	u64 value = 0;

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		CHECK(str_to_u64(good[i].text, &value));
		CHECK_EQ(value, good[i].value);
	}
	value = 42;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		CHECK(!str_to_u64(bad[i], &value));
		CHECK_EQ(value, 42);
	}
out:;
}

static void test_to_s64(void)
{
	static const struct {
		const char *text;
		s64 value;
	} good[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "+7", 7 },
		{ "-7", -7 },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
		{ "-0x8000000000000000", INT64_MIN },
	};
	static const char *const bad[] = {
		"",
		"-",
		"+",
		"--1",
		"+-1",
		"-+1",
		"- 1",
		"0x",
		"-x",
		"1-",
		"9223372036854775808",
		"-9223372036854775809",
	};
	s64 value = 0;

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		CHECK(str_to_s64(good[i].text, &value));
		CHECK_EQ(value, good[i].value);
	}
	value = 42;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		CHECK(!str_to_s64(bad[i], &value));
		CHECK_EQ(value, 42);
	}
out:;
}

static void test_copy(void)
{
	char text[6] = "#####";

	CHECK(str_copy(text, 5, "abcd"));
	CHECK_STR(text, "abcd");
	CHECK(!str_copy(text, 5, "vwxyz"));
	CHECK_STR(text, "vwxy");
	CHECK(!str_copy(text, 1, "a"));
	CHECK_STR(text, "");
	CHECK_EQ(text[1], 'w');
	CHECK(!str_copy(text, 0, ""));
	CHECK(str_starts("abc", "ab") && str_starts("abc", "") && !str_starts("ab", "abc"));
out:;
}

static void test_error_set(void)
{
	struct error err = { 0 };

	CHECK_EQ(error_set(&err, ERR_RANGE, "slot %u", 7u), ERR_RANGE);
	CHECK_EQ(err.status, ERR_RANGE);
	CHECK_STR(err.text, "slot 7");
	CHECK_EQ(error_set(NULL, ERR_NOENT, "unseen"), ERR_NOENT);
	CHECK_EQ(error_set(&err, ERR_NOEXEC, "section %s", "a\nb\x1b[1m\x7f\xc3\xa9"), ERR_NOEXEC);
	CHECK_STR(err.text, "section a?b?[1m?\xc3\xa9");
	CHECK_EQ(error_prefix(&err, "file %s", "\r"), ERR_NOEXEC);
	CHECK_STR(err.text, "file ?: section a?b?[1m?\xc3\xa9");
	CHECK_STR(error_name(ERR_NOMEM), "out of memory");
	CHECK_STR(error_name(0), "success");
	CHECK_STR(error_name(-4711), "unknown error");
	CHECK_STR(error_name(4711), "unknown error");
out:;
}

static void test_error_prefix(void)
{
	struct error err;
	char text[400], expected[1000];

	error_set(&err, ERR_NOEXEC, "section 3");
	CHECK_EQ(error_prefix(&err, "file %s", "a.o"), ERR_NOEXEC);
	CHECK_STR(err.text, "file a.o: section 3");
	CHECK_EQ(error_prefix(NULL, "x"), ERR_INVAL);
	/* Whatever the two lengths are, the result is the cut of the whole, or the old text when
	 * the prefix alone does not fit. */
	for (size_t old = 0; old < 310; old += 3) {
		for (size_t prefix = 0; prefix < 310; prefix++) {
			memset(text, 'o', sizeof(text));
			error_set(&err, ERR_IO, "%.*s", (int)old, text);
			memset(text, 'p', sizeof(text));
			CHECK_EQ(error_prefix(&err, "%.*s", (int)prefix, text), ERR_IO);
			memset(expected, 'p', prefix);
			expected[prefix] = ':';
			expected[prefix + 1] = ' ';
			memset(expected + prefix + 2, 'o', old);
			expected[MIN(prefix + 2 + old, sizeof(err.text) - 1)] = '\0';
			if (prefix + 3 >= sizeof(err.text)) {
				memset(expected, 'o', old);
				expected[MIN(old, sizeof(err.text) - 1)] = '\0';
			}
			CHECK_STR(err.text, expected);
		}
	}
out:;
}

static void test_json_shape(void)
{
	struct strbuf out = STRBUF_INIT;
	struct json json;

	json_init(&json, &out, false);
	json_object_begin(&json, NULL);
	json_str(&json, "name", "a\"b\\c\n\t\r\x01\x7f/");
	json_str(&json, "none", NULL);
	json_u64(&json, "max", UINT64_MAX);
	json_s64(&json, "min", INT64_MIN);
	json_bool(&json, "yes", true);
	json_array_begin(&json, "list");
	json_u64(&json, NULL, 1);
	json_object_begin(&json, NULL);
	json_object_end(&json);
	json_array_begin(&json, NULL);
	json_array_end(&json);
	json_array_end(&json);
	json_hex(&json, "bytes", "\x00\xff\x10", 3);
	json_object_end(&json);
	CHECK_EQ(strbuf_status(&out), 0);
	CHECK_STR(strbuf_str(&out),
		  "{\"name\":\"a\\\"b\\\\c\\n\\t\\u000d\\u0001\\u007f/\",\"none\":null,"
		  "\"max\":18446744073709551615,\"min\":-9223372036854775808,\"yes\":true,"
		  "\"list\":[1,{},[]],\"bytes\":\"00ff10\"}");
out:
	strbuf_fini(&out);
}

static void test_json_pretty(void)
{
	struct strbuf out = STRBUF_INIT;
	struct json json;

	json_init(&json, &out, true);
	json_object_begin(&json, NULL);
	json_array_begin(&json, "list");
	json_u64(&json, NULL, 1);
	json_u64(&json, NULL, 2);
	json_array_end(&json);
	json_array_begin(&json, "empty");
	json_array_end(&json);
	json_object_end(&json);
	CHECK_EQ(strbuf_status(&out), 0);
	CHECK_STR(strbuf_str(&out), "{\n  \"list\": [\n    1,\n    2\n  ],\n  \"empty\": []\n}");
out:
	strbuf_fini(&out);
}

static void test_json_bad_utf8(void)
{
#define BAD "\xef\xbf\xbd"
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		  "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\x80", BAD },
		{ "a\xff"
		  "b",
		  "a" BAD "b" },
		{ "\xc0\x80", BAD BAD },		 /* overlong */
		{ "\xe0\x9f\xbf", BAD BAD BAD },	 /* overlong */
		{ "\xf0\x8f\xbf\xbf", BAD BAD BAD BAD }, /* overlong */
		{ "\xed\xa0\x80", BAD BAD BAD },	 /* surrogate */
		{ "\xed\x9f\xbf", "\xed\x9f\xbf" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD }, /* over U+10FFFF */
		{ "\xe2\x82", BAD BAD },		 /* cut short */
		{ "\xe2\x82z", BAD BAD "z" },
		{ "\xc3", BAD },
	};
	struct strbuf out = STRBUF_INIT;
	struct json json;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char expected[64];

		strbuf_reset(&out);
		json_init(&json, &out, false);
		json_str(&json, NULL, cases[i].in);
		snprintf(expected, sizeof(expected), "\"%s\"", cases[i].out);
		CHECK_EQ(strbuf_status(&out), 0);
		CHECK_STR(strbuf_str(&out), expected);
	}
	/* A zero byte inside is a character as others are. */
	strbuf_reset(&out);
	json_init(&json, &out, false);
	json_str_len(&json, NULL, "a\0b", 3);
	CHECK_EQ(strbuf_status(&out), 0);
	CHECK_STR(strbuf_str(&out), "\"a\\u0000b\"");
out:
	strbuf_fini(&out);
}

/* Random bytes: the result has no raw control character or quote, and is UTF-8 by an independent
 * decoder's judgement. */
static bool is_clean_utf8(const u8 *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
		size_t extra = s[i] < 0x80 ? 0 : s[i] >> 5 == 6 ? 1 : s[i] >> 4 == 14 ? 2 : 3;
		u32 point = extra == 0 ? s[i] : s[i] & (0x3fu >> extra);

		if (s[i] < 0x20 || s[i] == 0x7f || (extra == 3 && s[i] >> 3 != 30) ||
		    i + extra >= len)
			return false;
		for (size_t k = 1; k <= extra; k++) {
			if (s[i + k] >> 6 != 2)
				return false;
			point = point << 6 | (s[i + k] & 0x3f);
		}
		if (point < least[extra + 1] || point > 0x10ffff || point >> 11 == 0x1b)
			return false;
		i += extra + 1;
	}
	return true;
}

static void test_json_random_bytes(void)
{
	struct strbuf out = STRBUF_INIT;
	struct json json;

	for (u64 round = 0; round < 2000; round++) {
		u8 bytes[24];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			u64 random = hash_mix(round * 64 + i + 1);

			/* Lead and continuation bytes more often than chance has them. */
			bytes[i] = (u8)(random >> 8);
			if (random % 3 == 0)
				bytes[i] = (u8)(0x80 | (bytes[i] & 0x3f));
		}
		strbuf_reset(&out);
		json_init(&json, &out, false);
		json_str_len(&json, NULL, (const char *)bytes, sizeof(bytes));
		CHECK_EQ(strbuf_status(&out), 0);
		CHECK(is_clean_utf8((const u8 *)out.data, out.len));
		for (size_t i = 1; i + 1 < out.len; i++) {
			CHECK(out.data[i] != '"');
			i += out.data[i] == '\\';
		}
	}
out:
	strbuf_fini(&out);
}

TAP_MAIN(TAP_TEST(test_to_u64), TAP_TEST(test_to_s64), TAP_TEST(test_copy),
	 TAP_TEST(test_error_set), TAP_TEST(test_error_prefix), TAP_TEST(test_json_shape),
	 TAP_TEST(test_json_pretty), TAP_TEST(test_json_bad_utf8), TAP_TEST(test_json_random_bytes))
