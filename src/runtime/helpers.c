/* SPDX-License-Identifier: MIT */
/* From a helper's number to its function, and from our errors to a program's. */
#include "base/str.h"
#include "runtime/invocation.h"

/* Stands in rows of helpers that are not offered; never bound. */
u64 helper_NONE(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		UNUSED void *ctx)
{
	return (u64)ERR_NOTSUP;
}

/* What is to be written may stay as it was, when the helper fails or has less to write. */
#define IS_WRITTEN(arg)                                                                            \
	((arg) == ARG_WRITE_MEM || (arg) == ARG_WRITE_MEM_OR_NULL || (arg) == ARG_MAP_VALUE_OUT || \
			 (arg) == ARG_WRITE_U64                                                    \
		 ? HELPER_WRITES                                                                   \
		 : 0)
#define FLAGS(a1, a2, a3, a4, a5, flags)                                               \
	(flags) | IS_WRITTEN(ARG_##a1) | IS_WRITTEN(ARG_##a2) | IS_WRITTEN(ARG_##a3) | \
		IS_WRITTEN(ARG_##a4) | IS_WRITTEN(ARG_##a5)
#define HELPER(dialect, id, name, impl, ret, a1, a2, a3, a4, a5, flags, ...) \
	HELPER_##dialect(id, impl, (FLAGS(a1, a2, a3, a4, a5, flags)))
#define HELPER_ROW(id, impl, flags) [id] = { helper_##impl, flags, HELPER_CALLED },
#define HELPER_NO_ROW(id, impl, flags)

static const struct helper_binding windows_helpers[] = {
#define HELPER_WINDOWS HELPER_ROW
#define HELPER_LINUX   HELPER_NO_ROW
#include "spec/helpers.def"
#undef HELPER_WINDOWS
#undef HELPER_LINUX
};

static const struct helper_binding linux_helpers[] = {
#define HELPER_WINDOWS HELPER_NO_ROW
#define HELPER_LINUX   HELPER_ROW
#include "spec/helpers.def"
#undef HELPER_WINDOWS
#undef HELPER_LINUX
};

/* Helpers of one program type (from 0x10000 on) come with the provider of that type. */
struct helper_binding helper_bind(const void *arg, u32 id)
{
	const struct runtime *rt = arg;
	struct helper_binding binding = { 0 };

	if (rt->dialect == DIALECT_WINDOWS && id < ARRAY_COUNT(windows_helpers))
		binding = windows_helpers[id];
	else if (rt->dialect == DIALECT_LINUX && id < ARRAY_COUNT(linux_helpers))
		binding = linux_helpers[id];
	if (binding.fn == helper_NONE)
		binding.fn = NULL;
	return binding;
}

#undef HELPER
#define PROG_HELPER(of, id, name, impl, ret, a1, a2, a3, a4, a5, flags, ...) \
	{ #name, { helper_##impl, FLAGS(a1, a2, a3, a4, a5, flags), HELPER_CALLED } },

/* By the name that its row has: a file's types have no rows here. */
struct helper_binding helper_of_type(const struct spec_prog_type *type, u32 id)
{
	static const struct {
		const char *name;
		struct helper_binding binding;
	} rows[] = {
#include "spec/helpers.def"
	};
	const struct spec_helper *helper = spec_find_helper(NULL, DIALECT_WINDOWS, type, id);

	for (size_t i = 0; helper != NULL && helper->offered && i < ARRAY_COUNT(rows); i++)
		if (str_eq(rows[i].name, helper->name))
			return rows[i].binding;
	return (struct helper_binding){ 0 };
}
#undef PROG_HELPER

static int check_call(const struct prog *prog, const struct prog_binding *binding, u32 slot,
		      struct error *err)
{
	u32 id = (u32)prog->insns[slot].imm;
	const struct spec_helper *helper;

	if (binding->helper(binding->arg, id).fn != NULL || prog_unresolved_at(prog, slot) != NULL)
		return 0;
	helper = spec_find_helper(prog->spec, prog->dialect, prog->type, id);
	/* From 0x10000 on they are written so. */
	if (helper == NULL || spec_helper_missing(helper) == NULL)
		error_set(err, ERR_NOTSUP,
			  id < 0x10000 ? "helper %u is not offered" : "helper 0x%x is not offered",
			  id);
	else
		error_set(err, ERR_NOTSUP,
			  id < 0x10000 ? "helper %u, %s, is not offered: %s"
				       : "helper 0x%x, %s, is not offered: %s",
			  id, helper->name, spec_helper_missing(helper));
	if (prog->translated == 0)
		error_prefix(err, "slot %u", slot);
	return ERR_NOTSUP;
}

int helper_check_calls(const struct prog *prog, const struct prog_binding *binding,
		       struct error *err)
{
	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		int r = 0;

		if (prog->insns[slot].kind == INSN_CALL)
			r = check_call(prog, binding, slot, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ebpf_result_t, as far as helpers return it. */
enum ebpf_result {
	EBPF_INVALID_ARGUMENT = 6,
	EBPF_OBJECT_NOT_FOUND = 7,
	EBPF_NO_MEMORY = 12,
	EBPF_FAILED = 17,
	EBPF_OPERATION_NOT_SUPPORTED = 18,
	EBPF_KEY_NOT_FOUND = 19,
	EBPF_ACCESS_DENIED = 20,
	EBPF_KEY_ALREADY_EXISTS = 26,
	EBPF_NO_MORE_TAIL_CALLS = 27,
	EBPF_OUT_OF_SPACE = 29,
	EBPF_INVALID_POINTER = 31,
};

static enum ebpf_result result_of(int status)
{
	switch (status) {
	case ERR_INVAL:
	case ERR_RANGE: return EBPF_INVALID_ARGUMENT;
	case ERR_BADF: return EBPF_OBJECT_NOT_FOUND;
	case ERR_NOMEM: return EBPF_NO_MEMORY;
	case ERR_NOTSUP: return EBPF_OPERATION_NOT_SUPPORTED;
	case ERR_NOENT: return EBPF_KEY_NOT_FOUND;
	case ERR_ACCES: return EBPF_ACCESS_DENIED;
	case ERR_EXIST: return EBPF_KEY_ALREADY_EXISTS;
	case ERR_LOOP: return EBPF_NO_MORE_TAIL_CALLS;
	case ERR_TOOBIG:
	case ERR_NOSPC: return EBPF_OUT_OF_SPACE;
	case ERR_FAULT: return EBPF_INVALID_POINTER;
	default: return EBPF_FAILED;
	}
}

u64 helper_status(const struct invocation *inv, int status)
{
	if (status >= 0)
		return (u64)(s64)status;
	if (inv->rt->dialect == DIALECT_WINDOWS)
		return (u64) - (s64)result_of(status);
	return (u64)(s64)status;
}
