/* SPDX-License-Identifier: MIT */
/* Any bytes as a program: what decodes encodes back to the same bytes, and so does its disassembly,
 * assembled. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "isa/disasm.h"

#define MAX_SLOTS 512

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Each slot by itself, so that one bad slot does not hide the others. */
static void decode_each(const uint8_t *data, size_t count)
{
	for (size_t slot = 0; slot < count; slot++) {
		struct insn insn;
		struct error err = { 0 };
		u8 bytes[2 * INSN_SLOT_SIZE];

		if (insn_decode(data + slot * 8, count - slot, slot, &insn, &err) != 0) {
			require(err.status != 0 && err.text[0] != '\0');
			continue;
		}
		require(insn_encode(&insn, bytes, NULL) == 0);
		require(memcmp(bytes, data + slot * 8, insn_slots(&insn) * 8) == 0);
	}
}

static void check_text(const struct insn *insns, size_t count)
{
	struct strbuf text = STRBUF_INIT;
	insn_vec again = { 0 };

	for (size_t slot = 0; slot < count; slot += insn_slots(&insns[slot])) {
		disasm_insn(&text, &insns[slot], slot, NULL);
		strbuf_add_char(&text, '\n');
	}
	require(strbuf_status(&text) == 0);
	require(asm_parse(strbuf_str(&text), text.len, &again, NULL) == 0);
	require(again.count == count);
	require(memcmp(again.items, insns, count * sizeof(*insns)) == 0);
	vec_free(&again);
	strbuf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = MIN(size / INSN_SLOT_SIZE, (size_t)MAX_SLOTS);
	struct insn *insns = mem_zalloc_array(count + 1, sizeof(*insns));
	/* A copy of exactly that size, so that reading past it is noticed. */
	u8 *bytes = mem_alloc(count * INSN_SLOT_SIZE);

	require(insns != NULL && bytes != NULL);
	if (count > 0)
		memcpy(bytes, data, count * INSN_SLOT_SIZE);
	decode_each(bytes, count);
	if (insn_decode_all(bytes, count, insns, NULL) == 0) {
		require(insn_check_targets(insns, count, NULL) == 0);
		check_text(insns, count);
	}
	mem_free(bytes);
	mem_free(insns);
	return 0;
}
