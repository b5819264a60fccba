/* SPDX-License-Identifier: MIT */
#include "elf/elf.h"
