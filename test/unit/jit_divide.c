/* SPDX-License-Identifier: MIT */
/* Division by constants, by all that are interesting and some at random, of numerators around their
 * multiples. */
#include "interp_fixture.h"
#include "interp_ref.h"
#include "isa/semantics.h"
#include "jit/jit.h"

static u64 state = 88172645463325252ull;

static u64 next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* dst and where the dividend comes from: all pairs are tried in turn. */
static int divide(struct machine *m, u8 op, u8 width, s32 d, u8 dst, u8 src, bool blind)
{
	struct insn insns[] = {
		LOAD(8, 9, 1, 0),
		MOV_IMM(0, 0x10),
		MOV_IMM(3, 0x33),
		MOV_REG(src, 9),
		MOV_REG(dst, src),
		{ .kind = INSN_ALU, .op = op, .width = width, .flags = INSN_IMM, .imm = d },
		/* Others are as they were. */
		STORE(8, 1, 8, 0),
		STORE(8, 1, 16, 3),
		MOV_REG(0, dst),
		EXIT,
	};
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .blind = blind,
					     .blind_seed = 1 };

	insns[5].dst = dst;
	machine_fini(m);
	machine_init(m, insns, ARRAY_COUNT(insns));
	return jit_prepare(&m->prog, &m->binding, &options, &m->code, &m->err);
}

static void constants(void)
{
	static const u8 ops[] = { ALU_DIV, ALU_MOD, ALU_SDIV, ALU_SMOD };
	static const u8 regs[] = { 0, 3, 4, 6 };
	struct machine m = { 0 };

	for (u32 i = 0; i < 700; i++) {
		s32 d = i < 150	  ? (s32)i - 50
			: i < 214 ? (s32)((1u << (i - 150) / 2) - (i & 1))
				  : (s32)(next() >> (next() & 31));

		for (u32 k = 0; k < 16; k++) {
			u8 op = ops[k & 3], width = (k & 4) != 0 ? 32 : 64;
			u8 dst = regs[(i + k) & 3], src = regs[(i >> 2) & 3];

			if (src == dst)
				src = 5;
			CHECK_EQ(divide(&m, op, width, d, dst, src, (k & 8) != 0), 0);
			for (u32 n = 0; n < 24; n++) {
				u64 a = n < 4	 ? n - 2ull
					: n < 8	 ? (1ull << 63) + n - 6
					: n < 12 ? (1ull << 31) + n - 10
					: n < 18 ? (u64)d * (next() >> 36) + n - 15
						 : next() >> (next() & 63);
				u64 want = alu_eval((enum alu_op)op, width, a,
						    width == 32 ? (u32)d : (u64)(s64)d);

				memcpy(m.mem, &a, 8);
				CHECK_EQ(machine_go(&m), want);
				if (dst != 0 && src != 0)
					CHECK_EQ(m.mem[8], 0x10);
				if (dst != 3 && src != 3)
					CHECK_EQ(m.mem[16], 0x33);
			}
		}
	}
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(constants))
