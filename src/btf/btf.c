/* SPDX-License-Identifier: MIT */
#include "btf/btf.h"
