/* SPDX-License-Identifier: MIT */
/* Extensions: what the sample one provides, who is attached to its hook, and what becomes of
 * programs when it goes. */
#include "runtime_fixture.h"

#include "runtime/link.h"
#include "sample_extension.h"

#define W DIALECT_WINDOWS

#define CALL_FUNC(idx)                                \
	{                                             \
		.kind = INSN_CALL_KFUNC, .imm = (idx) \
	}

static const struct guid hook_guid = {
	0xf788ef4b, 0x207d, 0x4dc3, { 0x85, 0xcf, 0x0f, 0x2e, 0xa1, 0x07, 0x21, 0x3c }
};

struct world {
	struct fixture f;
	struct sample_extension ext;
};

static int open_world(struct world *w)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = W, .cpus = 2 };
	int r = runtime_new(&options, &w->f.rt, &w->f.err);

	return r < 0 ? r : sample_extension_start(w->f.rt, &w->ext, &w->f.err);
}

static void close_world(struct world *w)
{
	if (w->f.rt != NULL)
		sample_extension_stop(&w->ext);
	fixture_fini(&w->f);
}

/* A program of type sample that returns a number. */
static int add_returning(struct world *w, struct insn insns[2], s32 result,
			 struct runtime_prog **ret_prog)
{
	insns[0] = (struct insn)MOV_IMM(0, result);
	insns[1] = (struct insn)EXIT;
	return fixture_add(&w->f, W, "sample", NULL, 0, insns, 2, ret_prog);
}

static int attach(struct world *w, struct runtime_prog *prog, u32 param,
		  struct runtime_link **ret_link)
{
	struct link_options options = { .size = sizeof(options),
					.prog = prog,
					.attach_type = hook_guid,
					.param = &param,
					.param_len = param == 0 ? 0 : sizeof(param) };

	return link_attach(w->f.rt, &options, ret_link, &w->f.err);
}

static void drop(struct runtime_link *link)
{
	if (link != NULL)
		core_put_user(link_core(link));
}

/* --- helpers, contexts, functions --- */

static void helpers(void)
{
	static const struct insn insns[] = {
		MOV_REG(6, 1),
		/* sum + implicit_1 + implicit_2(5) */
		CALL(0x10000), MOV_REG(7, 0), CALL(0x10003), ADD_REG(7, 0), MOV_IMM(1, 5),
		CALL(0x10004), ADD_REG(7, 0),
		/* + find("b") + pid */
		LOAD(8, 1, 6, 0), MOV_IMM(2, 3), STORE_IMM(1, 10, -8, 'b'), MOV_REG(3, 10),
		ADD_IMM(3, -8), MOV_IMM(4, 1), CALL(0x10001), ADD_REG(7, 0), CALL(19),
		ADD_REG(7, 0), LOAD(8, 1, 6, 0), STORE(1, 1, 2, 7), MOV_REG(0, 7), EXIT
	};
	struct world w = { 0 };
	struct sample_context ctx = { .uint16_data = 1, .helper_data_1 = 10, .helper_data_2 = 20 };
	u8 data[4] = { 'a', 'b', 'c', 'd' };
	struct runtime_run run = {
		.ctx = &ctx, .ctx_len = sizeof(ctx), .data = data, .data_len = 3
	};

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(fixture_add(&w.f, W, "sample", NULL, 0, insns, ARRAY_COUNT(insns), NULL), 0);
	CHECK_EQ(runtime_run(w.f.prog, &run, &w.f.err), 0);
	CHECK_EQ(run.result, (9999ull << 32) + 30 + 10 + 25 + 1 + 1);
	CHECK_EQ(data[2], 67);
	CHECK_EQ(data[3], 'd');
	CHECK_EQ(run.data_len, 3);
	CHECK_EQ(run.ctx_len, sizeof(ctx));
	CHECK(ctx.data_start == 0 && ctx.helper_data_1 == 10);
	/* Gone with the extension, and back. */
	sample_extension_stop(&w.ext);
	CHECK_EQ(runtime_run(w.f.prog, &run, &w.f.err), ERR_NOTSUP);
	CHECK(strstr(w.f.err.text, "provider of type sample") != NULL);
	CHECK_EQ(sample_extension_start(w.f.rt, &w.ext, &w.f.err), 0);
	data[2] = 'c';
	CHECK_EQ(runtime_run(w.f.prog, &run, &w.f.err), 0);
	CHECK_EQ(data[2], 67);
out:
	close_world(&w);
}

/* What the verifier would have refused ends the program, also inside of an extension. */
static void bad_arguments(void)
{
	static const struct insn wild[] = {
		MOV_IMM(1, 64), MOV_IMM(2, 3), MOV_REG(3, 10), ADD_IMM(3, -8), MOV_IMM(4, 1),
		CALL(0x10001),	EXIT
	};
	static const struct insn unknown[] = { CALL(0x10009), EXIT };
	struct world w = { 0 };
	struct runtime_run run = { 0 };

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(fixture_add(&w.f, W, "sample", NULL, 0, wild, ARRAY_COUNT(wild), NULL), 0);
	CHECK_EQ(runtime_run(w.f.prog, &run, &w.f.err), ERR_FAULT);
	CHECK_EQ(run.fault.slot, 5);
	CHECK_EQ(run.fault.addr, 64);
	CHECK_EQ(fixture_add(&w.f, W, "sample", NULL, 0, unknown, 2, NULL), ERR_NOTSUP);
	CHECK(strstr(w.f.err.text, "helper 0x10009") != NULL);
	/* Without the extension its helpers are not offered either. */
	sample_extension_stop(&w.ext);
	CHECK_EQ(fixture_add(&w.f, W, "sample", NULL, 0, wild, ARRAY_COUNT(wild), NULL),
		 ERR_NOTSUP);
out:
	close_world(&w);
}

static int add_with_func(struct world *w, const struct insn *insns, u32 count,
			 const struct prog_func *func, struct runtime_prog **ret_prog)
{
	u32 n = w->f.prog_count++;
	struct prog *prog = &w->f.progs[n];
	struct prog_subprog *subprog = &w->f.subprogs[n];

	*subprog = (struct prog_subprog){ .name = "test", .count = count };
	*prog = (struct prog){ .name = "test",
			       .section = "",
			       .dialect = W,
			       .type = spec_prog_type_by_name(W, "sample"),
			       .insns = insns,
			       .insn_count = count,
			       .subprogs = subprog,
			       .subprog_count = 1,
			       .funcs = func,
			       .func_count = 1 };
	return runtime_add_prog(w->f.rt, prog, engine_default(), NULL, ret_prog, &w->f.err);
}

static void functions(void)
{
	static const struct insn insns[] = { MOV_IMM(1, 14), CALL_FUNC(0), EXIT };
	struct prog_func func = { .name = "sample_ebpf_extension_btf_lookup",
				  .module = "{8f6c1f83-ce4c-4b58-8b91-654a29e23b7c}" };
	struct world w = { 0 };
	struct runtime_prog *prog = NULL;
	struct runtime_run run = { 0 };

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(add_with_func(&w, insns, 3, &func, &prog), 0);
	CHECK_EQ(runtime_run(prog, &run, &w.f.err), 0);
	CHECK_EQ(run.result, 42);
	sample_extension_stop(&w.ext);
	CHECK_EQ(runtime_run(prog, &run, &w.f.err), ERR_NOTSUP);
	CHECK_EQ(sample_extension_start(w.f.rt, &w.ext, &w.f.err), 0);
	CHECK_EQ(runtime_run(prog, &run, &w.f.err), 0);
	/* By the name alone; not from another module; not without one. */
	func.module = NULL;
	CHECK_EQ(add_with_func(&w, insns, 3, &func, &prog), 0);
	func.module = "8f6c1f83-ce4c-4b58-8b91-654a29e23b7d";
	CHECK(add_with_func(&w, insns, 3, &func, &prog) < 0);
	func.module = "{8f6c1f83-ce4c-4b58-8b91-654a29e23b7c";
	CHECK_EQ(add_with_func(&w, insns, 3, &func, &prog), ERR_NOEXEC);
out:
	close_world(&w);
}

/* --- the hook --- */

static void verdicts(void)
{
	struct world w = { 0 };
	struct insn insns[4][2];
	struct runtime_prog *progs[4] = { NULL };
	struct runtime_link *links[5] = { NULL };
	struct sample_context ctx = { 0 };
	u32 verdict = 77;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 0);
	CHECK_EQ(verdict, 0);
	for (u32 i = 0; i < 4; i++)
		CHECK_EQ(add_returning(&w, insns[i], (s32)i + (i == 3), &progs[i]),
			 0); /* 0 1 2 4 */
	CHECK_EQ(attach(&w, progs[2], 0, &links[0]), 0);
	CHECK_EQ(attach(&w, progs[1], 0, &links[1]), 0);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 2);
	CHECK_EQ(verdict, 2);
	/* For one parameter first; a result that is none stops as the strongest. */
	CHECK_EQ(attach(&w, progs[3], 5, &links[2]), 0);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 2);
	ctx.uint32_data = 5;
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 1);
	CHECK_EQ(verdict, 3);
	CHECK_EQ(link_detach(links[2]), 0);
	CHECK_EQ(link_detach(links[2]), ERR_NOENT);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 2);
	CHECK_EQ(verdict, 2);
	drop(links[0]);
	links[0] = NULL;
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 1);
	CHECK_EQ(verdict, 1);
	/* Another program in its place. */
	CHECK_EQ(link_update(links[1], progs[2], progs[3], &w.f.err), ERR_PERM);
	CHECK_EQ(link_update(links[1], progs[2], progs[1], &w.f.err), 0);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 1);
	CHECK_EQ(verdict, 2);
	CHECK_EQ(link_update(links[2], progs[2], NULL, &w.f.err), ERR_NOENT);
out:
	for (u32 i = 0; i < 5; i++)
		drop(links[i]);
	close_world(&w);
}

static void links(void)
{
	struct world w = { 0 };
	struct insn insns[2], other_insns[2] = { MOV_IMM(0, 0), EXIT };
	struct runtime_prog *prog = NULL, *other = NULL;
	struct runtime_link *link = NULL, *many[HOOK_MAX_EACH + 1] = { NULL };
	struct link_info info;
	struct runtime_prog_info prog_info;
	struct link_options options = { .size = sizeof(options), .attach_type = hook_guid };
	struct sample_context ctx = { 0 };
	u64 long_param = 3;
	u32 verdict = 0;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(add_returning(&w, insns, 2, &prog), 0);
	CHECK_EQ(fixture_add(&w.f, W, "bind", NULL, 0, other_insns, 2, &other), 0);
	CHECK_EQ(attach(&w, other, 0, &link), ERR_INVAL);
	CHECK(strstr(w.f.err.text, "type bind") != NULL);
	options.prog = prog;
	options.param = &long_param;
	options.param_len = sizeof(long_param);
	CHECK_EQ(link_attach(w.f.rt, &options, &link, &w.f.err), ERR_INVAL);
	CHECK(strstr(w.f.err.text, "8 bytes") != NULL);
	options.param_len = 65;
	CHECK_EQ(link_attach(w.f.rt, &options, &link, &w.f.err), ERR_INVAL);
	options.attach_type.data1++;
	CHECK_EQ(link_attach(w.f.rt, &options, &link, &w.f.err), ERR_NOENT);
	for (u32 i = 0; i < HOOK_MAX_EACH; i++)
		CHECK_EQ(attach(&w, prog, 7, &many[i]), 0);
	CHECK_EQ(attach(&w, prog, 7, &many[HOOK_MAX_EACH]), ERR_NOSPC);
	CHECK_EQ(attach(&w, prog, 0x01020304, &link), 0);
	link_get_info(link, &info);
	CHECK(runtime_get_link(w.f.rt, info.id) == link);
	core_put_user(link_core(link));
	CHECK_EQ(info.prog_id, prog_core(prog)->id);
	CHECK_EQ(info.link_type, EXT_LINK_PLAIN);
	CHECK_EQ(info.attach_number, 8);
	CHECK_EQ(info.param_len, 4);
	CHECK(info.param[0] == 4 && info.attached);
	runtime_prog_info(prog, &prog_info);
	CHECK_EQ(prog_info.links, HOOK_MAX_EACH + 1);
	/* A pin keeps it attached. */
	CHECK_EQ(runtime_pin(w.f.rt, "my/link", link_core(link), &w.f.err), 0);
	drop(link);
	link = NULL;
	ctx.uint32_data = 0x01020304;
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 1);
	CHECK_EQ(runtime_unpin(w.f.rt, "/sys/fs/bpf/my/link", &w.f.err), 0);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 0);
	/* The extension goes: users keep dead links. */
	sample_extension_stop(&w.ext);
	link_get_info(many[3], &info);
	CHECK(!info.attached && info.prog_id == 0);
	CHECK_EQ(link_detach(many[3]), ERR_NOENT);
out:
	for (u32 i = 0; i <= HOOK_MAX_EACH; i++)
		drop(many[i]);
	drop(link);
	close_world(&w);
}

static void without_links(void)
{
	struct world w = { 0 };
	struct insn insns[2][2];
	struct runtime_prog *progs[2] = { NULL };
	u32 param = 9, verdict = 0;
	struct link_options options = { .size = sizeof(options),
					.attach_type = hook_guid,
					.param = &param,
					.param_len = sizeof(param) };
	struct sample_context ctx = { .uint32_data = 9 };

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(add_returning(&w, insns[0], 1, &progs[0]), 0);
	CHECK_EQ(add_returning(&w, insns[1], 2, &progs[1]), 0);
	CHECK_EQ(prog_detach(w.f.rt, &options, &w.f.err), ERR_NOENT);
	options.prog = progs[0];
	CHECK_EQ(prog_attach(w.f.rt, &options, &w.f.err), 0);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 1);
	CHECK_EQ(verdict, 1);
	options.prog = progs[1];
	CHECK_EQ(prog_attach(w.f.rt, &options, &w.f.err), 0);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 1);
	CHECK_EQ(verdict, 2);
	options.prog = progs[0];
	CHECK_EQ(prog_detach(w.f.rt, &options, &w.f.err), ERR_NOENT);
	options.prog = NULL;
	CHECK_EQ(prog_detach(w.f.rt, &options, &w.f.err), 0);
	CHECK_EQ(sample_extension_event(&w.ext, &ctx, NULL, 0, &verdict), 0);
	/* Kept by the hook until the extension goes. */
	options.prog = progs[1];
	CHECK_EQ(prog_attach(w.f.rt, &options, &w.f.err), 0);
out:
	close_world(&w);
}

/* lint: long-function, one hook after the other */
static void modes(void)
{
	struct world w = { 0 };
	struct insn insns[2];
	struct runtime_prog *prog = NULL;
	struct runtime_link *link_of[3] = { NULL };
	struct hook *hook = NULL;
	struct hook_options options = { .size = sizeof(options),
					.attach_type = { .data1 = 1 },
					.mode = HOOK_SINGLE };
	struct link_options at = { .size = sizeof(at), .attach_type = { .data1 = 1 } };
	struct {
		struct ctx_header header;
		struct sample_context ctx;
	} event = { 0 };
	u32 param = 0, verdict = 5;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(add_returning(&w, insns, 6, &prog), 0);
	at.prog = prog;
	CHECK_EQ(hook_new(w.f.rt, &options, &hook, &w.f.err), 0);
	CHECK_EQ(hook_run(hook, 0, &event.ctx, 0, &verdict), 0);
	CHECK_EQ(verdict, 0);
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[0], &w.f.err), 0);
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[1], &w.f.err), ERR_BUSY);
	at.param = &param;
	at.param_len = 4;
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[1], &w.f.err), ERR_INVAL);
	CHECK_EQ(hook_run(hook, 3, &event.ctx, 0, &verdict), 1);
	CHECK_EQ(verdict, 6);
	hook_free(hook);
	hook = NULL;
	options.mode = HOOK_SINGLE_EACH;
	options.has_param = true;
	CHECK_EQ(hook_new(w.f.rt, &options, &hook, &w.f.err), 0);
	param = 1;
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[1], &w.f.err), 0);
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[2], &w.f.err), ERR_BUSY);
	param = 2;
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[2], &w.f.err), 0);
	drop(link_of[2]);
	link_of[2] = NULL;
	param = 0;
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[2], &w.f.err), ERR_BUSY);
	drop(link_of[1]);
	link_of[1] = NULL;
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[2], &w.f.err), 0);
	param = 1;
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[1], &w.f.err), ERR_BUSY);
	CHECK_EQ(hook_run(hook, 3, &event.ctx, 0, &verdict), 1);
	hook_free(hook);
	hook = NULL;
	options.needs_param = true;
	CHECK_EQ(hook_new(w.f.rt, &options, &hook, &w.f.err), 0);
	param = 0;
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[1], &w.f.err), ERR_INVAL);
	at.param_len = 0;
	CHECK_EQ(link_attach(w.f.rt, &at, &link_of[1], &w.f.err), ERR_INVAL);
out:
	for (u32 i = 0; i < 3; i++)
		drop(link_of[i]);
	hook_free(hook);
	close_world(&w);
}

/* --- what is registered --- */

static int no_attach(UNUSED void *arg, const struct ext_client *client, void **ret_binding,
		     UNUSED struct error *err)
{
	*ret_binding = client->binding;
	return ERR_ACCES;
}

static const struct ext_client *seen;
static struct ext_client seen_copy;
static struct ext_dispatch seen_dispatch;

static int keep_client(UNUSED void *arg, const struct ext_client *client, void **ret_binding,
		       UNUSED struct error *err)
{
	seen_copy = *client;
	seen_dispatch = *client->dispatch;
	seen = &seen_copy;
	*ret_binding = NULL;
	return 0;
}

static void no_detach(UNUSED void *arg, UNUSED void *binding) {}

static void hostile_tables(void)
{
	struct world w = { 0 };
	struct sample_extension twice = { 0 };
	struct ext_attach_data data = {
		EXT_HEADER(struct ext_attach_data, link_type), { 0 }, 0, 0, NULL, NULL
	};
	struct ext_hook hook = { EXT_HEADER(struct ext_hook, detach),
				 { .data1 = 3 },
				 &data,
				 NULL,
				 no_attach,
				 no_detach };
	struct ext_functions functions_table = {
		EXT_HEADER(struct ext_functions, functions), { 0 }, 1, NULL
	};
	struct provider *provider = NULL;
	struct error *err = &w.f.err;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(sample_extension_start(w.f.rt, &twice, err), ERR_EXIST);
	CHECK_EQ(runtime_register_program(w.f.rt, NULL, &provider, err), ERR_INVAL);
	CHECK_EQ(runtime_register_functions(w.f.rt, &functions_table, &provider, err), ERR_INVAL);
	hook.header.version = 0;
	CHECK_EQ(runtime_register_hook(w.f.rt, &hook, &provider, err), ERR_INVAL);
	hook.header.version = 1;
	hook.header.size = 8;
	CHECK_EQ(runtime_register_hook(w.f.rt, &hook, &provider, err), ERR_INVAL);
	hook.header.size = sizeof(hook) + 1;
	CHECK_EQ(runtime_register_hook(w.f.rt, &hook, &provider, err), ERR_INVAL);
	/* An older one, which has no detach. */
	hook.header.size = offsetof(struct ext_hook, detach);
	CHECK_EQ(runtime_register_hook(w.f.rt, &hook, &provider, err), ERR_INVAL);
	CHECK(strstr(err->text, "detach") != NULL);
	data.header.total_size = 100000;
	hook.header.size = sizeof(hook);
	CHECK_EQ(runtime_register_hook(w.f.rt, &hook, &provider, err), ERR_INVAL);
out:
	close_world(&w);
}

/* A type of one's own, for the verifier. */
static void rows(void)
{
	static const struct ext_context layout = { 40, 16, 24, -1 };
	static const struct ext_program_type type = {
		EXT_HEADER(struct ext_program_type, is_privileged),
		"mine",
		&layout,
		{ .data1 = 12345 },
		1234,
		0
	};
	struct ext_helper helpers[] = {
		{ EXT_HEADER(struct ext_helper, implicit_context),
		  0x10000,
		  "mine_look",
		  RET_INTEGER,
		  { ARG_CTX, ARG_READ_MEM, ARG_SIZE },
		  EXT_HELPER_REALLOCATE_PACKET,
		  false },
	};
	struct ext_program_info info = {
		EXT_HEADER(struct ext_program_info, global_helpers), &type, 1, helpers, 0, NULL
	};
	struct ext_program_data data = { EXT_HEADER(struct ext_program_data, program_info),
					 .program_info = &info };
	const struct spec_prog_type *row;
	const struct spec_helper *helper;
	const struct spec_field *field;
	struct spec *spec = NULL;
	struct error err;

	CHECK_EQ(ext_spec(&data, W, &spec, &err), 0);
	row = spec_find_type(spec, W, "mine");
	CHECK(row != NULL && row->number == 1234 && row->ctx->size == 40);
	CHECK_EQ(row->ctx->data, 16);
	CHECK_EQ(row->ctx->field_count, 4);
	CHECK(spec_ctx_access(row->ctx, 16, 8, false, &field) == NULL && field->kind == FIELD_DATA);
	CHECK(spec_ctx_access(row->ctx, 16, 8, true, &field) != NULL);
	CHECK(spec_ctx_access(row->ctx, 3, 4, true, &field) == NULL);
	CHECK(spec_ctx_access(row->ctx, 36, 8, false, &field) != NULL);
	helper = spec_find_helper(spec, W, row, 0x10000);
	CHECK(helper != NULL && helper->flags == HELPER_MOVES_PACKET && helper->offered);
	CHECK(spec_find_helper(spec, W, spec_prog_type_by_name(W, "bind"), 0x10000) == NULL);
	spec_put(spec);
	spec = NULL;
	helpers[0].arguments[4] = 77;
	CHECK_EQ(ext_spec(&data, W, &spec, &err), ERR_INVAL);
	helpers[0].arguments[4] = 0;
	helpers[0].name = "not a name";
	CHECK_EQ(ext_spec(&data, W, &spec, &err), ERR_INVAL);
	info.type = NULL;
	CHECK_EQ(ext_spec(&data, W, &spec, &err), ERR_INVAL);
out:
	spec_put(spec);
}

/* A hook that calls by the table it gets. */
static void dispatch(void)
{
	struct world w = { 0 };
	struct insn insns[2];
	struct runtime_prog *prog = NULL;
	struct runtime_link *link = NULL;
	struct ext_attach_data data = {
		EXT_HEADER(struct ext_attach_data, link_type), { 0 }, 0, 0, NULL, NULL
	};
	struct ext_hook hook = { EXT_HEADER(struct ext_hook, detach),
				 { .data1 = 3 },
				 &data,
				 NULL,
				 no_attach,
				 no_detach };
	struct provider *provider = NULL;
	struct link_options at = { .size = sizeof(at), .attach_type = { .data1 = 3 } };
	struct {
		struct ctx_header header;
		struct sample_context ctx;
	} event = { 0 };
	u8 state[EXT_BATCH_STATE];
	u32 result = 0;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(add_returning(&w, insns, 33, &prog), 0);
	at.prog = prog;
	CHECK_EQ(runtime_register_hook(w.f.rt, &hook, &provider, &w.f.err), 0);
	CHECK_EQ(link_attach(w.f.rt, &at, &link, &w.f.err), ERR_ACCES);
	CHECK(strstr(w.f.err.text, "the hook refuses") != NULL);
	runtime_unregister(w.f.rt, provider);
	provider = NULL;
	hook.attach = keep_client;
	CHECK_EQ(runtime_register_hook(w.f.rt, &hook, &provider, &w.f.err), 0);
	CHECK_EQ(link_attach(w.f.rt, &at, &link, &w.f.err), 0);
	CHECK_EQ(seen_dispatch.invoke(seen->binding, &event.ctx, &result), 0);
	CHECK_EQ(result, 33);
	CHECK_EQ(seen_dispatch.batch_begin(seen->binding, 1, state), ERR_INVAL);
	CHECK_EQ(seen_dispatch.batch_begin(seen->binding, sizeof(state), state), 0);
	result = 0;
	CHECK_EQ(seen_dispatch.batch_invoke(seen->binding, &event.ctx, state, &result), 0);
	CHECK_EQ(result, 33);
	CHECK_EQ(seen_dispatch.batch_end(seen->binding, state), 0);
	CHECK_EQ(link_detach(link), 0);
	CHECK_EQ(seen_dispatch.invoke(seen->binding, &event.ctx, &result), ERR_NOENT);
out:
	drop(link);
	if (w.f.rt != NULL)
		runtime_unregister(w.f.rt, provider);
	close_world(&w);
}

TAP_MAIN(TAP_TEST(helpers), TAP_TEST(bad_arguments), TAP_TEST(functions), TAP_TEST(verdicts),
	 TAP_TEST(links), TAP_TEST(without_links), TAP_TEST(modes), TAP_TEST(hostile_tables),
	 TAP_TEST(rows), TAP_TEST(dispatch))
