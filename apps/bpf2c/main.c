/* SPDX-License-Identifier: MIT */
/* bpf2c: an eBPF object file as C for a native module, once it is proven safe. The options are
 * those of eBPF for Windows' program of this name, and some of ours. */
#include "cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "load/source.h"
#include "os/os.h"

#define FILE_LIMIT (256u << 20)

static const char usage[] =
	"usage: bpf2c --bpf FILE [--raw|--dll|--sys|--so [OUT]] [OPTION...]\n"
	"\n"
	"Verifies the programs of an eBPF object file and writes them as C for a native module, "
	"to\n"
	"OUT or to standard output. Compile it with gcc or clang and the folder of bpf2c.h.\n"
	"\n"
	"  --raw [OUT]        the programs and their tables alone (default)\n"
	"  --dll [OUT]        a Windows DLL, which exports get_metadata_table()\n"
	"  --sys [OUT]        a Windows driver\n"
	"  --so [OUT]         a Linux shared library, which exports get_metadata_table()\n"
	"  --bpf FILE         the object file; '-' is standard input\n"
	"  --program NAME     only this one, by function or section; default: all\n"
	"  --type NAME        the programs' type; default: what each section says\n"
	"  --dialect DIALECT  windows or linux; default: what the file says\n"
	"  --policy RULE      judge by this rule, too (may be repeated; see oriel-verify(1))\n"
	"  --hash ALG         SHA256 (default) or none: hashes of file and program information\n"
	"  --informational    say on standard error which programs were translated\n"
	"  --verbose          the same, with what the verifier took\n"
	"  --help             show this\n"
	"  --version          show the version\n"
	"\n"
	"Exit code: 0, 1 when a program is not safe, 2 for a file that cannot be read, 64 for "
	"usage.\n";

struct bpf2c {
	const char *input, *output, *program, *type, *hash;
	enum translate_form form;
	enum dialect dialect;
	bool has_form, informational, verbose;
	struct verify_options verify;
};

static void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void say(const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list args;

	va_start(args, fmt);
	strbuf_vprintf(&text, fmt, args);
	va_end(args);
	(void)os_write(OS_STDERR, strbuf_str(&text), text.len);
	strbuf_fini(&text);
}

static int bad_usage(const char *what, const char *which)
{
	say("bpf2c: %s '%s'\nhint: bpf2c --help lists the options\n", what, which);
	return CLI_USAGE;
}

static int set_form(struct bpf2c *b, enum translate_form form, const char *option)
{
	if (b->has_form)
		return bad_usage("a second form of output:", option);
	b->has_form = true;
	b->form = form;
	return CLI_OK;
}

/* One option with its argument; *ret_used: how many words it took. */
static int parse_one(struct bpf2c *b, const char *option, const char *next, int *ret_used)
{
	static const struct {
		const char *name;
		enum translate_form form;
	} forms[] = { { "--raw", TRANSLATE_RAW },
		      { "--dll", TRANSLATE_DLL },
		      { "--sys", TRANSLATE_SYS },
		      { "--so", TRANSLATE_SO } };

	*ret_used = 1;
	for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
		if (!str_eq(option, forms[i].name))
			continue;
		if (next != NULL && next[0] != '-') {
			b->output = next;
			*ret_used = 2;
		}
		return set_form(b, forms[i].form, option);
	}
	if (str_eq(option, "--informational")) {
		b->informational = true;
		return CLI_OK;
	}
	if (str_eq(option, "--verbose")) {
		b->informational = b->verbose = true;
		return CLI_OK;
	}
	if (next == NULL &&
	    (str_eq(option, "--bpf") || str_eq(option, "--type") || str_eq(option, "--program") ||
	     str_eq(option, "--dialect") || str_eq(option, "--policy") || str_eq(option, "--hash")))
		return bad_usage("an argument is missing after", option);
	*ret_used = 2;
	if (str_eq(option, "--bpf"))
		b->input = next;
	else if (str_eq(option, "--program"))
		b->program = next;
	else if (str_eq(option, "--type"))
		b->type = next;
	else if (str_eq(option, "--policy"))
		return verify_add_rule(&b->verify.policy, next)
			       ? CLI_OK
			       : bad_usage("no such policy:", next);
	else if (str_eq(option, "--dialect") && str_eq(next, "windows"))
		b->dialect = DIALECT_WINDOWS;
	else if (str_eq(option, "--dialect") && str_eq(next, "linux"))
		b->dialect = DIALECT_LINUX;
	else if (str_eq(option, "--dialect"))
		return bad_usage("no such dialect:", next);
	else if (str_eq(option, "--hash") && str_eq(next, "SHA256"))
		b->hash = next;
	else if (str_eq(option, "--hash") && str_eq(next, "none"))
		b->hash = NULL;
	else if (str_eq(option, "--hash"))
		return bad_usage("no such hash here (there are SHA256 and none):", next);
	else
		return bad_usage("no such option:", option);
	return CLI_OK;
}

/* The file's name up to its first dot. */
static void module_name(const char *path, struct strbuf *out)
{
	const char *name = path;

	for (const char *p = path; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			name = p + 1;
	if (str_eq(path, "-"))
		name = "bpf";
	while (*name != '\0' && *name != '.')
		strbuf_add_char(out, *name++);
}

static int refused(const struct bpf2c *b, const struct source *source)
{
	const struct report_style style = {
		.format = REPORT_GCC,
		.file = b->input,
		.section = source->refused->section,
		.bold = "",
		.plain = "",
	};
	struct strbuf text = STRBUF_INIT;
	struct reports reports;
	struct error err = { 0 };
	int status = reports_make(source->refused, &b->verify, &source->result, &reports, &err);

	say("bpf2c: verification failed for %s\n", source->refused->name);
	if (status == 0)
		reports_text(&reports, &style, &text);
	say("%s", status == 0 ? strbuf_str(&text) : err.text);
	reports_fini(&reports);
	strbuf_fini(&text);
	return CLI_FAILED;
}

static int write_output(const struct bpf2c *b, const struct source *source)
{
	struct error err = { 0 };

	if (b->output == NULL)
		return os_write(OS_STDOUT, source->text.data, source->text.len) == 0 ? CLI_OK
										     : CLI_FAILED;
	if (os_file_write(b->output, source->text.data, source->text.len, &err) == 0)
		return CLI_OK;
	say("bpf2c: %s\n", err.text);
	return CLI_INPUT;
}

static int translate(const struct bpf2c *b)
{
	struct strbuf name = STRBUF_INIT;
	struct source_options options = {
		.size = sizeof(options),
		.file = b->input,
		.program = b->program,
		.type = b->type,
		.dialect = b->dialect,
		.verify = &b->verify,
		.translate = { .size = sizeof(options.translate),
			       .file = b->output != NULL ? b->output : "bpf2c.c",
			       .form = b->form,
			       .hash_name = b->hash },
	};
	struct source source = { 0 };
	struct error err = { 0 };
	u8 *bytes;
	size_t len;
	int status = os_file_read(b->input, FILE_LIMIT, &bytes, &len, &err);
	int code;

	if (status != 0) {
		say("bpf2c: %s\n", err.text);
		return CLI_INPUT;
	}
	module_name(b->input, &name);
	options.translate.name = strbuf_str(&name);
	status = source_make(bytes, len, &options, &source, &err);
	if (status == 0)
		code = write_output(b, &source);
	else if (source.refused != NULL)
		code = refused(b, &source);
	else {
		say("bpf2c: %s\n", err.text);
		code = status == ERR_NOTSUP ? CLI_FAILED : CLI_INPUT;
	}
	if (code == CLI_OK && b->informational)
		say("bpf2c: %u program%s of %s translated (%s dialect)\n", source.prog_count,
		    source.prog_count == 1 ? "" : "s", b->input,
		    dialect_name(source.object->dialect));
	if (code == CLI_OK && b->verbose)
		say("bpf2c: %zu bytes of C; the last program was proven safe in %llu steps with "
		    "%zu "
		    "KiB\n",
		    source.text.len, source.result.steps, source.result.memory >> 10);
	source_fini(&source);
	strbuf_fini(&name);
	mem_free(bytes);
	return code;
}

int cli_main(int argc, char **argv)
{
	struct bpf2c b = { .hash = "SHA256" };
	int used;

	verify_options_default(&b.verify);
	for (int i = 1; i < argc; i += used) {
		int code;

		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h") ||
		    str_eq(argv[i], "--version")) {
			const char *text =
				str_eq(argv[i], "--version") ? "bpf2c " ORIEL_VERSION "\n" : usage;

			return os_write(OS_STDOUT, text, strlen(text)) == 0 ? CLI_OK : CLI_FAILED;
		}
		code = parse_one(&b, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used);
		if (code != CLI_OK)
			return code;
	}
	if (b.input == NULL)
		return bad_usage("the object file is missing:", "--bpf FILE");
	return translate(&b);
}
