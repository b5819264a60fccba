/* SPDX-License-Identifier: MIT */
#include "isa/asm.h"
