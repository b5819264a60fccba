/* SPDX-License-Identifier: MIT */
/* Limits how many sockets an application may bind, by its name, and tells of each attempt.
 *
 * Teaches: data of any length behind a pair of pointers (the application's path), bounded loops
 * over it, a text as a key, a ring buffer of events.
 *
 * docs/bind-limits.md shows it at work. */
#include "bpf_helpers.h"

#define NAME_LEN 32  /* of a name, zeros behind it; what is longer is cut */
#define PATH_MAX 256 /* characters of a path that are looked at */

struct app {
	char name[NAME_LEN];
};

struct bind_attempt {
	uint64_t process;
	uint64_t time;	 /* nanoseconds since the machine started */
	uint8_t port[2]; /* in network byte order */
	uint8_t refused;
	uint8_t protocol;
	uint8_t pad[4];
	struct app app;
};

/* application -> how many sockets it may bind. Who is not in it may bind as many as it likes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct app);
	__type(value, uint32_t);
	__uint(max_entries, 256);
} limits SEC(".maps");

/* application -> how many it has bound. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct app);
	__type(value, uint32_t);
	__uint(max_entries, 1024);
} bound SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} attempts SEC(".maps");

/* The path's last part. Its characters have 16 bits. */
static __always_inline void find_name(const bind_md_t *ctx, struct app *app)
{
	const uint8_t *at = ctx->app_id_start, *end = ctx->app_id_end;
	uint32_t len = 0;

	for (uint32_t i = 0; i < PATH_MAX; i++, at += 2) {
		uint8_t c;

		if (at + 2 > end)
			break;
		c = *at;
		if (c == '/' || c == '\\') {
			memset(app->name, 0, sizeof(app->name));
			len = 0;
		} else if (len < NAME_LEN) {
			app->name[len & (NAME_LEN - 1)] = (char)c;
			len++;
		}
	}
}

static __always_inline int is_over(const struct app *app, uint32_t count)
{
	uint32_t *limit = bpf_map_lookup_elem(&limits, app);

	return limit != NULL && count >= *limit;
}

SEC("bind")
bind_action_t LimitBinds(bind_md_t *ctx)
{
	struct bind_attempt attempt = { .process = ctx->process_id,
					.time = bpf_ktime_get_boot_ns(),
					.protocol = ctx->protocol };
	uint32_t one = 1, *count;

	if (ctx->operation != BIND_OPERATION_BIND)
		return BIND_PERMIT_SOFT;
	find_name(ctx, &attempt.app);
	memcpy(attempt.port, ctx->socket_address + 2, sizeof(attempt.port));
	count = bpf_map_lookup_elem(&bound, &attempt.app);
	attempt.refused = (uint8_t)is_over(&attempt.app, count != NULL ? *count : 0);
	(void)bpf_ringbuf_output(&attempts, &attempt, sizeof(attempt), 0);
	if (attempt.refused) {
		bpf_printk("process %llu is over its limit", attempt.process);
		return BIND_DENY;
	}
	if (count != NULL)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&bound, &attempt.app, &one, BPF_ANY);
	return BIND_PERMIT_SOFT;
}
