/* SPDX-License-Identifier: MIT */
/* Any text as a program: what assembles encodes, and the bytes decode to the same instructions. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "isa/asm.h"
#include "isa/decode.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_bytes(const insn_vec *insns)
{
	u8 *bytes = mem_zalloc_array(insns->count, INSN_SLOT_SIZE);
	struct insn *again = mem_zalloc_array(insns->count, sizeof(*again));

	require(bytes != NULL && again != NULL);
	for (size_t i = 0; i < insns->count; i += insn_slots(&insns->items[i]))
		require(insn_encode(&insns->items[i], bytes + i * INSN_SLOT_SIZE, NULL) == 0);
	require(insn_decode_all(bytes, insns->count, again, NULL) == 0);
	require(memcmp(again, insns->items, insns->count * sizeof(*again)) == 0);
	mem_free(again);
	mem_free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	insn_vec insns = { 0 };
	struct error err = { 0 };
	char *text = mem_alloc(size);

	require(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	if (asm_parse(text, size, &insns, &err) == 0)
		check_bytes(&insns);
	else
		require(err.status != 0 && err.text[0] != '\0' && strlen(err.text) < 300);
	vec_free(&insns);
	mem_free(text);
	return 0;
}
