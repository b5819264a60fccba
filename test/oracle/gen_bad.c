/* SPDX-License-Identifier: MIT */
/* Which mistakes there are, what a program needs to make one, and instructions that are changed at
 * random. */
#include "gen_bad.h"

#include "base/str.h"

/* A mistake and what it takes: a type of program (of Linux; NULL: any), rules of the policy. Those
 * without a row need nothing. */
static const struct need {
	enum finding_id finding;
	bool linux_only;
	const char *types[3];
	u32 rules;
} needs[] = {
	{ FINDING_POINTER_ALU, .rules = RULE_UNPRIVILEGED },
	{ FINDING_POINTER_ALU_32, .rules = RULE_UNPRIVILEGED },
	{ FINDING_POINTER_SUB, .rules = RULE_UNPRIVILEGED },
	{ FINDING_POINTER_COMPARE, .rules = RULE_UNPRIVILEGED },
	{ FINDING_POINTER_LEAK, .rules = RULE_UNPRIVILEGED },
	{ FINDING_RETURN_TYPE, .rules = RULE_UNPRIVILEGED },
	{ FINDING_UNKNOWN_VARIABLE, .rules = RULE_UNPRIVILEGED },
	{ FINDING_NOT_NUMBER, true, { "socket_filter", "xdp", "sched_cls" }, 0 },
	{ FINDING_DIVISION_BY_ZERO, .rules = RULE_DIVISOR },
	{ FINDING_ARG_KEY_RANGE, .rules = RULE_STRICT },
	{ FINDING_ALIGNMENT, .rules = RULE_ALIGNED },
	{ FINDING_CTX_RANGE, true, { "xdp", "sched_cls", "kprobe" }, 0 },
	{ FINDING_CTX_FIELD, true, { "sched_cls", "socket_filter", "cgroup_skb" }, 0 },
	{ FINDING_CTX_POINTER, true, { "xdp", "sched_cls", "sched_cls" }, 0 },
	{ FINDING_CTX_READ_ONLY, true, { "xdp", "sched_cls", "cgroup_skb" }, 0 },
	{ FINDING_CTX_VARIABLE, true, { "xdp", "sched_cls", "cgroup_skb" }, 0 },
	{ FINDING_CTX_MODIFIED, true, { "xdp", "sched_cls", "kprobe" }, 0 },
	{ FINDING_PACKET_RANGE, true, { "xdp", "sched_cls", "sched_cls" }, 0 },
	{ FINDING_PACKET_READ_ONLY, true, { "cgroup_skb", "cgroup_skb", "cgroup_skb" }, 0 },
	{ FINDING_META_RANGE, true, { "xdp", "sched_cls", "xdp" }, 0 },
	{ FINDING_MEM_RANGE, true, { NULL }, 0 },
	{ FINDING_OBJECT_RANGE, true, { "sched_cls", "cgroup_skb", "sched_cls" }, 0 },
	{ FINDING_LOCK_FIELD, true, { NULL }, 0 },
	{ FINDING_LEGACY_PACKET, true, { "xdp", "kprobe", "sk_lookup" }, 0 },
	{ FINDING_LEGACY_CTX, true, { "socket_filter", "sched_cls", "cgroup_skb" }, 0 },
	{ FINDING_NO_CONTRACT, true, { NULL }, 0 },
	{ FINDING_ARG_SIZE, true, { NULL }, 0 },
	{ FINDING_ARG_CONST, true, { NULL }, 0 },
	{ FINDING_ARG_NOT_ACQUIRED, true, { NULL }, 0 },
	{ FINDING_ARG_MAP_MISMATCH, true, { "xdp", "sched_cls", "socket_filter" }, 0 },
	{ FINDING_ARG_FIELD, true, { "xdp", "sched_cls", "cgroup_skb" }, 0 },
	{ FINDING_TAIL_CALL_PLACE, true, { "xdp", "sched_cls", "kprobe" }, 0 },
	{ FINDING_STACK_DEPTH, true, { NULL }, 0 },
	{ FINDING_CALLBACK, true, { NULL }, 0 },
	{ FINDING_CALLBACK_RETURN, true, { NULL }, 0 },
	{ FINDING_CALLBACK_REFERENCE, true, { NULL }, 0 },
	{ FINDING_SLEEP, true, { "tracing", "kprobe", "tracing" }, 0 },
	{ FINDING_CALLBACK_SLEEP, true, { "tracing", "kprobe", "tracing" }, 0 },
	{ FINDING_LEAKED_REFERENCE, true, { NULL }, 0 },
	{ FINDING_REFERENCE_OFFSET, true, { NULL }, 0 },
	{ FINDING_TOO_MANY_REFS, true, { NULL }, 0 },
	{ FINDING_LOCK_TWICE, true, { "xdp", "sched_cls", "cgroup_skb" }, 0 },
	{ FINDING_LOCK_NOT_HELD, true, { "xdp", "sched_cls", "cgroup_skb" }, 0 },
	{ FINDING_LOCK_HELD, true, { "xdp", "sched_cls", "cgroup_skb" }, 0 },
	{ FINDING_RETURN_RANGE, true, { "cgroup_skb", "cgroup_sock_addr", "cgroup_sockopt" }, 0 },
};

static const struct need *need_of(u32 finding)
{
	for (size_t i = 0; i < ARRAY_COUNT(needs); i++) {
		if ((u32)needs[i].finding == finding)
			return &needs[i];
	}
	return NULL;
}

bool program_can_provoke(u32 finding)
{
	switch ((enum finding_id)finding) {
	case FINDING_NONE:
	case FINDING_PROOF_FORM:
	case FINDING_PROOF_POINT:
	case FINDING_PROOF_INSTANCE:
	case FINDING_PROOF_EXIT:
	case FINDING_NO_MEMORY:
	case FINDING_COUNT: return false;
	default: return true;
	}
}

const struct spec_prog_type *gen_needed_type(struct gen *g)
{
	const struct need *need = need_of(g->finding);

	if (need == NULL || !need->linux_only)
		return NULL;
	g->dialect = DIALECT_LINUX;
	if (need->types[0] != NULL)
		return spec_prog_type_by_name(g->dialect, need->types[pick(g->c, 3)]);
	return spec_prog_type_by_name(g->dialect, flip(g->c) ? "xdp" : "sched_cls");
}

u32 gen_needed_rules(const struct gen *g)
{
	const struct need *need = need_of(g->finding);

	return need != NULL ? need->rules : 0;
}

/* Any finding, where none is asked for. */
static u32 some_finding(struct gen *g)
{
	for (;;) {
		u32 finding = 1 + pick(g->c, FINDING_COUNT - 1);
		const struct need *need = need_of(finding);

		if (program_can_provoke(finding) &&
		    (need == NULL || !need->linux_only || g->dialect == DIALECT_LINUX))
			return finding;
	}
}

void gen_mistake(struct gen *g)
{
	u32 finding = g->finding;

	if (!gen_args_free(g))
		return;
	g->has_mistake = true;
	if (!program_can_provoke(finding))
		finding = some_finding(g);
	(void)(bad_value(g, (enum finding_id)finding) || bad_memory(g, (enum finding_id)finding) ||
	       bad_call(g, (enum finding_id)finding) || bad_held(g, (enum finding_id)finding) ||
	       bad_control(g, (enum finding_id)finding));
	for (u8 reg = 0; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
}

void gen_bad(struct gen *g)
{
	struct insn *insn = &g->out->insns[pick(g->c, g->count)];
	static const s32 steps[] = { -8, -4, -1, 1, 2, 4, 8, 16 };

	if (insn->kind == INSN_LDDW_HIGH || insn->kind == INSN_CALL_LOCAL)
		return;
	switch (pick(g->c, 7)) {
	case 0:
		if (insn->kind == INSN_LOAD || insn->kind == INSN_STORE)
			insn->off += steps[pick(g->c, ARRAY_COUNT(steps))];
		else
			insn->imm += (insn->flags & INSN_IMM) != 0 ? steps[pick(g->c, 8)] : 0;
		break;
	case 1:
		if ((insn->flags & INSN_IMM) != 0)
			insn->imm = choice_imm(g->c);
		break;
	case 2:
		if (insn->kind == INSN_JUMP_IF)
			insn->op = (u8)pick(g->c, JUMP_OP_COUNT);
		else if (insn->kind == INSN_ALU)
			insn->op = (u8)pick(g->c, ALU_OP_COUNT);
		break;
	case 3:
		if (insn->kind != INSN_EXIT && insn->kind != INSN_JUMP)
			insn->dst = (u8)pick(g->c, 11);
		break;
	case 4:
		if ((insn->flags & INSN_IMM) == 0 &&
		    (insn->kind == INSN_ALU || insn->kind == INSN_STORE || insn->kind == INSN_LOAD))
			insn->src = (u8)pick(g->c, 11);
		break;
	case 5:
		if (insn->kind == INSN_ALU || insn->kind == INSN_JUMP_IF)
			insn->width = insn->width == 32 ? 64 : 32;
		break;
	default:
		if (insn->kind != INSN_LDDW && insn->kind != INSN_EXIT && insn->kind != INSN_JUMP)
			*insn = (struct insn){ .kind = INSN_ALU,
					       .op = ALU_MOV,
					       .width = 64,
					       .dst = (u8)pick(g->c, 10),
					       .src = (u8)pick(g->c, 10) };
		break;
	}
}
