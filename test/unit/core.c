/* SPDX-License-Identifier: MIT */
/* CO-RE relocations by hand: what no compiler writes, and types that are made to cost time. */
#include "tap.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "btf/core.h"
#include "elf_builder.h"

struct side {
	struct btf_builder builder;
	struct btf btf;
};

struct pair {
	struct side local, target;
	struct arena arena;
	struct btf_core core;
	struct btf_core_value value;
	struct error err;
};

static void pair_init(struct pair *pair)
{
	*pair = (struct pair){ 0 };
	arena_init(&pair->arena, 0);
	btf_builder_init(&pair->local.builder);
	btf_builder_init(&pair->target.builder);
}

static void pair_fini(struct pair *pair)
{
	btf_builder_fini(&pair->local.builder);
	btf_builder_fini(&pair->target.builder);
	arena_fini(&pair->arena);
}

static bool side_open(struct pair *pair, struct side *side)
{
	u8 *bytes;
	size_t len;

	return btf_builder_finish(&side->builder, &bytes, &len) &&
	       btf_open(bytes, len, &pair->arena, &side->btf, &pair->err) == 0;
}

/* After both have their types; the target is used when it has some. */
static bool pair_open(struct pair *pair)
{
	if (!side_open(pair, &pair->local))
		return false;
	pair->core = (struct btf_core){ .local = &pair->local.btf, .steps = BTF_CORE_BUDGET };
	if (pair->target.builder.count == 0)
		return true;
	return side_open(pair, &pair->target) && btf_index_open(&pair->target.btf, 7, &pair->arena,
								&pair->core.index, &pair->err) == 0;
}

static int resolve(struct pair *pair, u32 type, const char *access, u32 kind)
{
	struct btf_core_relo relo = { 0, type, access, kind };

	pair->err = (struct error){ 0 };
	return btf_core_resolve(&pair->core, &relo, &pair->value, &pair->err);
}

/* int, struct pair { int a; int b[3]; }, enum color { RED = 5 }, const struct pair */
enum { INT = 1, ROW, PAIR, COLOR, CONST_PAIR };
static void add_pair(struct btf_builder *b)
{
	btf_builder_int(b, "int", 4);
	btf_builder_array(b, INT, INT, 3);
	btf_builder_type(b, "pair", BTF_STRUCT, 2, false, 16);
	btf_builder_member(b, "a", INT, 0);
	btf_builder_member(b, "b", ROW, 32);
	btf_builder_type(b, "color", BTF_ENUM, 1, false, 4);
	btf_builder_word(b, btf_builder_string(b, "RED"));
	btf_builder_word(b, 5);
	btf_builder_type(b, "", BTF_CONST, 0, false, PAIR);
}

static void names(void)
{
	static const struct {
		const char *name;
		size_t len;
	} rows[] = {
		{ "a", 1 },    { "a___b", 1 },	{ "task_struct___v2", 11 }, { "___b", 4 },
		{ "a___", 4 }, { "a____b", 6 }, { "a___b___c", 5 },	    { "a__b", 4 },
		{ "", 0 },     { "a_____", 6 }, { "long_name___x_y", 9 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(btf_core_name_len(rows[i].name), rows[i].len);
	CHECK_STR(btf_core_kind_name(BTF_CORE_TYPE_MATCHES), "type_matches");
	CHECK_STR(btf_core_kind_name(13), "?");
out:;
}

static void malformed(void)
{
	static const struct {
		u32 type;
		const char *access;
		u32 kind;
		const char *text;
	} rows[] = {
		{ PAIR, "0:0", 13, "kind 13 is unknown" },
		{ 99, "0:0", 0, "type 99" },
		{ PAIR, "", 0, "not of the form" },
		{ PAIR, "0:", 0, "not of the form" },
		{ PAIR, ":0", 0, "not of the form" },
		{ PAIR, "0:x", 0, "not of the form" },
		{ PAIR, "0:-1", 0, "not of the form" },
		{ PAIR, "0:99999999999999999999", 0, "not of the form" },
		{ PAIR, "0:2147483648", 0, "not of the form" },
		{ PAIR, "2147483647:0", 0, "too far" },
		{ PAIR, "1000000:0", 0, NULL },
		{ PAIR, "0:2", 0, "has 2 members" },
		{ PAIR, "0:1:3", 0, "has 3 members" },
		{ PAIR, "0:0:0", 0, "no members" },
		{ INT, "0:0", 0, "no members" },
		{ PAIR, "1", BTF_CORE_TYPE_SIZE, "access to a type is 0" },
		{ PAIR, "0:0", BTF_CORE_TYPE_EXISTS, "access to a type is 0" },
		{ PAIR, "0", BTF_CORE_ENUMVAL_VALUE, "is no enumeration" },
		{ COLOR, "1", BTF_CORE_ENUMVAL_VALUE, "there are 1 enumerators" },
		{ COLOR, "0:0", BTF_CORE_ENUMVAL_EXISTS, "enumerators" },
		{ 0, "1", 0, "has no size" },
	};
	struct pair pair;
	struct strbuf text = STRBUF_INIT;
	char deep[200] = "0";

	pair_init(&pair);
	add_pair(&pair.local.builder);
	CHECK(pair_open(&pair));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct btf_core_relo relo = { 0, rows[i].type, rows[i].access, rows[i].kind };
		int status = resolve(&pair, rows[i].type, rows[i].access, rows[i].kind);

		btf_core_describe(&pair.local.btf, &relo, &text);
		if (rows[i].text == NULL) {
			CHECK_EQ(status, 0);
			continue;
		}
		CHECK_EQ(status, ERR_NOEXEC);
		CHECK(strstr(pair.err.text, rows[i].text) != NULL);
	}
	for (size_t i = 0, len = strlen(deep); i < 64; i++, len += 2)
		memcpy(deep + len, ":0", 3);
	CHECK_EQ(resolve(&pair, PAIR, deep, 0), ERR_NOEXEC);
	CHECK(strstr(pair.err.text, "over 64 steps") != NULL);
out:
	strbuf_fini(&text);
	pair_fini(&pair);
}

static void description(void)
{
	static const struct {
		struct btf_core_relo relo;
		const char *text;
	} rows[] = {
		{ { 0, PAIR, "0:1:2", 0 }, "struct pair.b[2] (0:1:2)" },
		{ { 0, CONST_PAIR, "3:0", 0 }, "struct pair[3].a (3:0)" },
		{ { 0, COLOR, "0", BTF_CORE_ENUMVAL_VALUE }, "enum color RED (0)" },
		{ { 0, INT, "0", BTF_CORE_TYPE_SIZE }, "int (0)" },
		{ { 0, ROW, "0:1", 0 }, "<ARRAY 2>[1] (0:1)" },
		{ { 0, PAIR, "0:7", 0 }, "struct pair (0:7)" },
	};
	struct pair pair;
	struct strbuf text = STRBUF_INIT;

	pair_init(&pair);
	add_pair(&pair.local.builder);
	CHECK(pair_open(&pair));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strbuf_reset(&text);
		btf_core_describe(&pair.local.btf, &rows[i].relo, &text);
		CHECK_STR(strbuf_str(&text), rows[i].text);
	}
out:
	strbuf_fini(&text);
	pair_fini(&pair);
}

/* A bit-field of 60 bits from bit 7 on has no word that holds it. */
static void wide_bits(void)
{
	struct pair pair;
	struct btf_builder *b = &pair.local.builder;

	pair_init(&pair);
	btf_builder_int(b, "long", 8);
	btf_builder_type(b, "bits", BTF_STRUCT, 2, true, 16);
	btf_builder_member(b, "low", 1, 4u << 24 | 60);
	btf_builder_member(b, "wide", 1, 60u << 24 | 7);
	CHECK(pair_open(&pair));
	CHECK_EQ(resolve(&pair, 2, "0:1", BTF_CORE_FIELD_BYTE_OFFSET), 0);
	CHECK(pair.value.missed != NULL);
	CHECK_EQ(resolve(&pair, 2, "0:1", BTF_CORE_FIELD_EXISTS), 0);
	CHECK(pair.value.missed == NULL);
	CHECK_EQ(resolve(&pair, 2, "0:0", BTF_CORE_FIELD_LSHIFT_U64), 0);
	CHECK_EQ(pair.value.target, 0);
	CHECK_EQ(resolve(&pair, 2, "0:0", BTF_CORE_FIELD_RSHIFT_U64), 0);
	CHECK_EQ(pair.value.target, 60);
	/* All of the structure is no register. */
	CHECK_EQ(resolve(&pair, 2, "0", BTF_CORE_FIELD_LSHIFT_U64), 0);
	CHECK(pair.value.missed != NULL);
out:
	pair_fini(&pair);
}

/* Anonymous structures, each with two of the next: 2^30 ways to look for a name. */
static void budget(void)
{
	enum { DEPTH = 30 };
	struct pair pair;
	struct btf_builder *b = &pair.target.builder;

	pair_init(&pair);
	add_pair(&pair.local.builder);
	btf_builder_int(b, "int", 4);
	for (u32 i = 0; i < DEPTH; i++) {
		btf_builder_type(b, i + 1 == DEPTH ? "pair" : "", BTF_UNION, 2, false, 4);
		btf_builder_member(b, i == 0 ? "x" : "", i + 1, 0);
		btf_builder_member(b, i == 0 ? "y" : "", i + 1, 0);
	}
	btf_builder_type(b, "pair", BTF_STRUCT, 1, false, 4);
	btf_builder_member(b, "", DEPTH + 1, 0);
	CHECK(pair_open(&pair));
	pair.core.steps = 1 << 20;
	CHECK_EQ(resolve(&pair, PAIR, "0:0", BTF_CORE_FIELD_EXISTS), ERR_TOOBIG);
	CHECK(strstr(pair.err.text, "too long") != NULL);
	/* It stays used up. */
	CHECK_EQ(resolve(&pair, PAIR, "0:0", BTF_CORE_FIELD_EXISTS), ERR_TOOBIG);
out:
	pair_fini(&pair);
}

/* struct node { struct node *next; fn *call; }; typedef fn *fn(fn *, struct node *): types that
 * come back to themselves by pointers. */
static void add_cycle(struct btf_builder *b, bool with_body)
{
	btf_builder_type(b, "node", BTF_STRUCT, 2, false, 16);
	btf_builder_member(b, "next", 2, 0);
	btf_builder_member(b, "call", 3, 64);
	btf_builder_type(b, "", BTF_PTR, 0, false, with_body ? 1 : 6);
	btf_builder_type(b, "", BTF_PTR, 0, false, 4);
	btf_builder_type(b, "fn", BTF_TYPEDEF, 0, false, 5);
	btf_builder_type(b, "", BTF_FUNC_PROTO, 2, false, 3);
	btf_builder_word(b, 0);
	btf_builder_word(b, 3);
	btf_builder_word(b, 0);
	btf_builder_word(b, 2);
	btf_builder_type(b, "node", BTF_FWD, 0, false, 0);
}

static void cycles(void)
{
	struct pair pair;

	pair_init(&pair);
	add_cycle(&pair.local.builder, true);
	add_cycle(&pair.target.builder, false);
	CHECK(pair_open(&pair));
	CHECK_EQ(resolve(&pair, 1, "0", BTF_CORE_TYPE_MATCHES), 0);
	CHECK_EQ(pair.value.target, 1);
	CHECK_EQ(resolve(&pair, 4, "0", BTF_CORE_TYPE_EXISTS), 0);
	CHECK_EQ(pair.value.target, 1);
	/* A declaration is answered by the structure. */
	CHECK_EQ(resolve(&pair, 6, "0", BTF_CORE_TYPE_SIZE), 0);
	CHECK(pair.value.missed == NULL);
	CHECK_EQ(pair.value.target, 16);
	CHECK_EQ(resolve(&pair, 6, "0", BTF_CORE_TYPE_EXISTS), 0);
	CHECK_EQ(pair.value.target, 1);
out:
	pair_fini(&pair);
}

/* Two thousand types of one name that all fit: the same answer, in time. */
static void crowd(void)
{
	struct pair pair;

	pair_init(&pair);
	add_pair(&pair.local.builder);
	for (u32 i = 0; i < 2000; i++)
		btf_builder_int(&pair.target.builder, "int___other", 4);
	CHECK(pair_open(&pair));
	CHECK_EQ(resolve(&pair, INT, "0", BTF_CORE_TYPE_SIZE), 0);
	CHECK_EQ(pair.value.target, 4);
	CHECK_EQ(resolve(&pair, INT, "0", BTF_CORE_TYPE_ID_TARGET), ERR_NOEXEC);
	CHECK(strstr(pair.err.text, "ambiguous") != NULL);
	CHECK_EQ(resolve(&pair, INT, "0", BTF_CORE_TYPE_ID_LOCAL), 0);
	CHECK_EQ(pair.value.target, INT);
out:
	pair_fini(&pair);
}

TAP_MAIN(TAP_TEST(names), TAP_TEST(malformed), TAP_TEST(description), TAP_TEST(wide_bits),
	 TAP_TEST(budget), TAP_TEST(cycles), TAP_TEST(crowd))
