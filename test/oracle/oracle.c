/* SPDX-License-Identifier: MIT */
/* See oracle.h. */
#include "oracle.h"

#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "check/check.h"
#include "forge.h"
#include "isa/disasm.h"

void oracle_init(struct oracle *o)
{
	memset(o, 0, sizeof(*o));
	check_policy_default(&o->policy);
	o->policy.raw_size = 16;
	o->runs = 20;
	o->max_steps = 20000;
	o->machine.stats = &o->stats;
}

void oracle_fini(struct oracle *o)
{
	machine_fini(&o->machine);
	mem_free(o->rows);
}

static void collect_hints(const struct prog *prog, struct choice *c)
{
	c->hint_count = 0;
	for (u32 i = 0; i < prog->insn_count; i++) {
		const struct insn *insn = &prog->insns[i];

		if ((insn->kind == INSN_ALU || insn->kind == INSN_JUMP_IF) &&
		    (insn->flags & INSN_IMM) != 0 && c->hint_count < ARRAY_COUNT(c->hints))
			c->hints[c->hint_count++] = insn->imm;
	}
}

/* On what the proof claims; false: a run contradicted. */
static bool run_proof(struct oracle *o, const struct cfg *cfg, const struct proof *proof, u32 runs)
{
	struct machine *m = &o->machine;
	struct arena arena;
	bool is_fine = true;

	arena_init(&arena, (size_t)256 << 20);
	if (machine_init(m, o->prog, &o->policy)) {
		m->claims = claims_new(&arena, o->prog, cfg, &o->policy, proof);
		for (o->run = 0; o->run < runs && is_fine; o->run++)
			is_fine = machine_run(m, o->choice);
	}
	machine_forget(m);
	arena_fini(&arena);
	return is_fine;
}

/* Whatever else the checker accepts has to hold just as well. */
static bool run_forged(struct oracle *o, const struct cfg *cfg, const struct proof *proof)
{
	struct finding finding = { 0 };
	struct proof forged;
	struct arena arena, small;
	bool is_fine = true;
	int status = ERR_NOMEM;

	arena_init(&arena, (size_t)64 << 20);
	arena_init(&small, o->finding == FINDING_NO_MEMORY || pick(o->choice, 30) == 0
				   ? 20000
				   : (size_t)64 << 20);
	if (forge_proof(&arena, o->choice, o->prog, proof, o->finding, &forged))
		status = check_proof(&small, o->prog, cfg, &o->policy, &forged, NULL, NULL,
				     &finding);
	o->forged[status == 0 ? FINDING_NONE : finding.id]++;
	if (status == 0)
		is_fine = run_proof(o, cfg, &forged, 2);
	arena_fini(&small);
	arena_fini(&arena);
	return is_fine;
}

/* The proof holds for the verifier; what it says now has to hold for each run. */
static void run_all(void *arg, const struct cfg *cfg, const struct proof *proof)
{
	struct oracle *o = arg;
	struct machine *m = &o->machine;
	bool is_fine;

	m->max_steps = o->max_steps;
	m->facts = &o->facts;
	m->what = NULL;
	m->choice = o->choice;
	m->pc = 0;
	is_fine = run_proof(o, cfg, proof, o->runs);
	m->facts = NULL;
	o->is_forged = is_fine && o->forgeries > 0;
	for (u32 i = 0; i < o->forgeries && is_fine; i++)
		is_fine = run_forged(o, cfg, proof);
}

enum oracle_verdict oracle_judge(struct oracle *o, const struct prog *prog, struct choice *choice,
				 struct finding *ret_finding)
{
	struct verify_options options;
	struct verify_result result;
	struct error err = { 0 };

	if (o->row_count < prog->insn_count) {
		mem_free(o->rows);
		o->rows = mem_zalloc_array(prog->insn_count, sizeof(*o->rows));
		o->row_count = o->rows != NULL ? prog->insn_count : 0;
		if (o->rows == NULL)
			return ORACLE_ERROR;
	}
	collect_hints(prog, choice);
	o->prog = prog;
	o->choice = choice;
	o->machine.what = NULL;
	o->is_forged = false;
	facts_init(&o->facts, o->rows, prog->insn_count);
	verify_options_default(&options);
	options.policy = o->policy;
	options.max_steps = o->verify_steps;
	options.max_memory = o->verify_memory;
	options.facts = &o->facts;
	options.on_proof = run_all;
	options.on_proof_arg = o;
	if (verify_prog(prog, &options, &result, &err) != 0)
		return ORACLE_ERROR;
	*ret_finding = result.finding;
	if (!result.is_safe)
		return ORACLE_REFUSED;
	return o->machine.what != NULL ? ORACLE_VIOLATION : ORACLE_SAFE;
}

void oracle_show(const struct oracle *o, const struct prog *prog)
{
	(void)o;
	fprintf(stderr, "# %s %s\n", dialect_name(prog->dialect),
		prog->type != NULL ? prog->type->name : "?");
	for (u32 i = 0; i < prog->insn_count; i++) {
		struct strbuf text = STRBUF_INIT;

		if (prog->insns[i].kind == INSN_LDDW_HIGH)
			continue;
		disasm_insn(&text, &prog->insns[i], i, NULL);
		fprintf(stderr, "%s%4u: %s\n", prog_subprog_at(prog, i)->start == i ? "--\n" : "",
			i, strbuf_str(&text));
		strbuf_fini(&text);
	}
}

void oracle_complain(const struct oracle *o)
{
	const struct machine *m = &o->machine;

	oracle_show(o, o->prog);
	fprintf(stderr, "VIOLATION%s in run %u at slot %u, depth %u: %s\n",
		o->is_forged ? " of a forged proof" : "", o->run - 1, m->pc, m->depth, m->what);
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++) {
		static const char *const tags[] = { "-", "number", "pointer", "mixed" };

		fprintf(stderr, "  r%u = 0x%llx %s %u\n", reg, (unsigned long long)m->r[reg].v,
			tags[m->r[reg].tag], m->r[reg].obj);
	}
	fprintf(stderr, "  packet %llu bytes, metadata %llu\n", (unsigned long long)m->len,
		(unsigned long long)m->meta);
}
