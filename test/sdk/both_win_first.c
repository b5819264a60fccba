/* SPDX-License-Identifier: MIT */
/* Both dialects' headers in one program, in the other order: refused. */
#include "ebpf_nethooks.h"
#include <bpf/bpf_helpers.h>
