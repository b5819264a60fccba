/* SPDX-License-Identifier: MIT */
/* What depends on the program's type alone: who may write to packets, and in what way. */
#include "check/transfer.h"

#include "base/error.h"
#include "tap.h"

struct bench {
	struct transfer t;
	struct prog prog;
	struct insn insn;
	struct check_policy policy;
	struct state *state;
};

/* A store, load or atomic of 8 bytes at r1, which is where a packet of at least 8 bytes begins. */
static enum transfer_result access(struct bench *b, const struct spec_prog_type *type, u8 kind)
{
	b->prog = (struct prog){ .name = "a",
				 .section = "",
				 .dialect = type->dialect,
				 .type = type,
				 .insns = &b->insn,
				 .insn_count = 1 };
	b->insn = (struct insn){ .kind = kind, .dst = 1, .src = 2, .size = 8 };
	if (kind == INSN_LOAD)
		b->insn.src = 1;
	check_policy_default(&b->policy);
	transfer_init(&b->t, &b->prog, NULL, &b->policy, NULL);
	state_init(b->state);
	b->state->regs[1] = value_pointer(VALUE_PACKET, 0);
	b->state->regs[2] = value_const(1);
	if (!diff_add(&b->state->diff, SYM_ZERO, SYM_LEN, -8))
		return TRANSFER_DEAD;
	return transfer_insn(&b->t, b->state, 0);
}

static void test_packets(void)
{
	static const char *const linux_types[] = { "sched_cls", "sched_act", "xdp",
						   "lwt_xmit",	"sk_skb",    "sk_msg" };
	static const char *const windows_types[] = { "xdp", "sample" };
	struct bench b = { .state = mem_zalloc(sizeof(*b.state)) };
	u32 may_write[(DIALECT_LINUX + 1)] = { 0 };

	CHECK(b.state != NULL);
	for (u32 dialect = 0; dialect < (DIALECT_LINUX + 1); dialect++) {
		for (u32 number = 0; number < 1100; number++) {
			const struct spec_prog_type *type =
				spec_prog_type_by_number((enum dialect)dialect, number);

			if (type == NULL || (type->flags & PROG_TYPE_RAW) != 0)
				continue;
			if (access(&b, type, INSN_STORE) == TRANSFER_OK) {
				may_write[dialect]++;
				CHECK_EQ(access(&b, type, INSN_LOAD), TRANSFER_OK);
			} else {
				CHECK_EQ(b.t.finding.id, FINDING_PACKET_READ_ONLY);
			}
			/* Others may read it just now. */
			CHECK_EQ(access(&b, type, INSN_ATOMIC), TRANSFER_FAIL);
		}
	}
	CHECK_EQ(may_write[DIALECT_LINUX], ARRAY_COUNT(linux_types));
	CHECK_EQ(may_write[DIALECT_WINDOWS], ARRAY_COUNT(windows_types));
	for (size_t i = 0; i < ARRAY_COUNT(linux_types); i++) {
		const struct spec_prog_type *type =
			spec_prog_type_by_name(DIALECT_LINUX, linux_types[i]);

		CHECK(type != NULL);
		CHECK_EQ(access(&b, type, INSN_STORE), TRANSFER_OK);
	}
	for (size_t i = 0; i < ARRAY_COUNT(windows_types); i++) {
		const struct spec_prog_type *type =
			spec_prog_type_by_name(DIALECT_WINDOWS, windows_types[i]);

		CHECK(type != NULL);
		CHECK_EQ(access(&b, type, INSN_STORE), TRANSFER_OK);
	}
out:
	mem_free(b.state);
}

/* Which of two values of a section is meant when one may be NULL and has no name. */
static void test_null_compare(void)
{
	static struct prog_map map = {
		.name = "m", .key_size = 4, .value_size = 64, .max_entries = 1, .is_global = true
	};
	struct bench b = { .state = mem_zalloc(sizeof(*b.state)) };
	struct state *taken = mem_zalloc(sizeof(*taken));
	bool feasible[2];

	CHECK(b.state != NULL && taken != NULL);
	for (u32 nullable = 0; nullable < 4; nullable++) {
		const struct spec_prog_type *type = spec_prog_type_by_name(DIALECT_LINUX, "kprobe");

		CHECK(type != NULL);
		CHECK(access(&b, type, INSN_LOAD) != TRANSFER_CALL);
		b.prog.maps = &map;
		b.prog.map_count = 1;
		b.insn = (struct insn){
			.kind = INSN_JUMP_IF, .op = JUMP_LT, .width = 64, .dst = 1, .src = 2
		};
		state_init(b.state);
		for (u32 reg = 1; reg <= 2; reg++) {
			struct value *v = &b.state->regs[reg];

			*v = value_pointer(VALUE_MAP_VALUE, 0);
			v->size = 64;
			v->n = scalar_range_u(0, 32);
			v->flags = (nullable & reg) != 0 ? VALUE_NULLABLE : 0;
			value_fix(v);
		}
		CHECK_EQ(transfer_branch(&b.t, b.state, 0, taken, feasible), TRANSFER_OK);
		CHECK(feasible[CFG_NEXT] && feasible[CFG_TARGET]);
		CHECK_EQ(taken->regs[1].n.umax, nullable == 0 ? 31 : 32);
		CHECK_EQ(taken->regs[2].n.umin, nullable == 0 ? 1 : 0);
	}
out:
	mem_free(b.state);
	mem_free(taken);
}

TAP_MAIN(TAP_TEST(test_packets), TAP_TEST(test_null_compare))
