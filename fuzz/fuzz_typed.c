/* SPDX-License-Identifier: MIT */
/* Any bytes as BTF and as values of its types, shown as text and as JSON: the first two bytes say
 * how many are the BTF's. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/str.h"
#include "typed.h"

#define MAX_TYPES 64
#define MAX_VALUE 4096

/* A copy of exactly that length, so that reading on shows. */
static void show(struct cli *cli, const struct btf *btf, u32 id, const u8 *bytes, size_t len)
{
	struct json json;
	struct typed text = { .cli = cli, .btf = btf };
	struct typed formatted = { .cli = cli, .json = &json, .btf = btf };
	u8 *value = mem_zalloc(len);

	if (value == NULL)
		return;
	if (len > 0)
		memcpy(value, bytes, len);
	typed_show(&text, "key", id, value, len);
	strbuf_reset(&cli->out);
	json_init(&json, &cli->out, false);
	typed_show(&formatted, NULL, id, value, len);
	strbuf_reset(&cli->out);
	mem_free(value);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct cli cli = { .out = STRBUF_INIT };
	struct arena arena = { 0 };
	struct btf btf;
	size_t btf_len, rest;

	if (len < 2)
		return 0;
	btf_len = MIN((size_t)le16_load(data), len - 2);
	rest = len - 2 - btf_len;
	if (btf_open(data + 2, btf_len, &arena, &btf, NULL) == 0) {
		for (u32 id = 0; id < MIN(btf.type_count, (u32)MAX_TYPES); id++) {
			u64 size = 0;

			show(&cli, &btf, id, data + 2 + btf_len, MIN(rest, (size_t)MAX_VALUE));
			if (btf_size_of(&btf, id, &size) && size <= rest)
				show(&cli, &btf, id, data + 2 + btf_len, (size_t)size);
		}
	}
	strbuf_fini(&cli.out);
	arena_fini(&arena);
	return 0;
}
