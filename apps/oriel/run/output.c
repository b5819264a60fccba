/* SPDX-License-Identifier: MIT */
/* `oriel run`: what the program returned, for people and as JSON. */
#include "dump.h"
#include "run.h"

#include "base/mem.h"
#include "base/str.h"
#include "verify/reports.h"

/* In the place of the result: the program's name and its findings. */
static void json_refused(struct run *run, const struct reports *reports)
{
	const struct prog *prog = run->load.refused;
	struct json *json = &run->json;

	json_init(json, &run->cli->out, true);
	json_object_begin(json, NULL);
	cli_json_file(json, &run->file, run->load.object);
	json_str(json, "section", prog->section);
	json_str(json, "name", prog->name);
	json_str(json, "type", prog->type->name);
	json_str(json, "verdict", "fail");
	reports_json(reports, json);
	json_object_end(json);
	cli_printf(run->cli, "\n");
}

static int text_refused(struct run *run, const struct reports *reports)
{
	const struct report_style style = { .file = run->file.path,
					    .section = run->load.refused->section,
					    .bold = "",
					    .plain = "" };
	struct strbuf text = STRBUF_INIT;

	reports_text(reports, &style, &text);
	cli_report(run->cli, &text);
	strbuf_fini(&text);
	cli_error(run->cli, NULL, "%s: program '%s' is not safe, and does not run", run->file.path,
		  run->load.refused->name);
	return CLI_FAILED;
}

int run_refused(struct run *run)
{
	struct load *load = &run->load;
	struct reports reports;
	struct error err = { 0 };
	int status = reports_make(load->refused, load->verify, &load->result, &reports, &err);

	if (status != 0) {
		cli_error(run->cli, NULL, "%s: %s", run->file.path, err.text);
		status = CLI_INPUT;
	} else if (cli_json(run->cli)) {
		json_refused(run, &reports);
		status = CLI_FAILED;
	} else {
		status = text_refused(run, &reports);
	}
	reports_fini(&reports);
	return status;
}

static const char *verdict(const struct run *run, u64 result)
{
	return spec_verdict_name(run->load.prog->type, result);
}

/* "2 DROP" */
static void text_value(struct run *run, u64 result)
{
	struct cli *cli = run->cli;
	const char *name = verdict(run, result);

	cli_printf(cli, "%s", cli_style(cli, CLI_BOLD));
	if (name != NULL)
		cli_printf(cli, "%llu %s", result, name);
	else if (result > INT32_MAX)
		cli_printf(cli, "0x%llx", result);
	else
		cli_printf(cli, "%llu", result);
	cli_printf(cli, "%s", cli_style(cli, CLI_PLAIN));
}

void run_text_packet(struct run *run, const struct run_packet *packet)
{
	cli_printf(run->cli, "packet %zu, %u bytes: ", run->packets.count, packet->len);
	text_value(run, packet->result);
	cli_printf(run->cli, "\n");
	cli_flush_some(run->cli);
}

/* How many packets had which result, by first occurrence; what is beyond the table is only counted.
 */
static void text_packets(struct run *run)
{
	struct {
		u64 result, count;
	} sums[16];
	size_t used = 0, others = 0;

	for (size_t i = 0; i < run->packets.count; i++) {
		size_t at = 0;

		while (at < used && sums[at].result != run->packets.items[i].result)
			at++;
		if (at == ARRAY_COUNT(sums)) {
			others++;
			continue;
		}
		if (at == used) {
			sums[at].result = run->packets.items[i].result;
			sums[at].count = 0;
			used++;
		}
		sums[at].count++;
	}
	cli_printf(run->cli, "saw %zu packet%s", run->packets.count,
		   run->packets.count == 1 ? "" : "s");
	for (size_t i = 0; i < used; i++) {
		cli_printf(run->cli, "%s%llu times ", i == 0 ? ": " : ", ", sums[i].count);
		text_value(run, sums[i].result);
	}
	if (others > 0)
		cli_printf(run->cli, ", %zu times something else", others);
	cli_printf(run->cli, "\n");
}

void run_text_result(struct run *run)
{
	struct cli *cli = run->cli;
	const struct prog *prog = run->load.prog;
	u64 runs = run->args.repeat;

	cli_printf(cli, "%s%s%s (%s, %s dialect: %s) ", cli_style(cli, CLI_BOLD), prog->name,
		   cli_style(cli, CLI_PLAIN), prog->type->name, dialect_name(prog->dialect),
		   run->load.object->dialect_why);
	if (cli_given(cli, RUN_PCAP)) {
		text_packets(run);
		runs *= run->packets.count;
	} else {
		cli_printf(cli, "returned ");
		text_value(run, run->args.result);
		cli_printf(cli, "\n");
	}
	if (run->args.repeat > 1 && runs > 0)
		cli_printf(cli, "%llu runs, %llu ns each\n", runs, run->duration_ns / runs);
	if (cli_given(cli, RUN_DUMP_MAPS))
		dump_text(cli, &run->load, false);
}

void run_json_begin(struct run *run)
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

static void json_packets(struct run *run)
{
	struct json *json = &run->json;

	json_array_begin(json, "packets");
	for (size_t i = 0; i < run->packets.count; i++) {
		const struct run_packet *packet = &run->packets.items[i];

		json_object_begin(json, NULL);
		json_u64(json, "length", packet->len);
		json_u64(json, "result", packet->result);
		json_str(json, "verdict", verdict(run, packet->result));
		json_object_end(json);
		cli_flush_some(run->cli);
	}
	json_array_end(json);
}

void run_json_end(struct run *run, int status, const struct error *err)
{
	struct json *json = &run->json;
	bool capture = cli_given(run->cli, RUN_PCAP);

	json_array_end(json);
	if (capture)
		json_packets(run);
	if (status == 0 && !capture) {
		json_u64(json, "result", run->args.result);
		json_str(json, "verdict", verdict(run, run->args.result));
	}
	if (status == 0) {
		json_u64(json, "runs", run->args.repeat * (capture ? run->packets.count : 1));
		json_u64(json, "duration_ns", run->duration_ns);
	} else {
		json_fault(json, &run->args, err->text);
	}
	if (cli_given(run->cli, RUN_CTX) || cli_given(run->cli, RUN_SET))
		json_hex(json, "ctx", run->args.ctx, run->args.ctx_len);
	if (cli_given(run->cli, RUN_DATA) || cli_given(run->cli, RUN_PACKET))
		json_hex(json, "data", run->args.data, run->args.data_len);
	if (cli_given(run->cli, RUN_DUMP_MAPS))
		dump_json(run->cli, json, &run->load, false);
	json_object_end(json);
	cli_printf(run->cli, "\n");
}
