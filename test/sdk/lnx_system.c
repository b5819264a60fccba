/* SPDX-License-Identifier: MIT */
/* The system's headers that programs include, and C's, each seen by a BPF target.
 *
 * needs clang: gcc searches no system folder, and the SDK finds the most used headers for it only
 */
#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <asm/byteorder.h>
#include <asm/types.h>
#include <asm/unistd.h>
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/btf.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/limits.h>
#include <linux/mpls.h>
#include <linux/perf_event.h>
#include <linux/pkt_cls.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/socket.h>
#include <linux/stat.h>
#include <linux/stddef.h>
#include <linux/tcp.h>
#include <linux/time.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <linux/version.h>
#include <bpf/bpf_helpers.h>

_Static_assert(sizeof(long) == 8 && sizeof(size_t) == 8 && sizeof(intptr_t) == 8, "64 bits");
_Static_assert(sizeof(uint64_t) == 8 && sizeof(__u64) == 8 && UINT64_MAX == ~(uint64_t)0, "u64");
_Static_assert(INT_MIN == -2147483647 - 1 && LONG_MAX == 0x7fffffffffffffff, "limits");
_Static_assert(sizeof(struct ethhdr) == 14 && sizeof(struct iphdr) == 20, "headers");
_Static_assert(sizeof(struct tcphdr) == 20 && sizeof(struct sockaddr_in) == 16, "headers");
_Static_assert(AF_INET == 2 && AF_INET6 == 10 && IPPROTO_TCP == 6 && EINVAL == 22, "numbers");
static_assert(be16toh(htobe16(0x1234)) == 0x1234 && ETHERTYPE_IP == 0x800, "order");
_Static_assert(__BITS_PER_LONG == 64 && UINT32_C(7) == 7, "width");

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *ctx)
{
	return ctx->sample_period > INT64_C(1) << 40 ? (int)htons(1) : -EPERM;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	struct sockaddr_in peer;

	memset(&peer, 0, sizeof(peer));
	peer.sin_port = (in_port_t)ctx->user_port;
	bpf_printk("%" PRIu64, (uint64_t)peer.sin_port);
	return ctx->family == AF_INET && __NR_close > 0;
}
