/* SPDX-License-Identifier: MIT */
/* Native modules in the pipeline: what an image says becomes programs that run, unless it does not
 * hold here. */
#include "pe_builder.h"
#include "tap.h"

#include "../include/bpf2c.h"
#include "base/arena.h"
#include "base/le.h"
#include "base/str.h"
#include "image/image.h"
#include "load/load.h"
#include "runtime/objects.h"
#include "spec/info_hash.h"

static struct pe_builder b;

#if defined(__x86_64__)

static struct image_page trusted[16];

static int load(struct load *ret_load, struct load_options options, struct error *err)
{
	struct arena arena;
	struct pe pe;
	int status;

	arena_init(&arena, 0);
	status = pe_open(b.bytes, b.len, &arena, &pe, err);
	for (u32 i = 0; status == 0 && i < pe_page_count(&pe); i++) {
		const struct pe_page page = pe_page(&pe, i);

		trusted[i].offset = page.file.offset;
		pe_page_digest(&pe, &page, trusted[i].digest);
	}
	options.size = sizeof(options);
	options.file = "module.sys";
	if (options.page_count == 0) {
		options.pages = trusted;
		options.page_count = status == 0 ? pe_page_count(&pe) : 0;
	}
	arena_fini(&arena);
	if (status == 0)
		status = load_program(b.bytes, b.len, &options, ret_load, err);
	return status;
}

/* What the program of the builder was verified against, as it is here. */
static bool put_info_hash(struct error *err)
{
	static const u32 ids[] = { 8 };
	const struct info_hash_input input = {
		.type = spec_prog_type_by_name(DIALECT_WINDOWS, "bind"),
		.helpers = ids,
		.helper_count = 1,
	};

	pb_point(&b, PB_PROGRAMS + 136, pb_text(&b, "SHA256"));
	le64_store(pb_at(&b, PB_PROGRAMS + 128), SHA256_SIZE);
	return info_hash_sha256(&input, err, pb_at(&b, PB_HASHES)) == 0;
}

static void runs(void)
{
	struct error err = { 0 };
	struct runtime_run run = { .repeat = 3 };
	struct runtime_prog_info info;
	struct load l = { 0 };

	pb_init(&b);
	CHECK(put_info_hash(&err));
	pb_finish(&b);
	CHECK_EQ(load(&l, (struct load_options){ 0 }, &err), 0);
	CHECK_STR(l.engine->name, "native");
	CHECK_STR(l.prog->type->name, "bind");
	CHECK_EQ(l.object->dialect, DIALECT_WINDOWS);
	CHECK_EQ(l.object->map_count, 2);
	CHECK(l.object->maps[1].is_global && !l.object->maps[0].is_global);
	CHECK_EQ(l.object->progs[0].count, 7);
	CHECK(runtime_map(l.runtime, 1) != NULL);
	CHECK_EQ(runtime_run(l.runtime_prog, &run, &err), 0);
	CHECK_EQ(run.result, 42);
	runtime_prog_info(l.runtime_prog, &info);
	CHECK_EQ(info.insns, 7);
	CHECK_STR(info.mode, "native");
out:
	load_fini(&l);
}

#define REFUSED(change, want, why)                           \
	do {                                                 \
		struct error err = { 0 };                    \
		struct load_options options = { 0 };         \
		pb_init(&b);                                 \
		change;                                      \
		pb_finish(&b);                               \
		CHECK_EQ(load(&l, options, &err), want);     \
		CHECK(strstr(err.text, why) != NULL);        \
		CHECK(l.object == NULL && l.module == NULL); \
	} while (0)

/* Something of that name, of that module. */
static void put_function(GUID module)
{
	pb_point(&b, PB_PROGRAMS + 144, PB_FUNCTIONS);
	le16_store(pb_at(&b, PB_PROGRAMS + 152), 1);
	memcpy(pb_at(&b, PB_FUNCTIONS + 32), &module, sizeof(module));
}

static void refused(void)
{
	static const GUID plain = { 1, 2, 3, { 4 } }, variable = BPF2C_MODULE_VARIABLE,
			  config = BPF2C_MODULE_CONFIG;
	static const struct image_page none[1];
	struct load l = { 0 };

	REFUSED(options.page_count = 1, ERR_ACCES, "module.sys: nobody vouches for this image");
	REFUSED(options.pages = none;
		options.page_count = 1, ERR_ACCES, "1 trusted pages for an image of 6");
	REFUSED((void)put_info_hash(&err);
		*pb_at(&b, PB_HASHES) ^= 1, ERR_ACCES,
		"program 'answer': it was verified against another definition of type bind");
	REFUSED((void)put_info_hash(&err); le32_store(pb_at(&b, PB_HELPERS + 24), 9), ERR_ACCES,
					   "verified against another definition");
	REFUSED((void)put_info_hash(&err);
		le32_store(pb_at(&b, PB_HELPERS + 24), 999), ERR_NOENT, "program 'answer'");
	REFUSED((void)put_info_hash(&err);
		pb_point(&b, PB_PROGRAMS + 136, pb_text(&b, "SHA512")), ERR_NOTSUP, "'SHA512'");
	REFUSED(le32_store(pb_at(&b, PB_HELPERS + 24), 999), ERR_NOTSUP,
		"helper 999 is not offered");
	REFUSED(put_function(plain), ERR_NOTSUP, "function function is not offered");
	REFUSED((void)put_info_hash(&err);
		put_function(plain), ERR_NOENT, "hash: function function is not known");
	REFUSED(put_function(variable), ERR_NOTSUP, "variable function is not offered");
	REFUSED((void)put_info_hash(&err);
		put_function(variable), ERR_NOTSUP, "variable function is not offered");
	REFUSED(put_function(config), ERR_NOTSUP, "extern function has no value");
	REFUSED(put_function(variable); le16_store(pb_at(&b, PB_PROGRAMS + 152), 2);
		memcpy(pb_at(&b, PB_FUNCTIONS + 48), pb_at(&b, PB_FUNCTIONS), 48);
		pb_point(&b, PB_FUNCTIONS + 72, pb_text(&b, "other"));
		*pb_at(&b, PB_FUNCTIONS + 80) ^= 1, ERR_NOEXEC,
		"function other is behind a variable");
	REFUSED(*pb_at(&b, PB_GUIDS) ^= 1, ERR_NOTSUP, "is of a type that is not known, 608c517d-");
	REFUSED(options.type = "xdp", ERR_INVAL, "is of type bind, not xdp");
	REFUSED(options.mode = "interpret", ERR_NOTSUP, "machine code only");
	REFUSED(options.dialect = DIALECT_LINUX, ERR_INVAL, "a module of the windows dialect");
	REFUSED(options.program = "other", ERR_NOENT, "no program 'other'");
	REFUSED(pb_point(&b, PB_GLOBALS + 24, pb_text(&b, ".bss")), ERR_NOEXEC,
		"global data '.bss' has no map");
	REFUSED(le64_store(pb_at(&b, PB_GLOBALS + 32), 8), ERR_NOEXEC,
		"map '.data' is not made for its global data");
	REFUSED(le32_store(pb_at(&b, PB_MAPS + 80 + 52), 2), ERR_NOEXEC, "is not made for");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 72), 1), ERR_NOEXEC,
		"initial values of 'counters', which takes none");
	REFUSED(le64_store(pb_at(&b, PB_SLOTS + 72), 1); le32_store(pb_at(&b, PB_MAPS + 40), 3);
		pb_point(&b, PB_VALUE_LIST + 8, pb_text(&b, "nobody")), ERR_NOEXEC,
		"value 1 of map 'counters' is 'nobody', which is not there");
	REFUSED(le32_store(pb_at(&b, PB_MAPS + 44), 8), ERR_INVAL, "map 'counters'");
out:
	load_fini(&l);
}

#define TESTS TAP_TEST(runs), TAP_TEST(refused)

#else

static void other_machine(void)
{
	const struct load_options options = { .size = sizeof(options), .file = "module.sys" };
	struct error err = { 0 };
	struct load l = { 0 };

	pb_init(&b);
	pb_finish(&b);
	CHECK_EQ(load_program(b.bytes, b.len, &options, &l, &err), ERR_ACCES);
out:
	load_fini(&l);
}

#define TESTS TAP_TEST(other_machine)

#endif

TAP_MAIN(TESTS)
