/* SPDX-License-Identifier: MIT */
/* A change of this has to build the program again. */
#pragma once

#ifndef GREETING
#define GREETING "limit"
#endif
#define LIMIT 41
