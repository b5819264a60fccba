/* SPDX-License-Identifier: MIT */
/* Any bytes as a program, its packet and its maps' contents: what verifies runs without a fault,
 * and every fact that was told about it holds at every step. With FUZZ_SHOW set, programs are
 * printed. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "interp_ref.h"
#include "oracle.h"
#include "program.h"
#include "runtime/runtime.h"
#include "spec/spec.h"
#include "verify/verify.h"

#define PACKET_MAX 96
#define RUN_STEPS  100000
#define RUNS	   3

/* A run by the run time, whose helpers are those that the host has. */
struct host {
	struct program program;
	u64 visits[PROG_MAX_FRAMES][PROGRAM_SLOTS]; /* in the run of each frame's function */
	u64 steps;
	u32 slot, depth; /* of the instruction before; PROG_NO_INDEX: none */
	u64 before;	 /* its destination was */
	struct exec *exec;
};

/* A prog_code of the plain second interpreter, watched. */
struct watched {
	struct prog_code base;
	const struct prog *prog;
	struct prog_binding binding;
	u64 maps[PROGRAM_MAPS], map_values[PROGRAM_MAPS];
};

static struct host host;
static struct oracle oracle;

static void fail(u32 slot, const char *what, u64 value, u64 lo, u64 hi)
{
	oracle_show(&oracle, &host.program.prog);
	fprintf(stderr, "at slot %u: %s: 0x%llx, told 0x%llx to 0x%llx\n", slot, what,
		(unsigned long long)value, (unsigned long long)lo, (unsigned long long)hi);
	abort();
}

static bool is_number_op(const struct insn *insn)
{
	return insn->kind == INSN_ALU || insn->kind == INSN_LOAD || insn->kind == INSN_NEG ||
	       insn->kind == INSN_MOVSX || insn->kind == INSN_SWAP;
}

static void check_after(struct host *o, u32 next, u64 *regs)
{
	const struct insn *insn = &o->program.insns[o->slot];
	const struct prog_fact *fact = &oracle.rows[o->slot];
	u64 dst = regs[insn->dst];

	if (is_number_op(insn)) {
		if (dst < fact->lo || dst > fact->hi)
			fail(o->slot, "outside of the range", dst, fact->lo, fact->hi);
		if ((fact->flags & FACT_DST_CONST) != 0 && dst != fact->value)
			fail(o->slot, "not the constant", dst, fact->value, fact->value);
	}
	if (insn->kind == INSN_JUMP_IF && insn->off != 0) {
		bool taken = next != o->slot + 1;

		if ((fact->flags & (taken ? FACT_TAKEN : FACT_NOT_TAKEN)) == 0)
			fail(o->slot, taken ? "taken" : "not taken", dst, 0, 0);
	}
	/* Nobody may rely on what calls leave in these. */
	if (insn->kind == INSN_CALL || insn->kind == INSN_EXIT)
		for (u32 reg = 1; reg < 6; reg++)
			regs[reg] = 0xdead00000000dead + reg;
}

static void check_before(const struct host *o, u32 slot, const u64 *regs)
{
	const struct insn *insn = &o->program.insns[slot];
	const struct prog_fact *fact = &oracle.rows[slot];
	u64 divisor = (insn->flags & INSN_IMM) != 0 ? (u64)insn->imm : regs[insn->src];

	if ((fact->flags & FACT_REACHED) == 0)
		fail(slot, "reached", 0, 0, 0);
	for (u32 reg = 0; reg < BPF_REG_COUNT && insn->kind != INSN_JUMP_IF; reg++)
		if ((fact->nonnull >> reg & 1) != 0 && regs[reg] == 0)
			fail(slot, "null", reg, 0, 0);
	if ((fact->flags & FACT_DIVISOR_NONZERO) != 0 &&
	    (insn->width == 32 ? (u32)divisor : divisor) == 0)
		fail(slot, "divisor", divisor, 1, 0);
	if (insn->kind == INSN_CALL && (fact->flags & (FACT_KEY | FACT_KEY_BELOW)) != 0) {
		u32 key;

		memcpy(&key, (const void *)(uintptr_t)regs[2], sizeof(key));
		if ((fact->flags & FACT_KEY) != 0 && key != fact->value)
			fail(slot, "key", key, fact->value, fact->value);
		if ((fact->flags & FACT_KEY_BELOW) != 0 &&
		    key >= o->program.maps[fact->map].max_entries)
			fail(slot, "key", key, 0, o->program.maps[fact->map].max_entries);
	}
}

static void count_visit(struct host *o, u32 slot, u32 depth)
{
	const struct prog_fact *fact = &oracle.rows[slot];

	if (o->slot != PROG_NO_INDEX && depth > o->depth)
		memset(o->visits[depth], 0, sizeof(o->visits[depth]));
	o->visits[depth][slot]++;
	if (fact->visits != 0 && o->visits[depth][slot] > fact->visits)
		fail(slot, "visits", o->visits[depth][slot], 0, fact->visits);
}

static bool watch(void *arg, u32 slot, u32 depth, u64 *regs)
{
	struct host *o = arg;

	if (o->exec->fault.status != 0)
		fail(o->slot, "fault in a helper", o->exec->fault.addr, 0, o->exec->fault.size);
	if (o->slot != PROG_NO_INDEX)
		check_after(o, slot, regs);
	check_before(o, slot, regs);
	count_visit(o, slot, depth);
	o->slot = slot;
	o->depth = depth;
	return true;
}

static u64 watched_entry(struct exec *exec, void *ctx)
{
	const struct watched *w = (const void *)exec->code;
	struct ref_result result;

	host.exec = exec;
	host.slot = PROG_NO_INDEX;
	host.depth = 0;
	memset(host.visits[0], 0, sizeof(host.visits[0]));
	result = ref_run_watched(w->prog, &w->binding, exec, ctx, RUN_STEPS, watch, &host);
	host.steps += result.steps;
	if (exec->fault.status == 0)
		exec->fault = result.fault;
	return result.value;
}

static void watched_free(struct prog_code *code)
{
	mem_free(code);
}

static int watched_prepare(UNUSED const struct engine *engine, const struct prog *prog,
			   const struct prog_binding *binding, struct prog_code **ret_code,
			   struct error *err)
{
	struct watched *w = mem_zalloc(sizeof(*w));

	if (w == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	*w = (struct watched){
		.base = { .entry = watched_entry, .free = watched_free },
		.prog = prog,
		.binding = *binding,
	};
	*ret_code = &w->base;
	return 0;
}

static const struct engine watched_engine = { "watched", watched_prepare, NULL };

static void run_once(struct runtime_prog *prog, const u8 **data, size_t *len)
{
	static u8 packet[PACKET_MAX];
	struct error err = { 0 };
	u8 ctx[512] = { 0 };
	struct runtime_run run = { .data = packet };
	u32 want = *len > 0 ? **data % PACKET_MAX : 0, least = (u32)oracle.policy.raw_size;

	if (host.program.prog.type->ctx == NULL && want < least)
		want = least;
	memset(packet, 0xff, sizeof(packet));
	memcpy(packet, *data, MIN(*len, (size_t)want));
	*data += MIN(*len, (size_t)want);
	*len -= MIN(*len, (size_t)want);
	if (host.program.prog.type->ctx != NULL) {
		run.ctx = ctx;
		run.ctx_len = host.program.prog.type->ctx->size;
		memcpy(ctx, packet, 64);
	}
	run.data_len = want;
	run.data_cap = PACKET_MAX;
	if (runtime_run(prog, &run, &err) == 0 || run.fault.status == ERR_TIME)
		return;
	if (run.fault.status != 0)
		fail(run.fault.slot, err.text, run.fault.addr, 0, run.fault.size);
	fprintf(stderr, "%s\n", err.text);
	abort();
}

static void run(const u8 *data, size_t len)
{
	struct runtime_options options = { .size = sizeof(options),
					   .dialect = host.program.prog.dialect,
					   .cpus = 1 };
	struct runtime *rt = NULL;
	struct runtime_prog *prog = NULL;
	struct error err = { 0 };
	u32 key = 2;

	if (runtime_new(&options, &rt, &err) != 0)
		return;
	/* Not every map and helper is offered by every build. */
	if (runtime_add_maps(rt, host.program.maps, host.program.prog.map_count, &err) != 0 ||
	    runtime_add_prog(rt, &host.program.prog, &watched_engine, NULL, &prog, &err) != 0) {
		runtime_free(rt);
		return;
	}
	if (len >= PROGRAM_VALUE) {
		(void)!map_write(runtime_map(rt, PROGRAM_HASH), &key, data, 0);
		(void)!map_write(runtime_map(rt, PROGRAM_ARRAY), &key, data, 0);
	}
	for (u32 i = 0; i < RUNS; i++)
		run_once(prog, &data, &len);
	runtime_free(rt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static u64 made, safe;
	enum oracle_verdict verdict;
	struct finding finding = { 0 };
	struct choice choice;
	struct error err = { 0 };
	bool is_plain;

	if (len > 4096 || len == 0)
		return 0;
	is_plain = data[0] % 2 != 0;
	choice = choice_of_bytes(data + 1, len - 1);
	program_make(&choice, is_plain ? PROGRAM_PLAIN : PROGRAM_ANY, FINDING_NONE, &host.program);
	if (prog_check(&host.program.prog, &err) != 0)
		return 0;
	if (made++ == 0)
		oracle_init(&oracle);
	program_policy(host.program.rules, &oracle.policy);
	oracle.runs = RUNS;
	oracle.verify_steps = 20000;
	oracle.verify_memory = (size_t)16 << 20;
	verdict = oracle_judge(&oracle, &host.program.prog, &choice, &finding);
	safe += verdict == ORACLE_SAFE;
	if (getenv("FUZZ_SHOW") != NULL) {
		oracle_show(&oracle, &host.program.prog);
		fprintf(stderr, "%s, %llu of %llu safe, %llu and %llu steps run\n",
			verdict == ORACLE_REFUSED ? finding_text((enum finding_id)finding.id)->id
						  : "",
			(unsigned long long)safe, (unsigned long long)made,
			(unsigned long long)oracle.stats.steps, (unsigned long long)host.steps);
	}
	if (verdict == ORACLE_VIOLATION) {
		oracle_complain(&oracle);
		abort();
	}
	/* The contexts of other types are the host's. */
	if (verdict == ORACLE_SAFE && is_plain &&
	    (host.program.prog.type->ctx == NULL || str_eq(host.program.prog.type->name, "xdp")))
		run(data, len);
	return 0;
}
