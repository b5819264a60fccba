/* SPDX-License-Identifier: MIT */
/* See table.h. */
#include "table.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const alu_names[] = {
#define ALU(NAME, name, code, off, group, symbol, expr) #name,
#include "isa/alu.def"
#undef ALU
};
static const char *const jump_names[] = {
#define JUMP(NAME, name, code, symbol, expr) #name,
#include "isa/jump.def"
#undef JUMP
};
static const char *const atomic_names[] = {
#define ATOMIC(NAME, name, imm, symbol, expr) #name,
#include "isa/atomic.def"
#undef ATOMIC
};
static const char *const kind_names[] = {
	"alu",	    "neg",    "movsx",	    "swap",	  "lddw",      "lddw_high", "load",
	"store",    "atomic", "load_acq",   "store_rel",  "ld_packet", "jump_if",   "jump",
	"may_goto", "call",   "call_local", "call_kfunc", "callx",     "exit",
};
static const char *const columns[COL_COUNT] = { "imm",	 "number", "ctx",  "stack", "packet", "map",
						"value", "mem",	   "host", "code",  "mixed" };

static enum column column_of(const struct machine *m, const struct word *w)
{
	if (w->tag == TAG_MIXED)
		return COL_MIXED;
	if (w->tag != TAG_POINTER)
		return COL_NUMBER;
	switch ((enum object_kind)m->objects[w->obj].kind) {
	case OBJECT_NONE: break;
	case OBJECT_CTX: return COL_CTX;
	case OBJECT_FRAME: return COL_STACK;
	case OBJECT_PACKET: return COL_PACKET;
	case OBJECT_MAP: return COL_MAP;
	case OBJECT_VALUE: return COL_VALUE;
	case OBJECT_MEM: return COL_MEM;
	case OBJECT_HOST: return COL_HOST;
	case OBJECT_CODE: return COL_CODE;
	case OBJECT_ITER: return COL_MEM;
	}
	return COL_NUMBER;
}

static bool has_width(const struct insn *insn)
{
	return insn->kind == INSN_ALU || insn->kind == INSN_JUMP_IF || insn->kind == INSN_NEG ||
	       insn->kind == INSN_MOVSX;
}

static void count_insn(void *arg, const struct machine *m, const struct insn *insn)
{
	struct table *t = arg;
	bool has_op =
		insn->kind == INSN_ALU || insn->kind == INSN_JUMP_IF || insn->kind == INSN_ATOMIC;
	u32 row = insn->kind * 16u + (has_op ? insn->op : 0);
	u32 width = has_width(insn) ? insn->width / 64u : insn->size == 8;
	enum column dst = column_of(m, &m->r[insn->dst]), src = column_of(m, &m->r[insn->src]);
	enum column column = dst;

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU:
	case INSN_JUMP_IF:
		if ((insn->flags & INSN_IMM) != 0)
			src = COL_IMM;
		if (dst == COL_NUMBER || (insn->kind == INSN_ALU && insn->op == ALU_MOV))
			column = src;
		break;
	case INSN_LOAD:
	case INSN_LOAD_ACQ:
	case INSN_MOVSX: column = src; break;
	case INSN_LDDW:
		column = insn->op == LDDW_IMM	 ? COL_IMM
			 : insn->op == LDDW_MAP	 ? COL_MAP
			 : insn->op == LDDW_CODE ? COL_CODE
						 : COL_VALUE;
		break;
	case INSN_NEG:
	case INSN_SWAP:
	case INSN_STORE:
	case INSN_ATOMIC:
	case INSN_STORE_REL: break;
	case INSN_LD_PACKET: column = (insn->flags & INSN_IMM) != 0 ? COL_IMM : COL_NUMBER; break;
	case INSN_LDDW_HIGH:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_CALL:
	case INSN_CALL_LOCAL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX:
	case INSN_EXIT: column = COL_IMM; break;
	}
	row = row * 2 + (width & 1);
	t->insns[row][column]++;
}

static void count_helper(void *arg, const struct spec_helper *helper)
{
	struct table *t = arg;

	for (u32 i = 0; i < 5; i++)
		t->args[(u32)helper->args[i] % TABLE_CLASSES]++;
	t->rets[(u32)helper->ret % TABLE_CLASSES]++;
}

void table_attach(struct table *table, struct machine_stats *stats)
{
	stats->insn = count_insn;
	stats->helper = count_helper;
	stats->arg = table;
}

static void row_name(u32 row, char *buf, size_t size)
{
	u32 kind = row / 32, op = row / 2 % 16;
	const char *name = kind < ARRAY_COUNT(kind_names) ? kind_names[kind] : "?", *sub = "";
	bool is_wide = row % 2 != 0;

	if (kind == INSN_ALU && op < ARRAY_COUNT(alu_names))
		sub = alu_names[op];
	else if (kind == INSN_JUMP_IF && op < ARRAY_COUNT(jump_names))
		sub = jump_names[op];
	else if (kind == INSN_ATOMIC && op < ARRAY_COUNT(atomic_names))
		sub = atomic_names[op];
	snprintf(buf, size, "%s %s%s", name, sub, is_wide ? " 64" : "");
}

static void print_insns(const struct table *t, u64 least)
{
	char name[64];

	printf("%-20s", "");
	for (u32 c = 0; c < COL_COUNT; c++)
		printf(" %10s", columns[c]);
	printf("\n");
	for (u32 row = 0; row < TABLE_ROWS; row++) {
		u64 sum = 0;

		for (u32 c = 0; c < COL_COUNT; c++)
			sum += t->insns[row][c];
		if (sum == 0)
			continue;
		row_name(row, name, sizeof(name));
		printf("%-20s", name);
		for (u32 c = 0; c < COL_COUNT; c++) {
			u64 n = t->insns[row][c];

			printf(" %9" PRIu64 "%c", (uint64_t)n, n != 0 && n < least ? '!' : ' ');
		}
		printf("\n");
	}
}

/* What no call that is accepted has, and why. */
static const char *no_arg(enum spec_arg arg)
{
	switch (arg) {
	case ARG_STACK: return "no helper takes it";
	case ARG_CTX_OR_SOCK: return "the program's type says which";
	case ARG_KPTR_FIELD:
	case ARG_KPTR_OR_NULL:
	case ARG_BTF:
	case ARG_BTF_OR_NULL:
	case ARG_PERCPU_BTF:
	case ARG_DYNPTR:
	case ARG_DYNPTR_OUT:
	case ARG_DYNPTR_RECORD:
	case ARG_DYNPTR_RECORD_OUT:
	case ARG_FUNC_VMA:
	case ARG_FUNC_RECORD:
	case ARG_TYPE_ID:
	case ARG_OBJECT:
	case ARG_SLICE_BUFFER: return "not modelled: refused";
	case ARG_MAP_MEM:
	case ARG_FROM_LOADER: return "only beside what is not modelled";
	default: return NULL;
	}
}

static const char *no_result(enum spec_ret ret)
{
	switch (ret) {
	case RET_UNSUPPORTED:
	case RET_DYNPTR_MEM_OR_NULL:
	case RET_PERCPU:
	case RET_PERCPU_OR_NULL:
	case RET_KPTR_OR_NULL:
	case RET_KERN_CTX:
	case RET_TYPED:
	case RET_OBJECT_OR_NULL:
	case RET_DYNPTR_SLICE_OR_NULL: return "not modelled: refused";
	case RET_FLOW_KEYS: return "of contexts only";
	default: return NULL;
	}
}

static void print_class(u64 count, u64 least, const char *name, const char *reason)
{
	printf("%12" PRIu64 "%c %s%s%s\n", (uint64_t)count,
	       count < least && reason == NULL ? '!' : ' ', name, reason != NULL ? ": " : "",
	       reason != NULL ? reason : "");
}

static void print_args(const struct table *t, u64 least)
{
	static const struct {
		enum spec_arg arg;
		const char *name;
	} rows[] = {
#define SPEC_ARG(NAME, number, name, text) { ARG_##NAME, name },
#include "spec/args.def"
#undef SPEC_ARG
	};

	printf("classes of arguments\n");
	for (u32 i = 1; i < ARRAY_COUNT(rows); i++)
		print_class(t->args[rows[i].arg], least, rows[i].name, no_arg(rows[i].arg));
}

static void print_results(const struct table *t, u64 least)
{
	static const struct {
		enum spec_ret ret;
		const char *name;
	} rows[] = {
#define SPEC_RET(NAME, number, name, text) { RET_##NAME, name },
#include "spec/returns.def"
#undef SPEC_RET
	};

	printf("classes of results\n");
	for (u32 i = 0; i < ARRAY_COUNT(rows); i++)
		print_class(t->rets[rows[i].ret], least, rows[i].name, no_result(rows[i].ret));
}

void table_print(const struct table *t, u64 least)
{
	print_insns(t, least);
	print_args(t, least);
	print_results(t, least);
	printf("findings: of programs, of false proofs\n");
	for (u32 i = 1; i < FINDING_COUNT; i++) {
		u64 forged = t->forged != NULL ? t->forged[i] : 0;

		printf("%12" PRIu64 " %10" PRIu64 "%c %s\n", (uint64_t)t->findings[i],
		       (uint64_t)forged, t->findings[i] + forged < least ? '!' : ' ',
		       finding_text((enum finding_id)i)->id);
	}
}
