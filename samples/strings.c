/* SPDX-License-Identifier: MIT */
/* Text: puts a message together from parts and compares names.
 *
 * Teaches: the string helpers of eBPF for Windows. Each takes the size of its destination and
 * leaves it terminated; what does not fit is an error (a negative result) and leaves an empty text,
 * never half of one. */
#include "bpf_helpers.h"
#include "net/ip.h"

#define MESSAGE_SIZE 32

/* Text in .rodata: a helper can read it from there. */
static const char bind_text[] = "bind of ";
static const char udp_text[] = "UDP";
static const char tcp_text[] = "TCP";
static const char other_text[] = "something else";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, uint32_t);
	__type(value, char[MESSAGE_SIZE]);
	__uint(max_entries, 1);
} last_message SEC(".maps");

static __always_inline int64_t add_protocol(char *message, uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP: return bpf_strncat_s(message, MESSAGE_SIZE, tcp_text, sizeof(tcp_text));
	case IPPROTO_UDP: return bpf_strncat_s(message, MESSAGE_SIZE, udp_text, sizeof(udp_text));
	default: return bpf_strncat_s(message, MESSAGE_SIZE, other_text, sizeof(other_text));
	}
}

SEC("bind")
bind_action_t DescribeBind(bind_md_t *ctx)
{
	char message[MESSAGE_SIZE] = { 0 };
	char tiny[4];
	uint32_t key = 0;

	if (bpf_strncpy_s(message, sizeof(message), bind_text, sizeof(bind_text)) < 0)
		return BIND_PERMIT_SOFT;
	if (add_protocol(message, ctx->protocol) < 0)
		return BIND_PERMIT_SOFT;
	bpf_printk("%s", (uint64_t)message);
	bpf_printk("%llu characters", bpf_strnlen_s(message, sizeof(message)));
	bpf_map_update_elem(&last_message, &key, message, BPF_ANY);

	/* Eight characters and the zero behind them need more than four bytes. */
	if (bpf_strncpy_s(tiny, sizeof(tiny), bind_text, sizeof(bind_text)) < 0)
		bpf_printk("too long for %u bytes, which now hold %llu characters",
			   (uint32_t)sizeof(tiny), bpf_strnlen_s(tiny, sizeof(tiny)));

	/* Memory that is not text, or text whose length is known, is compared as bytes. */
	if (bpf_memcmp_s(message, sizeof(bind_text) - 1, bind_text, sizeof(bind_text) - 1) == 0)
		bpf_printk("it begins as it should");
	return BIND_PERMIT_SOFT;
}
