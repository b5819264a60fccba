/* SPDX-License-Identifier: MIT */
/* The verifier: finds invariants for a program and has them checked. The verdict is
 * check_proof()'s. */
#pragma once

#include "base/arena.h"
#include "check/check.h"

struct verify_options {
	size_t size; /* sizeof(struct verify_options) */
	struct check_policy policy;
	u64 max_steps;		  /* instructions looked at, in all; 0: the default */
	size_t max_memory;	  /* bytes; 0: the default, 64 MiB */
	struct budget *budget;	  /* of time; NULL: only the two above count */
	struct prog_facts *facts; /* as for check_proof(); may be NULL */
	/* Called with a proof that holds, which is gone afterwards; may be NULL. */
	void (*on_proof)(void *arg, const struct cfg *cfg, const struct proof *proof);
	void *on_proof_arg;
};
void verify_options_default(struct verify_options *ret_options);
/* Adds the rule of that name ("strict", "allow-leaks" ...); false: there is none. */
bool verify_add_rule(struct check_policy *policy, const char *name);

struct verify_result {
	bool is_safe;
	struct finding finding; /* unless it is safe */
	u32 round;		/* in which it was decided, or the finding made */
	u32 parts;		/* states a point may have in the round that decided */
	u64 steps;		/* instructions looked at, in all rounds */
	size_t memory;		/* bytes at most */
};

/* 0 when there is a verdict; ERR_NOMEM. prog passed prog_check() and has its type and dialect. */
int verify_prog(const struct prog *prog, const struct verify_options *options,
		struct verify_result *ret_result, struct error *err) MUST_CHECK;
