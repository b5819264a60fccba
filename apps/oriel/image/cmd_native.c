/* SPDX-License-Identifier: MIT */
/* `oriel native FILE -o OUT`: an object's programs as one image of machine code. */
#include "cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "load/build.h"
#include "load/source.h"
#include "os/os.h"
#include "sign/user.h"

#define KEY_LIMIT (1u << 20)

enum {
	NATIVE_OUTPUT,
	NATIVE_FORMAT,
	NATIVE_ARCH,
	NATIVE_PROGRAM,
	NATIVE_TYPE,
	NATIVE_DIALECT,
	NATIVE_POLICY,
	NATIVE_RAW_SIZE,
	NATIVE_BTF,
	NATIVE_KCONFIG,
	NATIVE_SPEC,
	NATIVE_EXTENSION,
	NATIVE_INCLUDE,
	NATIVE_DEBUG,
	NATIVE_DWARF,
	NATIVE_KEEP,
	NATIVE_KEY,
	NATIVE_CERT,
	NATIVE_UNSIGNED,
};

static const struct cli_option native_options[] = {
	[NATIVE_OUTPUT] = { "output", "FILE",
			    "The image, also -o FILE. Default: the file's name with the format's "
			    "ending, here.",
			    NULL },
	[NATIVE_FORMAT] = { "format", "FORMAT",
			    "A Windows driver (sys), a Windows DLL (dll) or a Linux library (so). "
			    "Default: as the image's name ends, or sys.",
			    "sys dll so" },
	[NATIVE_ARCH] = { "arch", "ARCH", "The processor. Default: this machine's.",
			  "x86-64 arm64" },
	[NATIVE_PROGRAM] = { "program", "NAME",
			     "Only this program: a function's name or a section's.", NULL },
	[NATIVE_TYPE] = { "type", "TYPE", "Their program type. Default: what the section says.",
			  CLI_TYPES },
	[NATIVE_DIALECT] = CLI_DIALECT_OPTION,
	[NATIVE_POLICY] = CLI_POLICY_OPTION,
	[NATIVE_RAW_SIZE] = CLI_RAW_SIZE_OPTION,
	[NATIVE_BTF] = CLI_BTF_OPTION,
	[NATIVE_KCONFIG] = CLI_KCONFIG_OPTION,
	[NATIVE_SPEC] = CLI_SPEC_OPTION,
	[NATIVE_EXTENSION] = CLI_EXTENSION_OPTION,
	[NATIVE_INCLUDE] = { "include", "DIR", "The folder of bpf2c.h. Default: the SDK's.", NULL },
	[NATIVE_DEBUG] = { "debug", NULL, "Code to step through: nothing is optimised away.",
			   NULL },
	[NATIVE_DWARF] = { "dwarf", NULL,
			   "A twin of a Windows image with DWARF beside it, for gdb: "
			   "FILE.debug.",
			   NULL },
	[NATIVE_KEEP] = { "keep", NULL, "Leave the C beside the image.", NULL },
	[NATIVE_KEY] = { "key", "FILE", "Sign a Windows image with this private key (PEM).", NULL },
	[NATIVE_CERT] = { "cert", "FILE", "The key's certificate, and those above it (PEM or DER).",
			  NULL },
	[NATIVE_UNSIGNED] = { "unsigned", NULL, "Make a Windows image without a signature.", NULL },
};

static const struct cli_example native_examples[] = {
	{ "A driver and its PDB, signed with a key of one's own:",
	  "oriel key new && oriel native hello_world.o" },
	{ "Signed with a key from elsewhere:",
	  "oriel native --key leaf.key --cert leaf.pem hello_world.o" },
	{ "A library for gdb and perf:", "oriel native hello_world.o -o hello_world.so" },
};

struct native {
	struct cli *cli;
	struct cli_file file;
	enum translate_form form;
	enum build_arch arch;
	struct strbuf output, module, c_name;
	struct verify_options verify;
	struct source source;
	struct build build;
	bool is_signed;
};

/* --- names -------------------------------------------------------------------------------------
 */

static const char *const format_names[] = {
	[TRANSLATE_SYS] = "sys",
	[TRANSLATE_DLL] = "dll",
	[TRANSLATE_SO] = "so",
};

static const char *base_name(const char *path)
{
	const char *name = path;

	for (; *path != '\0'; path++)
		if (*path == '/' || *path == '\\')
			name = path + 1;
	return name;
}

static void choose_format(struct native *n)
{
	const char *format = n->cli->values[NATIVE_FORMAT];
	const char *name = n->cli->values[NATIVE_OUTPUT];

	n->form = TRANSLATE_SYS;
	for (u32 i = 0; i < ARRAY_COUNT(format_names); i++) {
		size_t len = name != NULL ? strlen(name) : 0;
		const char *ending = format_names[i];
		size_t ending_len = ending != NULL ? strlen(ending) : 0;

		if (ending == NULL)
			continue;
		if (format != NULL ? str_eq(format, ending)
				   : len > ending_len && name[len - ending_len - 1] == '.' &&
					     str_eq(name + len - ending_len, ending))
			n->form = (enum translate_form)i;
	}
}

static int choose_names(struct native *n)
{
	const char *arch = n->cli->values[NATIVE_ARCH];
	const char *stem = str_eq(n->cli->operand, "-") ? "bpf" : base_name(n->cli->operand);

	choose_format(n);
	n->arch = build_host();
	if (arch != NULL)
		n->arch = str_eq(arch, "arm64") ? BUILD_ARM64 : BUILD_X86_64;
	/* As the original names modules: up to the first dot. */
	for (const char *p = stem; *p != '\0' && *p != '.'; p++)
		strbuf_add_char(&n->module, str_is_alnum(*p) ? *p : '_');
	if (n->module.len == 0)
		strbuf_add(&n->module, "bpf");
	strbuf_printf(&n->c_name, "%s.native.c", strbuf_str(&n->module));
	if (n->cli->values[NATIVE_OUTPUT] != NULL)
		strbuf_add(&n->output, n->cli->values[NATIVE_OUTPUT]);
	else
		strbuf_printf(&n->output, "%s.%s", strbuf_str(&n->module), format_names[n->form]);
	if (strbuf_status(&n->module) != 0 || strbuf_status(&n->c_name) != 0 ||
	    strbuf_status(&n->output) != 0) {
		cli_error(n->cli, NULL, "native: out of memory");
		return CLI_FAILED;
	}
	if (base_name(strbuf_str(&n->output))[0] == '\0') {
		cli_error(n->cli, NULL, "native: '%s' names a folder", strbuf_str(&n->output));
		return CLI_USAGE;
	}
	return 0;
}

/* What stands beside the image, with another ending. */
static void beside(const struct native *n, const char *ending, struct strbuf *ret_path)
{
	const char *path = strbuf_str(&n->output), *name = base_name(path);
	const char *dot = NULL;

	for (const char *p = name + 1; name[0] != '\0' && *p != '\0'; p++)
		if (*p == '.')
			dot = p;
	*ret_path = (struct strbuf)STRBUF_INIT;
	strbuf_add_len(ret_path, path, dot != NULL ? (size_t)(dot - path) : strlen(path));
	strbuf_add(ret_path, ending);
}

/* --- steps -------------------------------------------------------------------------------------
 */

static int refused(const struct native *n)
{
	const struct prog *prog = n->source.refused;
	const struct report_style style = {
		.file = n->file.path, .section = prog->section, .bold = "", .plain = ""
	};
	struct strbuf text = STRBUF_INIT;
	struct reports reports;
	struct error err = { 0 };
	int status = reports_make(prog, &n->verify, &n->source.result, &reports, &err);

	if (status == 0)
		reports_text(&reports, &style, &text);
	if (status == 0 && strbuf_status(&text) == 0)
		cli_report(n->cli, &text);
	cli_error(n->cli, NULL, "%s: program '%s' is not safe%s%s", n->file.path, prog->name,
		  status != 0 ? ": " : "", status != 0 ? err.text : "");
	reports_fini(&reports);
	strbuf_fini(&text);
	return CLI_FAILED;
}

static int translate(struct native *n)
{
	struct cli *cli = n->cli;
	struct source_options options = {
		.size = sizeof(options),
		.file = n->file.path,
		.program = cli->values[NATIVE_PROGRAM],
		.type = cli->values[NATIVE_TYPE],
		.dialect = cli_dialect(cli->values[NATIVE_DIALECT]),
		.target_btf = cli_btf(&n->file),
		.kconfig = &n->file.kconfig,
		.spec = n->file.spec,
		.verify = &n->verify,
		.translate = { .size = sizeof(options.translate),
			       .name = strbuf_str(&n->module),
			       .file = strbuf_str(&n->c_name),
			       .form = n->form,
			       .hash_name = "SHA256" },
	};
	struct error err = { 0 };
	int status = source_make(n->file.bytes, n->file.len, &options, &n->source, &err);

	if (status == 0)
		return 0;
	if (n->source.refused != NULL)
		return refused(n);
	cli_error(cli, n->source.object == NULL ? cli_file_hint(&n->file) : NULL, "%s", err.text);
	return cli_exit_code(status);
}

static int compile(struct native *n)
{
	struct cli *cli = n->cli;
	char *sdk = NULL, *compiler = os_env("ORIEL_CLANG"), *linker = os_env("ORIEL_LLD");
	struct build_options options = {
		.size = sizeof(options),
		.name = base_name(strbuf_str(&n->output)),
		.module = strbuf_str(&n->module),
		.form = n->form,
		.arch = n->arch,
		.include = cli->values[NATIVE_INCLUDE],
		.compiler = compiler,
		.linker = linker,
		.for_debugger = cli_given(cli, NATIVE_DEBUG),
		.twin = cli_given(cli, NATIVE_DWARF) && n->form != TRANSLATE_SO,
	};
	struct error err = { 0 };
	int status = options.include == NULL ? cli_find_sdk(cli, &sdk) : 0;

	if (status == 0) {
		if (options.include == NULL)
			options.include = sdk;
		status = build_image(&n->source.text, &options, &n->build, &err);
		if (status != 0)
			cli_error(cli,
				  status == ERR_NOENT
					  ? "Debian: apt install clang lld; elsewhere: "
					    "https://releases.llvm.org; or set ORIEL_CLANG and "
					    "ORIEL_LLD to their paths"
					  : NULL,
				  "native: %s", err.text);
		status = cli_exit_code(status);
		/* It is no file of the user's that could not be read. */
		if (status == CLI_INPUT)
			status = CLI_FAILED;
	}
	mem_free(sdk);
	mem_free(compiler);
	mem_free(linker);
	return status;
}

/* One of the user's own. */
static int find_key(struct native *n, struct sign_key **ret_key)
{
	struct error err = { 0 };
	int status = sign_user_key(n->cli->values[NATIVE_KEY], ret_key, &err);

	if (status == 0)
		return 0;
	cli_error(n->cli,
		  status == ERR_NOENT
			  ? "'oriel key new' makes one; --key and --cert name files; --unsigned "
			    "makes an image without a signature"
			  : NULL,
		  "native: %s", err.text);
	return status == ERR_NOTSUP || status == ERR_NOMEM ? CLI_FAILED : CLI_INPUT;
}

static int read_key(struct native *n, struct sign_key **ret_key)
{
	const char *key_path = n->cli->values[NATIVE_KEY];
	const char *cert_path = n->cli->values[NATIVE_CERT];
	u8 *key = NULL, *certs = NULL;
	size_t key_len = 0, certs_len = 0;
	struct error err = { 0 };
	int status = os_file_read(key_path, KEY_LIMIT, &key, &key_len, &err);

	if (status == 0)
		status = os_file_read(cert_path, KEY_LIMIT, &certs, &certs_len, &err);
	if (status == 0)
		status = sign_key_read(key_path, key, key_len, certs, certs_len, ret_key, &err);
	if (status != 0)
		cli_error(n->cli, NULL, "%s", err.text);
	mem_free(key);
	mem_free(certs);
	return status == 0 ? 0 : cli_exit_code(status);
}

static int sign(struct native *n)
{
	const struct sign_options options = {
		.size = sizeof(options),
		.name = strbuf_str(&n->module),
	};
	struct sign_key *key = NULL;
	struct error err = { 0 };
	u8 *image = NULL;
	size_t len = 0;
	int status;

	if (n->form == TRANSLATE_SO || cli_given(n->cli, NATIVE_UNSIGNED))
		return 0;
	status = cli_given(n->cli, NATIVE_CERT) ? read_key(n, &key) : find_key(n, &key);
	if (status != 0)
		return status;
	status = sign_image(n->build.image, n->build.len, key, &options, &image, &len, &err);
	sign_key_free(key);
	if (status != 0) {
		cli_error(n->cli, NULL, "%s", err.text);
		return CLI_FAILED;
	}
	mem_free(n->build.image);
	n->build.image = image;
	n->build.len = len;
	n->is_signed = true;
	return 0;
}

static int write_one(const struct native *n, const char *path, const void *bytes, size_t len)
{
	struct error err = { 0 };

	if (os_file_write(path, bytes, len, &err) == 0)
		return 0;
	cli_error(n->cli, NULL, "%s", err.text);
	return CLI_INPUT;
}

static int write_beside(const struct native *n, const char *ending, const void *bytes, size_t len)
{
	struct strbuf path;
	int status;

	beside(n, ending, &path);
	status = write_one(n, strbuf_str(&path), bytes, len);
	strbuf_fini(&path);
	return status;
}

static int write_all(const struct native *n)
{
	int status = write_one(n, strbuf_str(&n->output), n->build.image, n->build.len);

	if (status == 0 && n->build.pdb != NULL)
		status = write_beside(n, ".pdb", n->build.pdb, n->build.pdb_len);
	if (status == 0 && cli_given(n->cli, NATIVE_KEEP))
		status = write_beside(n, ".native.c", n->source.text.data, n->source.text.len);
	if (status == 0 && n->build.twin != NULL) {
		struct strbuf path = STRBUF_INIT;

		strbuf_printf(&path, "%s.debug", strbuf_str(&n->output));
		status = write_one(n, strbuf_str(&path), n->build.twin, n->build.twin_len);
		strbuf_fini(&path);
	}
	return status;
}

static void print_result(struct native *n)
{
	static const char *const arch_names[] = { "x86-64", "arm64" };
	struct cli *cli = n->cli;
	const struct object *object = n->source.object;
	struct json json;

	if (!cli_json(cli)) {
		cli_printf(cli, "%s: %u program%s, %zu bytes, for %s (%s dialect)%s\n",
			   strbuf_str(&n->output), n->source.prog_count,
			   n->source.prog_count == 1 ? "" : "s", n->build.len, arch_names[n->arch],
			   dialect_name(object->dialect),
			   n->form == TRANSLATE_SO ? ""
			   : n->is_signed	   ? ", signed"
						   : ", not signed");
		return;
	}
	json_init(&json, &cli->out, true);
	json_object_begin(&json, NULL);
	cli_json_file(&json, &n->file, object);
	json_str(&json, "output", strbuf_str(&n->output));
	json_str(&json, "format", format_names[n->form]);
	json_str(&json, "arch", arch_names[n->arch]);
	json_u64(&json, "programs", n->source.prog_count);
	json_u64(&json, "bytes", n->build.len);
	json_bool(&json, "signed", n->is_signed);
	json_object_end(&json);
	cli_printf(cli, "\n");
}

static int check_options(struct native *n)
{
	struct cli *cli = n->cli;
	int status = choose_names(n);

	if (status != 0)
		return status;
	if (cli_given(cli, NATIVE_CERT) && !cli_given(cli, NATIVE_KEY)) {
		cli_error(cli, NULL, "native: --cert says whose key it is, and --key is missing");
		return CLI_USAGE;
	}
	if (cli_given(cli, NATIVE_KEY) && cli_given(cli, NATIVE_UNSIGNED)) {
		cli_error(cli, NULL, "native: --key and --unsigned exclude each other");
		return CLI_USAGE;
	}
	if (cli_given(cli, NATIVE_KEY) && n->form == TRANSLATE_SO) {
		cli_error(cli, NULL, "native: Linux libraries carry no signature");
		return CLI_USAGE;
	}
	return status;
}

static int make(struct native *n)
{
	struct cli *cli = n->cli;
	int status = cli_read_file(cli, cli->operand, &n->file);

	if (status == 0)
		status = cli_open_btf(cli, &n->file, cli->values[NATIVE_BTF]);
	if (status == 0)
		status = cli_open_kconfig(cli, &n->file);
	if (status == 0)
		status = cli_open_spec(cli, &n->file.spec);
	verify_options_default(&n->verify);
	if (status == 0)
		status = cli_policy(cli, NATIVE_POLICY, NATIVE_RAW_SIZE, &n->verify.policy);
	if (status == 0)
		status = translate(n);
	if (status == 0)
		status = compile(n);
	if (status == 0)
		status = sign(n);
	if (status == 0)
		status = write_all(n);
	if (status == 0)
		print_result(n);
	return status;
}

static int run_native(struct cli *cli)
{
	struct native n = { .cli = cli };
	int status = check_options(&n);

	if (status == 0)
		status = make(&n);
	build_fini(&n.build);
	source_fini(&n.source);
	cli_file_fini(&n.file);
	strbuf_fini(&n.output);
	strbuf_fini(&n.module);
	strbuf_fini(&n.c_name);
	return status;
}

const struct command cmd_native = {
	.name = "native",
	.operands = "FILE",
	.summary = "Make an image of machine code: a Windows driver, a DLL, a Linux library.",
	.about =
		"Verifies the programs of an eBPF object file, translates them into C as bpf2c\n"
		"does, and compiles and links that with clang and lld. A Windows image comes with\n"
		"its PDB. Equal programs give equal bytes. Environment: ORIEL_CLANG, ORIEL_LLD\n"
		"(the tools), ORIEL_SDK (the headers' folder).",
	.options = native_options,
	.option_count = ARRAY_COUNT(native_options),
	.repeatable = 1u << NATIVE_POLICY | 1u << NATIVE_KCONFIG | 1u << NATIVE_EXTENSION,
	.examples = native_examples,
	.example_count = ARRAY_COUNT(native_examples),
	.run = run_native,
};
_Static_assert(ARRAY_COUNT(native_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
