/* SPDX-License-Identifier: MIT */
/* Loading what a program can reach by tail calls; load.c's own. */
#pragma once

#include "load/load.h"

/* Loads the programs that the program's arrays hold from the start, and those that these reach,
 * into the same runtime. prog_idx: the program that is ready, in the object. */
int load_tail_calls(struct load *load, u32 prog_idx, struct error *err) MUST_CHECK;
