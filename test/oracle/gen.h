/* SPDX-License-Identifier: MIT */
/* What the parts of the generator share. What registers hold is followed roughly. */
#pragma once

#include "program.h"
#include "spec/helper_sets.h"
#include "spec/spec.h"

enum kind {
	K_NONE,
	K_NUMBER,
	K_CTX,
	K_STACK, /* r10 or below, by at most GEN_STACK bytes */
	K_PACKET,
	K_END,
	K_VALUE, /* PROGRAM_VALUE bytes from its start */
	K_OTHER, /* nothing that random statements use */
};

/* The frame: double words that programs use, then memory for helpers. */
/* Then iterators, one a loop. */
enum { GEN_WORDS = 8, GEN_KEY = -80, GEN_BUFFER = -128, GEN_BUFFER_SIZE = 48, GEN_ITER = -136 };

struct gen {
	struct choice *c;
	struct program *out;
	u32 count;
	u8 kinds[BPF_REG_COUNT];
	u16 locked;		  /* registers that random statements leave alone */
	u16 init;		  /* of the frame's words */
	bool has_key, has_buffer; /* these are initialised */
	u32 depth;		  /* of blocks */
	u32 loops;		  /* around */
	u32 no_first_word;	  /* a counter lies there */
	u32 held;		  /* what is acquired: no tail calls */
	u32 iterators;		  /* on the stack: no callback gets to it */
	bool is_leaky;		  /* much is done with addresses */
	u32 rank;		  /* of the function: it calls those of higher rank only */
	bool is_callback, is_plain, may_leak, has_mistake;
	enum dialect dialect;
	const struct spec_prog_type *type;
	const struct spec_ctx *ctx;
	u32 calls[PROGRAM_CALLS];
	u8 call_subprogs[PROGRAM_CALLS];
	u32 call_count, subprog_count;
	u8 entries[PROGRAM_SUBPROGS][BPF_REG_COUNT]; /* what a function gets */
	u8 callbacks[PROGRAM_SUBPROGS];		     /* enum spec_arg: it is one */
	u16 movers;				     /* bit i: function i moves the packet */
	u8 bodies[PROGRAM_SUBPROGS];		     /* enum bad_body */
	u32 finding;				     /* to be refused for; or FINDING_NONE */
	bool has_no_type, is_small;
};

/* One in n. */
static inline bool rarely(struct gen *g, u32 n)
{
	return pick(g->c, n) == 0;
}
bool gen_is_full(const struct gen *g);
u32 emit(struct gen *g, struct insn insn);
u8 gen_size(struct gen *g);
u8 gen_holding(struct gen *g, enum kind kind); /* BPF_REG_COUNT: no register does */
u8 gen_target(struct gen *g);		       /* a register that may be written */
u8 gen_saved(struct gen *g);		       /* of r6 to r9; BPF_REG_COUNT: none */
u8 gen_unknown(struct gen *g); /* a register with a number that no analysis can know */
void gen_set(struct gen *g, u8 reg, enum kind kind);
static inline bool is_locked(const struct gen *g, u8 reg)
{
	return (g->locked >> reg & 1) != 0;
}
bool gen_args_free(const struct gen *g); /* r0 to r5 may be written */

void mov_imm(struct gen *g, u8 dst, s64 imm);
void mov(struct gen *g, u8 dst, u8 src);
void alu_imm(struct gen *g, enum alu_op op, u8 dst, s64 imm);
void alu_reg(struct gen *g, enum alu_op op, u8 width, u8 dst, u8 src);
void load(struct gen *g, u8 bytes, u8 dst, u8 src, s32 off, bool is_signed);
void store(struct gen *g, u8 bytes, u8 dst, s32 off, u8 src);
void store_imm(struct gen *g, u8 bytes, u8 dst, s32 off, s64 imm);
void lddw(struct gen *g, enum lddw_op op, u8 dst, s64 imm, s32 off);
u32 jump_if(struct gen *g, enum jump_op op, u8 width, u8 dst, s64 imm);
u32 jump_reg(struct gen *g, enum jump_op op, u8 width, u8 dst, u8 src);
u32 jump(struct gen *g);
void land(struct gen *g, u32 slot); /* the jump at slot leads to here */
void jump_back(struct gen *g, u32 slot, u32 head);

struct gen_saved_state {
	u8 kinds[BPF_REG_COUNT];
	u16 init;
	bool has_key, has_buffer;
};
struct gen_saved_state gen_save(const struct gen *g);
void gen_restore(struct gen *g, const struct gen_saved_state *s);
void gen_meet(struct gen *g, const struct gen_saved_state *s);

void gen_block(struct gen *g, u32 most);

/* Statements. */
void gen_alu(struct gen *g);
void gen_unary(struct gen *g);
void gen_constant(struct gen *g);
void gen_if(struct gen *g);
void gen_clamp(struct gen *g);
void gen_choice(struct gen *g); /* one of two numbers */
void gen_loop(struct gen *g);
void gen_stack_store(struct gen *g);
void gen_stack_load(struct gen *g);
void gen_stack_variable(struct gen *g);
void gen_ctx(struct gen *g);
void gen_global(struct gen *g);
void gen_packet(struct gen *g);
void gen_packet_loop(struct gen *g);
void gen_packet_length(struct gen *g);
void gen_legacy(struct gen *g);
void gen_lookup(struct gen *g);
void gen_inner(struct gen *g);
void gen_helper(struct gen *g);
void gen_record(struct gen *g);
void gen_local(struct gen *g);
void gen_callback(struct gen *g);
void gen_tail_call(struct gen *g);
void gen_iterator(struct gen *g);
void gen_lock(struct gen *g);
void gen_timer(struct gen *g);
void gen_builtin(struct gen *g);
void gen_socket(struct gen *g);
void gen_timer_body(struct gen *g);
void gen_move(struct gen *g, u8 ctx); /* moves the packet */
void gen_moved(struct gen *g);
void gen_mistake(struct gen *g);	 /* what a verifier has to find */
void gen_bad(struct gen *g);		 /* changes an instruction that is there */
void gen_leak_of(struct gen *g, u8 reg); /* the address there, in programs that are about such */
/* So many operations on copies in dst of the address in src. */
void gen_reveal(struct gen *g, u8 dst, u8 src, u32 count);
void gen_leak(struct gen *g); /* addresses as numbers, for those who may */
void bad_body(struct gen *g, u32 index);
/* What the finding takes; NULL: any type. */
const struct spec_prog_type *gen_needed_type(struct gen *g);
u32 gen_needed_rules(const struct gen *g);
static inline bool has_rule(const struct gen *g, u32 rule)
{
	return (g->out->rules & rule) != 0;
}

/* index = some number below room; pointer += index: loads, stores and atomics through it. */
void gen_use_memory(struct gen *g, u8 base, s32 from, u32 room, bool may_write);
/* Bytes of the frame at off hold numbers. */
void gen_init_memory(struct gen *g, s32 off, u32 bytes);
void gen_call(struct gen *g, u32 id);
void gen_call_func(struct gen *g, enum program_func func);
bool gen_may_call(const struct gen *g, u32 id);
u32 gen_map_of(struct gen *g, u64 kinds); /* PROGRAM_MAPS: there is none */
void gen_lookup_in(struct gen *g, u32 map);
void gen_lookup_again(struct gen *g); /* r0 is the map */
/* A function with these arguments, or a callback; PROGRAM_SUBPROGS: no room. */
u32 gen_function_for(struct gen *g, enum spec_arg callback);
/* Around the body of a loop. */
struct gen_saved_state gen_loop_enter(struct gen *g);
void gen_loop_leave(struct gen *g, const struct gen_saved_state *head);
void gen_function(struct gen *g, u32 index);
