/* SPDX-License-Identifier: MIT */
/* The packet of an invocation, and the helpers that move its bounds or copy from and to it. Bounds
 * and room are those that the running kernel gives a test run, so that a program meets the same. */
#include "base/str.h"
#include "map/redirect.h"
#include "runtime/invocation.h"
#include "spec/spec.h"

#define HEADER_SIZE 14	   /* of Ethernet: the least that stays of a packet */
#define META_MAX    252	   /* bytes of metadata, a multiple of 4 */
#define COPY_MAX    0xffff /* offset and length of a copy */

bool packet_is_movable(const struct spec_prog_type *type)
{
	return type->ctx != NULL && type->ctx->data >= 0 && type->ctx->data_meta >= 0;
}

bool packet_room_of(const struct spec_prog_type *type, const struct runtime_packet *packet,
		    void *ctx, struct packet_room *ret_room)
{
	u8 pointer_size = sizeof(u64);

	if (!packet_is_movable(type) || packet->low > packet->meta || packet->meta > packet->data ||
	    packet->data > packet->end || packet->end > packet->high ||
	    packet->data - packet->meta > META_MAX)
		return false;
	for (u32 i = 0; i < type->ctx->field_count; i++)
		if (type->ctx->fields[i].kind == FIELD_DATA)
			pointer_size = (u8)type->ctx->fields[i].size;
	if (pointer_size == sizeof(u32) && (u64)(uintptr_t)packet->high > UINT32_MAX)
		return false;
	*ret_room = (struct packet_room){ (u64)(uintptr_t)packet->low,
					  (u64)(uintptr_t)packet->high,
					  (u64)(uintptr_t)packet->meta,
					  (u64)(uintptr_t)packet->data,
					  (u64)(uintptr_t)packet->end,
					  ctx,
					  pointer_size };
	return true;
}

static void put_pointer(const struct packet_room *room, s16 off, u64 value)
{
	u32 low = (u32)value;

	if (room->pointer_size == sizeof(low))
		memcpy(room->ctx + off, &low, sizeof(low));
	else
		memcpy(room->ctx + off, &value, sizeof(value));
}

void packet_publish(struct invocation *inv)
{
	const struct packet_room *room = &inv->room;
	const struct spec_ctx *ctx = inv->prog->prog->type->ctx;

	put_pointer(room, ctx->data, room->data);
	put_pointer(room, ctx->data_end, room->end);
	put_pointer(room, ctx->data_meta, room->meta);
	inv->exec.regions[1].base = room->meta;
	inv->exec.regions[1].size = room->end - room->meta;
}

/* A verified program has not changed the pointers. */
static bool packet_in_context(const struct invocation *inv, const struct spec_ctx *ctx,
			      u64 *ret_base, u64 *ret_size)
{
	const u8 *p = inv->exec.ctx;
	u64 base = 0, end = 0;

	for (u32 i = 0; i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];
		u64 *to = field->kind == FIELD_DATA	  ? &base
			  : field->kind == FIELD_DATA_END ? &end
							  : NULL;

		if (to != NULL && field->size <= sizeof(*to))
			memcpy(to, p + field->off, field->size);
	}
	*ret_base = base;
	*ret_size = end - base;
	return base != 0 && end >= base;
}

bool packet_of(const struct invocation *inv, u64 *ret_base, u64 *ret_size)
{
	const struct spec_ctx *ctx = inv->prog == NULL ? NULL : inv->prog->prog->type->ctx;
	const struct packet_room *room = &inv->room;

	if (room->high != 0) {
		*ret_base = room->data;
		*ret_size = room->end - room->data;
		return true;
	}
	if (inv->exec.packet != NULL) {
		*ret_base = (u64)(uintptr_t)inv->exec.packet->data;
		*ret_size = inv->exec.packet->len;
		return true;
	}
	if (ctx == NULL || ctx->data < 0)
		return false;
	if (inv->exec.unchecked)
		return packet_in_context(inv, ctx, ret_base, ret_size);
	if (inv->fixed_regions < 2)
		return false;
	*ret_base = inv->exec.regions[1].base;
	*ret_size = inv->exec.regions[1].size;
	return true;
}

u64 helper_xdp_adjust_head(UNUSED u64 r1, u64 delta, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			   void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct packet_room *room = &inv->room;
	u64 meta_len = room->data - room->meta;
	s64 by = (s32)delta, least = (s64)(room->low + meta_len - room->data);

	if (room->high == 0 || by < least || by > (s64)(room->end - room->data) - HEADER_SIZE)
		return helper_status(inv, ERR_INVAL);
	if (meta_len > 0)
		memmove((void *)(uintptr_t)(room->meta + (u64)by),
			(const void *)(uintptr_t)room->meta, (size_t)meta_len);
	room->meta += (u64)by;
	room->data += (u64)by;
	packet_publish(inv);
	return 0;
}

u64 helper_xdp_adjust_tail(UNUSED u64 r1, u64 delta, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			   void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct packet_room *room = &inv->room;
	s64 by = (s32)delta;

	if (room->high == 0 || by > (s64)(room->high - room->end) ||
	    by < HEADER_SIZE - (s64)(room->end - room->data))
		return helper_status(inv, ERR_INVAL);
	if (by > 0)
		memset((void *)(uintptr_t)room->end, 0, (size_t)by);
	room->end += (u64)by;
	packet_publish(inv);
	return 0;
}

u64 helper_xdp_adjust_meta(UNUSED u64 r1, u64 delta, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			   void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	struct packet_room *room = &inv->room;
	s64 len = (s64)(room->data - room->meta) - (s32)delta;

	if (room->high == 0 || len < 0 || len > (s64)(room->data - room->low))
		return helper_status(inv, ERR_INVAL);
	if (len % 4 != 0 || len > META_MAX)
		return helper_status(inv, ERR_ACCES);
	room->meta = room->data - (u64)len;
	packet_publish(inv);
	return 0;
}

u64 helper_xdp_get_buff_len(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4,
			    UNUSED u64 r5, void *ctx)
{
	u64 base, size = 0;

	(void)!packet_of(invocation_of(ctx), &base, &size);
	return size;
}

/* Where [offset, offset + len) of the packet is; 0 or why it is not there. */
static int place(const struct invocation *inv, u64 offset, u64 len, void **ret_at)
{
	u64 base = 0, size = 0;

	if ((u32)offset > COPY_MAX || (u32)len > COPY_MAX)
		return ERR_FAULT;
	if (!packet_of(inv, &base, &size) || (u64)(u32)offset + (u32)len > size)
		return ERR_INVAL;
	*ret_at = (void *)(uintptr_t)(base + (u32)offset);
	return 0;
}

u64 helper_xdp_load_bytes(UNUSED u64 r1, u64 offset, u64 to, u64 len, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	void *at;
	int r;

	if (!exec_check(&inv->exec, to, (u32)len, true))
		return (u64)ERR_FAULT;
	r = place(inv, offset, len, &at);
	if (r == 0 && (u32)len > 0)
		memmove((void *)(uintptr_t)to, at, (u32)len);
	return (u64)(s64)r;
}

u64 helper_xdp_store_bytes(UNUSED u64 r1, u64 offset, u64 from, u64 len, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	void *at;
	int r;

	if (!exec_check(&inv->exec, from, (u32)len, false))
		return (u64)ERR_FAULT;
	r = place(inv, offset, len, &at);
	if (r == 0 && (u32)len > 0)
		memmove(at, (const void *)(uintptr_t)from, (u32)len);
	return (u64)(s64)r;
}

/* What is not there is told by zeros, too. */
u64 helper_skb_load_bytes(UNUSED u64 r1, u64 offset, u64 to, u64 len, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	u64 base = 0, size = 0;

	if (!exec_check(&inv->exec, to, (u32)len, true))
		return (u64)ERR_FAULT;
	if (!packet_of(inv, &base, &size) || (u64)(u32)offset + (u32)len > size) {
		memset((void *)(uintptr_t)to, 0, (u32)len);
		return (u64)ERR_FAULT;
	}
	if ((u32)len > 0)
		memmove((void *)(uintptr_t)to, (const void *)(uintptr_t)(base + (u32)offset),
			(u32)len);
	return 0;
}

/* --- verdicts that name a target --- */

enum {
	XDP_ABORTED = 0,
	XDP_REDIRECT = 4,
	TC_SHOT = 2,
	TC_REDIRECT = 7,
	TC_INGRESS = 1, /* flag */
};

u64 helper_redirect(u64 ifindex, u64 flags, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	bool is_xdp = inv->prog != NULL && packet_is_movable(inv->prog->prog->type) &&
		      inv->prog->prog->type->ctx->data == 0;

	if ((flags & ~(is_xdp ? 0ull : (u64)TC_INGRESS)) != 0)
		return is_xdp ? XDP_ABORTED : TC_SHOT;
	inv->redirect = (struct runtime_redirect){ .kind = REDIRECT_INTERFACE,
						   .target = (u32)ifindex,
						   .ifindex = (u32)ifindex,
						   .flags = flags };
	return is_xdp ? XDP_REDIRECT : TC_REDIRECT;
}

enum {
	REDIRECT_OTHERWISE = 3, /* bits of flags: the verdict when there is no target */
	REDIRECT_BROADCAST = 1 << 3,
};

static u32 redirect_kind(const struct map *map)
{
	switch (map->def.type->kind) {
	case MAP_KIND_DEVMAP:
	case MAP_KIND_DEVMAP_HASH: return REDIRECT_INTERFACE;
	case MAP_KIND_CPUMAP: return REDIRECT_CPU;
	case MAP_KIND_XSKMAP: return REDIRECT_SOCKET;
	default: return REDIRECT_NONE;
	}
}

/* The target is looked up now; whoever acts on the verdict has it. A target that is not there also
 * takes back what was asked for before. */
u64 helper_redirect_map(u64 map_arg, u64 key, u64 flags, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	const struct map *map = invocation_map(inv, map_arg);
	u64 known = REDIRECT_OTHERWISE;
	u32 kind = map == NULL ? REDIRECT_NONE : redirect_kind(map), target = 0;

	if (kind == REDIRECT_INTERFACE)
		known |= REDIRECT_BROADCAST | REDIRECT_EXCLUDE_INGRESS;
	if (kind == REDIRECT_NONE || (flags & ~known) != 0)
		return XDP_ABORTED;
	if ((flags & REDIRECT_BROADCAST) != 0) {
		kind = REDIRECT_INTERFACES;
	} else if (redirect_target(map, (u32)key, &target) != 0) {
		inv->redirect.kind = REDIRECT_NONE;
		return flags & REDIRECT_OTHERWISE;
	}
	inv->redirect = (struct runtime_redirect){
		.kind = kind, .target = target, .map_id = map->core.id, .key = key, .flags = flags
	};
	return XDP_REDIRECT;
}
