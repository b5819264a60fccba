/* SPDX-License-Identifier: MIT */
/* What an event costs: from a hook to a program that does nothing and back. The engine is one that
 * calls a C function, so that what is measured is the runtime alone. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "os/os.h"
#include "prog/facts.h"
#include "runtime/hook.h"
#include "runtime/link.h"

#define ROUND 20000 /* short, so that some of many have the processor for themselves */

static NOINLINE u64 bare(UNUSED struct exec *exec, UNUSED void *ctx)
{
	__asm__ volatile("" ::: "memory");
	return 0;
}

static void free_code(UNUSED struct prog_code *code) {}

static struct prog_code code = { .entry = bare, .free = free_code };

static int prepare(UNUSED const struct engine *with, UNUSED const struct prog *prog,
		   UNUSED const struct prog_binding *binding, struct prog_code **ret_code,
		   UNUSED struct error *err)
{
	*ret_code = &code;
	return 0;
}

static const struct engine engine = { "bare", prepare, NULL };
static const struct guid attach = { .data1 = 1 };

static struct {
	struct ctx_header header;
	u64 words[8];
} event;

struct bench {
	struct runtime *rt;
	struct runtime_prog *prog, *interpreted, *packets;
	struct hook *hook, *empty;
	struct runtime_link *link;
};

typedef void (*body)(struct bench *b, u32 count);

static u64 (*volatile bare_pointer)(struct exec *exec, void *ctx) = bare;

static void call(UNUSED struct bench *b, u32 count)
{
	u64 (*fn)(struct exec * exec, void *ctx) = bare_pointer;

	for (u32 i = 0; i < count; i++)
		fn(NULL, NULL);
}

static void enter_leave(struct bench *b, u32 count)
{
	for (u32 i = 0; i < count; i++)
		runtime_leave(b->rt, runtime_enter(b->rt));
}

static void invoke(struct bench *b, u32 count)
{
	u64 result;

	for (u32 i = 0; i < count; i++)
		if (runtime_invoke(b->prog, event.words, 0, &result) != 0)
			abort();
}

static void invoke_batch(struct bench *b, u32 count)
{
	u32 slot = runtime_enter(b->rt);
	u64 result;

	for (u32 i = 0; i < count; i++)
		if (runtime_invoke_in(b->rt, slot, b->prog, event.words, 0, &result) != 0)
			abort();
	runtime_leave(b->rt, slot);
}

static void invoke_packets(struct bench *b, u32 count)
{
	static u8 frame[1024];
	u32 slot = runtime_enter(b->rt);
	u64 result;

	for (u32 i = 0; i < count; i++) {
		struct runtime_packet packet = { frame, frame + sizeof(frame),
						 frame + PACKET_HEADROOM, frame + PACKET_HEADROOM,
						 frame + PACKET_HEADROOM + 64 };

		if (runtime_invoke_packet(b->rt, slot, b->packets, event.words, &packet, &result) !=
		    0)
			abort();
	}
	runtime_leave(b->rt, slot);
}

static void invoke_interpreted(struct bench *b, u32 count)
{
	u64 result;

	for (u32 i = 0; b->interpreted != NULL && i < count; i++)
		if (runtime_invoke(b->interpreted, event.words, 0, &result) != 0)
			abort();
}

static void run_hook(struct bench *b, u32 count)
{
	u32 verdict;

	for (u32 i = 0; i < count; i++)
		if (hook_run(b->hook, 0, event.words, 0, &verdict) != 1)
			abort();
}

static void look_at_unused(struct bench *b, u32 count)
{
	u32 verdict;

	for (u32 i = 0; i < count; i++)
		if (hook_is_used(b->empty) && hook_run(b->empty, 0, event.words, 0, &verdict) != 0)
			abort();
}

static double best(struct bench *b, body fn, u32 rounds)
{
	double least = 1e9;

	for (u32 i = 0; i < rounds * 100; i++) {
		u64 begin = os_clock_monotonic();
		double ns;

		fn(b, ROUND);
		ns = (double)(os_clock_monotonic() - begin) / ROUND;
		least = ns < least ? ns : least;
	}
	return least;
}

static int open_bench(struct bench *b)
{
	static const struct insn insns[] = {
		{ .kind = INSN_ALU, .op = ALU_MOV, .width = 64, .flags = INSN_IMM },
		{ .kind = INSN_EXIT },
	};
	static const struct prog_facts facts = { 0 }; /* as if it had been verified */
	static struct prog packets;
	static const struct prog_subprog subprog = { .name = "nothing", .count = 2 };
	static struct prog prog = { .name = "nothing",
				    .section = "",
				    .dialect = DIALECT_WINDOWS,
				    .insns = insns,
				    .insn_count = 2,
				    .subprogs = &subprog,
				    .subprog_count = 1 };
	struct runtime_options options = { .size = sizeof(options), .dialect = DIALECT_WINDOWS };
	struct hook_options hook = { .size = sizeof(hook), .attach_type = attach };
	struct hook_options empty = { .size = sizeof(empty), .attach_type = { .data1 = 2 } };
	struct link_options at = { .size = sizeof(at), .attach_type = attach };
	int r;

	prog.type = spec_prog_type_by_name(DIALECT_WINDOWS, "bind");
	r = runtime_new(&options, &b->rt, NULL);
	if (r == 0)
		r = runtime_add_prog(b->rt, &prog, &engine, &facts, &b->prog, NULL);
	packets = prog;
	packets.type = spec_prog_type_by_name(DIALECT_WINDOWS, "xdp");
	if (r == 0)
		r = runtime_add_prog(b->rt, &packets, &engine, &facts, &b->packets, NULL);
	if (r == 0 && engine_default() != NULL)
		r = runtime_add_prog(b->rt, &prog, engine_default(), &facts, &b->interpreted, NULL);
	if (r == 0)
		r = hook_new(b->rt, &hook, &b->hook, NULL);
	if (r == 0)
		r = hook_new(b->rt, &empty, &b->empty, NULL);
	at.prog = b->prog;
	return r == 0 ? link_attach(b->rt, &at, &b->link, NULL) : r;
}

static void row(struct bench *b, const char *name, body fn, u32 rounds, double base)
{
	double ns = best(b, fn, rounds);

	printf("%-44s %7.2f ns %7.1f x\n", name, ns, ns / base);
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 5;
	struct bench b = { 0 };
	double base;

	if (rounds == 0 || open_bench(&b) != 0) {
		fprintf(stderr, "usage: runtime_bench [ROUNDS]\n");
		return 64;
	}
	base = best(&b, call, rounds);
	printf("%-44s %7.2f ns\n", "a call of a function", base);
	row(&b, "enter and leave", enter_leave, rounds, base);
	row(&b, "an empty invocation", invoke, rounds, base);
	row(&b, "the same, inside of a batch", invoke_batch, rounds, base);
	row(&b, "the same, with a packet and its room", invoke_packets, rounds, base);
	row(&b, "the same, a hook with one program", run_hook, rounds, base);
	row(&b, "a hook that nothing is attached to", look_at_unused, rounds, base);
	row(&b, "an empty program, interpreted", invoke_interpreted, rounds, base);
	if (runtime_count_runs(b.rt, true, NULL) != 0)
		return 1;
	row(&b, "an empty invocation that is counted", invoke, rounds, base);
	core_put_user(link_core(b.link));
	hook_free(b.hook);
	hook_free(b.empty);
	runtime_free(b.rt);
	return 0;
}
