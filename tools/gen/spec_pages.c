/* SPDX-License-Identifier: MIT */
/* spec-pages PAGE: prints docs/PAGE.md, helpers or program-types, from the tables of spec/;
 * spec-pages PAGE --check FILE says whether FILE is still what it would print. */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "spec/text.h"

#define HEAD                                      \
	"<!-- SPDX-License-Identifier: MIT -->\n" \
	"<!-- Made by spec-pages from src/spec; change that and run it again. -->\n"

static void put_flags(struct strbuf *out, u32 flags, const char *(*next)(u32 *flags))
{
	const char *between = " ", *name;

	while ((name = next(&flags)) != NULL) {
		strbuf_printf(out, "%s%s", between, name);
		between = ", ";
	}
	strbuf_add(out, " |");
}

/* --- helpers --- */

static void put_helper(struct strbuf *out, const struct spec_helper *helper)
{
	strbuf_printf(out, helper->id < 0x10000 ? "| %u |" : "| 0x%x |", helper->id);
	if (helper->type != NULL)
		strbuf_printf(out, " %s |", helper->type->name);
	strbuf_printf(out, " %s | `%s` | %s |", helper->name, helper->prototype,
		      spec_ret_text(helper->ret));
	for (size_t i = 0; i < ARRAY_COUNT(helper->args) && helper->args[i] != ARG_NONE; i++)
		strbuf_printf(out, "%s%s", i > 0 ? ", " : " ", spec_arg_name(helper->args[i]));
	strbuf_add(out, " | ");
	spec_maps_text(out, helper);
	if (helper->type == NULL) {
		strbuf_add(out, " | ");
		spec_progs_text(out, NULL, helper);
	}
	strbuf_printf(out, " | %s |", helper->offered ? "yes" : spec_helper_missing(helper));
	put_flags(out, helper->flags, spec_helper_flag_next);
	strbuf_add_char(out, '\n');
}

static void put_helpers(struct strbuf *out, enum dialect dialect, bool of_types)
{
	const struct spec_helper *helper;

	strbuf_printf(
		out,
		"| id |%s name | prototype | returns | arguments | maps |%s offered | flags |\n"
		"|---|%s---|---|---|---|---|%s---|---|\n",
		of_types ? " type |" : "", of_types ? "" : " programs |", of_types ? "---|" : "",
		of_types ? "" : "---|");
	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++)
		if (helper->dialect == dialect && (helper->type != NULL) == of_types)
			put_helper(out, helper);
}

/* What those of put_helpers do, as far as somebody has said. */
static void put_abouts(struct strbuf *out, enum dialect dialect, bool of_types)
{
	const struct spec_helper *helper;

	strbuf_add(out, "\n| helper | what it does |\n|---|---|\n");
	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++)
		if (helper->dialect == dialect && (helper->type != NULL) == of_types &&
		    spec_helper_about(helper) != NULL)
			strbuf_printf(out, "| %s | %s |\n", helper->name,
				      spec_helper_about(helper));
}

static void put_kfuncs(struct strbuf *out)
{
	const struct spec_helper *kfunc;

	strbuf_add(out, "\n## Linux dialect: kernel functions\n\n"
			"Programs call these by name. One that is not in this list is refused. "
			"`oriel run` has "
			"functions for none\nof them: they are for verifying programs.\n\n"
			"| prototype | returns | arguments | programs | flags |\n"
			"|---|---|---|---|---|\n");
	for (size_t i = 0; (kfunc = spec_kfunc_at(i)) != NULL; i++) {
		strbuf_printf(out, "| `%s` | %s |", kfunc->prototype, spec_ret_text(kfunc->ret));
		for (size_t a = 0; a < ARRAY_COUNT(kfunc->args) && kfunc->args[a] != ARG_NONE; a++)
			strbuf_printf(out, "%s%s", a > 0 ? ", " : " ",
				      spec_arg_name(kfunc->args[a]));
		strbuf_add(out, " | ");
		spec_progs_text(out, NULL, kfunc);
		strbuf_add(out, " |");
		put_flags(out, kfunc->flags, spec_helper_flag_next);
		strbuf_add_char(out, '\n');
	}
}

static void put_argument_classes(struct strbuf *out)
{
	static const enum spec_arg args[] = {
#define SPEC_ARG(NAME, number, name, text) ARG_##NAME,
#include "spec/args.def"
#undef SPEC_ARG
	};

	strbuf_add(out, "| class | number | what the program passes |\n|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_COUNT(args); i++)
		if (args[i] != ARG_NONE)
			strbuf_printf(out, "| %s | %u | %s |\n", spec_arg_name(args[i]),
				      (u32)args[i], spec_arg_text(args[i]));
}

static void put_helpers_page(struct strbuf *out)
{
	strbuf_add(
		out, HEAD
		"# Helpers\n\n"
		"The functions that programs call by number. The dialects number them "
		"differently.\n"
		"`offered`: `oriel run` has a function for it, or why not: programs that call it "
		"are not loaded\nthen, or where a hook provides it, only attached. `programs`: the "
		"types of program that may call it.\n"
		"`oriel spec show NAME` prints one.\n\n"
		"Errors are numbers below 0: errno values in the Linux dialect, mostly "
		"`ebpf_result_t` in "
		"that of Windows.\n"
		"A program that was not verified and passes memory that is not its own, or no map, "
		"is "
		"ended; a verified\none does not.\n\n"
		"| flag | |\n|---|---|\n"
		"| moves_packet | pointers to the packet are void after the call |\n"
		"| acquires | what it returns, or makes of an argument, must be released |\n"
		"| releases | its argument that holds a reference loses it |\n"
		"| borrows | what it returns is void when its argument is released |\n"
		"| may_sleep | for programs that may sleep |\n"
		"| callback | calls functions of the program |\n"
		"| tail_call | does not return when it succeeds |\n\n"
		"## Argument classes\n\n"
		"The numbers up to 63 are the Windows dialect's and enter its "
		"program-information hash\n"
		"(`map_value_out` as `map_value`).\n\n");
	put_argument_classes(out);
	strbuf_add(out, "\n## Windows dialect: every program\n\n");
	put_helpers(out, DIALECT_WINDOWS, false);
	put_abouts(out, DIALECT_WINDOWS, false);
	strbuf_add(out, "\n## Windows dialect: programs of one type\n\n"
			"These come with whatever provides the type.\n\n");
	put_helpers(out, DIALECT_WINDOWS, true);
	put_abouts(out, DIALECT_WINDOWS, true);
	strbuf_add(out, "\n## Linux dialect\n\n");
	put_helpers(out, DIALECT_LINUX, false);
	put_abouts(out, DIALECT_LINUX, false);
	put_kfuncs(out);
}

/* --- program types --- */

static void put_sections_of(struct strbuf *out, const struct spec_prog_type *type)
{
	const struct spec_section *section;
	bool any = false;

	for (size_t i = 0; (section = spec_section_at(i)) != NULL; i++) {
		if (section->type != type)
			continue;
		if (!any)
			strbuf_add(out, "| section | attach type |\n|---|---|\n");
		any = true;
		strbuf_printf(out, "| `%s` | %s |\n", section->prefix,
			      section->attach != NULL ? section->attach->name : "");
	}
	strbuf_add(out, any ? "\n" : "No section name implies it.\n\n");
}

/* The first type with that context, which is described there. */
static const struct spec_prog_type *first_with(const struct spec_ctx *ctx)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++)
		if (type->ctx == ctx)
			return type;
	return NULL;
}

static void put_ctx(struct strbuf *out, const struct spec_prog_type *type)
{
	const struct spec_ctx *ctx = type->ctx;

	if (ctx == NULL) {
		strbuf_add(out, type->flags & PROG_TYPE_RAW
					? "Context: bytes; r1 points to them, r2 is their number.\n"
					: "Its context is not described.\n");
		return;
	}
	strbuf_printf(out, "Context: `%s`, %u bytes", ctx->name, ctx->size);
	if (first_with(ctx) != type) {
		strbuf_printf(out, ", as for %s.\n", first_with(ctx)->name);
		return;
	}
	strbuf_add(out, ".\n\n| offset | size | field | access | kind |\n|---|---|---|---|---|\n");
	for (u32 i = 0; i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];

		strbuf_printf(out, "| %u | %u | %s | %s | %s |\n", field->off, field->size,
			      field->name, field->writable ? "read, write" : "read",
			      field->kind == FIELD_POINTER
				      ? spec_ret_text(field->gives)
				      : spec_field_kind_name((enum spec_field_kind)field->kind));
	}
}

static void put_range(struct strbuf *out, const struct spec_range *range)
{
	if (range->least == range->most)
		strbuf_printf(out, "%d", range->least);
	else
		strbuf_printf(out, "%d to %d", range->least, range->most);
}

/* What some of its attach types change. */
static void put_attach_rules(struct strbuf *out, const struct spec_prog_type *type)
{
	const struct spec_section *section;
	const struct spec_attach_type *last = NULL;

	for (size_t i = 0; (section = spec_section_at(i)) != NULL; i++) {
		const struct spec_attach_type *attach = section->attach;

		if (section->type != type || attach == NULL || attach == last)
			continue;
		last = attach;
		if (attach->ctx == NULL && !attach->has_result)
			continue;
		strbuf_printf(out, "\nAttached as %s", attach->name);
		if (attach->has_result) {
			strbuf_add(out, ", they end with ");
			put_range(out, &attach->result);
		}
		for (u32 f = 0; attach->ctx != NULL && f < attach->ctx->field_count; f++)
			strbuf_printf(out, "%s%s%s", f == 0 ? "; fields: " : ", ",
				      attach->ctx->fields[f].name,
				      attach->ctx->fields[f].writable ? " (written, too)" : "");
		strbuf_add(out, ".\n");
	}
}

static void put_prog_type(struct strbuf *out, const struct spec_prog_type *type)
{
	u32 flags = type->flags;
	const char *name;

	strbuf_printf(out,
		      "\n### %s\n\n"
		      "Number %u, GUID ",
		      type->name, type->number);
	spec_guid_text(out, &type->guid);
	while ((name = spec_prog_flag_next(&flags)) != NULL)
		strbuf_printf(out, ", %s", name);
	strbuf_add(out, ".\n\n");
	put_sections_of(out, type);
	put_ctx(out, type);
	if (type->result.least != INT32_MIN || type->result.most != INT32_MAX) {
		strbuf_add(out, "\nPrograms end with ");
		put_range(out, &type->result);
		strbuf_add(out, ".\n");
	}
	put_attach_rules(out, type);
	if (type->verdict_count > 0)
		strbuf_add(out, "\nVerdicts:");
	for (u32 i = 0; i < type->verdict_count; i++)
		strbuf_printf(out, " %s %d%s", type->verdicts[i].name, (s32)type->verdicts[i].value,
			      i + 1 < type->verdict_count ? "," : ".\n");
}

static void put_prog_types(struct strbuf *out, enum dialect dialect)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++)
		if (type->dialect == dialect)
			put_prog_type(out, type);
}

static void put_attach_types(struct strbuf *out, enum dialect dialect)
{
	const struct spec_attach_type *attach;

	strbuf_add(out, "| attach type | number | GUID |\n|---|---|---|\n");
	for (size_t i = 0; (attach = spec_attach_type_at(i)) != NULL; i++) {
		if (attach->dialect != dialect)
			continue;
		strbuf_printf(out, "| %s | %u | ", attach->name, attach->number);
		spec_guid_text(out, &attach->guid);
		strbuf_add(out, " |\n");
	}
}

static void put_map_number(struct strbuf *out, u32 number)
{
	if (number != 0)
		strbuf_printf(out, " %u |", number);
	else
		strbuf_add(out, " |");
}

static void put_map_types(struct strbuf *out)
{
	const struct spec_map_type *type;

	strbuf_add(out, "| map type | windows | linux | flags |\n|---|---|---|---|\n");
	for (size_t i = 0; (type = spec_map_type_at(i)) != NULL; i++) {
		strbuf_printf(out, "| %s |", type->name);
		put_map_number(out, type->windows);
		put_map_number(out, type->linux_);
		put_flags(out, type->flags, spec_map_flag_next);
		strbuf_add_char(out, '\n');
	}
}

static void put_types_page(struct strbuf *out)
{
	strbuf_add(out,
		   HEAD "# Program types\n\n"
			"What a program is called with, what its verdict means and which section "
			"name says so, in\n"
			"both dialects, and the types of attachment and of maps. `oriel spec show "
			"NAME` prints one.\n"
			"A section's name equals what stands here or goes on behind a slash. "
			"privileged: the program\n"
			"may read kernel addresses; legacy_packet: it may use the packet-access "
			"instructions.\n\n"
			"## Both dialects\n");
	put_prog_types(out, DIALECT_UNKNOWN);
	strbuf_add(out, "\n## Windows dialect\n");
	put_prog_types(out, DIALECT_WINDOWS);
	strbuf_add(out, "\n## Linux dialect\n\nThe GUIDs are this project's own.\n");
	put_prog_types(out, DIALECT_LINUX);
	strbuf_add(out, "\n## Attach types of the Windows dialect\n\n");
	put_attach_types(out, DIALECT_WINDOWS);
	strbuf_add(out, "\n## Attach types of the Linux dialect\n\n");
	put_attach_types(out, DIALECT_LINUX);
	strbuf_add(out, "\n## Map types\n\n");
	put_map_types(out);
}

/* --- the program --- */

/* Names the first line that differs. */
static int check_page(const char *page, const char *name, const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned line = 1;
	int c = 0;

	if (file == NULL) {
		fprintf(stderr, "spec-pages: cannot read %s\n", path);
		return 2;
	}
	while ((c = fgetc(file)) != EOF && c == (unsigned char)*page) {
		line += c == '\n';
		page++;
	}
	fclose(file);
	if (c == EOF && *page == '\0')
		return 0;
	fprintf(stderr, "%s:%u: differs from the tables: spec-pages %s > %s\n", path, line, name,
		path);
	return 1;
}

int main(int argc, char **argv)
{
	struct strbuf page = STRBUF_INIT;
	int status = 0;

	if (argc >= 2 && strcmp(argv[1], "helpers") == 0)
		put_helpers_page(&page);
	else if (argc >= 2 && strcmp(argv[1], "program-types") == 0)
		put_types_page(&page);
	if (page.len == 0 || !(argc == 2 || (argc == 4 && strcmp(argv[2], "--check") == 0))) {
		fprintf(stderr, "usage: spec-pages helpers|program-types [--check FILE]\n");
		status = 64;
	} else if (strbuf_status(&page) != 0) {
		status = 2;
	} else if (argc == 4) {
		status = check_page(strbuf_str(&page), argv[1], argv[3]);
	} else if (fwrite(page.data, 1, page.len, stdout) != page.len || fflush(stdout) != 0) {
		status = 2;
	}
	strbuf_fini(&page);
	return status;
}
