/* SPDX-License-Identifier: MIT */
/* Any text as a set of rows: what is read can be looked up, and its rows keep what the built-in
 * ones keep. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spec/file.h"
#include "spec/text.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_ctx(const struct spec_ctx *ctx)
{
	const struct spec_field *field;
	u32 end = 0;

	if (ctx == NULL)
		return;
	for (u32 i = 0; i < ctx->field_count; i++) {
		require(ctx->fields[i].size > 0 && ctx->fields[i].off >= end);
		end = (u32)ctx->fields[i].off + ctx->fields[i].size;
		require(end <= ctx->size);
	}
	for (u32 off = 0; off < MIN(ctx->size + 8u, 64u); off++)
		for (u32 size = 1; size <= 8; size++)
			if (spec_ctx_access(ctx, off, size, size % 3 == 0, &field) == NULL)
				require(off + size <= ctx->size);
}

static void check_rows(const struct spec *spec)
{
	const struct spec_prog_type *type;
	const struct spec_section *section;
	const struct spec_helper *helper;

	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++) {
		require(spec_find_type(spec, type->dialect, type->name) == type);
		require(type->dialect == DIALECT_UNKNOWN ||
			spec_find_type_number(spec, type->dialect, type->number) == type);
		require(type->bit != 0 && type->result.least <= type->result.most);
		check_ctx(type->ctx);
	}
	for (size_t i = 0; (section = spec_nth_section(spec, i)) != NULL; i++)
		require(spec_find_section(spec, section->dialect, section->prefix) == section);
	for (size_t i = 0; (helper = spec_nth_helper(spec, i)) != NULL; i++) {
		require(spec_helper_fault(helper) == NULL);
		require(spec_find_helper(spec, helper->dialect, helper->type, helper->id) ==
			helper);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec *spec = NULL;
	struct error err = { 0 };
	char *text = mem_alloc(size);

	require(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	if (spec_read(text, size, &spec, &err) == 0)
		check_rows(spec);
	else
		require(spec == NULL && err.status != 0 && err.text[0] != '\0');
	spec_put(spec);
	mem_free(text);
	return 0;
}
