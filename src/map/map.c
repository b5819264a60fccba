/* SPDX-License-Identifier: MIT */
#include "map/map.h"
