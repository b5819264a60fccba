/* SPDX-License-Identifier: MIT */
/* Maps of where packets may go: interfaces, processors, sockets. Here a target is a number: who
 * acts on a verdict knows whether there is such a one. */
#pragma once

#include "map/map.h"

/* The target that key stands for. ERR_NOENT: none; ERR_INVAL: not such a map. */
int redirect_target(const struct map *map, u32 key, u32 *ret_target) MUST_CHECK;
