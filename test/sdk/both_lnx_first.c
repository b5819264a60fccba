/* SPDX-License-Identifier: MIT */
/* Both dialects' headers in one program: refused. */
#include <linux/bpf.h>
#include "bpf_helpers.h"
