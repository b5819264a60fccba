/* SPDX-License-Identifier: MIT */
#include "object/object.h"
