/* SPDX-License-Identifier: MIT */
/* What the files of `oriel verify` share. */
#pragma once

#include "cli.h"

#include "verify/reports.h"
#include "verify/verify.h"

enum verify_option {
	VERIFY_PROGRAM,
	VERIFY_TYPE,
	VERIFY_DIALECT,
	VERIFY_POLICY,
	VERIFY_FORMAT,
	VERIFY_MANIFEST,
	VERIFY_QUIET,
	VERIFY_STATS,
	VERIFY_STEPS,
	VERIFY_MEMORY,
	VERIFY_TIME,
	VERIFY_BTF,
	VERIFY_KCONFIG,
	VERIFY_SPEC,
	VERIFY_EXTENSION,
	VERIFY_RAW_SIZE,
	VERIFY_VERBOSE,
	VERIFY_SLICE,
	VERIFY_DOT,
};

enum verify_format { FORMAT_GCC, FORMAT_MSVC, FORMAT_JSON, FORMAT_SARIF };

/* An object file that is open; the next one takes its place. */
struct verify_file {
	const char *path; /* as messages name it */
	u8 *bytes;
	size_t len;
	struct object *object;
	struct error err; /* why it is not open: status is not 0 */
};

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_ERROR, VERDICT_COUNT };

/* One program, judged. */
struct judged {
	const char *file, *section, *name;
	const char *label; /* of the manifest; NULL: none */
	enum verdict verdict;
	const struct prog *prog; /* NULL: it could not be linked */
	u32 insns;
	u64 cpu_us;
	struct verify_result result;
	struct reports reports; /* FAIL, or when somebody wants to see states */
	struct error err;	/* ERROR */
};

struct label_count {
	char name[32];
	u32 verdicts[VERDICT_COUNT];
	u64 cpu_us, slowest_us;
};

struct verify {
	struct cli *cli;
	enum verify_format format;
	bool is_list;	   /* rows of a manifest */
	bool has_files;	   /* several: each has a heading */
	bool needs_record; /* --verbose, --slice, --dot */
	struct verify_options options;
	struct budget budget;	/* of the program that is judged */
	u64 max_time, ends;	/* os_clock_thread(); 0: no limit */
	struct cli_file target; /* --btf, --kconfig */
	struct json json;
	const char *heading; /* the file whose heading was printed last */
	u32 verdicts[VERDICT_COUNT];
	u64 cpu_us;
	struct label_count labels[16];
	u32 label_count;
};

/* --- judge.c: one program, whoever names it --- */

/* Opens a file; what is wrong with it is in file->err. */
void verify_open(struct verify *v, struct verify_file *file, const char *path, const char *name,
		 enum dialect dialect);
void verify_close(struct verify_file *file); /* accepts a zeroed one */
/* Judges a program of an open file and prints the verdict. type NULL: what the section says. */
void verify_one(struct verify *v, struct verify_file *file, u32 idx, const char *type,
		const char *label);
/* Prints that a program cannot be judged. */
void verify_bad(struct verify *v, const char *file, const char *section, const char *name,
		const char *label, const struct error *err);

/* --- input.c: programs that a table names --- */

/* 0 or an exit code after an error message. */
int verify_manifest(struct verify *v, const char *path) MUST_CHECK;

/* --- output.c --- */

void verify_begin(struct verify *v);
void verify_begin_file(struct verify *v, const struct verify_file *file);
/* A file that cannot be read, instead of its programs. */
void verify_print_file(struct verify *v, const struct verify_file *file);
void verify_print(struct verify *v, struct judged *j);
void verify_end_file(struct verify *v);
void verify_end(struct verify *v);

/* --- details.c: --verbose, --slice and --dot, where they are asked for --- */

void verify_details(struct verify *v, struct judged *j);
/* Members of the program's object. */
void verify_details_json(struct verify *v, struct judged *j);
/* Instead of the verdict. */
void verify_dot(struct verify *v, struct judged *j);

/* --- sarif.c --- */

void sarif_begin(struct verify *v);
void sarif_print(struct verify *v, const struct judged *j);
void sarif_end(struct verify *v);
