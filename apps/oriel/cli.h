/* SPDX-License-Identifier: MIT */
/* What the commands of `oriel` share. A command is one const struct with its options as rows; the
 * rows drive parsing, --help and completion, and a test holds the man pages against them. */
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "object/kconfig.h"
#include "object/object.h"

/* Exit codes of every command. */
enum {
	CLI_OK = 0,
	CLI_FAILED = 1, /* a program or its verdict */
	CLI_INPUT = 2,	/* a file that cannot be read or understood */
	CLI_USAGE = 64,
};

struct cli_option {
	const char *name; /* without the dashes */
	const char *arg;  /* what its argument is called; NULL: a flag */
	const char *help;
	const char *words; /* what completion offers for the argument, separated by blanks;
			      CLI_TYPES: the program types; NULL and an arg of FILE: file names */
};

#define CLI_TYPES    "@types"
#define CLI_FINDINGS "@findings" /* the operand: a finding's id */
#define CLI_DIALECTS "windows linux"

struct cli_example {
	const char *text, *command;
};

struct cli;

struct command {
	const char *name;
	const char *operands; /* for the usage line */
	const char *words;    /* what completion offers for the operand; NULL: file names */
	const char *summary;  /* half a line */
	const char *about;    /* a paragraph of --help */
	const char *json; /* what --help says of --json; NULL: what it says of every command's */
	const struct cli_option *options;
	u32 option_count;
	u64 repeatable; /* bit i: options[i] may be given more than once and is in cli->given */
	const struct cli_example *examples;
	u32 example_count;
	bool two_operands;	     /* the second may be left out */
	bool many_operands;	     /* all of them are in cli->rest */
	bool may_lack_operand;	     /* an option stands in for it: the command looks */
	bool takes_rest;	     /* all arguments but the options of every command are its
					own: cli->rest */
	int (*run)(struct cli *cli); /* returns the exit code */
};

/* Options of every command. */
enum { CLI_GLOBAL_JSON, CLI_GLOBAL_COLOR, CLI_GLOBAL_HELP, CLI_GLOBAL_VERSION, CLI_GLOBAL_COUNT };
extern const struct cli_option cli_globals[CLI_GLOBAL_COUNT];

extern const struct command cmd_run, cmd_disasm, cmd_cfg, cmd_inspect, cmd_spec, cmd_btf, cmd_cc,
	cmd_key, cmd_image, cmd_native, cmd_extension, cmd_verify, cmd_explain, cmd_top, cmd_trace,
	cmd_completion;
/* All of them, NULL at the end. */
extern const struct command *const cli_commands[];

#define CLI_MAX_OPTIONS 40

/* One of the options that may be repeated, in the order of the command line. */
struct cli_given {
	u32 option;
	const char *value;
	int operands; /* that stood before it */
};

struct cli {
	const struct command *command; /* NULL: none was named */
	const char *globals[CLI_GLOBAL_COUNT];
	const char *values[CLI_MAX_OPTIONS]; /* by row of the command's options; "" for a flag */
	VEC(struct cli_given) given;
	const char *operand; /* NULL when there is none */
	const char **rest;   /* for a command with takes_rest or many_operands */
	int rest_count;
	bool has_dashes; /* there was a "--"; so many words of rest stood before it: */
	int dashes_at;
	const char *operand2; /* as well */
	bool color;
	bool output_failed;
	struct strbuf out; /* standard output, written by cli_flush */
	bool keeps_output; /* it is not: somebody else is to have it */
	u64 progress_at;   /* when it is time for the next word on it; 0: it has not begun */
	u32 progress_len;  /* characters of the last one, still on the screen */
};

/* --- main.c --- */

/* The whole program, with UTF-8 arguments; the host's main calls it. */
int cli_main(int argc, char **argv);

/* --- parse.c, help.c, completion.c --- */

/* 0, or CLI_USAGE after an error message. */
int cli_parse(struct cli *cli, int argc, char **argv) MUST_CHECK;
void cli_help(struct cli *cli);
/* The value of an option as a number from 0 to max; fallback when it was not given. 0, or
 * CLI_USAGE after an error message. */
int cli_number(struct cli *cli, u32 option, u64 max, u64 fallback, u64 *ret) MUST_CHECK;

static inline bool cli_given(const struct cli *cli, u32 option)
{
	return cli->values[option] != NULL;
}

static inline bool cli_json(const struct cli *cli)
{
	return cli->globals[CLI_GLOBAL_JSON] != NULL;
}

/* --- cli.c: output --- */

void cli_printf(struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Writes what has gathered. */
void cli_flush(struct cli *cli);
/* The same, when it is much. */
void cli_flush_some(struct cli *cli);

/* "oriel: message" and a second line "hint: ..." (hint may be NULL) on standard error, after what
 * standard output has so far. */
void cli_error(struct cli *cli, const char *hint, const char *fmt, ...) PRINTF_LIKE(3, 4);
void cli_warn(struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* How far a long run is, "3/680 what", on a line of a terminal's standard error that comes and
 * goes; nothing where that is no terminal. To call for each item. */
void cli_progress(struct cli *cli, u32 done, u32 all, const char *what);

/* Lines of their own on standard error, in the same order. */
void cli_report(struct cli *cli, struct strbuf *text);

enum cli_style { CLI_PLAIN, CLI_BOLD, CLI_DIM };
/* The escape sequence, or "" without colours. */
const char *cli_style(const struct cli *cli, enum cli_style style);

/* Left-aligned columns: rows of cells in one strbuf, cells ended by '\t', rows by '\n'. */
void cli_table(struct cli *cli, const char *indent, const struct strbuf *cells);

/* --- file.c --- */

struct cli_file {
	const char *path; /* for messages and "file" in JSON */
	u8 *bytes;
	size_t len;
	struct object *object; /* NULL until cli_open_object */
	/* The layouts that its programs will meet; the path is NULL when they are its own. */
	const char *btf_path;
	u8 *btf_bytes;
	struct arena btf_arena;
	struct btf btf;
	struct kconfig kconfig; /* values of a kernel's configuration */
	struct spec *spec;	/* with program types and helpers of --spec; NULL: built-in ones */
};

/* Rows of options that the commands which read objects have. */
#define CLI_DIALECT_OPTION                                                               \
	{                                                                                \
		"dialect", "DIALECT", "Read the file as windows or linux.", CLI_DIALECTS \
	}
#define CLI_BTF_OPTION                                                                           \
	{                                                                                        \
		"btf", "FILE",                                                                   \
			"Adjust the programs to the layouts in this BTF. Default: the object's " \
			"own.",                                                                  \
			NULL                                                                     \
	}
/* The row of --kconfig, which may be repeated, in the commands that read objects. */
#define CLI_KCONFIG_OPTION                                                                        \
	{                                                                                         \
		"kconfig", "FILE",                                                                \
			"Values of a kernel's configuration: a file or CONFIG_X=value. Repeats.", \
			NULL                                                                      \
	}

/* The row of --spec, in the commands that take it. */
#define CLI_SPEC_OPTION                                                                       \
	{                                                                                     \
		"spec", "FILE",                                                               \
			"Program types and helpers of others, as 'oriel spec export' writes " \
			"them.",                                                              \
			NULL                                                                  \
	}

/* The row of --extension, which may be repeated, in the same commands. */
#define CLI_EXTENSION_OPTION                                                                   \
	{                                                                                      \
		"extension", "FILE",                                                           \
			"Program types, helpers and hooks of this library, or installed ones " \
			"by name. Repeats.",                                                   \
			NULL                                                                   \
	}

/* The row of --policy, which may be repeated, in the commands that verify. */
#define CLI_POLICY_OPTION                                                              \
	{                                                                              \
		"policy", "RULE", "Judge by this rule, too (may be repeated).",        \
			"unprivileged strict allow-leaks aligned no-division-by-zero " \
			"no-termination uninitialised-stack"                           \
	}
/* The row of --raw-size, in the same commands. */
#define CLI_RAW_SIZE_OPTION                                                                      \
	{                                                                                        \
		"raw-size", "N", "Programs of type raw are given N bytes at least. Default: 0.", \
			NULL                                                                     \
	}
struct check_policy;
/* Sets what these two were given. 0, or CLI_USAGE after an error message. */
int cli_policy(struct cli *cli, u32 option, u32 raw_size, struct check_policy *policy) MUST_CHECK;

/* These return 0 or an exit code after an error message; cli_file_fini accepts a zeroed one. */
int cli_read_file(struct cli *cli, const char *path, struct cli_file *ret_file) MUST_CHECK;
int cli_open_object(struct cli *cli, struct cli_file *file, const char *dialect,
		    const char *btf) MUST_CHECK;
/* Reads the target's types for a file; path NULL: none. */
int cli_open_btf(struct cli *cli, struct cli_file *file, const char *path) MUST_CHECK;
/* Reads what --spec was given, or what --extension adds; NULL when neither was. Not when a set is
 * there already. */
int cli_open_spec(struct cli *cli, struct spec **ret_spec) MUST_CHECK;
/* Reads all that --kconfig was given. */
int cli_open_kconfig(struct cli *cli, struct cli_file *file) MUST_CHECK;
static inline const struct btf *cli_btf(const struct cli_file *file)
{
	return file->btf_path != NULL ? &file->btf : NULL;
}
void cli_file_fini(struct cli_file *file);
/* What a person probably did wrong, from how a file looks that was not understood; may be NULL. */
const char *cli_file_hint(const struct cli_file *file);

/* The folder of the SDK's headers: where ORIEL_SDK says, where this was installed, or the source
 * tree; for mem_free. 0 or an exit code after an error message. */
int cli_find_sdk(struct cli *cli, char **ret_dir) MUST_CHECK;

/* The dialect that an option's argument, one of CLI_DIALECTS, names; NULL gives DIALECT_UNKNOWN. */
enum dialect cli_dialect(const char *name);
/* The exit code for a library's error. */
int cli_exit_code(int status);
/* "file", "dialect" and "dialect_why", first in every JSON answer. */
void cli_json_file(struct json *json, const struct cli_file *file, const struct object *object);
/* The program type's name, "-" when the section does not tell. */
const char *cli_prog_type(const struct object_prog *prog);

/* --- progs.c --- */

/* Shows one program of an object, with its heading; json NULL: as text. Returns the exit code. */
typedef int cli_show_prog(void *arg, struct object *object, u32 idx, struct json *json);
/* Shows the program of that name (NULL: all, but subprograms that come with their callers), after a
 * line on the file if with_title, or in the array "programs". Returns the exit code. */
int cli_show_programs(struct cli *cli, const struct cli_file *file, const char *name,
		      bool with_title, cli_show_prog *show, void *arg) MUST_CHECK;
