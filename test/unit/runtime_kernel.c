/* SPDX-License-Identifier: MIT */
/* Helpers against the running kernel's: the same object, the same random packets, the same results
 * and packets afterwards. Skipped where the kernel does not load programs for us. */
#include "tap.h"

#include "base/str.h"
#include "kernel_host.h"
#include "load/load.h"
#include "map_random.h"
#include "os/os.h"

#define OBJECT TEST_BPF_DIR "/helpers.o"
#define ROUNDS 2000

enum { NUMBERS = 4, WIDE = 4, LEN = 160, CAP = 4096 };

struct packet {
	u32 number[NUMBERS];
	u64 wide[WIDE];
	u8 bytes[CAP - 48];
};

/* --- what is in the packets --- */

static void any(struct packet *p, u64 *random)
{
	for (u32 i = 0; i < NUMBERS; i++)
		p->number[i] = random_next(random);
	for (u32 i = 0; i < WIDE; i++)
		p->wide[i] = (u64)random_next(random) << 32 | random_next(random);
	for (u32 i = 0; i < LEN - 48; i++)
		p->bytes[i] = (u8)random_next(random);
}

static void for_numbers(struct packet *p, u64 *random)
{
	static const u32 bases[] = { 0, 8, 10, 16, 2, 32, 64 };
	static const char chars[] = "0123456789abcfxX-+ \t";

	any(p, random);
	p->number[0] = bases[random_next(random) % ARRAY_COUNT(bases)];
	memset(p->bytes, 0, 24);
	for (u32 i = 0; i < random_next(random) % 25; i++)
		p->bytes[i] = (u8)chars[random_next(random) % (sizeof(chars) - 1)];
	if (random_next(random) % 4 == 0)
		memcpy(p->bytes, "9223372036854775808", 19);
	if (random_next(random) % 8 == 0)
		memcpy(p->bytes, " -0x", 4);
}

static void for_compare(struct packet *p, u64 *random)
{
	any(p, random);
	memcpy(p->bytes, "filter\0\0", 8);
	p->bytes[random_next(random) % 8] ^= (u8)(random_next(random) % 3);
}

static void for_print(struct packet *p, u64 *random)
{
	any(p, random);
	for (u32 i = 0; i < WIDE; i++)
		p->wide[i] >>= random_next(random) % 64;
	/* %c%c of the last one: not the end of the text. */
	p->wide[2] |= 0x41;
	p->wide[3] |= 0x41;
}

static void for_moves(struct packet *p, u64 *random)
{
	static const s16 by[] = { 0,	1,    -1,   4,	 -4,  16,   -16,  -32,	-64,  64,
				  -200, -216, -217, 146, 147, 3000, 3360, -256, -252, 252 };

	any(p, random);
	for (u32 i = 0; i < 8; i++) {
		s16 delta = by[random_next(random) % ARRAY_COUNT(by)];

		if (random_next(random) % 2 == 0)
			delta = (s16)(random_next(random) % 64) - 32;
		memcpy(&p->bytes[i * 4 + 1], &delta, sizeof(delta));
	}
}

static void for_copies(struct packet *p, u64 *random)
{
	any(p, random);
	p->number[0] = random_next(random) % (LEN + 8);
	p->number[1] = random_next(random) % (LEN + 8);
	if (random_next(random) % 16 == 0)
		p->number[random_next(random) % 2] = random_next(random);
}

static void for_small(struct packet *p, u64 *random)
{
	any(p, random);
	p->number[0] = random_next(random) % 64;
	p->number[1] = random_next(random) % 64;
	p->number[2] = random_next(random) % 8 == 0;
	p->number[3] = random_next(random) % 64;
	if (random_next(random) % 32 == 0)
		p->number[0] = (1u << 23) + 1;
}

static const struct {
	const char *name;
	void (*fill)(struct packet *p, u64 *random);
} progs[] = {
	{ "csum_diff", any },	  { "numbers", for_numbers },	  { "compare", for_compare },
	{ "print", for_print },	  { "addresses", any },		  { "moves", for_moves },
	{ "copies", for_copies }, { "redirects", for_small },	  { "loops", for_small },
	{ "visits", for_small },  { "redirect_maps", for_small },
};

/* --- both sides --- */

struct outcome {
	u32 result;
	u32 len;
	struct packet packet;
};

static int run_there(const char *name, const struct packet *in, struct outcome *ret_out)
{
	memset(ret_out, 0, sizeof(*ret_out));
	return kernel_run(name, in, LEN, &ret_out->packet, CAP, &ret_out->result, &ret_out->len);
}

static int run_here(struct runtime_prog *prog, const struct packet *in, struct outcome *ret_out)
{
	struct runtime_run run = { .data = &ret_out->packet, .data_len = LEN, .data_cap = CAP };
	struct error err = { 0 };
	int r;

	memset(ret_out, 0, sizeof(*ret_out));
	memcpy(&ret_out->packet, in, LEN);
	r = runtime_run(prog, &run, &err);
	if (r < 0)
		printf("# %s\n", err.text);
	ret_out->result = (u32)run.result;
	ret_out->len = (u32)run.data_len;
	return r;
}

static void explain(const char *name, const struct packet *in, const struct outcome *here,
		    const struct outcome *there)
{
	const u8 *a = (const void *)&here->packet, *b = (const void *)&there->packet;

	printf("# %s, of %u %u %u %u '%.24s': 0x%x here, 0x%x there; %u and %u bytes\n", name,
	       in->number[0], in->number[1], in->number[2], in->number[3], (const char *)in->bytes,
	       here->result, there->result, here->len, there->len);
	for (u32 i = 0, told = 0; i < LEN && told < 8; i++)
		if (a[i] != b[i] && told++ < 8)
			printf("# byte %u: 0x%02x here, 0x%02x there\n", i, a[i], b[i]);
}

static bool same(const struct outcome *here, const struct outcome *there)
{
	return here->result == there->result && here->len == there->len &&
	       memcmp(&here->packet, &there->packet, here->len) == 0;
}

static bool compare(const char *name, void (*fill)(struct packet *p, u64 *random),
		    struct runtime_prog *prog)
{
	u64 random = 4711;

	for (u32 i = 0; i < ROUNDS; i++) {
		struct packet in = { 0 };
		struct outcome here, there;

		fill(&in, &random);
		if (run_here(prog, &in, &here) != 0 || run_there(name, &in, &there) != 0) {
			printf("# %s does not run\n", name);
			return false;
		}
		if (!same(&here, &there)) {
			explain(name, &in, &here, &there);
			return false;
		}
	}
	return true;
}

static bool open_here(const u8 *bytes, size_t len, const char *name, bool verified,
		      struct load *ret_load)
{
	struct verify_options verify;
	struct load_options options = { .size = sizeof(options),
					.file = "helpers.o",
					.program = name,
					.dialect = DIALECT_LINUX };
	struct error err = { 0 };

	verify_options_default(&verify);
	if (verified)
		options.verify = &verify;
	if (load_program(bytes, len, &options, ret_load, &err) == 0)
		return true;
	printf("# %s: %s\n", name, err.text);
	return false;
}

static void same_as_the_kernel(void)
{
	struct load load = { 0 };
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len;
	bool differ = false;

	if (!kernel_open(OBJECT)) {
		printf("# skipped: the kernel does not load the programs\n");
		return;
	}
	CHECK_EQ(os_file_read(OBJECT, 1 << 20, &bytes, &len, &err), 0);
	for (size_t i = 0; i < ARRAY_COUNT(progs) * 2; i++) {
		const char *name = progs[i / 2].name;

		/* The verifier lets no pointer into what a helper reads. */
		if (i % 2 != 0 && str_eq(name, "addresses"))
			continue;
		CHECK(open_here(bytes, len, name, i % 2 != 0, &load));
		differ |= !compare(name, progs[i / 2].fill, load.runtime_prog);
		load_fini(&load);
		load = (struct load){ 0 };
	}
	CHECK(!differ);
out:
	load_fini(&load);
	mem_free(bytes);
	kernel_close();
}

TAP_MAIN(TAP_TEST(same_as_the_kernel))
