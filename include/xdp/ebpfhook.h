/* SPDX-License-Identifier: MIT */
/* Where XDP for Windows keeps its hook's context and verdicts. */
#pragma once

#include "../ebpf_nethooks.h"
