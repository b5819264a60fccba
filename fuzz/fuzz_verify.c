/* SPDX-License-Identifier: MIT */
/* Any bytes as a program, its packet and its maps' contents: what verifies runs without a fault,
 * and every fact that was told about it holds at every step. With FUZZ_SHOW set, programs are
 * printed. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "interp_ref.h"
#include "isa/disasm.h"
#include "program.h"
#include "runtime/runtime.h"
#include "spec/spec.h"
#include "verify/verify.h"

#define PACKET_MAX 96
#define RAW_SIZE   16
#define RUN_STEPS  100000
#define RUNS	   3

struct oracle {
	struct program program;
	struct prog_facts facts;
	struct prog_fact rows[PROGRAM_SLOTS];
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
};

static struct oracle oracle;

static void show(void)
{
	const struct prog *prog = &oracle.program.prog;

	fprintf(stderr, "# %s %s\n", dialect_name(prog->dialect),
		prog->type != NULL ? prog->type->name : "?");
	for (u32 i = 0; i < prog->insn_count; i++) {
		struct strbuf text = { 0 };

		if (prog->insns[i].kind == INSN_LDDW_HIGH)
			continue;
		disasm_insn(&text, &prog->insns[i], i, NULL);
		fprintf(stderr, "%s%4u: %s\n", prog_subprog_at(prog, i)->start == i ? "--\n" : "",
			i, strbuf_str(&text));
		strbuf_fini(&text);
	}
}

static void fail(u32 slot, const char *what, u64 value, u64 lo, u64 hi)
{
	show();
	fprintf(stderr, "at slot %u: %s: 0x%llx, told 0x%llx to 0x%llx\n", slot, what,
		(unsigned long long)value, (unsigned long long)lo, (unsigned long long)hi);
	abort();
}

static bool is_number_op(const struct insn *insn)
{
	return insn->kind == INSN_ALU || insn->kind == INSN_LOAD || insn->kind == INSN_NEG ||
	       insn->kind == INSN_MOVSX || insn->kind == INSN_SWAP;
}

static void check_after(struct oracle *o, u32 next, u64 *regs)
{
	const struct insn *insn = &o->program.insns[o->slot];
	const struct prog_fact *fact = &o->rows[o->slot];
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

static void check_before(const struct oracle *o, u32 slot, const u64 *regs)
{
	const struct insn *insn = &o->program.insns[slot];
	const struct prog_fact *fact = &o->rows[slot];
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

static void count_visit(struct oracle *o, u32 slot, u32 depth)
{
	const struct prog_fact *fact = &o->rows[slot];

	if (o->slot != PROG_NO_INDEX && depth > o->depth)
		memset(o->visits[depth], 0, sizeof(o->visits[depth]));
	o->visits[depth][slot]++;
	if (fact->visits != 0 && o->visits[depth][slot] > fact->visits)
		fail(slot, "visits", o->visits[depth][slot], 0, fact->visits);
}

static bool watch(void *arg, u32 slot, u32 depth, u64 *regs)
{
	struct oracle *o = arg;

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

	oracle.exec = exec;
	oracle.slot = PROG_NO_INDEX;
	oracle.depth = 0;
	memset(oracle.visits[0], 0, sizeof(oracle.visits[0]));
	result = ref_run_watched(w->prog, &w->binding, exec, ctx, RUN_STEPS, watch, &oracle);
	oracle.steps += result.steps;
	if (exec->fault.status == 0)
		exec->fault = result.fault;
	return result.value;
}

static void watched_free(struct prog_code *code)
{
	mem_free(code);
}

static int watched_prepare(const struct prog *prog, const struct prog_binding *binding,
			   struct prog_code **ret_code, struct error *err)
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

static const struct engine watched_engine = { "watched", watched_prepare };

static void run_once(struct runtime_prog *prog, const u8 **data, size_t *len)
{
	static u8 packet[PACKET_MAX];
	struct error err = { 0 };
	u8 ctx[64] = { 0 };
	struct runtime_run run = { .data = packet };
	u32 want = *len > 0 ? **data % PACKET_MAX : 0;

	if (oracle.program.prog.type->ctx == NULL && want < RAW_SIZE)
		want = RAW_SIZE;
	memset(packet, 0xff, sizeof(packet));
	memcpy(packet, *data, MIN(*len, (size_t)want));
	*data += MIN(*len, (size_t)want);
	*len -= MIN(*len, (size_t)want);
	if (oracle.program.prog.type->ctx != NULL) {
		run.ctx = ctx;
		run.ctx_len = oracle.program.prog.type->ctx->size;
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
					   .dialect = oracle.program.prog.dialect,
					   .cpus = 1 };
	struct runtime *rt = NULL;
	struct runtime_prog *prog = NULL;
	struct error err = { 0 };
	u32 key = 2;

	if (runtime_new(&options, &rt, &err) != 0)
		return;
	if (runtime_add_maps(rt, oracle.program.maps, PROGRAM_MAPS, &err) != 0 ||
	    runtime_add_prog(rt, &oracle.program.prog, &watched_engine, false, &prog, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
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
	struct verify_options options;
	struct verify_result result;
	struct error err = { 0 };
	int status;

	if (len > 4096)
		return 0;
	program_make(&data, &len, &oracle.program);
	if (prog_check(&oracle.program.prog, &err) != 0)
		return 0;
	verify_options_default(&options);
	options.policy.raw_size = RAW_SIZE;
	options.max_steps = 100000;
	options.max_memory = (size_t)16 << 20;
	facts_init(&oracle.facts, oracle.rows, oracle.program.prog.insn_count);
	options.facts = &oracle.facts;
	made++;
	status = verify_prog(&oracle.program.prog, &options, &result, &err);
	if (getenv("FUZZ_SHOW") != NULL) {
		show();
		fprintf(stderr, "%d %s, %llu of %llu safe, %llu steps run\n", status,
			status == 0 && !result.is_safe ? finding_text(result.finding.id)->id : "",
			(unsigned long long)safe, (unsigned long long)made,
			(unsigned long long)oracle.steps);
	}
	if (status != 0 || !result.is_safe)
		return 0;
	safe++;
	run(data, len);
	return 0;
}
