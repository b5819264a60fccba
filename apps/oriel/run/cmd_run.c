/* SPDX-License-Identifier: MIT */
/* `oriel run FILE`: loads a program and runs it in this process. */
#include "pcap.h"
#include "run.h"
#include "runtime/trace.h"

#include "base/mem.h"
#include "base/str.h"
#include "load/module.h"
#include "os/os.h"

static const struct cli_option run_options[] = {
	[RUN_PROGRAM] = { "program", "NAME",
			  "The program: a function's name or a section's. Default: the only one.",
			  NULL },
	[RUN_TYPE] = { "type", "TYPE", "Its program type. Default: what the section says.",
		       CLI_TYPES },
	[RUN_DIALECT] = { "dialect", "DIALECT",
			  "Numbering of helpers and verdicts: windows or linux.", CLI_DIALECTS },
	[RUN_CTX] = { "ctx", "FILE", "Bytes of the context. Default: zeros.", NULL },
	[RUN_SET] = { "set", "FIELD=VALUE",
		      "Set a field of the context (may be repeated). VALUE: see below.", NULL },
	[RUN_DATA] = { "data", "FILE",
		       "Bytes that the context points to: the packet; for type raw, the memory.",
		       NULL },
	[RUN_PACKET] = { "packet", "HEX", "The same, in hexadecimal.", NULL },
	[RUN_PCAP] = { "pcap", "FILE", "Run it for each packet of a capture.", NULL },
	[RUN_MAP] = { "map", "MAP:KEY=VALUE", "Put an entry into a map first (may be repeated).",
		      NULL },
	[RUN_VAR] = { "var", "NAME=VALUE", "Set a global variable first (may be repeated).", NULL },
	[RUN_REPEAT] = { "repeat", "N", "Run it N times and show the mean duration.", NULL },
	[RUN_MODE] = { "mode", "MODE", "How to execute. Default: interpret.",
		       "interpret jit jit-checked jit-blinded native" },
	[RUN_TRACE] = { "trace", NULL, "Put time and program before each printed line.", NULL },
	[RUN_TRACE_TO] = { "trace-to", "FILE",
			   "Write printed lines and faults to FILE as they come.", NULL },
	[RUN_TRACE_FORMAT] = { "trace-format", "FORMAT",
			       "As what: text (the default), json lines, or ctf.",
			       "text json ctf" },
	[RUN_DUMP_MAPS] = { "dump-maps", NULL, "Show what the maps hold afterwards.", NULL },
	[RUN_BTF] = CLI_BTF_OPTION,
	[RUN_BUDGET] = { "budget", "N", "Stop the program after about N instructions.", NULL },
	[RUN_KCONFIG] = CLI_KCONFIG_OPTION,
	[RUN_SPEC] = CLI_SPEC_OPTION,
	[RUN_EXTENSION] = CLI_EXTENSION_OPTION,
	[RUN_POLICY] = CLI_POLICY_OPTION,
	[RUN_RAW_SIZE] = CLI_RAW_SIZE_OPTION,
	[RUN_ATTACH] = { "attach", "HOOK",
			 "Attach to a hook of sockets or packets while COMMAND runs (may be "
			 "repeated). HOOK: bind, connect4, xdp ...; see below.",
			 NULL },
	[RUN_INTERFACE] = { "interface", "NAMES",
			    "Hook xdp: of these network interfaces, with commas between (may be "
			    "repeated).",
			    NULL },
	[RUN_UPDATES] = { "updates", "FILE",
			  "Hook xdp: change maps as the lines of this file or pipe say, while it "
			  "runs.",
			  NULL },
	[RUN_BUSY_POLL] = { "busy-poll", "USECS",
			    "Hook xdp: look for packets for so long before sleeping. Default: 0.",
			    NULL },
	[RUN_DEBUG] = { "debug", NULL,
			"Mode native: code to step through; nothing is optimised away.", NULL },
	[RUN_KEEP] = { "keep", "DIR", "Mode native: leave the module and its C in this folder.",
		       NULL },
	[RUN_ROOT] = { "root", "FILE",
		       "Certificates that a native module's signer may stand below. Default: the "
		       "configured ones.",
		       NULL },
	[RUN_UNSIGNED] = { "unsigned", NULL,
			   "Run a native module whoever made it; only for what you made yourself.",
			   NULL },
	[RUN_DEBUG_INFO] = { "debug-info", "FORM",
			     "Modes that compile: tell gdb, or perf by its map (perf) or with "
			     "lines (jitdump).",
			     "gdb perf jitdump" },
	[RUN_NO_VERIFY] = { "no-verify", NULL,
			    "Run it without a proof that it is safe; every step is checked anyway.",
			    NULL },
};

static const struct cli_example run_examples[] = {
	{ "Compile a program and run it:",
	  "oriel cc samples/hello_world.c && oriel run hello_world.o" },
	{ "An XDP program on a packet:", "oriel run --data packet.bin droppacket.o" },
	{ "On each packet of a capture:", "oriel run --pcap capture.pcap droppacket.o" },
	{ "Five times, then the maps:", "oriel run --repeat 5 --dump-maps bind_count.o" },
	{ "Whenever a command binds a socket:",
	  "oriel run --attach bind hello_world.o -- python3 -m http.server" },
	{ "For all packets that come in by an interface, until ^C:",
	  "oriel run --attach xdp --interface eth0 droppacket.o" },
	{ "For each line of standard input, by an extension:",
	  "oriel run --extension ./line.so --attach line line_filter.o <log.txt" },
	{ "A native module, as it would run on Windows:",
	  "oriel run --root root.pem hello_world.sys" },
	{ "A process that already has what it may have:",
	  "oriel run --set process_id=7 --map limits:7=1 --map ports:7=1 bind_monitor.o" },
};

static void trace_line(void *arg, const char *text, size_t len)
{
	struct run *run = arg;
	struct cli *cli = run->cli;
	u64 ns = os_clock_monotonic() - run->start_ns;

	/* Of the same thread, which alone runs programs: its line is in its ring. */
	if (run->events != NULL)
		run_trace_drain(&run->trace, run->events, run->load.runtime);
	if (cli_json(cli)) {
		json_str_len(&run->json, NULL, text, len);
		cli_flush_some(cli);
		return;
	}
	if (cli_given(cli, RUN_TRACE))
		cli_printf(cli, "%s[%5llu.%06llu] %s:%s ", cli_style(cli, CLI_DIM), ns / 1000000000,
			   ns / 1000 % 1000000, run->load.prog->name, cli_style(cli, CLI_PLAIN));
	cli_printf(cli, "%.*s\n", (int)len, text);
	cli_flush(cli);
}

static const char *load_hint(const struct run *run, int status, const struct error *err)
{
	const bool is_image = module_is(run->file.bytes, run->file.len);
	const char *why = NULL;

	if (strstr(err->text, "kernel's configuration") != NULL)
		return is_image ? "'oriel native' takes --kconfig CONFIG_NAME=value"
				: "--kconfig CONFIG_NAME=value gives it one";
	if (is_image)
		return status == ERR_NOENT ? "'oriel image inspect' lists the programs" : NULL;
	if (status == ERR_NOENT)
		return "'oriel inspect' lists the programs";
	if (status == ERR_NOTSUP && engine_default() == NULL && !cli_given(run->cli, RUN_MODE)) {
		(void)engine_by_name("interpret", &why);
		return why;
	}
	return cli_file_hint(&run->file);
}

static int set_constants(void *arg, struct object *object, struct error *err)
{
	struct run *run = arg;

	run->bad_constant = run_set_constants(run, object);
	return run->bad_constant == 0 ? 0 : error_set(err, ERR_INVAL, "--var");
}

static int open_extensions(struct run *run)
{
	int status = 0;

	if (run->cli->values[RUN_SPEC] == NULL)
		status = cli_open_extensions(run->cli, &run->extensions);
	run->file.spec = spec_get(run->extensions.spec);
	return status != 0 ? status : cli_open_spec(run->cli, &run->file.spec);
}

/* What is read besides the program's file. */
static int open_others(struct run *run)
{
	struct cli *cli = run->cli;
	int status = cli_open_btf(cli, &run->file, cli->values[RUN_BTF]);

	if (status == 0)
		status = cli_open_kconfig(cli, &run->file);
	return status != 0 ? status : open_extensions(run);
}

static int extend(void *arg, struct runtime *rt, struct error *err)
{
	struct run *run = arg;

	return cli_start_extensions(&run->extensions, rt, err);
}

static void retract(void *arg)
{
	struct run *run = arg;

	cli_stop_extensions(&run->extensions);
}

static int load(struct run *run)
{
	struct cli *cli = run->cli;
	struct load_options options = {
		.size = sizeof(options),
		.file = run->file.path,
		.program = cli->values[RUN_PROGRAM],
		.type = cli->values[RUN_TYPE],
		.mode = cli->values[RUN_MODE],
		.dialect = cli_dialect(cli->values[RUN_DIALECT]),
		.trace = trace_line,
		.trace_arg = run,
		.events = run->events,
	};
	struct verify_options verify;
	struct error err = { 0 };
	int status = open_others(run);

	if (status != 0)
		return status;
	verify_options_default(&verify);
	status = cli_policy(cli, RUN_POLICY, RUN_RAW_SIZE, &verify.policy);
	if (status != 0)
		return status;
	run->raw_size = (size_t)verify.policy.raw_size;
	if (module_is(run->file.bytes, run->file.len)) {
		status = run_trust_image(run);
		if (status != 0)
			return status;
		options.pages = run->pages;
		options.page_count = run->page_count;
	}
	/* Builds without an interpreter are to run signed code only. */
	if (!module_is(run->file.bytes, run->file.len) && options.mode != NULL &&
	    str_eq(options.mode, "native") && engine_default() != NULL) {
		status = cli_find_sdk(cli, &run->sdk);
		if (status != 0)
			return status;
		native_compiler_init(&run->native, run->sdk, NULL);
		run->native.for_debugger = cli_given(cli, RUN_DEBUG);
		run->native.keep = cli->values[RUN_KEEP];
		options.native = &run->native;
	}
	options.verify = cli_given(cli, RUN_NO_VERIFY) ? NULL : &verify;
	options.spec = run->file.spec;
	options.target_btf = cli_btf(&run->file);
	options.kconfig = &run->file.kconfig;
	if (run->debug != NULL)
		options.watch = debug_watch(run->debug);
	options.extend = extend;
	options.retract = retract;
	options.extend_arg = run;
	options.opened = set_constants;
	options.opened_arg = run;
	status = load_program(run->file.bytes, run->file.len, &options, &run->load, &err);
	if (status == 0 || run->bad_constant != 0)
		return run->bad_constant;
	if (run->load.refused != NULL)
		return run_refused(run);
	cli_error(cli, load_hint(run, status, &err), "%s", err.text);
	return cli_exit_code(status);
}

static int prepare(struct run *run)
{
	u64 repeat, budget;
	int status = cli_number(run->cli, RUN_REPEAT, UINT32_MAX, 1, &repeat);

	if (status == 0)
		status = cli_number(run->cli, RUN_BUDGET, UINT64_MAX, 0, &budget);
	if (status != 0)
		return status;
	if (repeat == 0) {
		cli_error(run->cli, NULL, "--repeat: 0 runs show nothing");
		return CLI_USAGE;
	}
	run->args.repeat = (u32)repeat;
	run->args.budget = budget;
	status = run_prepare_input(run);
	return status != 0 ? status : run_prepare_maps(run);
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
		helper = spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)insn->imm);
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

/* One run and its repetitions. */
static int run_once(struct run *run, struct error *err)
{
	int status = runtime_run(run->load.runtime_prog, &run->args, err);

	run->duration_ns += run->args.duration_ns;
	return status;
}

/* The program meets each packet with the context as it was given; maps go on. */
static int run_capture(struct run *run, struct error *err)
{
	struct pcap pcap;
	int status = pcap_open(run->data_file.bytes, run->data_file.len, &pcap, err);

	run->bad_capture = status != 0;
	while (status == 0) {
		struct run_packet packet = { 0 };
		const u8 *bytes;
		int more = pcap_next(&pcap, &bytes, &packet.len, err);

		run->bad_capture = more < 0;
		if (more <= 0)
			return more;
		if (run_set_data(run, bytes, packet.len) != 0)
			return error_set(err, ERR_NOMEM, "no memory for packet %u", pcap.count);
		status = run_once(run, err);
		packet.result = run->args.result;
		if (status == 0)
			status = vec_push(&run->packets, packet);
		if (status == 0 && !cli_json(run->cli))
			run_text_packet(run, &packet);
		else if (status != 0)
			error_prefix(err, "packet %u", pcap.count);
	}
	return status;
}

static int execute(struct run *run)
{
	struct cli *cli = run->cli;
	struct error err = { 0 };
	struct strbuf hint = STRBUF_INIT;
	int status;

	if (cli_json(cli))
		run_json_begin(run);
	run->start_ns = os_clock_monotonic();
	status = cli_given(cli, RUN_PCAP) ? run_capture(run, &err) : run_once(run, &err);
	if (cli_json(cli))
		run_json_end(run, status, &err);
	else if (status == 0)
		run_text_result(run);
	if (status == 0)
		return CLI_OK;
	fault_hint(run, status, &hint);
	cli_error(cli, hint.len > 0 ? hint.data : NULL, "%s: %s",
		  run->bad_capture ? run->data_file.path : run->file.path, err.text);
	strbuf_fini(&hint);
	return run->bad_capture ? CLI_INPUT : CLI_FAILED;
}

static int run_run(struct cli *cli)
{
	struct run run = { .cli = cli };
	int status;

	if (cli_given(cli, RUN_ATTACH))
		return run_attached(cli);
	if (cli->rest_count > 1) {
		cli_error(cli, NULL, "run takes one FILE, '%s' is one too many", cli->rest[1]);
		return CLI_USAGE;
	}
	status = cli_read_file(cli, cli->operand, &run.file);
	if (status == 0)
		status = run_trace_open(&run.trace, cli, 1);
	if (status == 0 && run.trace.path != NULL)
		status = run_trace_rings(&run.trace, &run.events);
	if (status == 0)
		status = run_debug_open(&run);
	if (status == 0)
		status = load(&run);
	if (status == 0)
		status = prepare(&run);
	if (status == 0) {
		int written;

		status = execute(&run);
		if (run.events != NULL)
			run_trace_drain(&run.trace, run.events, run.load.runtime);
		written = run_trace_end(&run.trace);
		status = status == 0 ? written : status;
	}
	mem_free(run.ctx);
	mem_free(run.args.ctx);
	mem_free(run.args.data);
	vec_free(&run.packets);
	load_fini(&run.load);
	cli_close_extensions(&run.extensions);
	debug_free(run.debug);
	mem_free(run.sdk);
	mem_free(run.pages);
	trace_free(run.events);
	run_trace_fini(&run.trace);
	cli_file_fini(&run.file);
	cli_file_fini(&run.data_file);
	return status;
}

const struct command cmd_run = {
	.name = "run",
	.operands = "FILE",
	.many_operands = true,
	.summary = "Run a program of an object file.",
	.about =
		"Loads a program of an eBPF object file, or of a signed native module, and runs "
		"it\n"
		"in this process. Lines that it prints come first, then its result and what the\n"
		"result means. '-' reads standard input.\n\n"
		"A VALUE or KEY is a number (7, -1, 0x1f), a number in network byte order\n"
		"(be16:443), an IP address (192.0.2.1, 2001:db8::1), hex:BYTES or "
		"text:CHARACTERS.\n\n"
		"With --attach, FILE... -- COMMAND: programs are attached while COMMAND runs, and\n"
		"see and decide what it and all that it starts do with sockets. A HOOK is the end\n"
		"of a section's name (bind, connect4, recv_accept6 ...), with :PROGRAM where the\n"
		"file has several for it, and with @COMPARTMENT (an inode number of a network\n"
		"namespace, or @self) to look at that one only. Options stand before the file\n"
		"that they are for.\n\n"
		"The hook xdp is for packets that come in by the interfaces of --interface. It\n"
		"needs no COMMAND: then programs stay until a signal ends it, such as ^C.",
	.options = run_options,
	.option_count = ARRAY_COUNT(run_options),
	.repeatable = 1ull << RUN_ATTACH | 1ull << RUN_INTERFACE | 1ull << RUN_SET |
		      1ull << RUN_MAP | 1ull << RUN_VAR | 1ull << RUN_KCONFIG | 1ull << RUN_POLICY |
		      1ull << RUN_EXTENSION,
	.examples = run_examples,
	.example_count = ARRAY_COUNT(run_examples),
	.run = run_run,
};
_Static_assert(ARRAY_COUNT(run_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
