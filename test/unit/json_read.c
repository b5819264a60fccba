/* SPDX-License-Identifier: MIT */
/* The JSON reader: what it gives, and what it refuses, with the line. */
#include "tap.h"

#include "base/json_read.h"

static const char *const good[] = {
	"null",
	" true ",
	"[]",
	"{}",
	"[[],{}]",
	"0",
	"-0",
	"[1,2 , 3]",
	"\"\"",
	"{\"a\":{\"b\":[null]}}",
	"18446744073709551615",
	"\"\\u00e9\\ud83d\\ude00\"",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
	"[\n\r\t 1\n]",
};

static const struct {
	const char *text;
	u32 line;
} bad[] = {
	{ "", 1 },
	{ "[", 1 },
	{ "[1", 1 },
	{ "[1,]", 1 },
	{ "[,1]", 1 },
	{ "[1 2]", 1 },
	{ "]", 1 },
	{ "{", 1 },
	{ "{1:2}", 1 },
	{ "{\"a\"}", 1 },
	{ "{\"a\":}", 1 },
	{ "{\"a\":1,}", 1 },
	{ "{\"a\":1]", 1 },
	{ "nul", 1 },
	{ "truex", 1 },
	{ "01", 1 },
	{ "-", 1 },
	{ "+1", 1 },
	{ "1.5", 1 },
	{ "1e3", 1 },
	{ "\"", 1 },
	{ "\"\\\"", 1 },
	{ "\"\\x\"", 1 },
	{ "\"\\u12\"", 1 },
	{ "\"\\u0000\"", 1 },
	{ "\"\\ud800\"", 1 },
	{ "\"\\udc00\"", 1 },
	{ "\"\\ud800\\u0041\"", 1 },
	{ "\"a\tb\"", 1 },
	{ "\n\n[1,\n?]", 4 },
	{ "1 2", 1 },
	{ "18446744073709551616", 1 },
	{ "// no\n1", 1 },
};

static int read_text(const char *text, struct arena *arena, struct json_doc *ret_doc,
		     struct error *err)
{
	return json_read(text, strlen(text), arena, ret_doc, err);
}

static void test_good(void)
{
	struct arena arena = { 0 };
	struct error err = { 0 };
	struct json_doc doc;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_EQ(read_text(good[i], &arena, &doc, &err), 0);
		CHECK_EQ(doc.nodes[0].next, doc.count);
	}
out:
	arena_fini(&arena);
}

static void test_bad(void)
{
	struct arena arena = { 0 };
	struct json_doc doc;
	char line[24];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { 0 };
		int status = read_text(bad[i].text, &arena, &doc, &err);

		CHECK(status != ERR_NOMEM);
		if (status != ERR_INVAL)
			tap_fail("accepted", (int)i, bad[i].text);
		snprintf(line, sizeof(line), "line %u: ", bad[i].line);
		CHECK(strncmp(err.text, line, strlen(line)) == 0);
	}
out:
	arena_fini(&arena);
}

static void test_nodes(void)
{
	struct arena arena = { 0 };
	struct error err = { 0 };
	struct json_doc doc;
	u32 number = 0;
	s32 value = 0;

	CHECK_EQ(read_text("{\"a\":[1,-2],\n\"b\":\"\\u00e9\\ud83d\\ude00\"}", &arena, &doc, &err),
		 0);
	CHECK_EQ(doc.count, 7);
	CHECK_EQ(doc.nodes[0].kind, JSON_OBJECT);
	CHECK_STR(doc.nodes[1].text, "a");
	CHECK_EQ(doc.nodes[2].kind, JSON_ARRAY);
	CHECK_EQ(doc.nodes[2].next, 5);
	CHECK(json_node_u32(&doc.nodes[3], &number) && number == 1);
	CHECK(!json_node_u32(&doc.nodes[4], &number));
	CHECK(json_node_s32(&doc.nodes[4], &value) && value == -2);
	CHECK(!json_node_s32(&doc.nodes[0], &value));
	CHECK_STR(doc.nodes[5].text, "b");
	CHECK_EQ(doc.nodes[5].line, 2);
	CHECK_STR(doc.nodes[6].text, "\xc3\xa9\xf0\x9f\x98\x80");
	CHECK_EQ(read_text("[2147483647,-2147483648,2147483648,-2147483649,4294967295,4294967296]",
			   &arena, &doc, &err),
		 0);
	CHECK(json_node_s32(&doc.nodes[1], &value) && value == INT32_MAX);
	CHECK(json_node_s32(&doc.nodes[2], &value) && value == INT32_MIN);
	CHECK(!json_node_s32(&doc.nodes[3], &value));
	CHECK(!json_node_s32(&doc.nodes[4], &value));
	CHECK(json_node_u32(&doc.nodes[5], &number) && number == UINT32_MAX);
	CHECK(!json_node_u32(&doc.nodes[6], &number));
	CHECK_STR(json_kind_name(JSON_OBJECT), "object");
out:
	arena_fini(&arena);
}

static void test_depth(void)
{
	struct arena arena = { 0 };
	struct error err = { 0 };
	struct json_doc doc;
	char text[70];

	for (u32 depth = 1; depth <= 34; depth++) {
		int status;

		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		status = json_read(text, (size_t)depth * 2, &arena, &doc, &err);
		CHECK(status != ERR_NOMEM);
		CHECK_EQ(status == 0, depth <= 32);
	}
out:
	arena_fini(&arena);
}

TAP_MAIN(TAP_TEST(test_good), TAP_TEST(test_bad), TAP_TEST(test_nodes), TAP_TEST(test_depth))
