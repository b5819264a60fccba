/* SPDX-License-Identifier: MIT */
/* liboriel: is a program safe? And if not, what is wrong where, and what helps.
 *
 *     struct oriel_verdict_info info = { .size = sizeof(info) };
 *     struct oriel_verdict *verdict;
 *
 *     if (oriel_program_verify(program, NULL, &verdict, &error) == 0 &&
 *         oriel_verdict_get_info(verdict, &info) == 0 && !info.is_safe)
 *             fputs(oriel_verdict_text(verdict, ORIEL_REPORT_GCC), stderr);
 *
 * A program that is safe touches nothing but what it may, keeps the contracts of what it calls, and
 * ends. What the verifier has no model of is refused. */
#pragma once

#include <oriel/object.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- judging ---------------------------------------------------------------------------------- */

/* Rules beside the usual ones: programs have to end, a division by 0 gives 0. */
enum oriel_policy {
	ORIEL_POLICY_UNPRIVILEGED = 1,	       /* no type of program may reveal addresses */
	ORIEL_POLICY_ALLOW_LEAKS = 2,	       /* every type may */
	ORIEL_POLICY_STRICT = 4,	       /* keys of arrays are below their length */
	ORIEL_POLICY_ALIGNED = 8,	       /* every access is aligned */
	ORIEL_POLICY_NO_DIVISION_BY_ZERO = 16, /* divisors are not 0 */
	ORIEL_POLICY_NO_TERMINATION = 32,      /* programs need not end */
	ORIEL_POLICY_UNINITIALISED_STACK = 64, /* helpers may read stack that was not written */
};

enum oriel_verify_flag {
	ORIEL_VERIFY_FACTS = 1, /* for oriel_verdict_get_fact */
};

struct oriel_verify_options {
	size_t size;
	const char *file;   /* what messages call the file where no line is known; NULL: "object" */
	uint64_t max_steps; /* instructions looked at; 0: 4,000,000 */
	uint64_t max_memory; /* bytes; 0: 64 MiB */
	uint64_t raw_size;   /* bytes that programs of type raw get at least */
	uint32_t policy;     /* enum oriel_policy */
	uint32_t flags;	     /* enum oriel_verify_flag */
	uint64_t max_time;   /* milliseconds of the thread's processor time; 0: 1000 */
};

/* A verdict, with all that there is to say about it. It does not need the program any more. */
struct oriel_verdict;

/* 0 when there is a verdict, whatever it is; that a budget was used up is one, too. options may be
 * NULL. ORIEL_ERR_INVAL: the program's dialect is not known. */
ORIEL_API int oriel_program_verify(const struct oriel_program *program,
				   const struct oriel_verify_options *options,
				   struct oriel_verdict **ret_verdict,
				   struct oriel_error *error) ORIEL_MUST_CHECK;
ORIEL_API void oriel_verdict_free(struct oriel_verdict *verdict);

struct oriel_verdict_info {
	size_t size;
	uint64_t steps;	     /* instructions looked at */
	uint64_t memory;     /* bytes at most */
	uint64_t max_visits; /* with facts: of any one place of a loop in one run; 0: not known */
	uint32_t is_safe;    /* 1: proven */
	uint32_t finding_count; /* at least 1 unless it is safe */
	uint32_t more_findings; /* that there was no room for */
	uint32_t stack_depth;	/* with facts: bytes in the longest chain of calls */
};

ORIEL_API int oriel_verdict_get_info(const struct oriel_verdict *verdict,
				     struct oriel_verdict_info *ret_info) ORIEL_MUST_CHECK;

/* --- what is wrong ---------------------------------------------------------------------------- */

/* One cause. Texts that are not known are NULL, numbers 0. */
struct oriel_finding_info {
	size_t size;
	const char *id;	      /* stable: "null-access" */
	const char *message;  /* one line */
	const char *hint;     /* what helps */
	const char *function; /* of the program */
	const char *file;     /* of the source */
	const char *source;   /* the line */
	const char *origin;   /* where what is wrong came from, in a few words */
	const char *origin_file, *origin_source;
	uint32_t slot; /* of the instruction */
	uint32_t line, column;
	uint32_t origin_line, origin_column;
	uint32_t reserved;
};

/* By rising slot; ORIEL_ERR_RANGE past the last one. */
ORIEL_API int oriel_verdict_get_finding(const struct oriel_verdict *verdict, uint32_t index,
					struct oriel_finding_info *ret_info) ORIEL_MUST_CHECK;

enum oriel_report_format {
	ORIEL_REPORT_GCC = 0,
	ORIEL_REPORT_MSVC = 1,
};

/* All findings, as these compilers print errors; "" when there are none. */
ORIEL_API const char *oriel_verdict_text(const struct oriel_verdict *verdict,
					 enum oriel_report_format format);

/* --- what is known ---------------------------------------------------------------------------- */

enum oriel_fact_flag {
	ORIEL_FACT_REACHED = 1,		  /* some run may get there; without it: dead code */
	ORIEL_FACT_TAKEN = 2,		  /* a conditional jump that may be taken */
	ORIEL_FACT_NOT_TAKEN = 4,	  /* and may fall through */
	ORIEL_FACT_DIVISOR_NONZERO = 8,	  /* of a division, in its width */
	ORIEL_FACT_MAP = 16,		  /* map is the only one that the call can get */
	ORIEL_FACT_KEY = 32,		  /* value is the constant key of an array */
	ORIEL_FACT_KEY_BELOW = 64,	  /* the array's key is below max_entries */
	ORIEL_FACT_RESULT_CONSTANT = 128, /* value is what the instruction's register then holds */
};

/* What holds at an instruction in every run. */
struct oriel_fact_info {
	size_t size;
	uint64_t value;
	uint64_t least, most; /* arithmetic and loads: the result, as an unsigned number */
	uint64_t visits;      /* how often in one run of its function, at most; 0: not known */
	uint32_t flags;	      /* enum oriel_fact_flag */
	uint32_t nonnull;     /* bit i: register i is a pointer that is not NULL, before it */
	uint32_t map;	      /* index in the object; ORIEL_NO_INDEX: none */
	uint32_t reserved;
};

/* Only of a program that is safe, verified with ORIEL_VERIFY_FACTS: else ORIEL_ERR_NOENT. */
ORIEL_API int oriel_verdict_get_fact(const struct oriel_verdict *verdict, uint32_t slot,
				     struct oriel_fact_info *ret_info) ORIEL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
