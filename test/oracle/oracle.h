/* SPDX-License-Identifier: MIT */
/* Verifies a program and, when it is accepted, runs it on many inputs against all that its proof
 * claims. */
#pragma once

#include "machine.h"
#include "verify/verify.h"

struct oracle {
	struct machine machine;
	struct machine_stats stats;
	struct prog_facts facts;
	struct prog_fact *rows;
	u32 row_count;
	struct check_policy policy;
	u32 runs;	  /* inputs a program */
	u32 forgeries;	  /* false proofs a program that is accepted */
	u32 finding;	  /* that these are to be refused for; or FINDING_NONE */
	u64 max_steps;	  /* instructions a run */
	u64 verify_steps; /* 0: the default */
	size_t verify_memory;
	/* Of the program that is judged. */
	const struct prog *prog;
	struct choice *choice;
	u32 run; /* from 0 */
	/* Why false proofs were refused; NONE: accepted, and run. */
	u64 forged[FINDING_COUNT];
	bool is_forged; /* the proof that is run */
};

enum oracle_verdict {
	ORACLE_ERROR,	  /* nothing that could be judged: no memory, or malformed */
	ORACLE_REFUSED,	  /* finding says why */
	ORACLE_SAFE,	  /* and no run contradicted */
	ORACLE_VIOLATION, /* one did: machine.what, at machine.pc, in run number `run` */
};

void oracle_init(struct oracle *o);
void oracle_fini(struct oracle *o);
/* Numbers that the program compares and computes with become hints of choice. */
enum oracle_verdict oracle_judge(struct oracle *o, const struct prog *prog, struct choice *choice,
				 struct finding *ret_finding);
/* The program, and what is wrong with its last run, to stderr. */
void oracle_show(const struct oracle *o, const struct prog *prog);
void oracle_complain(const struct oracle *o);
