/* SPDX-License-Identifier: MIT */
/* `oriel run --attach HOOK FILE -- COMMAND`: programs are attached while a command runs. */
#include "attach.h"
#include "dump.h"

#include "base/format.h"
#include "base/mem.h"
#include "base/str.h"
#include "load/module.h"
#include "load/set.h"
#include "os/os.h"
#include "runtime/link.h"
#include "runtime/trace.h"
#include "supervise/status.h"
#include "supervise/supervise.h"

static int failed(struct attached *a, const struct attached_file *file, int status,
		  const struct error *err)
{
	if (strstr(err->text, file->run.file.path) != NULL)
		cli_error(a->cli, NULL, "%s", err->text);
	else
		cli_error(a->cli, NULL, "%s: %s", file->run.file.path, err->text);
	return cli_exit_code(status);
}

static int no_memory(const struct attached *a)
{
	cli_error(a->cli, NULL, "out of memory");
	return CLI_FAILED;
}

/* --- what programs print -----------------------------------------------------------------------
 */

/* Called by every thread; one write is one line. */
static void trace_line(void *arg, const char *text, size_t len)
{
	struct attached *a = arg;
	struct strbuf line = STRBUF_INIT;
	u64 ns = os_clock_monotonic() - a->start_ns;

	if (cli_json(a->cli)) {
		struct json json;

		json_init(&json, &line, false);
		json_object_begin(&json, NULL);
		json_str_len(&json, "trace", text, len);
		json_u64(&json, "time_ns", ns);
		json_object_end(&json);
	} else {
		if (cli_given(a->cli, RUN_TRACE))
			strbuf_printf(&line, "[%5llu.%06llu] ", ns / 1000000000,
				      ns / 1000 % 1000000);
		strbuf_printf(&line, "%.*s", (int)len, text);
	}
	strbuf_add(&line, "\n");
	if (strbuf_status(&line) == 0)
		(void)os_write(OS_STDOUT, line.data, line.len);
	strbuf_fini(&line);
}

/* --- the command line --------------------------------------------------------------------------
 */

static int bad_hook(struct attached *a, const char *text, const char *why)
{
	cli_error(a->cli, "HOOK[:PROGRAM][@COMPARTMENT], e.g. connect4:my_program@self",
		  "--attach: '%s': %s", text, why);
	return CLI_USAGE;
}

static bool take_word(const char **at, const char *ends, char ret[HOOK_NAME_MAX])
{
	size_t len = strcspn(*at, ends);

	if (len == 0 || len >= HOOK_NAME_MAX)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len;
	return true;
}

static int parse_attachment(struct attached *a, const char *text, struct attachment *ret)
{
	struct attachment attachment = { .prog = PROG_NO_INDEX };
	const char *at = text;
	u64 number;

	if (!take_word(&at, ":@", attachment.hook))
		return bad_hook(a, text, "no hook");
	if (*at == ':') {
		at++;
		if (!take_word(&at, "@", attachment.program))
			return bad_hook(a, text, "no program");
	}
	if (str_eq(at, "@self"))
		attachment.param = supervise_compartment();
	else if (*at == '@' && str_to_u64(at + 1, &number) && number > 0 && number <= UINT32_MAX)
		attachment.param = (u32)number;
	else if (*at == '@')
		return bad_hook(a, text, "no compartment");
	*ret = attachment;
	return 0;
}

/* One for each of the interfaces that are given for the file. */
static int push_packets(struct attached *a, int file, struct attachment *attachment)
{
	struct cli *cli = a->cli;
	u32 count = 0;

	for (size_t i = 0; i < cli->given.count; i++) {
		const struct cli_given *given = &cli->given.items[i];
		const char *at = given->value;

		if (given->option != RUN_INTERFACE ||
		    MIN(given->operands, a->file_count - 1) != file)
			continue;
		for (; at != NULL; count++) {
			int status = run_packets_next(&a->packets, &at, &attachment->param);

			if (status != 0)
				return status;
			if (vec_push(&a->files[file].attachments, *attachment) != 0)
				return no_memory(a);
		}
	}
	if (count > 0)
		return 0;
	cli_error(cli, "oriel run --attach xdp --interface eth0 droppacket.o",
		  "--attach %s needs --interface", attachment->hook);
	return CLI_USAGE;
}

static int push_attachment(struct attached *a, int file, struct attachment *attachment)
{
	if (run_packets_hook(attachment->hook))
		return push_packets(a, file, attachment);
	a->has_sockets |= !cli_extensions_have_hook(&a->extensions, attachment->hook);
	return vec_push(&a->files[file].attachments, *attachment) == 0 ? 0 : no_memory(a);
}

static int parse_attachments(struct attached *a)
{
	struct cli *cli = a->cli;

	for (size_t i = 0; i < cli->given.count; i++) {
		const struct cli_given *given = &cli->given.items[i];
		int file = MIN(given->operands, a->file_count - 1);
		struct attachment attachment;
		int status;

		if (given->option != RUN_ATTACH)
			continue;
		status = parse_attachment(a, given->value, &attachment);
		if (status == 0)
			status = push_attachment(a, file, &attachment);
		if (status != 0)
			return status;
	}
	if (a->packets.interfaces.count == 0 &&
	    (cli_given(cli, RUN_INTERFACE) || cli_given(cli, RUN_BUSY_POLL))) {
		cli_error(cli, NULL, "--interface and --busy-poll are for --attach xdp");
		return CLI_USAGE;
	}
	if (a->has_sockets && cli_given(cli, RUN_UPDATES)) {
		cli_error(cli, NULL, "--updates is for --attach xdp alone");
		return CLI_USAGE;
	}
	return cli_number(cli, RUN_BUSY_POLL, UINT32_MAX, 0, &a->packets.busy_poll_us);
}

/* Hooks of sockets, which are those of a command. */
static bool needs_command(const struct attached *a)
{
	for (size_t i = 0; i < a->cli->given.count; i++) {
		const struct cli_given *given = &a->cli->given.items[i];
		char hook[HOOK_NAME_MAX];
		const char *at = given->value;

		if (given->option != RUN_ATTACH || str_starts(given->value, "xdp"))
			continue;
		if (!take_word(&at, ":@", hook) || !cli_extensions_have_hook(&a->extensions, hook))
			return true;
	}
	return false;
}

static int check_usage(struct attached *a)
{
	static const u32 others[] = { RUN_CTX,	   RUN_SET,	 RUN_DATA,	RUN_PACKET,
				      RUN_PCAP,	   RUN_REPEAT,	 RUN_TYPE,	RUN_BUDGET,
				      RUN_PROGRAM, RUN_RAW_SIZE, RUN_DEBUG_INFO };
	struct cli *cli = a->cli;

	for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
		if (!cli_given(cli, others[i]))
			continue;
		cli_error(cli, NULL, "--%s is not for programs that are attached",
			  cli->command->options[others[i]].name);
		return CLI_USAGE;
	}
	a->file_count = cli->has_dashes ? cli->dashes_at : cli->rest_count;
	if (a->file_count == 0 || (cli->has_dashes && cli->dashes_at == cli->rest_count) ||
	    (!cli->has_dashes && needs_command(a))) {
		cli_error(cli, "oriel run --attach bind hello_world.o -- python3 -m http.server",
			  "--attach needs FILE... -- COMMAND");
		return CLI_USAGE;
	}
	a->files = mem_zalloc_array((size_t)a->file_count, sizeof(*a->files));
	if (a->files == NULL)
		return no_memory(a);
	for (int i = 0; i < a->file_count; i++) {
		a->files[i].run.cli = cli;
		a->files[i].run.file_index = i;
		a->files[i].run.file_count = a->file_count;
	}
	return parse_attachments(a);
}

/* --- from a hook's name to a program -----------------------------------------------------------
 */

/* "connect4" is "cgroup/connect4". */
static const struct spec_section *find_section(const struct object *object, const char *hook)
{
	char name[HOOK_NAME_MAX + sizeof("cgroup/")];
	const struct spec_section *section = spec_find_section(object->spec, object->dialect, hook);

	if (section != NULL && section->attach != NULL)
		return section;
	format(name, sizeof(name), "cgroup/%s", hook);
	section = spec_find_section(object->spec, object->dialect, name);
	return section != NULL && section->attach != NULL ? section : NULL;
}

static bool fits(const struct object_prog *prog, const struct spec_attach_type *type)
{
	return !prog->is_subprog && prog->match != NULL && prog->match->attach == type;
}

static int choose_by_section(struct attached *a, const struct attached_file *file,
			     struct attachment *attachment)
{
	const struct object *object = file->run.load.object;
	u32 count = 0;

	for (u32 i = 0; i < object->prog_count; i++) {
		if (!fits(&object->progs[i], attachment->type))
			continue;
		attachment->prog = i;
		count++;
	}
	if (count == 1)
		return 0;
	cli_error(a->cli, count == 0 ? "'oriel inspect' lists the programs" : "say HOOK:PROGRAM",
		  "%s: %s program for %s", file->run.file.path, count == 0 ? "no" : "more than one",
		  attachment->hook);
	return CLI_INPUT;
}

static int choose_by_name(struct attached *a, const struct attached_file *file,
			  struct attachment *attachment)
{
	const struct object *object = file->run.load.object;
	u32 idx = object_find_prog(object, attachment->program);

	if (idx == PROG_NO_INDEX) {
		cli_error(a->cli, "'oriel inspect' lists the programs", "%s: no program '%s'",
			  file->run.file.path, attachment->program);
		return CLI_INPUT;
	}
	if (!fits(&object->progs[idx], attachment->type)) {
		cli_error(a->cli, NULL, "%s: program '%s', of section %s, is not for %s",
			  file->run.file.path, attachment->program, object->progs[idx].section,
			  attachment->hook);
		return CLI_INPUT;
	}
	attachment->prog = idx;
	return 0;
}

static int choose_programs(struct attached *a, struct attached_file *file)
{
	const struct object *object = file->run.load.object;
	const struct world *world = &a->worlds[object->dialect == DIALECT_LINUX];

	file->wanted = mem_zalloc_array((size_t)object->prog_count + 1, sizeof(bool));
	if (file->wanted == NULL)
		return no_memory(a);
	for (size_t i = 0; i < file->attachments.count; i++) {
		struct attachment *attachment = &file->attachments.items[i];
		const struct spec_section *section = find_section(object, attachment->hook);
		int status;

		if (section == NULL || (!net_has_hook(world->net, section->attach) &&
					!net_xdp_has_hook(world->xdp, section->attach) &&
					!runtime_has_hook(world->rt, &section->attach->guid))) {
			cli_error(a->cli, NULL,
				  "%s: the %s dialect has no hook '%s' of sockets or packets",
				  file->run.file.path, dialect_name(object->dialect),
				  attachment->hook);
			return CLI_USAGE;
		}
		attachment->type = section->attach;
		status = attachment->program[0] == '\0' ? choose_by_section(a, file, attachment)
							: choose_by_name(a, file, attachment);
		if (status != 0)
			return status;
		file->wanted[attachment->prog] = true;
	}
	return 0;
}

/* --- loading -----------------------------------------------------------------------------------
 */

static int open_module(struct run *run)
{
	struct load_options options = {
		.size = sizeof(options),
		.file = run->file.path,
		.dialect = cli_dialect(run->cli->values[RUN_DIALECT]),
		.spec = run->file.spec,
	};
	struct error err = { 0 };
	int status = run_trust_image(run);

	if (status != 0)
		return status;
	options.pages = run->pages;
	options.page_count = run->page_count;
	status = module_open(run->file.bytes, run->file.len, &options, &run->load.module,
			     &run->file.object, &err);
	if (status == 0)
		return 0;
	cli_error(run->cli, NULL, "%s", err.text);
	return cli_exit_code(status);
}

static int open_object(struct attached *a, struct attached_file *file)
{
	struct cli *cli = a->cli;
	struct run *run = &file->run;
	int status = cli_read_file(cli, cli->rest[run->file_index], &run->file);

	if (status == 0 && file->attachments.count == 0) {
		cli_error(cli, "--attach HOOK stands before the file", "%s: no hook for it",
			  run->file.path);
		return CLI_USAGE;
	}
	run->file.spec = spec_get(a->extensions.spec);
	if (status == 0)
		status = cli_open_spec(cli, &run->file.spec);
	if (status == 0 && module_is(run->file.bytes, run->file.len)) {
		status = cli_open_kconfig(cli, &run->file);
		if (status == 0)
			status = open_module(run);
	} else if (status == 0) {
		status = cli_open_object(cli, &run->file, cli->values[RUN_DIALECT],
					 cli->values[RUN_BTF]);
	}
	if (status != 0)
		return status;
	run->load.object = run->file.object;
	if (run->load.object->dialect != DIALECT_UNKNOWN)
		return 0;
	cli_error(cli, NULL,
		  "%s: the dialect is not known (%s); say --dialect windows or "
		  "--dialect linux",
		  run->file.path, run->load.object->dialect_why);
	return CLI_USAGE;
}

static int open_world(struct attached *a, struct attached_file *file)
{
	const bool is_linux = file->run.load.object->dialect == DIALECT_LINUX;
	struct world *world = &a->worlds[is_linux];
	struct runtime_options options = { .size = sizeof(options),
					   .dialect = file->run.load.object->dialect,
					   .trace = trace_line,
					   .trace_arg = a,
					   .events = a->events[is_linux] };
	struct error err = { 0 };
	int r = 0;

	if (world->rt == NULL)
		r = runtime_new(&options, &world->rt, &err);
	if (r == 0 && world->net == NULL)
		r = net_start(world->rt, &world->net, &err);
	if (r == 0 && world->xdp == NULL)
		r = net_xdp_start(world->rt, &world->xdp, &err);
	if (r == 0)
		r = cli_start_extensions(&a->extensions, world->rt, &err);
	file->run.load.runtime = world->rt;
	return r == 0 ? 0 : failed(a, file, r, &err);
}

static int load_file(struct attached *a, struct attached_file *file)
{
	struct object *object = file->run.load.object;
	struct load_set_options options = {
		.size = sizeof(options),
		.mode = a->cli->values[RUN_MODE],
		.wanted = file->wanted,
		.verify = cli_given(a->cli, RUN_NO_VERIFY) ? NULL : &a->verify,
		.native = a->sdk != NULL ? &a->native : NULL,
		.module = file->run.load.module,
	};
	struct error err = { 0 };
	int r = run_set_constants(&file->run, object);

	if (r != 0)
		return r;
	r = load_set(object, file->run.load.runtime, &options, &file->set, &err);
	if (r < 0)
		return failed(a, file, r, &err);
	file->maps_of = (struct prog){ .name = object->file,
				       .section = "",
				       .dialect = object->dialect,
				       .maps = object->maps,
				       .map_count = object->map_count };
	file->run.load.prog = &file->maps_of;
	file->run.load.maps = file->set.maps;
	return run_prepare_maps(&file->run);
}

static int attach_file(struct attached *a, struct attached_file *file)
{
	for (size_t i = 0; i < file->attachments.count; i++) {
		struct attachment *attachment = &file->attachments.items[i];
		struct link_options options = {
			.size = sizeof(options),
			.prog = file->set.progs[attachment->prog],
			.attach_type = attachment->type->guid,
			.param = &attachment->param,
			.param_len = attachment->param != 0 ? sizeof(attachment->param) : 0,
		};
		struct error err = { 0 };
		int r = link_attach(file->run.load.runtime, &options, &attachment->link, &err);

		if (r < 0) {
			(void)error_prefix(&err, "--attach %s", attachment->hook);
			return failed(a, file, r, &err);
		}
	}
	return 0;
}

static int prepare_engine(struct attached *a)
{
	const char *mode = a->cli->values[RUN_MODE];
	int status;

	verify_options_default(&a->verify);
	status = cli_policy(a->cli, RUN_POLICY, RUN_RAW_SIZE, &a->verify.policy);
	if (status != 0 || mode == NULL || !str_eq(mode, "native") || engine_default() == NULL)
		return status;
	status = cli_find_sdk(a->cli, &a->sdk);
	if (status == 0)
		native_compiler_init(&a->native, a->sdk, NULL);
	return status;
}

static int prepare(struct attached *a)
{
	int status = 0;

	/* Their hooks need no command. */
	if (a->cli->values[RUN_SPEC] == NULL)
		status = cli_open_extensions(a->cli, &a->extensions);
	if (status == 0)
		status = check_usage(a);
	if (status == 0)
		status = run_trace_open(&a->trace, a->cli, a->file_count);
	for (u32 i = 0; status == 0 && i < DIALECTS; i++)
		status = run_trace_rings(&a->trace, &a->events[i]);
	if (status == 0)
		status = prepare_engine(a);
	for (int i = 0; status == 0 && i < a->file_count; i++) {
		struct attached_file *file = &a->files[i];

		status = open_object(a, file);
		if (status == 0)
			status = open_world(a, file);
		if (status == 0)
			status = choose_programs(a, file);
		if (status == 0)
			status = load_file(a, file);
		if (status == 0)
			status = attach_file(a, file);
	}
	return status;
}

/* --- running -----------------------------------------------------------------------------------
 */

#define CANNOT_RUN 126 /* as of shells */
#define NOT_FOUND  127

static int supervise(struct attached *a, const char *const *argv, int *ret_exit, struct error *err)
{
	struct net *nets[DIALECTS];
	struct supervise_options options = {
		.size = sizeof(options), .argv = argv, .nets = nets, .redirects = a->redirects
	};

	for (u32 i = 0; i < DIALECTS; i++)
		if (a->worlds[i].net != NULL)
			nets[options.net_count++] = a->worlds[i].net;
	return supervise_run(&options, ret_exit, err);
}

/* A line of --updates: for the first file that has such a map. What is wrong with it is said, and
 * changes nothing. */
static void update(void *arg, const char *text)
{
	struct attached *a = arg;
	int i = 0;

	while (i + 1 < a->file_count && !run_has_map(&a->files[i].run, text))
		i++;
	(void)!run_change_entry(&a->files[i].run, text);
	cli_flush(a->cli);
}

/* Threads of extensions, and of the hook of packets. */
static int start_events(struct attached *a, struct divert_wait *wait, bool has_command)
{
	struct extension_instance *running[EXTENSIONS_MAX];
	struct error err = { 0 };
	u32 count = 0;
	int r = 0;

	for (u32 i = 0; i < a->extensions.count; i++)
		if (a->extensions.instances[i] != NULL)
			running[count++] = a->extensions.instances[i];
	if (count > 0)
		r = extension_events_start(running, count, &a->extension_events, &err);
	if (r != 0) {
		cli_error(a->cli, NULL, "%s", err.text);
		return cli_exit_code(r);
	}
	/* When extensions alone have events, their end is the end of all. */
	if (count > 0 && !has_command && a->packets.interfaces.count == 0)
		wait->until = extension_events_over(a->extension_events);
	return run_packets_start(&a->packets);
}

static int stop_events(struct attached *a, bool show)
{
	struct error err = { 0 };
	int r = extension_events_stop(a->extension_events, &err);

	a->extension_events = NULL;
	run_packets_stop(&a->packets, show);
	if (r != 0)
		cli_error(a->cli, NULL, "%s", err.text);
	return r == 0 ? 0 : CLI_FAILED;
}

static int wait_for(struct attached *a, struct divert_wait *wait, const char *const *argv,
		    int *ret_exit, struct error *err)
{
	if (a->has_sockets)
		return supervise(a, argv, ret_exit, err);
	if (argv == NULL && a->packets.interfaces.count > 0 && !cli_json(a->cli)) {
		cli_printf(a->cli, "packets come; ^C ends it\n");
		cli_flush(a->cli);
	}
	return divert_wait(wait, argv, ret_exit, err);
}

/* Until the command has ended; without one, until a signal ends it, or there are no more events. */
static int run_command(struct attached *a, const char *const *argv)
{
	struct divert_wait wait = { .lines = -1, .until = -1 };
	struct error err = { 0 };
	int r, status, ended, exit_code = 0;

	r = a->has_sockets ? 0 : divert_wait_open(a->cli->values[RUN_UPDATES], &wait, &err);
	if (r == 0) {
		wait.line = update;
		wait.arg = a;
		status = start_events(a, &wait, argv != NULL);
		if (status == 0)
			r = wait_for(a, &wait, argv, &exit_code, &err);
		ended = stop_events(a, status == 0 && r == 0 &&
					       (argv == NULL || cli_given(a->cli, RUN_DUMP_MAPS)));
		if (!a->has_sockets)
			divert_wait_close(&wait);
		if (status != 0)
			return argv == NULL ? status : CANNOT_RUN;
		if (r == 0 && exit_code == 0)
			return ended;
	}
	if (r == 0)
		return exit_code;
	cli_error(a->cli, NULL, "%s", err.text);
	return argv == NULL ? cli_exit_code(r) : r == ERR_NOENT ? NOT_FOUND : CANNOT_RUN;
}

static int execute(struct attached *a)
{
	struct cli *cli = a->cli;
	const char **argv = mem_zalloc_array((size_t)cli->rest_count + 1, sizeof(*argv));
	struct status_server *server;
	int status;

	if (argv == NULL)
		return no_memory(a);
	for (int i = a->file_count; i < cli->rest_count; i++)
		argv[i - a->file_count] = cli->rest[i];
	for (u32 i = 0; i < DIALECTS; i++)
		if (a->worlds[i].xdp != NULL)
			a->packets.hooks[a->packets.hook_count++] = a->worlds[i].xdp;
	cli_flush(cli);
	a->start_ns = os_clock_monotonic();
	a->redirects = a->has_sockets ? redirects_new() : NULL;
	server = attach_serve(a);
	status = run_command(a, argv[0] == NULL ? NULL : argv);
	status_stop(server);
	redirects_free(a->redirects);
	mem_free(argv);
	return status;
}

static void show_maps(struct attached *a)
{
	struct json json;

	if (!cli_given(a->cli, RUN_DUMP_MAPS))
		return;
	for (int i = 0; i < a->file_count; i++) {
		if (!cli_json(a->cli)) {
			dump_text(a->cli, &a->files[i].run.load, false);
			continue;
		}
		json_init(&json, &a->cli->out, false);
		json_object_begin(&json, NULL);
		cli_json_file(&json, &a->files[i].run.file, a->files[i].run.load.object);
		dump_json(a->cli, &json, &a->files[i].run.load, false);
		json_object_end(&json);
		cli_printf(a->cli, "\n");
	}
}

static void detach(struct attached_file *file)
{
	for (size_t i = 0; i < file->attachments.count; i++)
		if (file->attachments.items[i].link != NULL)
			core_put_user(link_core(file->attachments.items[i].link));
}

static void fini(struct attached *a)
{
	for (int i = 0; i < a->file_count && a->files != NULL; i++) {
		detach(&a->files[i]);
		load_set_fini(&a->files[i].set);
	}
	cli_stop_extensions(&a->extensions);
	for (u32 i = 0; i < DIALECTS; i++) {
		net_xdp_stop(a->worlds[i].xdp);
		net_stop(a->worlds[i].net);
		runtime_free(a->worlds[i].rt);
	}
	for (int i = 0; i < a->file_count && a->files != NULL; i++) {
		mem_free(a->files[i].wanted);
		vec_free(&a->files[i].attachments);
		cli_file_fini(&a->files[i].run.file);
		module_free(a->files[i].run.load.module);
		mem_free(a->files[i].run.pages);
	}
	cli_close_extensions(&a->extensions);
	run_packets_fini(&a->packets);
	for (u32 i = 0; i < DIALECTS; i++)
		trace_free(a->events[i]);
	run_trace_fini(&a->trace);
	mem_free(a->files);
	mem_free(a->sdk);
}

int run_attached(struct cli *cli)
{
	struct attached a = { .cli = cli, .packets = { .cli = cli } };
	int status = prepare(&a);

	if (status == 0) {
		int written;

		status = execute(&a);
		show_maps(&a);
		attach_drain(&a, NULL);
		written = run_trace_end(&a.trace);
		status = status == 0 ? written : status;
	}
	fini(&a);
	return status;
}
