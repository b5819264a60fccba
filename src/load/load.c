/* SPDX-License-Identifier: MIT */
#include "load/load.h"
