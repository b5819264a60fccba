/* SPDX-License-Identifier: MIT */
/* `oriel run FILE`: loads a program and runs it in this process. */
#include "cli.h"
#include "dump.h"

#include "base/mem.h"
#include "base/str.h"
#include "load/load.h"
#include "os/os.h"

enum {
	OPT_PROGRAM,
	OPT_TYPE,
	OPT_DIALECT,
	OPT_CTX,
	OPT_DATA,
	OPT_REPEAT,
	OPT_MODE,
	OPT_TRACE,
	OPT_DUMP_MAPS,
	OPT_BUDGET,
	OPT_BTF,
	OPT_KCONFIG,
};

static const struct cli_option run_options[] = {
	[OPT_PROGRAM] = { "program", "NAME",
			  "The program: a function's name or a section's. Default: the only one.",
			  NULL },
	[OPT_TYPE] = { "type", "TYPE", "Its program type. Default: what the section says.",
		       CLI_TYPES },
	[OPT_DIALECT] = { "dialect", "DIALECT",
			  "Numbering of helpers and verdicts: windows or linux.", CLI_DIALECTS },
	[OPT_CTX] = { "ctx", "FILE", "Bytes of the context. Default: zeros.", NULL },
	[OPT_DATA] = { "data", "FILE",
		       "Bytes that the context points to: the packet; for type raw, the memory.",
		       NULL },
	[OPT_REPEAT] = { "repeat", "N", "Run it N times and show the mean duration.", NULL },
	[OPT_MODE] = { "mode", "MODE", "How to execute. Default: the first that this build has.",
		       "interpret jit native" },
	[OPT_TRACE] = { "trace", NULL, "Put time and program before each printed line.", NULL },
	[OPT_DUMP_MAPS] = { "dump-maps", NULL, "Show what the maps hold afterwards.", NULL },
	[OPT_BTF] = { "btf", "FILE",
		      "Adjust the programs to the layouts in this BTF. Default: the object's own.",
		      NULL },
	[OPT_BUDGET] = { "budget", "N", "Stop the program after about N instructions.", NULL },
	[OPT_KCONFIG] = CLI_KCONFIG_OPTION,
};

static const struct cli_example run_examples[] = {
	{ "Compile a program and run it:",
	  "clang -target bpf -O2 -g -I include -c hello_world.c && oriel run hello_world.o" },
	{ "An XDP program on a packet:", "oriel run --data packet.bin droppacket.o" },
	{ "Five times, then the maps:", "oriel run --repeat 5 --dump-maps bind_count.o" },
};

/* Room behind a packet, for programs that lengthen it. */
#define DATA_ROOM 256

struct run {
	struct cli *cli;
	struct cli_file file, ctx_file, data_file;
	struct load load;
	struct runtime_run args;
	struct json json;
	u64 start_ns;
};

static void trace_line(void *arg, const char *text, size_t len)
{
	struct run *run = arg;
	struct cli *cli = run->cli;
	u64 ns = os_clock_monotonic() - run->start_ns;

	if (cli_json(cli)) {
		json_str_len(&run->json, NULL, text, len);
		cli_flush_some(cli);
		return;
	}
	if (cli_given(cli, OPT_TRACE))
		cli_printf(cli, "%s[%5llu.%06llu] %s:%s ", cli_style(cli, CLI_DIM), ns / 1000000000,
			   ns / 1000 % 1000000, run->load.prog->name, cli_style(cli, CLI_PLAIN));
	cli_printf(cli, "%.*s\n", (int)len, text);
	cli_flush(cli);
}

static const char *load_hint(const struct run *run, int status, const struct error *err)
{
	const char *why = NULL;

	if (status == ERR_NOENT)
		return "'oriel inspect' lists the programs";
	if (strstr(err->text, "kernel's configuration") != NULL)
		return "--kconfig CONFIG_NAME=value gives it one";
	if (status == ERR_NOTSUP && engine_default() == NULL && !cli_given(run->cli, OPT_MODE)) {
		(void)engine_by_name("interpret", &why);
		return why;
	}
	return cli_file_hint(&run->file);
}

static int load(struct run *run)
{
	struct cli *cli = run->cli;
	struct load_options options = {
		.size = sizeof(options),
		.file = run->file.path,
		.program = cli->values[OPT_PROGRAM],
		.type = cli->values[OPT_TYPE],
		.mode = cli->values[OPT_MODE],
		.dialect = cli_dialect(cli->values[OPT_DIALECT]),
		.trace = trace_line,
		.trace_arg = run,
	};
	struct error err = { 0 };
	int status = cli_open_btf(cli, &run->file, cli->values[OPT_BTF]);

	if (status == 0)
		status = cli_open_kconfig(cli, &run->file);
	if (status != 0)
		return status;
	options.target_btf = cli_btf(&run->file);
	options.kconfig = &run->file.kconfig;
	status = load_program(run->file.bytes, run->file.len, &options, &run->load, &err);
	if (status == 0)
		return 0;
	cli_error(cli, load_hint(run, status, &err), "%s", err.text);
	return cli_exit_code(status);
}

/* The context: the file's bytes, zeros up to the type's size. */
static int prepare_ctx(struct run *run)
{
	const struct spec_prog_type *type = run->load.prog->type;
	const char *path = run->cli->values[OPT_CTX];
	size_t size = type->ctx != NULL ? type->ctx->size : 0;
	int status;

	if (path != NULL) {
		status = cli_read_file(run->cli, path, &run->ctx_file);
		if (status != 0)
			return status;
		if (run->ctx_file.len > size) {
			cli_error(run->cli, NULL,
				  "--ctx: %s has %zu bytes, the context of %s is %zu", path,
				  run->ctx_file.len, type->name, size);
			return CLI_INPUT;
		}
	}
	if (size == 0)
		return 0;
	run->args.ctx = mem_zalloc(size);
	if (run->args.ctx == NULL) {
		cli_error(run->cli, NULL, "out of memory");
		return CLI_FAILED;
	}
	run->args.ctx_len = size;
	if (run->ctx_file.len > 0)
		memcpy(run->args.ctx, run->ctx_file.bytes, run->ctx_file.len);
	return 0;
}

static bool takes_data(const struct spec_prog_type *type)
{
	return (type->flags & PROG_TYPE_RAW) != 0 || (type->ctx != NULL && type->ctx->data >= 0);
}

static int prepare_data(struct run *run)
{
	const struct spec_prog_type *type = run->load.prog->type;
	const char *path = run->cli->values[OPT_DATA];
	size_t cap;
	int status;

	if (!takes_data(type)) {
		if (path == NULL)
			return 0;
		cli_error(run->cli, NULL, "--data: the context of %s points to no data",
			  type->name);
		return CLI_USAGE;
	}
	if (path != NULL) {
		status = cli_read_file(run->cli, path, &run->data_file);
		if (status != 0)
			return status;
	}
	cap = run->data_file.len + DATA_ROOM;
	run->args.data = mem_zalloc(cap);
	if (run->args.data == NULL) {
		cli_error(run->cli, NULL, "out of memory");
		return CLI_FAILED;
	}
	if (run->data_file.len > 0)
		memcpy(run->args.data, run->data_file.bytes, run->data_file.len);
	run->args.data_len = run->data_file.len;
	run->args.data_cap = cap;
	return 0;
}

static int prepare(struct run *run)
{
	u64 repeat, budget;
	int status = cli_number(run->cli, OPT_REPEAT, UINT32_MAX, 1, &repeat);

	if (status == 0)
		status = cli_number(run->cli, OPT_BUDGET, UINT64_MAX, 0, &budget);
	if (status != 0)
		return status;
	if (repeat == 0) {
		cli_error(run->cli, NULL, "--repeat: 0 runs show nothing");
		return CLI_USAGE;
	}
	run->args.repeat = (u32)repeat;
	run->args.budget = budget;
	status = prepare_ctx(run);
	return status != 0 ? status : prepare_data(run);
}

static const char *verdict(const struct run *run)
{
	return spec_verdict_name(run->load.prog->type, run->args.result);
}

static void text_result(struct run *run)
{
	struct cli *cli = run->cli;
	const struct prog *prog = run->load.prog;
	const struct object *object = run->load.object;
	const char *name = verdict(run);

	cli_printf(cli, "%s%s%s (%s, %s dialect: %s) returned %s", cli_style(cli, CLI_BOLD),
		   prog->name, cli_style(cli, CLI_PLAIN), prog->type->name,
		   dialect_name(prog->dialect), object->dialect_why, cli_style(cli, CLI_BOLD));
	if (name != NULL)
		cli_printf(cli, "%llu %s", run->args.result, name);
	else if (run->args.result > INT32_MAX)
		cli_printf(cli, "0x%llx", run->args.result);
	else
		cli_printf(cli, "%llu", run->args.result);
	cli_printf(cli, "%s\n", cli_style(cli, CLI_PLAIN));
	if (run->args.repeat > 1)
		cli_printf(cli, "%u runs, %llu ns each\n", run->args.repeat,
			   run->args.duration_ns / run->args.repeat);
	if (cli_given(cli, OPT_DUMP_MAPS))
		dump_text(cli, run->load.runtime, prog);
}

static void json_begin(struct run *run)
{
	const struct prog *prog = run->load.prog;
	struct json *json = &run->json;

	json_init(json, &run->cli->out, true);
	json_object_begin(json, NULL);
	cli_json_file(json, &run->file, run->load.object);
	json_str(json, "section", prog->section);
	json_str(json, "name", prog->name);
	json_str(json, "type", prog->type->name);
	json_str(json, "mode", run->load.engine->name);
	json_array_begin(json, "trace");
}

static void json_fault(struct json *json, const struct runtime_run *args, const char *text)
{
	const struct exec_fault *fault = &args->fault;

	json_object_begin(json, "error");
	json_str(json, "message", text);
	if (fault->status != 0)
		json_u64(json, "slot", fault->slot);
	if (fault->status == ERR_FAULT) {
		json_u64(json, "address", fault->addr);
		json_u64(json, "size", fault->size);
		json_bool(json, "write", fault->write);
	}
	json_object_end(json);
}

static void json_end(struct run *run, int status, const struct error *err)
{
	struct json *json = &run->json;

	json_array_end(json);
	if (status == 0) {
		json_u64(json, "result", run->args.result);
		json_str(json, "verdict", verdict(run));
		json_u64(json, "runs", run->args.repeat);
		json_u64(json, "duration_ns", run->args.duration_ns);
	} else {
		json_fault(json, &run->args, err->text);
	}
	if (cli_given(run->cli, OPT_CTX))
		json_hex(json, "ctx", run->args.ctx, run->args.ctx_len);
	if (cli_given(run->cli, OPT_DATA))
		json_hex(json, "data", run->args.data, run->args.data_len);
	if (cli_given(run->cli, OPT_DUMP_MAPS))
		dump_json(run->cli, json, run->load.runtime, run->load.prog);
	json_object_end(json);
	cli_printf(run->cli, "\n");
}

/* After a tail call the slot is one of another program. */
static bool may_leave(const struct prog *prog)
{
	for (u32 i = 0; i < prog->insn_count; i++) {
		const struct insn *insn = &prog->insns[i];
		const struct spec_helper *helper;

		if (insn->kind == INSN_CALLX)
			return true;
		if (insn->kind != INSN_CALL)
			continue;
		helper = spec_helper_by_id(prog->dialect, prog->type, (u32)insn->imm);
		if (helper != NULL && (helper->flags & HELPER_TAIL_CALL) != 0)
			return true;
	}
	return false;
}

/* The source line at which the program was stopped, where that is known. */
static void fault_hint(const struct run *run, int status, struct strbuf *out)
{
	const struct prog *prog = run->load.prog;
	const struct prog_line *line = prog_line_at(prog, run->args.fault.slot);

	if (run->args.fault.status != 0 && line != NULL && line->line != 0 &&
	    line->text[0] != '\0' && !may_leave(prog))
		strbuf_printf(out, "line %u is: %s", line->line,
			      line->text + strspn(line->text, " \t"));
	if (status == ERR_TIME)
		strbuf_printf(out, "%s--budget N lets it run longer", out->len > 0 ? "; " : "");
}

static int execute(struct run *run)
{
	struct cli *cli = run->cli;
	struct error err = { 0 };
	struct strbuf hint = STRBUF_INIT;
	int status;

	if (cli_json(cli))
		json_begin(run);
	run->start_ns = os_clock_monotonic();
	status = runtime_run(run->load.runtime_prog, &run->args, &err);
	if (cli_json(cli))
		json_end(run, status, &err);
	else if (status == 0)
		text_result(run);
	if (status == 0)
		return CLI_OK;
	fault_hint(run, status, &hint);
	cli_error(cli, hint.len > 0 ? hint.data : NULL, "%s: %s", run->file.path, err.text);
	strbuf_fini(&hint);
	return CLI_FAILED;
}

static int run_run(struct cli *cli)
{
	struct run run = { .cli = cli };
	int status = cli_read_file(cli, cli->operand, &run.file);

	if (status == 0)
		status = load(&run);
	if (status == 0)
		status = prepare(&run);
	if (status == 0)
		status = execute(&run);
	mem_free(run.args.ctx);
	mem_free(run.args.data);
	load_fini(&run.load);
	cli_file_fini(&run.file);
	cli_file_fini(&run.ctx_file);
	cli_file_fini(&run.data_file);
	return status;
}

const struct command cmd_run = {
	.name = "run",
	.operands = "FILE",
	.summary = "Run a program of an object file.",
	.about =
		"Loads a program of an eBPF object file and runs it in this process. Lines that "
		"it\n"
		"prints come first, then its result and what the result means. '-' reads standard\n"
		"input.",
	.options = run_options,
	.option_count = ARRAY_COUNT(run_options),
	.examples = run_examples,
	.example_count = ARRAY_COUNT(run_examples),
	.repeats = OPT_KCONFIG + 1,
	.run = run_run,
};
_Static_assert(ARRAY_COUNT(run_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
