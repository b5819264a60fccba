/* SPDX-License-Identifier: MIT */
/* <net/ethernet.h> for BPF targets. Any other target gets its own. */
#ifndef __BPF__
#include_next <net/ethernet.h>
#elif !defined(ORIEL_NET_ETHERNET_H)
#define ORIEL_NET_ETHERNET_H

#include <linux/if_ether.h>

#define ETHER_ADDR_LEN ETH_ALEN
#define ETHERTYPE_IP   ETH_P_IP
#define ETHERTYPE_ARP  ETH_P_ARP
#define ETHERTYPE_VLAN ETH_P_8021Q
#define ETHERTYPE_IPV6 ETH_P_IPV6

#endif
