/* SPDX-License-Identifier: MIT */
/* An extension, from its tables down to its events; docs/extensions.md walks through it. */
#include "sample_extension.h"

#include "base/mem.h"
#include "base/str.h"

/* --- helpers: fn(r1, r2, r3, r4, r5, context) --- */

/* What programs get in r1 is this, with the runtime's header in front. The packet's own memory
 * follows where the context was made from bytes. */
struct made_context {
	struct ctx_header header;
	struct sample_context context;
};

static u64 sum(u64 ctx, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *context)
{
	const struct sample_context *sample = context;

	/* The verifier lets programs name no other context than theirs. */
	if (!ext_check_memory(context, ctx, sizeof(*sample), false))
		return 0;
	return (u64)sample->helper_data_1 + sample->helper_data_2;
}

static u64 find(u64 buf, u64 size, u64 what, u64 what_size, UNUSED u64 r5, void *context)
{
	const u8 *bytes = (const u8 *)(uintptr_t)buf, *wanted = (const u8 *)(uintptr_t)what;

	if (!ext_check_memory(context, buf, (u32)size, false) ||
	    !ext_check_memory(context, what, (u32)what_size, false))
		return 0;
	for (u32 i = 0; (u64)i + (u32)what_size <= (u32)size; i++)
		if (memcmp(bytes + i, wanted, (u32)what_size) == 0)
			return i;
	return (u64)-1;
}

static u64 replace(u64 buf, u64 size, u64 position, u64 by, u64 by_size, void *context)
{
	if (!ext_check_memory(context, buf, (u32)size, true) ||
	    !ext_check_memory(context, by, (u32)by_size, false))
		return 0;
	if (position > (u32)size || (u32)by_size > (u32)size - position)
		return (u64)-1;
	memmove((u8 *)(uintptr_t)buf + position, (const u8 *)(uintptr_t)by, (u32)by_size);
	return 0;
}

/* The program does not hand its context over, but it is there. */
static u64 implicit_1(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		      void *context)
{
	return ((const struct sample_context *)context)->helper_data_1;
}

static u64 implicit_2(u64 arg, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		      void *context)
{
	return ((const struct sample_context *)context)->helper_data_2 + (u64)(u32)arg;
}

/* Stands in for the helper that all programs have. */
static u64 pid_tgid(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		    void *context)
{
	return 9999ull << 32 | ((const struct sample_context *)context)->uint16_data;
}

#define HELPER(id, text, implicit, ret, ...)                                                     \
	{                                                                                        \
		EXT_HEADER(struct ext_helper, implicit_context), id, text, ret, { __VA_ARGS__ }, \
			0, implicit                                                              \
	}

static const struct ext_helper helpers[] = {
	HELPER(0x10000, "sample_ebpf_extension_helper_function1", false, RET_INTEGER, ARG_CTX),
	HELPER(0x10001, "sample_ebpf_extension_find", false, RET_INTEGER, ARG_READ_MEM, ARG_SIZE,
	       ARG_READ_MEM, ARG_SIZE),
	HELPER(0x10002, "sample_ebpf_extension_replace", false, RET_INTEGER, ARG_WRITE_MEM,
	       ARG_SIZE, ARG_ANYTHING, ARG_READ_MEM, ARG_SIZE),
	HELPER(0x10003, "sample_ebpf_extension_helper_implicit_1", true, RET_INTEGER, ARG_NONE),
	HELPER(0x10004, "sample_ebpf_extension_helper_implicit_2", true, RET_INTEGER, ARG_ANYTHING),
	HELPER(0x10005, "sample_ebpf_extension_map_lookup_element", false, RET_MAP_VALUE_OR_NULL,
	       ARG_MAP, ARG_MAP_KEY),
	HELPER(0x10006, "sample_ebpf_extension_map_get_value", false, RET_INTEGER, ARG_MAP,
	       ARG_MAP_KEY),
};
static const helper_fn helper_functions[] = {
	sum, find, replace, implicit_1, implicit_2, sample_map_lookup, sample_map_get_value
};

static const struct ext_helper general_helpers[] = {
	HELPER(19, "bpf_get_current_pid_tgid", true, RET_INTEGER, ARG_NONE),
	HELPER(35, "bpf_redirect_map", false, RET_INTEGER, ARG_MAP, ARG_ANYTHING, ARG_ANYTHING),
};
static const helper_fn general_functions[] = { pid_tgid, sample_redirect_map };

/* --- contexts of test runs --- */

static int context_create(const u8 *data, size_t data_size, const u8 *ctx, size_t ctx_size,
			  void **ret_context)
{
	struct made_context *made;
	u8 *packet;

	if (ctx_size > sizeof(made->context) || data_size > UINT32_MAX)
		return ERR_INVAL;
	made = mem_zalloc(sizeof(*made) + data_size);
	if (made == NULL)
		return ERR_NOMEM;
	packet = (u8 *)(made + 1);
	if (ctx_size > 0)
		memcpy(&made->context, ctx, ctx_size);
	if (data_size > 0)
		memcpy(packet, data, data_size);
	made->context.data_start = (u64)(uintptr_t)packet;
	made->context.data_end = made->context.data_start + data_size;
	*ret_context = &made->context;
	return 0;
}

static void context_destroy(void *context, u8 *data, size_t *data_size, u8 *ctx, size_t *ctx_size)
{
	struct made_context *made = CONTAINER_OF(context, struct made_context, context);
	size_t size = (size_t)(made->context.data_end - made->context.data_start);

	*data_size = MIN(*data_size, size);
	if (*data_size > 0)
		memcpy(data, (const u8 *)(made + 1), *data_size);
	/* Addresses are nobody's business. */
	made->context.data_start = made->context.data_end = 0;
	*ctx_size = MIN(*ctx_size, sizeof(made->context));
	if (*ctx_size > 0)
		memcpy(ctx, &made->context, *ctx_size);
	mem_free(made);
}

/* --- the program type --- */

static const struct ext_context context_layout = { sizeof(struct sample_context),
						   offsetof(struct sample_context, data_start),
						   offsetof(struct sample_context, data_end), -1 };

#define TYPE_GUID                                                      \
	{                                                              \
		0xf788ef4a, 0x207d, 0x4dc3,                            \
		{                                                      \
			0x85, 0xcf, 0x0f, 0x2e, 0xa1, 0x07, 0x21, 0x3c \
		}                                                      \
	}
const struct guid sample_program_type = TYPE_GUID;

static const struct ext_program_type type = {
	EXT_HEADER(struct ext_program_type, is_privileged),
	"sample",
	&context_layout,
	TYPE_GUID,
	999,
	0,
};

static const struct ext_program_info info = {
	EXT_HEADER(struct ext_program_info, global_helpers),
	&type,
	ARRAY_COUNT(helpers),
	helpers,
	ARRAY_COUNT(general_helpers),
	general_helpers,
};

static const struct ext_helper_addresses addresses = {
	EXT_HEADER(struct ext_helper_addresses, addresses), ARRAY_COUNT(helper_functions),
	helper_functions
};
static const struct ext_helper_addresses general_addresses = {
	EXT_HEADER(struct ext_helper_addresses, addresses), ARRAY_COUNT(general_functions),
	general_functions
};

static const struct ext_program_data program_data = {
	EXT_HEADER(struct ext_program_data, capabilities),
	&info,
	&addresses,
	&general_addresses,
	context_create,
	context_destroy,
	0,
	0,
};

/* --- functions by name --- */

static u64 lookup(u64 key, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		  UNUSED void *context)
{
	return key * 3;
}

static const struct ext_function function_rows[] = {
	{ EXT_HEADER(struct ext_function, flags),
	  "sample_ebpf_extension_btf_lookup",
	  lookup,
	  RET_INTEGER,
	  { ARG_ANYTHING },
	  0 },
};

static const struct ext_functions functions = {
	EXT_HEADER(struct ext_functions, functions),
	{ 0x8f6c1f83, 0xce4c, 0x4b58, { 0x8b, 0x91, 0x65, 0x4a, 0x29, 0xe2, 0x3b, 0x7c } },
	ARRAY_COUNT(function_rows),
	function_rows,
};

/* --- the hook: up to 16 programs, whose greatest result counts --- */

static const u32 order[] = { 0, 1, 2, 3 };
static const struct hook_verdicts verdicts = {
	.order = order, .count = ARRAY_COUNT(order), .stop = 3, .other = 3, .nothing = 0
};

int sample_extension_start(struct runtime *rt, struct sample_extension *ret, struct error *err)
{
	struct hook_options options = {
		.size = sizeof(options),
		.attach_type = { 0xf788ef4b,
				 0x207d,
				 0x4dc3,
				 { 0x85, 0xcf, 0x0f, 0x2e, 0xa1, 0x07, 0x21, 0x3c } },
		.prog_type = type.program_type,
		.attach_number = 8,
		.link_type = EXT_LINK_PLAIN,
		.mode = HOOK_MULTI,
		.has_param = true,
		.verdicts = &verdicts,
	};
	int r;

	*ret = (struct sample_extension){ .rt = rt };
	r = runtime_register_program(rt, &program_data, &ret->program, err);
	if (r == 0)
		r = runtime_register_functions(rt, &functions, &ret->functions, err);
	if (r == 0)
		r = hook_new(rt, &options, &ret->hook, err);
	if (r == 0)
		r = sample_maps_start(ret, err);
	if (r < 0)
		sample_extension_stop(ret);
	return r;
}

void sample_extension_stop(struct sample_extension *extension)
{
	hook_free(extension->hook);
	sample_maps_stop(extension);
	runtime_unregister(extension->rt, extension->functions);
	runtime_unregister(extension->rt, extension->program);
	*extension = (struct sample_extension){ 0 };
}

int sample_extension_event(struct sample_extension *extension, struct sample_context *context,
			   void *data, size_t size, u32 *ret_verdict)
{
	struct made_context made = { .context = *context };
	int ran;

	/* Nothing attached: nothing to be prepared. */
	if (!hook_is_used(extension->hook)) {
		*ret_verdict = verdicts.nothing;
		return 0;
	}
	made.context.data_start = (u64)(uintptr_t)data;
	made.context.data_end = made.context.data_start + size;
	ran = hook_run(extension->hook, context->uint32_data, &made.context, 0, ret_verdict);
	made.context.data_start = made.context.data_end = 0;
	*context = made.context;
	return ran;
}
