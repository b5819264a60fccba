/* SPDX-License-Identifier: MIT */
/* Frames from v1 to v0, the two ends of a veth pair in this network namespace, and what becomes of
 * them: how many are sent and how many reach the host's UDP, or how long one takes.
 *
 *     packets_bench rate SECONDS HOW        sent and received, per second
 *     packets_bench latency COUNT HOW       half of them take up to, 99 % up to, nanoseconds
 *
 * HOW: none; what the kernel shall do meanwhile: nft (drops by policy), xdp-drop, xdp-pass (generic
 * XDP). The sender is on processor 0. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "divert/netlink.h"

#define FRAME	    60
#define BURST	    64
#define PORT	    7777
#define LOST_NS	    1000000000
#define XDP_SKB	    2 /* flag: generic */
#define TABLE_OWNER 2
#define XDP_DROP_   1
#define XDP_PASS_   2

static u8 frame[FRAME];

static void die(const char *what)
{
	fprintf(stderr, "packets_bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

static void put16(u8 *at, u32 value)
{
	at[0] = (u8)(value >> 8);
	at[1] = (u8)value;
}

/* UDP from 10.9.0.2 to 10.9.0.1, as an address of v0's. */
static void make_frame(int fd)
{
	static const u8 ip[] = { 0x45, 0, 0,  FRAME - 14, 0, 1, 0,  0, 64, 17,
				 0,    0, 10, 9,	  0, 2, 10, 9, 0,  1 };
	struct ifreq ifr = { .ifr_name = "v0" };
	u32 sum = 0;

	if (ioctl(fd, SIOCGIFHWADDR, &ifr) != 0)
		die("v0");
	memcpy(frame, ifr.ifr_hwaddr.sa_data, 6);
	frame[6] = 2;
	put16(frame + 12, 0x800);
	memcpy(frame + 14, ip, sizeof(ip));
	for (size_t i = 0; i < sizeof(ip); i += 2)
		sum += (u32)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(frame + 24, ~sum & 0xffff);
	put16(frame + 34, 6000);
	put16(frame + 36, PORT);
	put16(frame + 38, FRAME - 34);
}

static int open_sender(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	const int one = 1;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0)
		die("packet socket");
	to.sll_ifindex = (int)if_nametoindex("v1");
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("v1");
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	return fd;
}

/* Nobody reads: what does not fit is counted as well. */
static int open_receiver(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		die("receiver");
	return fd;
}

/* Datagrams that have come to UDP. */
static u64 received(void)
{
	unsigned long long in, ports, errors;
	FILE *f = fopen("/proc/net/snmp", "r");
	char line[512];
	u64 sum = 0;

	if (f == NULL)
		die("/proc/net/snmp");
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Udp: %llu %llu %llu", &in, &ports, &errors) == 3)
			sum = in + ports + errors;
	fclose(f);
	return sum;
}

/* --- the kernel's own --- */

static void load_xdp(int verdict)
{
	const struct bpf_insn insns[] = { { .code = 0xb7, .imm = verdict }, { .code = 0x95 } };
	union bpf_attr attr;
	int prog;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = ARRAY_COUNT(insns);
	attr.license = (u64)(uintptr_t) "MIT";
	prog = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (prog < 0)
		die("XDP");
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (u32)prog;
	attr.link_create.target_ifindex = if_nametoindex("v0");
	attr.link_create.attach_type = BPF_XDP;
	attr.link_create.flags = XDP_SKB;
	/* For as long as this process is there. */
	if (syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)) < 0)
		die("XDP");
}

static void nft_message(struct netlink_batch *batch, u16 type)
{
	const struct nfgenmsg header = { .nfgen_family = NFPROTO_NETDEV };

	netlink_message(batch, (u16)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_CREATE, &header,
			sizeof(header));
}

static void drop_by_nft(void)
{
	const struct nfgenmsg edge = { .res_id = htons(NFNL_SUBSYS_NFTABLES) };
	struct netlink_batch batch;
	struct netlink netlink;
	struct error err = { 0 };
	size_t hook;

	if (netlink_open(NETLINK_NETFILTER, &netlink, &err) != 0)
		die("nft");
	netlink_init(&batch);
	netlink_mark(&batch, NFNL_MSG_BATCH_BEGIN, &edge, sizeof(edge));
	nft_message(&batch, NFT_MSG_NEWTABLE);
	netlink_text(&batch, NFTA_TABLE_NAME, "bench");
	/* It is gone when this process is. */
	netlink_be32(&batch, NFTA_TABLE_FLAGS, TABLE_OWNER);
	nft_message(&batch, NFT_MSG_NEWCHAIN);
	netlink_text(&batch, NFTA_CHAIN_TABLE, "bench");
	netlink_text(&batch, NFTA_CHAIN_NAME, "drop");
	hook = netlink_nest(&batch, NFTA_CHAIN_HOOK);
	netlink_be32(&batch, NFTA_HOOK_HOOKNUM, NF_NETDEV_INGRESS);
	netlink_be32(&batch, NFTA_HOOK_PRIORITY, 0);
	netlink_text(&batch, NFTA_HOOK_DEV, "v0");
	netlink_nest_end(&batch, hook);
	netlink_be32(&batch, NFTA_CHAIN_POLICY, NF_DROP);
	netlink_text(&batch, NFTA_CHAIN_TYPE, "filter");
	netlink_mark(&batch, NFNL_MSG_BATCH_END, &edge, sizeof(edge));
	if (netlink_send(&netlink, &batch, &err) != 0) {
		fprintf(stderr, "packets_bench: nft: %s\n", err.text);
		exit(1);
	}
}

static void meanwhile(const char *how)
{
	if (strcmp(how, "nft") == 0)
		drop_by_nft();
	else if (strcmp(how, "xdp-drop") == 0)
		load_xdp(XDP_DROP_);
	else if (strcmp(how, "xdp-pass") == 0)
		load_xdp(XDP_PASS_);
}

/* --- measuring --- */

static void rate(int sender, u64 seconds)
{
	struct iovec iov = { frame, FRAME };
	struct mmsghdr messages[BURST];
	u64 sent = 0, before = received(), begin = now_ns(), end = begin + seconds * 1000000000;
	struct timespec rest = { .tv_nsec = 200000000 };
	double span;

	memset(messages, 0, sizeof(messages));
	for (size_t i = 0; i < BURST; i++) {
		messages[i].msg_hdr.msg_iov = &iov;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (now_ns() < end) {
		int n = sendmmsg(sender, messages, BURST, 0);

		if (n > 0)
			sent += (u64)n;
	}
	span = (double)(now_ns() - begin) / 1e9;
	nanosleep(&rest, NULL); /* what is under way */
	printf("%.0f %.0f\n", (double)sent / span, (double)(received() - before) / span);
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static void latency(int sender, int receiver, size_t count)
{
	u64 *times = calloc(count, sizeof(*times));

	if (times == NULL)
		die("memory");
	for (size_t i = 0; i < count; i++) {
		const struct timespec pause = { .tv_nsec = 20000 };
		u64 begin = now_ns();
		char text[FRAME];

		if (send(sender, frame, FRAME, 0) != FRAME)
			die("send");
		while (recv(receiver, text, sizeof(text), 0) < 0)
			if (now_ns() - begin > LOST_NS) {
				fprintf(stderr, "packets_bench: a frame is lost\n");
				exit(1);
			}
		times[i] = now_ns() - begin;
		nanosleep(&pause, NULL);
	}
	qsort(times, count, sizeof(*times), compare);
	printf("%llu %llu\n", times[count / 2], times[count * 99 / 100]);
	free(times);
}

int main(int argc, char **argv)
{
	u64 number = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	int sender, receiver;
	cpu_set_t first;

	if (number == 0) {
		fprintf(stderr, "usage: packets_bench rate|latency N none|nft|xdp-drop|xdp-pass\n");
		return 64;
	}
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	(void)sched_setaffinity(0, sizeof(first), &first);
	sender = open_sender();
	receiver = open_receiver();
	make_frame(receiver);
	meanwhile(argv[3]);
	if (strcmp(argv[1], "rate") == 0)
		rate(sender, number);
	else
		latency(sender, receiver, (size_t)number);
	return 0;
}
