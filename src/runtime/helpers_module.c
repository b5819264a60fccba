/* SPDX-License-Identifier: MIT */
/* Helpers as the code of native modules calls them: where its convention is not the host's, each of
 * the runtime's own has a second function and a lean one, by the same rows. */
#include "runtime/invocation.h"
#include "runtime/module_abi.h"

#if MODULE_ABI_DIFFERS

struct column {
	helper_fn host;
	module_impl *module, *lean;
};

/* Rows that name NONE have neither. */
#define SECOND(a, b, ...) b
#define SECOND_OF(...)	  SECOND(__VA_ARGS__)
#define PROBE_NONE	  ~, 1
#define IS_NONE(impl)	  SECOND_OF(PROBE_##impl, 0, 0)
#define PASTE(a, b)	  a##b
#define PASTED(a, b)	  PASTE(a, b)
#define HELPER(dialect, id, name, impl, ...) \
	PASTED(ROW_, IS_NONE(impl))          \
	(PASTED(module_, __LINE__), PASTED(module_lean_, __LINE__), helper_##impl)
#define PROG_HELPER HELPER

#define ROW_0(module, lean, impl)                                                       \
	static MODULE_ABI u64 module(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx) \
	{                                                                               \
		return impl(r1, r2, r3, r4, r5, ctx);                                   \
	}                                                                               \
	__attribute__((visibility("hidden"))) module_impl lean;                         \
	MODULE_LEAN(lean, impl)
#define ROW_1(module, lean, impl)
#include "spec/helpers.def"
#undef ROW_0

#define ROW_0(module, lean, impl) { impl, module, lean },
static const struct column columns[] = {
#include "spec/helpers.def"
};

u64 helper_for_modules(helper_fn fn, bool lean)
{
	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		if (columns[i].host == fn)
			return (u64)(uintptr_t)(lean ? columns[i].lean : columns[i].module);
	return 0;
}

#else

u64 helper_for_modules(helper_fn fn, UNUSED bool lean)
{
	return (u64)(uintptr_t)fn;
}

#endif
