/* SPDX-License-Identifier: MIT */
/* The hook of packets without an interface: verdicts of both dialects, targets, one program each.
 */
#include "runtime_fixture.h"

#include "net/xdp.h"
#include "os/os.h"
#include "runtime/link.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

#define ROOM	     4096u
#define IFINDEX	     7
#define REDIRECT     23 /* Linux's helpers */
#define REDIRECT_MAP 51

struct world {
	struct fixture f;
	struct net_xdp *xdp;
	struct runtime_link *links[4];
	u32 link_count;
	u8 *room;
	struct net_frame frame;
	struct insn code[4][8];
};

static int open_world(struct world *w, enum dialect dialect)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = dialect, .cpus = 2 };
	int r;

	w->room = os_low_alloc(ROOM);
	if (w->room == NULL)
		return ERR_NOMEM;
	r = runtime_new(&options, &w->f.rt, &w->f.err);
	return r < 0 ? r : net_xdp_start(w->f.rt, &w->xdp, &w->f.err);
}

static void close_world(struct world *w)
{
	for (u32 i = 0; i < w->link_count; i++)
		core_put_user(link_core(w->links[i]));
	net_xdp_stop(w->xdp);
	fixture_fini(&w->f);
	os_low_free(w->room, ROOM);
}

static int attach(struct world *w, u32 ifindex, const struct prog_map *maps, u32 map_count,
		  const struct insn *insns, u32 count)
{
	enum dialect dialect = runtime_dialect(w->f.rt);
	struct link_options options = { .size = sizeof(options),
					.param = &ifindex,
					.param_len = ifindex == 0 ? 0 : sizeof(ifindex) };
	int r = fixture_add(&w->f, dialect, "xdp", maps, map_count, insns, count, &options.prog);

	if (r < 0)
		return r;
	options.attach_type = spec_find_attach(NULL, dialect, "xdp")->guid;
	r = link_attach(w->f.rt, &options, &w->links[w->link_count], &w->f.err);
	w->link_count += r == 0;
	return r;
}

static int attach_returning(struct world *w, u32 ifindex, s32 result)
{
	struct insn *insns = w->code[w->f.prog_count];

	insns[0] = (struct insn)MOV_IMM(0, result);
	insns[1] = (struct insn)EXIT;
	return attach(w, ifindex, NULL, 0, insns, 2);
}

/* A frame of 60 bytes comes in there. */
static bool give(struct world *w, u32 ifindex)
{
	u8 *data = w->room + PACKET_HEADROOM;
	struct hook_batch batch;

	w->frame.packet = (struct runtime_packet){ w->room, w->room + ROOM, data, data, data + 60 };
	w->frame.ifindex = ifindex;
	if (net_xdp_begin(w->xdp, &batch) != 0)
		return false;
	net_xdp_frame(w->xdp, &batch, &w->frame);
	net_xdp_end(&batch);
	return true;
}

static void verdicts(void)
{
	static const struct {
		enum dialect dialect;
		s32 result;
		enum net_frame_verdict verdict;
		bool aborted;
	} cases[] = {
		{ L, 0, NET_FRAME_DROP, true },	 { L, 1, NET_FRAME_DROP, false },
		{ L, 2, NET_FRAME_PASS, false }, { L, 3, NET_FRAME_TX, false },
		{ L, 4, NET_FRAME_DROP, true },	 { L, 5, NET_FRAME_DROP, true },
		{ L, -1, NET_FRAME_DROP, true }, { W, 0, NET_FRAME_DROP, true },
		{ W, 1, NET_FRAME_PASS, false }, { W, 2, NET_FRAME_DROP, false },
		{ W, 3, NET_FRAME_TX, false },	 { W, 4, NET_FRAME_DROP, true },
		{ W, 5, NET_FRAME_DROP, true },
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct world w = { 0 };

		CHECK_EQ(open_world(&w, cases[i].dialect), 0);
		CHECK(!net_xdp_is_used(w.xdp));
		CHECK(give(&w, IFINDEX));
		CHECK(w.frame.verdict == NET_FRAME_PASS && !w.frame.aborted);
		CHECK_EQ(attach_returning(&w, 0, cases[i].result), 0);
		CHECK(net_xdp_is_used(w.xdp));
		CHECK(give(&w, IFINDEX));
		CHECK_EQ(w.frame.verdict, cases[i].verdict);
		CHECK_EQ(w.frame.aborted, cases[i].aborted);
		close_world(&w);
		continue;
	out:
		close_world(&w);
		return;
	}
}

/* One program for an interface, or one for all that is alone. */
static void interfaces(void)
{
	struct world w = { 0 };

	CHECK_EQ(open_world(&w, L), 0);
	CHECK_EQ(attach_returning(&w, 7, 1), 0);
	CHECK_EQ(attach_returning(&w, 8, 3), 0);
	CHECK_EQ(attach_returning(&w, 8, 1), ERR_BUSY);
	CHECK_EQ(attach_returning(&w, 0, 1), ERR_BUSY);
	CHECK(give(&w, 7));
	CHECK_EQ(w.frame.verdict, NET_FRAME_DROP);
	CHECK(give(&w, 8));
	CHECK_EQ(w.frame.verdict, NET_FRAME_TX);
	CHECK(give(&w, 9));
	CHECK_EQ(w.frame.verdict, NET_FRAME_PASS);
	CHECK(net_xdp_has_hook(w.xdp, spec_find_attach(NULL, L, "xdp")));
	CHECK(!net_xdp_has_hook(w.xdp, spec_find_attach(NULL, W, "xdp")));
	CHECK(!net_xdp_has_hook(w.xdp, spec_find_attach(NULL, L, "xdp_devmap")));
out:
	close_world(&w);
}

/* A program passes a frame (2) of interface 5, queue 2, and drops others (1). */
static void contexts(void)
{
	static const struct insn in_linux[] = { LOAD(4, 2, 1, 12), LOAD(4, 3, 1, 16), ADD_REG(2, 3),
						MOV_REG(0, 2),	   ADD_IMM(0, -5),    EXIT };
	static const struct insn in_windows[] = { LOAD(4, 0, 1, 24), ADD_IMM(0, -5), EXIT };
	struct world w = { 0 };

	w.frame.queue = 2;
	CHECK_EQ(open_world(&w, L), 0);
	CHECK_EQ(attach(&w, 0, NULL, 0, in_linux, ARRAY_COUNT(in_linux)), 0);
	CHECK(give(&w, 5));
	CHECK_EQ(w.frame.verdict, NET_FRAME_PASS);
	CHECK(give(&w, 4));
	CHECK_EQ(w.frame.verdict, NET_FRAME_DROP);
	close_world(&w);
	w = (struct world){ 0 };
	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(attach(&w, 0, NULL, 0, in_windows, ARRAY_COUNT(in_windows)), 0);
	CHECK(give(&w, 6));
	CHECK_EQ(w.frame.verdict, NET_FRAME_PASS);
	CHECK(give(&w, 7));
	CHECK_EQ(w.frame.verdict, NET_FRAME_DROP);
out:
	close_world(&w);
}

static void redirections(void)
{
	static const struct insn to_nine[] = { MOV_IMM(1, 9), MOV_IMM(2, 0), CALL(REDIRECT), EXIT };
	struct world w = { 0 };

	CHECK_EQ(open_world(&w, L), 0);
	CHECK_EQ(attach(&w, 0, NULL, 0, to_nine, ARRAY_COUNT(to_nine)), 0);
	CHECK(give(&w, IFINDEX));
	CHECK_EQ(w.frame.verdict, NET_FRAME_REDIRECT);
	CHECK(w.frame.target_count == 1 && w.frame.targets[0] == 9);
out:
	close_world(&w);
}

static int fill(struct world *w, const struct prog_map *def, const u32 (*entries)[2], u32 count)
{
	int r = runtime_add_maps(w->f.rt, def, 1, &w->f.err);

	for (u32 i = 0; r == 0 && i < count; i++)
		r = map_write(runtime_map(w->f.rt, 0), &entries[i][0], &entries[i][1], MAP_ANY);
	return r;
}

/* One program, one map with these entries, one frame; what became of it. */
static bool through(enum map_kind kind, const struct insn *insns, u32 insn_count,
		    const u32 (*entries)[2], u32 count, struct net_frame *ret_frame)
{
	const struct prog_map def = { .name = "ports",
				      .type = map_type(kind),
				      .key_size = 4,
				      .value_size = 4,
				      .max_entries = 4 };
	struct world w = { 0 };
	bool given = false;

	CHECK_EQ(open_world(&w, L), 0);
	CHECK_EQ(fill(&w, &def, entries, count), 0);
	CHECK_EQ(attach(&w, 0, &def, 1, insns, insn_count), 0);
	CHECK(give(&w, IFINDEX));
	*ret_frame = w.frame;
	given = true;
out:
	close_world(&w);
	return given;
}

/* To all of a map but where the frame came from; a place that is empty counts for nothing. */
static void broadcasts(void)
{
	static const struct insn to_all[] = { LOAD_MAP(1, 0), MOV_IMM(2, 0), MOV_IMM(3, 8 | 16),
					      CALL(REDIRECT_MAP), EXIT };
	static const u32 entries[][2] = { { 0, 3 }, { 1, IFINDEX }, { 3, 4 } };
	static const enum map_kind kinds[] = { MAP_KIND_DEVMAP, MAP_KIND_DEVMAP_HASH };
	struct net_frame frame;

	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		if (!through(kinds[i], to_all, ARRAY_COUNT(to_all), entries, ARRAY_COUNT(entries),
			     &frame))
			return;
		CHECK_EQ(frame.verdict, NET_FRAME_REDIRECT);
		CHECK_EQ(frame.target_count, 2);
		CHECK_EQ(frame.targets[0] + frame.targets[1], 7);
	}
out:
	return;
}

/* On another processor it goes on to the host; nobody has sockets for frames. */
static void other_maps(void)
{
	static const struct insn go[] = { LOAD_MAP(1, 0), MOV_IMM(2, 1), MOV_IMM(3, 0),
					  CALL(REDIRECT_MAP), EXIT };
	static const u32 entries[][2] = { { 1, 64 } };
	struct net_frame frame;

	if (!through(MAP_KIND_CPUMAP, go, ARRAY_COUNT(go), entries, 1, &frame))
		return;
	CHECK_EQ(frame.verdict, NET_FRAME_PASS);
	CHECK(!frame.aborted);
	if (!through(MAP_KIND_XSKMAP, go, ARRAY_COUNT(go), entries, 1, &frame))
		return;
	CHECK_EQ(frame.verdict, NET_FRAME_DROP);
	CHECK(frame.aborted);
out:
	return;
}

TAP_MAIN(TAP_TEST(verdicts), TAP_TEST(interfaces), TAP_TEST(contexts), TAP_TEST(redirections),
	 TAP_TEST(broadcasts), TAP_TEST(other_maps))
