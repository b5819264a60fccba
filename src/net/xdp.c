/* SPDX-License-Identifier: MIT */
/* Frames as contexts of both dialects, and verdicts with the interfaces that they name. */
#include "net/xdp.h"

#include "base/mem.h"
#include "base/str.h"
#include "map/redirect.h"
#include "runtime/objects.h"

/* xdp_md_t */
struct win_xdp {
	u64 data, data_end, data_meta;
	u32 ingress_ifindex;
	u32 pad;
};

/* Linux's struct xdp_md */
struct lnx_xdp {
	u32 data, data_end, data_meta;
	u32 ingress_ifindex, rx_queue_index, egress_ifindex;
};
_Static_assert(sizeof(struct win_xdp) == 32 && sizeof(struct lnx_xdp) == 24, "contexts of XDP");

struct xdp_call {
	struct ctx_header header;
	union {
		struct win_xdp win;
		struct lnx_xdp lnx;
	} context;
};
_Static_assert(offsetof(struct xdp_call, context) == sizeof(struct ctx_header),
	       "the header is in front of the context");

/* A number that means nothing is taken for this one, in both dialects; so are programs that failed.
 */
#define ABORTED 0
#define GOES_ON 0xffffffffu /* no verdict has this number: there is one program */

enum { WIN_PASS = 1, WIN_DROP, WIN_TX, WIN_REDIRECT };
static const u32 win_order[] = { WIN_PASS, WIN_DROP, WIN_TX, WIN_REDIRECT };
static const struct hook_verdicts win_verdicts = { .order = win_order,
						   .count = ARRAY_COUNT(win_order),
						   .stop = GOES_ON,
						   .other = ABORTED,
						   .nothing = WIN_PASS };

enum { LNX_DROP = 1, LNX_PASS, LNX_TX, LNX_REDIRECT };
static const u32 lnx_order[] = { LNX_PASS, LNX_DROP, LNX_TX, LNX_REDIRECT };
static const struct hook_verdicts lnx_verdicts = { .order = lnx_order,
						   .count = ARRAY_COUNT(lnx_order),
						   .stop = GOES_ON,
						   .other = ABORTED,
						   .nothing = LNX_PASS };

struct net_xdp {
	struct runtime *rt;
	enum dialect dialect;
	const struct spec_attach_type *attach;
	struct hook *hook;
};

int net_xdp_start(struct runtime *rt, struct net_xdp **ret_xdp, struct error *err)
{
	enum dialect dialect = runtime_dialect(rt);
	const struct spec_attach_type *attach = spec_find_attach(NULL, dialect, "xdp");
	const struct spec_prog_type *type = spec_find_type(NULL, dialect, "xdp");
	struct hook_options options = {
		.size = sizeof(options),
		.mode = HOOK_SINGLE_EACH,
		.has_param = true,
		.link_type = EXT_LINK_XDP,
		.verdicts = dialect == DIALECT_LINUX ? &lnx_verdicts : &win_verdicts,
	};
	struct net_xdp *xdp;
	int r;

	if (attach == NULL || type == NULL)
		return error_set(err, ERR_NOENT, "no attach type xdp");
	xdp = mem_zalloc(sizeof(*xdp));
	if (xdp == NULL)
		return error_set(err, ERR_NOMEM, "no memory for the hook of packets");
	xdp->rt = rt;
	xdp->dialect = dialect;
	xdp->attach = attach;
	options.attach_type = attach->guid;
	options.attach_number = attach->number;
	options.prog_type = type->guid;
	r = hook_new(rt, &options, &xdp->hook, err);
	if (r < 0) {
		mem_free(xdp);
		return r;
	}
	*ret_xdp = xdp;
	return 0;
}

void net_xdp_stop(struct net_xdp *xdp)
{
	if (xdp == NULL)
		return;
	hook_free(xdp->hook);
	mem_free(xdp);
}

bool net_xdp_is_used(const struct net_xdp *xdp)
{
	return hook_is_used(xdp->hook);
}

bool net_xdp_has_hook(const struct net_xdp *xdp, const struct spec_attach_type *attach)
{
	return attach->dialect == xdp->dialect && str_eq(attach->name, xdp->attach->name);
}

int net_xdp_begin(struct net_xdp *xdp, struct hook_batch *ret_batch)
{
	return hook_batch_begin(xdp->hook, ret_batch);
}

void net_xdp_end(struct hook_batch *batch)
{
	hook_batch_end(batch);
}

/* --- verdicts --- */

static enum net_frame_verdict meaning_of(enum dialect dialect, u32 verdict)
{
	bool linux_ = dialect == DIALECT_LINUX;

	switch (verdict) {
	case 1: return linux_ ? NET_FRAME_DROP : NET_FRAME_PASS;
	case 2: return linux_ ? NET_FRAME_PASS : NET_FRAME_DROP;
	case LNX_TX: return NET_FRAME_TX;
	case LNX_REDIRECT: return NET_FRAME_REDIRECT;
	default: return NET_FRAME_DROP;
	}
}

static void add_target(struct net_frame *frame, u32 ifindex)
{
	if (frame->target_count < NET_FRAME_TARGETS)
		frame->targets[frame->target_count++] = ifindex;
}

/* All that the map names, each once for each of its keys, as Linux does it. */
static void broadcast(struct net_xdp *xdp, const struct runtime_redirect *redirect,
		      struct net_frame *frame)
{
	struct map *map = runtime_get_map(xdp->rt, redirect->map_id);
	u32 limit, key = 0, target = 0;
	void *last = NULL;

	if (map == NULL)
		return;
	/* Keys come and go meanwhile: a hash may then begin anew, and never end. */
	limit = map->ops->next_key == NULL ? 0 : map->def.max_entries;
	for (u32 i = 0; i < limit && frame->target_count < NET_FRAME_TARGETS; i++) {
		if (map->ops->next_key(map, last, &key) != 0)
			break;
		last = &key;
		if (redirect_target(map, key, &target) == 0 &&
		    ((redirect->flags & REDIRECT_EXCLUDE_INGRESS) == 0 || target != frame->ifindex))
			add_target(frame, target);
	}
	core_put_user(&map->core);
}

static void take_targets(struct net_xdp *xdp, const struct runtime_redirect *redirect,
			 struct net_frame *frame)
{
	switch ((enum redirect_kind)redirect->kind) {
	case REDIRECT_INTERFACE: add_target(frame, redirect->target); return;
	case REDIRECT_INTERFACES: broadcast(xdp, redirect, frame); return;
	/* On another processor it goes on to the host, too. */
	case REDIRECT_CPU: frame->verdict = NET_FRAME_PASS; return;
	case REDIRECT_SOCKET:
	case REDIRECT_NONE: break;
	}
	frame->verdict = NET_FRAME_DROP;
	frame->aborted = true;
}

void net_xdp_frame(struct net_xdp *xdp, const struct hook_batch *batch, struct net_frame *frame)
{
	struct runtime_redirect redirect;
	struct xdp_call call = { 0 };
	u32 verdict = 0;
	int ran;

	if (xdp->dialect == DIALECT_LINUX) {
		call.context.lnx.ingress_ifindex = frame->ifindex;
		call.context.lnx.rx_queue_index = frame->queue;
	} else {
		call.context.win.ingress_ifindex = frame->ifindex;
	}
	frame->target_count = 0;
	ran = hook_batch_run(batch, frame->ifindex, &call.context, &frame->packet, &verdict,
			     &redirect);
	frame->verdict = meaning_of(xdp->dialect, verdict);
	frame->aborted = ran > 0 && verdict == ABORTED;
	if (frame->verdict == NET_FRAME_REDIRECT)
		take_targets(xdp, &redirect, frame);
}
