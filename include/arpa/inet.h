/* SPDX-License-Identifier: MIT */
/* <arpa/inet.h> for BPF targets: htons and its kin. Any other target gets its own. */
#ifndef __BPF__
#include_next <arpa/inet.h>
#else
#include <netinet/in.h>
#endif
