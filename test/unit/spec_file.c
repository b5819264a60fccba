/* SPDX-License-Identifier: MIT */
/* Sets from files: rows are added, built-in ones may be repeated, and what does not fit is refused
 * with its line. */
#include "tap.h"

#include "prog/exec.h"
#include "spec/file.h"
#include "spec/info_hash.h"

#define FIELD(name, off, size, kind, writable, flags)                                  \
	"{\"name\":\"" name "\",\"offset\":" off ",\"size\":" size ",\"kind\":\"" kind \
	"\",\"writable\":" writable ",\"unit\":" size ",\"flags\":[" flags             \
	"],\"gives\":null,\"struct\":null}"

/* Each row is a line, so that the lines of errors tell which one it was. */
static const char whole[] =
	"{\"version\":1,\"prog_types\":[\n"
	"{\"name\":\"flow\",\"dialect\":\"windows\",\"number\":5000,"
	"\"guid\":\"6f0c1b1e-2c44-4f2a-9a0d-1E6B8F3D2A10\",\"flags\":[\"privileged\"],"
	"\"context\":{\"name\":\"flow_t\",\"size\":40,\"data\":0,\"data_end\":8,\"data_meta\":-1,"
	"\"flags\":[\"plain\"],\"fields\":[" FIELD(
		"data", "0", "8", "data", "false",
		"\"whole\"") "," FIELD("end", "8", "8", "data_end", "false",
				       "\"whole\"") "," FIELD("id", "16", "4", "scalar", "true",
							      "") "]},"
								  "\"result\":{\"least\":-1,"
								  "\"most\":2},\"verdicts\":[{"
								  "\"name\":\"ALLOW\",\"value\":0},"
								  "{\"name\":\"BAD\",\"value\":-1}]"
								  "}],\"attach_types\":[\n"
								  "{\"name\":\"hook\",\"dialect\":"
								  "\"windows\",\"number\":5001,"
								  "\"guid\":\"6f0c1b1e-2c44-4f2a-"
								  "9a0d-1e6b8f3d2a11\",\"context\":"
								  "null,"
								  "\"result\":{\"least\":0,"
								  "\"most\":1}}],\"sections\":[\n"
								  "{\"prefix\":\"flow\","
								  "\"dialect\":\"windows\","
								  "\"type\":\"flow\",\"attach_"
								  "type\":\"hook\"},\n"
								  "{\"prefix\":\"xdp\",\"dialect\":"
								  "\"windows\",\"type\":\"xdp\","
								  "\"attach_type\":\"xdp\"}],"
								  "\"map_types\":[\n"
								  "{\"name\":\"hash\",\"windows\":"
								  "1,\"linux\":1,\"flags\":[]}],"
								  "\"helpers\":[\n"
								  "{\"name\":\"flow_get\","
								  "\"dialect\":\"windows\",\"id\":"
								  "65536,\"type\":\"flow\","
								  "\"offered\":true,"
								  "\"returns\":\"integer\","
								  "\"arguments\":[\"ctx\",\"write_"
								  "mem\",\"size\"],\"flags\":[],"
								  "\"programs\":null,\"maps\":[],"
								  "\"prototype\":\"int "
								  "flow_get(void *a, void *b, u32 "
								  "c)\"},\n"
								  "{\"name\":\"flow_map\","
								  "\"dialect\":\"windows\",\"id\":"
								  "500,\"type\":null,\"offered\":"
								  "false,"
								  "\"returns\":\"map_value_or_"
								  "null\",\"arguments\":[\"map\","
								  "\"map_key\"],\"flags\":[],"
								  "\"programs\":[\"flow\",\"bind\"]"
								  ",\"maps\":[\"hash\"],"
								  "\"prototype\":\"void "
								  "*flow_map(void)\"}]}";

/* whole with one text replaced; NULL when from is not in it. */
static char *changed(const char *from, const char *to)
{
	const char *at = strstr(whole, from);
	size_t head = at == NULL ? 0 : (size_t)(at - whole);
	size_t size = sizeof(whole) + strlen(to) + 1;
	char *text = malloc(size);

	if (at != NULL && text != NULL)
		snprintf(text, size, "%.*s%s%s", (int)head, whole, to, at + strlen(from));
	return text;
}

static void test_read(void)
{
	struct spec *spec = NULL, *again = NULL;
	struct error err = { 0 };
	const struct spec_prog_type *type;
	const struct spec_helper *helper;
	const struct spec_section *section;

	CHECK_EQ(spec_read(whole, sizeof(whole) - 1, &spec, &err), 0);
	type = spec_find_type(spec, DIALECT_WINDOWS, "flow");
	CHECK(type != NULL && spec_find_type_number(spec, DIALECT_WINDOWS, 5000) == type);
	CHECK(spec_find_type(NULL, DIALECT_WINDOWS, "flow") == NULL);
	CHECK(spec_find_type(spec, DIALECT_LINUX, "flow") == NULL);
	CHECK_EQ(type->guid.data1, 0x6f0c1b1e);
	CHECK_EQ(type->guid.data3, 0x4f2a);
	CHECK_EQ(type->guid.data4[7], 0x10);
	CHECK_EQ(type->flags, PROG_TYPE_PRIVILEGED);
	CHECK_STR(spec_verdict_name(type, (u64)-1), "BAD");
	CHECK(type->ctx->size == 40 && type->ctx->data_end == 8 && type->ctx->field_count == 3);
	section = spec_find_section(spec, DIALECT_WINDOWS, "flow/tail");
	CHECK(section != NULL && section->type == type);
	CHECK_EQ(spec_result_of(type, section->attach).most, 1);
	CHECK_EQ(spec_result_of(type, NULL).most, 2);
	CHECK_EQ(spec->section_count, 1); /* xdp's is built in */
	helper = spec_find_helper(spec, DIALECT_WINDOWS, type, 65536);
	CHECK(helper != NULL && !helper->offered && spec_helper_allowed(helper, type));
	CHECK(spec_find_helper(spec, DIALECT_WINDOWS, NULL, 65536) == NULL);
	helper = spec_find_helper(spec, DIALECT_WINDOWS, NULL, 500);
	CHECK(spec_helper_allowed(helper, type));
	CHECK(spec_helper_allowed(helper, spec_prog_type_by_name(DIALECT_WINDOWS, "bind")));
	CHECK(!spec_helper_allowed(helper, spec_prog_type_by_name(DIALECT_WINDOWS, "xdp")));
	CHECK_EQ(spec_find_ctx_dialect(spec, "flow_t", 0), DIALECT_WINDOWS);
	again = spec_get(spec);
	spec_put(spec);
	spec = NULL;
	CHECK(spec_find_type(again, DIALECT_WINDOWS, "flow") == type);
out:
	spec_put(spec);
	spec_put(again);
}

static void test_hash(void)
{
	static const u32 ids[] = { 500, 65536 };
	struct info_hash_input input = { .helpers = ids, .helper_count = 2 };
	struct spec *spec = NULL;
	struct error err = { 0 };
	u8 digest[SHA256_SIZE];

	CHECK_EQ(spec_read(whole, sizeof(whole) - 1, &spec, &err), 0);
	input.type = spec_find_type(spec, DIALECT_WINDOWS, "flow");
	CHECK_EQ(info_hash_sha256(&input, &err, digest), ERR_NOENT);
	input.spec = spec;
	CHECK_EQ(info_hash_sha256(&input, &err, digest), 0);
out:
	spec_put(spec);
}

static const struct {
	const char *from, *to;
	u32 line; /* 0: is fine */
} changes[] = {
	{ "\"version\":1", "\"version\":2", 1 },
	{ "\"version\":1,", "", 1 },
	{ "\"version\":1,", "\"version\":1,\"version\":1,", 1 },
	{ "\"version\":1,", "\"version\":1,\"more\":[],", 1 },
	{ "\"name\":\"flow\"", "\"name\":\"xdp\"", 2 },
	{ "\"name\":\"flow\"", "\"name\":\"\"", 2 },
	{ "\"name\":\"flow\"", "\"name\":\"a b\"", 2 },
	{ "\"name\":\"flow\"", "\"name\":\"a\\u001bb\"", 2 },
	{ "\"name\":\"flow\"", "\"name\":null", 2 },
	{ "\"name\":\"flow\",", "\"name\":\"flow\",\"odd\":1,", 2 },
	{ "\"name\":\"flow\",", "\"name\":\"flow\",\"name\":\"flow\",", 2 },
	{ "\"number\":5000,", "", 2 },
	{ "\"number\":5000", "\"number\":1", 2 },
	{ "\"number\":5000", "\"number\":-1", 2 },
	{ "\"number\":5000", "\"number\":4294967296", 2 },
	{ "\"dialect\":\"windows\",\"number\":5000", "\"dialect\":\"both\",\"number\":5000", 2 },
	{ "\"dialect\":\"windows\",\"number\":5000", "\"dialect\":\"os2\",\"number\":5000", 2 },
	{ "6f0c1b1e-2c44-4f2a-9a0d-1E6B8F3D2A10", "f1832a85-85d5-45b0-98a0-7069d63013b0", 2 },
	{ "6f0c1b1e-2c44-4f2a-9a0d-1E6B8F3D2A10", "6f0c1b1e-2c44-4f2a-9a0d-1E6B8F3D2A1", 2 },
	{ "6f0c1b1e-2c44-4f2a-9a0d-1E6B8F3D2A10", "6f0c1b1e-2c44-4f2a-9a0d-1E6B8F3D2A100", 2 },
	{ "6f0c1b1e-2c44-4f2a-9a0d-1E6B8F3D2A10", "6f0c1b1e02c44-4f2a-9a0d-1E6B8F3D2A10", 2 },
	{ "\"privileged\"", "\"raw\"", 2 },
	{ "\"privileged\"", "\"nonesuch\"", 2 },
	{ "\"privileged\"", "\"legacy_packet\",\"privileged\"", 0 },
	{ "\"size\":40", "\"size\":19", 2 },
	{ "\"size\":40", "\"size\":65536", 2 },
	{ "\"data\":0,\"data_end\":8", "\"data\":8,\"data_end\":0", 2 },
	{ "\"data\":0,\"data_end\":8", "\"data\":-1,\"data_end\":-1", 2 },
	{ "\"data_meta\":-1", "\"data_meta\":16", 2 },
	{ "\"offset\":16", "\"offset\":15", 2 },
	{ "\"offset\":16,\"size\":4", "\"offset\":16,\"size\":0", 2 },
	{ "\"kind\":\"data_end\"", "\"kind\":\"data\"", 2 },
	{ "\"kind\":\"data_end\"", "\"kind\":\"scalar\"", 2 },
	{ "\"kind\":\"scalar\",\"writable\":true,\"unit\":4",
	  "\"kind\":\"scalar\",\"writable\":true,\"unit\":3", 2 },
	{ "\"kind\":\"scalar\",\"writable\":true,\"unit\":4",
	  "\"kind\":\"scalar\",\"writable\":true,\"unit\":0", 2 },
	{ "\"kind\":\"data\",\"writable\":false", "\"kind\":\"data\",\"writable\":true", 2 },
	{ "\"gives\":null", "\"gives\":\"btf\"", 2 },
	{ "\"least\":-1", "\"least\":3", 2 },
	{ "\"value\":-1", "\"value\":\"x\"", 2 },
	{ "\"name\":\"hook\"", "\"name\":\"bind\"", 3 },
	{ "\"name\":\"hook\"", "\"name\":\"hooks\"", 4 }, /* which the section names */
	{ "\"number\":5001", "\"number\":1", 3 },
	{ "\"prefix\":\"flow\"", "\"prefix\":\"?flow\"", 4 },
	{ "\"prefix\":\"flow\"", "\"prefix\":\".text\"", 4 },
	{ "\"prefix\":\"flow\"", "\"prefix\":\"bind\"", 4 },
	{ "\"type\":\"flow\",\"attach_type\"", "\"type\":\"flows\",\"attach_type\"", 4 },
	{ "\"attach_type\":\"hook\"", "\"attach_type\":null", 0 },
	{ "\"type\":\"xdp\"", "\"type\":\"bind\"", 5 },
	{ "\"name\":\"hash\"", "\"name\":\"trie\"", 6 },
	{ "\"linux\":1", "\"linux\":null", 6 },
	{ "\"id\":65536", "\"id\":0", 7 },
	{ "\"id\":65536,", "\"id\":65536,\"about\":\"Any words.\",\"why\":null,", 0 },
	{ "\"id\":65536,", "\"id\":65536,\"about\":1,", 7 },
	{ "\"id\":65536,", "\"id\":65536,\"why\":[],", 7 },
	{ "\"id\":65536,", "\"id\":65536,\"why\":null,\"why\":null,", 7 },
	{ "\"type\":\"flow\",\"offered\"", "\"type\":\"nonesuch\",\"offered\"", 7 },
	{ "\"ctx\",\"write_mem\",\"size\"", "\"ctx\",\"size\",\"write_mem\"", 7 },
	{ "\"ctx\",\"write_mem\",\"size\"", "\"ctx\",\"write_mem\"", 7 },
	{ "\"ctx\",\"write_mem\",\"size\"", "\"ctx\",\"none\",\"ctx\"", 7 },
	{ "\"ctx\",\"write_mem\",\"size\"", "\"ctx\",\"ctx\",\"ctx\",\"ctx\",\"ctx\"", 0 },
	{ "\"ctx\",\"write_mem\",\"size\"", "\"ctx\",\"ctx\",\"ctx\",\"ctx\",\"ctx\",\"ctx\"", 7 },
	{ "\"ctx\",\"write_mem\",\"size\"", "\"sock_common\"", 7 }, /* of Linux */
	{ "\"ctx\",\"write_mem\",\"size\"", "\"map_key\"", 7 },
	{ "\"returns\":\"integer\"", "\"returns\":\"void\"", 7 },
	{ "\"returns\":\"integer\"", "\"returns\":\"integer_or_no_return\"", 7 },
	{ "\"returns\":\"integer\"", "\"returns\":\"nonesuch\"", 7 },
	{ "\"programs\":null", "\"programs\":[]", 7 },
	{ "\"prototype\":\"int flow_get(void *a, void *b, u32 c)\"", "\"prototype\":\"a\\nb\"", 7 },
	{ "\"id\":500", "\"id\":1", 8 },
	{ "\"name\":\"flow_map\"", "\"name\":\"bpf_map_lookup_elem\"", 8 },
	{ "\"maps\":[\"hash\"]", "\"maps\":[]", 8 },
	{ "\"maps\":[\"hash\"]", "\"maps\":[\"nonesuch\"]", 8 },
	{ "\"map\",\"map_key\"", "\"map\",\"map\"", 8 },
	{ "\"programs\":[\"flow\",\"bind\"]", "\"programs\":[\"kprobe\"]", 8 },
};

static void test_changes(void)
{
	static bool done; /* failing allocations are test_read's matter */
	struct spec *spec = NULL;
	char *text = NULL, line[24];

	if (done)
		return;
	done = true;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct error err = { 0 };
		int status;

		text = changed(changes[i].from, changes[i].to);
		CHECK(text != NULL);
		status = spec_read(text, strlen(text), &spec, &err);
		CHECK(status != ERR_NOMEM);
		snprintf(line, sizeof(line), "line %u: ", changes[i].line);
		if ((status == 0) != (changes[i].line == 0) ||
		    (status != 0 && strncmp(err.text, line, strlen(line)) != 0))
			tap_fail(changes[i].to, (int)i, status == 0 ? "accepted" : err.text);
		spec_put(spec);
		spec = NULL;
		free(text);
		text = NULL;
	}
out:
	spec_put(spec);
	free(text);
}

/* Cut anywhere, and with each byte another one: refused or read, never worse. */
static void test_damage(void)
{
	static const char others[] = { '"', '{', ']', ',', '9', '\0' };
	static bool done;
	char text[sizeof(whole)];
	struct spec *spec = NULL;

	if (done)
		return;
	done = true;
	for (size_t i = 0; i < sizeof(whole) - 1; i += 3) {
		struct error err = { 0 };

		if (spec_read(whole, i, &spec, &err) == 0)
			tap_fail("accepted", (int)i, "cut");
		memcpy(text, whole, sizeof(whole));
		text[i] = others[i % sizeof(others)];
		if (spec_read(text, sizeof(whole) - 1, &spec, &err) == 0)
			spec_put(spec);
		else if (err.text[0] == '\0')
			tap_fail("no text", (int)i, "damage");
		spec = NULL;
	}
}

#define FUNCTION(name, module, args)                                          \
	"{\"name\":\"" name "\",\"dialect\":\"windows\",\"module\":\"" module \
	"\",\"offered\":true,\"returns\":\"integer\",\"arguments\":[" args    \
	"],\"flags\":[],\"programs\":null,\"prototype\":\"int " name "(void)\"}"
#define MODULE_A "6f0c1b1e-2c44-4f2a-9a0d-1e6b8f3d2a10"
#define MODULE_B "6f0c1b1e-2c44-4f2a-9a0d-1e6b8f3d2a11"

/* Functions of extensions, told apart by whose they are. */
static void functions(void)
{
	static const char good[] = "{\"version\":1,\"functions\":[" FUNCTION(
		"look", MODULE_A, "\"map\"") "," FUNCTION("look", MODULE_B, "\"ctx\"") "]}";
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "{\"version\":1,\"functions\":[" FUNCTION("look", "6f0c", "") "]}", "a GUID" },
		{ "{\"version\":1,\"functions\":[" FUNCTION("look", MODULE_A, "") "," FUNCTION(
			  "look", MODULE_A, "") "]}",
		  "another one of that name" },
		{ "{\"version\":1,\"functions\":[" FUNCTION("look", MODULE_A, "\"read_mem\"") "]}",
		  "memory without a size" },
		{ "{\"version\":1,\"functions\":[{\"name\":\"look\"}]}", "is missing" },
	};
	const struct spec_helper *contract;
	struct spec *spec = NULL;
	struct error err;

	CHECK_EQ(spec_read(good, sizeof(good) - 1, &spec, &err), 0);
	CHECK_EQ(spec->function_count, 2);
	contract = spec_find_function(spec, DIALECT_WINDOWS, "look", MODULE_B);
	CHECK(contract != NULL && contract->args[0] == ARG_CTX && contract->maps == 0);
	contract = spec_find_function(spec, DIALECT_WINDOWS, "look", "{" MODULE_A "}");
	CHECK(contract != NULL && contract->args[0] == ARG_MAP && contract->maps != 0);
	spec_put(spec);
	spec = NULL;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		CHECK(spec_read(bad[i].text, strlen(bad[i].text), &spec, &err) < 0);
		if (strstr(err.text, bad[i].why) == NULL)
			printf("# %s\n", err.text);
		CHECK(err.status == ERR_NOMEM || strstr(err.text, bad[i].why) != NULL);
	}
out:
	spec_put(spec);
}

TAP_MAIN(TAP_TEST(functions), TAP_TEST(test_read), TAP_TEST(test_hash), TAP_TEST(test_changes),
	 TAP_TEST(test_damage))
