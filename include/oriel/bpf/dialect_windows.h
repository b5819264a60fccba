/* SPDX-License-Identifier: MIT */
/* Says that a program uses the numbers of eBPF for Windows. Any header that implies them includes
 * this. */
#pragma once

#if defined(ORIEL_SDK_LINUX) || defined(__LINUX_BPF_H__) || defined(__VMLINUX_H__)
#error "headers of both dialects in one program: <linux/...> and <bpf/...> are Linux's, bpf_helpers.h and ebpf_*.h are those of eBPF for Windows"
#endif
#define ORIEL_SDK_WINDOWS 1

#include <oriel/bpf/sdk.h>

ORIEL_DIALECT_MARK("windows");
/* The original's headers leave this mark, by which other tools tell its programs. */
#ifdef __BPF__
static const unsigned char oriel_ebpf_for_windows
	__attribute__((section(".ebpf_for_windows"), used)) = 1;
#endif
