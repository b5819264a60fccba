/* SPDX-License-Identifier: MIT */
/* What the parts of the JIT share: operations between eBPF and machine code, which are the same for
 * all targets, and what is known of the program. */
#pragma once

#include "isa/semantics.h"
#include "jit/jit.h"
#include "prog/facts.h"

#define JIT_NONE 0xff /* no register */

enum jit_code {
	JIT_NOP,
	JIT_FUNC,      /* a function begins: imm is its index */
	JIT_LABEL,     /* jumps to `slot` arrive here */
	JIT_MOV,       /* dst = a; width 32 zero-extends */
	JIT_CONST,     /* dst = imm, 64 bits; OP_OWN: not the program's, so nothing to blind */
	JIT_ALU,       /* dst = a OP (b or imm); op: enum alu_op but MOV */
	JIT_ROL,       /* dst = a rotated left by imm */
	JIT_NEG,       /* dst = -a */
	JIT_SEXT,      /* dst = sign-extended low `size` bytes of a; width */
	JIT_ZEXT,      /* dst = zero-extended low `size` bytes of a */
	JIT_BSWAP,     /* dst = byte-swapped low `size` bytes of a */
	JIT_LEA,       /* dst = a + (index << scale) + disp; a or index may be none; width */
	JIT_LOAD,      /* dst = size bytes at a + (index << scale) + disp; OP_SIGNED, OP_SWAP */
	JIT_STORE,     /* b or imm to there; OP_SWAP */
	JIT_ATOMIC,    /* op: enum atomic_op; at a + disp, with b; OP_FETCH; OP_ALIGNED */
	JIT_LOAD_ACQ,  /* dst = at a + disp */
	JIT_STORE_REL, /* b to a + disp */
	JIT_BRANCH,    /* if a OP (b or imm): to target; op: enum jump_op */
	JIT_JUMP,      /* to target */
	JIT_SELECT,   /* if a OP (b or imm): dst = index, or disp; op: enum jump_op; size 4: of that
			 the lower half, zero-extended */
	JIT_MAY_GOTO, /* to target once the loops are used up */
	JIT_CALL,     /* imm: address of a helper; disp: its flags */
	JIT_CALLX,    /* a has the id */
	JIT_CALL_FUNC, /* of function imm */
	JIT_PACKET,    /* r0 = size bytes of the packet at imm, or at a + imm */
	JIT_LOOKUP, /* r0 = address of a value of the map `target`, an array: key in memory at a +
		       (index << scale) + disp, or OP_IMM, imm; OP_BELOW */
	JIT_SLOT,   /* r0 = the invocation's slot */
	JIT_STOP,   /* ends the program: ERR_NOTSUP */
	JIT_EXIT,
};

enum jit_op_flag {
	OP_IMM = 1, /* the second operand is imm */
	OP_SIGNED = 2,
	OP_SWAP = 4,
	OP_FETCH = 8,
	OP_ALIGNED = 16,  /* known to be */
	OP_FRAME = 32,	  /* memory in the function's own frame */
	OP_STACK = 64,	  /* probably in the stack */
	OP_NONZERO = 128, /* the divisor */
	OP_INVERT = 8,	  /* BRANCH, SELECT: if it does not hold */
	OP_HALF = 16,	  /* SELECT: upper halves are zero before and afterwards */
	OP_BELOW = 8,	  /* LOOKUP: the key is one of the array's */
};
#define OP_OWN OP_SIGNED

struct jit_op {
	u8 code, op, width, size;
	u8 flags, dst, a, b;
	u8 index, scale;
	u16 live; /* registers that are read after it, as bits */
	s32 disp;
	u32 slot;   /* of the instruction, or of the last of those that it stands for */
	u32 target; /* slot; BRANCH and the like */
	s64 imm;
};

/* A register whose value is not computed yet: base + (index << scale) + disp, of registers that
 * are; index may be the register itself, as it was. narrow: of a copy, the lower half alone. */
struct jit_value {
	u8 base, index; /* JIT_NONE: none */
	u8 scale;
	bool narrow;
	s32 disp;
};

struct jit_func {
	u32 start, count; /* slots */
	u32 offset;	  /* of its code */
	u32 charge;	  /* of the budget when it is called */
	u16 saves;	  /* of r6 to r9, those that it writes */
	bool framed;	  /* uses r10, or may call what does */
	bool calls;	  /* anything: the host's stack has to be aligned */
	bool calls_own;	  /* another function of the program */
	bool reached;
};

/* Where things are in exec->engine. */
enum jit_engine {
	ENGINE_CTX,
	ENGINE_SP,     /* of the host: where the program, or the callback, ends */
	ENGINE_RESUME, /* what is executed then */
	ENGINE_FRAME,  /* r10 of whoever calls a helper with callbacks; see jit_call */
	ENGINE_DONE,   /* a callback has ended well */
	ENGINE_DEPTH,  /* frames above the first one */
	ENGINE_LOOPS,  /* of may_goto */
	ENGINE_STACK_BASE,
	ENGINE_STACK_LIMIT, /* 4: by log2 of the size */
	ENGINE_REGION_BASE = ENGINE_STACK_LIMIT + 4,
	ENGINE_REGION_LIMIT, /* 4 to read, 4 to write */
	ENGINE_COUNT = ENGINE_REGION_LIMIT + 8,
};
#define ENGINE_OFFSET(i) ((s32)(offsetof(struct exec, engine) + 8 * (size_t)(i)))

#define JIT_LOOPS 8388608 /* of may_goto, as Linux has it */

/* The third argument of jit_support.access. */
#define JIT_WHAT(slot, log2, write, atomic) \
	((u32)(slot) << 4 | (u32)(log2) << 2 | ((write) ? 2u : 0u) | ((atomic) ? 1u : 0u))

enum jit_slot_flag {
	SLOT_TARGET = 1,   /* of a jump */
	SLOT_START = 2,	   /* of a function */
	SLOT_LOOP = 4,	   /* of a jump backwards */
	SLOT_PURE = 8,	   /* nothing is lost without it when nobody reads what it writes */
	SLOT_REACHED = 16, /* as far as is known */
	SLOT_KNOWN = 32,   /* see jit_is_known */
	SLOT_SMALL = 64,   /* the verifier knows that dst's upper half is zero afterwards */
	SLOT_INLINE = 128, /* a call that jit_inline_at tells more of */
	SLOT_JUMPS = 256,  /* or may */
	SLOT_ENDS = 512,   /* what follows is not executed next */
	SLOT_MANY = 1024,  /* target of several jumps */
};

/* What is known of an instruction; all that several steps ask for, in one place. */
struct jit_slot {
	u16 live;  /* registers that are read from there on */
	u16 after; /* registers that are read after it */
	u16 uses;  /* registers that it reads */
	u16 defs;  /* those that it writes */
	u16 flags; /* enum jit_slot_flag */
};

struct jit {
	const struct prog *prog;
	const struct prog_binding *binding;
	struct jit_options options;
	const struct prog_facts *facts; /* NULL: none, or not to be used */
	struct arena *arena;
	struct error *err;

	struct jit_slot *slots; /* and one more */
	u32 *loop_ends;		/* by slot: the last jump backwards to it, if there is one */
	struct jit_func *funcs;
	u32 func_count;

	struct jit_op *ops;
	u32 op_count, op_cap;

	/* What the program needs. */
	bool exact; /* every register and frame as in the interpreter: there are no facts */
	bool checked;
	bool zero_frames; /* at their begin: exact, or a helper may show what was there */
	bool has_state;	  /* the entry keeps a pointer to struct exec */
	bool has_frames;
	bool has_loops;	    /* may_goto */
	bool needs_ctx;	    /* calls the host */
	bool has_callbacks; /* calls helpers that call back, or may */
	bool counts_depth;
	bool main_is_called;
	bool calls_support;

	/* While lowering. */
	u32 func; /* the last that has begun */
	/* By register: the last operation that has written it. Another one may have since: only to
	 * tell soon that there is nothing to fuse. */
	u32 makers[BPF_REG_COUNT];
	u32 loop_end;	/* where the loops end that have begun */
	u32 near_stack; /* see track_stack */
	u16 deferred;	/* registers that `values` are of */
	u16 upper_zero; /* registers whose upper halves are */
	struct jit_value values[BPF_REG_COUNT];
	u64 seed; /* state of the generator for blinding */
	size_t size;
	const struct jit_backend *backend;
	void *target;		       /* its own */
	const struct jit_sites *sites; /* likewise, once the code is written */
};

static inline bool jit_reached(const struct jit *j, u32 slot)
{
	return (j->slots[slot].flags & SLOT_REACHED) != 0;
}

/* Whether the verifier knows what the instruction makes of dst, and that is shown in 32 bits. */
static inline bool jit_is_known(const struct jit *j, u32 slot)
{
	return (j->slots[slot].flags & SLOT_KNOWN) != 0;
}

int jit_analyse(struct jit *j) MUST_CHECK;
/* What code is made instead of the helper that the slot calls. */
enum helper_inline jit_inline_at(const struct jit *j, u32 slot);

int jit_lower(struct jit *j) MUST_CHECK;
struct jit_op *jit_add(struct jit *j, u32 slot, enum jit_code code);
/* --- defer.c --- */

/* Those that are read after the slot's instruction for what was put off and is, too. */
u16 jit_needed_for(const struct jit *j, u32 deferred);

static inline u16 jit_needed_after(const struct jit *j, u32 slot)
{
	u16 live = j->slots[slot].after;
	u32 deferred = j->deferred & live;

	return deferred == 0 ? live : live | jit_needed_for(j, deferred);
}

static inline bool jit_is_deferred(const struct jit *j, u8 reg)
{
	return (j->deferred >> reg & 1) != 0;
}

/* Puts the instruction off, or makes it part of what was; false: it has to be lowered. */
bool jit_defer(struct jit *j, u32 slot, const struct insn *insn);
/* Computes those, which were put off. */
void jit_compute(struct jit *j, u16 regs, u32 slot);
void jit_compute_others(struct jit *j, u8 reg, u16 live, u32 slot);

/* Before reg gets a new value: computes what depends on the old one and is in `live`. What was put
 * off for reg itself stays, for the operation that reads it. */
static inline void jit_before_write(struct jit *j, u8 reg, u16 live, u32 slot)
{
	if ((j->deferred & ~(1u << reg)) != 0)
		jit_compute_others(j, reg, live, slot);
}

/* Computes those of regs that were put off. */
static inline void jit_flush(struct jit *j, u16 regs, u32 slot)
{
	regs &= j->deferred;
	if (regs != 0)
		jit_compute(j, regs, slot);
}

/* What the three below tell of a register that was put off. */
u8 jit_operand_of(struct jit *j, u8 reg, u32 width, u32 slot);
bool jit_constant_of(const struct jit *j, u8 reg, u32 width, u32 slot, s64 *ret_imm);
struct jit_value jit_address_of(struct jit *j, u8 reg, s32 off, u32 slot);

/* The register to read instead, of which `width` bits matter. */
static inline u8 jit_operand(struct jit *j, u8 reg, u32 width, u32 slot)
{
	return jit_is_deferred(j, reg) ? jit_operand_of(j, reg, width, slot) : reg;
}

/* Whether reg is a constant that nothing else in the block needs a register for: then in *ret_imm,
 * as `width` bits have it. */
static inline bool jit_constant(const struct jit *j, u8 reg, u32 width, u32 slot, s64 *ret_imm)
{
	return jit_is_deferred(j, reg) && jit_constant_of(j, reg, width, slot, ret_imm);
}

/* Memory at reg + off. */
static inline struct jit_value jit_address(struct jit *j, u8 reg, s32 off, u32 slot)
{
	if (jit_is_deferred(j, reg))
		return jit_address_of(j, reg, off, slot);
	return (struct jit_value){ .base = reg, .index = JIT_NONE, .disp = off };
}

/* Two shifts of one value and what puts the results together; op is the last one. */
void jit_fuse_rotate(struct jit *j);
/* Loads of neighbours, likewise. */
void jit_fuse_bytes(struct jit *j);
void jit_fuse_swap(struct jit *j);
void jit_fuse_store(struct jit *j);

/* Whether what the branch jumps over may be what jit_select() makes. */
static inline bool jit_may_select(const struct jit *j, u32 slot, const struct insn *insn)
{
	const struct insn *next = insn + 1;

	return (insn->off == 1 || insn->off == 2) && next->kind == INSN_ALU &&
	       next->op == ALU_MOV && (j->slots[slot + 1].flags & SLOT_TARGET) == 0;
}

/* A branch, of which only the comparison is given, around one move or between two of them, without
 * a jump. How many instructions that are behind it are done with it; 0: none, nor the branch. */
u32 jit_select(struct jit *j, u32 slot, const struct jit_op *compare);

u32 jit_func_at(const struct jit *j, u32 slot);

/* What a target is. */
struct jit_backend {
	int (*measure)(struct jit *j); /* sets j->size; what it keeps is in j->target */
	/* Sets j->sites, and the functions' offsets. */
	int (*write)(struct jit *j, u8 *out, size_t cap, u64 address, size_t *ret_len);
	/* After that: where the code begins that runs callbacks; see jit_program. */
	u32 (*thunk)(const struct jit *j);
	u32 (*dwarf_register)(u8 reg);
};
extern const struct jit_backend jit_x86_backend;
extern const struct jit_backend jit_a64_backend;

/* For blinding: never 0. */
u32 jit_random(struct jit *j);
