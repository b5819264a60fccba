/* SPDX-License-Identifier: MIT */
/* The steps of a compilation. */
#include "jit/sites.h"
#include "os/os.h"

u32 jit_random(struct jit *j)
{
	do {
		j->seed ^= j->seed << 13;
		j->seed ^= j->seed >> 7;
		j->seed ^= j->seed << 17;
	} while ((u32)(j->seed >> 16) == 0);
	return (u32)(j->seed >> 16);
}

enum jit_target jit_host_target(void)
{
#if defined(__x86_64__) && defined(_WIN32)
	return JIT_X86_64_MS;
#elif defined(__x86_64__)
	return JIT_X86_64_SYSV;
#elif defined(__aarch64__)
	return JIT_ARM64;
#else
	return JIT_TARGETS;
#endif
}

static enum jit_atomics atomics_of(const struct jit_options *options)
{
	if (options->atomics != JIT_ATOMICS_HOST)
		return options->atomics;
	return options->target == jit_host_target() && os_cpu_has_lse() ? JIT_ATOMICS_LSE
									: JIT_ATOMICS_LOOPS;
}

static const struct jit_backend *backend_of(enum jit_target target)
{
	switch (target) {
	case JIT_X86_64_SYSV:
	case JIT_X86_64_MS: return &jit_x86_backend;
	case JIT_ARM64: return &jit_a64_backend;
	case JIT_TARGETS: break;
	}
	return NULL;
}

bool jit_has_target(enum jit_target target)
{
	return backend_of(target) != NULL;
}

int jit_compile(const struct prog *prog, const struct prog_binding *binding,
		const struct jit_options *options, struct arena *arena, struct jit **ret_jit,
		struct error *err)
{
	struct jit *j;
	struct jit_support *support;
	int status = prog_check(prog, err);

	if (status != 0)
		return status;
	if (prog->insn_count > PROG_MAX_SLOTS)
		return error_set(err, ERR_TOOBIG, "%u instructions, more than %u", prog->insn_count,
				 PROG_MAX_SLOTS);
	if (backend_of(options->target) == NULL)
		return error_set(err, ERR_NOTSUP, "there is no compiler for this processor");
	j = arena_alloc(arena, sizeof(*j));
	support = arena_alloc(arena, sizeof(*support));
	if (j == NULL || support == NULL)
		return error_set(err, ERR_NOMEM, "no memory to compile a program");
	j->prog = prog;
	j->binding = binding;
	j->options = *options;
	j->options.atomics = atomics_of(options);
	j->backend = backend_of(options->target);
	j->arena = arena;
	j->err = err;
	j->seed = options->blind_seed | 1;
	j->checked = options->mode == JIT_CHECKED;
	j->facts = j->checked ? NULL : binding->facts;
	j->exact = j->facts == NULL;
	*support = options->support != NULL ? *options->support : jit_host_support();
	j->options.support = support;
	status = jit_analyse(j);
	if (status == 0)
		status = jit_lower(j);
	if (status == 0)
		status = j->backend->measure(j);
	if (status == 0)
		*ret_jit = j;
	return status;
}

size_t jit_size(const struct jit *j)
{
	return j->size;
}

int jit_write(struct jit *j, u8 *out, size_t cap, u64 address, size_t *ret_len, struct error *err)
{
	j->err = err;
	return j->backend->write(j, out, cap, address, ret_len);
}

u32 jit_offset(const struct jit *j, u32 slot)
{
	return jit_moved(j->sites, j->sites->slots[MIN(slot, j->prog->insn_count)]);
}
