/* SPDX-License-Identifier: MIT */
/* Short loops in x86-64 code: wherever they would begin, those that fit into a line of 64 bytes are
 * in one if a few bytes before them do that, and nothing else is different. */
#include "interp_fixture.h"
#include "jit/jit.h"
#include "prog/facts.h"

#define LINE  64
#define MOST  15 /* bytes before a loop */
#define BEGIN 3	 /* slots before what pushes the loop on */

/* r0 becomes `before`, and then thrice the number of rounds more. `body` instructions in the loop
 * are as long as those before it. */
static u32 build(struct insn *insns, u32 before, u32 body)
{
	u32 count = 0, head;

	insns[count++] = (struct insn)MOV_IMM(0, 0);
	insns[count++] = (struct insn)LOAD(8, 2, 1, 0);
	insns[count++] = (struct insn)LOAD(8, 3, 1, 8);
	for (u32 i = 0; i < before; i++)
		insns[count++] = (struct insn){
			.kind = INSN_ALU, .op = ALU_ADD, .width = 32, .dst = 0, .src = 3
		};
	head = count;
	for (u32 i = 0; i < body; i++)
		insns[count++] =
			(struct insn){ .kind = INSN_ALU, .op = ALU_ADD, .width = 64, .src = 3 };
	insns[count++] = (struct insn)ADD_IMM(2, -1);
	insns[count] = (struct insn){ .kind = INSN_JUMP_IF,
				      .op = JUMP_NE,
				      .width = 64,
				      .flags = INSN_IMM,
				      .dst = 2,
				      .off = (s32)head - (s32)count - 1 };
	count++;
	insns[count++] = (struct insn)EXIT;
	return count;
}

static struct helper_binding no_helper(UNUSED const void *arg, UNUSED u32 id)
{
	return (struct helper_binding){ 0 };
}

/* Where the loop begins, from its line's begin on, and how long it and all before it is. */
struct place {
	u32 at, len, head;
};

static int place(const struct insn *insns, u32 count, u32 head, u64 address, struct place *ret)
{
	const struct prog_subprog sub = { .name = "f", .count = count };
	const struct prog prog = { .name = "f",
				   .section = "",
				   .insns = insns,
				   .insn_count = count,
				   .subprogs = &sub,
				   .subprog_count = 1 };
	struct prog_fact rows[MACHINE_SLOTS];
	const struct prog_facts facts = { .rows = rows, .count = count };
	const struct prog_binding binding = { .helper = no_helper, .facts = &facts };
	const struct jit_options options = { .size = sizeof(options), .target = JIT_X86_64_SYSV };
	struct arena arena;
	struct jit *jit;
	u8 out[1024];
	size_t len;
	int status;

	for (u32 i = 0; i < count; i++)
		rows[i] = (struct prog_fact){ .flags = FACT_REACHED | FACT_TAKEN | FACT_NOT_TAKEN,
					      .hi = UINT64_MAX };
	arena_init(&arena, 0);
	status = jit_compile(&prog, &binding, &options, &arena, &jit, NULL);
	if (status == 0)
		status = jit_write(jit, out, sizeof(out), address, &len, NULL);
	if (status == 0) {
		ret->head = jit_offset(jit, head);
		ret->at = (u32)(address + ret->head) % LINE;
		ret->len = jit_offset(jit, count - 1) - ret->head;
	}
	arena_fini(&arena);
	return status;
}

static void places(void)
{
	struct insn insns[MACHINE_SLOTS];
	struct place p;
	u32 padded = 0, left = 0;

	for (u32 before = 0; before < 40; before++)
		for (u32 body = 1; body < 24; body++)
			for (u32 shift = 0; shift < 2; shift++) {
				u32 count = build(insns, before, body), plain = 12 + 2 * before;

				CHECK_EQ(place(insns, count, BEGIN + before, 0x10000 + 16 * shift,
					       &p),
					 0);
				CHECK_EQ(p.len, 3 * body + 5);
				CHECK(p.head >= plain && p.head <= plain + MOST);
				padded += p.head != plain;
				left += p.at + p.len > LINE;
				if (p.at + p.len > LINE && p.len <= LINE) {
					CHECK_EQ(p.head, plain);
					CHECK(LINE - p.at > MOST);
				}
				if (p.head != plain)
					CHECK_EQ(p.at, 0);
			}
	CHECK(padded > 100);
	CHECK(left > 100);
out:
	return;
}

/* They do what they did, on this machine's processor. */
static void runs(void)
{
	struct machine m = { 0 };
	struct insn insns[MACHINE_SLOTS];

	for (u32 before = 0; before < 32; before++)
		for (u32 body = 1; body < 16; body += 3) {
			const struct jit_options options = { .size = sizeof(options),
							     .target = jit_host_target() };
			const u64 values[] = { 5, 3 };

			machine_fini(&m);
			machine_init(&m, insns, build(insns, before, body));
			CHECK_EQ(jit_prepare(&m.prog, &m.binding, &options, &m.code, &m.err), 0);
			memcpy(m.mem, values, sizeof(values));
			CHECK_EQ(machine_go(&m), 3 * before + 5 * 3 * body);
		}
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(places), TAP_TEST(runs))
