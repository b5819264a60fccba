/* SPDX-License-Identifier: MIT */
/* Says that a program uses Linux's numbers. Any header that implies them includes this. */
#pragma once

#ifdef ORIEL_SDK_WINDOWS
#error "headers of both dialects in one program: <linux/...> and <bpf/...> are Linux's, bpf_helpers.h and ebpf_*.h are those of eBPF for Windows"
#endif
#define ORIEL_SDK_LINUX 1

#include <oriel/bpf/sdk.h>

ORIEL_DIALECT_MARK("linux");
