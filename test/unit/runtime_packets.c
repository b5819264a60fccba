/* SPDX-License-Identifier: MIT */
/* Packets of a hook: programs change their bounds where they lie, one after the other, in batches.
 */
#include "runtime_fixture.h"

#include "os/os.h"
#include "runtime/hook.h"
#include "runtime/invocation.h"

#define L DIALECT_LINUX
#define W DIALECT_WINDOWS

#define FRAME  4096u
#define FRAMES 8u

enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

/* What moves the bounds: r6 has the context. */
#define MOVE(id, by) MOV_REG(1, 6), MOV_IMM(2, by), CALL(id)
#define HEAD	     44
#define META	     54
#define TAIL	     65

static const u32 order[] = { XDP_PASS, XDP_TX, XDP_REDIRECT, XDP_DROP, XDP_ABORTED };
static const struct hook_verdicts verdicts = { .order = order,
					       .count = ARRAY_COUNT(order),
					       .stop = XDP_ABORTED,
					       .other = XDP_ABORTED,
					       .nothing = XDP_PASS };
static const struct guid at = { .data1 = 4711 };

struct world {
	struct fixture f;
	struct hook *hook;
	struct runtime_link *links[3];
	u32 link_count;
	u8 *frames;
	struct {
		struct ctx_header header;
		u8 context[64];
	} event;
};

static int open_world(struct world *w, enum dialect dialect)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = dialect, .cpus = 2 };
	struct hook_options hook = { .size = sizeof(hook),
				     .attach_type = at,
				     .prog_type = spec_prog_type_by_name(dialect, "xdp")->guid,
				     .mode = HOOK_MULTI,
				     .has_param = true,
				     .verdicts = &verdicts };
	int r = runtime_new(&options, &w->f.rt, &w->f.err);

	if (r == 0)
		r = hook_new(w->f.rt, &hook, &w->hook, &w->f.err);
	if (r == 0) {
		w->frames = os_low_alloc(FRAMES * FRAME);
		r = w->frames == NULL ? ERR_NOMEM : 0;
	}
	return r;
}

static void close_world(struct world *w)
{
	for (u32 i = 0; i < w->link_count; i++)
		core_put_user(link_core(w->links[i]));
	w->link_count = 0;
	hook_free(w->hook);
	w->hook = NULL;
	os_low_free(w->frames, FRAMES * FRAME);
	fixture_fini(&w->f);
}

static int attach(struct world *w, enum dialect dialect, const struct insn *insns, size_t count)
{
	struct runtime_prog *prog = NULL;
	struct link_options options = { .size = sizeof(options), .attach_type = at };
	int r = fixture_add(&w->f, dialect, "xdp", NULL, 0, insns, count, &prog);

	options.prog = prog;
	if (r == 0)
		r = link_attach(w->f.rt, &options, &w->links[w->link_count], &w->f.err);
	if (r == 0)
		w->link_count++;
	return r;
}
#define ATTACH(dialect, insns) attach(&w, dialect, insns, ARRAY_COUNT(insns))

/* A frame's packet of len bytes, which are its number. */
static struct runtime_packet packet_in(struct world *w, u32 frame, u32 len)
{
	u8 *low = w->frames + frame * FRAME;
	struct runtime_packet packet = { .low = low,
					 .high = low + FRAME - PACKET_TAILROOM,
					 .meta = low + PACKET_HEADROOM,
					 .data = low + PACKET_HEADROOM,
					 .end = low + PACKET_HEADROOM + len };

	memset(packet.data, (int)frame, len);
	return packet;
}

/* The first one puts two bytes before the packet, four more of metadata and a byte behind; the
 * second one moves what it finds in the metadata to where the packet begins. */
static const struct insn grow[] = { MOV_REG(6, 1),	MOVE(HEAD, -2),
				    LOAD(4, 7, 6, 0),	STORE_IMM(2, 7, 0, 0x4241),
				    MOVE(TAIL, 1),	MOVE(META, -4),
				    LOAD(4, 7, 6, 8),	STORE_IMM(4, 7, 0, 0x44434241),
				    MOV_IMM(0, XDP_TX), EXIT };
static const struct insn use_meta[] = { LOAD(4, 7, 1, 8),  LOAD(4, 8, 1, 0),	 LOAD(4, 9, 7, 0),
					STORE(4, 8, 2, 9), MOV_IMM(0, XDP_PASS), EXIT };

static void bursts(void)
{
	struct world w = { 0 };
	struct hook_batch batch = { 0 };
	struct runtime_packet packet;
	u32 verdict;

	CHECK_EQ(open_world(&w, L), 0);
	CHECK_EQ(ATTACH(L, grow), 0);
	CHECK_EQ(ATTACH(L, use_meta), 0);
	for (u32 burst = 0; burst < 2; burst++) {
		CHECK_EQ(hook_batch_begin(w.hook, &batch), 0);
		for (u32 i = 0; i < FRAMES; i++) {
			packet = packet_in(&w, i, 60);
			CHECK_EQ(
				hook_batch_run(&batch, 0, w.event.context, &packet, &verdict, NULL),
				2);
			CHECK_EQ(verdict, XDP_TX);
			CHECK(packet.data == w.frames + i * FRAME + PACKET_HEADROOM - 2);
			CHECK(packet.meta == packet.data - 4 && packet.end == packet.data + 63);
			CHECK(memcmp(packet.data, "ABABCD", 6) == 0);
			CHECK(packet.data[6] == (u8)i && packet.data[62] == 0);
		}
		hook_batch_end(&batch);
	}
out:
	if (batch.hook != NULL)
		hook_batch_end(&batch);
	close_world(&w);
}

/* All of the room, and no more. */
static void to_the_edge(void)
{
	static const struct insn all[] = { MOV_REG(6, 1),	 MOVE(HEAD, -PACKET_HEADROOM),
					   MOV_REG(7, 0),	 MOVE(HEAD, -1),
					   MOV_REG(8, 0),	 MOVE(TAIL, 3520 - 60),
					   ADD_REG(7, 0),	 MOVE(TAIL, 1),
					   ADD_REG(8, 0),	 MOV_REG(0, 7),
					   JEQ_IMM(8, -44, 1),	 EXIT,
					   MOV_IMM(0, XDP_PASS), EXIT };
	/* Beyond the packet, though the buffer goes on. */
	static const struct insn beyond[] = { LOAD(4, 7, 1, 4), LOAD(1, 0, 7, 0), EXIT };
	struct world w = { 0 };
	struct hook_batch batch = { 0 };
	struct runtime_packet packet;
	u32 verdict;

	CHECK_EQ(open_world(&w, L), 0);
	CHECK_EQ(ATTACH(L, all), 0);
	CHECK_EQ(hook_batch_begin(w.hook, &batch), 0);
	packet = packet_in(&w, 3, 60);
	CHECK_EQ(hook_batch_run(&batch, 0, w.event.context, &packet, &verdict, NULL), 1);
	CHECK_EQ(verdict, XDP_PASS);
	CHECK(packet.data == packet.low && packet.end == packet.high);
	hook_batch_end(&batch);
	CHECK_EQ(ATTACH(L, beyond), 0);
	CHECK_EQ(hook_batch_begin(w.hook, &batch), 0);
	packet = packet_in(&w, 3, 60);
	CHECK_EQ(hook_batch_run(&batch, 0, w.event.context, &packet, &verdict, NULL), 2);
	CHECK_EQ(verdict, XDP_ABORTED);
	CHECK(packet.end == packet.high);
	hook_batch_end(&batch);
out:
	if (batch.hook != NULL)
		hook_batch_end(&batch);
	close_world(&w);
}

static void redirected(void)
{
	static const struct insn go[] = { MOV_IMM(1, 9), MOV_IMM(2, 0), CALL(23), EXIT };
	static const struct insn other[] = { MOV_IMM(1, 8), MOV_IMM(2, 0), CALL(23),
					     MOV_IMM(0, XDP_PASS), EXIT };
	struct world w = { 0 };
	struct hook_batch batch = { 0 };
	struct runtime_packet packet;
	struct runtime_redirect redirect = { .kind = REDIRECT_CPU };
	u32 verdict;

	CHECK_EQ(open_world(&w, L), 0);
	CHECK_EQ(hook_batch_begin(w.hook, &batch), 0);
	packet = packet_in(&w, 0, 60);
	CHECK_EQ(hook_batch_run(&batch, 0, w.event.context, &packet, &verdict, &redirect), 0);
	CHECK(verdict == XDP_PASS && redirect.kind == REDIRECT_NONE);
	hook_batch_end(&batch);
	CHECK_EQ(ATTACH(L, go), 0);
	CHECK_EQ(ATTACH(L, other), 0);
	CHECK_EQ(hook_batch_begin(w.hook, &batch), 0);
	CHECK_EQ(hook_batch_run(&batch, 0, w.event.context, &packet, &verdict, &redirect), 2);
	CHECK_EQ(verdict, XDP_REDIRECT);
	CHECK(redirect.kind == REDIRECT_INTERFACE && redirect.target == 9);
	/* Also an event without a packet is one of a batch. */
	CHECK_EQ(hook_batch_run(&batch, 0, w.event.context, NULL, &verdict, NULL), 2);
	hook_batch_end(&batch);
out:
	if (batch.hook != NULL)
		hook_batch_end(&batch);
	close_world(&w);
}

/* Pointers of 8 bytes: anywhere. */
static void windows(void)
{
	static const struct insn head[] = { MOV_REG(6, 1),	MOVE(0x10000, -4),
					    LOAD(8, 7, 6, 0),	STORE_IMM(4, 7, 0, 5),
					    MOV_IMM(0, XDP_TX), EXIT };
	u8 frame[512] = { 0 };
	struct runtime_packet packet = { frame, frame + 512, frame + 256, frame + 256,
					 frame + 300 };
	struct world w = { 0 };
	struct hook_batch batch = { 0 };
	u32 verdict;

	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(ATTACH(W, head), 0);
	CHECK_EQ(hook_batch_begin(w.hook, &batch), 0);
	CHECK_EQ(hook_batch_run(&batch, 0, w.event.context, &packet, &verdict, NULL), 1);
	CHECK_EQ(verdict, XDP_TX);
	CHECK(packet.data == frame + 252 && frame[252] == 5);
out:
	if (batch.hook != NULL)
		hook_batch_end(&batch);
	close_world(&w);
}

static void no_packets(void)
{
	static const struct insn pass[] = { MOV_IMM(0, XDP_PASS), EXIT };
	u8 high[512];
	struct runtime_packet above = { high, high + 512, high + 256, high + 256, high + 300 };
	struct runtime_prog *prog = NULL, *other = NULL;
	struct world w = { 0 };
	struct runtime_packet good, packet;
	u64 result = 0;
	u32 slot = EPOCH_NONE;

	CHECK_EQ(open_world(&w, L), 0);
	CHECK_EQ(fixture_add(&w.f, L, "xdp", NULL, 0, pass, 2, &prog), 0);
	CHECK_EQ(fixture_add(&w.f, L, "tracepoint", NULL, 0, pass, 2, &other), 0);
	slot = runtime_enter(w.f.rt);
	good = packet_in(&w, 1, 60);
	packet = good;
	CHECK_EQ(runtime_invoke_packet(w.f.rt, slot, prog, w.event.context, &packet, &result), 0);
	CHECK_EQ(result, XDP_PASS);
	CHECK(memcmp(&packet, &good, sizeof(packet)) == 0);
	CHECK_EQ(runtime_invoke_packet(w.f.rt, slot, other, w.event.context, &packet, &result),
		 ERR_INVAL);
	if ((u64)(uintptr_t)high > UINT32_MAX)
		CHECK_EQ(
			runtime_invoke_packet(w.f.rt, slot, prog, w.event.context, &above, &result),
			ERR_INVAL);
	for (u32 i = 0; i < 5; i++) {
		packet = good;
		if (i == 0)
			packet.low = packet.data + 1;
		else if (i == 1)
			packet.meta = packet.data + 1;
		else if (i == 2)
			packet.end = packet.data - 1;
		else if (i == 3)
			packet.high = packet.end - 1;
		else
			packet.meta = packet.data - 256;
		CHECK_EQ(runtime_invoke_packet(w.f.rt, slot, prog, w.event.context, &packet,
					       &result),
			 ERR_INVAL);
	}
	/* It may be empty. */
	packet = good;
	packet.end = packet.data;
	CHECK_EQ(runtime_invoke_packet(w.f.rt, slot, prog, w.event.context, &packet, &result), 0);
out:
	if (slot != EPOCH_NONE)
		runtime_leave(w.f.rt, slot);
	close_world(&w);
}

TAP_MAIN(TAP_TEST(bursts), TAP_TEST(to_the_edge), TAP_TEST(redirected), TAP_TEST(windows),
	 TAP_TEST(no_packets))
