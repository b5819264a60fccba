/* SPDX-License-Identifier: MIT */
/* Two operations of which a target may make one: each with each, by several constants, the first
 * one's result in use later or not; as in the interpreter. */
#include "interp_fixture.h"
#include "interp/interp.h"
#include "jit/jit.h"

static const u64 values[] = { 0, 1, 0x8000000080000000, 0x123456789abcdef0, ~0ull };

static struct insn alu(u8 op, u8 width, u8 dst, u8 src, s64 imm)
{
	struct insn insn = { .kind = INSN_ALU, .op = op, .width = width, .dst = dst, .src = src };

	if (src == 0) {
		insn.flags = INSN_IMM;
		insn.imm = imm;
	}
	return insn;
}

static int prepare(struct machine *m, bool compiles)
{
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .mode = JIT_VERIFIED };

	machine_fini(m);
	return compiles ? jit_prepare(&m->prog, &m->binding, &options, &m->code, &m->err)
			: interp_prepare(&m->prog, &m->binding, &m->code, &m->err);
}

static u64 run(struct machine *m, u32 i)
{
	u64 three[3] = { values[i % 5], values[(i + 1 + i / 5) % 5], 0x55 };

	memcpy(m->mem, three, sizeof(three));
	return machine_go(m);
}

/* One is r4 by itself or r3; two joins r3 and r4, or changes r4. */
static bool agree(struct machine *m, struct insn one, struct insn two, bool dies)
{
	struct insn insns[] = {
		LOAD(8, 3, 1, 0),
		LOAD(8, 4, 1, 8),
		LOAD(8, 5, 1, 16),
		one,
		two,
		dies ? (struct insn)MOV_IMM(4, 9) : (struct insn)MOV_IMM(5, 9),
		alu(ALU_MUL, 64, 3, 0, 31),
		alu(ALU_ADD, 64, 3, 4, 0),
		alu(ALU_XOR, 64, 3, 5, 0),
		MOV_REG(0, 3),
		EXIT,
	};
	u64 want[10];

	machine_init(m, insns, ARRAY_COUNT(insns));
	if (prepare(m, false) != 0)
		return false;
	for (u32 i = 0; i < 10; i++)
		want[i] = run(m, i);
	if (prepare(m, true) != 0)
		return false;
	for (u32 i = 0; i < 10; i++)
		if (run(m, i) != want[i]) {
			printf("# %u %u %lld, %u %u %lld: r%u, r%u, dies %d\n", one.op, one.width,
			       one.imm, two.op, two.width, two.imm, two.dst, two.src, dies);
			return false;
		}
	machine_fini(m);
	return true;
}

static void pairs(void)
{
	static const u8 ops[] = { ALU_ADD, ALU_SUB, ALU_MUL, ALU_OR,  ALU_AND,
				  ALU_XOR, ALU_LSH, ALU_RSH, ALU_ARSH };
	static const s32 imms[] = { 1, 7, 31, 32, 63, 255, 0, -1 };
	static const u8 forms[][2] = { { 3, 4 }, { 4, 3 }, { 4, 4 }, { 5, 4 }, { 4, 0 } };
	struct machine m = { 0 };
	u32 turn = 0;

	for (u32 i = 0; i < 5 * 2; i++)
		for (u32 k = 0; k < ARRAY_COUNT(ops) * 2 * 2; k++)
			for (u32 f = 0; f < ARRAY_COUNT(forms); f++)
				for (u32 n = 0; n < 4; n++) {
					static const u8 first[] = { ALU_LSH, ALU_RSH, ALU_ARSH,
								    ALU_MUL, ALU_MUL };
					u8 width = i % 2 != 0 ? 32 : 64;
					struct insn one = alu(first[i / 2], width, 4,
							      i / 2 == 3 ? 3 : 0, imms[turn % 8]);
					struct insn two =
						alu(ops[k % 9], n == 3 ? 96 - width : width,
						    forms[f][0], forms[f][1], imms[turn / 8 % 8]);

					turn += 3;
					CHECK(agree(&m, one, two, k % 2 != 0));
				}
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(pairs))
