/* SPDX-License-Identifier: MIT */
/* `oriel spec ACTION [NAME]`: what programs may do, from the tables of spec/. */
#include "cli.h"

#include "base/str.h"
#include "spec/text.h"
#include "json.h"

enum { OPT_DIALECT, OPT_SPEC, OPT_EXTENSION };

static const struct cli_option spec_options[] = {
	[OPT_DIALECT] = { "dialect", "DIALECT", "Only what windows or linux has.", CLI_DIALECTS },
	[OPT_SPEC] = CLI_SPEC_OPTION,
	[OPT_EXTENSION] = CLI_EXTENSION_OPTION,
};

static const struct cli_example spec_examples[] = {
	{ "What programs for eBPF for Windows have:", "oriel spec list --dialect windows" },
	{ "A program type's context and verdicts:", "oriel spec show sock_addr" },
	{ "A helper's contract in both dialects:", "oriel spec show bpf_csum_diff" },
	{ "Everything, for a script:", "oriel spec export | jq -r '.helpers[].name'" },
};

struct spec_view {
	struct cli *cli;
	struct spec *spec;    /* NULL: the built-in rows alone */
	enum dialect dialect; /* DIALECT_UNKNOWN: both */
	const char *name;     /* NULL: all rows */
	u32 shown;
};

static bool shows(const struct spec_view *view, enum dialect dialect, const char *name)
{
	if (view->dialect != DIALECT_UNKNOWN && dialect != DIALECT_UNKNOWN &&
	    view->dialect != dialect)
		return false;
	return view->name == NULL || str_eq(view->name, name);
}

/* By its number, too. */
static bool shows_helper(const struct spec_view *view, const struct spec_helper *helper)
{
	u64 id;

	return shows(view, helper->dialect, helper->name) ||
	       (view->name != NULL && str_to_u64(view->name, &id) && id == helper->id &&
		shows(view, helper->dialect, view->name));
}

static bool shows_map(const struct spec_view *view, const struct spec_map_type *type)
{
	return ((type->windows != 0 && shows(view, DIALECT_WINDOWS, type->name)) ||
		(type->linux_ != 0 && shows(view, DIALECT_LINUX, type->name)));
}

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static void add_flags(struct strbuf *out, u32 flags, const char *(*next)(u32 *flags))
{
	const char *name;

	if (flags == 0)
		strbuf_add_char(out, '-');
	for (bool first = true; (name = next(&flags)) != NULL; first = false)
		strbuf_printf(out, "%s%s", first ? "" : ", ", name);
}

/* A map type's number; "-" where a dialect has none. */
static void add_number(struct strbuf *out, u32 number)
{
	if (number != 0)
		strbuf_printf(out, "%u", number);
	else
		strbuf_add_char(out, '-');
}

/* Ids from 0x10000 on are those of one program type. */
static void add_id(struct strbuf *out, u32 id)
{
	if (id < 0x10000)
		strbuf_printf(out, "%u", id);
	else
		strbuf_printf(out, "0x%x", id);
}

/* --- list --- */

static void print_table(struct spec_view *view, const char *title, struct strbuf *cells)
{
	cli_printf(view->cli, "%s%s%s%s\n", view->shown++ > 0 ? "\n" : "",
		   cli_style(view->cli, CLI_BOLD), title, cli_style(view->cli, CLI_PLAIN));
	cli_table(view->cli, "  ", cells);
	strbuf_fini(cells);
}

static void list_prog_types(struct spec_view *view)
{
	const struct spec_prog_type *type;
	struct strbuf cells = STRBUF_INIT;

	strbuf_add(&cells, "name\tdialect\tnumber\tcontext\tflags\n");
	for (size_t i = 0; (type = spec_nth_type(view->spec, i)) != NULL; i++) {
		if (!shows(view, type->dialect, type->name))
			continue;
		strbuf_printf(&cells, "%s\t%s\t%u\t%s\t", type->name,
			      spec_dialect_text(type->dialect), type->number,
			      type->ctx != NULL ? type->ctx->name : "-");
		add_flags(&cells, type->flags, spec_prog_flag_next);
		strbuf_add_char(&cells, '\n');
	}
	print_table(view, "Program types", &cells);
}

static void list_sections(struct spec_view *view)
{
	const struct spec_section *section;
	struct strbuf cells = STRBUF_INIT;

	strbuf_add(&cells, "section\tdialect\ttype\tattach type\n");
	for (size_t i = 0; (section = spec_nth_section(view->spec, i)) != NULL; i++)
		if (shows(view, section->dialect, section->prefix))
			strbuf_printf(&cells, "%s\t%s\t%s\t%s\n", section->prefix,
				      spec_dialect_text(section->dialect), section->type->name,
				      section->attach != NULL ? section->attach->name : "-");
	print_table(view, "Section names", &cells);
}

static void list_attach_types(struct spec_view *view)
{
	const struct spec_attach_type *attach;
	struct strbuf cells = STRBUF_INIT;

	strbuf_add(&cells, "name\tdialect\tnumber\n");
	for (size_t i = 0; (attach = spec_nth_attach(view->spec, i)) != NULL; i++)
		if (shows(view, attach->dialect, attach->name))
			strbuf_printf(&cells, "%s\t%s\t%u\n", attach->name,
				      spec_dialect_text(attach->dialect), attach->number);
	print_table(view, "Attach types", &cells);
}

static void list_map_types(struct spec_view *view)
{
	const struct spec_map_type *type;
	struct strbuf cells = STRBUF_INIT;

	strbuf_add(&cells, "name\twindows\tlinux\tflags\n");
	for (size_t i = 0; (type = spec_map_type_at(i)) != NULL; i++) {
		if (!shows_map(view, type))
			continue;
		strbuf_printf(&cells, "%s\t", type->name);
		add_number(&cells, type->windows);
		strbuf_add_char(&cells, '\t');
		add_number(&cells, type->linux_);
		strbuf_add_char(&cells, '\t');
		add_flags(&cells, type->flags, spec_map_flag_next);
		strbuf_add_char(&cells, '\n');
	}
	print_table(view, "Map types", &cells);
}

static void list_helpers(struct spec_view *view)
{
	const struct spec_helper *helper;
	struct strbuf cells = STRBUF_INIT;

	strbuf_add(&cells, "name\tdialect\tid\tof\toffered\n");
	for (size_t i = 0; (helper = spec_nth_helper(view->spec, i)) != NULL; i++) {
		if (!shows(view, helper->dialect, helper->name))
			continue;
		strbuf_printf(&cells, "%s\t%s\t", helper->name, spec_dialect_text(helper->dialect));
		add_id(&cells, helper->id);
		strbuf_printf(&cells, "\t%s\t%s\n",
			      helper->type != NULL ? helper->type->name : "all",
			      yes_no(helper->offered));
	}
	print_table(view, "Helpers", &cells);
}

static void list_kfuncs(struct spec_view *view)
{
	const struct spec_helper *kfunc;
	struct strbuf cells = STRBUF_INIT;

	if (view->dialect == DIALECT_WINDOWS)
		return;
	strbuf_add(&cells, "name\toffered\n");
	for (size_t i = 0; (kfunc = spec_kfunc_at(i)) != NULL; i++)
		strbuf_printf(&cells, "%s\t%s\n", kfunc->name, yes_no(kfunc->offered));
	print_table(view, "Kernel functions", &cells);
}

/* --- show --- */

static void show_title(struct spec_view *view, const char *kind, const char *name,
		       enum dialect dialect)
{
	cli_printf(view->cli, "%s%s%s %s%s (%s)\n", view->shown++ > 0 ? "\n" : "",
		   cli_style(view->cli, CLI_BOLD), kind, name, cli_style(view->cli, CLI_PLAIN),
		   spec_dialect_text(dialect));
}

static void add_guid_row(struct strbuf *cells, const struct guid *guid)
{
	strbuf_add(cells, "guid\t");
	spec_guid_text(cells, guid);
	strbuf_add_char(cells, '\n');
}

static void add_sections_of(const struct spec_view *view, struct strbuf *cells,
			    const struct spec_prog_type *type,
			    const struct spec_attach_type *attach)
{
	const struct spec_section *section;
	const char *between = "";

	strbuf_add(cells, "sections\t");
	for (size_t i = 0; (section = spec_nth_section(view->spec, i)) != NULL; i++) {
		if ((type != NULL && section->type != type) ||
		    (attach != NULL && section->attach != attach))
			continue;
		strbuf_printf(cells, "%s%s", between, section->prefix);
		between = ", ";
	}
	strbuf_printf(cells, "%s\n", *between == '\0' ? "-" : "");
}

static void add_range_row(struct strbuf *cells, const struct spec_range *range)
{
	if (range->least == INT32_MIN && range->most == INT32_MAX)
		strbuf_add(cells, "result\tany\n");
	else if (range->least == range->most)
		strbuf_printf(cells, "result\t%d\n", range->least);
	else
		strbuf_printf(cells, "result\t%d to %d\n", range->least, range->most);
}

static void show_ctx(struct spec_view *view, const struct spec_ctx *ctx)
{
	struct strbuf cells = STRBUF_INIT;

	if (ctx == NULL)
		return;
	cli_printf(view->cli, "  context %s, %u bytes\n", ctx->name, ctx->size);
	strbuf_add(&cells, "offset\tsize\tfield\taccess\tkind\n");
	for (u32 i = 0; i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];

		strbuf_printf(&cells, "%u\t%u\t%s\t%s\t%s\n", field->off, field->size, field->name,
			      field->writable ? "read, write" : "read",
			      field->kind == FIELD_POINTER
				      ? spec_ret_text(field->gives)
				      : spec_field_kind_name((enum spec_field_kind)field->kind));
	}
	cli_table(view->cli, "    ", &cells);
	strbuf_fini(&cells);
}

static void show_verdicts(struct spec_view *view, const struct spec_prog_type *type)
{
	struct strbuf cells = STRBUF_INIT;

	if (type->verdict_count == 0)
		return;
	for (u32 i = 0; i < type->verdict_count; i++)
		strbuf_printf(&cells, "%d\t%s\n", (s32)type->verdicts[i].value,
			      type->verdicts[i].name);
	cli_printf(view->cli, "  verdicts\n");
	cli_table(view->cli, "    ", &cells);
	strbuf_fini(&cells);
}

/* The type's own, and those of every program that are offered. */
static void show_helpers(struct spec_view *view, const struct spec_prog_type *type)
{
	struct strbuf cells = STRBUF_INIT;
	const struct spec_helper *helper;
	u32 shown = 0, others = 0;

	strbuf_add(&cells, "id\tname\tof\toffered\n");
	for (size_t i = 0; (helper = spec_nth_helper(view->spec, i)) != NULL; i++) {
		if (helper->dialect != type->dialect ||
		    spec_find_helper(view->spec, type->dialect, type, helper->id) != helper ||
		    !spec_helper_allowed(helper, type))
			continue;
		if (helper->type == NULL && !helper->offered) {
			others++;
			continue;
		}
		add_id(&cells, helper->id);
		strbuf_printf(&cells, "\t%s\t%s\t%s\n", helper->name,
			      helper->type != NULL ? helper->type->name : "all",
			      yes_no(helper->offered));
		shown++;
	}
	if (shown > 0) {
		cli_printf(view->cli, "  helpers\n");
		cli_table(view->cli, "    ", &cells);
	}
	if (others > 0)
		cli_printf(view->cli, "    and %u that are not offered\n", others);
	strbuf_fini(&cells);
}

static void show_prog_type(struct spec_view *view, const struct spec_prog_type *type)
{
	struct strbuf cells = STRBUF_INIT;

	show_title(view, "program type", type->name, type->dialect);
	strbuf_printf(&cells, "number\t%u\n", type->number);
	add_guid_row(&cells, &type->guid);
	add_sections_of(view, &cells, type, NULL);
	strbuf_add(&cells, "flags\t");
	add_flags(&cells, type->flags, spec_prog_flag_next);
	strbuf_add_char(&cells, '\n');
	add_range_row(&cells, &type->result);
	cli_table(view->cli, "  ", &cells);
	strbuf_fini(&cells);
	show_ctx(view, type->ctx);
	show_verdicts(view, type);
	show_helpers(view, type);
}

static void show_attach_type(struct spec_view *view, const struct spec_attach_type *attach)
{
	struct strbuf cells = STRBUF_INIT;

	show_title(view, "attach type", attach->name, attach->dialect);
	strbuf_printf(&cells, "number\t%u\n", attach->number);
	add_guid_row(&cells, &attach->guid);
	add_sections_of(view, &cells, NULL, attach);
	if (attach->has_result)
		add_range_row(&cells, &attach->result);
	cli_table(view->cli, "  ", &cells);
	strbuf_fini(&cells);
	show_ctx(view, attach->ctx);
}

static void show_map_type(struct spec_view *view, const struct spec_map_type *type)
{
	struct strbuf cells = STRBUF_INIT;

	show_title(view, "map type", type->name,
		   type->windows == 0  ? DIALECT_LINUX
		   : type->linux_ == 0 ? DIALECT_WINDOWS
				       : DIALECT_UNKNOWN);
	strbuf_add(&cells, "windows\t");
	add_number(&cells, type->windows);
	strbuf_add(&cells, "\nlinux\t");
	add_number(&cells, type->linux_);
	strbuf_add(&cells, "\nflags\t");
	add_flags(&cells, type->flags, spec_map_flag_next);
	strbuf_add_char(&cells, '\n');
	cli_table(view->cli, "  ", &cells);
	strbuf_fini(&cells);
}

#define TEXT_WIDTH 76

/* What it does, in lines. */
static void show_about(struct spec_view *view, const struct spec_helper *helper)
{
	const char *text = spec_helper_about(helper);

	while (text != NULL && *text != '\0') {
		size_t len = strlen(text), line = len;

		if (len > TEXT_WIDTH)
			for (line = TEXT_WIDTH; line > 0 && text[line] != ' ';)
				line--;
		if (line == 0)
			line = len;
		cli_printf(view->cli, "  %.*s\n", (int)line, text);
		text += line + (text[line] == ' ');
	}
}

static void show_helper(struct spec_view *view, const struct spec_helper *helper)
{
	struct strbuf cells = STRBUF_INIT;

	show_title(view, helper->id != 0 ? "helper" : "kernel function", helper->name,
		   helper->dialect);
	if (helper->id != 0) {
		strbuf_add(&cells, "id\t");
		add_id(&cells, helper->id);
		strbuf_add_char(&cells, '\n');
	}
	strbuf_printf(&cells, "prototype\t%s\nprograms\t", helper->prototype);
	spec_progs_text(&cells, view->spec, helper);
	strbuf_add(&cells, "\nmaps\t");
	spec_maps_text(&cells, helper);
	strbuf_printf(&cells, "\noffered\t%s", yes_no(helper->offered));
	if (!helper->offered)
		strbuf_printf(&cells, ": %s", spec_helper_missing(helper));
	strbuf_add_char(&cells, '\n');
	strbuf_printf(&cells, "returns\t%s\n", spec_ret_text(helper->ret));
	for (size_t i = 0; i < ARRAY_COUNT(helper->args) && helper->args[i] != ARG_NONE; i++)
		strbuf_printf(&cells, "r%u\t%s\n", (u32)i + 1, spec_arg_text(helper->args[i]));
	strbuf_add(&cells, "flags\t");
	add_flags(&cells, helper->flags, spec_helper_flag_next);
	strbuf_add_char(&cells, '\n');
	cli_table(view->cli, "  ", &cells);
	strbuf_fini(&cells);
	show_about(view, helper);
}

static void show_all(struct spec_view *view)
{
	const struct spec_prog_type *type;
	const struct spec_attach_type *attach;
	const struct spec_map_type *map;
	const struct spec_function *function;
	const struct spec_helper *helper;

	for (size_t i = 0; (type = spec_nth_type(view->spec, i)) != NULL; i++)
		if (shows(view, type->dialect, type->name))
			show_prog_type(view, type);
	for (size_t i = 0; (attach = spec_nth_attach(view->spec, i)) != NULL; i++)
		if (shows(view, attach->dialect, attach->name))
			show_attach_type(view, attach);
	for (size_t i = 0; (map = spec_map_type_at(i)) != NULL; i++)
		if (shows_map(view, map))
			show_map_type(view, map);
	for (size_t i = 0; (helper = spec_nth_helper(view->spec, i)) != NULL; i++)
		if (shows_helper(view, helper))
			show_helper(view, helper);
	for (size_t i = 0; (helper = spec_kfunc_at(i)) != NULL; i++)
		if (shows(view, helper->dialect, helper->name))
			show_helper(view, helper);
	for (size_t i = 0; (function = spec_nth_function(view->spec, i)) != NULL; i++)
		if (shows(view, function->contract.dialect, function->contract.name))
			show_helper(view, &function->contract);
}

/* --- JSON: all rows, or those of one name --- */

#define JSON_ROWS(KEY, ROW, NTH, SHOWN, PUT)                     \
	do {                                                     \
		json_array_begin(json, KEY);                     \
		for (size_t i = 0; ((ROW) = NTH) != NULL; i++) { \
			if (!(SHOWN))                            \
				continue;                        \
			PUT;                                     \
			view->shown++;                           \
		}                                                \
		json_array_end(json);                            \
	} while (0)

static void put_rows(struct json *json, struct spec_view *view)
{
	const struct spec_prog_type *type;
	const struct spec_attach_type *attach;
	const struct spec_section *section;
	const struct spec_map_type *map;
	const struct spec_function *function;
	const struct spec_helper *helper;

	JSON_ROWS("prog_types", type, spec_nth_type(view->spec, i),
		  shows(view, type->dialect, type->name), json_spec_prog_type(json, type));
	JSON_ROWS("attach_types", attach, spec_nth_attach(view->spec, i),
		  shows(view, attach->dialect, attach->name), json_spec_attach_type(json, attach));
	/* By the types that it names, when one was asked for. */
	JSON_ROWS("sections", section, spec_nth_section(view->spec, i),
		  shows(view, section->dialect, section->type->name) ||
			  (section->attach != NULL &&
			   shows(view, section->dialect, section->attach->name)),
		  json_spec_section(json, section));
	JSON_ROWS("map_types", map, spec_map_type_at(i), shows_map(view, map),
		  json_spec_map_type(json, map));
	JSON_ROWS("helpers", helper, spec_nth_helper(view->spec, i), shows_helper(view, helper),
		  json_spec_helper(json, view->spec, helper));
	JSON_ROWS("kfuncs", helper, spec_kfunc_at(i), shows(view, helper->dialect, helper->name),
		  json_spec_kfunc(json, helper));
	JSON_ROWS("functions", function, spec_nth_function(view->spec, i),
		  shows(view, function->contract.dialect, function->contract.name),
		  json_spec_function(json, function));
}

static void print_json(struct spec_view *view)
{
	struct json json;

	json_init(&json, &view->cli->out, true);
	json_object_begin(&json, NULL);
	json_u64(&json, "version", 1);
	put_rows(&json, view);
	json_object_end(&json);
	cli_printf(view->cli, "\n");
}

/* --- the command --- */

static int run_show(struct spec_view *view)
{
	struct cli *cli = view->cli;

	view->name = cli->operand2;
	if (view->name == NULL) {
		cli_error(cli, "'oriel spec list' has the names", "spec show: NAME is missing");
		return CLI_USAGE;
	}
	if (cli_json(cli))
		print_json(view);
	else
		show_all(view);
	if (view->shown > 0)
		return CLI_OK;
	strbuf_reset(&cli->out);
	cli_error(cli, "'oriel spec list' has the names", "spec show: nothing is called '%s'%s%s",
		  view->name, view->dialect != DIALECT_UNKNOWN ? " in " : "",
		  view->dialect != DIALECT_UNKNOWN ? dialect_name(view->dialect) : "");
	return CLI_USAGE;
}

static void list(struct spec_view *view)
{
	list_prog_types(view);
	list_sections(view);
	list_attach_types(view);
	list_map_types(view);
	list_helpers(view);
	list_kfuncs(view);
}

static int run_view(struct spec_view *view)
{
	struct cli *cli = view->cli;
	bool is_list = str_eq(cli->operand, "list");

	if (str_eq(cli->operand, "show"))
		return run_show(view);
	if (!is_list && !str_eq(cli->operand, "export")) {
		cli_error(cli, "one of: list show export", "spec: '%s' is no action", cli->operand);
		return CLI_USAGE;
	}
	if (cli->operand2 != NULL) {
		cli_error(cli, "'oriel spec show NAME' shows one", "spec %s takes no NAME",
			  cli->operand);
		return CLI_USAGE;
	}
	if (!is_list || cli_json(cli))
		print_json(view);
	else
		list(view);
	return CLI_OK;
}

static int run_spec(struct cli *cli)
{
	struct spec_view view = { .cli = cli, .dialect = cli_dialect(cli->values[OPT_DIALECT]) };
	int status = cli_open_spec(cli, &view.spec);

	if (status == 0)
		status = run_view(&view);
	spec_put(view.spec);
	return status;
}

const struct command cmd_spec = {
	.name = "spec",
	.operands = "ACTION [NAME]",
	.words = "list show export",
	.summary = "Show what programs may do: types, contexts, helpers.",
	.about = "ACTION list names the program types, section names, attach types, map types\n"
		 "and helpers of both dialects; show NAME describes what has that name, or the\n"
		 "helpers of that number; export prints everything as one JSON object, which\n"
		 "--spec reads.",
	.options = spec_options,
	.option_count = ARRAY_COUNT(spec_options),
	.repeatable = 1u << OPT_EXTENSION,
	.examples = spec_examples,
	.example_count = ARRAY_COUNT(spec_examples),
	.two_operands = true,
	.run = run_spec,
};
_Static_assert(ARRAY_COUNT(spec_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
