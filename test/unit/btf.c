/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include "base/arena.h"
#include "base/le.h"
#include "btf/btf.h"
#include "elf_builder.h"

struct image {
	struct btf_builder builder;
	u8 *bytes;
	size_t len;
};

enum {
	ID_INT = 1,
	ID_PTR,
	ID_ARRAY,
	ID_STRUCT,
	ID_UNION,
	ID_ENUM,
	ID_FWD,
	ID_TYPEDEF,
	ID_VOLATILE,
	ID_CONST,
	ID_RESTRICT,
	ID_PROTO,
	ID_FUNC,
	ID_VAR,
	ID_DATASEC,
	ID_FLOAT,
	ID_DECL_TAG,
	ID_TYPE_TAG,
	ID_ENUM64,
	ID_COUNT
};

/* One type of every kind, with references forward and back. */
static void add_all_kinds(struct btf_builder *b)
{
	btf_builder_int(b, "int", 4);
	btf_builder_type(b, "", BTF_PTR, 0, false, ID_STRUCT);
	btf_builder_array(b, ID_TYPEDEF, ID_INT, 10);
	btf_builder_type(b, "pair", BTF_STRUCT, 3, true, 56);
	btf_builder_member(b, "low", ID_INT, 3u << 24 | 0);
	btf_builder_member(b, "next", ID_PTR, 64);
	btf_builder_member(b, "values", ID_ARRAY, 128);
	btf_builder_type(b, "either", BTF_UNION, 1, false, 4);
	btf_builder_member(b, "one", ID_CONST, 0);
	btf_builder_type(b, "colour", BTF_ENUM, 2, true, 4);
	btf_builder_word(b, btf_builder_string(b, "RED"));
	btf_builder_word(b, 7);
	btf_builder_word(b, btf_builder_string(b, "BLUE"));
	btf_builder_word(b, (u32)-7);
	btf_builder_type(b, "later", BTF_FWD, 0, true, 0);
	btf_builder_type(b, "number", BTF_TYPEDEF, 0, false, ID_VOLATILE);
	btf_builder_type(b, "", BTF_VOLATILE, 0, false, ID_CONST);
	btf_builder_type(b, "", BTF_CONST, 0, false, ID_TYPE_TAG);
	btf_builder_type(b, "", BTF_RESTRICT, 0, false, ID_PTR);
	btf_builder_type(b, "", BTF_FUNC_PROTO, 2, false, ID_INT);
	btf_builder_word(b, btf_builder_string(b, "ctx"));
	btf_builder_word(b, ID_PTR);
	btf_builder_word(b, 0);
	btf_builder_word(b, 0);
	btf_builder_type(b, "main", BTF_FUNC, 1, false, ID_PROTO);
	btf_builder_type(b, "global", BTF_VAR, 0, false, ID_ARRAY);
	btf_builder_word(b, 1);
	btf_builder_type(b, ".data", BTF_DATASEC, 1, false, 0);
	btf_builder_word(b, ID_VAR);
	btf_builder_word(b, 16);
	btf_builder_word(b, 40);
	btf_builder_type(b, "double", BTF_FLOAT, 0, false, 8);
	btf_builder_type(b, "tag", BTF_DECL_TAG, 0, false, ID_STRUCT);
	btf_builder_word(b, 2);
	btf_builder_type(b, "user", BTF_TYPE_TAG, 0, false, ID_INT);
	btf_builder_type(b, "large", BTF_ENUM64, 1, false, 8);
	btf_builder_member(b, "HUGE", 1, 0x80000000);
}

static bool image_build(struct image *image)
{
	btf_builder_init(&image->builder);
	add_all_kinds(&image->builder);
	return btf_builder_finish(&image->builder, &image->bytes, &image->len);
}

static void test_reads_kinds(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	struct error err = { 0 };
	const struct btf_type *type;
	struct btf btf;

	CHECK(image_build(&image));
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, &err), 0);
	CHECK_EQ(btf.type_count, ID_COUNT);
	for (u32 id = 1; id < ID_COUNT; id++) {
		CHECK(btf_type(&btf, id)->kind > BTF_VOID && btf_type(&btf, id)->kind <= 19);
		CHECK_EQ(btf_type(&btf, id)->record_off,
			 id == 1 ? 24 : btf_type(&btf, id)->record_off);
	}
	type = btf_type(&btf, ID_INT);
	CHECK_EQ(type->flags, 1);
	CHECK_EQ(type->int_bits, 32);
	CHECK_EQ(type->int_off, 0);
	CHECK_EQ(type->size, 4);
	type = btf_type(&btf, ID_ARRAY);
	CHECK_EQ(type->type, ID_TYPEDEF);
	CHECK_EQ(type->index_type, ID_INT);
	CHECK_EQ(type->count, 10);
	type = btf_type(&btf, ID_FWD);
	CHECK_EQ(type->flags, 1);
	type = btf_type(&btf, ID_PROTO);
	CHECK_EQ(type->type, ID_INT);
	CHECK_EQ(type->count, 2);
	CHECK_STR(type->members[0].name, "ctx");
	CHECK_EQ(type->members[0].type, ID_PTR);
	CHECK_EQ(type->members[1].type, 0);
	type = btf_type(&btf, ID_FUNC);
	CHECK_STR(type->name, "main");
	CHECK_EQ(type->flags, 1);
	CHECK_EQ(type->count, 0);
	type = btf_type(&btf, ID_VAR);
	CHECK_EQ(type->flags, 1);
	type = btf_type(&btf, ID_DATASEC);
	CHECK_STR(type->name, ".data");
	CHECK_STR(type->members[0].name, "global");
	CHECK_EQ(type->members[0].off, 16);
	CHECK_EQ(type->members[0].size, 40);
	type = btf_type(&btf, ID_DECL_TAG);
	CHECK_EQ(type->component, 2);
	CHECK_EQ(type->type, ID_STRUCT);
	CHECK_STR(btf_kind_name(BTF_DECL_TAG), "DECL_TAG");
	CHECK_STR(btf_kind_name((enum btf_kind)20), "?");
	CHECK_EQ(btf_type(&btf, ID_COUNT)->kind, BTF_VOID);
	CHECK_EQ(btf_type(&btf, ~0u)->kind, BTF_VOID);
out:
	arena_fini(&arena);
	btf_builder_fini(&image.builder);
}

static void test_reads_members(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	const struct btf_type *type;
	struct btf btf;

	CHECK(image_build(&image));
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, NULL), 0);
	type = btf_type(&btf, ID_STRUCT);
	CHECK_EQ(type->count, 3);
	CHECK_STR(type->members[0].name, "low");
	CHECK_EQ(type->members[0].size, 3);
	CHECK_EQ(type->members[0].off, 0);
	CHECK_EQ(type->members[1].off, 64);
	CHECK_EQ(type->members[1].size, 0);
	type = btf_type(&btf, ID_ENUM);
	CHECK_EQ(type->flags, 1);
	CHECK_STR(type->members[1].name, "BLUE");
	CHECK_EQ(type->members[1].value, -7);
	type = btf_type(&btf, ID_ENUM64);
	CHECK_EQ(type->members[0].value, 0x8000000000000001ull);
	CHECK_EQ(type->flags, 0);
out:
	arena_fini(&arena);
	btf_builder_fini(&image.builder);
}

static void test_queries(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	struct btf btf;
	u64 size = 99;

	CHECK(image_build(&image));
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, NULL), 0);
	CHECK_EQ(btf_skip_modifiers(&btf, ID_TYPEDEF), ID_INT);
	CHECK_EQ(btf_skip_modifiers(&btf, ID_RESTRICT), ID_PTR);
	CHECK_EQ(btf_skip_modifiers(&btf, ID_STRUCT), ID_STRUCT);
	CHECK_EQ(btf_skip_modifiers(&btf, 1000), 0);
	CHECK(btf_size_of(&btf, ID_ARRAY, &size) && size == 40);
	CHECK(btf_size_of(&btf, ID_VAR, &size) && size == 40);
	CHECK(btf_size_of(&btf, ID_RESTRICT, &size) && size == 8);
	CHECK(btf_size_of(&btf, ID_STRUCT, &size) && size == 56);
	CHECK(btf_size_of(&btf, ID_FLOAT, &size) && size == 8);
	size = 99;
	CHECK(!btf_size_of(&btf, 0, &size));
	CHECK(!btf_size_of(&btf, ID_FWD, &size));
	CHECK(!btf_size_of(&btf, ID_FUNC, &size));
	CHECK(!btf_size_of(&btf, ID_PROTO, &size));
	CHECK_EQ(size, 99);
	CHECK_EQ(btf_find(&btf, BTF_STRUCT, "pair"), ID_STRUCT);
	CHECK_EQ(btf_find(&btf, BTF_UNION, "pair"), 0);
	CHECK_EQ(btf_find(&btf, BTF_DATASEC, ".data"), ID_DATASEC);
out:
	arena_fini(&arena);
	btf_builder_fini(&image.builder);
}

/* Strings in front of the types; a header that is longer by zeros; nothing but void. */
static void test_layouts(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	struct error err = { 0 };
	struct btf btf;

	btf_builder_init(&image.builder);
	CHECK(btf_builder_finish(&image.builder, &image.bytes, &image.len));
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, NULL), 0);
	CHECK_EQ(btf.type_count, 1);
	btf_builder_fini(&image.builder);

	btf_builder_init(&image.builder);
	image.builder.strings_first = true;
	image.builder.extra_header = 16;
	add_all_kinds(&image.builder);
	CHECK(btf_builder_finish(&image.builder, &image.bytes, &image.len));
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, NULL), 0);
	CHECK_EQ(btf.type_count, ID_COUNT);
	CHECK_STR(btf_type(&btf, ID_STRUCT)->name, "pair");
	image.bytes[30] = 1;
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, &err), ERR_NOEXEC);
	CHECK_STR(err.text, ".BTF: unknown header field at offset 0x1e is not zero");
out:
	arena_fini(&arena);
	btf_builder_fini(&image.builder);
}

/* A bit-field as integers of odd width said it before kind_flag. */
static void test_old_bit_fields(void)
{
	struct btf_builder b;
	struct arena arena = { 0 };
	const struct btf_member *members;
	struct btf btf;
	u8 *bytes;
	size_t len;
	u32 odd;

	btf_builder_init(&b);
	odd = btf_builder_type(&b, "int", BTF_INT, 0, false, 4);
	btf_builder_word(&b, 2 << 16 | 5);
	btf_builder_type(&b, "bits", BTF_STRUCT, 1, false, 4);
	btf_builder_member(&b, "field", odd, 3);
	CHECK(btf_builder_finish(&b, &bytes, &len));
	CHECK_EQ(btf_open(bytes, len, &arena, &btf, NULL), 0);
	members = btf_type(&btf, 2)->members;
	CHECK_EQ(members[0].off, 5);
	CHECK_EQ(members[0].size, 5);
out:
	arena_fini(&arena);
	btf_builder_fini(&b);
}

/* --- damage ---------------------------------------------------------------------------------- */

/* id 0: off is from the start, else from the type's record. */
static const struct damage {
	u32 id, off, value;
	const char *text;
} damages[] = {
	{ 0, 0, 0x0001eb9e, ".BTF: magic number 0xeb9e is not 0xeb9f" },
	{ 0, 0, 0x0002eb9f, "version 2, flags 0x0" },
	{ 0, 0, 0x0101eb9f, "version 1, flags 0x1" },
	{ 0, 4, 23, "header length 23" },
	{ 0, 4, 0xfffffffc, "header length 4294967292" },
	{ 0, 8, 0xfffffff0, "part 0 (offset 0xfffffff0 after the header" },
	{ 0, 8, 2, "are not aligned" },
	{ 0, 12, 0x10000, "part 0 (offset 0x0 after the header, 0x10000 bytes) lies outside" },
	{ 0, 16, 0x4, "overlap" },
	{ 0, 20, 0, "do not begin and end with a zero byte" },
	{ 0, 20, 0xffffffff, "part 1" },
	{ ID_INT, 0, 0x5000, "BTF type 1 (offset 0x18): name offset 0x5000 lies outside" },
	{ ID_INT, 4, 0x00000000, "unknown kind 0" },
	{ ID_INT, 4, 0x14000000, "BTF type 1 (offset 0x18): unknown kind 20" },
	{ ID_INT, 4, 0x01010000, "INT: reserved bits set in info 0x1010000" },
	{ ID_INT, 4, 0x81000000, "INT with kind_flag" },
	{ ID_INT, 4, 0x01000001, "INT with vlen 1" },
	{ ID_INT, 8, 0, "BTF type 1 (INT \"int\", offset 0x18): size 0" },
	{ ID_INT, 8, 17, "size 17" },
	{ ID_INT, 12, 0x01010020, "bits 1 to 33 are not all in 4 bytes" },
	{ ID_INT, 12, 0x08000020, "unknown encoding 0x8" },
	{ ID_PTR, 8, ID_COUNT, "(PTR \"\", offset 0x28): what it refers to is type 20 of 20" },
	{ ID_PTR, 8, ID_VAR, "what it refers to is type 14 (VAR)" },
	{ ID_ARRAY, 12, 0xffffffff, "its element is type 4294967295 of 20" },
	{ ID_ARRAY, 16, ID_COUNT, "its index is type 20 of 20" },
	{ ID_ARRAY, 20, 0x40000000, "1073741824 elements of 4 bytes are over 4 GiB" },
	{ ID_ARRAY, 20, 11, "member 2 \"values\": bits 128 to 480 do not fit into 56 bytes" },
	/* Its bits do not fit 32 bits. */
	{ ID_ARRAY, 20, 0x08000000, "member 2 \"values\": bits 128 to 4294967424 do not fit" },
	{ ID_ARRAY, 12, ID_STRUCT, "contains itself" },
	{ ID_STRUCT, 4, 0x8400ffff, "STRUCT with vlen 65535 needs 0xc0000 bytes" },
	{ ID_STRUCT, 8, 55, "do not fit into 55 bytes" },
	{ ID_STRUCT, 12, 0x5000, "member 0: name offset 0x5000" },
	{ ID_STRUCT, 16, ID_COUNT, "member 0: its type is type 20 of 20" },
	{ ID_STRUCT, 16, ID_PROTO, "member 0 \"low\": type 12 (FUNC_PROTO) has no size" },
	{ ID_STRUCT, 16, 0, "type 0 (VOID) has no size" },
	{ ID_STRUCT, 16, ID_STRUCT, "contains itself by way of type 4 (STRUCT)" },
	{ ID_STRUCT, 32, 65, "member 1 \"next\": bit offset 65 is not on a byte" },
	{ ID_STRUCT, 32, 0xfffff8, "do not fit into 56 bytes" },
	{ ID_UNION, 20, 8, "bits 8 to 40 do not fit into 4 bytes" },
	{ ID_ENUM, 8, 3, "size 3 is not 1, 2, 4 or 8" },
	{ ID_TYPEDEF, 8, ID_TYPEDEF, "(TYPEDEF \"number\"" },
	{ ID_CONST, 8, ID_VOLATILE, "contains itself" },
	{ ID_PROTO, 8, ID_COUNT, "its result is type 20 of 20" },
	{ ID_PROTO, 16, ID_COUNT, "member 0: its type is type 20" },
	{ ID_FUNC, 4, 0x0c000003, "FUNC with vlen 3" },
	{ ID_FUNC, 8, ID_INT, "its prototype is type 1 (INT)" },
	{ ID_FUNC, 8, ID_COUNT, "its prototype is type 20 of 20" },
	{ ID_VAR, 12, 3, "unknown linkage 3" },
	{ ID_DATASEC, 12, ID_INT, "member 0 is type 1 of 20 (INT), no variable" },
	{ ID_DATASEC, 12, ID_COUNT, "member 0 is type 20 of 20 (VOID), no variable" },
	{ ID_FLOAT, 8, 0, "(FLOAT \"double\"" },
	{ ID_DECL_TAG, 8, ID_COUNT, "it tags what is type 20" },
	{ ID_DECL_TAG, 12, 3, "component 3 of type 4, which has 3" },
	{ ID_DECL_TAG, 12, 0xfffffffe, "component -2 of type 4" },
	{ ID_ENUM64, 4, 0x13000002, "ENUM64 with vlen 2 needs" },
};

static void test_damage_is_named(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	u32 offs[ID_COUNT] = { 0 };
	struct btf btf;

	CHECK(image_build(&image));
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, NULL), 0);
	for (u32 id = 1; id < ID_COUNT; id++)
		offs[id] = btf_type(&btf, id)->record_off;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		u8 *word = image.bytes + offs[damages[i].id] + damages[i].off;
		u32 old = le32_load(word);
		struct error err = { 0 };
		int status;

		le32_store(word, damages[i].value);
		status = btf_open(image.bytes, image.len, &arena, &btf, &err);
		le32_store(word, old);
		if (status != ERR_NOEXEC || strstr(err.text, damages[i].text) == NULL) {
			tap_fail(__FILE__, (int)i, err.text); /* "line" is the row */
			goto out;
		}
	}
	/* Strings that do not end. */
	image.bytes[image.len - 1] = 'x';
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, NULL), ERR_NOEXEC);
out:
	arena_fini(&arena);
	btf_builder_fini(&image.builder);
}

/* The last offset that is one, and the first that is none. */
static void test_edges(void)
{
	struct image image = { 0 };
	struct arena arena = { 0 };
	struct error err = { 0 };
	struct btf btf;
	u32 string_len, types_len;

	CHECK(image_build(&image));
	string_len = le32_load(image.bytes + 20);
	types_len = le32_load(image.bytes + 12);
	le32_store(image.bytes + 24, string_len - 1);
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, NULL), 0);
	CHECK_STR(btf_type(&btf, ID_INT)->name, "");
	le32_store(image.bytes + 24, string_len);
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, NULL), ERR_NOEXEC);
	le32_store(image.bytes + 24, 0);
	/* The last record lacks a word, then all but one. */
	le32_store(image.bytes + 12, types_len - 4);
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, &err), ERR_NOEXEC);
	CHECK(strstr(err.text, "ENUM64 with vlen 1 needs 0x18 bytes, 0x14 are left") != NULL);
	le32_store(image.bytes + 12, types_len - 20);
	CHECK_EQ(btf_open(image.bytes, image.len, &arena, &btf, &err), ERR_NOEXEC);
	CHECK(strstr(err.text, "4 bytes are left for 12 of its record") != NULL);
out:
	arena_fini(&arena);
	btf_builder_fini(&image.builder);
}

static size_t read_all(const u8 *bytes, size_t len)
{
	struct arena arena = { 0 };
	struct btf btf;
	size_t sum = 0;

	if (btf_open(bytes, len, &arena, &btf, NULL) == 0) {
		for (u32 id = 0; id < btf.type_count; id++) {
			const struct btf_type *type = btf_type(&btf, id);
			u64 size = 0;

			sum += strlen(type->name) + btf_size_of(&btf, id, &size);
			sum += btf_type(&btf, btf_skip_modifiers(&btf, id))->kind;
			for (u32 i = 0; type->members != NULL && i < type->count; i++)
				sum += strlen(type->members[i].name) +
				       btf_type(&btf, type->members[i].type)->kind;
		}
	}
	arena_fini(&arena);
	return sum;
}

static void test_mutations(void)
{
	static bool again; /* the runs with failing allocations try a part only */
	size_t step = again ? 61 : 1;
	struct image image = { 0 };

	again = true;
	CHECK(image_build(&image));
	for (size_t i = 0; i < image.len; i += step) {
		u8 old = image.bytes[i];

		image.bytes[i] = 0;
		(void)read_all(image.bytes, image.len);
		image.bytes[i] = 0xff;
		(void)read_all(image.bytes, image.len);
		image.bytes[i] = old ^ 0x80;
		(void)read_all(image.bytes, image.len);
		image.bytes[i] = old;
	}
	for (size_t len = 0; len < image.len; len += step) {
		u8 *copy = mem_alloc(len);

		CHECK(copy != NULL);
		memcpy(copy, image.bytes, len);
		(void)read_all(copy, len);
		mem_free(copy);
	}
out:
	btf_builder_fini(&image.builder);
}

/* --- cycles ---------------------------------------------------------------------------------- */

enum { GRAPH_MAX = 4 };

/* Kind and target of each type of a small graph. */
struct graph {
	u32 count;
	enum btf_kind kinds[GRAPH_MAX + 1];
	u32 targets[GRAPH_MAX + 1];
};

/* Whether following id's parts ends, by following them for longer than a path can be. */
static bool graph_ends(const struct graph *graph, u32 id)
{
	for (u32 steps = 0; steps <= graph->count; steps++) {
		if (id == 0 || graph->kinds[id] == BTF_PTR)
			return true;
		id = graph->targets[id];
	}
	return false;
}

/* Bytes of a type of a graph that ends: arrays have 3 elements, a structure has room for 100. */
static u64 graph_size(const struct graph *graph, u32 id)
{
	u64 factor = 1;

	for (; id != 0; id = graph->targets[id]) {
		if (graph->kinds[id] == BTF_PTR)
			return 8 * factor;
		if (graph->kinds[id] == BTF_STRUCT)
			return 100 * factor;
		if (graph->kinds[id] == BTF_ARRAY)
			factor *= 3;
	}
	return 0;
}

/* A structure's member must have a size that fits. */
static bool graph_is_sound(const struct graph *graph)
{
	for (u32 id = 1; id <= graph->count; id++) {
		if (!graph_ends(graph, id))
			return false;
	}
	for (u32 id = 1; id <= graph->count; id++) {
		u64 size = graph_size(graph, graph->targets[id]);

		if (graph->kinds[id] == BTF_STRUCT && (size == 0 || size > 100))
			return false;
	}
	return true;
}

static bool graph_check(const struct graph *graph)
{
	struct btf_builder b;
	struct arena arena = { 0 };
	bool ok = false, sound = graph_is_sound(graph);
	struct btf btf;
	u8 *bytes;
	size_t len;

	btf_builder_init(&b);
	for (u32 id = 1; id <= graph->count; id++) {
		if (graph->kinds[id] == BTF_ARRAY) {
			btf_builder_array(&b, graph->targets[id], 0, 3);
		} else if (graph->kinds[id] == BTF_STRUCT) {
			btf_builder_type(&b, "s", BTF_STRUCT, 1, false, 100);
			btf_builder_member(&b, "m", graph->targets[id], 0);
		} else {
			btf_builder_type(&b, "", graph->kinds[id], 0, false, graph->targets[id]);
		}
	}
	if (!btf_builder_finish(&b, &bytes, &len))
		goto out;
	ok = (btf_open(bytes, len, &arena, &btf, NULL) == 0) == sound;
	for (u32 id = 1; ok && sound && id <= graph->count; id++) {
		u64 size = 0, expected = graph_size(graph, id);

		ok = btf_size_of(&btf, id, &size) == (expected != 0) && size == expected;
	}
out:
	arena_fini(&arena);
	btf_builder_fini(&b);
	return ok;
}

/* Every graph of up to four types (three in the later runs) against following references naively.
 */
static void test_graphs(void)
{
	static const enum btf_kind kinds[] = { BTF_PTR, BTF_CONST, BTF_ARRAY, BTF_STRUCT };
	static bool again;
	u32 max = again ? 2 : GRAPH_MAX;

	again = true;
	for (u32 count = 1; count <= max; count++) {
		u32 choices = (u32)(sizeof(kinds) / sizeof(kinds[0])) * (count + 1), all = 1;

		for (u32 i = 0; i < count; i++)
			all *= choices;
		for (u32 n = 0; n < all; n++) {
			struct graph graph = { .count = count };

			for (u32 id = 1, rest = n; id <= count; id++, rest /= choices) {
				graph.kinds[id] = kinds[rest % choices / (count + 1)];
				graph.targets[id] = rest % choices % (count + 1);
			}
			CHECK(graph_check(&graph));
		}
	}
out:;
}

/* A chain of as many modifiers as a file can hold costs neither stack nor, asked for from each end,
 * quadratic time. */
static void test_long_chain(void)
{
	static bool again;
	u32 count = again ? 100 : 200000;
	struct btf_builder b;
	struct arena arena = { 0 };
	struct btf btf;
	u8 *bytes;
	size_t len;

	again = true;
	btf_builder_init(&b);
	for (u32 i = 1; i < count; i++)
		btf_builder_type(&b, "", i % 2 == 0 ? BTF_CONST : BTF_TYPEDEF, 0, false, i + 1);
	btf_builder_int(&b, "", 8);
	CHECK(btf_builder_finish(&b, &bytes, &len));
	CHECK_EQ(btf_open(bytes, len, &arena, &btf, NULL), 0);
	for (u32 i = 1; i <= count; i++) {
		u64 size = 0;

		CHECK_EQ(btf_skip_modifiers(&btf, i), count);
		CHECK(btf_size_of(&btf, i, &size) && size == 8);
	}
out:
	arena_fini(&arena);
	btf_builder_fini(&b);
}

TAP_MAIN(TAP_TEST(test_reads_kinds), TAP_TEST(test_reads_members), TAP_TEST(test_queries),
	 TAP_TEST(test_layouts), TAP_TEST(test_old_bit_fields), TAP_TEST(test_damage_is_named),
	 TAP_TEST(test_edges), TAP_TEST(test_mutations), TAP_TEST(test_graphs),
	 TAP_TEST(test_long_chain))
