/* SPDX-License-Identifier: MIT */
/* Linux: a rule that is written as text, "refuse 23", and a message about what it did.
 *
 * Teaches: the string helpers of Linux, which are others than those of eBPF for Windows
 * (strings.c): bpf_strncmp compares, bpf_strtoul reads a number and says how many characters it
 * took, bpf_snprintf writes text. A program has no other library, but small fixed work on text can
 * be plain C.
 *
 *     oriel run --policy allow-leaks --map rules:0='text:refuse 23' --set user_port=be16:23 \
 *         --dump-maps strings_linux.o */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TEXT_SIZE 32

struct text {
	char chars[TEXT_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct text);
	__uint(max_entries, 1);
} rules SEC(".maps"), messages SEC(".maps");

/* Helpers that want a constant text take it from .rodata. */
static const char refuse[] = "refuse ";
static const char refused_format[] = "port %d refused";
static const char bad_format[] = "bad rule: %s";

/* The port that the rule names, or a negative number. */
static __always_inline long refused_port(const struct text *rule)
{
	const long skip = sizeof(refuse) - 1;
	unsigned long port;

	if (bpf_strncmp(rule->chars, skip, refuse) != 0)
		return -1;
	if (bpf_strtoul(rule->chars + skip, TEXT_SIZE - skip, 10, &port) < 0 || port > 65535)
		return -1;
	return port;
}

SEC("cgroup/connect4")
int by_rule(struct bpf_sock_addr *ctx)
{
	__u32 key = 0;
	struct text *rule = bpf_map_lookup_elem(&rules, &key);
	struct text *message = bpf_map_lookup_elem(&messages, &key);
	__u64 args[1];
	long port;

	if (!rule || !message || rule->chars[0] == '\0')
		return 1;
	port = refused_port(rule);
	if (port < 0) {
		/* Arguments are passed as an array of 64-bit numbers; a text by its address. */
		args[0] = (__u64)rule->chars;
		bpf_snprintf(message->chars, TEXT_SIZE, bad_format, args, sizeof(args));
		return 1;
	}
	if (bpf_ntohs(ctx->user_port) != port)
		return 1;
	args[0] = port;
	bpf_snprintf(message->chars, TEXT_SIZE, refused_format, args, sizeof(args));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
