/* SPDX-License-Identifier: MIT */
/* convert-bpf-to-native: the parameters of eBPF for Windows' script Convert-BpfToNative.ps1, handed
 * to `oriel native`, which stands beside this program. */
#include "cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "os/os.h"

static const char usage[] =
	"usage: convert-bpf-to-native [-FileName] FILE [-PARAMETER VALUE]...\n"
	"\n"
	"Makes a Windows image of an eBPF object file: NAME.sys, or NAME_um.dll for user mode. "
	"The\n"
	"parameters are those of the script Convert-BpfToNative.ps1; case does not matter, and as\n"
	"much of a name is enough as tells it from the others.\n"
	"\n"
	"  -FileName FILE       the object file\n"
	"  -Type NAME           the programs' type; default: what each section says\n"
	"  -IncludeDir DIR      the folder of bpf2c.h; default: the SDK's\n"
	"  -BinDir DIR          the folder of oriel; default: this program's\n"
	"  -OutDir DIR          where the image goes; default: here\n"
	"  -Platform NAME       x64 (default) or ARM64\n"
	"  -Configuration NAME  Release (default), NativeOnlyRelease, Debug, NativeOnlyDebug or\n"
	"                       FuzzerDebug; the last three are for a debugger\n"
	"  -KernelMode BOOL     $true (default): a driver; $false: a DLL\n"
	"  -ResourceFile FILE   not possible here\n"
	"  -SpdFile FILE        not possible here\n"
	"  -Unsigned            without a signature (of this program only)\n"
	"  -Help                show this\n"
	"\n"
	"Exit code: that of oriel native, or 64 for usage.\n";

enum {
	PARAMETER_FILE_NAME,
	PARAMETER_TYPE,
	PARAMETER_INCLUDE_DIR,
	PARAMETER_BIN_DIR,
	PARAMETER_OUT_DIR,
	PARAMETER_PLATFORM,
	PARAMETER_CONFIGURATION,
	PARAMETER_KERNEL_MODE,
	PARAMETER_RESOURCE_FILE,
	PARAMETER_SPD_FILE,
	PARAMETER_UNSIGNED, /* these two have no value */
	PARAMETER_HELP,
	PARAMETER_COUNT,
};
static const char *const parameters[PARAMETER_COUNT] = {
	"FileName",	 "Type",       "IncludeDir",   "BinDir",  "OutDir",   "Platform",
	"Configuration", "KernelMode", "ResourceFile", "SpdFile", "Unsigned", "Help",
};

struct convert {
	const char *values[PARAMETER_COUNT]; /* NULL: not given */
	struct strbuf oriel, output;
	VEC(const char *) args;
};

static void say(const char *what, const char *which)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text,
		      "convert-bpf-to-native: %s '%s'\nhint: convert-bpf-to-native -Help "
		      "lists the parameters\n",
		      what, which);
	(void)os_write(OS_STDERR, strbuf_str(&text), text.len);
	strbuf_fini(&text);
}

static int bad_usage(const char *what, const char *which)
{
	say(what, which);
	return CLI_USAGE;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Whether the first len characters of a, and no more if whole, are b but for their case. */
static bool is_same(const char *a, const char *b, size_t len, bool whole)
{
	for (size_t i = 0; i < len; i++)
		if (b[i] == '\0' || lower(a[i]) != lower(b[i]))
			return false;
	return !whole || b[len] == '\0';
}

static bool is_word(const char *text, const char *word)
{
	return is_same(text, word, strlen(text), true);
}

/* The parameter that a name, or enough of it, means; PARAMETER_COUNT: none or several. */
static u32 find_parameter(const char *name, size_t len)
{
	u32 found = PARAMETER_COUNT, matches = 0;

	for (u32 i = 0; i < PARAMETER_COUNT; i++) {
		if (is_same(name, parameters[i], len, true))
			return i;
		if (is_same(name, parameters[i], len, false)) {
			found = i;
			matches++;
		}
	}
	return len > 0 && matches == 1 ? found : PARAMETER_COUNT;
}

/* -Name value or -Name:value; *ret_used: how many words. */
static int parse_one(struct convert *c, const char *word, const char *next, int *ret_used)
{
	const char *name = word + (word[1] == '-' ? 2 : 1);
	const char *colon = strchr(name, ':');
	size_t len = colon != NULL ? (size_t)(colon - name) : strlen(name);
	u32 which = find_parameter(name, len);

	*ret_used = 1;
	if (which == PARAMETER_COUNT)
		return bad_usage("no such parameter, or more than one:", word);
	if (c->values[which] != NULL)
		return bad_usage("given twice:", parameters[which]);
	if (which >= PARAMETER_UNSIGNED) {
		c->values[which] = "";
		return 0;
	}
	if (colon != NULL) {
		c->values[which] = colon + 1;
		return 0;
	}
	if (next == NULL)
		return bad_usage("a value is missing after", word);
	*ret_used = 2;
	c->values[which] = next;
	return 0;
}

static int parse(struct convert *c, int argc, char **argv)
{
	int used;

	for (int i = 1; i < argc; i += used) {
		int status = 0;

		used = 1;
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			status = parse_one(c, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used);
		else if (c->values[PARAMETER_FILE_NAME] == NULL)
			c->values[PARAMETER_FILE_NAME] = argv[i];
		else
			status = bad_usage("one object file only, and not", argv[i]);
		if (status != 0)
			return status;
	}
	return 0;
}

static const char *value_or(const struct convert *c, u32 which, const char *fallback)
{
	return c->values[which] != NULL && c->values[which][0] != '\0' ? c->values[which]
								       : fallback;
}

static int read_bool(const char *text, bool *ret)
{
	if (is_word(text, "$true") || is_word(text, "true") || str_eq(text, "1"))
		*ret = true;
	else if (is_word(text, "$false") || is_word(text, "false") || str_eq(text, "0"))
		*ret = false;
	else
		return bad_usage("-KernelMode is $true or $false, and not", text);
	return 0;
}

static void add_path(struct convert *c)
{
	const char *dir = value_or(c, PARAMETER_BIN_DIR, NULL);
	char *program = dir == NULL ? os_program_path() : NULL;
	size_t len = program != NULL ? strlen(program) : 0;

	while (len > 0 && program[len - 1] != '/' && program[len - 1] != '\\')
		len--;
	if (dir != NULL)
		strbuf_printf(&c->oriel, "%s/", dir);
	else
		strbuf_add_len(&c->oriel, program, len);
	strbuf_add(&c->oriel, "oriel");
	mem_free(program);
}

static void add_output(struct convert *c, bool kernel)
{
	const char *name = c->values[PARAMETER_FILE_NAME];
	const char *dir = value_or(c, PARAMETER_OUT_DIR, NULL);

	for (const char *p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			name = p + 1;
	if (dir != NULL)
		strbuf_printf(&c->output, "%s/", dir);
	while (*name != '\0' && *name != '.')
		strbuf_add_char(&c->output, *name++);
	strbuf_add(&c->output, kernel ? ".sys" : "_um.dll");
}

static int add(struct convert *c, const char *option, const char *value)
{
	int status = vec_push(&c->args, option);

	return status == 0 && value != NULL ? vec_push(&c->args, value) : status;
}

static int add_args(struct convert *c, bool kernel, bool arm64, bool debug)
{
	const char *type = value_or(c, PARAMETER_TYPE, NULL);
	const char *include = value_or(c, PARAMETER_INCLUDE_DIR, NULL);
	int status;

	add_path(c);
	add_output(c, kernel);
	status = strbuf_status(&c->oriel) != 0 || strbuf_status(&c->output) != 0 ? ERR_NOMEM : 0;
	if (status == 0)
		status = add(c, strbuf_str(&c->oriel), "native");
	if (status == 0)
		status = add(c, "--format", kernel ? "sys" : "dll");
	if (status == 0)
		status = add(c, "--arch", arm64 ? "arm64" : "x86-64");
	if (status == 0)
		status = add(c, "--output", strbuf_str(&c->output));
	if (status == 0 && type != NULL)
		status = add(c, "--type", type);
	if (status == 0 && include != NULL)
		status = add(c, "--include", include);
	if (status == 0 && debug)
		status = add(c, "--debug", NULL);
	if (status == 0 && c->values[PARAMETER_UNSIGNED] != NULL)
		status = add(c, "--unsigned", NULL);
	if (status == 0)
		status = add(c, "--", c->values[PARAMETER_FILE_NAME]);
	return status != 0 ? status : vec_push(&c->args, NULL);
}

static int convert(struct convert *c)
{
	static const char *const configurations[] = { "Release", "NativeOnlyRelease", "Debug",
						      "NativeOnlyDebug", "FuzzerDebug" };
	const char *platform = value_or(c, PARAMETER_PLATFORM, "x64");
	const char *configuration = value_or(c, PARAMETER_CONFIGURATION, "Release");
	struct error err = { 0 };
	u32 chosen = 0;
	bool kernel;
	int code = CLI_FAILED;

	if (c->values[PARAMETER_FILE_NAME] == NULL)
		return bad_usage("a parameter is missing:", "-FileName");
	for (u32 i = PARAMETER_RESOURCE_FILE; i <= PARAMETER_SPD_FILE; i++)
		if (value_or(c, i, NULL) != NULL)
			return bad_usage("not possible here:", parameters[i]);
	if (!is_word(platform, "x64") && !is_word(platform, "ARM64"))
		return bad_usage("-Platform is x64 or ARM64, and not", platform);
	while (chosen < ARRAY_COUNT(configurations) &&
	       !is_word(configuration, configurations[chosen]))
		chosen++;
	if (chosen == ARRAY_COUNT(configurations))
		return bad_usage("no such configuration:", configuration);
	if (read_bool(value_or(c, PARAMETER_KERNEL_MODE, "$true"), &kernel) != 0)
		return CLI_USAGE;
	if (add_args(c, kernel, is_word(platform, "ARM64"), chosen >= 2) != 0)
		say("no memory for", c->values[PARAMETER_FILE_NAME]);
	else if (os_spawn(c->args.items, &code, &err) != 0)
		say("cannot start", err.text);
	return code;
}

int cli_main(int argc, char **argv)
{
	struct convert c = { 0 };
	int code = parse(&c, argc, argv);

	if (code == 0 && c.values[PARAMETER_HELP] != NULL)
		code = os_write(OS_STDOUT, usage, strlen(usage)) == 0 ? CLI_OK : CLI_FAILED;
	else if (code == 0)
		code = convert(&c);
	strbuf_fini(&c.oriel);
	strbuf_fini(&c.output);
	vec_free(&c.args);
	return code;
}
