/* SPDX-License-Identifier: MIT */
/* Byte order for programs of the Linux dialect. */
#pragma once

#include <oriel/bpf/endian.h>
