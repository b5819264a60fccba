/* SPDX-License-Identifier: MIT */
/* The SDK's folder in front of the system's: a program of the host gets the system's own headers.
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
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <asm/ptrace.h>
#include <asm/types.h>
#include <asm/unistd.h>
#include <linux/bpf.h>
#include <linux/types.h>

#ifdef ORIEL_STDINT_H
#error "a shim is not inert"
#endif

int main(void)
{
	errno = 0;
	return strlen("host") == 4 && errno == 0 && sizeof(uintmax_t) >= 8 && htons(1) != 0 &&
			       INT_MAX > 0 && AF_INET != 0
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}
