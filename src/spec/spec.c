/* SPDX-License-Identifier: MIT */
#include "spec/spec.h"
