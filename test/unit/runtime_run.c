/* SPDX-License-Identifier: MIT */
/* Runs of programs: contexts and packets of both dialects, tail calls, map helpers, faults and
 * their words. */
#include "runtime_fixture.h"

#include "runtime/invocation.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

/* A packet's length from its two pointers; Windows' have 8 bytes, Linux's 4. */
static void packet_pointers(void)
{
	static const struct insn windows[] = {
		LOAD(8, 2, 1, 0),
		LOAD(8, 0, 1, 8),
		LOAD(8, 3, 1, 16),
		{ .kind = INSN_ALU, .op = ALU_SUB, .width = 64, .dst = 0, .src = 2 },
		LOAD(1, 4, 3, 2),
		STORE_IMM(1, 2, 0, 0x77),
		ADD_REG(0, 4),
		EXIT
	};
	static const struct insn linux_[] = {
		LOAD(4, 2, 1, 0),
		LOAD(4, 0, 1, 4),
		LOAD(4, 3, 1, 8),
		{ .kind = INSN_ALU, .op = ALU_SUB, .width = 64, .dst = 0, .src = 2 },
		LOAD(1, 4, 3, 2),
		STORE_IMM(1, 2, 0, 0x77),
		ADD_REG(0, 4),
		EXIT
	};
	u8 packet[60] = { 1, 2, 3 };
	u8 ctx[24];
	struct fixture f = { 0 };

	for (int i = 0; i < 2; i++) {
		struct runtime_run run = { .data = packet,
					   .data_len = sizeof(packet),
					   .ctx = ctx,
					   .ctx_len = sizeof(ctx) };

		memset(ctx, 0x11, sizeof(ctx));
		packet[0] = 1;
		CHECK_EQ(fixture_new(&f, i == 0 ? W : L), 0);
		CHECK_EQ(fixture_add(&f, i == 0 ? W : L, "xdp", NULL, 0, i == 0 ? windows : linux_,
				     ARRAY_COUNT(windows), NULL),
			 0);
		CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
		CHECK_EQ(run.result, 63);
		CHECK_EQ(packet[0], 0x77);
		/* No address gets out. */
		CHECK(ctx[0] == 0x11 && ctx[7] == 0x11 && ctx[23] == 0x11);
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

/* What the program writes to its context comes back, what it reads beyond the caller's bytes is
 * zero. */
static void context_in_and_out(void)
{
	static const struct insn insns[] = { LOAD(8, 0, 1, 56), LOAD(4, 2, 1, 0), ADD_REG(0, 2),
					     STORE_IMM(4, 1, 24, 0x0100007f), EXIT };
	u8 ctx[40] = { 2 };
	struct fixture f = { 0 };
	struct runtime_run run = { .ctx = ctx, .ctx_len = sizeof(ctx) };

	CHECK_EQ(fixture_new(&f, W), 0);
	CHECK_EQ(fixture_add(&f, W, "sock_addr", NULL, 0, insns, ARRAY_COUNT(insns), NULL), 0);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, 2);
	CHECK(ctx[24] == 0x7f && ctx[27] == 1 && ctx[0] == 2);
	run.ctx_len = 65;
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_INVAL);
	CHECK(strstr(f.err.text, "bpf_sock_addr_t, which has 64") != NULL);
	run.ctx_len = sizeof(ctx);
	run.data = ctx;
	run.data_len = 1;
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_INVAL);
	CHECK(strstr(f.err.text, "take no data") != NULL);
out:
	fixture_fini(&f);
}

static void raw_memory(void)
{
	/* r0 = r2; memory[0]++ */
	static const struct insn insns[] = { MOV_REG(0, 2), LOAD(1, 3, 1, 0), ADD_IMM(3, 1),
					     STORE(1, 1, 0, 3), EXIT };
	u8 memory[5] = { 7 };
	struct fixture f = { 0 };
	struct runtime_run run = { .data = memory, .data_len = sizeof(memory), .repeat = 4 };

	CHECK_EQ(fixture_new(&f, L), 0);
	CHECK_EQ(fixture_add(&f, L, "raw", NULL, 0, insns, ARRAY_COUNT(insns), NULL), 0);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, 5);
	CHECK_EQ(memory[0], 11); /* repetitions go on with what is there */
	run.data = NULL;
	run.data_len = 0;
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_FAULT);
	CHECK_EQ(run.fault.slot, 1);
	run.ctx = memory;
	run.ctx_len = 1;
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_INVAL);
out:
	fixture_fini(&f);
}

static const struct {
	struct insn insn;
	const char *text;
} faults[] = {
	{ LOAD(4, 0, 6, 58), "4-byte read at 0x" },
	{ LOAD(4, 0, 6, 58), "; runs past the end of the packet (60 bytes)" },
	{ LOAD(1, 0, 6, 60), "; just past the end of the packet (60 bytes)" },
	{ LOAD(1, 0, 6, 70), "; 10 bytes past the end of the packet (60 bytes)" },
	{ STORE_IMM(2, 6, -2, 0), "2-byte write at 0x" },
	{ STORE_IMM(2, 6, -2, 0), "; 2 bytes before the packet (60 bytes)" },
	{ LOAD(8, 0, 1, 32), "; just past the end of the context (32 bytes)" },
	{ LOAD(8, 0, 7, 16), "; a NULL pointer plus 16" },
	{ LOAD(8, 0, 10, 0), "; just past the end of the stack (4096 bytes)" },
};

static void fault_texts(void)
{
	static const struct prog_line lines[] = { { 0, 10, 1, "/src/a.c", "" },
						  { 2, 12, 1, "/src/deep/drop.c", "" } };
	u8 packet[60] = { 0 };
	struct fixture f = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(faults); i++) {
		struct insn insns[] = { LOAD(8, 6, 1, 0), MOV_IMM(7, 0), faults[i].insn,
					MOV_IMM(0, 0), EXIT };
		struct runtime_run run = { .data = packet, .data_len = sizeof(packet) };

		CHECK_EQ(fixture_new(&f, W), 0);
		CHECK_EQ(fixture_add(&f, W, "xdp", NULL, 0, insns, ARRAY_COUNT(insns), NULL), 0);
		f.progs[0].lines = lines;
		f.progs[0].line_count = ARRAY_COUNT(lines);
		CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_FAULT);
		CHECK_EQ(run.fault.slot, 2);
		CHECK(str_starts(f.err.text, "program 'test' stopped at slot 2 (drop.c:12): "));
		if (strstr(f.err.text, faults[i].text) == NULL)
			printf("# %s\n", f.err.text);
		CHECK(strstr(f.err.text, faults[i].text) != NULL);
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

static void other_ends(void)
{
	static const struct insn endless[] = { GOTO(-1), EXIT };
	static const struct insn no_helper[] = { MOV_IMM(2, 0x7fffffff), CALLX(2), EXIT };
	struct fixture f = { 0 };
	struct runtime_run run = { .budget = 1000 };

	CHECK_EQ(fixture_new(&f, W), 0);
	CHECK_EQ(fixture_add(&f, W, "bind", NULL, 0, endless, ARRAY_COUNT(endless), NULL), 0);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_TIME);
	CHECK(strstr(f.err.text, "budget") != NULL);
	CHECK_EQ(run.fault.status, ERR_TIME);
	fixture_fini(&f);
	CHECK_EQ(fixture_new(&f, W), 0);
	CHECK_EQ(fixture_add(&f, W, "bind", NULL, 0, no_helper, ARRAY_COUNT(no_helper), NULL), 0);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_NOTSUP);
	CHECK(strstr(f.err.text, "slot 1") != NULL);
out:
	fixture_fini(&f);
}

/* Counts its runs in a global and tail-calls itself for ever. */
static void tail_call_limit(void)
{
	static const struct insn insns[] = { MOV_REG(6, 1),	LOAD_VALUE(2, 1, 8),
					     LOAD(8, 3, 2, 0),	ADD_IMM(3, 1),
					     STORE(8, 2, 0, 3), MOV_REG(1, 6),
					     LOAD_MAP(2, 0),	MOV_IMM(3, 1),
					     CALL(5),		EXIT };
	const struct prog_map maps[] = { { .name = "progs",
					   .type = map_type(MAP_KIND_PROG_ARRAY),
					   .key_size = 4,
					   .value_size = 4,
					   .max_entries = 2 },
					 { .name = "count",
					   .type = map_type(MAP_KIND_ARRAY),
					   .key_size = 4,
					   .value_size = 16,
					   .max_entries = 1,
					   .is_global = true } };
	struct fixture f = { 0 };
	struct runtime_run run = { 0 };
	u64 *count;

	CHECK_EQ(fixture_new(&f, W), 0);
	CHECK_EQ(fixture_add(&f, W, "bind", maps, 2, insns, ARRAY_COUNT(insns), NULL), 0);
	count = map_direct_value(runtime_map(f.rt, 1));
	/* Nothing there: the call fails and the program goes on. */
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, (u64)-19);
	CHECK_EQ(count[1], 1);
	CHECK_EQ(runtime_set_prog(f.rt, 0, 1, f.prog, &f.err), 0);
	count[1] = 0;
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, (u64)-27); /* NO_MORE_TAIL_CALLS */
	CHECK_EQ(count[1], 34);
	run.repeat = 3; /* each repetition has its own 33 */
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(count[1], 34 * 4);
	/* Setting: places, kinds, types. */
	CHECK_EQ(runtime_set_prog(f.rt, 0, 2, f.prog, &f.err), ERR_RANGE);
	CHECK_EQ(runtime_set_prog(f.rt, 1, 0, f.prog, &f.err), ERR_INVAL);
	CHECK_EQ(runtime_set_prog(f.rt, 2, 0, f.prog, &f.err), ERR_NOENT);
	CHECK_EQ(runtime_set_prog(f.rt, 0, 1, NULL, &f.err), 0);
out:
	fixture_fini(&f);
}

static void tail_call_types(void)
{
	static const struct insn target[] = { MOV_IMM(0, 42), EXIT };
	static const struct insn caller[] = { LOAD_MAP(2, 0), MOV_IMM(3, 0), CALL(12),
					      MOV_IMM(0, 7), EXIT };
	const struct prog_map map = { .name = "progs",
				      .type = map_type(MAP_KIND_PROG_ARRAY),
				      .key_size = 4,
				      .value_size = 4,
				      .max_entries = 3 };
	struct fixture f = { 0 };
	struct runtime_prog *same = NULL, *other = NULL;
	struct runtime_run run = { 0 };

	CHECK_EQ(fixture_new(&f, L), 0);
	CHECK_EQ(fixture_add(&f, L, "xdp", &map, 1, caller, ARRAY_COUNT(caller), NULL), 0);
	CHECK_EQ(fixture_add(&f, L, "xdp", &map, 1, target, ARRAY_COUNT(target), &same), 0);
	CHECK_EQ(fixture_add(&f, L, "socket_filter", &map, 1, target, ARRAY_COUNT(target), &other),
		 0);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, 7);
	CHECK_EQ(runtime_set_prog(f.rt, 0, 0, same, &f.err), 0);
	CHECK_EQ(runtime_set_prog(f.rt, 0, 1, other, &f.err), ERR_INVAL);
	CHECK(strstr(f.err.text, "socket_filter") != NULL);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, 42);
out:
	fixture_fini(&f);
}

/* Legacy packet loads read the packet, and the context knows its length. */
static void legacy_packet(void)
{
	static const struct insn insns[] = {
		MOV_REG(6, 1),
		LOAD(4, 7, 1, 0),
		{ .kind = INSN_LD_PACKET, .size = 2, .flags = INSN_IMM, .imm = 12 },
		ADD_REG(0, 7),
		EXIT
	};
	u8 packet[14] = { [12] = 0x86, [13] = 0xdd };
	struct fixture f = { 0 };
	struct runtime_run run = { .data = packet, .data_len = sizeof(packet) };

	CHECK_EQ(fixture_new(&f, L), 0);
	CHECK_EQ(fixture_add(&f, L, "socket_filter", NULL, 0, insns, ARRAY_COUNT(insns), NULL), 0);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, 0x86dd + 14);
out:
	fixture_fini(&f);
}

static void slot_is_cpu(void)
{
	static const struct insn insns[] = { CALL(8), EXIT };
	struct runtime_options options = { .size = sizeof(options), .dialect = L, .cpus = 100 };
	struct fixture f = { 0 };
	struct runtime_run run = { 0 };

	CHECK_EQ(runtime_new(&options, &f.rt, &f.err), 0);
	CHECK_EQ(fixture_add(&f, L, "xdp", NULL, 0, insns, ARRAY_COUNT(insns), NULL), 0);
	for (u32 i = 0; i < 100; i++)
		CHECK(epoch_enter(&f.rt->epoch, i) == i);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_BUSY);
	epoch_leave(&f.rt->epoch, 77);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), 0);
	CHECK_EQ(run.result, 77);
out:
	for (u32 i = 0; f.rt != NULL && i < 100; i++)
		epoch_leave(&f.rt->epoch, i);
	fixture_fini(&f);
}

static void engines(void)
{
	const char *why = NULL;

	CHECK(engine_by_name("interpret", NULL) == engine_default());
	if (engine_by_name("jit", &why) == NULL)
		CHECK(why != NULL && strstr(why, "this processor") != NULL);
	CHECK(engine_by_name("warp", &why) == NULL);
	CHECK(strstr(why, "interpret, jit, ") != NULL);
out:
	return;
}

TAP_MAIN(TAP_TEST(packet_pointers), TAP_TEST(context_in_and_out), TAP_TEST(raw_memory),
	 TAP_TEST(fault_texts), TAP_TEST(other_ends), TAP_TEST(tail_call_limit),
	 TAP_TEST(tail_call_types), TAP_TEST(legacy_packet), TAP_TEST(slot_is_cpu),
	 TAP_TEST(engines))
