/* SPDX-License-Identifier: MIT */
#include "prog/exec.h"
