/* SPDX-License-Identifier: MIT */
#include "interp/interp.h"
