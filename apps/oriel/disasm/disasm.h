/* SPDX-License-Identifier: MIT */
/* What the parts of `oriel disasm` share: a program's machine code. */
#pragma once

#include "cli.h"

#include "base/arena.h"
#include "jit/jit.h"
#include "runtime/runtime.h"
#include "verify/verify.h"

/* A helper's address, for who reads a call of it. */
struct machine_name {
	u64 address;
	u32 id;
};
#define MACHINE_NAMES 64

/* The code that a program becomes; nothing of it ever runs. */
struct machine {
	struct engine engine; /* the runtime compiles with it */
	struct jit_options options;
	const char *arch, *mode;
	struct verify_options verify;
	const struct prog *prog;
	struct verify_result result; /* of the verifier */

	struct arena arena;
	struct jit *jit; /* in the arena */
	struct runtime *runtime;
	u64 address; /* where it would have run, */
	u8 *bytes;   /* and what had been there */
	size_t len;
	struct machine_name names[MACHINE_NAMES];
	u32 name_count;
	struct machine_text *text;
};

/* A piece of the code, in bytes from its begin. */
struct machine_part {
	u32 begin, end;
};

/* --- jit.c --- */

#define MACHINE_MODES "jit jit-checked jit-blinded"
#define MACHINE_ARCHS "x86-64 x86-64-windows arm64"

/* mode and arch: of the words above; NULL: jit, this machine's. 0, or an exit code after an error
 * message. machine_fini accepts a zeroed one. */
int machine_init(struct cli *cli, const char *mode, const char *arch,
		 struct machine *ret_machine) MUST_CHECK;
/* Verifies and compiles a program, in place of the last one. ERR_ACCES: it is not safe, and
 * m->result says why. */
int machine_compile(struct machine *m, const struct prog *prog, struct error *err) MUST_CHECK;
/* What the verifier has against it, on standard error. */
void machine_refused(struct machine *m, struct cli *cli);
void machine_fini(struct machine *m);

/* What comes before a subprogram's first instruction, and for slot 0 before all; empty elsewhere.
 */
struct machine_part machine_before(const struct machine *m, u32 slot);
struct machine_part machine_of(const struct machine *m, u32 slot);
/* What all instructions share, behind them. */
struct machine_part machine_after(const struct machine *m);

/* --- machine.c: machine instructions as text --- */

struct machine_line {
	u32 offset, len;
	/* NULL: unknown, or this build has no names of machine instructions at all. */
	const char *text;
};

/* 0 or ERR_NOMEM. */
int machine_text_open(struct machine *m) MUST_CHECK;
void machine_text_close(struct machine *m);
bool machine_has_text(void);
/* The machine instruction at the begin of a part, which is not empty. Valid until the next call. */
struct machine_line machine_line(struct machine *m, struct machine_part part);
