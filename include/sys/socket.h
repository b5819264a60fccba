/* SPDX-License-Identifier: MIT */
/* <sys/socket.h> for BPF targets: families, types and addresses; Linux's numbers. <linux/if.h> and
 * what stands on it need it. Any other target gets its own. */
#ifndef __BPF__
#include_next <sys/socket.h>
#elif !defined(ORIEL_SYS_SOCKET_H)
#define ORIEL_SYS_SOCKET_H

#ifdef ORIEL_SDK_WINDOWS
#error "<sys/socket.h> has Linux's address families: programs of the Windows dialect use net/ip.h"
#endif

#include <stddef.h>
#include <asm/socket.h>
#include <linux/socket.h>

typedef unsigned int socklen_t;
typedef unsigned short sa_family_t;

struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};

#define AF_UNSPEC  0
#define AF_UNIX	   1
#define AF_LOCAL   1
#define AF_INET	   2
#define AF_INET6   10
#define AF_NETLINK 16
#define AF_PACKET  17
#define AF_VSOCK   40
#define AF_XDP	   44

#define PF_UNSPEC  AF_UNSPEC
#define PF_UNIX	   AF_UNIX
#define PF_INET	   AF_INET
#define PF_INET6   AF_INET6
#define PF_NETLINK AF_NETLINK
#define PF_PACKET  AF_PACKET

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5

#define SOL_IP	   0
#define SOL_TCP	   6
#define SOL_UDP	   17
#define SOL_IPV6   41
#define SOL_PACKET 263

#endif
