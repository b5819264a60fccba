/* SPDX-License-Identifier: MIT */
#include "runtime/runtime.h"
