/* SPDX-License-Identifier: MIT */
/* Programs as the runtime runs them: compiled into memory that is written first and executable
 * then. */
#include "base/mem.h"
#include "jit/code.h"

static void program_free(struct prog_code *base)
{
	struct jit_program *program = (struct jit_program *)base;

	if (program->watch != NULL)
		program->watch->gone(program->watch->arg, program->token);
	os_code_free(&program->code);
	mem_free(program);
}

static void describe(struct jit_program *program, const struct jit *j,
		     const struct prog_binding *binding)
{
	u64 mem = (u64)(uintptr_t)program->code.mem;

	program->base.entry = (exec_entry)(uintptr_t)mem;
	program->base.free = program_free;
	program->base.call = jit_call;
	program->helper = binding->helper;
	program->arg = binding->arg;
	program->checked = j->checked;
	program->zero_frames = j->zero_frames;
	if (j->has_callbacks)
		program->thunk = (u64(*)(struct exec *, const u8 *, u64, const u64 *))(
			uintptr_t)(mem + j->backend->thunk(j));
	for (u32 i = 0; i < j->func_count; i++) {
		const struct jit_func *func = &j->funcs[i];

		if (!func->reached || (i == 0 && !j->main_is_called))
			continue;
		program->callbacks[program->callback_count++] =
			(struct jit_callback){ func->start, func->charge, func->offset,
					       func->framed };
	}
}

static int tell(struct jit_program *program, const struct jit *j, size_t len, struct error *err)
{
	const struct jit_watch *watch = j->options.watch;
	int status = 0;

	if (watch != NULL)
		status = watch->made(watch->arg, j->prog, j, (u64)(uintptr_t)program->code.mem, len,
				     &program->token, err);
	if (status == 0)
		program->watch = watch;
	return status;
}

static int make(struct jit *j, const struct prog_binding *binding, struct prog_code **ret_code,
		struct error *err)
{
	struct jit_program *program =
		mem_zalloc(sizeof(*program) + j->func_count * sizeof(program->callbacks[0]));
	size_t len;
	int status;

	if (program == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a compiled program");
	status = os_code_alloc(jit_size(j), &program->code);
	if (status != 0)
		status = error_set(err, status, "no memory for code of %zu bytes: %s", jit_size(j),
				   error_name(status));
	if (status == 0)
		status = jit_write(j, program->code.view, jit_size(j),
				   (u64)(uintptr_t)program->code.mem, &len, err);
	if (status == 0) {
		status = j->options.watch != NULL && j->options.watch->open_memory
				 ? os_code_seal_open(&program->code)
				 : os_code_seal(&program->code);
		if (status != 0)
			status = error_set(err, status, "the host does not execute code: %s",
					   error_name(status));
	}
	if (status == 0)
		status = tell(program, j, len, err);
	if (status != 0) {
		program_free(&program->base);
		return status;
	}
	describe(program, j, binding);
	*ret_code = &program->base;
	return 0;
}

int jit_prepare(const struct prog *prog, const struct prog_binding *binding,
		const struct jit_options *options, struct prog_code **ret_code, struct error *err)
{
	const struct jit_options host = { .size = sizeof(host),
					  .target = jit_host_target(),
					  .mode = binding->facts != NULL ? JIT_VERIFIED
									 : JIT_CHECKED };
	struct arena arena;
	struct jit *j;
	int status;

	arena_init(&arena, 0);
	status = jit_compile(prog, binding, options != NULL ? options : &host, &arena, &j, err);
	if (status == 0)
		status = make(j, binding, ret_code, err);
	arena_fini(&arena);
	return status;
}
